#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/random.h"

enum { NONCE = 12, TAG = 16 };

/* ---- SipHash-2-4 ---- */

static uint64_t sip_key[2];
static pthread_once_t sip_once = PTHREAD_ONCE_INIT;

static void draw_sip_key(void)
{
	sw_random_bytes(sip_key, sizeof(sip_key));
}

static inline uint64_t rotate(uint64_t x, int by)
{
	return x << by | x >> (64 - by);
}

static inline void sip_round(uint64_t v[4])
{
	v[0] += v[1], v[1] = rotate(v[1], 13) ^ v[0], v[0] = rotate(v[0], 32);
	v[2] += v[3], v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3], v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1], v[1] = rotate(v[1], 17) ^ v[2], v[2] = rotate(v[2], 32);
}

uint64_t sw_hash64(const void *bytes, size_t n)
{
	pthread_once(&sip_once, draw_sip_key);
	uint64_t v[4] = { sip_key[0] ^ 0x736f6d6570736575u, sip_key[1] ^ 0x646f72616e646f6du,
			  sip_key[0] ^ 0x6c7967656e657261u, sip_key[1] ^ 0x7465646279746573u };
	const char *at = bytes;
	uint64_t word, last = (uint64_t)n << 56;
	for (size_t left = n; left >= 8; left -= 8, at += 8) {
		memcpy(&word, at, 8);
		v[3] ^= word;
		sip_round(v);
		v[0] ^= word;
	}
	word = 0;
	if (n % 8)
		memcpy(&word, at, n % 8);
	last |= word;
	v[3] ^= last;
	sip_round(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	sip_round(v), sip_round(v), sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* ---- digests ---- */

/* Fetched once: asking OpenSSL by name for each digest costs more than the digest, and takes a lock. */
static EVP_MD *md_sha1, *md_sha256;
static pthread_once_t md_once = PTHREAD_ONCE_INIT;

static void fetch_md(void)
{
	md_sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	md_sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	SW_BUG_ON(!md_sha1 || !md_sha256);
}

static void digest(EVP_MD *const *kind, struct sw_str data, uint8_t *out)
{
	pthread_once(&md_once, fetch_md);
	SW_BUG_ON(EVP_Digest(data.n ? data.p : "", data.n, out, NULL, *kind, NULL) != 1);
}

/* RFC 2104; a block of both digests has 64 bytes. */
static void hmac(EVP_MD *const *kind, struct sw_str key, struct sw_str data, uint8_t *out)
{
	enum { BLOCK = 64, INNER = 0x36, OUTER = 0x5c };
	uint8_t pad[BLOCK] = { 0 };
	unsigned n;
	if (key.n > BLOCK)
		digest(kind, key, pad);
	else if (key.n)
		memcpy(pad, key.p, key.n);
	pthread_once(&md_once, fetch_md);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	SW_BUG_ON(!ctx);
	for (int i = 0; i < BLOCK; i++)
		pad[i] ^= INNER;
	bool ok = EVP_DigestInit_ex(ctx, *kind, NULL) && EVP_DigestUpdate(ctx, pad, BLOCK) &&
		  EVP_DigestUpdate(ctx, data.n ? data.p : "", data.n) && EVP_DigestFinal_ex(ctx, out, &n);
	for (int i = 0; i < BLOCK; i++)
		pad[i] ^= INNER ^ OUTER;
	ok = ok && EVP_DigestInit_ex(ctx, *kind, NULL) && EVP_DigestUpdate(ctx, pad, BLOCK) &&
	     EVP_DigestUpdate(ctx, out, n) && EVP_DigestFinal_ex(ctx, out, &n);
	EVP_MD_CTX_free(ctx);
	OPENSSL_cleanse(pad, sizeof(pad));
	SW_BUG_ON(!ok);
}

void sw_sha1(struct sw_str data, uint8_t out[20])
{
	digest(&md_sha1, data, out);
}

void sw_sha256(struct sw_str data, uint8_t out[32])
{
	digest(&md_sha256, data, out);
}

void sw_hmac_sha1(struct sw_str key, struct sw_str data, uint8_t out[20])
{
	hmac(&md_sha1, key, data, out);
}

void sw_hmac_sha256(struct sw_str key, struct sw_str data, uint8_t out[32])
{
	hmac(&md_sha256, key, data, out);
}

bool sw_equal_secret(struct sw_str a, struct sw_str b)
{
	return a.n == b.n && (a.n == 0 || CRYPTO_memcmp(a.p, b.p, a.n) == 0);
}

/* ---- sealed secrets ---- */

struct sw_str sw_seal(struct sw_arena *arena, const uint8_t key[SW_SEAL_KEY_BYTES], struct sw_str about,
		      struct sw_str plain)
{
	uint8_t *out = (uint8_t *)sw_arena_bytes(arena, plain.n + SW_SEAL_EXTRA_BYTES);
	sw_random_bytes(out, NONCE);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0;
	bool ok = ctx && EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, out) == 1 &&
		  EVP_EncryptUpdate(ctx, NULL, &n, (const uint8_t *)about.p, (int)about.n) == 1 &&
		  EVP_EncryptUpdate(ctx, out + NONCE, &n, (const uint8_t *)plain.p, (int)plain.n) == 1 &&
		  EVP_EncryptFinal_ex(ctx, out + NONCE + n, &n) == 1 &&
		  EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG, out + NONCE + plain.n) == 1;
	EVP_CIPHER_CTX_free(ctx);
	SW_BUG_ON(!ok);
	return (struct sw_str){ (char *)out, plain.n + SW_SEAL_EXTRA_BYTES };
}

