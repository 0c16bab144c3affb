#include <stdlib.h>
#include <sys/socket.h>

#include "base/log.h"
#include "loop/clock.h"
#include "net/http/http_impl.h"

/* What a client may still send while its last reply travels. */
#define LINGER_BYTES (16 * 1024 * 1024)
/* Connections beyond the limit that are being told so, for each that is served. */
#define REFUSED_SHARE 8
/* Bytes read ahead of a request that is still being served. */
#define AHEAD_BYTES (64 * 1024)

static void on_closed(uv_handle_t *handle)
{
	struct sw_http_conn *conn = handle->data;
	struct sw_http_server *server = conn->server;
	sw_list_del(&conn->node);
	sw_buf_done(&conn->in);
	sw_tls_session_free(conn->tls);
	if (conn->counted) {
		server->conns_n--;
		sw_count(&sw_http_metrics, SW_HTTP_CONNECTIONS, -1);
	} else {
		server->refused_n--;
	}
	free(conn);
	sw_http_server_check_done(server);
}

static void close_by(struct sw_http_conn *conn, bool reset)
{
	if (conn->phase == SW_PHASE_CLOSED)
		return;
	if (conn->exchange && conn->phase == SW_PHASE_RUN) {
		/* The owner still has the request; its reply goes nowhere. */
		conn->exchange->conn = NULL;
		sw_count(&sw_http_metrics, SW_HTTP_VANISHED, 1);
	} else if (conn->exchange) {
		sw_http_exchange_give_back(conn->exchange);
	}
	conn->exchange = NULL;
	if (conn->stream)
		sw_http_stream_gone(conn);
	if (conn->tls && !reset)
		sw_http_tls_bye(conn);
	sw_http_phase_enter(conn, SW_PHASE_CLOSED);
	if (!reset || uv_tcp_close_reset(&conn->tcp, on_closed) != 0)
		uv_close((uv_handle_t *)&conn->tcp, on_closed);
}

void sw_http_conn_close(struct sw_http_conn *conn)
{
	close_by(conn, false);
}

/* ---- reading ---- */

static void on_buffer(uv_handle_t *handle, size_t wanted, uv_buf_t *ret)
{
	struct sw_http_conn *conn = handle->data;
	(void)wanted;
	/* One buffer for all: what is not consumed at once is copied to the connection. */
	*ret = uv_buf_init(conn->server->read_bytes, sizeof(conn->server->read_bytes));
}

void sw_http_conn_eof(struct sw_http_conn *conn)
{
	conn->eof = true;
	conn->reading = false;
	/* A client may close its side behind a request and still wait for the answer. */
	if (conn->phase != SW_PHASE_RUN && conn->phase != SW_PHASE_WRITE)
		sw_http_conn_close(conn);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct sw_http_conn *conn = stream->data;
	if (n == 0 || conn->phase == SW_PHASE_CLOSED)
		return;
	conn->server->now_us = sw_mono_us();
	if (n == UV_EOF) {
		sw_http_conn_eof(conn);
	} else if (n < 0) {
		sw_http_conn_close(conn);
	} else {
		const struct sw_str bytes = { buf->base, (size_t)n };
		sw_count(&sw_http_metrics, SW_HTTP_IN_BYTES, n);
		if (conn->tls)
			sw_http_tls_read(conn, bytes);
		else
			sw_http_conn_feed(conn, bytes);
	}
}

static void set_reading(struct sw_http_conn *conn, bool on)
{
	if (conn->reading == on || conn->eof || conn->phase == SW_PHASE_CLOSED)
		return;
	conn->reading = on;
	if (on)
		uv_read_start((uv_stream_t *)&conn->tcp, on_buffer, on_read);
	else
		uv_read_stop((uv_stream_t *)&conn->tcp);
}

/* ---- phases: each step consumes input and says whether to go on ---- */

static void rebase(struct sw_str *s, struct sw_str input, const char *copy)
{
	/* A static text ("/") stays where it is. */
	if (s->p >= input.p && s->p <= input.p + input.n)
		s->p = copy + (s->p - input.p);
}

