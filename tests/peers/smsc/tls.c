#include "tls.h"
#include "loop.h"

#include <errno.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

static SSL_CTX *context;

void tls_open(const char *cert, const char *key)
{
	context = SSL_CTX_new(TLS_server_method());
	if (!context || SSL_CTX_use_certificate_chain_file(context, cert) != 1 ||
	    SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
		die("the certificate %s or key %s cannot be used", cert, key);
	SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

SSL *tls_accept(int fd)
{
	if (!context)
		return NULL;
	SSL *tls = SSL_new(context);
	if (!tls)
		die("out of memory");
	SSL_set_fd(tls, fd);
	SSL_set_accept_state(tls);
	return tls;
}

void tls_close(SSL *tls)
{
	if (tls)
		SSL_shutdown(tls);
	SSL_free(tls);
}

static ssize_t result(SSL *tls, int n)
{
	int err = n > 0 ? 0 : SSL_get_error(tls, n);
	if (n > 0)
		return n;
	errno = err == SSL_ERROR_WANT_READ || err == SSL_ERROR_WANT_WRITE ? EAGAIN : ECONNRESET;
	return err == SSL_ERROR_ZERO_RETURN ? 0 : -1;
}

ssize_t tls_recv(SSL *tls, int fd, void *to, size_t n)
{
	return tls ? result(tls, SSL_read(tls, to, (int)n)) : recv(fd, to, n, 0);
}

ssize_t tls_send(SSL *tls, int fd, const void *from, size_t n)
{
	return tls ? result(tls, SSL_write(tls, from, (int)n)) : send(fd, from, n, MSG_NOSIGNAL);
}
