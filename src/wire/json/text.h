/*
 * wire/json/text.h - the bytes of JSON strings, for reader and writer; inside this folder.
 */
#ifndef SW_WIRE_JSON_TEXT_H
#define SW_WIRE_JSON_TEXT_H

#include "base/str.h"

/** Leading bytes that stand in a string as they are: printable ASCII but '"' and '\'. */
size_t sw_json_plain_span(struct sw_str text);
/** Bytes of the UTF-8 sequence at text.p[at]; 0 when it is not valid. */
size_t sw_json_sequence(struct sw_str text, size_t at);

#endif
