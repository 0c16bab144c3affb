/*
 * net/pem.h - certificates and keys in PEM (RFC 7468): are they what they should be, and what do they say?
 *
 * What is wrong is told as the end of a sentence that begins with the parameter's name: "has no certificate".
 * Thread: any.
 */
#ifndef SW_NET_PEM_H
#define SW_NET_PEM_H

#include "base/arena.h"
#include "base/str.h"

/* The first certificate of a chain; texts in the arena. */
struct sw_pem {
	struct sw_str subject, issuer; /* RFC 2253 */
	struct sw_str fingerprint;     /* SHA-256, 64 hex digits */
	int64_t from_us, until_us;
	unsigned n; /* certificates in all */
};

/** The next certificate of a text, as it stands there with its first and last line; *text moves behind it. Absent:
 * there is none. Not looked into. */
struct sw_str sw_pem_next(struct sw_str *text);
/** @return NULL, or what is wrong; static */
const char *sw_pem_certificates(struct sw_arena *arena, struct sw_str text, struct sw_pem *ret);
/** A private key without a passphrase, of the first certificate there. @return NULL, or what is wrong; static */
const char *sw_pem_key(struct sw_str key, struct sw_str certificates);

#endif
