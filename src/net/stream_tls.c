/* TLS between a stream's owner and its socket. */
#include <stdio.h>

#include "net/stream_impl.h"

/* What TLS wants to say goes out at the end of the turn. */
static void note_output(struct sw_stream *stream)
{
	if (sw_tls_waiting(stream->tls))
		stream_touch(stream);
}

static void fail(struct sw_stream *stream, int err)
{
	snprintf(stream->why, sizeof(stream->why), "%s",
		 err == SW_ECLOSED ? "the peer closed the connection" : sw_tls_why(stream->tls));
	stream_fail(stream, err, stream->why);
}

static void shake_hands(struct sw_stream *stream)
{
	int err = sw_tls_shake(stream->tls);
	note_output(stream);
	if (!err)
		stream_opened(stream);
	else if (err != SW_EMORE)
		fail(stream, err);
}

void stream_tls_begin(struct sw_stream *stream, struct sw_str early)
{
	stream->tls = sw_tls_session_new(stream->config.tls, sw_tls_serves(stream->config.tls) ? NULL : stream->host);
	sw_tls_feed(stream->tls, early);
}

static void read_plain(struct sw_stream *stream)
{
	char plain[4096];
	while (stream->state == STREAM_OPEN) {
		size_t n;
		int err = sw_tls_read(stream->tls, plain, sizeof(plain), &n);
		if (!err) {
			stream_give(stream, (struct sw_str){ plain, n });
			continue;
		}
		if (err != SW_EMORE)
			fail(stream, err);
		break;
	}
	if (stream->state != STREAM_CLOSED)
		note_output(stream);
}

void stream_tls_feed(struct sw_stream *stream, struct sw_str bytes)
{
	sw_tls_feed(stream->tls, bytes);
	if (stream->state == STREAM_HANDSHAKE)
		shake_hands(stream);
	if (stream->state == STREAM_OPEN)
		read_plain(stream);
}

void stream_tls_seal(struct sw_stream *stream)
{
	if (stream->state == STREAM_OPEN) {
		int err = sw_tls_write(stream->tls, sw_buf_str(&stream->out));
		if (err) {
			fail(stream, err);
			return;
		}
		stream->out.n = 0;
	}
	sw_tls_take(stream->tls, &stream->flying);
}
