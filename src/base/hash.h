/*
 * base/hash.h - digests, keyed hashes, sealed secrets, hex and base64.
 *
 * The only file of the room that uses OpenSSL (EVP).  Thread: any.
 * sw_hash64: SipHash-1-3 (Aumasson, Bernstein 2012; the rounds that hash tables take) under a key drawn at process start;
 * never store it.
 */
#ifndef SW_BASE_HASH_H
#define SW_BASE_HASH_H

#include "base/str.h"

uint64_t sw_hash64(const void *bytes, size_t n);

void sw_sha1(struct sw_str data, uint8_t out[20]);
void sw_sha256(struct sw_str data, uint8_t out[32]);
void sw_hmac_sha1(struct sw_str key, struct sw_str data, uint8_t out[20]);
void sw_hmac_sha256(struct sw_str key, struct sw_str data, uint8_t out[32]);
/** Constant time in the contents (not in the lengths). */
bool sw_equal_secret(struct sw_str a, struct sw_str b);

#define SW_SEAL_KEY_BYTES 32
#define SW_SEAL_EXTRA_BYTES 28 /* 12 nonce + 16 tag */
/** AES-256-GCM (NIST SP 800-38D), random nonce in front; `about` is authenticated, not stored. */
struct sw_str sw_seal(struct sw_arena *arena, const uint8_t key[SW_SEAL_KEY_BYTES], struct sw_str about,
		      struct sw_str plain);
/** @return 0, SW_ECORRUPT (wrong key, wrong `about` or changed bytes) */
int sw_unseal(struct sw_arena *arena, const uint8_t key[SW_SEAL_KEY_BYTES], struct sw_str about, struct sw_str sealed,
	      struct sw_str *ret_plain) SW_MUST_CHECK;

/** Lower case hex; out gets 2*n bytes, no NUL. */
void sw_hex_encode(const void *bytes, size_t n, char *out);
/** hex.n must be 2*n, either case. @return 0, SW_EINVAL */
int sw_hex_decode(struct sw_str hex, void *out, size_t n) SW_MUST_CHECK;
struct sw_str sw_base64_encode(struct sw_arena *arena, struct sw_str data);
/** RFC 4648 section 4, strict: padding needed, no blanks. @return 0, SW_EINVAL */
int sw_base64_decode(struct sw_arena *arena, struct sw_str text, struct sw_str *ret) SW_MUST_CHECK;

#endif
