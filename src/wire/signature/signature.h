/*
 * wire/signature/signature.h - how a webhook proves who sent it.
 *
 * X-Twilio-Signature: base64 of HMAC-SHA1 under the account's auth token, over the URL and, for a form that was
 * posted, each name and value behind it, sorted.  What is neither a form nor empty is bound by its digest in the
 * query instead.  Source: the vendor's page on security, the validators of the official SDKs.
 *
 * Standard Webhooks (standardwebhooks.com, specification 1.0): "v1," and base64 of HMAC-SHA256 over "id.time.body".
 *
 * The URL is signed byte for byte as it is sent, and sent as it was set: nothing is sorted, escaped or unescaped, but
 * bytes outside ASCII, which no request line may have.
 * Thread: any.
 */
#ifndef SW_WIRE_SIGNATURE_SIGNATURE_H
#define SW_WIRE_SIGNATURE_SIGNATURE_H

#include "wire/form/form.h"

/* A customer's URL, taken apart; all but url point into what was given. */
struct sw_hook_url {
	struct sw_str url;      /* sent and signed: ASCII, no user, password or fragment; an empty path is "/" */
	struct sw_str userinfo; /* "user:password", still percent-encoded; absent: none */
	struct sw_str fragment; /* behind '#'; absent: none */
};

/** @return 0, SW_EINVAL (not http or https, no host, a port that is no number, blanks or control bytes) */
int sw_hook_url_split(struct sw_arena *arena, struct sw_str text, struct sw_hook_url *ret) SW_MUST_CHECK;
/** What a document at the URL base means by reference (RFC 3986 section 5.2): "/next", "../x?y", "https://…"; without
 * base's fragment. @return 0, SW_EINVAL (no http or https URL comes out) */
int sw_hook_url_resolve(struct sw_arena *arena, struct sw_str base, struct sw_str reference,
			struct sw_str *ret) SW_MUST_CHECK;
/** The URL with further pairs in its query, behind those it has. */
struct sw_str sw_hook_url_add(struct sw_arena *arena, struct sw_str url, const struct sw_form *params);
/** The URL with bodySHA256 of body in its query exactly once: one that is there already gets the new value. */
struct sw_str sw_hook_url_add_digest(struct sw_arena *arena, struct sw_str url, struct sw_str body);

/**
 * The value of X-Twilio-Signature, in the arena.
 * @param params  of a posted form; NULL otherwise. Pairs that are there twice count once, as for the SDKs' validators
 */
struct sw_str sw_twilio_signature(struct sw_arena *arena, struct sw_str token, struct sw_str url,
				  const struct sw_form *params);
/** The value of webhook-signature, in the arena. key: the bytes behind a secret's base64 */
struct sw_str sw_standard_signature(struct sw_arena *arena, struct sw_str key, struct sw_str id, int64_t time_s,
				    struct sw_str body);

#endif
