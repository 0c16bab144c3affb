/* What the gateway tells us: delivery reports and inbound messages, one or several a request. */
#include "base/hash.h"
#include "base/log.h"
#include "carrier/http/http_impl.h"
#include "carrier/inbound.h"
#include "loop/task.h"

enum { PAIRS_MAX = 256, RECORDS_MAX = 1000, SENDER_DIGITS_MIN = 7 };

/* ---- who asks ---- */

/* As Bearer token, as password of Basic, or as the query's parameter `token`. */
static bool may(const struct gateway *gateway, struct sw_arena *arena, const struct sw_carrier_hook *hook)
{
	struct sw_str rest = hook->authorization, scheme = sw_str_cut(&rest, ' '), plain;
	struct sw_str given = sw_form_get(hook->query, "token");
	if (rest.p && sw_str_eq_nocase(scheme, SW_S("Bearer"))) {
		given = sw_str_trim(rest);
	} else if (rest.p && sw_str_eq_nocase(scheme, SW_S("Basic")) &&
		   sw_base64_decode(arena, sw_str_trim(rest), &plain) == 0) {
		sw_str_cut(&plain, ':');
		given = plain;
	}
	return given.p && gateway->token.n && sw_equal_secret(given, gateway->token);
}

/* ---- what it says ---- */

static int read_request(struct sw_arena *arena, const struct sw_carrier_hook *hook, struct gateway_document *ret)
{
	struct sw_str rest = hook->content_type, type = sw_str_trim(sw_str_cut(&rest, ';'));
	*ret = (struct gateway_document){ .form = *hook->query };
	if (!hook->body.n)
		return 0;
	if (sw_str_eq_nocase(type, SW_S("application/x-www-form-urlencoded")))
		return sw_form_decode(arena, hook->body, PAIRS_MAX, &ret->form);
	return sw_json_parse(arena, hook->body, NULL, &ret->json, NULL);
}

/* Numbers that come without '+', or with 00 before them, are international ones. */
static struct sw_str number(struct sw_arena *arena, struct sw_str text)
{
	bool digits = text.n >= SENDER_DIGITS_MIN;
	text = sw_str_trim(text);
	for (size_t i = 0; i < text.n; i++)
		digits = digits && text.p[i] >= '0' && text.p[i] <= '9';
	if (digits && sw_str_starts(text, SW_S("00")))
		text = sw_str_from(text, 2);
	return digits ? sw_str_fmt(arena, "+%.*s", SW_FMT(text)) : text;
}

static int code_of(const struct gateway *gateway, struct sw_arena *arena, const struct gateway_document *document,
		   struct sw_str status)
{
	const struct gateway_verdict *said =
		gateway_verdict_of(&gateway->receipt.codes, gateway_pick(arena, document, gateway->receipt.error));
	if (!said)
		said = gateway_verdict_of(&gateway->receipt.codes, status);
	return said ? said->code : 30008;
}

static int take_receipt_wait(const struct gateway *gateway, struct sw_carrier *carrier, struct sw_task *task,
			     const struct gateway_document *document)
{
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_str status = gateway_pick(arena, document, gateway->receipt.status);
	struct sw_report report = {
		.id = gateway_pick(arena, document, gateway->receipt.id),
		.from = gateway_pick(arena, document, gateway->receipt.from),
		.to = gateway_pick(arena, document, gateway->receipt.to),
		.done_date = gateway_pick(arena, document, gateway->receipt.done_date),
	};
	if (!report.id.n || !status.n)
		return SW_EINVAL;
	if (gateway_listed(&gateway->receipt.delivered, status)) {
		report.state = SW_RECEIPT_DELIVERED;
	} else if (gateway_listed(&gateway->receipt.read, status)) {
		report.state = SW_RECEIPT_READ;
	} else if (gateway_listed(&gateway->receipt.failed, status)) {
		report.state = SW_RECEIPT_UNDELIVERED;
		report.code = code_of(gateway, arena, document, status);
	} else {
		return 0; /* on its way: nothing that we tell */
	}
	return sw_carrier_report_wait(task, carrier, &report);
}

static int take_inbound_wait(const struct gateway *gateway, struct sw_carrier *carrier, struct sw_task *task,
			     const struct gateway_document *document)
{
	struct sw_arena *arena = sw_task_arena(task);
	const struct sw_inbound inbound = {
		.from = number(arena, gateway_pick(arena, document, gateway->inbound.from)),
		.to = number(arena, gateway_pick(arena, document, gateway->inbound.to)),
		.body = gateway_pick(arena, document, gateway->inbound.body),
		.carrier = carrier,
		.digest = sw_inbound_digest_of_id(arena, carrier, gateway_pick(arena, document, gateway->inbound.id)),
	};
	if (!inbound.from.n || !inbound.to.n || !inbound.body.p)
		return SW_EINVAL;
	return sw_carrier_inbound_wait(task, carrier, &inbound);
}

/* ---- the request ---- */

static int take_wait(const struct gateway *gateway, struct sw_carrier *carrier, struct sw_task *task,
		     const struct gateway_document *document, bool inbound)
{
	return inbound ? take_inbound_wait(gateway, carrier, task, document)
		       : take_receipt_wait(gateway, carrier, task, document);
}

/* Each of a list; the first that cannot be stored ends it, and the gateway offers all of them again. */
static int take_list_wait(const struct gateway *gateway, struct sw_carrier *carrier, struct sw_task *task,
			  const struct sw_json *list, bool inbound)
{
	int err = 0, bad = 0;
	if (!list || list->kind != SW_JSON_ARRAY || list->n > RECORDS_MAX)
		return SW_EINVAL;
	for (const struct sw_json *record = list->child; record && !err; record = record->next) {
		const struct gateway_document one = { .json = record };
		err = take_wait(gateway, carrier, task, &one, inbound);
		if (err == SW_EINVAL) { /* the others need not suffer */
			bad = err;
			err = 0;
		}
	}
	return err ? err : bad;
}

int gateway_hook_wait(const struct gateway *gateway, struct sw_carrier *carrier, struct sw_task *task,
		      const struct sw_carrier_hook *hook, struct sw_str *ret)
{
	struct gateway_document document;
	struct sw_str list = hook->inbound ? gateway->inbound.list : gateway->receipt.list;
	if (!(hook->inbound ? gateway->inbound.from : gateway->receipt.id).n)
		return SW_ENOTFOUND;
	if (!may(gateway, sw_task_arena(task), hook))
		return SW_EPERM;
	int err = read_request(sw_task_arena(task), hook, &document);
	if (err) {
		*ret = SW_S("The body is neither a form nor JSON.");
		return SW_EINVAL;
	}
	err = list.n ? take_list_wait(gateway, carrier, task, gateway_find(document.json, list), hook->inbound)
		     : take_wait(gateway, carrier, task, &document, hook->inbound);
	*ret = err == SW_EINVAL ? SW_S("A field that the carrier's file names is not there.") : gateway->reply;
	return err;
}
