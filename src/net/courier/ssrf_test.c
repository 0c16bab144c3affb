/* Spellings of addresses that must not be reached, through the courier and libcurl; nothing may be connected. */
#include "base/test.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "net/courier.h"
#include "net/metrics.h"
#include "net/test_peer.h"

/* This machine, with the port of a server that listens on 127.0.0.1. */
static const struct {
	const char *url;
	bool arrives; /* where this machine is allowed; else it is refused, or not understood */
} here[] = {
	{ "http://127.0.0.1:%d/echo", true },
	{ "http://127.1:%d/echo", true },
	{ "http://127.0.1:%d/echo", true },
	{ "http://2130706433:%d/echo", true },
	{ "http://0x7f000001:%d/echo", true },
	{ "http://0x7f.0x0.0x0.0x1:%d/echo", true },
	{ "http://0x7f.1:%d/echo", true },
	{ "http://017700000001:%d/echo", true },
	{ "http://0177.0.0.1:%d/echo", true },
	{ "http://0177.1:%d/echo", true },
	{ "http://0000000000000000177.0.0.01:%d/echo", true },
	{ "http://[::ffff:127.0.0.1]:%d/echo", true },
	{ "http://[::ffff:7f00:1]:%d/echo", true },
	{ "http://[0:0:0:0:0:ffff:7f00:0001]:%d/echo", true },
	{ "http://[::127.0.0.1]:%d/echo", false },
	{ "http://[64:ff9b::127.0.0.1]:%d/echo", false },
	{ "http://[2002:7f00:1::1]:%d/echo", false },
	{ "http://localhost:%d/echo", true },
	{ "http://LOCALHOST:%d/echo", true },
	{ "http://good.example@127.0.0.1:%d/echo", true },
	{ "http://good.example:80@127.0.0.1:%d/echo", true },
	{ "http://good.example%%2f@127.0.0.1:%d/echo", true },
	{ "http://a@b@127.0.0.1:%d/echo", false },
	{ "http://127.0.0.1:%d?@good.example/", true },
	{ "http://127.0.0.1:%d#@good.example/", true },
	{ "HTTP://127.0.0.1:%d/echo", true },
	{ "http://127%%2e0%%2e0%%2e1:%d/echo", true },
	{ "http://%%31%%32%%37.0.0.1:%d/echo", true },
	{ "http://0:%d/echo", false },
	{ "http://0.0.0.0:%d/echo", false },
	{ "http://[::]:%d/echo", false },
	{ "http://4294967297:%d/echo", false },
	{ "http://127.0.0.1.:%d/echo", false },
	{ "http://127.0.0.1\\@good.example:%d/echo", false },
	{ "http://127.0.0.1%%00.good.example:%d/echo", false },
	{ "http://127.0.0.1%%09:%d/echo", false },
	{ "http:127.0.0.1:%d/echo", false },
	{ "http:///127.0.0.1:%d/echo", false },
	{ "//127.0.0.1:%d/echo", false },
	{ "file:///etc/passwd?%d", false },
	{ "gopher://127.0.0.1:%d/_GET", false },
	{ "dict://127.0.0.1:%d/", false },
	{ "http://\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1:%d/echo", false }, /* digits in circles */
	{ "http://127\xe3\x80\x82"
	  "0\xe3\x80\x82"
	  "0\xe3\x80\x82"
	  "1:%d/echo",
	  false },
	{ "http://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1:%d/echo", false }, /* full width */
};

/* Never, whatever the settings say. */
static const char *const never[] = {
	"http://169.254.169.254/latest/meta-data/",
	"http://169.254.1.1/",
	"http://2852039166/",
	"http://0xa9fea9fe/",
	"http://0251.0376.0251.0376/",
	"http://169.254.43518/",
	"http://[::ffff:169.254.169.254]/",
	"http://[::ffff:a9fe:a9fe]/",
	"http://[64:ff9b::169.254.169.254]/",
	"http://[64:ff9b:1::a9fe:a9fe]/",
	"http://[2002:a9fe:a9fe::1]/",
	"http://[2001:0:a9fe:a9fe::1]/",
	"http://[::169.254.169.254]/",
	"http://[fd00:ec2::254]/",
	"http://[fd20:ce::254]/",
	"http://100.100.100.200/",
	"http://168.63.129.16/",
	"http://192.0.0.192/",
	"http://user:password@169.254.169.254/",
	"http://0.0.0.0/",
	"http://0.1.2.3/",
	"http://192.0.2.1/",
	"http://192.88.99.1/",
	"http://198.18.0.1/",
	"http://198.51.100.7/",
	"http://203.0.113.9/",
	"http://224.0.0.1/",
	"http://239.255.255.250:1900/",
	"http://240.0.0.1/",
	"http://255.255.255.255/",
	"http://[::]/",
	"http://[100::1]/",
	"http://[2001::1]/",
	"http://[2001:2::1]/",
	"http://[2001:10::1]/",
	"http://[2001:db8::1]/",
	"http://[3fff::1]/",
	"http://[5f00::1]/",
	"http://[fe80::1]/",
	"http://[fe80::1%25lo]/",
	"http://[fec0::1]/",
	"http://[ff02::1]/",
	"http://[4000::1]/",
};

