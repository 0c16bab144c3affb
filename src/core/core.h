/*
 * core/core.h - what the domain shares: the store, the installation's key and a few settings.
 *
 * One object per process, made by main before the loops run and constant from then on.
 * Thread: reading, any.
 */
#ifndef SW_CORE_CORE_H
#define SW_CORE_CORE_H

#include "base/hash.h"
#include "base/metrics.h"
#include "core/error.h"
#include "core/sid.h"
#include "store/store.h"

struct sw_attempt_log;
struct sw_courier;
struct sw_tier_config;

struct sw_core {
	struct sw_store *store;
	uint8_t seal_key[SW_SEAL_KEY_BYTES];     /* seals auth tokens and key secrets at rest */
	struct sw_publish *publish;              /* to brokers; NULL in tests that reach none */
	const struct sw_event_catalogue *events; /* every type of event; set by main before loops run */
	struct sw_str public_url;                /* as others know the server: "https://api.example.org" */
	struct sw_courier *courier;              /* NULL in tests that fetch nothing; set by main before loops run */
	struct sw_str currency;                  /* "USD" */
	struct sw_attempt_log *attempts;         /* NULL: requests to customers are not kept */
	int64_t dead_letter_us;                  /* how long callbacks given up are kept; 0: they are not */
	int64_t replay_rate;                     /* of them, sent again a second */
	bool virtual_clock;                      /* tests may move time */
	int64_t opening_micros;                  /* balance of a new master account */
	const struct sw_tier_config *tiers;      /* limits as configured; NULL: the program's own tiers */
	int64_t address_rate_s;                  /* requests a second of an address without credentials; 0: no limit */
	struct sw_sid operator_sid; /* the first account: it sets prices and tiers, gives credit and makes accounts */
	struct sw_strs ice_servers; /* "stun:host", "turn:host?transport=udp": none by default */
	int64_t event_days;         /* that events are kept; 0: for ever */
	int64_t alert_days;         /* that alerts are kept */
	struct sw_str ice_secret;   /* shared with the TURN servers; "": they need none */
};

/** Ready the parts of the core that need it; once, before loops run. */
void sw_core_init(struct sw_core *core, struct sw_store *store);

/**
 * The installation's key: STROWGER_KEY (64 hex digits), else the file DIR/install.key, made when it is missing and
 * the store has no account yet.
 * @return 0, SW_EINVAL (not 64 hex digits), SW_ENOTFOUND (lost), SW_EIO; *ret_why says what to do
 */
int sw_core_load_key(struct sw_core *core, struct sw_arena *arena, struct sw_str dir,
		     struct sw_str *ret_why) SW_MUST_CHECK;

/* Rows of every statement of the room; listed in main/modules.c. */
extern const struct sw_sql_table sw_core_sql;

#endif
