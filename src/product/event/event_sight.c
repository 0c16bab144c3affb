/* Whose events an account sees, and what of them a request asks for. */
#include "product/event/event.h"

#include "product/event/event_sink.h"

enum { KNOWN_MAX = 10000 };

static char yes, no; /* values of sight->known */

void event_sight_done(struct event_sight *sight)
{
	sw_map_done(&sight->known);
	sight->known = (struct sw_map){ 0 };
}

/* Other accounts share the bucket; a subaccount's owner never changes. */
int event_sight_wait(struct sw_task *task, const struct sw_core *core, struct event_sight *sight, struct sw_id account,
		     bool *ret)
{
	const struct sw_str key = { (const char *)account.b, sizeof(account.b) };
	const struct sw_account *found;
	*ret = sw_id_eq(account, sight->viewer.id);
	if (*ret || !sight->master)
		return 0;
	void *known = sw_map_find(&sight->known, key);
	if (!known) {
		int err = sw_account_get_wait(task, core, sw_sid_of("AC", account), &found);
		if (err && err != SW_ENOTFOUND)
			return err;
		known = !err && sw_sid_eq(found->owner, sight->viewer) ? &yes : &no;
		if (sight->known.used >= KNOWN_MAX)
			event_sight_done(sight);
		(void)sw_map_put(&sight->known, key, known);
	}
	*ret = known == &yes;
	return 0;
}

int event_asked_read(struct sw_call *c, const struct event_asked *asked, struct sw_event_filter *ret,
		     const struct sw_expr **ret_condition, struct sw_error *err)
{
	struct sw_sid sid = { 0 };
	if (asked->sid.p && sw_sid_parse(asked->sid, NULL, &sid))
		return sw_fail(err, 20001,
			       "The parameter 'sid' is not valid: '%.*s' is not a SID (two letters and 32 hex digits).",
			       SW_FMT(asked->sid));
	*ret = (struct sw_event_filter){ .sid = sid.id, .type = asked->type };
	if (!sw_sid_eq(c->account->sid, c->account->owner))
		ret->account = c->account->sid.id;
	return event_filter_parse(c->arena, SW_S("filter"), asked->filter, ret_condition, err);
}
