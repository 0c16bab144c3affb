/* The proxy of strowger run: connections in pairs, and what flows through them. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/router.h"
#include "base/num.h"
#include "base/time.h"
#include "loop/loop.h"
#include "main/run/run_impl.h"
#include "net/listen.h"
#include "wire/json/json.h"

enum { HIGH_BYTES = 256 * 1024, ASK_BYTES = 64 * 1024, LEAVES = 64, LEAF_DAYS = 90 };
#define CONNECT_US (30 * SW_US_PER_S)
#define SHAKE_US (30 * SW_US_PER_S)

/* What the proxy shows for a host; the oldest makes room. */
struct leaf {
	char host[RUN_HOST_BYTES];
	struct sw_tls *tls;
	bool hinted;
};

struct run_proxy {
	struct sw_loop *loop;
	struct sw_listener *listener;
	struct run_proxy_config config;
	struct sw_arena *arena;
	struct run_upstreams upstreams;
	struct sw_tls *trusts; /* for a server behind https; NULL: http */
	struct sw_str server_host;
	int server_port;
	struct sw_list pairs;
	struct leaf leaf[LEAVES];
	unsigned leaves;
};

static void pair_free(struct run_pair *pair)
{
	sw_list_del(&pair->node);
	sw_buf_done(&pair->in);
	sw_buf_done(&pair->answer);
	free(pair);
}

void run_pair_end(struct run_pair *pair)
{
	if (pair->client)
		sw_stream_close(pair->client);
	if (pair->server)
		sw_stream_close(pair->server);
	pair_free(pair);
}

void run_pair_refuse(struct run_pair *pair, struct sw_str answer)
{
	sw_stream_write(pair->client, answer);
	sw_stream_finish(pair->client);
	pair->client = NULL;
	run_pair_end(pair);
}

void run_proxy_close(struct run_proxy *proxy)
{
	while (!sw_list_empty(&proxy->pairs))
		run_pair_end(SW_CONTAINER(proxy->pairs.next, struct run_pair, node));
	sw_listener_close(proxy->listener);
	for (unsigned i = 0; i < LEAVES; i++)
		sw_tls_free(proxy->leaf[i].tls);
	sw_tls_free(proxy->trusts);
	sw_arena_free(proxy->arena);
	free(proxy);
}

/* ---- the other end ---- */

static void pass_on(struct sw_stream *from, struct sw_stream *to, struct sw_str bytes)
{
	sw_stream_write(to, bytes);
	if (sw_stream_queued(to) > HIGH_BYTES)
		sw_stream_set_reading(from, false);
}

static void open_pipe(struct run_pair *pair)
{
	pair->phase = RUN_PIPE;
	if (pair->yes_n)
		sw_stream_write(pair->client, (struct sw_str){ pair->yes, pair->yes_n });
	sw_stream_set_reading(pair->client, true); /* it was held when too much came before */
	pass_on(pair->client, pair->server, sw_buf_str(&pair->in));
	sw_buf_done(&pair->in);
	pair->in = (struct sw_buf){ 0 };
	if (pair->client_ended)
		sw_stream_end(pair->server);
}

static void on_server_open(void *owner)
{
	struct run_pair *pair = owner;
	if (!pair->upstream || pair->plain) {
		open_pipe(pair);
		return;
	}
	pair->phase = RUN_UPSTREAM;
	run_upstream_ask(pair);
}

static void on_upstream_bytes(struct run_pair *pair, struct sw_str bytes)
{
	size_t n = 0;
	sw_buf_add_str(&pair->answer, bytes);
	int err = run_upstream_answer(sw_buf_str(&pair->answer), &n);
	if (err == SW_EMORE)
		return;
	if (err) {
		run_pair_refuse(pair, pair->no);
		return;
	}
	open_pipe(pair);
	pass_on(pair->server, pair->client, sw_str_from(sw_buf_str(&pair->answer), n));
}

