/* TLS between a stream's owner and its socket, through OpenSSL's memory BIOs: OpenSSL never sees the socket. */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "net/stream_impl.h"

struct sw_tls {
	SSL_CTX *ctx;
};

struct tls_session {
	SSL *ssl;
	BIO *in, *out; /* owned by ssl */
};

void sw_tls_free(struct sw_tls *tls)
{
	if (!tls)
		return;
	SSL_CTX_free(tls->ctx);
	free(tls);
}

void stream_tls_done(struct sw_stream *stream)
{
	if (!stream->tls)
		return;
	SSL_free(stream->tls->ssl);
	free(stream->tls);
	stream->tls = NULL;
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
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SW_BUG_ON(!ctx);
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_verify(ctx, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	/* Many peers end without a close_notify; a PDU cut in two is noticed above. */
	SSL_CTX_set_options(ctx, SSL_OP_IGNORE_UNEXPECTED_EOF);
	bool ok = ca_file.p ? SSL_CTX_load_verify_file(ctx, sw_str_cstr(arena, ca_file)) == 1
			    : SSL_CTX_set_default_verify_paths(ctx) == 1;
	if (!ok) {
		*ret_why = sw_str_fmt(arena, "the CA file %.*s cannot be read: %s", SW_FMT(ca_file), complaint());
		SSL_CTX_free(ctx);
		return SW_EINVAL;
	}
	struct sw_tls *tls = calloc(1, sizeof(*tls));
	SW_BUG_ON(!tls);
	tls->ctx = ctx;
	*ret = tls;
	return 0;
}

static void fail(struct sw_stream *stream, const char *what)
{
	long verdict = SSL_get_verify_result(stream->tls->ssl);
	bool certificate = verdict != X509_V_OK && SSL_get_verify_mode(stream->tls->ssl) == SSL_VERIFY_PEER;
	snprintf(stream->why, sizeof(stream->why), "%s: %s", certificate ? "the peer's certificate is refused" : what,
		 certificate ? X509_verify_cert_error_string(verdict) : complaint());
	ERR_clear_error();
	stream_fail(stream, certificate ? SW_EPERM : SW_EIO, stream->why);
}

/* What OpenSSL wants to say goes out at the end of the turn. */
static void note_output(struct sw_stream *stream)
{
	if (BIO_ctrl_pending(stream->tls->out))
		stream_touch(stream);
}

static void shake_hands(struct sw_stream *stream)
{
	SSL *ssl = stream->tls->ssl;
	ERR_clear_error();
	int n = SSL_do_handshake(ssl);
	note_output(stream);
	if (n == 1)
		stream_opened(stream);
	else if (SSL_get_error(ssl, n) != SSL_ERROR_WANT_READ)
		fail(stream, "the TLS handshake failed");
}

void stream_tls_begin(struct sw_stream *stream)
{
	struct tls_session *tls = calloc(1, sizeof(*tls));
	SW_BUG_ON(!tls);
	tls->ssl = SSL_new(stream->config.tls->ctx);
	tls->in = BIO_new(BIO_s_mem());
	tls->out = BIO_new(BIO_s_mem());
	SW_BUG_ON(!tls->ssl || !tls->in || !tls->out);
	SSL_set_bio(tls->ssl, tls->in, tls->out);
	SSL_set_connect_state(tls->ssl);
	/* A certificate is for a name or for a number; a number is not sent as the server's name (RFC 6066). */
	X509_VERIFY_PARAM *param = SSL_get0_param(tls->ssl);
	if (X509_VERIFY_PARAM_set1_ip_asc(param, stream->host) != 1) {
		SSL_set_tlsext_host_name(tls->ssl, stream->host);
		SW_BUG_ON(SSL_set1_host(tls->ssl, stream->host) != 1);
	}
	stream->tls = tls;
	shake_hands(stream);
}

static void read_plain(struct sw_stream *stream)
{
	char plain[4096];
	SSL *ssl = stream->tls->ssl;
	while (stream->state == STREAM_OPEN) {
		ERR_clear_error();
		int n = SSL_read(ssl, plain, sizeof(plain));
		if (n > 0) {
			stream_give(stream, (struct sw_str){ plain, (size_t)n });
			continue;
		}
		int err = SSL_get_error(ssl, n);
		if (err == SSL_ERROR_ZERO_RETURN)
			stream_fail(stream, SW_ECLOSED, "the peer closed the connection");
		else if (err != SSL_ERROR_WANT_READ)
			fail(stream, "TLS failed");
		break;
	}
	if (stream->state != STREAM_CLOSED)
		note_output(stream);
}

void stream_tls_feed(struct sw_stream *stream, struct sw_str bytes)
{
	SW_BUG_ON(BIO_write(stream->tls->in, bytes.p, (int)bytes.n) != (int)bytes.n);
	if (stream->state == STREAM_HANDSHAKE)
		shake_hands(stream);
	if (stream->state == STREAM_OPEN)
		read_plain(stream);
}

static void take_output(struct sw_stream *stream)
{
	size_t n = BIO_ctrl_pending(stream->tls->out);
	if (!n)
		return;
	char *to = sw_buf_reserve(&stream->flying, n);
	int got = BIO_read(stream->tls->out, to, (int)n);
	SW_BUG_ON(got != (int)n);
	stream->flying.n += n;
}

void stream_tls_seal(struct sw_stream *stream)
{
	if (stream->state == STREAM_OPEN && stream->out.n) {
		ERR_clear_error();
		if (SSL_write(stream->tls->ssl, stream->out.p, (int)stream->out.n) != (int)stream->out.n) {
			fail(stream, "TLS failed");
			return;
		}
		stream->out.n = 0;
	}
	take_output(stream);
}

void stream_tls_bye(struct sw_stream *stream)
{
	ERR_clear_error();
	SSL_shutdown(stream->tls->ssl);
	ERR_clear_error();
}
