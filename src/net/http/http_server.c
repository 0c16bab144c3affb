#include "net/http_server.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/time.h"
#include "loop/clock.h"
#include "net/http/http_impl.h"
#include "net/listen.h"

#define BACKLOG 4096 /* the kernel takes the lesser of this and somaxconn */
#define POOL_MAX 256
/* A pooled request keeps this much memory at most. */
#define POOL_ARENA_BYTES (16 * 1024)
#define LINGER_US (2 * SW_US_PER_S)
#define DRAIN_LINGER_US (SW_US_PER_S / 4)
#define DRAIN_US (3 * SW_US_PER_S / 2) /* for a client to send or take the rest of what it is at */

const struct sw_http_limits sw_http_default_limits = {
	.head_bytes = 32 * 1024,
	.headers = 64,
	.target_bytes = 8 * 1024,
	.body_bytes = 1024 * 1024,
	.head_timeout_us = 10 * SW_US_PER_S,
	.body_timeout_us = 30 * SW_US_PER_S,
	.idle_timeout_us = 75 * SW_US_PER_S,
	.write_timeout_us = 30 * SW_US_PER_S,
	.connections = 10000,
	.requests = 4096,
};

static void exchange_free(struct sw_http_exchange *exchange)
{
	sw_arena_done(&exchange->arena);
	free(exchange);
}

static void server_free(struct sw_http_server *server)
{
	struct sw_list *node;
	while ((node = sw_list_pop(&server->pool)))
		exchange_free(SW_CONTAINER(node, struct sw_http_exchange, node));
	if (server->spare)
		exchange_free(server->spare);
	sw_timer_stop(&server->sweep);
	sw_buf_done(&server->out);
	sw_buf_done(&server->error_body);
	sw_buf_done(&server->wire);
	sw_tls_free(server->config.tls);
	free(server);
}

void sw_http_server_check_done(struct sw_http_server *server)
{
	if (!server->draining || server->listening || server->busy || !sw_list_empty(&server->conns))
		return;
	void (*done)(void *arg) = server->done;
	void *arg = server->done_arg;
	server_free(server);
	if (done)
		done(arg);
}

/* ---- requests' memory ---- */

struct sw_http_exchange *sw_http_exchange_take(struct sw_http_server *server)
{
	struct sw_list *node = sw_list_pop(&server->pool);
	if (node) {
		server->pool_n--;
		return SW_CONTAINER(node, struct sw_http_exchange, node);
	}
	struct sw_http_exchange *exchange = calloc(1, sizeof(*exchange));
	SW_BUG_ON(!exchange);
	exchange->server = server;
	sw_list_init(&exchange->node);
	sw_arena_init(&exchange->arena);
	return exchange;
}

void sw_http_exchange_give_back(struct sw_http_exchange *exchange)
{
	struct sw_http_server *server = exchange->server;
	if (server->pool_n >= POOL_MAX) {
		exchange_free(exchange);
		return;
	}
	if (exchange->arena.total_bytes > POOL_ARENA_BYTES)
		sw_arena_done(&exchange->arena);
	else
		sw_arena_clear(&exchange->arena);
	exchange->conn = NULL;
	sw_list_add_after(&server->pool, &exchange->node);
	server->pool_n++;
}

/* ---- time limits: one timer for all connections ---- */

static struct sw_http_conn *oldest(struct sw_http_server *server, int phase)
{
	struct sw_list *head = &server->phase[phase];
	return sw_list_empty(head) ? NULL : SW_CONTAINER(head->next, struct sw_http_conn, phase_node);
}

static void on_sweep(struct sw_timer *timer)
{
	struct sw_http_server *server = SW_CONTAINER(timer, struct sw_http_server, sweep);
	int64_t next_us = INT64_MAX;
	server->now_us = sw_mono_us();
	for (int phase = 0; phase < SW_PHASES; phase++) {
		struct sw_http_conn *conn;
		while ((conn = oldest(server, phase)) && conn->deadline_us <= server->now_us)
			sw_http_conn_expire(conn);
	}
	/* Behind the expiries: they move connections to other phases. */
	for (int phase = 0; phase < SW_PHASES; phase++) {
		struct sw_http_conn *conn = oldest(server, phase);
		if (conn && conn->deadline_us < next_us)
			next_us = conn->deadline_us;
	}
	if (next_us != INT64_MAX)
		sw_timer_start(server->loop, &server->sweep, SW_CLOCK_MONO, next_us, on_sweep);
}

/* Within a phase all have the same limit, so its list stays in order and moving on costs a few pointers.  The
 * timer is set for a deadline only when that is earlier than what it is set for already. */
