/* What is hidden, and what a loop's ring keeps and finds. */
#include "api/request/request_impl.h"
#include "base/test.h"
#include "core/core_fixture.h"

/* ---- secrets ---- */

static struct sw_str names[] = { SW_S("auth_token"), SW_S("AuthToken") };
static const struct sw_strs secrets = { names, SW_COUNTOF(names) }, none;

SW_TEST(a_body_is_kept_without_what_is_secret)
{
	static const struct {
		const char *text;
		const struct sw_strs *secrets;
		const char *kept; /* NULL: nothing */
	} cases[] = {
		{ "", &none, "" },
		{ "Body=a%20b&AuthToken=x", &none, "Body=a%20b&AuthToken=x" },
		{ "To=1&AuthToken=x&To=2", &secrets, "To=1&AuthToken=%2A%2A%2A&To=2" },
		{ "auth%5Ftoken=x", &secrets, "auth_token=%2A%2A%2A" },
		{ "authTOKEN=x", &secrets, "authTOKEN=%2A%2A%2A" },
		{ "Settings.AuthToken=x&AuthTokens=y", &secrets, "Settings.AuthToken=%2A%2A%2A&AuthTokens=y" },
		{ "AuthToken=%zz", &secrets, NULL },
		{ "{\"auth_token\":\"x\",\"sid\":\"AC\"}", &secrets, "{\"auth_token\":\"***\",\"sid\":\"AC\"}" },
		{ " {\"auth\\u005ftoken\":{\"a\":[1]}}", &secrets, "{\"auth_token\":\"***\"}" },
		{ "{\"data\":[{\"auth_token\":1},{\"a\":{\"auth_token\":\"x\"}}]}", &secrets,
		  "{\"data\":[{\"auth_token\":\"***\"},{\"a\":{\"auth_token\":\"***\"}}]}" },
		{ "{\"auth_token\":null}", &secrets, "{\"auth_token\":null}" },
		{ "{\"auth_token\":\"x\"", &secrets, NULL },
		{ "Url=https://u:p@host/x@y", &none, "Url=https%3A%2F%2F%2A%2A%2A%40host%2Fx%40y" },
		{ "Url=https%3A%2F%2Fu:p%40host", &none, "Url=https%3A%2F%2F%2A%2A%2A%40host" },
		{ "{\"url\":\"amqp://u:p@q@host\"}", &none, "{\"url\":\"amqp://***@host\"}" },
		{ "{\"body\":\"mail me@example.org, https://example.org/@me\"}", &none,
		  "{\"body\":\"mail me@example.org, https://example.org/@me\"}" },
	};
	struct sw_arena arena;
	sw_arena_init(&arena);
	for (size_t i = 0; i < SW_COUNTOF(cases); i++) {
		struct sw_str kept = request_mask(&arena, sw_str_of(cases[i].text), cases[i].secrets, 1000);
		if (kept.p ? !cases[i].kept || !sw_str_is(kept, cases[i].kept) : cases[i].kept != NULL)
			sw_test_fail(__FILE__, __LINE__, "%s: %.*s", cases[i].text, SW_FMT(kept));
	}
	sw_arena_done(&arena);
}

SW_TEST(an_answer_is_kept_without_what_is_secret)
{
	static const struct {
		const char *text;
		const char *kept;
	} cases[] = {
		{ "{}", "{}" },
		{ "{\"auth_token\":\"x\",\"sid\":\"AC\"}", "{\"auth_token\":\"***\",\"sid\":\"AC\"}" },
		{ "{\"a\":\"\\\"auth_token\\\":\",\"auth_token\":{\"a\":[\"}\"]}}",
		  "{\"a\":\"\\\"auth_token\\\":\",\"auth_token\":\"***\"}" },
		{ "{\"data\":[{\"auth_token\":1},{\"auth_token\":null,\"auth_tokens\":2}]}",
		  "{\"data\":[{\"auth_token\":\"***\"},{\"auth_token\":null,\"auth_tokens\":2}]}" },
		{ "{\"url\":\"https://u:p@host/@\",\"to\":\"a@b\",\"auth_token\":\"x@y\"}",
		  "{\"url\":\"https://***@host/@\",\"to\":\"a@b\",\"auth_token\":\"***\"}" },
	};
	struct sw_arena arena;
	sw_arena_init(&arena);
	for (size_t i = 0; i < SW_COUNTOF(cases); i++)
		SW_CHECK_STR(request_mask_own(&arena, sw_str_of(cases[i].text), &secrets, 1000), cases[i].kept);
	/* Cut in the middle of a secret, or behind it. */
	struct sw_str text = SW_S("{\"auth_token\":\"0123456789\",\"url\":\"https://user:password@host/\"}");
	for (size_t most = 0; most < text.n; most++) {
		struct sw_str kept = request_mask_own(&arena, text, &secrets, most);
		SW_CHECK(kept.n <= most && sw_str_find(kept, SW_S("0")) < 0 && sw_str_find(kept, SW_S("user")) < 0);
	}
	sw_arena_done(&arena);
}

