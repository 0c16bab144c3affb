/* The attempt log: what goes in comes out, newest first; what is too much or too old goes. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/test.h"
#include "loop/clock.h"
#include "store/attempt/log.h"
#include "store/store_fixture.h"

static struct sw_attempt_log *open_log(struct sw_arena *arena, const char *url, int64_t max_bytes)
{
	const struct sw_attempt_config config = { .url = url, .max_bytes = max_bytes, .max_age_us = 1000000000 };
	struct sw_attempt_log *log = NULL;
	struct sw_str why = SW_STR_NULL;
	if (sw_attempt_open(arena, &config, &log, &why))
		sw_test_fail(__FILE__, __LINE__, "%.*s", SW_FMT(why));
	return log;
}

static void add(struct sw_attempt_log *log, unsigned account, int64_t number, struct sw_str body)
{
	const struct sw_attempt a = {
		.account = test_id(account),
		.kind = { 'S', 'M' },
		.sid = test_id(77),
		.number = number,
		.started_us = sw_wall_us(),
		.status = 200 + number,
		.total_us = INT64_MAX,
		.token = SW_S("token"),
		.url = SW_S("http://example.com/"),
		.request_body = body,
		.response_body = SW_S(""),
	};
	sw_attempt_add(log, &a);
}

static bool is_even(const struct sw_attempt *a, const void *arg)
{
	(void)arg;
	return a->number % 2 == 0;
}

/* All that the filter gives, part for part. @return how many; numbers must fall */
static size_t walk(struct sw_attempt_log *log, struct sw_arena *arena, struct sw_attempt_filter filter)
{
	size_t total = 0, n;
	int64_t last = INT64_MAX;
	do {
		struct sw_attempt *got, again;
		SW_CHECK_INT(sw_attempt_list_wait(NULL, log, arena, &filter, &got, &n, &filter.before), 0);
		for (size_t i = 0; i < n; i++) {
			SW_CHECK(got[i].number < last);
			last = got[i].number;
			SW_CHECK_INT(got[i].status, 200 + last);
			SW_CHECK_INT(sw_attempt_get_wait(NULL, log, arena, filter.account, got[i].id, &again), 0);
			SW_CHECK_INT(again.number, last);
		}
		total += n;
	} while (!sw_id_is_zero(filter.before));
	return total;
}

SW_TEST(attempts_come_back_newest_first)
{
	struct sw_arena arena;
	const char *dir = sw_test_folder();
	char url[64];
	char body[3000];
	sw_arena_init(&arena);
	snprintf(url, sizeof(url), "sqlite:%s", dir);
	memset(body, 'b', sizeof(body));
	struct sw_attempt_log *log = open_log(&arena, url, 1 << 30);
	for (int64_t i = 0; i < 100; i++) {
		add(log, 1, i, (struct sw_str){ body, sizeof(body) });
		add(log, 2, i, SW_STR_NULL);
	}
	sw_attempt_close(log);
	log = open_log(&arena, url, 1 << 30);
	struct sw_attempt_filter filter = { .account = test_id(1), .limit = 7 };
	SW_CHECK_INT(walk(log, &arena, filter), 100);
	filter.wanted = is_even;
	SW_CHECK_INT(walk(log, &arena, filter), 50);
	filter.until_us = sw_wall_us() - 3600 * INT64_C(1000000);
	SW_CHECK_INT(walk(log, &arena, filter), 0);
	filter = (struct sw_attempt_filter){ .account = test_id(3), .limit = 7 };
	SW_CHECK_INT(walk(log, &arena, filter), 0);

	struct sw_attempt *got, other;
	size_t n;
	struct sw_id next;
	filter = (struct sw_attempt_filter){ .account = test_id(2), .limit = 1 };
	SW_CHECK_INT(sw_attempt_list_wait(NULL, log, &arena, &filter, &got, &n, &next), 0);
	SW_CHECK_INT(n, 1);
	SW_CHECK_STR(got[0].url, "http://example.com/");
	SW_CHECK(!got[0].request_body.p && got[0].response_body.p && !got[0].response_body.n);
	SW_CHECK(got[0].total_us == INT64_MAX && memcmp(got[0].kind, "SM", 2) == 0 &&
		 sw_id_eq(got[0].sid, test_id(77)));
	SW_CHECK_INT(sw_attempt_get_wait(NULL, log, &arena, test_id(1), got[0].id, &other), SW_ENOTFOUND);
	SW_CHECK_INT(sw_attempt_get_wait(NULL, log, &arena, test_id(2), test_id(5), &other), SW_ENOTFOUND);
	sw_attempt_close(log);
	for (const char *const *name = (const char *const[]){ "db", "db-wal", "db-shm", "lock", NULL }; *name; name++) {
		char path[64];
		snprintf(path, sizeof(path), "%s/attempts.%s", dir, *name);
		unlink(path);
	}
	SW_CHECK_INT(rmdir(dir), 0);
	sw_arena_done(&arena);
}

