/* TLS through OpenSSL's memory BIOs: OpenSSL never sees a socket. */
#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "net/pem.h"

enum { WHY_BYTES = 128, KEEP_BYTES = 4096 };

struct sw_tls {
	SSL_CTX *ctx;
	atomic_int refs;
	bool serves;
	bool any_name; /* of the server: its very certificate is known */
};

struct sw_tls_session {
	struct sw_tls *tls;
	SSL *ssl;
	BIO *in, *out; /* owned by ssl */
	char why[WHY_BYTES];
};

void sw_tls_free(struct sw_tls *tls)
{
	if (!tls || atomic_fetch_sub(&tls->refs, 1) > 1)
		return;
	SSL_CTX_free(tls->ctx);
	free(tls);
}

void sw_tls_session_free(struct sw_tls_session *session)
{
	if (!session)
		return;
	SSL_free(session->ssl);
	sw_tls_free(session->tls);
	free(session);
}

struct sw_tls *sw_tls_hold(struct sw_tls *tls)
{
	atomic_fetch_add(&tls->refs, 1);
	return tls;
}

/* ---- what connections have in common ---- */

static struct sw_tls *tls_new(const SSL_METHOD *method, bool serves)
{
	struct sw_tls *tls = calloc(1, sizeof(*tls));
	SW_BUG_ON(!tls);
	tls->ctx = SSL_CTX_new(method);
	SW_BUG_ON(!tls->ctx);
	tls->refs = 1;
	tls->serves = serves;
	SSL_CTX_set_min_proto_version(tls->ctx, TLS1_2_VERSION);
	SSL_CTX_set_mode(tls->ctx, SSL_MODE_RELEASE_BUFFERS);
	/* Many peers end without a close_notify; what is cut in two is noticed above. */
	SSL_CTX_set_options(tls->ctx, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_RENEGOTIATION);
	return tls;
}

/* The newest of OpenSSL's complaints. */
static const char *complaint(void)
{
	const char *why = ERR_reason_error_string(ERR_peek_last_error());
	ERR_clear_error();
	return why ? why : "unknown reason";
}

int sw_tls_new(struct sw_arena *arena, struct sw_str ca_file, bool verify, struct sw_tls **ret, struct sw_str *ret_why)
{
	struct sw_tls *tls = tls_new(TLS_client_method(), false);
	SSL_CTX_set_verify(tls->ctx, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	bool ok = ca_file.p ? SSL_CTX_load_verify_file(tls->ctx, sw_str_cstr(arena, ca_file)) == 1
			    : SSL_CTX_set_default_verify_paths(tls->ctx) == 1;
	if (!ok) {
		*ret_why = sw_str_fmt(arena, "the CA file %.*s cannot be read: %s", SW_FMT(ca_file), complaint());
		sw_tls_free(tls);
		return SW_EINVAL;
	}
	*ret = tls;
	return 0;
}

int sw_tls_exact_new(struct sw_str certificate, struct sw_tls **ret)
{
	BIO *bio = BIO_new_mem_buf(certificate.p, (int)certificate.n);
	X509 *known = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	BIO_free(bio);
	ERR_clear_error();
	if (!known)
		return SW_EINVAL;
	struct sw_tls *tls = tls_new(TLS_client_method(), false);
	tls->any_name = true;
	SSL_CTX_set_verify(tls->ctx, SSL_VERIFY_PEER, NULL);
	SW_BUG_ON(X509_STORE_add_cert(SSL_CTX_get_cert_store(tls->ctx), known) != 1);
	/* It need not be an authority's to be trusted. */
	X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(tls->ctx), X509_V_FLAG_PARTIAL_CHAIN);
	X509_free(known);
	*ret = tls;
	return 0;
}

/* ---- serving ---- */

