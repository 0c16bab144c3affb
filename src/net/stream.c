#include "net/stream.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/list.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "loop/worker.h"
#include "net/stream_impl.h"

enum { KEEPALIVE_S = 60, FINISH_US = 30000000 };

static void stream_free(struct sw_stream *stream)
{
	sw_tls_session_free(stream->tls);
	sw_buf_done(&stream->out);
	sw_buf_done(&stream->flying);
	free(stream->read_bytes);
	free(stream->host);
	free(stream);
}

static void drop_handle(struct sw_stream *stream)
{
	if (--stream->handles == 0)
		stream_free(stream);
}

static void on_handle_closed(uv_handle_t *handle)
{
	drop_handle(handle->data);
}

static void write_out(struct sw_stream *stream);

static void end(struct sw_stream *stream)
{
	stream->state = STREAM_CLOSED;
	sw_timer_stop(&stream->limit);
	if (stream->tcp_there)
		uv_close((uv_handle_t *)&stream->tcp, on_handle_closed);
	uv_close((uv_handle_t *)&stream->turn_end, on_handle_closed);
}

void sw_stream_close(struct sw_stream *stream)
{
	if (stream->state == STREAM_CLOSED)
		return;
	if (stream->state == STREAM_OPEN) {
		stream->config.on_closed = NULL;
		stream->config.on_drained = NULL;
		write_out(stream);
		if (stream->state == STREAM_CLOSED) /* it failed just now, and told nobody */
			return;
		if (stream->tls && !stream->writing) {
			sw_tls_bye(stream->tls);
			write_out(stream);
		}
		if (stream->state == STREAM_CLOSED)
			return;
	}
	end(stream);
}

static void on_limit(struct sw_timer *timer);

void sw_stream_finish(struct sw_stream *stream)
{
	stream->config.on_closed = NULL;
	stream->config.on_drained = NULL;
	stream->finishing = true;
	if (stream->state != STREAM_OPEN || !sw_stream_queued(stream)) {
		sw_stream_close(stream);
		return;
	}
	sw_stream_set_reading(stream, false);
	sw_timer_start(stream->loop, &stream->limit, SW_CLOCK_MONO, sw_mono_us() + FINISH_US, on_limit);
	stream_touch(stream);
}

void sw_stream_end(struct sw_stream *stream)
{
	SW_BUG_ON(stream->tls);
	stream->ending = true;
	stream_touch(stream);
}

void stream_fail(struct sw_stream *stream, int err, const char *why)
{
	if (stream->state == STREAM_CLOSED)
		return;
	end(stream);
	if (stream->config.on_closed)
		stream->config.on_closed(stream->config.owner, err, why);
}

static void fail_uv(struct sw_stream *stream, const char *what, int status)
{
	snprintf(stream->why, sizeof(stream->why), "%s: %s", what, uv_strerror(status));
	stream_fail(stream, status == UV_EOF || status == UV_ECONNRESET ? SW_ECLOSED : SW_EIO, stream->why);
}

/* ---- writing: once a turn ---- */

size_t sw_stream_queued(const struct sw_stream *stream)
{
	return stream->out.n + stream->flying.n - stream->flown;
}

static void note_level(struct sw_stream *stream)
{
	size_t queued = sw_stream_queued(stream), high = stream->config.high_bytes;
	if (queued > high) {
		stream->above_mark = true;
	} else if (stream->above_mark && queued <= high / 2) {
		stream->above_mark = false;
		if (stream->config.on_drained && high)
			stream->config.on_drained(stream->config.owner);
	}
}

static void on_written(uv_write_t *write, int status)
{
	struct sw_stream *stream = write->data;
	stream->writing = false;
	stream->flying.n = stream->flown = 0;
	if (stream->state == STREAM_CLOSED)
		return;
	if (status < 0)
		fail_uv(stream, "writing failed", status);
	else
		stream_touch(stream);
}

