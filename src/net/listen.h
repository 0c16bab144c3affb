/*
 * net/listen.h - sockets that listen, and streams that others open (net/stream.h).
 *
 * Thread: a listener belongs to its loop.
 */
#ifndef SW_NET_LISTEN_H
#define SW_NET_LISTEN_H

#include "base/err.h"
#include "net/stream.h"

struct sw_loop;
struct sw_listener;

/**
 * A bound socket that does not listen yet.
 * @param port  0: any free one
 * @param join  a further listener on a port that this process has: one for each loop
 * @return a descriptor, SW_EINVAL (address), SW_EBUSY (in use), SW_EPERM, SW_EIO
 */
int sw_listen_socket(struct sw_str address, int port, bool join) SW_MUST_CHECK;
int sw_listen_port(int fd);
/** One of the errors above for an errno. */
int sw_listen_error(int number);

/** Listen; on_connection accepts. @return 0 or an error of sw_listen_socket() */
int sw_listener_open(struct sw_loop *loop, struct sw_str address, int port,
		     void (*on_connection)(void *owner, struct sw_listener *listener), void *owner,
		     struct sw_listener **ret) SW_MUST_CHECK;
int sw_listener_port(const struct sw_listener *listener);
/** In on_connection: the stream that somebody opened; host, port and the time limit of the config are not used, and
 * on_open comes only after sw_stream_secure(). @return NULL: nobody is there any more */
struct sw_stream *sw_listener_accept(struct sw_listener *listener, const struct sw_stream_config *config);
/** No more; streams go on. */
void sw_listener_close(struct sw_listener *listener);

#endif
