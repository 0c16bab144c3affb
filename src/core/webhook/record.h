/* core/webhook/record.h - a request to a customer's URL as the attempt log keeps it (store/attempt.h). */
#ifndef SW_CORE_WEBHOOK_RECORD_H
#define SW_CORE_WEBHOOK_RECORD_H

#include "core/webhook.h"
#include "store/attempt.h"

/** What was sent and what came of it. Borrows from all that is given; header fields that hold secrets are redacted. */
struct sw_attempt *sw_webhook_record(struct sw_arena *arena, const struct sw_webhook *webhook,
				     const struct sw_fetch *fetch, struct sw_str overrides,
				     const struct sw_webhooked *got);

#endif
