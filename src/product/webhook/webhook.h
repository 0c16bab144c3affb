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
extern const struct sw_endpoint webhook_endpoint_endpoints[], webhook_dead_endpoints[], webhook_replay_endpoints[];
extern const struct sw_event_row webhook_events[];
/* "2xx" …; "none": no answer came. */
extern const char *const webhook_classes[];

/* Letters of this room's ids; none of the contract's. */
#define WEBHOOK_ATTEMPT "HA"

#endif