static void write_out(struct sw_stream *stream)
{
	if (stream->writing)
		return;
	if (stream->tls) {
		stream_tls_seal(stream);
	} else {
		struct sw_buf empty = stream->flying;
		stream->flying = stream->out;
		stream->out = empty;
		stream->out.n = 0;
	}
	if (!stream->flying.n || stream->state == STREAM_CLOSED)
		return;
	uv_buf_t buf = uv_buf_init(stream->flying.p, (unsigned)stream->flying.n);
	int n = uv_try_write((uv_stream_t *)&stream->tcp, &buf, 1);
	if (n < 0 && n != UV_EAGAIN) {
		fail_uv(stream, "writing failed", n);
		return;
	}
	stream->flown = n > 0 ? (size_t)n : 0;
	if (stream->flown == stream->flying.n) {
		stream->flying.n = stream->flown = 0;
		return;
	}
	buf = uv_buf_init(stream->flying.p + stream->flown, (unsigned)(stream->flying.n - stream->flown));
	stream->write.data = stream;
	stream->writing = uv_write(&stream->write, (uv_stream_t *)&stream->tcp, &buf, 1, on_written) == 0;
	if (!stream->writing)
		stream_fail(stream, SW_EIO, "writing failed");
}

/* A failure is noticed by reading or writing. */
static void end_writing(struct sw_stream *stream)
{
	stream->ending = false;
	uv_shutdown(&stream->shutdown, (uv_stream_t *)&stream->tcp, NULL);
}

static void on_turn_end(uv_prepare_t *prepare)
{
	struct sw_stream *stream = prepare->data;
	uv_prepare_stop(prepare);
	if (stream->state == STREAM_HANDSHAKE)
		stream_tls_feed(stream, SW_S("")); /* bytes that were there when it began */
	if (stream->state == STREAM_CLOSED || stream->state == STREAM_CONNECTING)
		return;
	write_out(stream);
	if (stream->state == STREAM_CLOSED)
		return;
	if (stream->ending && !sw_stream_queued(stream))
		end_writing(stream);
	if (stream->finishing && !sw_stream_queued(stream))
		sw_stream_close(stream);
	else
		note_level(stream);
}

void stream_touch(struct sw_stream *stream)
{
	if (stream->state != STREAM_CLOSED && !stream->writing)
		uv_prepare_start(&stream->turn_end, on_turn_end);
}

struct sw_buf *sw_stream_out(struct sw_stream *stream)
{
	return &stream->out;
}

void sw_stream_wrote(struct sw_stream *stream)
{
	if (stream->state == STREAM_CLOSED)
		stream->out.n = 0;
	else if (stream->state == STREAM_OPEN)
		stream_touch(stream);
	if (stream->config.high_bytes && sw_stream_queued(stream) > stream->config.high_bytes)
		stream->above_mark = true;
}

void sw_stream_write(struct sw_stream *stream, struct sw_str bytes)
{
	sw_buf_add_str(&stream->out, bytes);
	sw_stream_wrote(stream);
}

/* ---- reading ---- */

static void on_buffer(uv_handle_t *handle, size_t wanted, uv_buf_t *ret)
{
	struct sw_stream *stream = handle->data;
	(void)wanted;
	*ret = uv_buf_init(stream->read_bytes, STREAM_READ_BYTES);
}

static void on_read(uv_stream_t *handle, ssize_t n, const uv_buf_t *buf)
{
	struct sw_stream *stream = handle->data;
	if (n == 0 || stream->state == STREAM_CLOSED)
		return;
	struct sw_str bytes = { buf->base, n > 0 ? (size_t)n : 0 };
	if (n == UV_EOF && stream->config.on_end && !stream->tls) {
		stream->ended = true;
		sw_stream_set_reading(stream, false);
		stream->config.on_end(stream->config.owner);
		return;
	}
	if (n == UV_EOF)
		stream_fail(stream, SW_ECLOSED, "the peer closed the connection");
	else if (n < 0)
		fail_uv(stream, "reading failed", (int)n);
	else if (stream->tls)
		stream_tls_feed(stream, bytes);
	else
		stream_give(stream, bytes);
}

static void read_or_not(struct sw_stream *stream)
{
	if (stream->state != STREAM_OPEN && stream->state != STREAM_HANDSHAKE)
		return;
	if ((stream->reading || stream->state == STREAM_HANDSHAKE) && !stream->ended)
		uv_read_start((uv_stream_t *)&stream->tcp, on_buffer, on_read);
	else
		uv_read_stop((uv_stream_t *)&stream->tcp);
}

