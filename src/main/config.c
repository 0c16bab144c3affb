#include "main/config.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"

static const char *const yes_no[] = { "true", "false", NULL };
static const char *const levels[] = { "debug", "info", "warn", "error", "off", NULL };

/* clang-format off */
static const struct setting {
	const char *name; /* as in the file; '_' is '-' in flags */
	size_t at;
	const char *def, *doc;
	const char *const *values; /* NULL: any */
} settings[] = {
	{ "listen", offsetof(struct config, listen), "127.0.0.1:8080", "address and port to serve on; port 0 takes a free one" },
	{ "store", offsetof(struct config, store), "sqlite:./data", "where data lives: sqlite:DIR, or sqlite::memory: to keep nothing" },
	{ "log_level", offsetof(struct config, log_level), "info", "debug, info, warn, error or off", levels },
	{ "config", offsetof(struct config, config_file), "", "file of settings, `name = value` a line" },
	{ "server", offsetof(struct config, server), "", "server that send and tail talk to; found in the store by default" },
	{ "account_sid", offsetof(struct config, account_sid), "", "the first account's SID" },
	{ "auth_token", offsetof(struct config, auth_token), "", "the first account's auth token" },
	{ "allow_private", offsetof(struct config, allow_private), "false", "true: customers' URLs may reach private networks", yes_no },
	{ "strict", offsetof(struct config, strict), "false", "true: refuse to start with a configuration that `strowger check` warns of", yes_no },
	{ "virtual_clock", offsetof(struct config, virtual_clock), "false", "true: offer POST /v1/clock, which moves time ahead, for tests", yes_no },
	{ "opening_balance", offsetof(struct config, opening_balance), "100", "balance of a new master account" },
	{ "tier", offsetof(struct config, tier), "scale", "limits of accounts that have no tier of their own: free, growth, scale, or one of `tier.NAME = ...`" },
	{ "address_rate", offsetof(struct config, address_rate), "10000", "requests a second of an address without credentials; 0: no limit" },
	{ "ice_servers", offsetof(struct config, ice_servers), "", "stun: and turn: URLs that POST Tokens hands out, with commas between" },
	{ "ice_secret", offsetof(struct config, ice_secret), "", "secret shared with the TURN servers: @FILE or $NAME" },
	{ "loops", offsetof(struct config, loops), "0", "threads that serve HTTP; 0: one a core" },
};
/* clang-format on */

static struct sw_str *place(struct config *config, const struct setting *setting)
{
	return (struct sw_str *)(void *)((char *)config + setting->at);
}

static const struct setting *find(struct sw_str name)
{
	for (size_t i = 0; i < SW_COUNTOF(settings); i++) {
		struct sw_str own = sw_str_of(settings[i].name);
		bool same = own.n == name.n;
		for (size_t k = 0; same && k < own.n; k++)
			same = own.p[k] == name.p[k] || (own.p[k] == '_' && name.p[k] == '-');
		if (same)
			return &settings[i];
	}
	return NULL;
}

static int add_carrier(struct config *config, struct sw_str name, struct sw_str url)
{
	for (unsigned i = 0; i < config->carriers; i++)
		if (sw_str_eq(config->carrier[i].name, name))
			return 0; /* one that weighs more named it */
	if (config->carriers == SW_CARRIERS_MAX || !name.n || !url.n)
		return SW_EINVAL;
	config->carrier[config->carriers].name = name;
	config->carrier[config->carriers++].url = url;
	return 0;
}

static int add_tier(struct config *config, struct sw_str name, struct sw_str text)
{
	for (unsigned i = 0; i < config->tiers_n; i++)
		if (sw_str_eq(config->tiers[i].name, name))
			return SW_EEXIST;
	if (config->tiers_n == SW_TIERS_MAX || !name.n)
		return SW_EINVAL;
	config->tiers[config->tiers_n].name = name;
	config->tiers[config->tiers_n++].text = text;
	return 0;
}

