/* What the answer to an inbound message asks for: TwiML by a table of verbs, or plain text. */
#include "product/message/message.h"

#include "loop/task.h"
#include "wire/signature/signature.h"
#include "wire/twiml/twiml.h"

enum {
	REPLIES_MAX = 10, /* to one message */
	MEDIA_MAX = 10,
	PARAMS_MAX = 8 + MEDIA_MAX,
	ATTRIBUTES_MAX = 5,
	NOUNS_MAX = 2,
	CODE_MALFORMED = 12100,
	CODE_ROOT = 12102,
	CODE_SCHEMA = 12200,
	CODE_TO = 14101,
	CODE_FROM = 14102,
	CODE_BODY = 14103,
	CODE_METHOD = 14104,
	CODE_URL = 14105,
	CODE_REPLIES = 14109,
	CODE_VERB = 14110,
};

/* ---- faults ---- */

static void fault(struct message_flow *flow, const char *type, const struct sw_twiml *at, int code, struct sw_str why)
{
	struct sw_webhooked what = flow->got;
	what.code = code;
	what.why = why;
	if (at) {
		what.line = at->line;
		what.column = at->column;
	}
	message_flow_event(flow, type, &what);
}

static void warn(struct message_flow *flow, const struct sw_twiml *at, int code, const char *what, struct sw_str which)
{
	fault(flow, "twiml.warning", at, code,
	      sw_str_fmt(sw_task_arena(flow->task), "%s '%.*s' was skipped", what, SW_FMT(which)));
}

/* ---- attributes ---- */

static struct sw_str method_of(struct message_flow *flow, const struct sw_twiml *verb)
{
	struct sw_str method = sw_twiml_get(verb, "method");
	if (sw_str_eq_nocase(method, SW_S("GET")))
		return SW_S("GET");
	if (method.p && !sw_str_eq_nocase(method, SW_S("POST")))
		warn(flow, verb, CODE_METHOD, "the method", method);
	return SW_S("POST");
}

/* A URL relative to the document; absent when it is none. */
static struct sw_str url_of(struct message_flow *flow, const struct sw_twiml *at, struct sw_str text)
{
	struct sw_str url;
	if (!text.p)
		return text;
	if (sw_hook_url_resolve(sw_task_arena(flow->task), flow->at, sw_str_trim(text), &url) == 0)
		return url;
	warn(flow, at, CODE_URL, "the URL", text);
	return SW_STR_NULL;
}

/* ---- replies ---- */

struct reply {
	struct sw_str to, from, body, status_callback;
	struct sw_str media[MEDIA_MAX];
	unsigned media_n;
};

/* Why the API refused, as a fault of the document. */
static const struct {
	int api, twiml;
} refusals[] = {
	{ 21211, CODE_TO },   { 21604, CODE_TO },   { 21608, CODE_TO },   { 21614, CODE_TO },
	{ 21212, CODE_FROM }, { 21601, CODE_FROM }, { 21603, CODE_FROM }, { 21606, CODE_FROM },
	{ 21602, CODE_BODY }, { 21617, CODE_BODY }, { 21620, CODE_BODY },
};

static int fault_of(int64_t api)
{
	for (size_t i = 0; i < SW_COUNTOF(refusals); i++)
		if (refusals[i].api == api)
			return refusals[i].twiml;
	return sw_error_find((int)api) ? (int)api : CODE_BODY;
}

static void add(struct sw_form *form, const char *name, struct sw_str value)
{
	if (!value.n)
		return;
	SW_BUG_ON(form->n == PARAMS_MAX);
	form->v[form->n++] = (struct sw_form_pair){ sw_str_of(name), value };
}

/* In a transaction of its own, under a key that makes it happen once. @return 0 (*ret absent: refused, and told) */
static int reply_wait(struct message_flow *flow, const struct sw_twiml *verb, const struct reply *reply,
		      const struct sw_json **ret)
{
	struct sw_arena *arena = sw_task_arena(flow->task);
	struct sw_form form = { .v = SW_ARENA_ARRAY(arena, struct sw_form_pair, PARAMS_MAX) };
	struct sw_str sid = sw_sid_text(arena, flow->m->sid), body;
	int status;
	*ret = NULL;
	add(&form, "from", reply->from.n ? reply->from : flow->m->to);
	add(&form, "to", reply->to.n ? reply->to : flow->m->from);
	add(&form, "body", reply->body);
	add(&form, "status_callback", reply->status_callback);
	add(&form, "in_reply_to", sid);
	for (unsigned i = 0; i < reply->media_n; i++)
		add(&form, "media_url", reply->media[i]);
	int err = sw_api_call_wait(flow->task, message_roads()->api, flow->account, "SendMessage", &form,
				   sw_str_fmt(arena, "reply-%.*s-%u", SW_FMT(sid), ++flow->replies), &status, &body);
	if (err)
		return err;
	if (status >= 500)
		return SW_EAGAIN;
	if (sw_json_parse(arena, body, NULL, ret, NULL))
		return SW_ECORRUPT;
	if (status < 300)
		return 0;
	const struct sw_json *code = sw_json_get(*ret, "code");
	/* Sent before a crash; the document may have changed since. */
	if (code && code->i != 20422 && code->i != 20409)
		fault(flow, "twiml.failed", verb, fault_of(code->i), sw_json_get_str(*ret, "message"));
	*ret = NULL;
	return 0;
}

/* ---- verbs ---- */