void sw_stream_set_reading(struct sw_stream *stream, bool on)
{
	if (stream->reading == on)
		return;
	stream->reading = on;
	read_or_not(stream);
}

void stream_give(struct sw_stream *stream, struct sw_str bytes)
{
	if (!stream->finishing) /* a read of the wire may have been several of these */
		stream->config.on_bytes(stream->config.owner, bytes);
}

void stream_opened(struct sw_stream *stream)
{
	sw_timer_stop(&stream->limit);
	stream->state = STREAM_OPEN;
	read_or_not(stream);
	if (stream->out.n)
		stream_touch(stream);
	stream->config.on_open(stream->config.owner);
}

/* ---- connecting: one address after the other ---- */

static void try_next(struct sw_stream *stream, int status);

static void set_up(struct sw_stream *stream)
{
	uv_tcp_nodelay(&stream->tcp, 1);
	uv_tcp_keepalive(&stream->tcp, 1, KEEPALIVE_S);
	stream->read_bytes = malloc(STREAM_READ_BYTES);
	SW_BUG_ON(!stream->read_bytes);
}

static void on_connected(uv_connect_t *connect, int status)
{
	struct sw_stream *stream = connect->data;
	if (stream->state == STREAM_CLOSED)
		return;
	if (status < 0) {
		try_next(stream, status);
		return;
	}
	set_up(stream);
	if (!stream->config.tls) {
		stream_opened(stream);
		return;
	}
	stream->state = STREAM_HANDSHAKE;
	read_or_not(stream);
	stream_tls_begin(stream, SW_S(""));
	stream_tls_feed(stream, SW_S(""));
}

static void name_peer(struct sw_stream *stream, const struct sockaddr *address)
{
	char number[64] = "";
	bool six = address->sa_family == AF_INET6;
	uv_ip_name(address, number, sizeof(number));
	snprintf(stream->peer, sizeof(stream->peer), six ? "[%s]:%d" : "%s:%d", number, stream->config.port);
}

static void connect_next(struct sw_stream *stream)
{
	const struct sockaddr *address = (struct sockaddr *)&stream->address[stream->tried++];
	name_peer(stream, address);
	SW_BUG_ON(uv_tcp_init(sw_loop_uv(stream->loop), &stream->tcp) != 0);
	stream->tcp.data = stream->connect.data = stream;
	stream->tcp_there = true;
	stream->handles++;
	int err = uv_tcp_connect(&stream->connect, &stream->tcp, address, on_connected);
	if (err)
		try_next(stream, err);
}

static void on_attempt_closed(uv_handle_t *handle)
{
	struct sw_stream *stream = handle->data;
	if (stream->state != STREAM_CLOSED && stream->tried < stream->addresses)
		connect_next(stream);
	else
		fail_uv(stream, "the connection failed", stream->last_error);
	drop_handle(stream);
}

static void try_next(struct sw_stream *stream, int status)
{
	stream->last_error = status;
	stream->tcp_there = false;
	uv_close((uv_handle_t *)&stream->tcp, on_attempt_closed);
}

static void add_address(struct sw_stream *stream, const struct sockaddr *address, size_t bytes)
{
	struct sockaddr_storage *to = &stream->address[stream->addresses];
	if (stream->addresses == STREAM_ADDRESSES_MAX || bytes > sizeof(*to))
		return;
	memcpy(to, address, bytes);
	in_port_t port = htons((uint16_t)stream->config.port);
	if (address->sa_family == AF_INET6)
		((struct sockaddr_in6 *)(void *)to)->sin6_port = port;
	else
		((struct sockaddr_in *)(void *)to)->sin_port = port;
	stream->addresses++;
}

/* A name is resolved on a worker thread; the stream stays until that has ended. */
struct lookup {
	const char *host;
	struct addrinfo *found;
};

static int look_up(void *arg)
{
	struct lookup *lookup = arg;
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG };
	return getaddrinfo(lookup->host, NULL, &hints, &lookup->found);
}