SW_TEST(a_body_is_cut_between_characters)
{
	struct sw_arena arena;
	sw_arena_init(&arena);
	SW_CHECK_STR(request_mask(&arena, SW_S("abc"), &none, 3), "abc");
	SW_CHECK_STR(request_mask(&arena, SW_S("abcd"), &none, 3), "abc");
	SW_CHECK_STR(request_mask(&arena, SW_S("a\u00fcb"), &none, 2), "a");
	SW_CHECK_STR(request_mask(&arena, SW_S("a\u00fcb"), &none, 3), "a\u00fc");
	char *long_text = sw_arena_bytes(&arena, sw_request_limits.mask_bytes + 1);
	memset(long_text, 'x', sw_request_limits.mask_bytes + 1);
	struct sw_str text = { long_text, sw_request_limits.mask_bytes + 1 };
	SW_CHECK(!request_mask(&arena, text, &secrets, 10).p);
	SW_CHECK_STR(request_mask(&arena, text, &none, 10), "xxxxxxxxxx");
	sw_arena_done(&arena);
}

/* ---- a ring ---- */

static struct request_key put(struct sw_sid account, int status, const char *path, size_t body_bytes)
{
	static char body[4096];
	struct request_record r = { .id = SW_S("RQ"),
				    .account = account,
				    .owner = account,
				    .caller = account,
				    .status = status,
				    .code = status < 400 ? 0 : 20404,
				    .method = SW_S("GET"),
				    .path = sw_str_of(path),
				    .request_body = { body, body_bytes } };
	request_ring_put(&r);
	return r.key;
}

static size_t find(struct sw_arena *arena, struct request_wanted w, struct request_key from, bool forward, size_t most,
		   const struct request_record **ret)
{
	return request_ring_read(arena, &w, from, forward, request_now_us(), most, ret);
}

static void ring(struct sw_task *task, struct core_fixture *f)
{
	struct sw_arena *arena = sw_task_arena(task);
	const struct request_record *found[10];
	const struct request_key first = { 0 }, last = { INT64_MAX, REQUEST_LOOP_LAST };
	struct sw_sid other = sw_sid_random("AC");
	struct request_wanted any = { .viewer = f->account.sid, .status = SW_NONE, .code = SW_NONE }, w = any;
	uint64_t news = request_news();
	struct request_key a = put(f->account.sid, 200, "/v1/a", 0), b = put(other, 200, "/v1/b", 0),
			   c = put(f->account.sid, 404, "/v1/c", 0);
	SW_CHECK(request_key_cmp(a, b) < 0 && request_key_cmp(b, c) < 0 && request_news() != news);
	SW_CHECK_INT((long)find(arena, any, first, true, 10, found), 2);
	SW_CHECK_STR(found[0]->path, "/v1/a");
	SW_CHECK_INT((long)find(arena, any, last, false, 1, found), 1);
	SW_CHECK_STR(found[0]->path, "/v1/c");
	SW_CHECK_INT((long)find(arena, any, c, false, 10, found), 1);
	SW_CHECK_STR(found[0]->path, "/v1/a");
	SW_CHECK_INT((long)find(arena, any, a, true, 10, found), 1);
	SW_CHECK_INT((long)find(arena, any, c, true, 10, found), 0);
	w.status = 4;
	SW_CHECK_INT((long)find(arena, w, first, true, 10, found), 1);
	w = any, w.search = SW_S("V1/A");
	SW_CHECK_INT((long)find(arena, w, first, true, 10, found), 1);
	w = any, w.path = SW_S("/v1/"), w.code = 20404, w.method = SW_S("get");
	SW_CHECK_INT((long)find(arena, w, first, true, 10, found), 1);
	/* Who asked until then gets what comes later, whatever the clock says. */
	int64_t ahead_us = request_now_us() + 1000000;
	(void)request_ring_read(arena, &any, first, true, ahead_us, 10, found);
	SW_CHECK(put(f->account.sid, 200, "/v1/d", 0).us > ahead_us);
	/* The bound is of bytes: the oldest go. */
	for (size_t i = 0; i < sw_request_limits.bytes / 4096; i++)
		put(other, 200, "/v1/long", 4096);
	SW_CHECK_INT((long)find(arena, any, first, true, 10, found), 0);
	w.viewer = other;
	w = (struct request_wanted){ .viewer = other, .status = SW_NONE, .code = SW_NONE };
	SW_CHECK_INT((long)find(arena, w, last, false, 10, found), 10);
}

SW_TEST(a_ring_keeps_the_newest_in_order)
{
	core_fixture_play(NULL, ring);
}
