#include "core/alert/alert.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/time.h"
#include "base/utf8.h"
#include "core/alert/alert_sql.h"
#include "core/event/event_type.h"
#include "loop/clock.h"
#include "wire/json/json.h"

const char *const sw_alert_levels[] = { "error", "warning", "notice", "debug", NULL };

const struct sw_alert_limits sw_alert_limits = {
	.window_s = 300,
	.rows = 100,
	.errors = 200,
	.remembered = 16384,
	.text_bytes = 16384,
	.error_slot_s = 600,
	.keep_days_least = 1,
	.keep_days_most = 3650,
};

/* What is no error, by code. */
static const struct {
	int first, last;
	enum sw_alert_level level;
} levels[] = {
	{ 12200, 12200, SW_ALERT_WARNING }, /* part of a document was skipped */
	{ 14100, 14199, SW_ALERT_WARNING }, /* a verb that could not be followed; the others were */
	{ 20416, 20416, SW_ALERT_NOTICE },  /* something deprecated was used */
	{ 20429, 20429, SW_ALERT_WARNING }, /* a limit */
};

enum sw_alert_level sw_alert_level(int code)
{
	for (size_t i = 0; i < SW_COUNTOF(levels); i++)
		if (code >= levels[i].first && code <= levels[i].last)
			return levels[i].level;
	return SW_ALERT_ERROR;
}

int64_t sw_alert_oldest_us(const struct sw_core *core)
{
	return sw_wall_us() - core->alert_days * SW_US_PER_DAY;
}

/* ---- texts ---- */

bool sw_alert_may_show(struct sw_str parameter)
{
	return !sw_str_eq_nocase(parameter, SW_S("Body"));
}

/* What strangers answered is not always text. */
static struct sw_str plain(struct sw_arena *arena, struct sw_str text)
{
	struct sw_buf out = { .arena = arena };
	size_t at = 0;
	if (!text.n)
		return SW_S("");
	sw_buf_reserve(&out, text.n < sw_alert_limits.text_bytes ? text.n : sw_alert_limits.text_bytes);
	while (at < text.n && out.n + 4 <= sw_alert_limits.text_bytes) {
		char bytes[4];
		uint32_t cp = sw_utf8_next(text, &at);
		bool control = cp < ' ' && cp != '\n' && cp != '\t' && cp != '\r';
		sw_buf_add(&out, bytes, sw_utf8_put(control ? 0xfffd : cp, bytes));
	}
	return sw_buf_str(&out);
}

struct sw_str sw_alert_form(struct sw_arena *arena, struct sw_str form)
{
	struct sw_buf out = { .arena = arena };
	if (sw_str_starts(form, SW_S("{")) || sw_str_starts(form, SW_S("[")))
		return form; /* JSON that is ours */
	while (form.n && out.n < sw_alert_limits.text_bytes) {
		struct sw_str value = sw_str_cut(&form, '&'), name = sw_str_cut(&value, '=');
		sw_buf_add_fmt(&out, "%s%.*s=", out.n ? "&" : "", SW_FMT(name));
		sw_buf_add_str(&out, !value.p ? SW_S("") : sw_alert_may_show(name) ? value : SW_S("***"));
	}
	return sw_buf_str(&out);
}

struct sw_str sw_alert_url(struct sw_arena *arena, struct sw_str url)
{
	struct sw_str query = url, place = sw_str_cut(&query, '?');
	if (!query.p)
		return url;
	struct sw_str form = sw_alert_form(arena, query);
	return sw_str_fmt(arena, "%.*s?%.*s", SW_FMT(place), SW_FMT(form));
}

struct sw_str sw_alert_header(const struct sw_http_header *header)
{
	static const char *const secret[] = { "Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie" };
	for (size_t i = 0; i < SW_COUNTOF(secret); i++)
		if (sw_str_eq_nocase(header->name, sw_str_of(secret[i])))
			return SW_S("***");
	return header->value;
}

struct sw_str sw_alert_headers(struct sw_arena *arena, const struct sw_http_header *headers, size_t n)
{
	struct sw_buf out = { .arena = arena };
	for (size_t i = 0; i < n && out.n < sw_alert_limits.text_bytes; i++) {
		sw_buf_add_str(&out, headers[i].name);
		sw_buf_add_cstr(&out, ": ");
		sw_buf_add_str(&out, sw_alert_header(&headers[i]));
		sw_buf_add_char(&out, '\n');
	}
	return sw_buf_str(&out);
}

