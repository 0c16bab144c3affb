/* Status callbacks: one due row for each change of status that the contract tells of. */
#include "product/message/message.h"

#include "core/callback.h"
#include "loop/clock.h"
#include "store/event.h"

enum { PARAMS_MAX = 11 };

/* `queued` only when it was scheduled before; a message that goes back to the queue is no news. */
static bool is_told(enum message_status from, enum message_status to)
{
	static const bool told[MESSAGE_STATES + 1] = {
		[MESSAGE_SENT] = true,   [MESSAGE_DELIVERED] = true, [MESSAGE_UNDELIVERED] = true,
		[MESSAGE_FAILED] = true, [MESSAGE_CANCELED] = true,  [MESSAGE_READ] = true,
	};
	return told[to] || (to == MESSAGE_QUEUED && from == MESSAGE_SCHEDULED);
}

/* As it was given: JSON escapes in it are rare, and undone only then. */
static struct sw_str callback_url(struct sw_arena *arena, const struct message *m)
{
	const struct sw_json *options;
	struct sw_str url = message_option(m, "status_callback");
	if (!url.n || sw_str_index(url, '\\') < 0)
		return url;
	if (sw_json_parse(arena, m->options, NULL, &options, NULL))
		return SW_STR_NULL;
	return sw_json_get_str(options, "status_callback");
}

static void add(struct sw_form *form, const char *name, struct sw_str value)
{
	if (!value.n)
		return;
	SW_BUG_ON(form->n == PARAMS_MAX);
	form->v[form->n++] = (struct sw_form_pair){ sw_str_of(name), value };
}

void message_callback_add(struct sw_txn *txn, const struct message *m, enum message_status to,
			  const struct message_change *change)
{
	struct sw_arena *arena = sw_txn_arena(txn);
	struct sw_str url = is_told(m->state, to) ? callback_url(arena, m) : SW_STR_NULL;
	if (!url.n)
		return;
	struct sw_form_pair pairs[PARAMS_MAX];
	struct sw_form form = { .v = pairs };
	struct sw_str sid = sw_sid_text(arena, m->sid), status = sw_str_of(message_fsm.states[to]);
	bool bad = change->error_code != SW_NONE && change->error_code != 0;
	add(&form, "MessageSid", sid);
	add(&form, "SmsSid", sid);
	add(&form, "MessageStatus", status);
	add(&form, "SmsStatus", status);
	add(&form, "AccountSid", sw_sid_text(arena, m->account_sid));
	add(&form, "From", m->from);
	add(&form, "To", m->to);
	add(&form, "ApiVersion", SW_S("2010-04-01"));
	add(&form, "ErrorCode", bad ? sw_str_fmt(arena, "%lld", (long long)change->error_code) : SW_STR_NULL);
	add(&form, "RawDlrDoneDate", change->receipt ? sw_str_of(change->receipt->done_date) : SW_STR_NULL);
	add(&form, "MessagingServiceSid", sw_sid_text(arena, m->messaging_service_sid));
	const struct sw_callback callback = {
		.account = m->account_sid.id,
		.ref_kind = { m->sid.kind[0], m->sid.kind[1] },
		.ref = m->sid.id,
		.method = SW_S("POST"),
		.url = url,
		.params = &form,
		.event_time_us = sw_wall_us(),
	};
	sw_txn_callback(txn, &callback);
}
