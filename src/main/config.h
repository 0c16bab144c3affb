/*
 * main/config.h - settings from the command line, the environment and strowger.conf, in this order of weight.
 *
 * One table names each setting; a flag is --name with dashes, the environment STROWGER_NAME, the file `name = value`.
 */
#ifndef SW_MAIN_CONFIG_H
#define SW_MAIN_CONFIG_H

#include "base/buf.h"
#include "base/str.h"

enum { SW_CARRIERS_MAX = 16, SW_TIERS_MAX = 32 };

struct config {
	struct sw_str listen; /* "127.0.0.1:8080" */
	struct sw_str store;  /* "sqlite:./data" */
	struct sw_str log_level;
	struct sw_str config_file;
	struct sw_str server;            /* of client commands: "http://127.0.0.1:8080" */
	struct sw_str server_ca;         /* PEM file; "": the system's authorities */
	struct sw_str tls_cert, tls_key; /* PEM files; "": plain HTTP */
	struct sw_str account_sid, auth_token;
	struct sw_str allow_private, virtual_clock, strict; /* "true", "false" */
	struct sw_str loops;                                /* HTTP loops; "0": one a core */
	struct sw_str opening_balance;                      /* "100" */
	struct sw_str tier;                                 /* of master accounts without one: "scale" */
	struct sw_str public_url;                           /* as others know the server */
	struct sw_str address_rate;                         /* requests a second of an address without credentials */
	struct sw_str event_days;                           /* "0" */
	struct sw_str alert_days;                           /* "30" */
	struct sw_str ice_servers, ice_secret; /* of POST Tokens: URLs with commas between; a secret, @FILE or $NAME */
	struct sw_str attempts_bytes, attempts_days; /* of the attempt log: "1G"; "0": none is kept */
	struct sw_str dead_letter_days, replay_rate;
	struct {
		struct sw_str name, url;
	} carrier[SW_CARRIERS_MAX];
	unsigned carriers;
	struct {
		struct sw_str name, text;
	} tiers[SW_TIERS_MAX]; /* core/limit/tier.h */
	unsigned tiers_n;
};

struct config_setting {
	const char *name; /* as in the file; '_' is '-' in flags */
	size_t at;        /* of struct config */
	const char *def, *doc;
	const char *const *values; /* NULL: any */
};

/**
 * Read all three.  What is no setting stays in argv for the command: words for itself, in *ret_rest.
 * @param ret_why  on failure, in the arena
 * @return 0, SW_EINVAL (unknown flag, malformed file), SW_EIO (the file named cannot be read)
 */
int config_read(struct sw_arena *arena, int argc, char **argv, struct config *ret, struct sw_strs *ret_rest,
		struct sw_str *ret_why) SW_MUST_CHECK;
/** True when nobody set it. @param name  of a setting; one that is none is a bug */
bool config_is_default(const struct config *config, const char *name);
/** The rows of the table, for what tells of them; NULL behind the last. */
const struct config_setting *config_setting_at(size_t i);
/** Alone it is true. */
bool config_is_switch(const struct config_setting *setting);
/** Directory of an sqlite: store; absent for one in memory. */
struct sw_str config_store_dir(struct sw_arena *arena, const struct config *config);

#endif
