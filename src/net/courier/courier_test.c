#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/test.h"
#include "base/time.h"
#include "loop/clock.h"
#include "loop/task.h"
#include "net/courier.h"
#include "net/test_peer.h"

#define URL(arena, port, rest) sw_str_fmt((arena), "http://127.0.0.1:%d%s", (port), (rest))

/* A server, a courier and a task that uses them. */
static struct {
	struct test_server server;
	struct sw_courier *courier;
	atomic_int ended;
} world;

static void run_with(const struct sw_courier_config *config, sw_task_fn *fn)
{
	struct sw_loop *loop = sw_loop_new("asker");
	atomic_store(&world.ended, 0);
	test_server_start(&world.server, NULL);
	world.courier = sw_courier_new(config);
	sw_task_spawn(loop, fn, NULL);
	sw_loop_run(loop);
	sw_courier_free(world.courier);
	sw_loop_free(loop);
	test_server_stop(&world.server);
}

static const struct sw_courier_config local = { .allow_loopback = true };

static struct sw_str field(const struct sw_fetched *fetched, const char *name)
{
	for (size_t i = 0; i < fetched->headers_n; i++)
		if (sw_str_eq_nocase(fetched->headers[i].name, sw_str_of(name)))
			return fetched->headers[i].value;
	return SW_STR_NULL;
}

static void fetch_some(struct sw_task *task, void *arg)
{
	struct sw_arena *arena = sw_task_arena(task);
	int port = world.server.port;
	struct sw_fetched got;
	(void)arg;

	/* Odd bytes stay as they are; a fragment is not sent. */
	struct sw_fetch get = { .method = SW_S("GET"), .url = URL(arena, port, "/echo?a=%2f%2F&b=/../x;y[]=~#frag") };
	SW_CHECK_INT(sw_courier_fetch_wait(task, world.courier, &get, &got), 0);
	SW_CHECK_INT(got.status, 201);
	SW_CHECK_STR(got.body, "GET /echo?a=%2f%2F&b=/../x;y[]=~ [Strowger] ");
	SW_CHECK_STR(got.content_type, "text/plain");
	SW_CHECK_STR(got.peer, "127.0.0.1");
	SW_CHECK_STR(field(&got, "content-length"), "44");
	SW_CHECK(!got.reused && got.total_us > 0 && got.first_byte_us <= got.total_us);

	static const struct sw_http_header headers[] = { { { "User-Agent", 10 }, { "Proxy/1.1", 9 } },
							 { { "X-Empty", 7 }, { "", 0 } } };
	struct sw_fetch post = { .method = SW_S("POST"),
				 .url = URL(arena, port, "/echo"),
				 .headers = headers,
				 .headers_n = 2,
				 .body = SW_S("To=%2B1&Body=hi"),
				 .lane = SW_LANE_CALLBACK };
	SW_CHECK_INT(sw_courier_fetch_wait(task, world.courier, &post, &got), 0);
	SW_CHECK_STR(got.body, "POST /echo [Proxy/1.1] To=%2B1&Body=hi");
	SW_CHECK(got.reused);

	post.method = SW_S("DELETE");
	post.body = SW_STR_NULL;
	SW_CHECK_INT(sw_courier_fetch_wait(task, world.courier, &post, &got), 0);
	SW_CHECK_STR(got.body, "DELETE /echo [Proxy/1.1] ");
	post.method = SW_S("HEAD");
	SW_CHECK_INT(sw_courier_fetch_wait(task, world.courier, &post, &got), 0);
	SW_CHECK_INT(got.status, 201);
	SW_CHECK_STR(got.body, "");

	get.url = URL(arena, port, "/nowhere");
	SW_CHECK_INT(sw_courier_fetch_wait(task, world.courier, &get, &got), 0);
	SW_CHECK_INT(got.status, 404);
	get.url = URL(arena, port, "/big");
	get.response_max_bytes = TEST_BIG_BYTES;
	SW_CHECK_INT(sw_courier_fetch_wait(task, world.courier, &get, &got), 0);
	SW_CHECK_INT(got.body.n, TEST_BIG_BYTES);
	sw_loop_stop(sw_task_loop(task));
}

SW_TEST(fetches_over_a_real_socket)
{
	run_with(&local, fetch_some);
}

/* A server that says whatever it is told and closes. */
struct talker {
	struct sw_str says;
	int fd, port;
};

static void *talk(void *arg)
{
	struct talker *talker = arg;
	int fd = accept(talker->fd, NULL, NULL);
	char bytes[4096];
	if (recv(fd, bytes, sizeof(bytes), 0) > 0)
		peer_send(fd, talker->says);
	close(fd);
	return NULL;
}