/* A value that weighs less than what is there is ignored. */
static int put(struct config *config, struct sw_str name, struct sw_str value)
{
	if (sw_str_starts(name, SW_S("carrier.")))
		return add_carrier(config, sw_str_from(name, 8), value);
	if (sw_str_starts(name, SW_S("tier.")))
		return add_tier(config, sw_str_from(name, 5), value);
	const struct setting *setting = find(name);
	if (!setting)
		return SW_EINVAL;
	if (!place(config, setting)->p)
		*place(config, setting) = value;
	return 0;
}

static int take_flag(struct config *config, struct sw_str name, struct sw_str value)
{
	if (!sw_str_is(name, "carrier"))
		return put(config, name, value);
	struct sw_str url = value, carrier = sw_str_cut(&url, '=');
	for (unsigned i = 0; i < config->carriers; i++)
		if (sw_str_eq(config->carrier[i].name, carrier))
			return SW_EEXIST;
	return url.p ? add_carrier(config, carrier, url) : SW_EINVAL;
}

static bool is_switch(struct sw_str name)
{
	const struct setting *setting = find(name);
	return setting && setting->values == yes_no;
}

static bool is_yes_or_no(const char *word)
{
	return strcmp(word, "true") == 0 || strcmp(word, "false") == 0;
}

static int read_flags(struct sw_arena *arena, int argc, char **argv, struct config *config, struct sw_strs *ret_rest,
		      struct sw_str *ret_why)
{
	ret_rest->v = SW_ARENA_ARRAY(arena, struct sw_str, (size_t)argc + 1);
	for (int i = 0; i < argc; i++) {
		struct sw_str word = sw_str_of(argv[i]), value = word;
		if (!sw_str_starts(word, SW_S("--"))) {
			ret_rest->v[ret_rest->n++] = word;
			continue;
		}
		struct sw_str name = sw_str_from(sw_str_cut(&value, '='), 2);
		bool carrier = sw_str_is(name, "carrier");
		if (!carrier && !find(name)) { /* the command's own */
			ret_rest->v[ret_rest->n++] = word;
			continue;
		}
		if (!value.p && is_switch(name) && !(i + 1 < argc && is_yes_or_no(argv[i + 1])))
			value = SW_S("true"); /* --strict is --strict true */
		if (!value.p && i + 1 < argc)
			value = sw_str_of(argv[++i]);
		int err = value.p ? take_flag(config, name, value) : SW_EINVAL;
		if (err) {
			struct sw_str rest = value, twice = sw_str_cut(&rest, '=');
			*ret_why = err == SW_EEXIST
					   ? sw_str_fmt(arena, "the carrier '%.*s' is given twice", SW_FMT(twice))
					   : sw_str_fmt(arena, "--%.*s needs a value%s", SW_FMT(name),
							carrier ? " of the form NAME=URL" : "");
			return SW_EINVAL;
		}
	}
	return 0;
}

static int read_environment(struct sw_arena *arena, struct config *config)
{
	for (size_t i = 0; i < SW_COUNTOF(settings); i++) {
		struct sw_buf name = { .arena = arena };
		sw_buf_add_cstr(&name, "STROWGER_");
		for (const char *p = settings[i].name; *p; p++)
			sw_buf_add_char(&name, *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p);
		const char *value = getenv(sw_str_cstr(arena, sw_buf_str(&name)));
		if (value && value[0] && put(config, sw_str_of(settings[i].name), sw_str_of(value)))
			return SW_EINVAL;
	}
	return 0;
}