/* One side sends nothing more: the other hears of that, and may go on for as long as it likes. */
static void end_half(struct run_pair *pair, struct sw_stream *other)
{
	if (!pair->client_ended || !pair->server_ended) {
		sw_stream_end(other);
		return;
	}
	sw_stream_finish(pair->client);
	sw_stream_finish(pair->server);
	pair_free(pair);
}

static void on_server_bytes(void *owner, struct sw_str bytes)
{
	struct run_pair *pair = owner;
	if (pair->phase == RUN_UPSTREAM)
		on_upstream_bytes(pair, bytes);
	else
		pass_on(pair->server, pair->client, bytes);
}

static void on_server_drained(void *owner)
{
	struct run_pair *pair = owner;
	sw_stream_set_reading(pair->client, true);
}

/* An SDK shows the message of such a body to whoever called it. */
static struct sw_str no_server(struct sw_arena *arena, const struct run_proxy *proxy, const char *why)
{
	struct sw_buf body = { .arena = arena };
	struct sw_json_out out = { .buf = &body };
	sw_json_object(&out);
	sw_json_add_int(&out, "code", 20503);
	sw_json_add_str(&out, "message",
			sw_str_fmt(arena, "No Strowger server answers at %.*s (%s): start one with `strowger serve`.",
				   SW_FMT(proxy->config.client->server), why));
	sw_json_add_int(&out, "status", 503);
	sw_json_end_object(&out);
	return sw_str_fmt(
		arena,
		"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
		"Retry-After: 1\r\nConnection: close\r\n\r\n%.*s",
		body.n, SW_FMT(sw_buf_str(&body)));
}

static void on_server_closed(void *owner, int err, const char *why)
{
	struct run_pair *pair = owner;
	struct sw_arena arena;
	(void)err;
	pair->server = NULL;
	sw_arena_init(&arena);
	if (pair->phase == RUN_PIPE)
		run_pair_refuse(pair, SW_S(""));
	else if (pair->hosted)
		run_pair_refuse(pair, no_server(&arena, pair->proxy, why));
	else
		run_pair_refuse(pair, pair->no);
	sw_arena_done(&arena);
}

static void on_server_end(void *owner)
{
	struct run_pair *pair = owner;
	if (pair->hosted || pair->phase != RUN_PIPE) { /* the client speaks TLS, or HTTP to which the server said all */
		sw_stream_close(pair->server);
		on_server_closed(pair, SW_ECLOSED, "");
		return;
	}
	pair->server_ended = true;
	end_half(pair, pair->client);
}

const struct run_upstream *run_pair_upstream(const struct run_pair *pair)
{
	return run_upstream_of(&pair->proxy->upstreams, pair);
}

void run_pair_connect(struct run_pair *pair)
{
	const struct run_proxy *proxy = pair->proxy;
	const struct run_upstream *upstream = pair->upstream = run_pair_upstream(pair);
	const struct sw_stream_config config = {
		.host = pair->hosted ? proxy->server_host
			: upstream   ? upstream->host
				     : sw_str_of(pair->host),
		.port = pair->hosted ? proxy->server_port
			: upstream   ? upstream->port
				     : pair->port,
		.tls = pair->hosted ? proxy->trusts : NULL,
		.connect_timeout_us = CONNECT_US,
		.high_bytes = HIGH_BYTES,
		.on_open = on_server_open,
		.on_bytes = on_server_bytes,
		.on_drained = on_server_drained,
		.on_end = on_server_end,
		.on_closed = on_server_closed,
		.owner = pair,
	};
	pair->phase = RUN_CONNECT;
	pair->server = sw_stream_connect(proxy->loop, &config);
}

