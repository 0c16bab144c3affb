/*
 * product/limit/limit.h - limits as customers and the operator see them: what is used, tiers, and going up.
 *
 * The rules are core/limit/.
 */
#ifndef LIMIT_H
#define LIMIT_H

#include "api/api.h"

extern const struct sw_module limit_module;
extern const struct sw_endpoint limit_tier_endpoints[];
extern const struct sw_field limit_tier_fields[];

/** The event of one change. data: a JSON object. */
void limit_event(struct sw_call *c, struct sw_txn *txn, const char *type, struct sw_str data);

#endif
