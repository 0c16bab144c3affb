#include "carrier/option.h"

#include "base/arena.h"
#include "base/num.h"

enum { OPTIONS_MAX = 128 };

static void *place(void *options, const struct sw_option *option)
{
	return (char *)options + option->at;
}

static struct sw_str wants(struct sw_arena *arena, const struct sw_option *option)
{
	struct sw_buf out = { .arena = arena };
	if (option->kind == SW_OPTION_NUMBER)
		return sw_str_fmt(arena, "a number from %lld to %lld", (long long)option->min, (long long)option->max);
	if (option->kind == SW_OPTION_TEXT)
		return sw_str_fmt(arena, "a text of at most %lld characters", (long long)option->max);
	for (size_t i = 0; option->words[i]; i++)
		sw_buf_add_fmt(&out, "%s%s", i == 0 ? "" : option->words[i + 1] ? ", " : " or ", option->words[i]);
	return sw_buf_str(&out);
}

static int set(void *options, const struct sw_option *option, struct sw_str value)
{
	int64_t number = 0;
	switch (option->kind) {
	case SW_OPTION_NUMBER:
		if (sw_num_parse(value, &number) || number < option->min || number > option->max)
			return SW_EINVAL;
		*(int64_t *)place(options, option) = number;
		return 0;
	case SW_OPTION_TEXT:
		if ((int64_t)value.n < option->min || (int64_t)value.n > option->max || memchr(value.p, 0, value.n))
			return SW_EINVAL;
		break;
	case SW_OPTION_WORD:
	case SW_OPTION_ONE_OF:
		while (option->words[number] && !sw_str_is(value, option->words[number]))
			number++;
		if (!option->words[number])
			return SW_EINVAL;
		if (option->kind == SW_OPTION_WORD) {
			*(int64_t *)place(options, option) = number;
			return 0;
		}
		break;
	}
	*(struct sw_str *)place(options, option) = value;
	return 0;
}

void sw_options_default(const struct sw_option *table, void *options, int64_t without)
{
	for (; table->name; table++)
		if (table->def)
			SW_BUG_ON(set(options, table, sw_str_of(table->def)));
		else if (table->kind == SW_OPTION_NUMBER)
			*(int64_t *)place(options, table) = without;
}

int sw_option_take(struct sw_arena *arena, const struct sw_option *table, const struct sw_form_pair *pair,
		   void *options, struct sw_str *ret_want)
{
	while (table->name && !sw_str_is(pair->name, table->name))
		table++;
	if (!table->name)
		return SW_ENOTFOUND;
	*ret_want = wants(arena, table);
	return set(options, table, pair->value);
}

static struct sw_str unknown(struct sw_arena *arena, const char *scheme, const struct sw_option *table,
			     struct sw_str name, const char *more)
{
	struct sw_buf out = { .arena = arena };
	sw_buf_add_fmt(&out, "%s: there is no option '%.*s'; known are", scheme, SW_FMT(name));
	for (; table->name; table++)
		sw_buf_add_fmt(&out, " %s", table->name);
	if (more)
		sw_buf_add_fmt(&out, " %s", more);
	return sw_buf_str(&out);
}

int sw_options_parse(struct sw_arena *arena, const char *scheme, const struct sw_option *table, struct sw_str query,
		     void *options,
		     int (*take)(struct sw_arena *arena, const struct sw_form_pair *pair, void *options,
				 struct sw_str *ret_want),
		     const char *more, struct sw_str *ret_why)
{
	struct sw_form form = { 0 };
	if (query.n && sw_form_decode(arena, query, OPTIONS_MAX, &form)) {
		*ret_why =
			sw_str_fmt(arena, "%s: what stands behind the '?' is not NAME=VALUE with '&' between", scheme);
		return SW_EINVAL;
	}
	for (size_t i = 0; i < form.n; i++) {
		struct sw_str want = SW_STR_NULL;
		int err = take(arena, &form.v[i], options, &want);
		if (err == SW_ENOTFOUND)
			*ret_why = unknown(arena, scheme, table, form.v[i].name, more);
		else if (err)
			*ret_why = sw_str_fmt(arena, "%s: %.*s cannot be '%.*s': it is %.*s", scheme,
					      SW_FMT(form.v[i].name), SW_FMT(form.v[i].value), SW_FMT(want));
		if (err)
			return SW_EINVAL;
	}
	return 0;
}

void sw_options_describe(const struct sw_option *table, struct sw_buf *out)
{
	struct sw_arena arena;
	sw_arena_init(&arena);
	sw_buf_add_cstr(out, "| option | value | default | meaning |\n|---|---|---|---|\n");
	for (; table->name; table++)
		sw_buf_add_fmt(out, "| `%s` | %.*s | %s | %s |\n", table->name, SW_FMT(wants(&arena, table)),
			       table->def ? table->def : "", table->doc);
	sw_arena_done(&arena);
}

/* ---- the authority ---- */

static int take_host(struct sw_str text, int default_port, struct sw_authority *ret)
{
	struct sw_str rest = text;
	int64_t port = default_port;
	if (text.n && text.p[0] == '[') {
		ret->host = sw_str_cut(&rest, ']');
		ret->host = sw_str_from(ret->host, 1);
		rest = rest.n && rest.p[0] == ':' ? sw_str_from(rest, 1) : SW_STR_NULL;
	} else {
		ret->host = sw_str_cut(&rest, ':');
	}
	if (rest.p && (sw_num_parse(rest, &port) || port < 1 || port > 65535))
		return SW_EINVAL;
	ret->port = (int)port;
	return ret->host.n ? 0 : SW_EINVAL;
}

int sw_authority_parse(struct sw_arena *arena, struct sw_str text, int port, struct sw_authority *ret)
{
	size_t at = text.n;
	while (at > 0 && text.p[at - 1] != '@')
		at--;
	if (at == 0)
		return SW_EINVAL;
	struct sw_str password = sw_str_sub(text, 0, at - 1), user = sw_str_cut(&password, ':');
	if (!password.p)
		password = SW_S("");
	if (sw_percent_decode(arena, user, &ret->user) || sw_percent_decode(arena, password, &ret->password) ||
	    !ret->user.n)
		return SW_EINVAL;
	return take_host(sw_str_from(text, at), port, ret);
}