/* What comes behind `at`, part for part. @return how many; numbers must rise by step */
static size_t follow(struct sw_attempt_log *log, struct sw_arena *arena, const struct sw_attempt_filter *filter,
		     struct sw_id *at, int64_t first, int64_t step)
{
	size_t total = 0;
	for (bool more = true; more;) {
		struct sw_attempt *got;
		size_t n;
		SW_CHECK_INT(sw_attempt_follow_wait(NULL, log, arena, filter, at, &got, &n, &more), 0);
		for (size_t i = 0; i < n; i++)
			SW_CHECK_INT(got[i].number, first + step * (int64_t)total++);
	}
	return total;
}

SW_TEST(attempts_are_followed_oldest_first_from_any_of_them)
{
	struct sw_arena arena;
	char body[3000];
	struct sw_attempt *got;
	struct sw_attempt_filter filter = { .account = test_id(1), .limit = 60 };
	struct sw_id at = { { 0 } }, next;
	size_t n = 0;
	sw_arena_init(&arena);
	memset(body, 'b', sizeof(body));
	struct sw_attempt_log *log = open_log(&arena, "sqlite::memory:", 1 << 30);
	for (int64_t i = 0; i < 100; i++) {
		add(log, 1, i, (struct sw_str){ body, sizeof(body) });
		add(log, 2, i, SW_STR_NULL);
	}
	for (int64_t until = sw_mono_us() + 10000000; sw_mono_us() < until && (!n || got[0].number < 99);)
		SW_CHECK_INT(sw_attempt_list_wait(NULL, log, &arena, &filter, &got, &n, &next), 0);
	SW_CHECK_INT(follow(log, &arena, &filter, &at, 0, 1), 100);
	SW_CHECK_INT(follow(log, &arena, &filter, &at, 0, 1), 0);
	for (size_t i = 0; i < n; i++) { /* in the middle of a row as at its ends */
		at = got[i].id;
		SW_CHECK_INT(follow(log, &arena, &filter, &at, got[i].number + 1, 1), 99 - got[i].number);
	}
	filter.wanted = is_even;
	at = (struct sw_id){ { 0 } };
	SW_CHECK_INT(follow(log, &arena, &filter, &at, 0, 2), 50);
	at = sw_attempt_latest(log);
	SW_CHECK_INT(follow(log, &arena, &filter, &at, 0, 1), 0);
	SW_CHECK(sw_attempt_news(log) > 0);
	sw_attempt_close(log);
	sw_arena_done(&arena);
}

SW_TEST(the_oldest_attempts_go_when_there_are_too_many)
{
	enum { MAX = 200 * 1024 };
	struct sw_arena arena;
	char body[4000];
	sw_arena_init(&arena);
	memset(body, 'b', sizeof(body));
	struct sw_attempt_log *log = open_log(&arena, "sqlite::memory:", MAX);
	int64_t written = sw_metric_value(&sw_attempt_metrics, SW_ATTEMPT_WRITTEN);
	for (int64_t i = 0; i < 1000; i++)
		add(log, 1, i, (struct sw_str){ body, sizeof(body) });
	struct sw_rows rows;
	int64_t bytes = 0, newest = 0;
	for (int64_t until = sw_mono_us() + 10000000; sw_mono_us() < until && (newest < 999 || bytes > MAX);) {
		struct sw_attempt_filter filter = { .account = test_id(1), .limit = 1 };
		struct sw_attempt *got;
		struct sw_id next;
		size_t n;
		SW_CHECK_INT(sw_attempt_list_wait(NULL, log, &arena, &filter, &got, &n, &next), 0);
		newest = n ? got[0].number : 0;
		SW_CHECK_INT(sw_query_now(sw_attempt_store(log), &arena, &sw_attempt_rows[SW_SQL_ATTEMPT_SIZE], &rows),
			     0);
		bytes = sw_row_int(rows.row[0], 0);
	}
	SW_CHECK_INT(newest, 999);
	SW_CHECK(bytes > 0 && bytes <= MAX);
	SW_CHECK(written <= 1000);
	sw_attempt_close(log);
	sw_arena_done(&arena);
}