bool run_pair_aim(struct run_pair *pair, struct sw_str host, int port)
{
	struct sw_str name = host;
	const char *colon = host.n ? memrchr(host.p, ':', host.n) : NULL;
	bool six = host.n && host.p[0] == '[';
	int64_t number = port;
	if (colon && (!six || colon[-1] == ']')) {
		name = sw_str_sub(host, 0, (size_t)(colon - host.p));
		if (sw_num_parse(sw_str_from(host, name.n + 1), &number) || number < 1 || number > 65535)
			return false;
	}
	if (six)
		name = sw_str_sub(name, 1, name.n - 2);
	if (!name.n || name.n >= sizeof(pair->host))
		return false;
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];
		if (!isalnum(c) && !memchr("-._:%", c, 5)) /* it goes into a certificate, by OpenSSL's language */
			return false;
		pair->host[i] = (char)tolower(c);
	}
	pair->host[name.n] = 0;
	pair->port = (int)number;
	pair->hosted = sw_hosted(sw_str_of(pair->host));
	if (pair->hosted && pair->host[name.n - 1] == '.')
		pair->host[name.n - 1] = 0; /* a certificate's names have no root */
	return true;
}

/* ---- TLS in somebody's name ---- */

static struct leaf *leaf_of(struct run_proxy *proxy, const char *host)
{
	for (unsigned i = 0; i < LEAVES; i++)
		if (proxy->leaf[i].tls && strcmp(proxy->leaf[i].host, host) == 0)
			return &proxy->leaf[i];
	struct leaf *leaf = &proxy->leaf[proxy->leaves++ % LEAVES];
	struct sw_str chain, key, name = sw_str_of(host);
	const char *why;
	struct sw_arena arena;
	sw_arena_init(&arena);
	sw_tls_free(leaf->tls);
	*leaf = (struct leaf){ 0 };
	snprintf(leaf->host, sizeof(leaf->host), "%s", host);
	sw_authority_issue(&arena, proxy->config.authority, &name, 1, LEAF_DAYS, &chain, &key);
	SW_BUG_ON(sw_tls_server_new(&arena, chain, key, &leaf->tls, &why));
	sw_arena_done(&arena);
	return leaf;
}

void run_pair_secure(struct run_pair *pair, struct sw_str early)
{
	pair->phase = RUN_PIPE; /* what is read from now on is plain */
	sw_stream_secure(pair->client, leaf_of(pair->proxy, pair->host)->tls, early, SHAKE_US);
}

static void hint(struct run_pair *pair)
{
	struct leaf *leaf = leaf_of(pair->proxy, pair->host);
	if (!leaf->hinted)
		fprintf(stderr,
			"strowger run: the program does not trust the certificate for %s: it pins one of its own, or "
			"looks for authorities in none of the places that are set; docs/zero-change.md, section "
			"\"When a program does not trust it\"\n",
			pair->host);
	leaf->hinted = true;
}

/* ---- clients ---- */

static void on_client_open(void *owner)
{
	run_pair_connect(owner);
}

static void (*const ask[RUN_PHASES])(struct run_pair *pair) = {
	[RUN_ASK] = run_http_ask,
	[RUN_SOCKS] = run_socks_go_on,
	[RUN_HELLO] = run_socks_hello,
};

static void on_client_bytes(void *owner, struct sw_str bytes)
{
	struct run_pair *pair = owner;
	if (pair->phase == RUN_PIPE) {
		pass_on(pair->client, pair->server, bytes);
		return;
	}
	sw_buf_add_str(&pair->in, bytes);
	if (pair->phase == RUN_ASK && pair->in.p[0] == 5)
		run_socks_ask(pair);
	else if (ask[pair->phase])
		ask[pair->phase](pair);
	else if (pair->in.n > ASK_BYTES)
		sw_stream_set_reading(pair->client, false);
}

static void on_client_drained(void *owner)
{
	struct run_pair *pair = owner;
	if (pair->server)
		sw_stream_set_reading(pair->server, true);
}

static void on_client_closed(void *owner, int err, const char *why)
{
	struct run_pair *pair = owner;
	(void)why;
	pair->client = NULL;
	if (err == SW_EPERM)
		hint(pair);
	if (pair->server && pair->phase == RUN_PIPE) {
		sw_stream_finish(pair->server);
		pair->server = NULL;
	}
	run_pair_end(pair);
}

