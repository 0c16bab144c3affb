/* Targets as people type them. */
#include <stddef.h>

#include "base/num.h"
#include "net/publish/publish_impl.h"
#include "wire/form/form.h"

/* The one list of what can be published to. */
static const struct sw_publish_kind *const kinds[] = {
#ifdef SW_HAVE_NATS
	&sw_publish_nats,  &sw_publish_nats_tls,
#endif
#ifdef SW_HAVE_KAFKA
	&sw_publish_kafka,
#endif
	&sw_publish_null,  &sw_publish_sim,
};

/* Options are texts, or numbers within bounds. */
static const struct option {
	const char *name;
	size_t at;
	bool is_text;
	int64_t min, max, def;
} options[] = {
	{ "stream", offsetof(struct sw_publish_url, stream), .is_text = true },
	{ "server_name", offsetof(struct sw_publish_url, server_name), .is_text = true },
	{ "sasl", offsetof(struct sw_publish_url, sasl), .is_text = true },
	{ "error", offsetof(struct sw_publish_url, error), .is_text = true },
	{ "replicas", offsetof(struct sw_publish_url, replicas), .min = 1, .max = 5, .def = 1 },
	{ "max_age_h", offsetof(struct sw_publish_url, max_age_h), .max = 87600 },
	{ "timeout_ms", offsetof(struct sw_publish_url, timeout_ms), .min = 100, .max = 60000 },
	{ "tls", offsetof(struct sw_publish_url, tls_flag), .max = 1 },
	{ "delay_ms", offsetof(struct sw_publish_url, delay_ms), .max = 60000 },
	{ "fail_first", offsetof(struct sw_publish_url, fail_first), .max = 1000000000 },
	{ "fail_every", offsetof(struct sw_publish_url, fail_every), .max = 1000000000 },
};

static void *place_of(struct sw_publish_url *url, const struct option *option)
{
	return (char *)url + option->at;
}

static const struct option *find_option(const struct sw_publish_kind *kind, struct sw_str name)
{
	bool known = sw_str_is(name, "timeout_ms");
	for (const char *const *row = kind->options; row && *row && !known; row++)
		known = sw_str_is(name, *row);
	for (size_t i = 0; known && i < SW_COUNTOF(options); i++)
		if (sw_str_is(name, options[i].name))
			return &options[i];
	return NULL;
}

/* What an option's value may not have: it goes into protocols, line by line. */
static bool is_plain(struct sw_str text)
{
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] <= ' ' || text.p[i] == '"' || text.p[i] == '\\' || text.p[i] == 127)
			return false;
	return text.n > 0;
}

static int parse_options(struct sw_arena *arena, struct sw_str text, struct sw_publish_url *url, struct sw_str *ret_why)
{
	struct sw_form form = { 0 };
	for (size_t i = 0; i < SW_COUNTOF(options); i++)
		if (!options[i].is_text)
			*(int64_t *)place_of(url, &options[i]) = options[i].def;
	url->timeout_ms = sw_publish_limits.timeout_us / 1000;
	if (text.p && sw_form_decode(arena, text, 16, &form)) {
		*ret_why = SW_S("The options behind '?' are malformed.");
		return SW_EINVAL;
	}
	for (size_t i = 0; i < form.n; i++) {
		const struct option *option = find_option(url->kind, form.v[i].name);
		int64_t number;
		if (!option) {
			*ret_why = sw_str_fmt(arena, "%s has no option '%.*s'.", url->kind->scheme,
					      SW_FMT(form.v[i].name));
			return SW_EINVAL;
		}
		if (option->is_text && is_plain(form.v[i].value)) {
			*(struct sw_str *)place_of(url, option) = form.v[i].value;
		} else if (!option->is_text && !sw_num_parse(form.v[i].value, &number) && number >= option->min &&
			   number <= option->max) {
			*(int64_t *)place_of(url, option) = number;
		} else {
			*ret_why = option->is_text
					   ? sw_str_fmt(arena, "The option '%s' is empty or has blanks in it.",
							option->name)
					   : sw_str_fmt(arena, "The option '%s' must be a number from %lld to %lld.",
							option->name, (long long)option->min, (long long)option->max);
			return SW_EINVAL;
		}
	}
	return 0;
}

/* "host", "host:port", "[v6]:port" */
static bool parse_host(struct sw_arena *arena, struct sw_str text, int port, struct sw_publish_host *ret)
{
	int64_t number = port;
	struct sw_str rest = text, name;
	if (text.n && text.p[0] == '[') {
		rest = sw_str_from(text, 1);
		name = sw_str_cut(&rest, ']');
		if (!rest.p || (rest.n && rest.p[0] != ':'))
			return false;
		rest = rest.n ? sw_str_from(rest, 1) : SW_STR_NULL;
	} else {
		name = sw_str_cut(&rest, ':');
	}
	if (rest.p && (sw_num_parse(rest, &number) || number < 1 || number > 65535))
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
		      c == '-' || c == '_' || (c == ':' && text.p[0] == '[')))
			return false;
	}
	*ret = (struct sw_publish_host){ sw_str_dup(arena, name), (int)number };
	return name.n > 0 && name.n < 254;
}

