#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#include "base/test.h"
#include "base/time.h"
#include "loop/clock.h"
#include "net/publish/publish_impl.h"
#include "net/publish/sim.h"
#include "net/publish/test_publish.h"

static const struct sw_publish_config closed;

/* ---- targets ---- */

static const struct {
	const char *url;
	bool trusted;
	const char *complaint; /* its beginning; NULL: none */
} targets[] = {
	{ "nats://broker/events", false, NULL },
	{ "nats://u:p%40ss@a:1,b:2,[::1]:3/events.v1?stream=EV&replicas=3&max_age_h=24&timeout_ms=500", false, NULL },
	{ "tls://broker/events", false, NULL },
	{ "tls://a,b/events?server_name=nats.example.org", false, NULL },
#ifdef SW_HAVE_KAFKA
	{ "kafka://u:p@a,b:9093/events?tls=1&sasl=scram-sha-256", false, NULL },
	{ "kafka://broker/to/pic", false, "A topic's name" },
	{ "kafka://u@broker/topic", false, "A user needs a password" },
	{ "kafka://u:p@broker/topic?sasl=gssapi", false, "The option 'sasl'" },
#endif
	{ "null:", true, NULL },
	{ "sim://x?error=auth&fail_every=3", true, NULL },
	{ "null:", false, "The URL must begin" },
	{ "sim://x", false, "The URL must begin" },
	{ "http://broker/events", true, "The URL must begin" },
	{ "nats", true, "The URL must begin" },
	{ "nats:///events", false, "The URL names no host" },
	{ "nats://broker", false, "The URL's path must be the subject" },
	{ "nats://broker/a b", false, "The URL's path must be the subject" },
	{ "nats://broker/a%20b", false, "The URL's path must be the subject" },
	{ "nats://broker/a.>", false, "The subject has wildcards" },
	{ "nats://broker/a..b", false, "The subject has wildcards" },
	{ "nats://broker/a?stream=x.y", false, "The stream's name" },
	{ "nats://broker/a?stream=%22", false, "The option 'stream'" },
	{ "nats://broker/a?replicas=7", false, "The option 'replicas' must be a number from 1 to 5" },
	{ "nats://broker/a?color=red", false, "nats has no option 'color'" },
	{ "nats://broker:99999/a", false, "The host" },
	{ "nats://bro ker/a", false, "The host" },
	{ "nats://a,b,c,d,e,f,g,h,i/a", false, "The host 'i'" },
	{ "nats://u%zz@broker/a", false, "The user and password" },
	{ "tls://a,b/events", false, "With several hosts" },
	{ "sim://x?error=nonsense", true, "The option 'error'" },
};

SW_TEST(publish_targets_are_urls)
{
	struct sw_arena arena;
	sw_arena_init(&arena);
	for (size_t i = 0; i < SW_COUNTOF(targets); i++) {
		struct sw_publish_target target = { sw_str_of(targets[i].url), targets[i].trusted };
		struct sw_str why = SW_S("");
		int err = sw_publish_check(&arena, &target, &why);
		const char *want = targets[i].complaint;
		if (err != (want ? SW_EINVAL : 0) || (want && !sw_str_starts(why, sw_str_of(want))))
			sw_test_fail(__FILE__, __LINE__, "%s: got '%.*s'", targets[i].url, SW_FMT(why));
	}
	sw_arena_done(&arena);
}

SW_TEST(publish_labels_have_no_secrets)
{
	struct sw_publish_url url;
	struct sw_str why;
	struct sw_arena arena;
	sw_arena_init(&arena);
	SW_CHECK_INT(sw_publish_url_parse(&arena, SW_S("nats://u:secret@a,b:7/x?stream=S"), false, &url, &why), 0);
	SW_CHECK_STR(sw_publish_url_label(&arena, &url), "nats://a:4222,b:7/x");
	SW_CHECK_STR(url.user, "u");
	SW_CHECK_STR(url.password, "secret");
	sw_arena_done(&arena);
}

