#include "net/test_socket.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/list.h"

enum { PATIENCE_MS = 5000, PATIENCE_S = 5 };

struct test_tls {
	SSL_CTX *ctx;
	char ca_file[64];
};

void test_listen(struct test_listener *listener)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t n = sizeof(address);
	listener->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	SW_BUG_ON(bind(listener->fd, (struct sockaddr *)&address, n) || listen(listener->fd, 16) ||
		  getsockname(listener->fd, (struct sockaddr *)&address, &n));
	listener->port = ntohs(address.sin_port);
}

void test_unlisten(struct test_listener *listener)
{
	close(listener->fd);
}

static bool ready(int fd)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };
	return poll(&poller, 1, PATIENCE_MS) == 1;
}

bool test_accept(struct test_listener *listener, struct test_tls *tls, struct test_conn *conn)
{
	const struct timeval limit = { .tv_sec = PATIENCE_S };
	*conn = (struct test_conn){ .fd = -1 };
	if (!ready(listener->fd))
		return false;
	conn->fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);
	setsockopt(conn->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (!tls)
		return conn->fd >= 0;
	conn->ssl = SSL_new(tls->ctx);
	SSL_set_fd(conn->ssl, conn->fd);
	return SSL_accept(conn->ssl) == 1;
}

static void end(struct test_conn *conn)
{
	if (conn->ssl)
		SSL_free(conn->ssl);
	if (conn->fd >= 0)
		close(conn->fd);
	sw_buf_done(&conn->in);
	*conn = (struct test_conn){ .fd = -1 };
}

void test_conn_close(struct test_conn *conn)
{
	end(conn);
}

void test_conn_reset(struct test_conn *conn)
{
	const struct linger hard = { .l_onoff = 1 };
	setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	end(conn);
}

void test_conn_send(struct test_conn *conn, struct sw_str bytes)
{
	while (bytes.n) {
		ssize_t n = conn->ssl ? SSL_write(conn->ssl, bytes.p, (int)bytes.n)
				      : send(conn->fd, bytes.p, bytes.n, MSG_NOSIGNAL);
		if (n <= 0)
			return;
		bytes = sw_str_from(bytes, (size_t)n);
	}
}

/* @return bytes, 0: the end, -1: too late or reset */
static int take(struct test_conn *conn)
{
	char bytes[4096];
	ssize_t n = conn->ssl ? SSL_read(conn->ssl, bytes, sizeof(bytes)) : recv(conn->fd, bytes, sizeof(bytes), 0);
	if (n > 0)
		sw_buf_add(&conn->in, bytes, (size_t)n);
	return (int)n;
}

bool test_conn_want(struct test_conn *conn, size_t n)
{
	while (conn->in.n < n)
		if (take(conn) <= 0)
			return false;
	return true;
}

bool test_conn_ended(struct test_conn *conn)
{
	int n;
	while ((n = take(conn)) > 0)
		;
	return n == 0;
}

/* ---- TLS ---- */

static X509 *certificate(EVP_PKEY *key)
{
	X509 *x = X509_new();
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1,
				   -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
	X509_add_ext(x, names, -1);
	X509_EXTENSION_free(names);
	SW_BUG_ON(!X509_sign(x, key, EVP_sha256()));
	return x;
}

struct test_tls *test_tls_new(void)
{
	struct test_tls *tls = calloc(1, sizeof(*tls));
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = certificate(key);
	tls->ctx = SSL_CTX_new(TLS_server_method());
	SW_BUG_ON(SSL_CTX_use_certificate(tls->ctx, x) != 1 || SSL_CTX_use_PrivateKey(tls->ctx, key) != 1);
	snprintf(tls->ca_file, sizeof(tls->ca_file), "/tmp/strowger-test-ca-%d.pem", getpid());
	FILE *file = fopen(tls->ca_file, "we");
	SW_BUG_ON(!file || PEM_write_X509(file, x) != 1 ||
		  PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) != 1);
	fclose(file);
	X509_free(x);
	EVP_PKEY_free(key);
	return tls;
}

const char *test_tls_ca_file(const struct test_tls *tls)
{
	return tls->ca_file;
}

void test_tls_free(struct test_tls *tls)
{
	unlink(tls->ca_file);
	SSL_CTX_free(tls->ctx);
	free(tls);
}

/* ---- the loop ---- */

struct errand {
	struct sw_mail mail;
	void (*fn)(void *arg);
	void *arg;
	sem_t done;
};

static void deliver_errand(struct sw_mail *mail)
{
	struct errand *errand = SW_CONTAINER(mail, struct errand, mail);
	errand->fn(errand->arg);
	sem_post(&errand->done);
}

void test_on_loop(struct sw_loop *loop, void (*fn)(void *arg), void *arg)
{
	struct errand errand = { .mail = { .deliver = deliver_errand }, .fn = fn, .arg = arg };
	sem_init(&errand.done, 0, 0);
	sw_loop_post(loop, &errand.mail);
	while (sem_wait(&errand.done))
		;
	sem_destroy(&errand.done);
}