int sw_unseal(struct sw_arena *arena, const uint8_t key[SW_SEAL_KEY_BYTES], struct sw_str about, struct sw_str sealed,
	      struct sw_str *ret_plain)
{
	if (sealed.n < SW_SEAL_EXTRA_BYTES)
		return SW_ECORRUPT;
	const uint8_t *in = (const uint8_t *)sealed.p;
	size_t plain_n = sealed.n - SW_SEAL_EXTRA_BYTES;
	uint8_t *out = (uint8_t *)sw_arena_bytes(arena, plain_n + 1), tag[TAG];
	memcpy(tag, in + NONCE + plain_n, TAG);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0;
	bool ok = ctx && EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, in) == 1 &&
		  EVP_DecryptUpdate(ctx, NULL, &n, (const uint8_t *)about.p, (int)about.n) == 1 &&
		  EVP_DecryptUpdate(ctx, out, &n, in + NONCE, (int)plain_n) == 1 &&
		  EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG, tag) == 1 &&
		  EVP_DecryptFinal_ex(ctx, out + n, &n) == 1;
	EVP_CIPHER_CTX_free(ctx);
	if (!ok)
		return SW_ECORRUPT;
	*ret_plain = (struct sw_str){ (char *)out, plain_n };
	return 0;
}

/* ---- hex and base64 (RFC 4648) ---- */

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void sw_hex_encode(const void *bytes, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *in = bytes;
	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[in[i] >> 4];
		out[2 * i + 1] = digits[in[i] & 15];
	}
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 32);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int sw_hex_decode(struct sw_str hex, void *out, size_t n)
{
	if (hex.n != 2 * n)
		return SW_EINVAL;
	for (size_t i = 0; i < hex.n; i++)
		if (hex_value(hex.p[i]) < 0)
			return SW_EINVAL;
	for (size_t i = 0; i < n; i++)
		((uint8_t *)out)[i] = (uint8_t)(hex_value(hex.p[2 * i]) << 4 | hex_value(hex.p[2 * i + 1]));
	return 0;
}

struct sw_str sw_base64_encode(struct sw_arena *arena, struct sw_str data)
{
	size_t n = (data.n + 2) / 3 * 4;
	char *out = sw_arena_bytes(arena, n + 1);
	const uint8_t *in = (const uint8_t *)data.p;
	for (size_t i = 0, k = 0; i < data.n; i += 3, k += 4) {
		size_t have = data.n - i;
		uint32_t word =
			(uint32_t)in[i] << 16 | (have > 1 ? (uint32_t)in[i + 1] << 8 : 0) | (have > 2 ? in[i + 2] : 0);
		for (size_t d = 0; d < 4; d++)
			out[k + d] = d <= have ? base64_digits[word >> (18 - 6 * d) & 63] : '=';
	}
	out[n] = 0;
	return (struct sw_str){ out, n };
}

static int base64_value(char c)
{
	const char *at = c ? strchr(base64_digits, c) : NULL;
	return at ? (int)(at - base64_digits) : -1;
}

int sw_base64_decode(struct sw_arena *arena, struct sw_str text, struct sw_str *ret)
{
	if (text.n % 4)
		return SW_EINVAL;
	size_t pad = text.n && text.p[text.n - 1] == '=' ? 1 + (text.p[text.n - 2] == '=') : 0;
	char *out = sw_arena_bytes(arena, text.n / 4 * 3 + 1);
	size_t n = 0;
	for (size_t i = 0; i < text.n; i += 4) {
		uint32_t word = 0;
		size_t digits = i + 4 == text.n ? 4 - pad : 4;
		for (size_t d = 0; d < 4; d++) {
			int value = d < digits ? base64_value(text.p[i + d]) : 0;
			if (value < 0)
				return SW_EINVAL;
			word = word << 6 | (uint32_t)value;
		}
		if ((digits == 2 && word & 0xffff) || (digits == 3 && word & 0xff))
			return SW_EINVAL; /* bits behind the last byte: another text for the same bytes */
		for (size_t b = 0; b + 1 < digits; b++)
			out[n++] = (char)(word >> (16 - 8 * b));
	}
	*ret = (struct sw_str){ out, n };
	return 0;
}
