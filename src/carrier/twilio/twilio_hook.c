/* What the other server tells us: status callbacks, and webhooks of messages that came in there. */
#include "carrier/twilio/twilio_impl.h"

#include "base/arena.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/num.h"
#include "carrier/inbound.h"
#include "core/core.h"
#include "core/error.h"
#include "loop/task.h"
#include "wire/signature/signature.h"

enum { PAIRS_MAX = 256, CODE_GENERAL = 30008 };

/* ---- who asks ---- */

static struct sw_str without_slash(struct sw_str url)
{
	return sw_str_ends(url, SW_S("/")) ? sw_str_sub(url, 0, url.n - 1) : url;
}

struct sw_str twilio_own_url(struct sw_arena *arena, struct sw_str public_url, const struct sw_carrier *carrier,
			     const char *what)
{
	return sw_str_fmt(arena, "%.*s/v1/carriers/%s/%s", SW_FMT(without_slash(public_url)), sw_carrier_name(carrier),
			  what);
}

/* The same URL as it may be signed too: without its port, or with the one that its scheme means. */
static struct sw_str other_port(struct sw_arena *arena, struct sw_str url)
{
	ptrdiff_t slashes = sw_str_find(url, SW_S("://"));
	if (slashes < 0)
		return url;
	struct sw_str path = sw_str_from(url, (size_t)slashes + 3), host = sw_str_cut(&path, '/');
	struct sw_str scheme = sw_str_sub(url, 0, (size_t)slashes);
	size_t n = host.n;
	while (n && host.p[n - 1] >= '0' && host.p[n - 1] <= '9')
		n--;
	bool has = n && n < host.n && host.p[n - 1] == ':';
	return sw_str_fmt(arena, "%.*s://%.*s%s/%.*s", SW_FMT(scheme), SW_FMT(has ? sw_str_sub(host, 0, n - 1) : host),
			  has                          ? ""
			  : sw_str_is(scheme, "https") ? ":443"
						       : ":80",
			  SW_FMT(path));
}

bool twilio_is_signed(struct sw_arena *arena, const struct twilio_options *o, struct sw_str public_url,
		      const struct sw_carrier_hook *hook, const struct sw_form *posted)
{
	struct sw_str url = sw_str_fmt(arena, "%.*s%.*s", SW_FMT(without_slash(public_url)), SW_FMT(hook->target));
	struct sw_str want = sw_twilio_signature(arena, o->token, url, posted);
	struct sw_str or_want = sw_twilio_signature(arena, o->token, other_port(arena, url), posted);
	return hook->signature.p &&
	       (sw_equal_secret(hook->signature, want) || sw_equal_secret(hook->signature, or_want));
}

/* ---- what it says ---- */

/* Its names for what became of a message; others are on their way, and change nothing here. */
static const struct {
	const char *name;
	enum sw_receipt_state state;
} statuses[] = {
	{ "delivered", SW_RECEIPT_DELIVERED },     { "read", SW_RECEIPT_READ },
	{ "undelivered", SW_RECEIPT_UNDELIVERED }, { "failed", SW_RECEIPT_UNDELIVERED },
	{ "canceled", SW_RECEIPT_UNDELIVERED },
};

static int code_of(const struct sw_form *form)
{
	int64_t code;
	bool known = sw_num_parse(sw_form_get(form, "ErrorCode"), &code) == 0 && code > 0 && code <= 99999 &&
		     sw_error_find((int)code);
	return known ? (int)code : CODE_GENERAL;
}

static int take_receipt_wait(struct sw_carrier *carrier, struct sw_task *task, const struct sw_form *form)
{
	struct sw_str status = sw_form_get(form, "MessageStatus");
	struct sw_report report = {
		.id = sw_form_get(form, "MessageSid"),
		.from = sw_form_get(form, "From"),
		.to = sw_form_get(form, "To"),
		.done_date = sw_form_get(form, "RawDlrDoneDate"),
	};
	if (!report.id.n || !status.n)
		return SW_EINVAL;
	for (size_t i = 0; i < SW_COUNTOF(statuses) && !report.state; i++)
		if (sw_str_is(status, statuses[i].name))
			report.state = statuses[i].state;
	if (!report.state)
		return 0;
	if (report.state == SW_RECEIPT_UNDELIVERED)
		report.code = code_of(form);
	return sw_carrier_report_wait(task, carrier, &report);
}

static int take_inbound_wait(struct sw_carrier *carrier, struct sw_task *task, const struct sw_form *form)
{
	struct sw_str id = sw_form_get(form, "MessageSid"), media = sw_form_get(form, "NumMedia");
	const struct sw_inbound inbound = {
		.from = sw_form_get(form, "From"),
		.to = sw_form_get(form, "To"),
		.body = sw_form_get(form, "Body"),
		.carrier = carrier,
		.digest = sw_inbound_digest_of_id(sw_task_arena(task), carrier, id),
	};
	if (!id.n || !inbound.from.n || !inbound.to.n || !inbound.body.p)
		return SW_EINVAL;
	if (media.n && !sw_str_is(media, "0"))
		sw_warn("carrier", "an inbound message's media stay with the other server: only its text is taken",
			SW_KC("carrier", sw_carrier_name(carrier)), SW_KS("sid", id), SW_KS("media", media));
	return sw_carrier_inbound_wait(task, carrier, &inbound);
}

/* ---- the request ---- */

static int read_form(struct sw_arena *arena, const struct sw_carrier_hook *hook, struct sw_form *ret)
{
	struct sw_str rest = hook->content_type, type = sw_str_trim(sw_str_cut(&rest, ';'));
	if (!sw_str_eq_nocase(type, SW_S("application/x-www-form-urlencoded")))
		return SW_EINVAL;
	return sw_form_decode(arena, hook->body, PAIRS_MAX, ret);
}

int twilio_hook_wait(const struct twilio_options *o, struct sw_carrier *carrier, struct sw_task *task,
		     const struct sw_carrier_hook *hook, struct sw_str *ret)
{
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_str public_url = sw_carrier_env_of(carrier)->core->public_url;
	struct sw_form posted = { 0 };
	if (hook->body.n && read_form(arena, hook, &posted)) {
		*ret = SW_S("The body is no form.");
		return SW_EINVAL;
	}
	if (!twilio_is_signed(arena, o, public_url, hook, hook->body.n ? &posted : NULL)) {
		*ret = sw_str_fmt(arena,
				  "X-Twilio-Signature is not that of the carrier's account for %.*s%.*s; when another "
				  "URL was called, set --public-url to how it begins.",
				  SW_FMT(without_slash(public_url)), SW_FMT(hook->target));
		return SW_EPERM;
	}
	const struct sw_form *form = hook->body.n ? &posted : hook->query;
	int err = hook->inbound ? take_inbound_wait(carrier, task, form) : take_receipt_wait(carrier, task, form);
	*ret = err == SW_EINVAL ? SW_S("MessageSid, or what tells of the message, is missing.") : SW_S("<Response/>");
	return err;
}