/* ---- adding ---- */

static void count_step(struct sw_txn *txn, const struct sw_alert *a, int64_t now_us, int64_t n)
{
	sw_txn_do(txn, ALERT_SQL(SQL_ALERT_COUNT), SW_GUARD_ANY, 0, SW_I(sw_txn_bucket(txn)), SW_ID(a->account),
		  SW_I(now_us / SW_US_PER_S / 60), SW_I(a->code), SW_I(sw_alert_level(a->code)), SW_I(n));
}

static struct sw_str kind_of(struct sw_txn *txn, struct sw_sid sid)
{
	return sw_str_dup(sw_txn_arena(txn), (struct sw_str){ sid.kind, sw_sid_given(sid) ? 2 : 0 });
}

static void row_step(struct sw_txn *txn, const struct sw_alert *a, struct sw_id sid, int64_t now_us, int64_t n)
{
	struct sw_arena *arena = sw_txn_arena(txn);
	sw_txn_do(txn, ALERT_SQL(SQL_ALERT_PUT), SW_GUARD_ANY, 0, SW_I(sw_txn_bucket(txn)), SW_ID(a->account),
		  SW_ID(sid), SW_I(sw_alert_level(a->code)), SW_I(a->code), SW_T(plain(arena, a->why)),
		  SW_T(kind_of(txn, a->resource)), SW_ID(a->resource.id), SW_T(kind_of(txn, a->service)),
		  SW_ID(a->service.id), SW_T(plain(arena, a->api_version)), SW_T(plain(arena, a->method)),
		  SW_T(plain(arena, a->url)), SW_T(plain(arena, a->variables)), SW_T(plain(arena, a->request_headers)),
		  SW_T(plain(arena, a->response_headers)), SW_T(plain(arena, a->response_body)),
		  SW_I(a->first_us ? a->first_us : now_us), SW_I(a->last_us ? a->last_us : now_us), SW_I(n));
}

static void event_step(struct sw_txn *txn, const struct sw_alert *a, struct sw_id sid)
{
	struct sw_arena *arena = sw_txn_arena(txn);
	struct sw_buf text = { .arena = arena };
	struct sw_json_out out = { .buf = &text };
	sw_json_object(&out);
	sw_json_add_int(&out, "error_code", a->code);
	sw_json_add_str(&out, "log_level", sw_str_of(sw_alert_levels[sw_alert_level(a->code)]));
	sw_json_add_str(&out, "message", sw_str_of(sw_error_find(a->code)->message));
	sw_json_add_str(&out, "why", plain(arena, a->why));
	sw_json_add_str(&out, "resource_sid", sw_sid_text(arena, a->resource));
	sw_json_end_object(&out);
	sw_event_add(txn, a->account, sw_sid_of("NO", sid), "alert.created", sw_buf_str(&text));
}

/* A look at the account's alarms: a few a second, late enough to see what comes within that second.  A few, not one:
 * the transaction that would add it may fail. */
static void watch_step(struct sw_txn *txn, struct sw_id account, int64_t now_us)
{
	enum { WATCH = -2, TURN_S = 1, TURNS = 3, LATER_S = 2 };
	struct sw_due due = {
		.due_us = now_us + LATER_S * SW_US_PER_S,
		.kind = &sw_alert_watch_due,
		.account = account,
		.ref_kind = { 'A', 'C' },
		.ref = account,
	};
	for (char turn = 0; turn < TURNS; turn++)
		if (sw_alike_find(sw_txn_bucket(txn), account, WATCH, (struct sw_str){ &turn, 1 }, TURN_S, TURNS)
			    .first) {
			sw_txn_due(txn, &due);
			return;
		}
}

void sw_txn_alert(struct sw_txn *txn, const struct sw_alert *a)
{
	char text[SW_SID_CHARS];
	int64_t now_us = sw_wall_us(), n = a->n ? a->n : 1;
	struct sw_str about = a->about.p ? a->about : sw_sid_format(a->resource, text);
	SW_BUG_ON(!sw_error_find(a->code));
	struct sw_alike alike = sw_alike_find(sw_txn_bucket(txn), a->account, a->code, about, sw_alert_limits.window_s,
					      sw_alert_limits.rows);
	row_step(txn, a, alike.sid, now_us, n);
	count_step(txn, a, now_us, n);
	if (alike.first)
		event_step(txn, a, alike.sid);
	watch_step(txn, a->account, now_us);
}
