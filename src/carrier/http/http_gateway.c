/* The file that describes a gateway. */
#include "carrier/http/http_impl.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/num.h"
#include "carrier/option.h"
#include "core/error.h"
#include "core/secret.h"

enum kind { TEXT, SECRET, NUMBER, CHOICE, WORDS, PAIRS, SECRETS, VERDICTS, CODES };

#define AT(member) offsetof(struct gateway, member)

static const char *const methods[] = { "POST", "GET", "PUT", NULL };
static const char *const contents[] = { "json", "form", "query", NULL };
static const char *const answers[] = { "json", "form", "text", NULL };

/* A name that ends with a dot stands for all that begin with it. */
/* clang-format off */
static const struct key {
	const char *name;
	enum kind kind;
	size_t at;
	const char *def;
	const char *const *values;
	int64_t min, max;
} keys[] = {
	{ "method", CHOICE, AT(method), "POST", methods },
	{ "url", TEXT, AT(url) },
	{ "content", CHOICE, AT(content), "json", contents },
	{ "body", TEXT, AT(body) },
	{ "header.", PAIRS, AT(headers) },
	{ "secret.", SECRETS, AT(secrets) },
	{ "timeout_ms", NUMBER, AT(timeout_ms), "10000", NULL, 100, 60000 },
	{ "concurrency", NUMBER, AT(concurrency), "10", NULL, 1, 32 },
	{ "rate", NUMBER, AT(rate), "0", NULL, 0, 10000 },
	{ "answer", CHOICE, AT(answer), "json", answers },
	{ "accepted.status", WORDS, AT(accepted_status) },
	{ "accepted.field", TEXT, AT(accepted_field) },
	{ "accepted.value", WORDS, AT(accepted_values) },
	{ "id", TEXT, AT(id) },
	{ "error", TEXT, AT(error) },
	{ "error.", VERDICTS, AT(errors) },
	{ "status.", VERDICTS, AT(statuses) },
	{ "token", SECRET, AT(token) },
	{ "reply", TEXT, AT(reply), "ok" },
	{ "receipt.list", TEXT, AT(receipt.list) },
	{ "receipt.id", TEXT, AT(receipt.id) },
	{ "receipt.status", TEXT, AT(receipt.status) },
	{ "receipt.error", TEXT, AT(receipt.error) },
	{ "receipt.from", TEXT, AT(receipt.from) },
	{ "receipt.to", TEXT, AT(receipt.to) },
	{ "receipt.done_date", TEXT, AT(receipt.done_date) },
	{ "receipt.delivered", WORDS, AT(receipt.delivered) },
	{ "receipt.read", WORDS, AT(receipt.read) },
	{ "receipt.failed", WORDS, AT(receipt.failed) },
	{ "receipt.code.", CODES, AT(receipt.codes) },
	{ "inbound.list", TEXT, AT(inbound.list) },
	{ "inbound.from", TEXT, AT(inbound.from) },
	{ "inbound.to", TEXT, AT(inbound.to) },
	{ "inbound.body", TEXT, AT(inbound.body) },
	{ "inbound.id", TEXT, AT(inbound.id) },
};
/* clang-format on */

/* ---- values ---- */

static int secret(struct sw_arena *arena, struct sw_str value, struct sw_str *ret, struct sw_str *ret_why)
{
	int err = sw_secret_read(arena, value, ret, ret_why);
	if (!err && (!ret->n || sw_str_index(*ret, '\n') >= 0)) {
		*ret_why = SW_S("the secret is empty, or has more than one line");
		err = SW_EINVAL;
	}
	return err;
}

/* Arrays of an arena grow by doubling; the old one stays behind. */
#define GROW(arena, list)                                                                         \
	do {                                                                                      \
		if ((list)->n == (list)->cap) {                                                   \
			(list)->cap = (list)->cap ? 2 * (list)->cap : 8;                          \
			void *grown_ = sw_arena_alloc((arena), (list)->cap * sizeof(*(list)->v)); \
			if ((list)->n)                                                            \
				memcpy(grown_, (list)->v, (list)->n * sizeof(*(list)->v));        \
			(list)->v = grown_;                                                       \
		}                                                                                 \
	} while (0)

static int add_pair(struct sw_arena *arena, struct gateway_pairs *pairs, struct sw_str name, struct sw_str value)
{
	GROW(arena, pairs);
	pairs->v[pairs->n++] = (struct gateway_pair){ name, value };
	return name.n ? 0 : SW_EINVAL;
}

