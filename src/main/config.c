#include "main/config.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "core/limit/tier.h"

static const char *const yes_no[] = { "true", "false", NULL };
static const char *const levels[] = { "debug", "info", "warn", "error", "off", NULL };

/* clang-format off */
static const struct config_setting settings[] = {
	{ "listen", offsetof(struct config, listen), "127.0.0.1:8080", "address and port to serve on; port 0 takes a free one" },
	{ "store", offsetof(struct config, store), "sqlite:./data", "where data lives: sqlite:DIR, or sqlite::memory: to keep nothing" },
	{ "log_level", offsetof(struct config, log_level), "info", "debug, info, warn, error or off", levels },
	{ "config", offsetof(struct config, config_file), "", "file of settings, `name = value` a line; -FILE: only if it is there" },
	{ "server", offsetof(struct config, server), "", "server that send and tail talk to; found in the store by default" },
	{ "server_ca", offsetof(struct config, server_ca), "", "PEM file of the authority of that server's certificate; absent: the system's" },
	{ "tls_cert", offsetof(struct config, tls_cert), "", "PEM file: certificate and chain, to serve https; read again when it changes" },
	{ "tls_key", offsetof(struct config, tls_key), "", "PEM file: its private key, without a passphrase" },
	{ "account_sid", offsetof(struct config, account_sid), "", "the first account's SID" },
	{ "auth_token", offsetof(struct config, auth_token), "", "the first account's auth token" },
	{ "allow_private", offsetof(struct config, allow_private), "false", "true: customers' URLs may reach private networks", yes_no },
	{ "strict", offsetof(struct config, strict), "false", "true: refuse to start with a configuration that `strowger check` warns of", yes_no },
	{ "virtual_clock", offsetof(struct config, virtual_clock), "false", "true: offer POST /v1/clock, which moves time ahead, for tests", yes_no },
	{ "opening_balance", offsetof(struct config, opening_balance), "100", "balance of a new master account" },
	{ "tier", offsetof(struct config, tier), "scale", "limits of accounts that have no tier of their own: free, growth, scale, or one of `tier.NAME = ...`" },
	{ "address_rate", offsetof(struct config, address_rate), "10000", "requests a second of an address without credentials; 0: no limit" },
	{ "public_url", offsetof(struct config, public_url), "", "URL by which others know the server, such as https://api.example.org: it stands in the events that are sent out and in what carriers are told to call; absent: that of listen" },
	{ "ice_servers", offsetof(struct config, ice_servers), "", "stun: and turn: URLs that POST Tokens hands out, with commas between" },
	{ "ice_secret", offsetof(struct config, ice_secret), "", "secret shared with the TURN servers: @FILE or $NAME" },
	{ "attempts_bytes", offsetof(struct config, attempts_bytes), "1G", "what the log of requests to customers may hold: bytes, or 500M, 20G; 0: none is kept" },
	{ "attempts_days", offsetof(struct config, attempts_days), "30", "days that a request to a customer stays in that log" },
	{ "dead_letter_days", offsetof(struct config, dead_letter_days), "30", "days that a callback that was given up is kept; 0: it is not" },
	{ "replay_rate", offsetof(struct config, replay_rate), "50", "callbacks a second that a replay sends again, 1 to 1000" },
	{ "event_days", offsetof(struct config, event_days), "0", "days that events are kept once everybody has read them, 1 to 3650; 0: for ever" },
	{ "alert_days", offsetof(struct config, alert_days), "30", "days that alerts are kept, 1 to 3650" },
	{ "loops", offsetof(struct config, loops), "0", "threads that serve HTTP; 0: one a core" },
};
/* clang-format on */

static struct sw_str *place(struct config *config, const struct config_setting *setting)
{
	return (struct sw_str *)(void *)((char *)config + setting->at);
}

static const struct config_setting *find(struct sw_str name)
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

/* What is read, and what is wrong with it.  line: of the file; 0: not from the file. */
struct reading {
	struct sw_arena *arena;
	struct config *config;
	unsigned line, setting_line[SW_COUNTOF(settings)], carrier_line[SW_CARRIERS_MAX], tier_line[SW_TIERS_MAX];
	struct sw_str why;
};

static int wrong(struct reading *r, struct sw_str why)
{
	r->why = why;
	return SW_EINVAL;
}

static int twice(struct reading *r, struct sw_str name, unsigned line)
{
	return wrong(r, sw_str_fmt(r->arena, "'%.*s' is given twice, in line %u before", SW_FMT(name), line));
}