/* ---- what every scheme has in common ---- */

static void take_all(struct sw_task *task, struct sw_publish *publish)
{
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_publish_item *items = test_publish_items(arena, "n", 100, 7);
	struct sw_published results[100];
	const struct sw_publish_target target = { SW_S("null:"), true };
	SW_CHECK_INT(sw_publish_batch_wait(task, publish, &target, items, 100, results), 0);
	SW_CHECK_INT(results[99].error, SW_PUBLISH_OK);
	SW_CHECK_INT(sw_publish_batch_wait(task, publish, &target, items, 0, results), 0);
}

SW_TEST(publish_null_takes_everything)
{
	test_publish_run(&closed, take_all);
}

static void check_stored(struct sw_arena *arena, const char *name, const struct sw_publish_item *want, size_t n,
			 size_t keys)
{
	struct sw_publish_item *got;
	size_t got_n = sw_publish_sim_read(arena, sw_str_of(name), &got);
	SW_CHECK_INT(got_n, n);
	for (size_t key = 0; key < keys; key++) {
		size_t at = key; /* of the next one of this key */
		for (size_t i = 0; i < got_n; i++) {
			if (!sw_str_eq(got[i].key, want[key].key))
				continue;
			SW_CHECK(at < n && sw_str_eq(got[i].id, want[at].id) && sw_str_eq(got[i].body, want[at].body));
			at += keys;
		}
		SW_CHECK(at >= n);
	}
}

static void fail_and_repeat(struct sw_task *task, struct sw_publish *publish)
{
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_publish_item *items = test_publish_items(arena, "s", 200, 5);
	const struct sw_publish_target target = { SW_S("sim://repeat?fail_every=7&delay_ms=1"), true };
	SW_CHECK_INT(test_publish_all(task, publish, &target, items, 200, 200), 0);
	check_stored(arena, "repeat", items, 200, 5);
	sw_publish_sim_forget(SW_S("repeat"));
}

SW_TEST(publish_keeps_order_of_keys_through_failures)
{
	test_publish_run(&closed, fail_and_repeat);
}

static void say_who_failed(struct sw_task *task, struct sw_publish *publish)
{
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_publish_item *items = test_publish_items(arena, "w", 6, 2);
	struct sw_published results[6];
	struct sw_publish_target target = { SW_S("sim://who?fail_first=1&error=refused"), true };

	/* The first of k0 fails: those behind it are not sent; k1 goes. */
	SW_CHECK_INT(sw_publish_batch_wait(task, publish, &target, items, 6, results), SW_EAGAIN);
	static const enum sw_publish_error want[] = { SW_PUBLISH_REFUSED, SW_PUBLISH_OK,     SW_PUBLISH_BEHIND,
						      SW_PUBLISH_OK,      SW_PUBLISH_BEHIND, SW_PUBLISH_OK };
	for (size_t i = 0; i < 6; i++)
		SW_CHECK_INT(results[i].error, want[i]);
	SW_CHECK_STR(results[2].why, "Not sent: an earlier event of the same key failed.");
	SW_CHECK_INT(sw_publish_batch_wait(task, publish, &target, items, 6, results), 0);
	SW_CHECK(results[1].duplicate && !results[0].duplicate);

	target.url = SW_S("sim://who?fail_every=1&error=auth");
	SW_CHECK_INT(sw_publish_batch_wait(task, publish, &target, items, 2, results), SW_EIO);
	SW_CHECK_INT(results[0].error, SW_PUBLISH_AUTH);
	SW_CHECK(!results[0].retryable);

	/* Items that no broker would take. */
	target.url = SW_S("sim://who");
	items[0].id = SW_STR_NULL;
	items[1].id = SW_S("a\r\nX: y");
	items[2].subject = SW_S("a.*");
	items[3].body = (struct sw_str){ sw_arena_alloc(arena, sw_publish_limits.item_bytes + 1),
					 sw_publish_limits.item_bytes + 1 };
	SW_CHECK_INT(sw_publish_batch_wait(task, publish, &target, items, 6, results), SW_EIO);
	static const enum sw_publish_error bad[] = { SW_PUBLISH_BAD_ITEM,  SW_PUBLISH_BAD_ITEM, SW_PUBLISH_BAD_ITEM,
						     SW_PUBLISH_TOO_LARGE, SW_PUBLISH_OK,       SW_PUBLISH_OK };
	for (size_t i = 0; i < 6; i++)
		SW_CHECK_INT(results[i].error, bad[i]);

	target.trusted = false;
	SW_CHECK_INT(sw_publish_batch_wait(task, publish, &target, items, 2, results), SW_EIO);
	SW_CHECK_INT(results[0].error, SW_PUBLISH_BAD_TARGET);
	SW_CHECK_STR(results[0].why, "The URL must begin with nats://, tls:// or kafka://.");
	sw_publish_sim_forget(SW_S("who"));
}