/* "30005", "busy", "busy 30" (seconds), "unknown"; of receipts a code only. */
static int add_verdict(struct sw_arena *arena, struct gateway_verdicts *verdicts, struct sw_str name,
		       struct sw_str value, bool code_only)
{
	struct sw_str rest = value, word = sw_str_cut(&rest, ' ');
	struct gateway_verdict verdict = { .value = name };
	int64_t number;
	if (sw_num_parse(word, &number) == 0 && number > 0 && number < 100000 && sw_error_find((int)number)) {
		verdict.result = SW_SUBMIT_REFUSED;
		verdict.code = (int)number;
	} else if (!code_only && sw_str_is(word, "busy")) {
		verdict.result = SW_SUBMIT_BUSY;
		verdict.code = 30008;
		if (rest.p && (sw_num_parse(sw_str_trim(rest), &number) || number < 0 || number > 86400))
			return SW_EINVAL;
		verdict.retry_us = rest.p ? number * 1000000 : 0;
		rest = SW_STR_NULL;
	} else if (!code_only && sw_str_is(word, "unknown")) {
		verdict.result = SW_SUBMIT_UNKNOWN;
	} else {
		return SW_EINVAL;
	}
	GROW(arena, verdicts);
	verdicts->v[verdicts->n++] = verdict;
	return rest.p || !name.n ? SW_EINVAL : 0;
}

static struct sw_strs words(struct sw_arena *arena, struct sw_str text)
{
	struct sw_strs list = { SW_ARENA_ARRAY(arena, struct sw_str, text.n / 2 + 1), 0 };
	while (text.p) {
		struct sw_str word = sw_str_trim(sw_str_cut(&text, ' '));
		if (word.n)
			list.v[list.n++] = word;
	}
	return list;
}

static int choice(const struct key *key, struct sw_str value)
{
	const char *const *v = key->values;
	while (*v && !sw_str_is(value, *v))
		v++;
	return *v ? 0 : SW_EINVAL;
}

/* *ret_why is set only by what needs words of its own. */
static int assign(struct gateway *gateway, const struct key *key, struct sw_str name, struct sw_str value,
		  struct sw_str *ret_why)
{
	void *at = (char *)gateway + key->at;
	struct sw_str rest = sw_str_from(name, strlen(key->name)), plain;
	int err;
	switch (key->kind) {
	case TEXT:
		*(struct sw_str *)at = value;
		return value.n ? 0 : SW_EINVAL;
	case SECRET:
		return secret(gateway->arena, value, at, ret_why);
	case NUMBER:
		err = sw_num_parse(value, at);
		return err || *(int64_t *)at < key->min || *(int64_t *)at > key->max ? SW_EINVAL : 0;
	case CHOICE:
		*(struct sw_str *)at = value;
		return choice(key, value);
	case WORDS:
		*(struct sw_strs *)at = words(gateway->arena, value);
		return 0;
	case PAIRS:
		return add_pair(gateway->arena, at, rest, value);
	case SECRETS:
		err = secret(gateway->arena, value, &plain, ret_why);
		return err ? err : add_pair(gateway->arena, at, rest, plain);
	case VERDICTS:
	case CODES:
		return add_verdict(gateway->arena, at, rest, value, key->kind == CODES);
	}
	return SW_EINVAL;
}

static const struct key *find(struct sw_str name)
{
	for (size_t i = 0; i < SW_COUNTOF(keys); i++) {
		struct sw_str own = sw_str_of(keys[i].name);
		if (sw_str_eq(name, own) || (sw_str_ends(own, SW_S(".")) && sw_str_starts(name, own)))
			return &keys[i];
	}
	return NULL;
}

/* ---- the whole ---- */

static int fill_in(const struct gateway *gateway, const char *what, struct sw_str template, enum gateway_escape escape,
		   struct sw_buf *buf, struct sw_str *ret_why)
{
	const struct sw_message_out sample = {
		.from = SW_S("+15005550006"), .to = SW_S("+15005550010"), .body = SW_S("\"a\\"), .ticket.kind = "SM"
	};
	struct sw_str name;
	int err = gateway_fill(gateway, template, escape, &sample, buf, &name);
	if (err)
		*ret_why = sw_str_fmt(gateway->arena, "%s: there is no {%.*s} to fill in", what, SW_FMT(name));
	return err;
}