static void read_nouns(struct message_flow *flow, const struct sw_twiml *verb, struct reply *reply)
{
	struct sw_arena *arena = sw_task_arena(flow->task);
	reply->body = sw_str_trim(sw_twiml_text(arena, verb));
	for (const struct sw_twiml *noun = verb->child; noun; noun = noun->next) {
		if (!noun->name.p)
			continue;
		struct sw_str text = sw_str_trim(sw_twiml_text(arena, noun));
		if (sw_str_is(noun->name, "Body"))
			reply->body = text;
		else if (sw_str_is(noun->name, "Media") && reply->media_n < MEDIA_MAX)
			reply->media[reply->media_n++] = url_of(flow, noun, text);
	}
}

/* The message is accepted: its URL is told at once, and what that answers goes on in place of this document. */
static void follow_action(struct message_flow *flow, const struct sw_twiml *verb, const struct sw_json *made)
{
	struct sw_arena *arena = sw_task_arena(flow->task);
	struct sw_str url = url_of(flow, verb, sw_twiml_get(verb, "action"));
	struct sw_form *form = SW_ARENA_NEW(arena, struct sw_form);
	struct sw_str sid = sw_json_get_str(made, "sid"), status = sw_json_get_str(made, "status");
	if (!url.n)
		return;
	form->v = SW_ARENA_ARRAY(arena, struct sw_form_pair, PARAMS_MAX);
	add(form, "MessageSid", sid);
	add(form, "SmsSid", sid);
	add(form, "MessageStatus", status);
	add(form, "SmsStatus", status);
	add(form, "AccountSid", sw_sid_text(arena, flow->account->sid));
	add(form, "From", sw_json_get_str(made, "from"));
	add(form, "To", sw_json_get_str(made, "to"));
	add(form, "ApiVersion", flow->m->api_version);
	flow->next = (struct message_request){ method_of(flow, verb), url, form };
}

static int run_message_wait(struct message_flow *flow, const struct sw_twiml *verb)
{
	struct reply reply = { .to = sw_str_trim(sw_twiml_get(verb, "to")),
			       .from = sw_str_trim(sw_twiml_get(verb, "from")),
			       .status_callback = url_of(flow, verb, sw_twiml_get(verb, "statusCallback")) };
	const struct sw_json *made;
	if (flow->replies == REPLIES_MAX) {
		warn(flow, verb, CODE_REPLIES, "a further", verb->name);
		return 0;
	}
	read_nouns(flow, verb, &reply);
	int err = reply_wait(flow, verb, &reply, &made);
	if (!err && made)
		follow_action(flow, verb, made);
	return err;
}

static int run_redirect_wait(struct message_flow *flow, const struct sw_twiml *verb)
{
	struct sw_str text = sw_twiml_text(sw_task_arena(flow->task), verb);
	flow->next = (struct message_request){ method_of(flow, verb), url_of(flow, verb, text), &flow->params };
	return 0;
}

static const struct verb {
	const char *name, *attributes[ATTRIBUTES_MAX], *nouns[NOUNS_MAX];
	int (*run_wait)(struct message_flow *flow, const struct sw_twiml *verb);
} verbs[] = {
	{ "Message", { "to", "from", "action", "method", "statusCallback" }, { "Body", "Media" }, run_message_wait },
	{ "Sms", { "to", "from", "action", "method", "statusCallback" }, { NULL }, run_message_wait },
	{ "Redirect", { "method" }, { NULL }, run_redirect_wait },
};

static bool is_one_of(struct sw_str name, const char *const *names, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (names[i] && sw_str_is(name, names[i]))
			return true;
	return false;
}

/* What the verb does not know is told, and changes nothing. */
static void check_schema(struct message_flow *flow, const struct verb *verb, const struct sw_twiml *element)
{
	for (unsigned i = 0; i < element->attributes_n; i++)
		if (!is_one_of(element->attributes[i].name, verb->attributes, ATTRIBUTES_MAX))
			warn(flow, element, CODE_SCHEMA, "the attribute", element->attributes[i].name);
	for (const struct sw_twiml *child = element->child; child; child = child->next)
		if (child->name.p && !is_one_of(child->name, verb->nouns, NOUNS_MAX))
			warn(flow, child, CODE_SCHEMA, "the element", child->name);
}

static int run_verb_wait(struct message_flow *flow, const struct sw_twiml *element)
{
	for (size_t i = 0; i < SW_COUNTOF(verbs); i++)
		if (sw_str_is(element->name, verbs[i].name)) {
			check_schema(flow, &verbs[i], element);
			return verbs[i].run_wait(flow, element);
		}
	warn(flow, element, CODE_VERB, "the verb", element->name);
	return 0;
}

/* ---- documents ---- */

int message_twiml_run_wait(struct message_flow *flow)
{
	static const int codes[] = { [SW_TWIML_MALFORMED] = CODE_MALFORMED,
				     [SW_TWIML_DOCTYPE] = CODE_MALFORMED,
				     [SW_TWIML_ROOT] = CODE_ROOT,
				     [SW_TWIML_TOO_MUCH] = CODE_MALFORMED };
	const struct sw_twiml *root;
	struct sw_twiml_fault wrong;
	int err = 0;
	if (sw_twiml_parse(sw_task_arena(flow->task), flow->got.fetched.body, &root, &wrong)) {
		flow->got.code = codes[wrong.kind];
		flow->got.why = sw_str_of(wrong.why);
		flow->got.line = wrong.line;
		flow->got.column = wrong.column;
		return 0;
	}
	for (const struct sw_twiml *verb = root->child; verb && !err && !flow->next.url.n; verb = verb->next)
		if (verb->name.p)
			err = run_verb_wait(flow, verb);
	return err;
}

int message_plain_run_wait(struct message_flow *flow)
{
	const struct reply reply = { .body = flow->got.fetched.body };
	const struct sw_json *made;
	return reply_wait(flow, NULL, &reply, &made);
}
