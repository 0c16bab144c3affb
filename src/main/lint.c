#include "main/lint.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "core/secret.h"
#include "wire/form/form.h"

enum { TOKEN_CHARS_MIN = 32, DISTINCT_MIN = 8, OPTIONS_MAX = 128 };

static bool is_true(struct sw_str value)
{
	return sw_str_is(value, "true");
}

bool is_loopback(struct sw_str host)
{
	struct in_addr four;
	struct in6_addr six;
	char text[INET6_ADDRSTRLEN];
	bool brackets = sw_str_starts(host, SW_S("["));
	const char *colon = host.n ? memrchr(host.p, ':', host.n) : NULL;
	if (colon && (brackets ? colon[-1] == ']' : memchr(host.p, ':', host.n) == colon))
		host = sw_str_sub(host, 0, (size_t)(colon - host.p));
	if (brackets && host.n > 2)
		host = sw_str_sub(host, 1, host.n - 2);
	if (sw_str_is(host, "localhost"))
		return true;
	snprintf(text, sizeof(text), "%.*s", SW_FMT(host));
	if (inet_pton(AF_INET, text, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, text, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

static bool is_public(const struct config *config)
{
	return !is_loopback(config->listen);
}

/* Too short to guess by trying, or made of so few characters that nobody drew it by chance. */
static bool is_weak(struct sw_str secret, size_t chars_min)
{
	bool seen[256] = { false };
	unsigned distinct = 0;
	for (size_t i = 0; i < secret.n; i++) {
		distinct += !seen[(unsigned char)secret.p[i]];
		seen[(unsigned char)secret.p[i]] = true;
	}
	return secret.n < chars_min || distinct < DISTINCT_MIN;
}

/* ---- what may be found: *ret_what names it ---- */

struct looking {
	struct sw_arena *arena;
	const struct config *config;
	struct sw_str what;
};

static bool public_without_tls(struct looking *l)
{
	l->what = l->config->listen;
	return is_public(l->config) && !l->config->tls_cert.n;
}

static bool private_targets(struct looking *l)
{
	l->what = SW_S("allow_private");
	return is_true(l->config->allow_private);
}

static bool public_clock(struct looking *l)
{
	l->what = SW_S("virtual_clock");
	return is_true(l->config->virtual_clock) && is_public(l->config);
}

static bool weak_token(struct looking *l)
{
	l->what = SW_S("auth_token");
	return l->config->auth_token.n && is_weak(l->config->auth_token, TOKEN_CHARS_MIN);
}

static bool weak_key(struct looking *l)
{
	const char *key = getenv("STROWGER_KEY");
	l->what = SW_S("STROWGER_KEY");
	return key && key[0] && is_weak(sw_str_of(key), 64);
}

static bool open_file(struct sw_str path, struct looking *l)
{
	struct stat st;
	l->what = path;
	return path.n && stat(sw_str_cstr(l->arena, path), &st) == 0 && (st.st_mode & 077) != 0;
}

/* A group of those who may read keys is a custom of several systems. */
static bool open_tls_key(struct looking *l)
{
	struct stat st;
	l->what = l->config->tls_key;
	return l->what.n && stat(sw_str_cstr(l->arena, l->what), &st) == 0 && (st.st_mode & 07) != 0;
}

static bool open_key_file(struct looking *l)
{
	struct sw_str dir = config_store_dir(l->arena, l->config);
	return dir.p && open_file(sw_str_fmt(l->arena, "%.*s/install.key", SW_FMT(dir)), l);
}

static bool forgetful_store(struct looking *l)
{
	l->what = l->config->store;
	return sw_str_is(l->config->store, "sqlite::memory:") && is_public(l->config);
}

/* ---- carriers: found when one of them is so ---- */

struct parts {
	struct sw_str scheme, user, password, host;
	struct sw_form options;
};

static bool cut_url(struct sw_arena *arena, struct sw_str url, struct parts *ret)
{
	struct sw_str rest = url, query;
	*ret = (struct parts){ .scheme = sw_str_cut(&rest, ':') };
	if (!sw_str_starts(rest, SW_S("//")))
		return false;
	query = sw_str_from(rest, 2);
	rest = sw_str_cut(&query, '?');
	ret->host = rest;
	if (sw_str_index(rest, '@') >= 0) {
		size_t at = rest.n;
		while (rest.p[at - 1] != '@')
			at--;
		ret->password = sw_str_sub(rest, 0, at - 1);
		ret->user = sw_str_cut(&ret->password, ':');
		ret->host = sw_str_from(rest, at);
	}
	return !query.p || sw_form_decode(arena, query, OPTIONS_MAX, &ret->options) == 0;
}

static bool is_smpp(const struct parts *p)
{
	return sw_str_is(p->scheme, "smpp") || sw_str_is(p->scheme, "smpps");
}

static bool has_no_rate(const struct parts *p)
{
	struct sw_str rate = sw_form_get(&p->options, "rate");
	return is_smpp(p) && !is_loopback(p->host) && (!rate.p || sw_str_is(rate, "0"));
}

static bool is_unencrypted(const struct parts *p)
{
	return (sw_str_is(p->scheme, "smpp") || sw_str_is(p->scheme, "twilio+http")) && !is_loopback(p->host);
}

static bool trusts_anybody(const struct parts *p)
{
	return sw_str_is(sw_form_get(&p->options, "tls_verify"), "off");
}

static bool shows_secret(const struct parts *p)
{
	return p->password.n && !sw_secret_is_named(p->password) && !is_loopback(p->host);
}

/* It is told the server's public URL, and calls it with receipts and inbound messages. */
static bool calls_back(const struct parts *p)
{
	return (sw_str_is(p->scheme, "twilio") || sw_str_is(p->scheme, "twilio+http")) && !is_loopback(p->host) &&
	       !sw_str_is(sw_form_get(&p->options, "receipts"), "off");
}

static bool any_carrier(struct looking *l, bool (*is_so)(const struct parts *p))
{
	for (unsigned i = 0; i < l->config->carriers; i++) {
		struct parts parts;
		l->what = l->config->carrier[i].name;
		if (cut_url(l->arena, l->config->carrier[i].url, &parts) && is_so(&parts))
			return true;
	}
	return false;
}

static bool unreachable_for_carrier(struct looking *l)
{
	struct sw_str url = l->config->public_url, host = url;
	ptrdiff_t slashes = sw_str_find(url, SW_S("://"));
	if (slashes >= 0)
		host = sw_str_from(url, (size_t)slashes + 3);
	return (!url.n || is_loopback(host)) && any_carrier(l, calls_back);
}

static const struct {
	const char *name;
	bool (*find)(struct looking *l);
	bool (*find_carrier)(const struct parts *p);
	const char *why, *action;
} rules[] = {
	{ "public-without-tls", public_without_tls, NULL,
	  "other machines reach the listener, and passwords and texts travel to it in the clear",
	  "set tls_cert and tls_key, or listen on 127.0.0.1 behind a proxy that speaks TLS" },
	{ "open-tls-key", open_tls_key, NULL, "everybody on this machine can read the certificate's key",
	  "chmod 600 the file" },
	{ "private-targets", private_targets, NULL,
	  "customers' URLs reach private networks: whoever may set one can ask your other servers",
	  "leave allow_private off, or let only people you trust have an account" },
	{ "public-clock", public_clock, NULL, "everybody with an account can move time for all",
	  "use the virtual clock in tests only" },
	{ "weak-token", weak_token, NULL, "the auth token can be guessed",
	  "use 32 hex digits, for example from: openssl rand -hex 16" },
	{ "weak-key", weak_key, NULL, "the installation key can be guessed, and with it every stored secret",
	  "use 64 hex digits, for example from: openssl rand -hex 32" },
	{ "open-key-file", open_key_file, NULL, "others on this machine can read the installation key",
	  "chmod 600 the file" },
	{ "forgetful-store", forgetful_store, NULL, "a store in memory forgets everything when the process ends",
	  "use --store sqlite:DIR" },
	{ "carrier-without-limit", NULL, has_no_rate,
	  "the carrier is given as many messages a second as it takes, which contracts seldom allow",
	  "add rate=N to its URL" },
	{ "carrier-unencrypted", NULL, is_unencrypted, "the carrier's password and all texts travel in the clear",
	  "use smpps:// or twilio://, or a tunnel that ends on loopback" },
	{ "carrier-unverified", NULL, trusts_anybody,
	  "any certificate will do, so anybody on the way can be the carrier",
	  "remove tls_verify=off, or name the authority with tls_ca=FILE" },
	{ "carrier-cannot-call", unreachable_for_carrier, NULL,
	  "the carrier cannot call this server, so neither receipts nor inbound messages come",
	  "set public_url to the URL by which others reach it, or receipts=off" },
	{ "carrier-secret-in-url", NULL, shows_secret, "the carrier's secret stands in the configuration itself",
	  "write @FILE or $NAME in its place" },
};

unsigned lint(struct sw_arena *arena, const struct config *config, struct sw_buf *out)
{
	unsigned n = 0;
	for (size_t i = 0; i < SW_COUNTOF(rules); i++) {
		struct looking l = { .arena = arena, .config = config };
		bool found = rules[i].find ? rules[i].find(&l) : any_carrier(&l, rules[i].find_carrier);
		if (!found)
			continue;
		sw_buf_add_fmt(out, "%s: %.*s: %s; %s\n", rules[i].name, SW_FMT(l.what), rules[i].why, rules[i].action);
		n++;
	}
	return n;
}
