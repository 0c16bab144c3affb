/*
 * wire/json/scan.h - every token of a JSON text, checked before libcjson sees it; inside this folder.
 */
#ifndef SW_WIRE_JSON_SCAN_H
#define SW_WIRE_JSON_SCAN_H

#include "wire/json/json.h"

/**
 * Tokens, depth and number of values; whether they stand in order is libcjson's to say.
 * @return 0, SW_EINVAL, SW_ELIMIT
 */
int sw_json_scan(struct sw_str text, const struct sw_json_bounds *bounds, const char **ret_why) SW_MUST_CHECK;

#endif