SW_TEST(publish_says_which_item_failed_and_why)
{
	test_publish_run(&closed, say_who_failed);
}

static void own_too_many(struct sw_task *task, struct sw_publish *publish)
{
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_publish_item *items = test_publish_items(arena, "o", 1, 1);
	struct sw_published result;
	for (unsigned i = 0; i < sw_publish_limits.owner_targets + 2; i++) {
		struct sw_publish_target target = { sw_str_fmt(arena, "null:?timeout_ms=%u", 1000 + i), true,
						    SW_S("a") };
		bool room = i < sw_publish_limits.owner_targets;
		SW_CHECK_INT(sw_publish_batch_wait(task, publish, &target, items, 1, &result), room ? 0 : SW_EAGAIN);
		SW_CHECK_INT(result.error, room ? SW_PUBLISH_OK : SW_PUBLISH_BUSY);
	}
	const struct sw_publish_target other = { SW_S("null:?timeout_ms=900"), true, SW_S("b") };
	SW_CHECK_INT(sw_publish_batch_wait(task, publish, &other, items, 1, &result), 0);
}

SW_TEST(publish_gives_each_owner_a_share_of_connections)
{
	test_publish_run(&closed, own_too_many);
}

static void be_late(struct sw_task *task, struct sw_publish *publish)
{
	struct sw_publish_item *items = test_publish_items(sw_task_arena(task), "l", 3, 2);
	struct sw_published results[3];
	const struct sw_publish_target target = { SW_S("sim://late?delay_ms=60000&timeout_ms=150"), true };
	SW_CHECK_INT(sw_publish_batch_wait(task, publish, &target, items, 3, results), SW_EAGAIN);
	SW_CHECK_INT(results[0].error, SW_PUBLISH_TIMEOUT);
	SW_CHECK_INT(results[1].error, SW_PUBLISH_TIMEOUT);
	SW_CHECK_INT(results[2].error, SW_PUBLISH_BEHIND);
}

SW_TEST(publish_ends_what_takes_too_long)
{
	test_publish_run(&closed, be_late);
}

static void ask_too_late(struct sw_task *task, struct sw_publish *publish)
{
	struct sw_publish_item *items = test_publish_items(sw_task_arena(task), "c", 1, 1);
	struct sw_published result;
	const struct sw_publish_target target = { SW_S("null:"), true };
	sw_publish_stop(publish);
	SW_CHECK_INT(sw_publish_batch_wait(task, publish, &target, items, 1, &result), SW_ECLOSED);
	SW_CHECK_INT(result.error, SW_PUBLISH_CLOSED);
}

