/* What is alike, and what an alarm counts; what goes over the wire is tested by tests/api/debugger.test.mjs. */
#include "core/alert/alert.h"

#include "base/test.h"
#include "core/alert/alarm.h"
#include "core/alert/alert_sql.h"
#include "core/core_fixture.h"
#include "loop/clock.h"
#include "loop/task.h"

SW_TEST(codes_have_levels)
{
	SW_CHECK_INT(sw_alert_level(11200), SW_ALERT_ERROR);
	SW_CHECK_INT(sw_alert_level(12200), SW_ALERT_WARNING);
	SW_CHECK_INT(sw_alert_level(14110), SW_ALERT_WARNING);
	SW_CHECK_INT(sw_alert_level(20416), SW_ALERT_NOTICE);
	SW_CHECK_INT(sw_alert_level(20429), SW_ALERT_WARNING);
	SW_CHECK_INT(sw_alert_level(30008), SW_ALERT_ERROR);
}

SW_TEST(queries_of_alarms)
{
	static const struct {
		const char *type, *query;
		bool good;
	} rows[] = {
		{ "ALL", "", true },
		{ "ALL", "1", false },
		{ "LOG_LEVEL", "error", true },
		{ "LOG_LEVEL", "Warning", true },
		{ "LOG_LEVEL", "", false },
		{ "LOG_LEVEL", "loud", false },
		{ "ERROR_CODE", "1", true },
		{ "ERROR_CODE", "11200, 30008", true },
		{ "ERROR_CODE", "", false },
		{ "ERROR_CODE", "11200,,30008", false },
		{ "ERROR_CODE", "0", false },
		{ "ERROR_CODE", "99999999999", false },
	};
	for (size_t i = 0; i < SW_COUNTOF(rows); i++)
		SW_CHECK((sw_alarm_query_wrong(sw_str_of(rows[i].type), sw_str_of(rows[i].query)) == NULL) ==
			 rows[i].good);
}

SW_TEST(forms_are_shown_without_what_people_wrote)
{
	struct sw_arena arena;
	sw_arena_init(&arena);
	SW_CHECK_STR(sw_alert_form(&arena, SW_S("From=%2B1&Body=secret&X&To=")), "From=%2B1&Body=***&X=&To=");
	SW_CHECK_STR(sw_alert_form(&arena, SW_S("body=secret")), "body=***");
	SW_CHECK_STR(sw_alert_form(&arena, SW_S("{\"a\":1}")), "{\"a\":1}");
	sw_arena_done(&arena);
}

SW_TEST(header_fields_are_shown_without_credentials_and_cookies)
{
	const struct sw_http_header headers[] = {
		{ SW_S("authorization"), SW_S("Basic x") },
		{ SW_S("Proxy-Authorization"), SW_S("Basic x") },
		{ SW_S("Cookie"), SW_S("a=x") },
		{ SW_S("set-cookie"), SW_S("a=x") },
		{ SW_S("Cookies"), SW_S("b") },
	};
	struct sw_arena arena;
	sw_arena_init(&arena);
	SW_CHECK_STR(sw_alert_headers(&arena, headers, SW_COUNTOF(headers)),
		     "authorization: ***\nProxy-Authorization: ***\nCookie: ***\nset-cookie: ***\nCookies: b\n");
	sw_arena_done(&arena);
}

