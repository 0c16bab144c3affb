#include "wire/signature/signature.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/hash.h"

/* ---- URLs ---- */

static size_t scheme_length(struct sw_str url)
{
	static const struct sw_str schemes[] = { { "http://", 7 }, { "https://", 8 } };
	for (size_t i = 0; i < SW_COUNTOF(schemes); i++)
		if (sw_str_eq_nocase(sw_str_sub(url, 0, schemes[i].n), schemes[i]))
			return schemes[i].n;
	return 0;
}

static ptrdiff_t last_index(struct sw_str s, char c)
{
	ptrdiff_t i = (ptrdiff_t)s.n - 1;
	while (i >= 0 && s.p[i] != c)
		i--;
	return i;
}

int sw_hook_url_split(struct sw_arena *arena, struct sw_str text, struct sw_hook_url *ret)
{
	struct sw_str fragment = text, whole = sw_str_cut(&fragment, '#');
	size_t scheme = scheme_length(whole), end = scheme;
	while (end < whole.n && whole.p[end] != '/' && whole.p[end] != '?')
		end++;
	struct sw_str host = sw_str_sub(whole, scheme, end - scheme), rest = sw_str_from(whole, end);
	ptrdiff_t at = last_index(host, '@');
	*ret = (struct sw_hook_url){ .fragment = fragment };
	if (at >= 0) {
		ret->userinfo = sw_str_sub(host, 0, (size_t)at);
		host = sw_str_from(host, (size_t)at + 1);
	}
	if (!scheme || !host.n || host.p[0] == ':')
		return SW_EINVAL;
	bool slash = rest.n == 0 || rest.p[0] == '?';
	ret->url = at < 0 && !slash ? whole
				    : sw_str_fmt(arena, "%.*s%.*s%s%.*s", (int)scheme, whole.p, SW_FMT(host),
						 slash ? "/" : "", SW_FMT(rest));
	return 0;
}

struct sw_str sw_hook_url_add(struct sw_arena *arena, struct sw_str url, const struct sw_form *params)
{
	struct sw_buf out = { .arena = arena };
	if (params->n == 0)
		return url;
	sw_buf_add_str(&out, url);
	if (sw_str_index(url, '?') < 0)
		sw_buf_add_char(&out, '?');
	for (size_t i = 0; i < params->n; i++)
		sw_form_add(&out, params->v[i].name, params->v[i].value);
	return sw_buf_str(&out);
}

#define DIGEST_NAME "bodySHA256"

/* Where the value of a parameter of that name begins in the URL; 0: there is none. */
static size_t find_digest(struct sw_str url)
{
	struct sw_str rest = url;
	(void)sw_str_cut(&rest, '?');
	while (rest.p) {
		struct sw_str piece = sw_str_cut(&rest, '&');
		if (sw_str_starts(piece, SW_S(DIGEST_NAME "=")))
			return (size_t)(piece.p - url.p) + sizeof(DIGEST_NAME);
	}
	return 0;
}

struct sw_str sw_hook_url_add_digest(struct sw_arena *arena, struct sw_str url, struct sw_str body)
{
	uint8_t digest[32];
	char hex[64];
	sw_sha256(body, digest);
	sw_hex_encode(digest, sizeof(digest), hex);
	size_t at = find_digest(url), end = at;
	if (!at) {
		const struct sw_form_pair pair = { SW_S(DIGEST_NAME), { hex, sizeof(hex) } };
		const struct sw_form one = { .v = (struct sw_form_pair *)&pair, .n = 1 };
		return sw_hook_url_add(arena, url, &one);
	}
	while (end < url.n && url.p[end] != '&')
		end++;
	return sw_str_fmt(arena, "%.*s%.*s%.*s", (int)at, url.p, (int)sizeof(hex), hex, SW_FMT(sw_str_from(url, end)));
}

/* ---- signatures ---- */

static int by_name_and_value(const void *a, const void *b)
{
	const struct sw_form_pair *x = a, *y = b;
	int order = sw_str_cmp(x->name, y->name);
	return order ? order : sw_str_cmp(x->value, y->value);
}

static void add_sorted(struct sw_arena *arena, struct sw_buf *out, const struct sw_form *params)
{
	struct sw_form_pair *pairs = SW_ARENA_ARRAY(arena, struct sw_form_pair, params->n + 1);
	memcpy(pairs, params->v, params->n * sizeof(*pairs));
	qsort(pairs, params->n, sizeof(*pairs), by_name_and_value);
	for (size_t i = 0; i < params->n; i++) {
		if (i && by_name_and_value(&pairs[i - 1], &pairs[i]) == 0)
			continue;
		sw_buf_add_str(out, pairs[i].name);
		sw_buf_add_str(out, pairs[i].value);
	}
}

struct sw_str sw_twilio_signature(struct sw_arena *arena, struct sw_str token, struct sw_str url,
				  const struct sw_form *params)
{
	struct sw_buf text = { .arena = arena };
	uint8_t mac[20];
	sw_buf_reserve(&text, 1024);
	sw_buf_add_str(&text, url);
	if (params && params->n)
		add_sorted(arena, &text, params);
	sw_hmac_sha1(token, sw_buf_str(&text), mac);
	return sw_base64_encode(arena, (struct sw_str){ (const char *)mac, sizeof(mac) });
}

struct sw_str sw_standard_signature(struct sw_arena *arena, struct sw_str key, struct sw_str id, int64_t time_s,
				    struct sw_str body)
{
	struct sw_buf text = { .arena = arena };
	uint8_t mac[32];
	sw_buf_reserve(&text, id.n + body.n + 32);
	sw_buf_add_str(&text, id);
	sw_buf_add_char(&text, '.');
	sw_buf_add_int(&text, time_s);
	sw_buf_add_char(&text, '.');
	sw_buf_add_str(&text, body);
	sw_hmac_sha256(key, sw_buf_str(&text), mac);
	struct sw_str encoded = sw_base64_encode(arena, (struct sw_str){ (const char *)mac, sizeof(mac) });
	return sw_str_fmt(arena, "v1,%.*s", SW_FMT(encoded));
}