static void talker_open(struct talker *talker)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(address);
	talker->fd = socket(AF_INET, SOCK_STREAM, 0);
	SW_BUG_ON(bind(talker->fd, (struct sockaddr *)&address, n) || listen(talker->fd, 1) ||
		  getsockname(talker->fd, (struct sockaddr *)&address, &n));
	talker->port = ntohs(address.sin_port);
}

static void expect(struct sw_task *task, struct sw_fetch *fetch, int err, enum sw_fetch_error error)
{
	struct sw_fetched got;
	int result = sw_courier_fetch_wait(task, world.courier, fetch, &got);
	if (result != err || got.error != error)
		sw_test_fail(__FILE__, __LINE__, "%.*s: got %s %s (%.*s), want %s", SW_FMT(fetch->url),
			     sw_err_name(result), sw_fetch_error_name(got.error), SW_FMT(got.why),
			     sw_fetch_error_name(error));
	SW_CHECK_INT(got.status, 0);
	SW_CHECK(got.why.n > 0);
}

static void expect_talk(struct sw_task *task, struct sw_str says, int err, enum sw_fetch_error error)
{
	struct talker talker = { .says = says };
	pthread_t thread;
	talker_open(&talker);
	pthread_create(&thread, NULL, talk, &talker);
	struct sw_fetch fetch = { .method = SW_S("GET"), .url = URL(sw_task_arena(task), talker.port, "/") };
	expect(task, &fetch, err, error);
	pthread_join(thread, NULL);
	close(talker.fd);
}

static void fetch_errors(struct sw_task *task, void *arg)
{
	struct sw_arena *arena = sw_task_arena(task);
	int port = world.server.port;
	(void)arg;

	struct sw_fetch fetch = { .method = SW_S("GET"), .url = URL(arena, port, "/big"), .response_max_bytes = 1000 };
	expect(task, &fetch, SW_ELIMIT, SW_FETCH_TOO_LARGE);
	fetch.url = URL(arena, port, "/hold");
	fetch.total_timeout_ms = 50;
	expect(task, &fetch, SW_ETIMEDOUT, SW_FETCH_TIMEOUT);
	test_server_release(&world.server);
	fetch.total_timeout_ms = 0;
	fetch.url = sw_str_fmt(arena, "https://127.0.0.1:%d/", port);
	expect(task, &fetch, SW_EIO, SW_FETCH_TLS);

	struct talker closed;
	talker_open(&closed);
	close(closed.fd);
	fetch.url = URL(arena, closed.port, "/");
	expect(task, &fetch, SW_EIO, SW_FETCH_CONNECT);
	fetch.url = SW_S("http://nowhere.invalid/");
	expect(task, &fetch, SW_EIO, SW_FETCH_DNS);

	static const struct sw_str malformed[] = { { "ftp://127.0.0.1/", 16 },
						   { "file:///etc/passwd", 18 },
						   { "http:///", 8 },
						   { "", 0 },
						   { "http://127.0.0.1/a b", 20 },
						   { "http://127.0.0.1/\r\nX: y", 23 },
						   { "http://127.0.0.1:99999/", 23 } };
	for (size_t i = 0; i < SW_COUNTOF(malformed); i++) {
		fetch.url = malformed[i];
		expect(task, &fetch, SW_EINVAL, SW_FETCH_BAD_REQUEST);
	}
	static const struct sw_http_header evil = { { "X", 1 }, { "a\r\nY: b", 7 } };
	fetch.url = URL(arena, port, "/echo");
	fetch.headers = &evil;
	fetch.headers_n = 1;
	expect(task, &fetch, SW_EINVAL, SW_FETCH_BAD_REQUEST);

	expect_talk(task, SW_S("hello\r\n"), SW_EIO, SW_FETCH_PROTOCOL);
	expect_talk(task, SW_S(""), SW_EIO, SW_FETCH_PROTOCOL);
	expect_talk(task, SW_S("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort"), SW_EIO, SW_FETCH_PROTOCOL);
	sw_loop_stop(sw_task_loop(task));
}

SW_TEST(each_kind_of_failure_is_told)
{
	run_with(&local, fetch_errors);
}