static int add_carrier(struct reading *r, struct sw_str name, struct sw_str url)
{
	struct config *config = r->config;
	for (unsigned i = 0; i < config->carriers; i++)
		if (sw_str_eq(config->carrier[i].name, name)) /* one that weighs more may have named it */
			return r->carrier_line[i] ? twice(r, name, r->carrier_line[i]) : 0;
	if (!name.n || !url.n)
		return wrong(r, SW_S("a carrier is carrier.NAME = URL"));
	if (config->carriers == SW_CARRIERS_MAX)
		return wrong(r, sw_str_fmt(r->arena, "there are more than %d carriers", SW_CARRIERS_MAX));
	r->carrier_line[config->carriers] = r->line;
	config->carrier[config->carriers].name = name;
	config->carrier[config->carriers++].url = url;
	return 0;
}

static int add_tier(struct reading *r, struct sw_str name, struct sw_str text)
{
	struct config *config = r->config;
	struct sw_tier tier;
	for (unsigned i = 0; i < config->tiers_n; i++)
		if (sw_str_eq(config->tiers[i].name, name))
			return twice(r, name, r->tier_line[i]);
	if (config->tiers_n == SW_TIERS_MAX)
		return wrong(r, sw_str_fmt(r->arena, "there are more than %d tiers", SW_TIERS_MAX));
	if (sw_tier_parse(r->arena, name, text, &tier, &r->why))
		return SW_EINVAL;
	r->tier_line[config->tiers_n] = r->line;
	config->tiers[config->tiers_n].name = name;
	config->tiers[config->tiers_n++].text = text;
	return 0;
}

/* A word that is none of those a setting knows would silently mean something else. */
static int check_value(struct reading *r, const struct config_setting *setting, struct sw_str value)
{
	struct sw_buf allowed = { .arena = r->arena };
	for (const char *const *v = setting->values; v && *v; v++) {
		if (sw_str_is(value, *v))
			return 0;
		sw_buf_add_fmt(&allowed, "%s%s", allowed.n ? v[1] ? ", " : " or " : "", *v);
	}
	return setting->values ? wrong(r, sw_str_fmt(r->arena, "%s cannot be '%.*s', only %.*s", setting->name,
						     SW_FMT(value), SW_FMT(sw_buf_str(&allowed))))
			       : 0;
}

/* A value that weighs less than what is there is ignored. */
static int put(struct reading *r, struct sw_str name, struct sw_str value)
{
	if (sw_str_starts(name, SW_S("carrier.")))
		return add_carrier(r, sw_str_from(name, 8), value);
	if (sw_str_starts(name, SW_S("tier.")))
		return add_tier(r, sw_str_from(name, 5), value);
	const struct config_setting *setting = find(name);
	if (!setting)
		return wrong(r, sw_str_fmt(r->arena, "'%.*s' is not a setting: see strowger --help", SW_FMT(name)));
	unsigned *line = &r->setting_line[setting - settings];
	if (*line)
		return twice(r, name, *line);
	*line = r->line;
	if (!place(r->config, setting)->p)
		*place(r->config, setting) = value;
	return check_value(r, setting, value);
}

static int take_flag(struct reading *r, struct sw_str name, struct sw_str value)
{
	if (!sw_str_is(name, "carrier"))
		return put(r, name, value);
	struct sw_str url = value, carrier = sw_str_cut(&url, '=');
	for (unsigned i = 0; i < r->config->carriers; i++)
		if (sw_str_eq(r->config->carrier[i].name, carrier))
			return wrong(r, sw_str_fmt(r->arena, "the carrier '%.*s' is given twice", SW_FMT(carrier)));
	return url.p ? add_carrier(r, carrier, url) : wrong(r, SW_S("--carrier needs a value of the form NAME=URL"));
}

static bool is_switch(struct sw_str name)
{
	const struct config_setting *setting = find(name);
	return setting && config_is_switch(setting);
}

static bool is_yes_or_no(const char *word)
{
	return strcmp(word, "true") == 0 || strcmp(word, "false") == 0;
}