static void lookup_task(struct sw_task *task, void *arg)
{
	struct sw_stream *stream = arg;
	struct lookup lookup = { .host = stream->host };
	int err = sw_work_wait(task, look_up, &lookup);
	for (struct addrinfo *a = lookup.found; a && !err; a = a->ai_next)
		if (a->ai_family == AF_INET || a->ai_family == AF_INET6)
			add_address(stream, a->ai_addr, a->ai_addrlen);
	if (lookup.found)
		freeaddrinfo(lookup.found);
	if (stream->state != STREAM_CLOSED && stream->addresses)
		connect_next(stream);
	else
		stream_fail(stream, SW_ENOTFOUND, "the host's name has no address");
	drop_handle(stream);
}

static void on_limit(struct sw_timer *timer)
{
	struct sw_stream *stream = SW_CONTAINER(timer, struct sw_stream, limit);
	bool shaking = stream->state == STREAM_HANDSHAKE;
	if (stream->finishing) {
		end(stream);
		return;
	}
	stream_fail(stream, SW_ETIMEDOUT, shaking ? "the TLS handshake takes too long" : "connecting takes too long");
}

/* @return false when the host is a name */
static bool take_number(struct sw_stream *stream)
{
	struct sockaddr_in four;
	struct sockaddr_in6 six;
	if (uv_ip4_addr(stream->host, 0, &four) == 0)
		add_address(stream, (struct sockaddr *)&four, sizeof(four));
	else if (uv_ip6_addr(stream->host, 0, &six) == 0)
		add_address(stream, (struct sockaddr *)&six, sizeof(six));
	return stream->addresses > 0;
}

struct sw_stream *stream_new(struct sw_loop *loop, const struct sw_stream_config *config)
{
	struct sw_stream *stream = calloc(1, sizeof(*stream));
	SW_BUG_ON(!stream);
	stream->loop = loop;
	stream->config = *config;
	stream->host = strndup(config->host.n ? config->host.p : "", config->host.n);
	stream->config.host = sw_str_of(stream->host);
	stream->reading = true;
	stream->handles = 1;
	stream->turn_end.data = stream;
	uv_prepare_init(sw_loop_uv(loop), &stream->turn_end);
	return stream;
}

struct sw_stream *sw_stream_connect(struct sw_loop *loop, const struct sw_stream_config *config)
{
	struct sw_stream *stream = stream_new(loop, config);
	sw_timer_start(loop, &stream->limit, SW_CLOCK_MONO, sw_mono_us() + config->connect_timeout_us, on_limit);
	if (take_number(stream)) {
		connect_next(stream);
	} else {
		stream->handles++;
		(void)sw_task_spawn(loop, lookup_task, stream);
	}
	return stream;
}

/* ---- streams that others open ---- */

bool stream_take_socket(struct sw_stream *stream, uv_stream_t *listener)
{
	struct sockaddr_storage address;
	int bytes = sizeof(address);
	SW_BUG_ON(uv_tcp_init(sw_loop_uv(stream->loop), &stream->tcp) != 0);
	stream->tcp.data = stream;
	stream->tcp_there = true;
	stream->handles++;
	if (uv_accept(listener, (uv_stream_t *)&stream->tcp) != 0) {
		end(stream);
		return false;
	}
	if (uv_tcp_getpeername(&stream->tcp, (struct sockaddr *)&address, &bytes) == 0)
		name_peer(stream, (struct sockaddr *)&address);
	set_up(stream);
	stream->state = STREAM_OPEN;
	read_or_not(stream);
	return true;
}

void sw_stream_secure(struct sw_stream *stream, struct sw_tls *tls, struct sw_str early, int64_t timeout_us)
{
	SW_BUG_ON(stream->state != STREAM_OPEN || stream->tls || stream->writing);
	/* What is plain goes first, but not now: when that fails the owner must not hear of it within this call. */
	sw_buf_add_str(&stream->flying, sw_buf_str(&stream->out));
	stream->out.n = 0;
	stream->config.tls = tls;
	stream->state = STREAM_HANDSHAKE;
	sw_timer_start(stream->loop, &stream->limit, SW_CLOCK_MONO, sw_mono_us() + timeout_us, on_limit);
	read_or_not(stream);
	stream_tls_begin(stream, early);
	stream_touch(stream);
}

const char *sw_stream_peer(const struct sw_stream *stream)
{
	return stream->peer;
}