static void wait_and_be_cancelled(struct sw_task *task, void *arg)
{
	struct sw_publish_item *items = test_publish_items(sw_task_arena(task), "c", 1, 1);
	struct sw_published result;
	const struct sw_publish_target target = { SW_S("sim://cancel?delay_ms=300"), true };
	SW_CHECK_INT(sw_publish_batch_wait(task, arg, &target, items, 1, &result), SW_ECANCELED);
	SW_CHECK_INT(result.error, SW_PUBLISH_CANCELED);
}

static void cancel_one(struct sw_task *task, struct sw_publish *publish)
{
	struct sw_task *other = sw_task_spawn(sw_task_loop(task), wait_and_be_cancelled, publish);
	SW_CHECK_INT(sw_sleep_wait(task, 1000), 0);
	sw_task_cancel(other); /* its job comes home to a loop that still runs, or is freed with the rest */
}

SW_TEST(publish_can_be_cancelled_and_stopped)
{
	test_publish_run(&closed, cancel_one);
	test_publish_run(&closed, ask_too_late);
	sw_publish_sim_forget(SW_S("cancel"));
}

/* ---- reach ---- */

static void be_refused(struct sw_task *task, struct sw_publish *publish)
{
	static const char *const urls[] = {
		"nats://127.0.0.1:9/x",
		"nats://localhost:9/x",
#ifdef SW_HAVE_KAFKA
		"kafka://127.0.0.1:9/x",
		"kafka://169.254.169.254:80/x",
#endif
	};
	struct sw_publish_item *items = test_publish_items(sw_task_arena(task), "r", 2, 1);
	struct sw_published results[2];
	for (size_t i = 0; i < SW_COUNTOF(urls); i++) {
		const struct sw_publish_target target = { sw_str_of(urls[i]), false };
		int64_t start_us = sw_mono_us();
		SW_CHECK_INT(sw_publish_batch_wait(task, publish, &target, items, 2, results), SW_EIO);
		if (results[0].error != SW_PUBLISH_REFUSED_ADDRESS)
			sw_test_fail(__FILE__, __LINE__, "%s: %s %.*s", urls[i],
				     sw_publish_error_name(results[0].error), SW_FMT(results[0].why));
		SW_CHECK(sw_mono_us() - start_us < 5 * SW_US_PER_S);
	}
}

SW_TEST(publish_does_not_lead_customers_inside)
{
	test_publish_run(&closed, be_refused);
}

/* Nobody listens there: bound and not listening. */
static int dead_port(int *ret_fd)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(address);
	*ret_fd = socket(AF_INET, SOCK_STREAM, 0);
	SW_BUG_ON(bind(*ret_fd, (struct sockaddr *)&address, n) ||
		  getsockname(*ret_fd, (struct sockaddr *)&address, &n));
	return ntohs(address.sin_port);
}

static void find_nobody(struct sw_task *task, struct sw_publish *publish)
{
	static const char *const schemes[] = {
		"nats",
		"tls",
#ifdef SW_HAVE_KAFKA
		"kafka",
#endif
	};
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_publish_item *items = test_publish_items(arena, "u", 2, 1);
	struct sw_published results[2];
	int fd, port = dead_port(&fd);
	for (size_t i = 0; i < SW_COUNTOF(schemes); i++) {
		const struct sw_publish_target target = { sw_str_fmt(arena, "%s://127.0.0.1:%d/x", schemes[i], port),
							  true };
		SW_CHECK_INT(sw_publish_batch_wait(task, publish, &target, items, 2, results), SW_EAGAIN);
		if (results[0].error != SW_PUBLISH_UNREACHABLE)
			sw_test_fail(__FILE__, __LINE__, "%s: %s %.*s", schemes[i],
				     sw_publish_error_name(results[0].error), SW_FMT(results[0].why));
		SW_CHECK(sw_str_starts(results[0].why, SW_S("The broker cannot be reached.")));
	}
	close(fd);
}

SW_TEST(publish_says_when_nobody_is_there)
{
	test_publish_run(&closed, find_nobody);
}
