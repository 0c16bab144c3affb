/* Sockets that listen, and streams that come out of them. */
#include "net/listen.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "base/log.h"
#include "loop/loop.h"
#include "net/stream_impl.h"

enum { BACKLOG = 128 };

struct sw_listener {
	uv_tcp_t tcp;
	struct sw_loop *loop;
	int port;
	void (*on_connection)(void *owner, struct sw_listener *listener);
	void *owner;
};

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void sw_listener_close(struct sw_listener *listener)
{
	uv_close((uv_handle_t *)&listener->tcp, on_closed);
}

/* ---- sockets ---- */

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in in4;
		struct sockaddr_in6 in6;
	} u;
	socklen_t bytes;
};

static int parse_address(struct sw_str number, int port, struct address *ret)
{
	char text[64];
	if (number.n >= sizeof(text) || port < 0 || port > 65535)
		return SW_EINVAL;
	memcpy(text, number.p, number.n);
	text[number.n] = 0;
	*ret = (struct address){ .bytes = sizeof(ret->u.in4) };
	if (uv_ip4_addr(text, port, &ret->u.in4) == 0)
		return 0;
	ret->bytes = sizeof(ret->u.in6);
	return uv_ip6_addr(text, port, &ret->u.in6) == 0 ? 0 : SW_EINVAL;
}

int sw_listen_error(int number)
{
	return number == EADDRINUSE      ? SW_EBUSY
	       : number == EACCES        ? SW_EPERM
	       : number == EADDRNOTAVAIL ? SW_EINVAL
					 : SW_EIO;
}

/* @return a bound socket, or an error */
static int bind_socket(const struct address *address, bool shared)
{
	int one = 1;
	int fd = socket(address->u.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return SW_EIO;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (shared)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	if (address->u.any.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(fd, &address->u.any, address->bytes) == 0)
		return fd;
	int err = sw_listen_error(errno);
	close(fd);
	return err;
}

int sw_listen_socket(struct sw_str number, int port, bool join)
{
	struct address address;
	int err = parse_address(number, port, &address);
	if (err)
		return err;
	/* SO_REUSEPORT would let a second process of the same user take half of the requests unnoticed: try without. */
	if (port && !join) {
		int probe = bind_socket(&address, false);
		if (probe < 0)
			return probe;
		close(probe);
	}
	return bind_socket(&address, true);
}

int sw_listen_port(int fd)
{
	struct address address = { .bytes = sizeof(address.u) };
	if (getsockname(fd, &address.u.any, &address.bytes) != 0)
		return 0;
	return ntohs(address.u.any.sa_family == AF_INET6 ? address.u.in6.sin6_port : address.u.in4.sin_port);
}

/* ---- listeners ---- */

static void on_waiting(uv_stream_t *handle, int status)
{
	struct sw_listener *listener = handle->data;
	if (status < 0)
		sw_warn("net", "a connection could not be accepted", SW_KC("why", uv_strerror(status)));
	else
		listener->on_connection(listener->owner, listener);
}

int sw_listener_open(struct sw_loop *loop, struct sw_str address, int port,
		     void (*on_connection)(void *owner, struct sw_listener *listener), void *owner,
		     struct sw_listener **ret)
{
	int fd = sw_listen_socket(address, port, false);
	if (fd < 0)
		return fd;
	struct sw_listener *listener = calloc(1, sizeof(*listener));
	SW_BUG_ON(!listener);
	*listener = (struct sw_listener){
		.loop = loop, .port = sw_listen_port(fd), .on_connection = on_connection, .owner = owner
	};
	listener->tcp.data = listener;
	uv_tcp_init(sw_loop_uv(loop), &listener->tcp);
	int err = uv_tcp_open(&listener->tcp, fd);
	if (!err)
		err = uv_listen((uv_stream_t *)&listener->tcp, BACKLOG, on_waiting);
	if (err) {
		sw_listener_close(listener);
		return sw_listen_error(-err);
	}
	*ret = listener;
	return 0;
}

int sw_listener_port(const struct sw_listener *listener)
{
	return listener->port;
}

struct sw_stream *sw_listener_accept(struct sw_listener *listener, const struct sw_stream_config *config)
{
	struct sw_stream *stream = stream_new(listener->loop, config);
	return stream_take_socket(stream, (uv_stream_t *)&listener->tcp) ? stream : NULL;
}