static void refused(struct sw_task *task, void *arg)
{
	static const char *const hosts[] = { "127.0.0.1", "2130706433", "0x7f.1",
					     "localhost", "0.0.0.0",    "[::ffff:127.0.0.1]" };
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_fetch fetch = { .method = SW_S("GET"), .url = URL(arena, world.server.port, "/echo") };
	struct sw_fetched got;
	(void)arg;
	/* The operator's own URL first: its open connection must not help the customers'. */
	fetch.trusted = true;
	SW_CHECK_INT(sw_courier_fetch_wait(task, world.courier, &fetch, &got), 0);
	fetch.trusted = false;
	for (size_t i = 0; i < SW_COUNTOF(hosts); i++) {
		fetch.url = sw_str_fmt(arena, "http://%s:%d/echo", hosts[i], world.server.port);
		expect(task, &fetch, SW_EPERM, SW_FETCH_REFUSED_ADDRESS);
	}
	SW_CHECK_INT(atomic_load(&world.server.requests), 1);
	sw_loop_stop(sw_task_loop(task));
}

SW_TEST(private_addresses_are_refused)
{
	static const struct sw_courier_config strict = { .allow_private = true };
	run_with(&strict, refused);
}

/* ---- many at once ---- */

#define MANY 500

static void one_of_many(struct sw_task *task, void *arg)
{
	struct sw_fetched got;
	struct sw_fetch fetch = { .method = SW_S("POST"),
				  .url = URL(sw_task_arena(task), world.server.port, "/sleep"),
				  .body = SW_S("x"),
				  .lane = SW_LANE_CALLBACK };
	(void)arg;
	int err;
	do /* on a busy machine some are given back, as they should be */
		err = sw_courier_fetch_wait(task, world.courier, &fetch, &got);
	while (err == SW_EBUSY && sw_sleep_wait(task, 10000) == 0);
	SW_CHECK_INT(err, 0);
	SW_CHECK_INT(got.status, 201);
	if (atomic_fetch_add(&world.ended, 1) + 1 == MANY)
		sw_loop_stop(sw_task_loop(task));
}

static void ask_many(struct sw_task *task, void *arg)
{
	for (int i = 0; i < MANY; i++)
		sw_task_spawn(sw_task_loop(task), one_of_many, arg);
}

SW_TEST(many_fetches_share_the_host_s_budget)
{
	run_with(&local, ask_many);
	SW_CHECK_INT(atomic_load(&world.ended), MANY);
}

/* ---- a host that does not answer ---- */

#define STUCK 40

static void stuck_fetch(struct sw_task *task, void *arg)
{
	struct sw_fetch fetch = { .method = SW_S("GET"),
				  .url = URL(sw_task_arena(task), world.server.port, "/hold"),
				  .total_timeout_ms = 300 };
	(void)arg;
	expect(task, &fetch, SW_ETIMEDOUT, SW_FETCH_TIMEOUT);
	atomic_fetch_add(&world.ended, 1);
}

/* Its budget is used up and more is waiting; another host of the lane is served at once. */
static void stuck_host(struct sw_task *task, void *arg)
{
	struct sw_fetched got;
	struct sw_fetch other = { .method = SW_S("GET"),
				  .url = sw_str_fmt(sw_task_arena(task), "http://localhost:%d/echo",
						    world.server.port) };
	(void)arg;
	for (int i = 0; i < STUCK; i++)
		sw_task_spawn(sw_task_loop(task), stuck_fetch, NULL);
	SW_CHECK_INT(sw_courier_fetch_wait(task, world.courier, &other, &got), 0);
	SW_CHECK_INT(got.status, 201);
	SW_CHECK_INT(atomic_load(&world.ended), 0);
	while (atomic_load(&world.ended) < STUCK)
		SW_CHECK_INT(sw_sleep_wait(task, 1000), 0);
	sw_loop_stop(sw_task_loop(task));
}

SW_TEST(a_host_that_does_not_answer_holds_up_only_itself)
{
	run_with(&local, stuck_host);
}

/* ---- a host that has run into its time-out ---- */

#define EAGER 40

static atomic_int turned_away;

static void eager_fetch(struct sw_task *task, void *arg)
{
	struct sw_fetched got;
	struct sw_fetch fetch = { .method = SW_S("GET"),
				  .url = URL(sw_task_arena(task), world.server.port, "/hold"),
				  .lane = SW_LANE_CALLBACK };
	(void)arg;
	int err = sw_courier_fetch_wait(task, world.courier, &fetch, &got);
	SW_CHECK(err == 0 || (err == SW_EBUSY && got.error == SW_FETCH_BUSY));
	if (err == SW_EBUSY)
		atomic_fetch_add(&turned_away, 1);
	atomic_fetch_add(&world.ended, 1);
}