static void find_alike(struct sw_task *task, struct core_fixture *f)
{
	const struct sw_id me = f->account.sid.id, other = sw_sid_random("AC").id;
	struct sw_alike a = sw_alike_find(1, me, 7, SW_S("x"), 300, 2), b = sw_alike_find(1, me, 7, SW_S("x"), 300, 2);
	SW_CHECK(a.first && !b.first && sw_id_eq(a.sid, b.sid) && !a.others);
	b = sw_alike_find(1, me, 7, SW_S("y"), 300, 2);
	SW_CHECK(b.first && !b.others && !sw_id_eq(a.sid, b.sid));
	/* Two are as many as may be: the third and fourth share one. */
	struct sw_alike c = sw_alike_find(1, me, 7, SW_S("z"), 300, 2), d = sw_alike_find(1, me, 7, SW_S("w"), 300, 2);
	SW_CHECK(c.first && c.others && d.others && !d.first && sw_id_eq(c.sid, d.sid));
	SW_CHECK(!sw_alike_find(1, me, 7, SW_S("y"), 300, 2).others);
	SW_CHECK(sw_alike_find(1, me, 8, SW_S("z"), 300, 2).first &&
		 sw_alike_find(1, other, 7, SW_S("z"), 300, 2).first);
	/* A window later all begins anew. */
	SW_CHECK_INT(sw_clock_advance_wait(task, 301 * INT64_C(1000000)), 0);
	b = sw_alike_find(1, me, 7, SW_S("z"), 300, 2);
	SW_CHECK(b.first && !b.others && !sw_id_eq(b.sid, a.sid));
	/* Floods of what is never the same are forgotten, not kept. */
	for (unsigned i = 0; i < 3 * sw_alert_limits.remembered; i++)
		(void)sw_alike_find(1, sw_sid_random("AC").id, 1, SW_S("x"), 300, 2);
}

SW_TEST(what_is_alike_is_one_row)
{
	core_fixture_play(NULL, find_alike);
}

static void add_wait(struct sw_task *task, struct core_fixture *f, int code, struct sw_str about, int64_t n)
{
	struct sw_txn *txn = sw_txn_new(f->core.store, sw_task_arena(task), f->account.bucket);
	const struct sw_alert alert = { .account = f->account.sid.id,
					.code = code,
					.about = about,
					.why = SW_S("bytes \xff\x01 of a stranger"),
					.n = n };
	sw_txn_alert(txn, &alert);
	SW_CHECK_INT(sw_commit_wait(task, txn, NULL), 0);
}

static size_t rows_wait(struct sw_task *task, struct core_fixture *f, int64_t *ret_n)
{
	struct sw_rows rows = { 0 };
	struct sw_query *query = sw_query_new(sw_task_arena(task), &sw_alert_list);
	sw_query_where(query, "account_sid", SW_OP_EQ, SW_ID(f->account.sid.id));
	sw_query_page(query, &(struct sw_page_key){ .limit = 1000 });
	SW_CHECK_INT(sw_query_run_wait(task, f->core.store, query, &rows), 0);
	*ret_n = 0;
	for (size_t i = 0; i < rows.n; i++)
		*ret_n += sw_row_int(rows.row[i], 17);
	return rows.n;
}

static void flood(struct sw_task *task, struct core_fixture *f)
{
	int64_t n;
	for (int i = 0; i < 5; i++)
		add_wait(task, f, 11200, SW_S("https://example.com/"), 2);
	SW_CHECK_INT(rows_wait(task, f, &n), 1);
	SW_CHECK_INT(n, 10);
	for (unsigned i = 0; i < sw_alert_limits.rows + 50; i++)
		add_wait(task, f, 30008, sw_str_fmt(sw_task_arena(task), "%u", i), 0);
	SW_CHECK_INT(rows_wait(task, f, &n), 1 + sw_alert_limits.rows + 1);
	SW_CHECK_INT(n, 10 + sw_alert_limits.rows + 50);
	struct sw_rows rows;
	SW_CHECK_INT(sw_query_wait(task, f->core.store, sw_task_arena(task), ALERT_SQL(SQL_ALERT_SUM), &rows,
				   SW_I(f->account.bucket), SW_ID(f->account.sid.id), SW_I(0)),
		     0);
	int64_t counted = 0;
	for (size_t i = 0; i < rows.n; i++)
		counted += sw_row_int(rows.row[i], 2);
	SW_CHECK_INT(counted, n);
}

SW_TEST(a_flood_is_counted_in_few_rows)
{
	core_fixture_play(NULL, flood);
}
