/*
 * net/tls.h - TLS 1.2 and 1.3 (OpenSSL) as bytes in and bytes out: no socket here.
 *
 * A struct sw_tls says what connections trust, or what they show; many share it.  A session is one connection's: what
 * came over the wire is fed to it, what is to go there is taken from it.
 *
 * Ownership: texts are copied.  Thread: sw_tls objects any; a session one.
 */
#ifndef SW_NET_TLS_H
#define SW_NET_TLS_H

#include "base/buf.h"
#include "base/err.h"

struct sw_arena;
struct sw_tls;
struct sw_tls_session;

/** One reference less; sessions hold theirs. NULL is fine. */
void sw_tls_free(struct sw_tls *tls);
/** One reference more. @return tls */
struct sw_tls *sw_tls_hold(struct sw_tls *tls);
/**
 * For connections that we open.
 * @param ca_file  PEM file of the authorities to trust; absent: the system's
 * @param verify   false: any certificate of anybody will do; whoever asks for that says so in the log
 * @return 0, SW_EINVAL (*ret_why says what is wrong with the file; in the arena)
 */
int sw_tls_new(struct sw_arena *arena, struct sw_str ca_file, bool verify, struct sw_tls **ret,
	       struct sw_str *ret_why) SW_MUST_CHECK;
/**
 * For connections that we open to a server whose certificate is known: this one and no other, whatever names it bears.
 * @param certificate  PEM, one
 * @return 0, SW_EINVAL
 */
int sw_tls_exact_new(struct sw_str certificate, struct sw_tls **ret) SW_MUST_CHECK;
/**
 * For connections that others open to us; of the protocols that they offer (RFC 7301) http/1.1 is taken.
 * @param chain  PEM: our certificate, then those between it and the authority
 * @param key    PEM: its private key, without a passphrase
 * @return 0, SW_EINVAL (*ret_why: the end of a sentence that begins with what is wrong; static)
 */
int sw_tls_server_new(struct sw_arena *arena, struct sw_str chain, struct sw_str key, struct sw_tls **ret,
		      const char **ret_why) SW_MUST_CHECK;
bool sw_tls_serves(const struct sw_tls *tls);

void sw_tls_session_free(struct sw_tls_session *session);
/** @param host  name or number that the peer's certificate must bear; NULL when we serve */
struct sw_tls_session *sw_tls_session_new(struct sw_tls *tls, const char *host);
/** Bytes of the wire. */
void sw_tls_feed(struct sw_tls_session *session, struct sw_str bytes);
/** Go on with the handshake. @return 0 (done), SW_EMORE, SW_EPERM (a certificate is refused), SW_EIO */
int sw_tls_shake(struct sw_tls_session *session) SW_MUST_CHECK;
/** Plain bytes that have come, at most max. @return 0, SW_EMORE, SW_ECLOSED (a proper end), SW_EIO */
int sw_tls_read(struct sw_tls_session *session, char *to, size_t max, size_t *ret_n) SW_MUST_CHECK;
/** After the handshake. @return 0, SW_EIO */
int sw_tls_write(struct sw_tls_session *session, struct sw_str plain) SW_MUST_CHECK;
/** Say goodbye (close_notify). */
void sw_tls_bye(struct sw_tls_session *session);
/** How much is to go over the wire; it is appended by sw_tls_take(). */
size_t sw_tls_waiting(const struct sw_tls_session *session);
void sw_tls_take(struct sw_tls_session *session, struct sw_buf *wire);
/** What was wrong, for a log; lives as long as the session. */
const char *sw_tls_why(const struct sw_tls_session *session);

#endif
