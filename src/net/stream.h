/*
 * net/stream.h - a byte stream on a loop: TCP, or TLS over it.  Those that others open: net/listen.h.
 *
 * Connecting, with the name's resolution (on a worker thread), every address in turn and the handshake, has one time
 * limit.  What is written in a turn of the loop leaves in one write at its end.  Whoever writes looks at
 * sw_stream_queued() and stops above a mark of his own; on_drained says when it fell below half of high_bytes again.
 *
 * TLS (OpenSSL, 1.2 and up) checks the certificate and the host's name unless the sw_tls says otherwise.
 *
 * Callbacks run on the loop, never from within a call of this header.  After on_closed the stream is gone; after
 * sw_stream_close() no callback comes any more.
 *
 * Ownership: texts of the config are copied.  Thread: the loop's own.
 */
#ifndef SW_NET_STREAM_H
#define SW_NET_STREAM_H

#include "net/tls.h"

struct sw_loop;
struct sw_stream;

struct sw_stream_config {
	struct sw_str host; /* name or IP number, without brackets */
	int port;
	struct sw_tls *tls; /* NULL: plain TCP */
	int64_t connect_timeout_us;
	size_t high_bytes; /* for on_drained; 0: never called */
	void (*on_open)(void *owner);
	void (*on_bytes)(void *owner, struct sw_str bytes); /* borrowed until it returns */
	void (*on_drained)(void *owner);                    /* may be NULL */
	/* The peer sends nothing more, and may still read. NULL, and over TLS: that is on_closed. */
	void (*on_end)(void *owner);
	/* err: SW_ECLOSED (by the peer), SW_ENOTFOUND (no such name), SW_ETIMEDOUT, SW_EPERM (certificate), SW_EIO.
	 * why: words for the log, borrowed. */
	void (*on_closed)(void *owner, int err, const char *why);
	void *owner;
};

struct sw_stream *sw_stream_connect(struct sw_loop *loop, const struct sw_stream_config *config);
/** What was written leaves if the kernel takes it at once; nothing more is read. */
void sw_stream_close(struct sw_stream *stream);
/** What was written leaves within some seconds, then the stream closes; nothing more is read, no callback comes. */
void sw_stream_finish(struct sw_stream *stream);
/** Nothing more is written: the peer hears of that behind what was. Reading goes on; a plain stream only. */
void sw_stream_end(struct sw_stream *stream);
/** TLS from here on, on an open stream that is still plain; on_open when its handshake is done, within timeout_us.
 * @param early  bytes of the handshake that have been read already */
void sw_stream_secure(struct sw_stream *stream, struct sw_tls *tls, struct sw_str early, int64_t timeout_us);
/** In order; copied. Harmless on a stream that is about to close. */
void sw_stream_write(struct sw_stream *stream, struct sw_str bytes);
/** Where to append to instead; sw_stream_wrote() behind it. Saves a copy. */
struct sw_buf *sw_stream_out(struct sw_stream *stream);
void sw_stream_wrote(struct sw_stream *stream);
/** Bytes not yet with the kernel. */
size_t sw_stream_queued(const struct sw_stream *stream);
/** Stop or go on reading: whoever cannot take more leaves it with the peer. */
void sw_stream_set_reading(struct sw_stream *stream, bool on);
/** "192.0.2.1:2775" of the peer it is connected to or tries; "" before. */
const char *sw_stream_peer(const struct sw_stream *stream);

#endif