static int read_file(struct sw_arena *arena, struct config *config, struct sw_str *ret_why)
{
	char *line = NULL;
	size_t room = 0;
	unsigned number = 0;
	FILE *file = fopen(sw_str_cstr(arena, config->config_file), "re");
	if (!file) {
		*ret_why = sw_str_fmt(arena, "the configuration file %.*s cannot be read", SW_FMT(config->config_file));
		return SW_EIO;
	}
	int err = 0;
	while (!err && getline(&line, &room, file) >= 0) {
		struct sw_str value = sw_str_trim(sw_str_dup(arena, sw_str_of(line)));
		number++;
		if (value.n == 0 || value.p[0] == '#')
			continue;
		struct sw_str name = sw_str_trim(sw_str_cut(&value, '='));
		err = value.p ? put(config, name, sw_str_trim(value)) : SW_EINVAL;
		if (err)
			*ret_why =
				sw_str_fmt(arena, "%.*s:%u: '%.*s' %s: see strowger --help",
					   SW_FMT(config->config_file), number, SW_FMT(name),
					   err == SW_EEXIST ? "is declared twice" : "is not a setting, or has no '='");
	}
	if (!err && ferror(file)) { /* a directory opens too */
		*ret_why = sw_str_fmt(arena, "the configuration file %.*s cannot be read", SW_FMT(config->config_file));
		err = SW_EIO;
	}
	free(line);
	fclose(file);
	return err;
}

/* A word that is none of those a setting knows would silently mean something else. */
static int check_values(struct sw_arena *arena, struct config *config, struct sw_str *ret_why)
{
	for (size_t i = 0; i < SW_COUNTOF(settings); i++) {
		const char *const *v = settings[i].values;
		struct sw_str value = *place(config, &settings[i]);
		while (v && *v && !sw_str_is(value, *v))
			v++;
		if (v && !*v) {
			*ret_why = sw_str_fmt(arena, "%s cannot be '%.*s'", settings[i].name, SW_FMT(value));
			return SW_EINVAL;
		}
	}
	return 0;
}

int config_read(struct sw_arena *arena, int argc, char **argv, struct config *ret, struct sw_strs *ret_rest,
		struct sw_str *ret_why)
{
	*ret = (struct config){ 0 };
	*ret_rest = (struct sw_strs){ 0 };
	int err = read_flags(arena, argc, argv, ret, ret_rest, ret_why);
	if (!err)
		err = read_environment(arena, ret);
	if (!err && ret->config_file.n)
		err = read_file(arena, ret, ret_why);
	for (size_t i = 0; i < SW_COUNTOF(settings); i++)
		if (!place(ret, &settings[i])->p)
			*place(ret, &settings[i]) = sw_str_of(settings[i].def);
	if (!err && ret->carriers == 0)
		err = add_carrier(ret, SW_S("sim"), SW_S("sim:"));
	return err ? err : check_values(arena, ret, ret_why);
}

void config_help(struct sw_buf *out)
{
	for (size_t i = 0; i < SW_COUNTOF(settings); i++) {
		struct sw_buf flag = { 0 };
		for (const char *p = settings[i].name; *p; p++)
			sw_buf_add_char(&flag, *p == '_' ? '-' : *p);
		sw_buf_add_fmt(out, "  --%-16.*s %s%s%s%s\n", SW_FMT(sw_buf_str(&flag)), settings[i].doc,
			       settings[i].def[0] ? " (" : "", settings[i].def, settings[i].def[0] ? ")" : "");
		sw_buf_done(&flag);
	}
	sw_buf_add_cstr(out, "  --carrier NAME=URL a road to a network, may repeat; not in the environment (sim=sim:)\n"
			     "  tier.NAME = read=100/s, write=20/s, send=10/s, concurrent=25, daily_send=10000 ... in "
			     "the file only: "
			     "docs/limits.md\n");
}

struct sw_str config_store_dir(struct sw_arena *arena, const struct config *config)
{
	struct sw_str rest = config->store, scheme = sw_str_cut(&rest, ':');
	if (!sw_str_is(scheme, "sqlite") || !rest.p || sw_str_is(rest, ":memory:"))
		return SW_STR_NULL;
	return sw_str_dup(arena, rest);
}
