/*
 * The proxy that this machine's programs have to use for other hosts, as the environment had it before: https_proxy and
 * http_proxy in either spelling, all_proxy, and no_proxy.  A tunnel goes through it by a CONNECT of ours (RFC 9110
 * section 9.3.6); a request of plain HTTP is handed to it whole.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/num.h"
#include "main/lint.h"
#include "main/run/run_impl.h"
#include "wire/form/form.h"

enum { ANSWER_MAX = 16 * 1024 };

/* ---- what the environment says ---- */

static struct sw_str variable(const char *const names[])
{
	for (size_t i = 0; names[i]; i++)
		if (getenv(names[i]) && getenv(names[i])[0])
			return sw_str_of(getenv(names[i]));
	return SW_STR_NULL;
}

static const char *const tunnels[] = { "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", NULL };
static const char *const plains[] = { "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", NULL };
static const char *const exceptions[] = { "no_proxy", "NO_PROXY", NULL };

/* "http://user:password@host:3128/": what stands before '@' is percent-encoded. @return false: it cannot be used */
static bool read_proxy(struct sw_arena *arena, struct sw_str url, struct run_upstream *ret)
{
	struct run_pair aim = { 0 };
	struct sw_str place = sw_str_starts(url, SW_S("http://")) ? sw_str_from(url, 7) : url, user;
	if (sw_str_find(place, SW_S("://")) >= 0)
		return false;
	struct sw_str rest = place;
	place = sw_str_cut(&rest, '/');
	const char *at = place.n ? memrchr(place.p, '@', place.n) : NULL;
	if (at) {
		if (sw_percent_decode(arena, sw_str_sub(place, 0, (size_t)(at - place.p)), &user))
			return false;
		ret->authorization =
			sw_str_fmt(arena, "Proxy-Authorization: Basic %.*s\r\n", SW_FMT(sw_base64_encode(arena, user)));
		place = sw_str_from(place, (size_t)(at - place.p) + 1);
	}
	if (!run_pair_aim(&aim, place, 80))
		return false;
	ret->host = sw_str_dup(arena, sw_str_of(aim.host));
	ret->port = aim.port;
	return true;
}

static void read_one(struct sw_arena *arena, const char *const names[], struct run_upstream *ret)
{
	struct sw_str url = variable(names);
	if (!url.p || read_proxy(arena, url, ret))
		return;
	*ret = (struct run_upstream){ 0 };
	fprintf(stderr, "strowger run: %s is no http://[USER:PASSWORD@]HOST:PORT; other hosts are reached directly\n",
		names[0]);
}

void run_upstreams_read(struct sw_arena *arena, struct run_upstreams *ret)
{
	*ret = (struct run_upstreams){ .except = variable(exceptions) };
	read_one(arena, tunnels, &ret->tunnel);
	read_one(arena, plains, &ret->plain);
}

/* ".example.com", "*.example.com", "example.com": it and what is below; "example.com:8080"; "*" */
static bool covers(struct sw_str entry, const struct run_pair *pair)
{
	struct sw_str host = sw_str_of(pair->host), port = entry, name = sw_str_cut(&port, ':');
	int64_t number;
	if (sw_str_is(entry, "*"))
		return true;
	if (port.p && (sw_num_parse(port, &number) || number != pair->port))
		return false;
	while (name.n && (name.p[0] == '*' || name.p[0] == '.'))
		name = sw_str_from(name, 1);
	if (!name.n || name.n > host.n || !sw_str_eq_nocase(sw_str_sub(host, host.n - name.n, name.n), name))
		return false;
	return name.n == host.n || host.p[host.n - name.n - 1] == '.';
}

const struct run_upstream *run_upstream_of(const struct run_upstreams *all, const struct run_pair *pair)
{
	const struct run_upstream *upstream = pair->plain ? &all->plain : &all->tunnel;
	struct sw_str rest = all->except;
	if (!upstream->host.n || pair->hosted || is_loopback(sw_str_of(pair->host)))
		return NULL;
	while (rest.p) {
		struct sw_str entry = sw_str_trim(sw_str_cut(&rest, ','));
		if (covers(entry, pair))
			return NULL;
	}
	return upstream;
}

/* ---- asking it ---- */

void run_upstream_ask(struct run_pair *pair)
{
	struct sw_arena arena;
	bool six = strchr(pair->host, ':');
	const char *open = six ? "[" : "", *close = six ? "]" : "";
	sw_arena_init(&arena);
	sw_stream_write(pair->server, sw_str_fmt(&arena, "CONNECT %s%s%s:%d HTTP/1.1\r\nHost: %s%s%s:%d\r\n%.*s\r\n",
						 open, pair->host, close, pair->port, open, pair->host, close,
						 pair->port, SW_FMT(pair->upstream->authorization)));
	sw_arena_done(&arena);
}

/* "HTTP/1.1 200 …" up to the empty line; other statuses are refusals. */
int run_upstream_answer(struct sw_str text, size_t *ret_bytes)
{
	ptrdiff_t end = sw_str_find(text, SW_S("\r\n\r\n"));
	if (end < 0)
		return text.n > ANSWER_MAX ? SW_EINVAL : SW_EMORE;
	*ret_bytes = (size_t)end + 4;
	bool version = sw_str_starts(text, SW_S("HTTP/1.1 2")) || sw_str_starts(text, SW_S("HTTP/1.0 2"));
	return version ? 0 : SW_EINVAL;
}
