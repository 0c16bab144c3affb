/* tls.h - the bytes of a session, plain or through OpenSSL. */
#ifndef SMSC_TLS_H
#define SMSC_TLS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct ssl_st;

void tls_open(const char *cert, const char *key);
/** NULL when there is no TLS. */
struct ssl_st *tls_accept(int fd);
void tls_close(struct ssl_st *tls);
/** As recv() and send(): 0 at the end, -1 with EAGAIN. */
ssize_t tls_recv(struct ssl_st *tls, int fd, void *to, size_t n);
ssize_t tls_send(struct ssl_st *tls, int fd, const void *from, size_t n);

#endif