void sw_http_phase_enter(struct sw_http_conn *conn, enum sw_http_phase phase)
{
	struct sw_http_server *server = conn->server;
	sw_list_del(&conn->phase_node);
	conn->phase = (uint8_t)phase;
	if (!server->limit_us[phase])
		return;
	conn->deadline_us = server->now_us + server->limit_us[phase];
	sw_list_push(&server->phase[phase], &conn->phase_node);
	if (!server->sweep.slot || conn->deadline_us < server->sweep.at_us)
		sw_timer_start(server->loop, &server->sweep, SW_CLOCK_MONO, conn->deadline_us, on_sweep);
}

/* ---- opening ---- */

static void on_connection(uv_stream_t *listener, int status)
{
	struct sw_http_server *server = listener->data;
	server->now_us = sw_mono_us();
	if (status < 0) {
		/* Out of descriptors, each attempt fails: one line a second says enough. */
		if (server->now_us - server->complained_us > SW_US_PER_S)
			sw_warn("net", "a connection could not be accepted", SW_KC("why", uv_strerror(status)));
		server->complained_us = server->now_us;
		return;
	}
	sw_http_conn_accept(server);
}

static void on_listener_closed(uv_handle_t *listener)
{
	struct sw_http_server *server = listener->data;
	server->listening = false;
	sw_http_server_check_done(server);
}

static struct sw_http_server *server_new(struct sw_loop *loop, const struct sw_http_server_config *config)
{
	struct sw_http_server *server = calloc(1, sizeof(*server));
	SW_BUG_ON(!server);
	server->loop = loop;
	server->config = *config;
	server->limits = config->limits ? *config->limits : sw_http_default_limits;
	const struct sw_http_limits *limits = &server->limits;
	server->bounds = (struct sw_http_bounds){ .head_bytes = limits->head_bytes,
						  .target_bytes = limits->target_bytes,
						  .fields = limits->headers };
	if (config->tls)
		sw_tls_hold(config->tls);
	server->limit_us[SW_PHASE_SHAKE] = limits->head_timeout_us;
	server->limit_us[SW_PHASE_IDLE] = limits->idle_timeout_us;
	server->limit_us[SW_PHASE_HEAD] = limits->head_timeout_us;
	server->limit_us[SW_PHASE_BODY] = limits->body_timeout_us;
	server->limit_us[SW_PHASE_WRITE] = limits->write_timeout_us;
	server->limit_us[SW_PHASE_LINGER] = LINGER_US;
	for (int phase = 0; phase < SW_PHASES; phase++)
		sw_list_init(&server->phase[phase]);
	sw_list_init(&server->conns);
	sw_list_init(&server->pool);
	return server;
}

int sw_http_server_open(struct sw_loop *loop, const struct sw_http_server_config *config, struct sw_http_server **ret)
{
	SW_BUG_ON(!config->on_request || (config->tls && !sw_tls_serves(config->tls)));
	int fd = sw_listen_socket(config->address, config->port, config->join);
	if (fd < 0)
		return fd;
	struct sw_http_server *server = server_new(loop, config);
	server->port = sw_listen_port(fd);
	server->listener.data = server;
	uv_tcp_init(sw_loop_uv(loop), &server->listener);
	int err = uv_tcp_open(&server->listener, fd);
	if (!err)
		err = uv_listen((uv_stream_t *)&server->listener, BACKLOG, on_connection);
	server->listening = true;
	if (!err) {
		*ret = server;
		return 0;
	}
	server->draining = true; /* frees the server when the handle is closed */
	uv_close((uv_handle_t *)&server->listener, on_listener_closed);
	return sw_listen_error(-err);
}

int sw_http_server_port(const struct sw_http_server *server)
{
	return server->port;
}

void sw_http_server_set_tls(struct sw_http_server *server, struct sw_tls *tls)
{
	SW_BUG_ON(!server->config.tls || !sw_tls_serves(tls));
	sw_tls_hold(tls);
	sw_tls_free(server->config.tls);
	server->config.tls = tls;
}

unsigned sw_http_server_busy(const struct sw_http_server *server)
{
	return server->busy;
}

void sw_http_server_drain(struct sw_http_server *server, void (*done)(void *arg), void *arg)
{
	SW_BUG_ON(server->draining);
	server->draining = true;
	server->done = done;
	server->done_arg = arg;
	server->now_us = sw_mono_us();
	for (int phase = 0; phase < SW_PHASES; phase++)
		if (server->limit_us[phase] > DRAIN_US)
			server->limit_us[phase] = DRAIN_US;
	server->limit_us[SW_PHASE_LINGER] = DRAIN_LINGER_US;
	uv_close((uv_handle_t *)&server->listener, on_listener_closed);
	struct sw_list *next;
	for (struct sw_list *node = server->conns.next; node != &server->conns; node = next) {
		struct sw_http_conn *conn = SW_CONTAINER(node, struct sw_http_conn, node);
		next = node->next;
		if (conn->phase == SW_PHASE_IDLE)
			sw_http_conn_linger(conn);
		else if (conn->phase == SW_PHASE_STREAM)
			sw_http_stream_drain(conn);
		else
			sw_http_phase_enter(conn, conn->phase); /* by the shorter limit */
	}
}