static int choose_protocol(SSL *ssl, const unsigned char **ret, unsigned char *ret_n, const unsigned char *offered,
			   unsigned offered_n, void *arg)
{
	static const unsigned char ours[] = "\x08http/1.1";
	unsigned char *chosen;
	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&chosen, ret_n, ours, sizeof(ours) - 1, offered, offered_n) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_NOACK;
	*ret = chosen;
	return SSL_TLSEXT_ERR_OK;
}

/* The texts were looked at by sw_pem_certificates() and sw_pem_key(). @return NULL, or what OpenSSL has against them */
static const char *show(SSL_CTX *ctx, struct sw_str chain, struct sw_str key)
{
	BIO *chain_bio = BIO_new_mem_buf(chain.p, (int)chain.n), *key_bio = BIO_new_mem_buf(key.p, (int)key.n);
	EVP_PKEY *private = PEM_read_bio_PrivateKey(key_bio, NULL, NULL, NULL);
	X509 *certificate = PEM_read_bio_X509(chain_bio, NULL, NULL, NULL);
	SW_BUG_ON(!private || !certificate);
	bool ok = SSL_CTX_use_certificate(ctx, certificate) == 1 && SSL_CTX_use_PrivateKey(ctx, private) == 1;
	X509_free(certificate);
	EVP_PKEY_free(private);
	while (ok && (certificate = PEM_read_bio_X509(chain_bio, NULL, NULL, NULL))) {
		ok = SSL_CTX_add1_chain_cert(ctx, certificate) == 1;
		X509_free(certificate);
	}
	ERR_clear_error(); /* the end of the text is one */
	BIO_free(chain_bio);
	BIO_free(key_bio);
	return ok ? NULL : "has a certificate whose key is too short, or whose signature is too weak";
}

int sw_tls_server_new(struct sw_arena *arena, struct sw_str chain, struct sw_str key, struct sw_tls **ret,
		      const char **ret_why)
{
	struct sw_pem pem;
	*ret_why = sw_pem_certificates(arena, chain, &pem);
	if (!*ret_why)
		*ret_why = sw_pem_key(key, chain);
	if (*ret_why)
		return SW_EINVAL;
	struct sw_tls *tls = tls_new(TLS_server_method(), true);
	/* Of 1.2 what has forward secrecy and authenticated encryption. */
	SW_BUG_ON(SSL_CTX_set_cipher_list(tls->ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1);
	SSL_CTX_set_alpn_select_cb(tls->ctx, choose_protocol, NULL);
	/* Sessions are kept by the clients, in tickets. */
	SSL_CTX_set_session_cache_mode(tls->ctx, SSL_SESS_CACHE_OFF);
	*ret_why = show(tls->ctx, chain, key);
	if (*ret_why) {
		sw_tls_free(tls);
		return SW_EINVAL;
	}
	*ret = tls;
	return 0;
}

bool sw_tls_serves(const struct sw_tls *tls)
{
	return tls->serves;
}

/* ---- sessions ---- */

struct sw_tls_session *sw_tls_session_new(struct sw_tls *tls, const char *host)
{
	struct sw_tls_session *session = calloc(1, sizeof(*session));
	SW_BUG_ON(!session || !host != tls->serves);
	session->tls = sw_tls_hold(tls);
	session->ssl = SSL_new(tls->ctx);
	session->in = BIO_new(BIO_s_mem());
	session->out = BIO_new(BIO_s_mem());
	SW_BUG_ON(!session->ssl || !session->in || !session->out);
	SSL_set_bio(session->ssl, session->in, session->out);
	if (tls->serves) {
		SSL_set_accept_state(session->ssl);
		return session;
	}
	SSL_set_connect_state(session->ssl);
	/* A certificate is for a name or for a number; a number is not sent as the server's name (RFC 6066). */
	if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session->ssl), host) != 1) {
		SSL_set_tlsext_host_name(session->ssl, host);
		SW_BUG_ON(SSL_set1_host(session->ssl, host) != 1);
	}
	if (tls->any_name) {
		X509_VERIFY_PARAM_set1_host(SSL_get0_param(session->ssl), NULL, 0);
		X509_VERIFY_PARAM_set1_ip(SSL_get0_param(session->ssl), NULL, 0);
	}
	return session;
}

