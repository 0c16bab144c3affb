/* Replies that go on: pieces as chunks, to HTTP/1.0 as they are. */
#include <stdio.h>
#include <stdlib.h>

#include "loop/clock.h"
#include "net/http/http_impl.h"

struct sw_http_stream {
	struct sw_http_conn *conn;
	const struct sw_http_stream_events *events;
	void *owner;
	bool chunked;
};

void sw_http_stream_gone(struct sw_http_conn *conn)
{
	struct sw_http_stream *stream = conn->stream;
	conn->stream = NULL;
	stream->events->closed(stream->owner);
	free(stream);
}

void sw_http_stream_drain(struct sw_http_conn *conn)
{
	struct sw_http_stream *stream = conn->stream;
	stream->events->ending(stream->owner);
}

static void piece_sent(struct sw_http_conn *conn)
{
	struct sw_http_stream *stream = conn->stream;
	if (stream && stream->events->drained && sw_http_stream_queued(stream) == 0)
		stream->events->drained(stream->owner);
}

size_t sw_http_stream_queued(const struct sw_http_stream *stream)
{
	return uv_stream_get_write_queue_size((const uv_stream_t *)&stream->conn->tcp);
}

size_t sw_http_stream_send(struct sw_http_stream *stream, struct sw_str bytes)
{
	struct sw_http_conn *conn = stream->conn;
	char size[24];
	int size_n = snprintf(size, sizeof(size), "%zx\r\n", bytes.n);
	uv_buf_t bufs[3] = { uv_buf_init(size, (unsigned)size_n), uv_buf_init((char *)bytes.p, (unsigned)bytes.n),
			     uv_buf_init((char *)"\r\n", 2) };
	uv_buf_t *first = stream->chunked ? bufs : bufs + 1;
	unsigned n = stream->chunked ? 3 : 1;
	size_t total = bytes.n + (stream->chunked ? (size_t)size_n + 2 : 0);
	SW_BUG_ON(!bytes.n);
	sw_count(&sw_http_metrics, SW_HTTP_OUT_BYTES, (int64_t)total);
	if (conn->tls) {
		if (sw_http_tls_seal(conn, first, n, false, first))
			return 0;
		n = 1;
		total = first->len;
	}
	int written = sw_http_stream_queued(stream) ? UV_EAGAIN : uv_try_write((uv_stream_t *)&conn->tcp, first, n);
	if (written == (int)total)
		return 0;
	if (written >= 0 || written == UV_EAGAIN)
		sw_http_send_rest(conn, first, n, total, written > 0 ? (size_t)written : 0, piece_sent);
	else
		sw_http_conn_close(conn);
	return conn->stream ? sw_http_stream_queued(stream) : 0;
}

void sw_http_stream_end(struct sw_http_stream *stream, struct sw_str last)
{
	struct sw_http_conn *conn = stream->conn;
	struct sw_buf text = { 0 };
	if (last.n && stream->chunked)
		sw_buf_add_fmt(&text, "%zx\r\n", last.n);
	if (last.n)
		sw_buf_add_str(&text, last);
	if (stream->chunked)
		sw_buf_add_fmt(&text, "%s0\r\n\r\n", last.n ? "\r\n" : "");
	conn->stream = NULL;
	conn->server->now_us = sw_mono_us();
	free(stream);
	if (text.n)
		sw_http_send_last(conn, sw_buf_str(&text), (struct sw_str){ "", 0 });
	else
		sw_http_conn_replied(conn);
	sw_buf_done(&text);
}

static struct sw_http_stream *begin(struct sw_http_conn *conn, const struct sw_http_head *head,
				    const struct sw_http_reply *reply, int send_buffer_bytes)
{
	struct sw_http_stream *stream = calloc(1, sizeof(*stream));
	SW_BUG_ON(!stream);
	stream->conn = conn;
	stream->chunked = head->minor > 0;
	conn->close_after = conn->linger_after = true;
	if (send_buffer_bytes)
		uv_send_buffer_size((uv_handle_t *)&conn->tcp, &send_buffer_bytes);
	sw_http_build_head(conn->server, reply, stream->chunked ? SW_BODY_CHUNKED : SW_BODY_ENDLESS, true, false);
	return stream;
}

struct sw_http_stream *sw_http_stream_begin(struct sw_http_request *request, const struct sw_http_reply *reply,
					    int send_buffer_bytes, const struct sw_http_stream_events *events,
					    void *owner)
{
	struct sw_http_exchange *exchange = SW_CONTAINER(request, struct sw_http_exchange, request);
	struct sw_http_server *server = exchange->server;
	struct sw_http_conn *conn = exchange->conn;
	struct sw_http_stream *stream = NULL;
	SW_BUG_ON(sw_loop_current() != server->loop);
	server->now_us = sw_mono_us();
	server->busy--;
	sw_count(&sw_http_metrics, SW_HTTP_BUSY, -1);
	if (conn) {
		uv_buf_t head;
		stream = begin(conn, &request->head, reply, send_buffer_bytes);
		head = uv_buf_init(server->out.p, (unsigned)server->out.n);
		conn->exchange = NULL;
		stream->events = events;
		stream->owner = owner;
		sw_http_phase_enter(conn, SW_PHASE_STREAM);
		if (!conn->tls || !sw_http_tls_seal(conn, &head, 1, false, &head))
			sw_http_send_rest(conn, &head, 1, head.len, 0, piece_sent);
		if (conn->phase != SW_PHASE_STREAM) {
			free(stream);
			stream = NULL;
		} else {
			conn->stream = stream;
		}
	}
	sw_http_exchange_give_back(exchange);
	if (!conn)
		sw_http_server_check_done(server);
	return stream;
}
