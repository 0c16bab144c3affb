/* A customer's URL: taken apart, added to, and what stands in its document relative to it. */
#include "base/arena.h"
#include "base/hash.h"
#include "wire/signature/punycode.h"
#include "wire/signature/signature.h"

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

/* No blanks and nothing that could end a line. */
static bool is_clean(struct sw_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
			return false;
	return true;
}

static bool is_ascii(struct sw_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

/* Where the port begins with its colon: behind the name, or behind the bracket of an IPv6 address. */
static size_t name_length(struct sw_str host)
{
	ptrdiff_t at = sw_str_index(host, host.n && host.p[0] == '[' ? ']' : ':');
	if (at < 0)
		return host.n;
	return host.p[at] == ']' ? (size_t)at + 1 : (size_t)at;
}

static bool is_port(struct sw_str port)
{
	for (size_t i = 0; i < port.n; i++)
		if (i == 0 ? port.p[i] != ':' : port.p[i] < '0' || port.p[i] > '9')
			return false;
	return true;
}

/* A request line is ASCII: other bytes go out as %XX, or as punycode in a host, and are signed so. */
static int compose(struct sw_arena *arena, struct sw_str scheme, struct sw_str name, struct sw_str port,
		   struct sw_str rest, struct sw_str *ret)
{
	struct sw_buf out = { .arena = arena };
	sw_buf_reserve(&out, scheme.n + name.n + port.n + rest.n + 64);
	sw_buf_add_str(&out, scheme);
	int err = name.p[0] == '[' && !is_ascii(name) ? SW_EINVAL : sw_punycode_host(&out, name);
	sw_buf_add_str(&out, port);
	if (rest.n == 0 || rest.p[0] == '?')
		sw_buf_add_char(&out, '/');
	for (size_t i = 0; i < rest.n; i++)
		if ((unsigned char)rest.p[i] < 0x80)
			sw_buf_add_char(&out, rest.p[i]);
		else
			sw_buf_add_fmt(&out, "%%%02X", (unsigned char)rest.p[i]);
	*ret = sw_buf_str(&out);
	return err;
}

int sw_hook_url_split(struct sw_arena *arena, struct sw_str text, struct sw_hook_url *ret)
{
	struct sw_str fragment = text, whole = sw_str_cut(&fragment, '#');
	size_t scheme = scheme_length(whole), end = scheme;
	while (end < whole.n && whole.p[end] != '/' && whole.p[end] != '?')
		end++;
	struct sw_str host = sw_str_sub(whole, scheme, end - scheme), rest = sw_str_from(whole, end);
	ptrdiff_t at = last_index(host, '@');
	*ret = (struct sw_hook_url){ .url = whole, .fragment = fragment };
	if (at >= 0) {
		ret->userinfo = sw_str_sub(host, 0, (size_t)at);
		host = sw_str_from(host, (size_t)at + 1);
	}
	struct sw_str name = sw_str_sub(host, 0, name_length(host)), port = sw_str_from(host, name.n);
	if (!scheme || !name.n || !is_port(port) || !is_clean(whole))
		return SW_EINVAL;
	if (at < 0 && rest.n && rest.p[0] == '/' && is_ascii(whole))
		return 0;
	return compose(arena, sw_str_sub(whole, 0, scheme), name, port, rest, &ret->url);
}

struct sw_str sw_hook_url_add(struct sw_arena *arena, struct sw_str url, const struct sw_form *params)
{
	struct sw_buf out = { .arena = arena };
	if (params->n == 0)
		return url;
	sw_buf_add_str(&out, url);
	ptrdiff_t query = sw_str_index(url, '?');
	if (query < 0)
		sw_buf_add_char(&out, '?');
	else if ((size_t)query + 1 < url.n && url.p[url.n - 1] != '&')
		sw_buf_add_char(&out, '&'); /* also behind a query that ends with another '?' */
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

/* ---- relative to another ---- */

/* The path up to its last slash, which stays. */
static struct sw_str folder_of(struct sw_str path)
{
	ptrdiff_t slash = last_index(path, '/');
	return slash < 0 ? SW_S("/") : sw_str_sub(path, 0, (size_t)slash + 1);
}

/* RFC 3986 section 5.2.4. The path begins with a slash. */
static struct sw_str without_dots(struct sw_arena *arena, struct sw_str path)
{
	struct sw_buf out = { .arena = arena };
	struct sw_str rest = sw_str_from(path, 1);
	while (rest.p) {
		struct sw_str segment = sw_str_cut(&rest, '/');
		bool up = sw_str_is(segment, "..");
		ptrdiff_t parent = up ? last_index(sw_buf_str(&out), '/') : -1;
		if (parent >= 0)
			out.n = (size_t)parent;
		if (!up && !sw_str_is(segment, ".")) {
			sw_buf_add_char(&out, '/');
			sw_buf_add_str(&out, segment);
		} else if (!rest.p) {
			sw_buf_add_char(&out, '/');
		}
	}
	return sw_buf_str(&out);
}

int sw_hook_url_resolve(struct sw_arena *arena, struct sw_str base, struct sw_str reference, struct sw_str *ret)
{
	struct sw_hook_url ignored;
	struct sw_str rest = base, whole = sw_str_cut(&rest, '#');
	size_t scheme = scheme_length(whole), end = scheme;
	while (end < whole.n && whole.p[end] != '/' && whole.p[end] != '?')
		end++;
	struct sw_str site = sw_str_sub(whole, 0, end), query = sw_str_from(whole, end), path = sw_str_cut(&query, '?');
	if (scheme_length(reference)) {
		*ret = reference;
	} else if (!reference.n) {
		*ret = whole;
	} else if (sw_str_starts(reference, SW_S("//"))) {
		*ret = sw_str_fmt(arena, "%.*s%.*s", (int)(scheme - 2), base.p, SW_FMT(reference));
	} else if (reference.p[0] == '?') {
		*ret = sw_str_fmt(arena, "%.*s%.*s%.*s", SW_FMT(site), SW_FMT(path), SW_FMT(reference));
	} else {
		size_t n = 0;
		while (n < reference.n && reference.p[n] != '?' && reference.p[n] != '#')
			n++;
		struct sw_str target = sw_str_sub(reference, 0, n);
		if (target.n && target.p[0] != '/')
			target = sw_str_fmt(arena, "%.*s%.*s", SW_FMT(folder_of(path)), SW_FMT(target));
		*ret = sw_str_fmt(arena, "%.*s%.*s%.*s", SW_FMT(site),
				  SW_FMT(target.n ? without_dots(arena, target) : path),
				  SW_FMT(sw_str_from(reference, n)));
	}
	return sw_hook_url_split(arena, *ret, &ignored);
}
