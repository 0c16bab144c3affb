/* Dead letters: kept, found, sent again, and one day gone. */
#include "core/webhook/dead.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/time.h"
#include "core/core_sql.h"
#include "loop/clock.h"
#include "loop/task.h"

enum { TOKEN_CHARS = 32 };

static const char *class_of(int64_t status)
{
	static const char *const classes[] = { "none", "1xx", "2xx", "3xx", "4xx", "5xx" };
	return status >= 100 && status < 600 ? classes[status / 100] : "none";
}

static bool has_token(struct sw_str data)
{
	return sw_str_index(data, '\n') == TOKEN_CHARS;
}

/* Behind a token its data is what another due row can have. */
static struct sw_str with_token(struct sw_arena *arena, const struct sw_due *due)
{
	if (has_token(due->data))
		return due->data;
	return sw_str_fmt(arena, "%.*s\n%.*s", SW_FMT(sw_callback_token(arena, due)), SW_FMT(due->data));
}

/* As asked, but for what is nobody's business. */
static struct sw_str url_kept(struct sw_arena *arena, struct sw_str url)
{
	struct sw_str shown = sw_webhook_shown(arena, url), query = url;
	query = sw_str_cut(&query, '#');
	(void)sw_str_cut(&query, '?');
	return query.p ? sw_str_fmt(arena, "%.*s?%.*s", SW_FMT(shown), SW_FMT(query)) : shown;
}

void sw_txn_dead_letter(struct sw_txn *txn, const struct sw_core *core, const struct sw_due *due,
			const struct sw_webhook *webhook, const struct sw_hook *endpoint,
			const struct sw_webhooked *got)
{
	struct sw_arena *arena = sw_txn_arena(txn);
	struct sw_str kind = sw_str_dup(arena, (struct sw_str){ due->ref_kind, sizeof(due->ref_kind) });
	struct sw_id none = { { 0 } };
	int64_t status = got->fetched.status;
	if (!core->dead_letter_us)
		return;
	sw_txn_do(txn, CORE_SQL(SQL_DEAD_INSERT), SW_GUARD_ONE, SW_ECONFLICT, SW_I(due->bucket), SW_ID(due->account),
		  SW_ID(sw_sid_new(SW_DEAD_SID, due->bucket).id), SW_ID(endpoint ? endpoint->id : none), SW_T(kind),
		  SW_ID(due->ref), SW_T(sw_callback_token(arena, due)), SW_T(webhook->method),
		  SW_T(url_kept(arena, webhook->url)), SW_T(with_token(arena, due)), SW_I(due->attempt + got->asked),
		  SW_I(got->code), SW_T(got->why.p ? got->why : SW_S("")), SW_I(status),
		  SW_T(sw_str_of(class_of(status))), SW_I(webhook->event_time_us), SW_I(sw_wall_us()));
	sw_count(&sw_webhook_metrics, SW_CALLBACK_DEAD, 1);
}

void sw_dead_letter_read(struct sw_row row, struct sw_dead_letter *ret)
{
	struct sw_str kind = sw_row_str(row, 2);
	*ret = (struct sw_dead_letter){
		.id = sw_sid_of(SW_DEAD_SID, sw_row_id(row, 0)),
		.endpoint = sw_row_id(row, 1),
		.token = sw_row_str(row, 4),
		.method = sw_row_str(row, 5),
		.url = sw_row_str(row, 6),
		.data = sw_row_str(row, 7),
		.attempts = sw_row_int(row, 8),
		.code = sw_row_int(row, 9),
		.why = sw_row_str(row, 10),
		.status = sw_row_int(row, 11),
		.event_us = sw_row_int(row, 12),
		.time_us = sw_row_int(row, 13),
	};
	if (kind.n == 2)
		ret->ref = sw_sid_of(kind.p, sw_row_id(row, 3));
}

struct sw_str sw_dead_letter_form(const struct sw_dead_letter *letter)
{
	struct sw_str rest = letter->data;
	for (int lines = 0; lines < 4; lines++) /* token, method, time, URL */
		(void)sw_str_cut(&rest, '\n');
	return rest;
}

int sw_dead_letter_get_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
			    struct sw_id id, struct sw_dead_letter *ret)
{
	struct sw_rows rows;
	int err = sw_query_wait(task, core->store, sw_task_arena(task), CORE_SQL(SQL_DEAD_GET), &rows,
				SW_I(account->bucket), SW_ID(account->sid.id), SW_ID(id));
	if (err || !rows.n)
		return err ? err : SW_ENOTFOUND;
	sw_dead_letter_read(rows.row[0], ret);
	return 0;
}

/* ---- again ---- */

struct sw_str sw_resend_data(struct sw_arena *arena, struct sw_str token, struct sw_str method, int64_t event_us,
			     struct sw_str url, struct sw_str form)
{
	return sw_str_fmt(arena, "%.*s\n%.*s\n%lld\n%.*s\n%.*s", SW_FMT(token), SW_FMT(method), (long long)event_us,
			  SW_FMT(url), SW_FMT(form));
}

void sw_txn_resend(struct sw_txn *txn, const struct sw_resend *resend, unsigned nth)
{
	struct sw_due due = {
		.due_us = sw_wall_us() + nth,
		.kind = &sw_callback_due,
		.account = resend->account,
		.ref_kind = { resend->ref_kind[0], resend->ref_kind[1] },
		.ref = resend->ref,
		.data = resend->data,
	};
	sw_txn_due(txn, &due);
	sw_count(&sw_webhook_metrics, SW_CALLBACK_REPLAYED, 1);
}

void sw_txn_replay_letter(struct sw_txn *txn, const struct sw_account *account, const struct sw_dead_letter *letter,
			  unsigned nth)
{
	const struct sw_resend resend = {
		.account = account->sid.id,
		.ref_kind = { letter->ref.kind[0], letter->ref.kind[1] },
		.ref = letter->ref.id,
		.data = letter->data,
	};
	sw_txn_do(txn, CORE_SQL(SQL_DEAD_DELETE), SW_GUARD_ONE, SW_ECONFLICT, SW_I(account->bucket),
		  SW_ID(account->sid.id), SW_ID(letter->id.id));
	sw_txn_resend(txn, &resend, nth);
}
