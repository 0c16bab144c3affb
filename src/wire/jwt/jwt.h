/*
 * wire/jwt/jwt.h - JSON Web Tokens signed with HMAC-SHA256 (RFC 7515 compact form, RFC 7519; alg HS256 only).
 *
 * One algorithm, named by the caller's key and not by the token: "none" and the confusion of public keys with secrets
 * cannot happen.  Extensions that a header marks as critical are refused, since none is known here.
 * Thread: any.  What is returned lives in the arena.
 */
#ifndef SW_WIRE_JWT_JWT_H
#define SW_WIRE_JWT_JWT_H

#include "wire/json/json.h"

enum { SW_JWT_MAX = 8192 }; /* bytes of a token */

/** claims: the text of a JSON object. */
struct sw_str sw_jwt_sign(struct sw_arena *arena, struct sw_str key, struct sw_str claims);
/**
 * Check form and signature; times and names in the claims are the caller's to check.
 * @return 0, SW_EINVAL (no such token: form, header or algorithm), SW_EPERM (signature)
 */
int sw_jwt_verify(struct sw_arena *arena, struct sw_str key, struct sw_str token,
		  const struct sw_json **ret_claims) SW_MUST_CHECK;

#endif