static int read_flags(struct reading *r, int argc, char **argv, struct sw_strs *ret_rest)
{
	bool behind = false;
	ret_rest->v = SW_ARENA_ARRAY(r->arena, struct sw_str, (size_t)argc + 1);
	for (int i = 0; i < argc; i++) {
		struct sw_str word = sw_str_of(argv[i]), value = word;
		behind = behind || sw_str_is(word, "--"); /* another program's */
		if (behind || !sw_str_starts(word, SW_S("--"))) {
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
		int err = value.p ? take_flag(r, name, value)
				  : wrong(r, sw_str_fmt(r->arena, "--%.*s needs a value%s", SW_FMT(name),
							carrier ? " of the form NAME=URL" : ""));
		if (err)
			return err;
	}
	return 0;
}

static int read_environment(struct reading *r)
{
	for (size_t i = 0; i < SW_COUNTOF(settings); i++) {
		struct sw_buf name = { .arena = r->arena };
		sw_buf_add_cstr(&name, "STROWGER_");
		for (const char *p = settings[i].name; *p; p++)
			sw_buf_add_char(&name, *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p);
		const char *value = getenv(sw_str_cstr(r->arena, sw_buf_str(&name)));
		if (value && value[0] && put(r, sw_str_of(settings[i].name), sw_str_of(value)))
			return wrong(r, sw_str_fmt(r->arena, "%.*s: %.*s", SW_FMT(sw_buf_str(&name)), SW_FMT(r->why)));
	}
	return 0;
}

static int read_line(struct reading *r, struct sw_str line)
{
	struct sw_str value = sw_str_trim(line);
	if (value.n == 0 || value.p[0] == '#')
		return 0;
	struct sw_str name = sw_str_trim(sw_str_cut(&value, '='));
	if (!value.p)
		return wrong(r, sw_str_fmt(r->arena, "'%.*s' has no '=': a line is NAME = VALUE", SW_FMT(name)));
	return put(r, name, sw_str_trim(value));
}

static int read_file(struct reading *r)
{
	char *line = NULL;
	size_t room = 0;
	struct sw_str path = r->config->config_file;
	bool optional = path.p[0] == '-'; /* as systemd writes it */
	if (optional)
		path = sw_str_from(path, 1);
	FILE *file = fopen(sw_str_cstr(r->arena, path), "re");
	int err = 0;
	if (!file && optional && errno == ENOENT)
		return 0;
	while (file && !err && getline(&line, &room, file) >= 0) {
		r->line++;
		err = read_line(r, sw_str_dup(r->arena, sw_str_of(line)));
	}
	if (err)
		r->why = sw_str_fmt(r->arena, "%.*s:%u: %.*s", SW_FMT(path), r->line, SW_FMT(r->why));
	if (!file || (!err && ferror(file))) { /* a directory opens too */
		r->why = sw_str_fmt(r->arena, "the configuration file %.*s cannot be read", SW_FMT(path));
		err = SW_EIO;
	}
	free(line);
	if (file)
		fclose(file);
	return err;
}

int config_read(struct sw_arena *arena, int argc, char **argv, struct config *ret, struct sw_strs *ret_rest,
		struct sw_str *ret_why)
{
	struct reading r = { .arena = arena, .config = ret };
	*ret = (struct config){ 0 };
	*ret_rest = (struct sw_strs){ 0 };
	int err = read_flags(&r, argc, argv, ret_rest);
	if (!err)
		err = read_environment(&r);
	if (!err && ret->config_file.n)
		err = read_file(&r);
	for (size_t i = 0; i < SW_COUNTOF(settings); i++)
		if (!place(ret, &settings[i])->p)
			*place(ret, &settings[i]) = sw_str_of(settings[i].def);
	if (!err && ret->carriers == 0)
		err = add_carrier(&r, SW_S("sim"), SW_S("sim:"));
	*ret_why = r.why;
	return err;
}

bool config_is_default(const struct config *config, const char *name)
{
	const struct config_setting *setting = find(sw_str_of(name));
	SW_BUG_ON(!setting);
	return ((const struct sw_str *)(const void *)((const char *)config + setting->at))->p == setting->def;
}

const struct config_setting *config_setting_at(size_t i)
{
	return i < SW_COUNTOF(settings) ? &settings[i] : NULL;
}

bool config_is_switch(const struct config_setting *setting)
{
	return setting->values == yes_no;
}

struct sw_str config_store_dir(struct sw_arena *arena, const struct config *config)
{
	struct sw_str rest = config->store, scheme = sw_str_cut(&rest, ':');
	if (!sw_str_is(scheme, "sqlite") || !rest.p || sw_str_is(rest, ":memory:"))
		return SW_STR_NULL;
	return sw_str_dup(arena, rest);
}