/* The head was parsed where it was read; from now on it stands in the request's arena. */
static void keep_head(struct sw_http_exchange *exchange, struct sw_str input, char *copy)
{
	struct sw_http_head *head = &exchange->request.head;
	struct sw_str bytes = { input.p, head->bytes };
	memcpy(copy, input.p, head->bytes);
	struct sw_str *const slices[] = { &head->method_text, &head->target, &head->path, &head->query, &head->host };
	for (size_t i = 0; i < SW_COUNTOF(slices); i++)
		rebase(slices[i], bytes, copy);
	for (unsigned i = 0; i < head->fields; i++) {
		rebase(&head->field[i].name, bytes, copy);
		rebase(&head->field[i].value, bytes, copy);
	}
}

static bool request_complete(struct sw_http_conn *conn)
{
	struct sw_http_exchange *exchange = conn->exchange;
	struct sw_http_server *server = conn->server;
	exchange->request.body = sw_buf_str(&exchange->body);
	sw_http_phase_enter(conn, SW_PHASE_RUN);
	sw_count(&sw_http_metrics, SW_HTTP_REQUESTS, 1);
	sw_count(&sw_http_metrics, SW_HTTP_BUSY, 1);
	if (server->busy++ < server->limits.requests) {
		server->config.on_request(server->config.owner, &exchange->request);
		return true;
	}
	sw_count(&sw_http_metrics, SW_HTTP_OVER_REQUESTS, 1);
	struct sw_http_reply reply = sw_http_own_reply(server, 503, "too many requests at once");
	sw_http_reply(&exchange->request, &reply);
	return true;
}

/* The head is whole: how large may the body be, and where will it stand? */
static bool begin_request(struct sw_http_conn *conn, struct sw_http_exchange *exchange, struct sw_str *input)
{
	struct sw_http_server *server = conn->server;
	struct sw_http_head *head = &exchange->request.head;
	size_t body_max = server->limits.body_bytes;
	if (server->config.on_head) {
		struct sw_http_verdict verdict = server->config.on_head(server->config.owner, head);
		if (verdict.body_max >= 0)
			body_max = (size_t)verdict.body_max;
	}
	if (head->content_length > 0 && (uint64_t)head->content_length > body_max) {
		sw_http_refuse(conn, 413, "the body is too large", SW_HTTP_TOO_LARGE);
		return false;
	}
	size_t length = head->content_length > 0 ? (size_t)head->content_length : 0;
	char *bytes = sw_arena_bytes(&exchange->arena, head->bytes + length);
	keep_head(exchange, *input, bytes);
	*input = sw_str_from(*input, head->bytes);
	exchange->body = (struct sw_buf){ .arena = &exchange->arena };
	if (length)
		exchange->body = (struct sw_buf){ .p = bytes + head->bytes, .cap = length, .arena = &exchange->arena };
	exchange->body_max = body_max;
	exchange->chunks = (struct sw_http_chunks){ 0 };
	exchange->conn = conn;
	memcpy(exchange->peer, conn->peer, sizeof(exchange->peer));
	exchange->request.arena = &exchange->arena;
	exchange->request.peer = sw_str_of(exchange->peer);
	exchange->request.start_us = conn->start_us;
	exchange->request.user = NULL;
	exchange->request.tls = conn->tls != NULL;
	conn->start_us = 0;
	conn->scanned = 0;
	conn->exchange = exchange;
	server->spare = NULL;
	if (!length && !head->chunked)
		return request_complete(conn);
	sw_http_phase_enter(conn, SW_PHASE_BODY);
	if (head->expect_continue && !input->n)
		sw_http_continue(conn);
	return true;
}

static enum sw_http_metric metric_of(int status)
{
	return status == 414 || status == 431 || status == 413 ? SW_HTTP_TOO_LARGE : SW_HTTP_BAD_FRAMING;
}

static bool step_head(struct sw_http_conn *conn, struct sw_str *input)
{
	struct sw_http_server *server = conn->server;
	struct sw_http_refusal refusal;
	if (!input->n)
		return false;
	if (!conn->start_us)
		conn->start_us = server->now_us;
	if (!server->spare)
		server->spare = sw_http_exchange_take(server);
	int err = sw_http_parse_head(*input, &server->bounds, &conn->scanned, &server->spare->request.head, &refusal);
	if (!err)
		return begin_request(conn, server->spare, input);
	if (err != SW_EMORE)
		sw_http_refuse(conn, refusal.status, refusal.why, metric_of(refusal.status));
	else if (conn->phase == SW_PHASE_IDLE)
		/* Only the first byte starts the clock: bytes that trickle in do not move the limit. */
		sw_http_phase_enter(conn, SW_PHASE_HEAD);
	return false;
}

