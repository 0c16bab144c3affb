/*
 * product/usage/usage.h - money as customers and the operator see it: prices, ledger, credit, usage, triggers.
 *
 * The rules of charging are core/money/price.h and core/money/ledger.h.
 */
#ifndef USAGE_H
#define USAGE_H

#include "api/api.h"

extern const struct sw_module usage_module;
extern const struct sw_field usage_price_fields[];
extern const struct sw_endpoint usage_price_endpoints[], usage_ledger_endpoints[], usage_record_endpoints[],
	usage_pricing_endpoints[];

static const struct sw_sid usage_no_sid = { 0 };

#endif