/* Only with allow_private. */
static const char *const private[] = {
	"http://10.0.0.1/",        "http://167772161/",      "http://172.16.0.1/",        "http://172.31.255.254/",
	"http://192.168.0.1/",     "http://0xc0a80001/",     "http://100.64.0.1/",        "http://100.127.255.254/",
	"http://[fc00::1]/",       "http://[fd12:3456::1]/", "http://[::ffff:10.0.0.1]/", "http://[64:ff9b::10.0.0.1]/",
	"http://[2002:a00:1::1]/",
};

static struct {
	struct test_server server;
	struct sw_courier *courier;
	bool allowed, counted;
} world;

static int64_t connects(void)
{
	return sw_metric_value(&sw_courier_metrics, SW_COURIER_CONNECTS);
}

static struct sw_fetched fetch(struct sw_task *task, struct sw_str url)
{
	struct sw_fetched got;
	const struct sw_fetch get = { .method = SW_S("GET"), .url = url, .total_timeout_ms = 2000 };
	int err = sw_courier_fetch_wait(task, world.courier, &get, &got);
	(void)err;
	return got;
}

static void refuse(struct sw_task *task, struct sw_str url)
{
	int64_t before = connects();
	struct sw_fetched got = fetch(task, url);
	bool malformed =
		got.error == SW_FETCH_BAD_REQUEST || got.error == SW_FETCH_DNS || got.error == SW_FETCH_PROTOCOL;
	if ((got.error != SW_FETCH_REFUSED_ADDRESS && !malformed) || connects() != before)
		sw_test_fail(__FILE__, __LINE__, "%.*s: %s, %lld connections", SW_FMT(url),
			     sw_fetch_error_name(got.error), (long long)(connects() - before));
}

static struct sw_str with_port(struct sw_arena *arena, const char *url)
{
	struct sw_buf out = { .arena = arena };
	for (; *url; url++) {
		if (url[0] == '%' && url[1] == 'd')
			sw_buf_add_fmt(&out, "%d", world.server.port);
		else
			sw_buf_add_char(&out, *url);
		url += *url == '%';
	}
	return sw_buf_str(&out);
}

static void try_all(struct sw_task *task, void *arg)
{
	struct sw_arena *arena = sw_task_arena(task);
	(void)arg;
	for (size_t i = 0; i < SW_COUNTOF(here); i++) {
		struct sw_str url = with_port(arena, here[i].url);
		if (!world.allowed || !here[i].arrives) {
			refuse(task, url);
			continue;
		}
		int64_t before = connects();
		struct sw_fetched got = fetch(task, url);
		SW_CHECK(got.reused || connects() > before);
		if (got.error)
			sw_test_fail(__FILE__, __LINE__, "%.*s does not arrive: %s", SW_FMT(url),
				     sw_fetch_error_name(got.error));
	}
	for (size_t i = 0; i < SW_COUNTOF(never); i++)
		refuse(task, sw_str_of(never[i]));
	for (size_t i = 0; i < SW_COUNTOF(private); i++)
		refuse(task, sw_str_of(private[i]));
	sw_loop_stop(sw_task_loop(task));
}

static void run(bool allowed)
{
	const struct sw_courier_config config = { .allow_loopback = allowed };
	struct sw_loop *loop = sw_loop_new("asker");
	world.allowed = allowed;
	if (!world.counted)
		sw_net_register_metrics(); /* what is not registered is not counted */
	world.counted = true;
	test_server_start(&world.server, NULL);
	world.courier = sw_courier_new(&config);
	sw_task_spawn(loop, try_all, NULL);
	sw_loop_run(loop);
	sw_courier_free(world.courier);
	sw_loop_free(loop);
	test_server_stop(&world.server);
}

SW_TEST(no_spelling_of_an_address_gets_past_the_guard)
{
	run(false);
}

SW_TEST(the_spellings_mean_this_machine_where_it_is_allowed)
{
	run(true);
}
