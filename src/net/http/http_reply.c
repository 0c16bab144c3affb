#include <stdlib.h>

#include "base/log.h"
#include "base/num.h"
#include "base/time.h"
#include "loop/clock.h"
#include "net/http/http_impl.h"

/* A body at least this large is handed to the kernel from where it stands; a smaller one is copied behind the head. */
#define BODY_COPY_BYTES (16 * 1024)

/* What the kernel did not take at once. */
struct rest {
	uv_write_t write;
	struct sw_http_conn *conn;
	sw_http_sent_fn *sent;
	char bytes[];
};

static void on_written(uv_write_t *write, int status)
{
	struct rest *rest = SW_CONTAINER(write, struct rest, write);
	struct sw_http_conn *conn = rest->conn;
	sw_http_sent_fn *sent = rest->sent;
	free(rest);
	if (conn->phase == SW_PHASE_CLOSED)
		return;
	conn->server->now_us = sw_mono_us();
	if (status < 0)
		sw_http_conn_close(conn);
	else if (conn->tls)
		sw_http_tls_flush(conn);
	if (conn->phase != SW_PHASE_CLOSED)
		sent(conn);
}

void sw_http_send_rest(struct sw_http_conn *conn, const uv_buf_t *bufs, unsigned n, size_t total, size_t written,
		       sw_http_sent_fn *sent)
{
	size_t left = total - written;
	struct rest *rest = malloc(sizeof(*rest) + left);
	SW_BUG_ON(!rest);
	rest->conn = conn;
	rest->sent = sent;
	char *at = rest->bytes;
	for (unsigned i = 0; i < n; i++) {
		size_t skip = written < bufs[i].len ? written : bufs[i].len;
		memcpy(at, bufs[i].base + skip, bufs[i].len - skip);
		at += bufs[i].len - skip;
		written -= skip;
	}
	uv_buf_t buf = uv_buf_init(rest->bytes, (unsigned)left);
	if (uv_write(&rest->write, (uv_stream_t *)&conn->tcp, &buf, 1, on_written) != 0) {
		free(rest);
		sw_http_conn_close(conn);
	}
}

static void last_sent(struct sw_http_conn *conn)
{
	sw_http_conn_replied(conn);
	sw_http_conn_go_on(conn);
}

static void send_last_rest(struct sw_http_conn *conn, const uv_buf_t *bufs, unsigned n, size_t total, size_t written)
{
	conn->left_bytes = total - written;
	sw_http_phase_enter(conn, SW_PHASE_WRITE);
	sw_http_send_rest(conn, bufs, n, total, written, last_sent);
}

void sw_http_send_last(struct sw_http_conn *conn, struct sw_str head, struct sw_str body)
{
	uv_buf_t bufs[2] = { uv_buf_init((char *)head.p, (unsigned)head.n),
			     uv_buf_init((char *)body.p, (unsigned)body.n) };
	unsigned n = body.n ? 2 : 1;
	size_t total = head.n + body.n;
	sw_count(&sw_http_metrics, SW_HTTP_OUT_BYTES, (int64_t)total);
	if (conn->tls) {
		if (sw_http_tls_seal(conn, bufs, n, conn->close_after, bufs))
			return;
		n = 1;
		total = bufs[0].len;
	}
	int written = uv_try_write((uv_stream_t *)&conn->tcp, bufs, n);
	if (written == (int)total)
		sw_http_conn_replied(conn);
	else if (written >= 0 || written == UV_EAGAIN)
		send_last_rest(conn, bufs, n, total, written > 0 ? (size_t)written : 0);
	else
		sw_http_conn_close(conn);
}

/* ---- the head of a reply ---- */

static struct sw_str date_now(struct sw_http_server *server)
{
	if (server->now_us >= server->date_until_us) {
		int64_t wall_us = sw_wall_us();
		char text[SW_TIME_BUF];
		struct sw_str date = sw_time_http(wall_us, text);
		server->date_n = date.n;
		memcpy(server->date, date.p, date.n);
		server->date_until_us = server->now_us + SW_US_PER_S - wall_us % SW_US_PER_S;
	}
	return (struct sw_str){ server->date, server->date_n };
}

static void add_field(struct sw_buf *out, struct sw_str name, struct sw_str value)
{
	sw_buf_add_str(out, name);
	sw_buf_add(out, ": ", 2);
	sw_buf_add_str(out, value);
	sw_buf_add(out, "\r\n", 2);
}

/* A line end in a name or value would let whoever chose it write further fields or a second reply. */
static bool breaks_framing(struct sw_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' && s.p[i] != '\t')
			return true;
	return false;
}

static void add_given_field(struct sw_buf *out, struct sw_str name, struct sw_str value)
{
	if (breaks_framing(name) || breaks_framing(value))
		sw_error_log("net", "a reply's header field has a control character and was left out",
			     SW_KS("name", name));
	else
		add_field(out, name, value);
}

static bool bodiless(int status)
{
	return status == 204 || status == 304 || status < 200;
}