static int parse_authority(struct sw_arena *arena, struct sw_str text, struct sw_publish_url *url,
			   struct sw_str *ret_why)
{
	ptrdiff_t at = -1;
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '@')
			at = (ptrdiff_t)i;
	if (at >= 0) {
		struct sw_str rest = sw_str_sub(text, 0, (size_t)at), user = sw_str_cut(&rest, ':');
		if (sw_percent_decode(arena, user, &url->user) ||
		    (rest.p && sw_percent_decode(arena, rest, &url->password))) {
			*ret_why = SW_S(
				"The user and password in the URL are malformed: write special characters as %XX.");
			return SW_EINVAL;
		}
		text = sw_str_from(text, (size_t)at + 1);
	}
	while (text.p && text.n) {
		struct sw_str host = sw_str_cut(&text, ',');
		if (url->hosts_n == SW_PUBLISH_HOSTS_MAX ||
		    !parse_host(arena, host, url->kind->port, &url->hosts[url->hosts_n])) {
			*ret_why = sw_str_fmt(arena, "The host '%.*s' is malformed, or there are more than %d of them.",
					      SW_FMT(host), SW_PUBLISH_HOSTS_MAX);
			return SW_EINVAL;
		}
		url->hosts_n++;
	}
	return 0;
}

static int check_whole(struct sw_arena *arena, struct sw_publish_url *url, struct sw_str *ret_why)
{
	const struct sw_publish_kind *kind = url->kind;
	const char *complaint = NULL;
	if (kind->needs_host && !url->hosts_n)
		complaint = "The URL names no host.";
	else if (kind->needs_place && (!url->place.n || url->place.n > 200 || !is_plain(url->place)))
		complaint = sw_str_cstr(arena, sw_str_fmt(arena,
							  "The URL's path must be the %s, up to 200 characters without "
							  "blanks.",
							  kind->place));
	else if (kind->check)
		complaint = kind->check(url);
	if (!complaint)
		return 0;
	*ret_why = sw_str_of(complaint);
	return SW_EINVAL;
}

int sw_publish_url_parse(struct sw_arena *arena, struct sw_str text, bool trusted, struct sw_publish_url *ret,
			 struct sw_str *ret_why)
{
	struct sw_str rest = text, scheme = sw_str_cut(&rest, ':'), query;
	*ret = (struct sw_publish_url){ 0 };
	for (size_t i = 0; i < SW_COUNTOF(kinds) && rest.p; i++)
		if (sw_str_is(scheme, kinds[i]->scheme) && (trusted || !kinds[i]->operator_only))
			ret->kind = kinds[i];
	if (!ret->kind) {
		*ret_why = SW_S("The URL must begin with nats://, tls:// or kafka://.");
		return SW_EINVAL;
	}
	ret->tls = ret->kind->tls;
	if (sw_str_starts(rest, SW_S("//")))
		rest = sw_str_from(rest, 2);
	query = rest;
	rest = sw_str_cut(&query, '?');
	struct sw_str authority = sw_str_cut(&rest, '/');
	if (ret->kind->needs_host) {
		int failed = parse_authority(arena, authority, ret, ret_why);
		if (failed)
			return failed;
		ret->place = rest;
	} else {
		ret->place = authority;
	}
	if (ret->place.p && sw_percent_decode(arena, ret->place, &ret->place)) {
		*ret_why = SW_S("The URL's path is malformed.");
		return SW_EINVAL;
	}
	int failed = parse_options(arena, query, ret, ret_why);
	ret->tls |= ret->tls_flag != 0;
	return failed ? failed : check_whole(arena, ret, ret_why);
}

struct sw_str sw_publish_url_label(struct sw_arena *arena, const struct sw_publish_url *url)
{
	struct sw_buf text = { .arena = arena };
	sw_buf_add_fmt(&text, "%s://", url->kind->scheme);
	for (size_t i = 0; i < url->hosts_n; i++)
		sw_buf_add_fmt(&text, "%s%.*s:%d", i ? "," : "", SW_FMT(url->hosts[i].name), url->hosts[i].port);
	sw_buf_add_fmt(&text, "%s%.*s", url->hosts_n ? "/" : "", SW_FMT(url->place));
	return sw_buf_str(&text);
}

int sw_publish_check(struct sw_arena *arena, const struct sw_publish_target *target, struct sw_str *ret_why)
{
	struct sw_publish_url url;
	return sw_publish_url_parse(arena, target->url, target->trusted, &url, ret_why);
}
