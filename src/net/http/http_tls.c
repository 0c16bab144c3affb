/* TLS between the wire and what reads and writes HTTP.  Plain connections never come here. */
#include "base/log.h"
#include "net/http/http_impl.h"

/* A record's plain bytes at most (RFC 8446 section 5.1): larger pieces would only make OpenSSL's buffers larger. */
#define RECORD_BYTES (16 * 1024)
/* What a client may make TLS itself say (to its key updates, say) without reading it. */
#define OWN_BYTES (16 * 1024)
/* The buffer for what goes out keeps this much at most. */
#define WIRE_KEEP_BYTES (256 * 1024)

/* ---- out ---- */

int sw_http_tls_seal(struct sw_http_conn *conn, const uv_buf_t *bufs, unsigned n, bool last, uv_buf_t *ret)
{
	struct sw_buf *wire = &conn->server->wire;
	int err = 0;
	if (wire->cap > WIRE_KEEP_BYTES)
		sw_buf_done(wire);
	wire->n = 0;
	for (unsigned i = 0; i < n; i++) {
		struct sw_str rest = { bufs[i].base, bufs[i].len };
		while (rest.n && !err) {
			struct sw_str piece = sw_str_sub(rest, 0, RECORD_BYTES);
			err = sw_tls_write(conn->tls, piece);
			sw_tls_take(conn->tls, wire);
			rest = sw_str_from(rest, piece.n);
		}
	}
	if (err) {
		sw_http_conn_close(conn);
		return err;
	}
	if (last) {
		sw_tls_bye(conn->tls);
		sw_tls_take(conn->tls, wire);
	}
	*ret = uv_buf_init(wire->p, (unsigned)wire->n);
	return 0;
}

static void flushed(struct sw_http_conn *conn)
{
	(void)conn;
}

void sw_http_tls_flush(struct sw_http_conn *conn)
{
	struct sw_buf *wire = &conn->server->wire;
	size_t waiting = sw_tls_waiting(conn->tls);
	if (!waiting)
		return;
	if (uv_stream_get_write_queue_size((uv_stream_t *)&conn->tcp) > 0) {
		if (waiting > OWN_BYTES)
			sw_http_conn_close(conn);
		return;
	}
	wire->n = 0;
	sw_tls_take(conn->tls, wire);
	uv_buf_t buf = uv_buf_init(wire->p, (unsigned)wire->n);
	int written = uv_try_write((uv_stream_t *)&conn->tcp, &buf, 1);
	if (written < 0 && written != UV_EAGAIN)
		sw_http_conn_close(conn);
	else if (written != (int)buf.len)
		sw_http_send_rest(conn, &buf, 1, buf.len, written > 0 ? (size_t)written : 0, flushed);
}

void sw_http_tls_bye(struct sw_http_conn *conn)
{
	struct sw_buf *wire = &conn->server->wire;
	wire->n = 0;
	sw_tls_bye(conn->tls);
	sw_tls_take(conn->tls, wire);
	uv_buf_t buf = uv_buf_init(wire->p, (unsigned)wire->n);
	if (buf.len)
		uv_try_write((uv_stream_t *)&conn->tcp, &buf, 1);
}

/* ---- in ---- */

/* @return whether there may be something to read */
static bool shake(struct sw_http_conn *conn)
{
	int err = sw_tls_shake(conn->tls);
	if (err == SW_EMORE)
		return false;
	if (err) {
		sw_count(&sw_http_metrics, SW_HTTP_SHAKES_FAILED, 1);
		sw_debug("net", "a TLS handshake failed", SW_KC("peer", conn->peer),
			 SW_KC("why", sw_tls_why(conn->tls)));
		sw_http_conn_close(conn); /* with the alert that says why */
		return false;
	}
	sw_count(&sw_http_metrics, SW_HTTP_SHAKES, 1);
	if (!conn->counted) {
		sw_http_refuse(conn, 503, "too many connections", SW_HTTP_OVER_CONNECTIONS);
		return false;
	}
	sw_http_phase_enter(conn, SW_PHASE_IDLE);
	return true;
}

/* As many records as the buffer takes, so that what is parsed comes in large pieces. */
static int open_records(struct sw_http_conn *conn, struct sw_str *ret)
{
	struct sw_http_server *server = conn->server;
	size_t n = 0, got;
	int err = 0;
	while (!err && n < sizeof(server->read_bytes)) {
		err = sw_tls_read(conn->tls, server->read_bytes + n, sizeof(server->read_bytes) - n, &got);
		if (!err)
			n += got;
	}
	*ret = (struct sw_str){ server->read_bytes, n };
	return err;
}

static bool is_over(const struct sw_http_conn *conn)
{
	return conn->phase == SW_PHASE_LINGER || conn->phase == SW_PHASE_CLOSED;
}

static void read_plain(struct sw_http_conn *conn)
{
	struct sw_str plain;
	int err;
	do {
		err = open_records(conn, &plain);
		if (plain.n)
			sw_http_conn_feed(conn, plain);
		if (is_over(conn))
			return;
	} while (!err);
	if (err == SW_ECLOSED) { /* the client's last word, though it may still read */
		uv_read_stop((uv_stream_t *)&conn->tcp);
		sw_http_conn_eof(conn);
	} else if (err != SW_EMORE) {
		sw_debug("net", "a TLS connection broke", SW_KC("peer", conn->peer),
			 SW_KC("why", sw_tls_why(conn->tls)));
		sw_http_conn_close(conn);
	}
}

void sw_http_tls_read(struct sw_http_conn *conn, struct sw_str wire)
{
	if (conn->phase == SW_PHASE_LINGER) { /* only counted */
		sw_http_conn_feed(conn, wire);
		return;
	}
	sw_tls_feed(conn->tls, wire);
	if (conn->phase != SW_PHASE_SHAKE || shake(conn))
		read_plain(conn);
	if (conn->phase != SW_PHASE_CLOSED)
		sw_http_tls_flush(conn);
}