void sw_http_build_head(struct sw_http_server *server, const struct sw_http_reply *reply, enum sw_http_body body,
			bool close, bool keep_alive)
{
	struct sw_buf *out = &server->out;
	char number[24];
	out->n = 0;
	sw_buf_add(out, "HTTP/1.1 ", 9);
	sw_buf_add_str(out, sw_num_format(reply->status, number));
	sw_buf_add_char(out, ' ');
	sw_buf_add_cstr(out, sw_http_reason(reply->status));
	sw_buf_add(out, "\r\n", 2);
	add_field(out, SW_S("Date"), date_now(server));
	if (server->config.hsts_s && server->config.tls)
		sw_buf_add_fmt(out, "Strict-Transport-Security: max-age=%lld\r\n", (long long)server->config.hsts_s);
	if (reply->content_type.p)
		add_given_field(out, SW_S("Content-Type"), reply->content_type);
	if (body == SW_BODY_CHUNKED)
		add_field(out, SW_S("Transfer-Encoding"), SW_S("chunked"));
	else if (body == SW_BODY_WHOLE && !bodiless(reply->status))
		add_field(out, SW_S("Content-Length"), sw_num_format((int64_t)reply->body.n, number));
	if (close)
		add_field(out, SW_S("Connection"), SW_S("close"));
	else if (keep_alive)
		add_field(out, SW_S("Connection"), SW_S("keep-alive"));
	for (size_t i = 0; i < reply->headers_n; i++)
		add_given_field(out, reply->headers[i].name, reply->headers[i].value);
	sw_buf_add(out, "\r\n", 2);
}

static void send_with_body(struct sw_http_conn *conn, struct sw_str body)
{
	struct sw_buf *out = &conn->server->out;
	if (body.n < BODY_COPY_BYTES) {
		sw_buf_add_str(out, body);
		body = (struct sw_str){ "", 0 };
	}
	sw_http_send_last(conn, sw_buf_str(out), body);
}

/* ---- replies ---- */

static void reply_to(struct sw_http_conn *conn, const struct sw_http_head *head, const struct sw_http_reply *reply)
{
	bool close = reply->close || conn->server->draining;
	/* A client that announced its last request sends nothing more; one that did not may be sending now. */
	conn->close_after = close || !head->keep_alive;
	conn->linger_after = head->keep_alive;
	sw_http_build_head(conn->server, reply, SW_BODY_WHOLE, conn->close_after, head->minor == 0);
	send_with_body(conn, head->method == SW_HTTP_HEAD || bodiless(reply->status) ? (struct sw_str){ "", 0 }
										     : reply->body);
}

bool sw_http_request_left(const struct sw_http_request *request)
{
	const struct sw_http_exchange *exchange =
		(const void *)((const char *)request - offsetof(struct sw_http_exchange, request));
	return !exchange->conn || exchange->conn->eof;
}

void sw_http_reply(struct sw_http_request *request, const struct sw_http_reply *reply)
{
	struct sw_http_exchange *exchange = SW_CONTAINER(request, struct sw_http_exchange, request);
	struct sw_http_server *server = exchange->server;
	struct sw_http_conn *conn = exchange->conn;
	SW_BUG_ON(sw_loop_current() != server->loop || reply->status < 200 || reply->status > 599);
	server->now_us = sw_mono_us();
	server->busy--;
	sw_count(&sw_http_metrics, SW_HTTP_BUSY, -1);
	sw_observe_us(&sw_http_metrics, SW_HTTP_LATENCY, server->now_us - request->start_us);
	if (conn) {
		SW_BUG_ON(conn->exchange != exchange || conn->phase != SW_PHASE_RUN);
		conn->exchange = NULL;
		reply_to(conn, &request->head, reply);
	}
	/* The reply may stand in the request's arena: that ends here, and before the next request begins. */
	sw_http_exchange_give_back(exchange);
	if (conn)
		sw_http_conn_go_on(conn);
	else
		sw_http_server_check_done(server);
}

struct sw_http_reply sw_http_own_reply(struct sw_http_server *server, int status, const char *why)
{
	static const struct sw_http_header later = { { "Retry-After", 11 }, { "1", 1 } };
	struct sw_buf *body = &server->error_body;
	struct sw_http_reply reply = { .status = status, .headers = &later, .headers_n = status == 503 };
	body->n = 0;
	if (server->config.error_body) {
		reply.content_type = server->config.error_body(server->config.owner, status, why, body);
	} else {
		reply.content_type = SW_S("text/plain");
		sw_buf_add_cstr(body, why);
		sw_buf_add_char(body, '\n');
	}
	reply.body = sw_buf_str(body);
	return reply;
}

void sw_http_refuse(struct sw_http_conn *conn, int status, const char *why, enum sw_http_metric metric)
{
	struct sw_http_reply reply = sw_http_own_reply(conn->server, status, why);
	sw_count(&sw_http_metrics, metric, 1);
	conn->close_after = conn->linger_after = true;
	sw_http_build_head(conn->server, &reply, SW_BODY_WHOLE, true, false);
	send_with_body(conn, reply.body);
}

static void continued(struct sw_http_conn *conn)
{
	(void)conn;
}

void sw_http_continue(struct sw_http_conn *conn)
{
	static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
	uv_buf_t buf = uv_buf_init((char *)text, sizeof(text) - 1);
	if (conn->tls && sw_http_tls_seal(conn, &buf, 1, false, &buf))
		return;
	int written = uv_try_write((uv_stream_t *)&conn->tcp, &buf, 1);
	if (written == (int)buf.len)
		return;
	if (conn->tls) /* a record that is left out would break all behind it */
		sw_http_send_rest(conn, &buf, 1, buf.len, written > 0 ? (size_t)written : 0, continued);
	else if (written > 0)
		/* None of it: the client sends its body after a while all the same. A part of it cannot be repaired. */
		sw_http_conn_close(conn);
}