static int check_templates(const struct gateway *gateway, struct sw_str *ret_why)
{
	struct sw_buf url = { .arena = gateway->arena }, body = { .arena = gateway->arena };
	const struct sw_json *json;
	int err = fill_in(gateway, "url", gateway->url, ESCAPE_PERCENT, &url, ret_why);
	if (!err)
		err = fill_in(gateway, "body", gateway->body, gateway_escape_of(gateway), &body, ret_why);
	for (size_t i = 0; i < gateway->headers.n && !err; i++) {
		struct sw_buf header = { .arena = gateway->arena };
		err = fill_in(gateway, "header", gateway->headers.v[i].value, ESCAPE_NONE, &header, ret_why);
	}
	if (err)
		return err;
	if (gateway_escape_of(gateway) == ESCAPE_JSON &&
	    sw_json_parse(gateway->arena, sw_buf_str(&body), NULL, &json, NULL)) {
		*ret_why = SW_S("body: with its placeholders filled it is no JSON");
		return SW_EINVAL;
	}
	return 0;
}

static int check(const struct gateway *gateway, struct sw_str *ret_why)
{
	bool asks = gateway->receipt.id.n || gateway->inbound.from.n;
	*ret_why = SW_STR_NULL;
	if (!sw_str_starts(gateway->url, SW_S("https://")) && !sw_str_starts(gateway->url, SW_S("http://")))
		*ret_why = SW_S("url: must begin with https:// or http://");
	else if (!gateway->body.n)
		*ret_why = SW_S("body: is missing");
	else if (gateway->headers.n >= HEADERS_MAX)
		*ret_why = SW_S("header: at most 31");
	else if (asks && !gateway->token.n)
		*ret_why = SW_S("token: is needed for receipts and inbound messages");
	else if (gateway->receipt.id.n && (!gateway->receipt.status.n || !gateway->receipt.delivered.n))
		*ret_why = SW_S("receipt.id: needs receipt.status and receipt.delivered");
	else if (gateway->receipt.id.n && !gateway->id.n)
		*ret_why = SW_S("receipt.id: needs id, the place of the network's id in an answer");
	else if (gateway->inbound.from.n && (!gateway->inbound.to.n || !gateway->inbound.body.n))
		*ret_why = SW_S("inbound.from: needs inbound.to and inbound.body");
	return ret_why->p ? SW_EINVAL : check_templates(gateway, ret_why);
}

static int take_line(struct gateway *gateway, struct sw_str line, struct sw_str *ret_why)
{
	struct sw_str value = sw_str_trim(line);
	if (value.n == 0 || value.p[0] == '#')
		return 0;
	struct sw_str name = sw_str_trim(sw_str_cut(&value, '='));
	const struct key *key = find(name);
	return key && value.p ? assign(gateway, key, name, sw_str_trim(value), ret_why) : SW_EINVAL;
}

/* A value may be a secret and is not told. */
static struct sw_str complaint(struct sw_arena *arena, unsigned line, struct sw_str whole, struct sw_str why)
{
	struct sw_str name = sw_str_trim(sw_str_cut(&whole, '='));
	return sw_str_fmt(arena, "line %u: '%.*s'%s%.*s", line, SW_FMT(name), why.p ? ": " : " ",
			  SW_FMT(why.p ? why : SW_S("is no setting of a gateway, or cannot have this value")));
}

int gateway_parse(struct sw_arena *arena, struct sw_str text, struct gateway *ret, struct sw_str *ret_why)
{
	struct sw_str why = SW_STR_NULL;
	unsigned line = 0;
	int err = 0;
	*ret = (struct gateway){ .arena = arena };
	for (size_t i = 0; i < SW_COUNTOF(keys); i++)
		if (keys[i].def && assign(ret, &keys[i], sw_str_of(keys[i].name), sw_str_of(keys[i].def), &why))
			SW_BUG_ON(true);
	while (text.p && !err) {
		struct sw_str whole = sw_str_cut(&text, '\n');
		line++;
		err = take_line(ret, whole, &why);
		if (err)
			*ret_why = complaint(arena, line, whole, why);
	}
	return err ? err : check(ret, ret_why);
}

int gateway_read(struct sw_arena *arena, struct sw_str path, struct gateway *ret, struct sw_str *ret_why)
{
	struct sw_str text;
	if (sw_file_read(arena, path, GATEWAY_FILE_MAX - 1, &text)) {
		*ret_why = SW_S("the file cannot be read, or has 64 KiB or more");
		return SW_EIO;
	}
	return gateway_parse(arena, text, ret, ret_why);
}

bool gateway_listed(const struct sw_strs *list, struct sw_str value)
{
	for (size_t i = 0; i < list->n; i++)
		if (sw_str_eq(list->v[i], value))
			return true;
	return false;
}

const struct gateway_verdict *gateway_verdict_of(const struct gateway_verdicts *verdicts, struct sw_str value)
{
	for (size_t i = 0; i < verdicts->n && value.p; i++)
		if (sw_str_eq(verdicts->v[i].value, value))
			return &verdicts->v[i];
	return NULL;
}
