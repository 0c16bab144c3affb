/* Media: fetched from the customer's URLs before the message is handed to a carrier, and served from then on. */
#include "product/message/message.h"

#include "base/log.h"
#include "loop/clock.h"
#include "loop/task.h"
#include "net/courier.h"

enum { MEDIA_MAX_BYTES = 5000000, MEDIA_TIMEOUT_MS = 15000 };

/* Catalogue codes, so that the message says why it failed. */
enum { CODE_FETCH = 11200, CODE_SIZE = 11751, CODE_TYPE = 12300 };

static int fetch_one_wait(struct sw_task *task, struct sw_str url, struct sw_fetched *ret)
{
	const struct sw_fetch fetch = {
		.method = SW_S("GET"),
		.url = url,
		.lane = SW_LANE_INTERACTIVE,
		.total_timeout_ms = MEDIA_TIMEOUT_MS,
		.response_max_bytes = MEDIA_MAX_BYTES,
	};
	int err = sw_courier_fetch_wait(task, message_roads()->courier, &fetch, ret);
	if (err == SW_ECANCELED || err == SW_ECLOSED || err == SW_EBUSY)
		return err; /* ours, not the customer's: tried again later */
	if (err == SW_ELIMIT)
		return CODE_SIZE;
	if (err || ret->status != 200)
		return CODE_FETCH;
	int64_t max = message_media_max_bytes(ret->content_type);
	return max == 0 ? CODE_TYPE : (int64_t)ret->body.n > max ? CODE_SIZE : 0;
}

static const struct sw_json *media_urls(struct sw_arena *arena, const struct message *m)
{
	const struct sw_json *options;
	if (!m->options.p || sw_json_parse(arena, m->options, NULL, &options, NULL))
		return NULL;
	const struct sw_json *list = sw_json_get(options, "media_url");
	return list ? list->child : NULL;
}

static int stored_wait(struct sw_task *task, const struct message_ref *ref, bool *ret)
{
	struct sw_rows rows;
	struct sw_query *query = sw_query_new(sw_task_arena(task), &message_media_list);
	const struct sw_page_key page = { .limit = 1 };
	sw_query_where(query, "bucket", SW_OP_EQ, SW_I(ref->bucket));
	sw_query_where(query, "account_sid", SW_OP_EQ, SW_ID(ref->account));
	sw_query_where(query, "message_sid", SW_OP_EQ, SW_ID(ref->sid));
	sw_query_page(query, &page);
	int err = sw_query_run_wait(task, ref->core->store, query, &rows);
	*ret = !err && rows.n > 0;
	return err;
}

int message_fetch_media_wait(struct sw_task *task, const struct message_ref *ref, const struct message *m)
{
	struct sw_arena *arena = sw_task_arena(task);
	bool stored;
	int err = stored_wait(task, ref, &stored);
	if (err || stored)
		return err;
	struct sw_txn *txn = sw_txn_new(ref->core->store, arena, ref->bucket);
	sw_txn_trace(txn, ref->sid);
	for (const struct sw_json *url = media_urls(arena, m); url; url = url->next) {
		struct sw_fetched fetched;
		err = fetch_one_wait(task, url->text, &fetched);
		if (err)
			return err;
		struct sw_sid sid = sw_sid_random("ME");
		sw_txn_do(txn, &message_sql[SQL_MEDIA_INSERT], SW_GUARD_ONE, SW_EEXIST, SW_I(ref->bucket),
			  SW_ID(ref->account), SW_ID(ref->sid), SW_ID(sid.id), SW_T(fetched.content_type),
			  SW_B(fetched.body), SW_I(sw_wall_us()));
	}
	return sw_commit_wait(task, txn, NULL); /* all of them or none */
}