SW_TEST(a_log_that_is_none_takes_everything_and_has_nothing)
{
	struct sw_arena arena;
	struct sw_attempt *got, one;
	struct sw_id next;
	size_t n = 1;
	const struct sw_attempt_filter filter = { .limit = 5 };
	sw_arena_init(&arena);
	add(NULL, 1, 1, SW_STR_NULL);
	SW_CHECK_INT(sw_attempt_list_wait(NULL, NULL, &arena, &filter, &got, &n, &next), 0);
	SW_CHECK(n == 0 && sw_id_is_zero(next));
	SW_CHECK_INT(sw_attempt_get_wait(NULL, NULL, &arena, test_id(1), test_id(1), &one), SW_ENOTFOUND);
	struct sw_id at = sw_attempt_latest(NULL);
	SW_CHECK_INT(follow(NULL, &arena, &filter, &at, 0, 1), 0);
	SW_CHECK(sw_attempt_news(NULL) == 0);
	sw_attempt_close(NULL);
	sw_arena_done(&arena);
}

static const struct sw_attempt examples[] = {
	{ .number = -1, .url = { "u", 1 }, .next_us = INT64_MAX },
	{ .number = 1,
	  .url = { "u", 1 },
	  .request_headers = { "A: 1\nB: 22\n", 11 },
	  .request_body = { "a=1&b=2", 7 } },
	{ .number = 1,
	  .url = { "", 0 },
	  .request_headers = { "A: 1\nB: 23\nC: 4\n", 16 },
	  .request_body = { "a=12&b=2&", 9 } },
	{ .number = 2, .request_headers = { "A: 1\nB: 2\n", 10 }, .request_body = { "&&&&", 4 } },
	{ .number = 2, .request_headers = { "A: 1\nB: 2\n", 10 }, .request_body = { "a=12&b=2&", 9 } },
};

static struct sw_str encode_all(void)
{
	struct sw_attempt_writer writer = { 0 };
	struct sw_buf out = { 0 };
	for (size_t i = 0; i < SW_COUNTOF(examples); i++)
		sw_attempt_encode(&writer, &examples[i], &out);
	sw_attempt_writer_done(&writer);
	return sw_buf_str(&out);
}

static bool same(struct sw_str a, struct sw_str b)
{
	return !a.p == !b.p && sw_str_eq(a, b);
}

SW_TEST(a_record_is_what_differs_from_the_one_before)
{
	struct sw_arena arena;
	struct sw_str all = encode_all();
	struct sw_attempt got;
	sw_arena_init(&arena);
	struct sw_attempt_reader reader = { .arena = &arena, .rest = all };
	for (size_t i = 0; i < SW_COUNTOF(examples); i++) {
		const struct sw_attempt *want = &examples[i];
		SW_CHECK_INT(sw_attempt_decode(&reader, &got), 0);
		SW_CHECK(got.number == want->number && got.next_us == want->next_us);
		SW_CHECK(same(got.url, want->url) && same(got.request_headers, want->request_headers) &&
			 same(got.request_body, want->request_body) && !got.response_body.p);
	}
	SW_CHECK_INT(sw_attempt_decode(&reader, &got), SW_ENOTFOUND);
	free((void *)(uintptr_t)all.p);
	sw_arena_done(&arena);
}

SW_TEST(bytes_that_are_no_attempts_are_refused)
{
	struct sw_arena arena;
	struct sw_str all = encode_all();
	struct sw_attempt got;
	char *bytes = (char *)(uintptr_t)all.p;
	sw_arena_init(&arena);
	for (size_t cut = 1; cut < all.n; cut++) {
		struct sw_attempt_reader reader = { .arena = &arena, .rest = { bytes, cut } };
		while (sw_attempt_decode(&reader, &got) == 0)
			SW_CHECK(reader.rest.n < cut);
	}
	for (size_t at = 0; at < all.n; at++) /* whatever changes, it stays within bounds */
		for (unsigned bit = 0; bit < 8; bit++) {
			struct sw_attempt_reader reader = { .arena = &arena, .rest = all };
			bytes[at] = (char)(bytes[at] ^ (1 << bit));
			while (sw_attempt_decode(&reader, &got) == 0)
				SW_CHECK(reader.rest.n < all.n);
			bytes[at] = (char)(bytes[at] ^ (1 << bit));
		}
	free(bytes);
	sw_arena_done(&arena);
}
