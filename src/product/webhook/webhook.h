/*
 * product/webhook/webhook.h - requests to customers' URLs as customers see them: attempts, health of their endpoints,
 * what was given up, and sending it again.
 *
 * The rules are core/webhook/; the log of attempts is store/attempt.h.
 */
#ifndef WEBHOOK_H
#define WEBHOOK_H

#include "api/api.h"

extern const struct sw_module webhook_module;
extern const struct sw_endpoint webhook_endpoint_endpoints[];

/* Letters of this room's ids; none of the contract's. */
#define WEBHOOK_ATTEMPT "HA"

#endif