static void on_client_end(void *owner)
{
	struct run_pair *pair = owner;
	if (pair->hosted || pair->phase < RUN_CONNECT) {
		sw_stream_close(pair->client);
		on_client_closed(pair, SW_ECLOSED, "");
		return;
	}
	pair->client_ended = true;
	if (pair->phase == RUN_PIPE)
		end_half(pair, pair->server);
}

static void on_connection(void *owner, struct sw_listener *listener)
{
	struct run_proxy *proxy = owner;
	struct run_pair *pair = calloc(1, sizeof(*pair));
	SW_BUG_ON(!pair);
	const struct sw_stream_config config = {
		.high_bytes = HIGH_BYTES,
		.on_open = on_client_open,
		.on_bytes = on_client_bytes,
		.on_drained = on_client_drained,
		.on_end = on_client_end,
		.on_closed = on_client_closed,
		.owner = pair,
	};
	pair->proxy = proxy;
	sw_list_push(&proxy->pairs, &pair->node);
	pair->client = sw_listener_accept(listener, &config);
	if (!pair->client)
		pair_free(pair);
}

/* ---- opening ---- */

/* "http://127.0.0.1:8080": scheme and authority, nothing behind. */
static int read_server(struct run_proxy *proxy, const struct client *client)
{
	struct run_pair aim = { 0 };
	struct sw_str rest = client->server, scheme = sw_str_cut(&rest, ':'), why;
	bool https = sw_str_is(scheme, "https");
	if (!sw_str_starts(rest, SW_S("//")) || (!https && !sw_str_is(scheme, "http")))
		return EXIT_USAGE;
	rest = sw_str_from(rest, 2);
	if (sw_str_ends(rest, SW_S("/")))
		rest = sw_str_sub(rest, 0, rest.n - 1);
	if (sw_str_index(rest, '/') >= 0 || sw_str_index(rest, '@') >= 0 || !run_pair_aim(&aim, rest, https ? 443 : 80))
		return EXIT_USAGE;
	proxy->server_host = sw_str_dup(proxy->arena, sw_str_of(aim.host));
	proxy->server_port = aim.port;
	struct sw_str ca_file = client->ca_file.n ? client->ca_file : SW_STR_NULL;
	why = SW_S("the server's note has no certificate");
	int err = !https            ? 0
		  : client->known.n ? sw_tls_exact_new(client->known, &proxy->trusts)
				    : sw_tls_new(proxy->arena, ca_file, true, &proxy->trusts, &why);
	if (err)
		fprintf(stderr, "strowger run: %.*s\n", SW_FMT(why));
	return err ? EXIT_FAILED : 0;
}

int run_proxy_open(struct sw_loop *loop, const struct run_proxy_config *config, struct run_proxy **ret)
{
	struct run_proxy *proxy = calloc(1, sizeof(*proxy));
	SW_BUG_ON(!proxy);
	proxy->loop = loop;
	proxy->config = *config;
	proxy->arena = sw_arena_new();
	sw_list_init(&proxy->pairs);
	run_upstreams_read(proxy->arena, &proxy->upstreams);
	int code = read_server(proxy, config->client);
	if (code == EXIT_USAGE)
		fprintf(stderr, "strowger run: the server '%.*s' is not of the form http://HOST:PORT or https://HOST\n",
			SW_FMT(config->client->server));
	int err =
		code ? 0
		     : sw_listener_open(loop, SW_S("127.0.0.1"), config->port, on_connection, proxy, &proxy->listener);
	if (err)
		fprintf(stderr, "strowger run: port %d of 127.0.0.1 cannot be listened on: %s\n", config->port,
			err == SW_EBUSY ? "another program has it (choose with --port)" : sw_err_name(err));
	if (!code && !err) {
		*ret = proxy;
		return 0;
	}
	sw_tls_free(proxy->trusts);
	sw_arena_free(proxy->arena);
	free(proxy);
	return code ? code : EXIT_FAILED;
}

int run_proxy_port(const struct run_proxy *proxy)
{
	return sw_listener_port(proxy->listener);
}