static bool step_body(struct sw_http_conn *conn, struct sw_str *input)
{
	struct sw_http_exchange *exchange = conn->exchange;
	if (!exchange->request.head.chunked) {
		size_t more = exchange->body.cap - exchange->body.n;
		struct sw_str part = sw_str_sub(*input, 0, more);
		sw_buf_add_str(&exchange->body, part);
		*input = sw_str_from(*input, part.n);
		return part.n == more ? request_complete(conn) : false;
	}
	int err = sw_http_dechunk(&exchange->chunks, input, &exchange->body, exchange->body_max);
	if (!err)
		return request_complete(conn);
	if (err == SW_ELIMIT)
		sw_http_refuse(conn, 413, "the body is too large", SW_HTTP_TOO_LARGE);
	else if (err != SW_EMORE)
		sw_http_refuse(conn, 400, "the chunked coding is malformed", SW_HTTP_BAD_FRAMING);
	return false;
}

static bool step_wait(struct sw_http_conn *conn, struct sw_str *input)
{
	if (input->n >= AHEAD_BYTES)
		set_reading(conn, false);
	return false;
}

static bool step_discard(struct sw_http_conn *conn, struct sw_str *input)
{
	size_t n = input->n;
	input->n = 0;
	if (conn->phase == SW_PHASE_LINGER && n > conn->left_bytes)
		sw_http_conn_close(conn);
	else
		conn->left_bytes -= n;
	return false;
}

static bool (*const step[SW_PHASES])(struct sw_http_conn *conn, struct sw_str *input) = {
	[SW_PHASE_SHAKE] = step_discard, [SW_PHASE_IDLE] = step_head,      [SW_PHASE_HEAD] = step_head,
	[SW_PHASE_BODY] = step_body,     [SW_PHASE_RUN] = step_wait,       [SW_PHASE_STREAM] = step_wait,
	[SW_PHASE_WRITE] = step_wait,    [SW_PHASE_LINGER] = step_discard, [SW_PHASE_CLOSED] = step_discard,
};

void sw_http_conn_feed(struct sw_http_conn *conn, struct sw_str fresh)
{
	struct sw_str input = fresh;
	bool kept = conn->in.n > 0;
	if (kept) {
		sw_buf_add_str(&conn->in, fresh);
		input = sw_buf_str(&conn->in);
	}
	conn->feeding = true;
	while (step[conn->phase](conn, &input))
		;
	conn->feeding = false;
	/* A refusal on the way: what is left belongs to nobody. */
	if (conn->phase == SW_PHASE_LINGER || conn->phase == SW_PHASE_CLOSED)
		step_discard(conn, &input);
	if (kept)
		sw_buf_drop(&conn->in, conn->in.n - input.n);
	else
		sw_buf_add_str(&conn->in, input);
	if (!conn->in.n) {
		sw_buf_done(&conn->in);
		conn->in = (struct sw_buf){ 0 };
	}
	if (conn->phase < SW_PHASE_RUN)
		set_reading(conn, true);
}

/* ---- after a reply ---- */

void sw_http_conn_linger(struct sw_http_conn *conn)
{
	uv_os_fd_t fd;
	if (conn->eof || conn->phase == SW_PHASE_CLOSED || uv_fileno((uv_handle_t *)&conn->tcp, &fd) != 0) {
		sw_http_conn_close(conn);
		return;
	}
	if (conn->exchange) {
		sw_http_exchange_give_back(conn->exchange);
		conn->exchange = NULL;
	}
	if (conn->tls)
		sw_http_tls_bye(conn);
	shutdown(fd, SHUT_WR);
	conn->left_bytes = LINGER_BYTES;
	sw_http_phase_enter(conn, SW_PHASE_LINGER);
	set_reading(conn, true);
}