/* Half its budget is left, and eight may wait: the rest is told at once, and another host does not notice. */
static void suspect_host(struct sw_task *task, void *arg)
{
	struct sw_arena *arena = sw_task_arena(task);
	struct sw_fetched got;
	struct sw_fetch fetch = { .method = SW_S("GET"),
				  .url = URL(arena, world.server.port, "/hold"),
				  .lane = SW_LANE_CALLBACK,
				  .total_timeout_ms = 50 };
	struct sw_fetch other = { .method = SW_S("GET"),
				  .url = sw_str_fmt(arena, "http://localhost:%d/echo", world.server.port),
				  .lane = SW_LANE_CALLBACK };
	(void)arg;
	expect(task, &fetch, SW_ETIMEDOUT, SW_FETCH_TIMEOUT);
	for (int i = 0; i < EAGER; i++)
		sw_task_spawn(sw_task_loop(task), eager_fetch, NULL);
	while (atomic_load(&turned_away) < EAGER - 24)
		SW_CHECK_INT(sw_sleep_wait(task, 1000), 0);
	SW_CHECK_INT(atomic_load(&world.ended), EAGER - 24);
	SW_CHECK_INT(sw_courier_fetch_wait(task, world.courier, &other, &got), 0);
	while (atomic_load(&world.ended) < EAGER) {
		test_server_release(&world.server);
		SW_CHECK_INT(sw_sleep_wait(task, 1000), 0);
	}
	sw_loop_stop(sw_task_loop(task));
}

SW_TEST(a_host_that_ran_into_its_time_out_is_asked_for_less)
{
	atomic_store(&turned_away, 0);
	run_with(&local, suspect_host);
	SW_CHECK_INT(atomic_load(&turned_away), EAGER - 24);
}

/* ---- cancellation and the end ---- */

static void held_fetch(struct sw_task *task, void *arg)
{
	struct sw_fetched got;
	struct sw_fetch fetch = { .method = SW_S("GET"), .url = URL(sw_task_arena(task), world.server.port, "/hold") };
	(void)arg;
	SW_CHECK_INT(sw_courier_fetch_wait(task, world.courier, &fetch, &got), SW_ECANCELED);
	SW_CHECK_INT(got.error, SW_FETCH_CANCELED);
	atomic_fetch_add(&world.ended, 1);
}

#define HELD 40

static void cancel_some(struct sw_task *task, void *arg)
{
	struct sw_task *asker[HELD];
	(void)arg;
	/* More than the host's budget: some run, some wait, some are on their way. */
	for (int i = 0; i < HELD; i++)
		asker[i] = sw_task_spawn(sw_task_loop(task), held_fetch, NULL);
	while (atomic_load(&world.server.held) < 8)
		SW_CHECK_INT(sw_sleep_wait(task, 100), 0);
	for (int i = 0; i < HELD; i++)
		sw_task_cancel(asker[i]);
	while (atomic_load(&world.ended) < HELD)
		SW_CHECK_INT(sw_sleep_wait(task, 100), 0);
	sw_loop_stop(sw_task_loop(task));
}

SW_TEST(a_fetch_can_be_cancelled)
{
	run_with(&local, cancel_some);
}

static void leave_some(struct sw_task *task, void *arg)
{
	for (int i = 0; i < 4; i++)
		sw_task_spawn(sw_task_loop(task), held_fetch, arg);
	while (atomic_load(&world.server.held) < 4)
		SW_CHECK_INT(sw_sleep_wait(task, 100), 0);
	sw_loop_stop(sw_task_loop(task));
}

SW_TEST(the_courier_ends_with_fetches_under_way)
{
	/* Cancelled by the end of their loop, behind the courier's. */
	run_with(&local, leave_some);
	SW_CHECK_INT(atomic_load(&world.ended), 4);
}

SW_TEST(a_blocking_call)
{
	struct test_server server;
	struct sw_arena arena;
	struct sw_fetched got;
	sw_arena_init(&arena);
	test_server_start(&server, NULL);
	struct sw_fetch fetch = { .method = SW_S("POST"),
				  .url = sw_str_fmt(&arena, "http://u:p@127.0.0.1:%d/echo", server.port),
				  .body = SW_S("a=b") };
	SW_CHECK_INT(sw_http_call_now(&fetch, &arena, &got), 0);
	SW_CHECK_INT(got.status, 201);
	SW_CHECK_STR(got.body, "POST /echo [Strowger] a=b");
	fetch.url = SW_S("no url");
	SW_CHECK_INT(sw_http_call_now(&fetch, &arena, &got), SW_EINVAL);
	test_server_stop(&server);
	sw_arena_done(&arena);
}
