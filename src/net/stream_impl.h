/* net/stream_impl.h - what stream.c and stream_tls.c share.  Not for other rooms. */
#ifndef SW_NET_STREAM_IMPL_H
#define SW_NET_STREAM_IMPL_H

#include <uv.h>

#include "base/buf.h"
#include "loop/timer.h"
#include "net/stream.h"

enum { STREAM_READ_BYTES = 64 * 1024, STREAM_ADDRESSES_MAX = 8, STREAM_WHY_BYTES = 160 };

enum stream_state { STREAM_CONNECTING, STREAM_HANDSHAKE, STREAM_OPEN, STREAM_CLOSED };

struct sw_stream {
	uv_tcp_t tcp;
	uv_prepare_t turn_end; /* runs while something is to be written */
	uv_connect_t connect;
	uv_write_t write;
	uv_shutdown_t shutdown;
	struct sw_loop *loop;
	struct sw_stream_config config;
	char *host;
	enum stream_state state;
	struct sw_timer limit;
	struct sockaddr_storage address[STREAM_ADDRESSES_MAX];
	unsigned addresses, tried;
	int last_error;   /* libuv's, of the last attempt */
	unsigned handles; /* that libuv has, and the look-up: the last to end frees */
	bool tcp_there, writing, reading, above_mark, finishing;
	bool ending, ended;   /* we are about to write no more; the peer does not */
	struct sw_buf out;    /* plain */
	struct sw_buf flying; /* as it goes over the wire */
	size_t flown;
	struct sw_tls_session *tls; /* NULL: plain */
	char *read_bytes;
	char peer[72], why[STREAM_WHY_BYTES];
};

/* stream.c: not connected to anybody. */
struct sw_stream *stream_new(struct sw_loop *loop, const struct sw_stream_config *config);
/* stream.c: connected to whom the listener accepts. @return false: nobody is there any more, and the stream ends */
bool stream_take_socket(struct sw_stream *stream, uv_stream_t *listener);
/* stream.c: the end; the owner hears of it. */
void stream_fail(struct sw_stream *stream, int err, const char *why);
/* stream.c: plain bytes for the owner. */
void stream_give(struct sw_stream *stream, struct sw_str bytes);
/* stream.c: the connection can be used. */
void stream_opened(struct sw_stream *stream);
/* stream.c: something is there to be written at the end of the turn. */
void stream_touch(struct sw_stream *stream);

/* stream_tls.c */
void stream_tls_begin(struct sw_stream *stream, struct sw_str early);
/* Bytes of the wire; may give plain ones, open the stream or fail it. */
void stream_tls_feed(struct sw_stream *stream, struct sw_str bytes);
/* Move what is to be written to stream->flying, encrypted. */
void stream_tls_seal(struct sw_stream *stream);

#endif