void sw_http_conn_replied(struct sw_http_conn *conn)
{
	if (conn->close_after) {
		/* Bytes that were sent and never read would turn the close into a reset. */
		if (conn->linger_after || conn->in.n)
			sw_http_conn_linger(conn);
		else
			sw_http_conn_close(conn);
		return;
	}
	sw_http_phase_enter(conn, SW_PHASE_IDLE);
}

void sw_http_conn_go_on(struct sw_http_conn *conn)
{
	if (conn->feeding || conn->phase != SW_PHASE_IDLE)
		return;
	if (conn->in.n)
		sw_http_conn_feed(conn, (struct sw_str){ "", 0 });
	if (conn->eof && conn->phase < SW_PHASE_RUN)
		sw_http_conn_close(conn);
}

void sw_http_conn_expire(struct sw_http_conn *conn)
{
	switch ((enum sw_http_phase)conn->phase) {
	case SW_PHASE_SHAKE:
		sw_count(&sw_http_metrics, SW_HTTP_SHAKES_FAILED, 1);
		sw_http_conn_close(conn);
		break;
	case SW_PHASE_HEAD:
		sw_http_refuse(conn, 408, "the head did not come in time", SW_HTTP_TIMED_OUT);
		break;
	case SW_PHASE_BODY:
		sw_http_refuse(conn, 408, "the body did not come in time", SW_HTTP_TIMED_OUT);
		break;
	case SW_PHASE_WRITE: {
		size_t left = uv_stream_get_write_queue_size((uv_stream_t *)&conn->tcp);
		if (left < conn->left_bytes && !conn->server->draining) {
			conn->left_bytes = left;
			sw_http_phase_enter(conn, SW_PHASE_WRITE);
			break;
		}
		sw_count(&sw_http_metrics, SW_HTTP_SLOW_READER, 1);
		/* What the kernel still holds for it would stay there as long as it likes. */
		close_by(conn, true);
		break;
	}
	default:
		sw_http_conn_close(conn);
	}
}

/* ---- accepting ---- */

static void peer_text(struct sw_http_conn *conn)
{
	struct sockaddr_storage address;
	int bytes = sizeof(address);
	if (uv_tcp_getpeername(&conn->tcp, (struct sockaddr *)&address, &bytes) != 0)
		return;
	if (address.ss_family == AF_INET)
		uv_ip4_name((const struct sockaddr_in *)&address, conn->peer, sizeof(conn->peer));
	else if (address.ss_family == AF_INET6)
		uv_ip6_name((const struct sockaddr_in6 *)&address, conn->peer, sizeof(conn->peer));
}

void sw_http_conn_accept(struct sw_http_server *server)
{
	struct sw_http_conn *conn = calloc(1, sizeof(*conn));
	SW_BUG_ON(!conn);
	conn->server = server;
	conn->tcp.data = conn;
	sw_list_init(&conn->phase_node);
	sw_list_push(&server->conns, &conn->node);
	uv_tcp_init(sw_loop_uv(server->loop), &conn->tcp);
	conn->counted = server->conns_n < server->limits.connections;
	bool drop = false;
	if (conn->counted) {
		server->conns_n++;
		sw_count(&sw_http_metrics, SW_HTTP_CONNECTIONS, 1);
	} else {
		drop = server->refused_n++ > server->limits.connections / REFUSED_SHARE;
	}
	sw_count(&sw_http_metrics, SW_HTTP_ACCEPTED, 1);
	if (uv_accept((uv_stream_t *)&server->listener, (uv_stream_t *)&conn->tcp) != 0 || drop) {
		sw_http_conn_close(conn);
		return;
	}
	uv_tcp_nodelay(&conn->tcp, 1);
	if (server->config.tls) { /* one too many is told so behind the handshake */
		conn->tls = sw_tls_session_new(server->config.tls, NULL);
		peer_text(conn);
		sw_http_phase_enter(conn, SW_PHASE_SHAKE);
		set_reading(conn, true);
		return;
	}
	if (!conn->counted) {
		sw_http_refuse(conn, 503, "too many connections", SW_HTTP_OVER_CONNECTIONS);
		return;
	}
	peer_text(conn);
	sw_http_phase_enter(conn, SW_PHASE_IDLE);
	set_reading(conn, true);
}