/* Alerts by which a peer says that it does not trust what we showed (RFC 8446 section 6.2). */
static bool peer_refuses(unsigned long error)
{
	int reason = ERR_GET_REASON(error);
	return reason == SSL_R_TLSV1_ALERT_UNKNOWN_CA || reason == SSL_R_SSLV3_ALERT_BAD_CERTIFICATE ||
	       reason == SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN || reason == SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED;
}

static int fail(struct sw_tls_session *session, const char *what)
{
	long verdict = SSL_get_verify_result(session->ssl);
	bool ours = peer_refuses(ERR_peek_last_error());
	bool theirs = verdict != X509_V_OK && SSL_get_verify_mode(session->ssl) == SSL_VERIFY_PEER;
	const char *why = complaint();
	if (theirs)
		why = X509_verify_cert_error_string(verdict);
	snprintf(session->why, sizeof(session->why), "%s: %s",
		 theirs ? "the peer's certificate is refused"
		 : ours ? "the peer refuses our certificate"
			: what,
		 why);
	return ours || theirs ? SW_EPERM : SW_EIO;
}

/* A buffer of OpenSSL's never shrinks, and a connection may wait for hours. */
static void shrink(BIO *bio)
{
	BUF_MEM *mem;
	if (BIO_get_mem_ptr(bio, &mem) != 1 || mem->max <= KEEP_BYTES || BIO_ctrl_pending(bio) > 0)
		return;
	BUF_MEM *fresh = BUF_MEM_new();
	SW_BUG_ON(!fresh);
	BIO_set_mem_buf(bio, fresh, BIO_CLOSE); /* frees the other */
}

void sw_tls_feed(struct sw_tls_session *session, struct sw_str bytes)
{
	SW_BUG_ON(bytes.n && BIO_write(session->in, bytes.p, (int)bytes.n) != (int)bytes.n);
}

int sw_tls_shake(struct sw_tls_session *session)
{
	ERR_clear_error();
	int n = SSL_do_handshake(session->ssl);
	if (n == 1)
		return 0;
	return SSL_get_error(session->ssl, n) == SSL_ERROR_WANT_READ ? SW_EMORE
								     : fail(session, "the TLS handshake failed");
}

int sw_tls_read(struct sw_tls_session *session, char *to, size_t max, size_t *ret_n)
{
	ERR_clear_error();
	if (SSL_read_ex(session->ssl, to, max, ret_n) == 1)
		return 0;
	switch (SSL_get_error(session->ssl, 0)) {
	case SSL_ERROR_WANT_READ:
		shrink(session->in);
		return SW_EMORE;
	case SSL_ERROR_ZERO_RETURN:
		return SW_ECLOSED;
	default:
		return fail(session, "TLS failed");
	}
}

int sw_tls_write(struct sw_tls_session *session, struct sw_str plain)
{
	size_t n = 0;
	ERR_clear_error();
	if (!plain.n || SSL_write_ex(session->ssl, plain.p, plain.n, &n) == 1)
		return 0;
	return fail(session, "TLS failed");
}

void sw_tls_bye(struct sw_tls_session *session)
{
	ERR_clear_error();
	SSL_shutdown(session->ssl);
	ERR_clear_error();
}

size_t sw_tls_waiting(const struct sw_tls_session *session)
{
	return BIO_ctrl_pending(session->out);
}

void sw_tls_take(struct sw_tls_session *session, struct sw_buf *wire)
{
	size_t n = sw_tls_waiting(session);
	if (!n)
		return;
	SW_BUG_ON(BIO_read(session->out, sw_buf_reserve(wire, n), (int)n) != (int)n);
	wire->n += n;
	shrink(session->out);
}

const char *sw_tls_why(const struct sw_tls_session *session)
{
	return session->why;
}
