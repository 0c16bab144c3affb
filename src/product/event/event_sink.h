/*
 * product/event/event_sink.h - within the room: sinks, their subscriptions, and the state in which a sink is.
 *
 * What a sink and a subscription are stands with the declared resources; how far a sink was served stands in
 * event_sink, one row each.  A task per sink reads the log from there on (event_follow.c).
 */
#ifndef EVENT_SINK_H
#define EVENT_SINK_H

#include "api/api.h"
#include "core/expr.h"
#include "core/webhook.h"

/* Stored: never renumbered. */
enum event_status { EVENT_INITIALIZED, EVENT_VALIDATING, EVENT_ACTIVE, EVENT_FAILED, EVENT_STATUSES };
extern const char *const event_statuses[];

enum event_metric { EVENT_TAKEN, EVENT_REFUSED, EVENT_ATTEMPTS_FAILED, EVENT_METRICS };
extern struct sw_metric_set event_metrics;

/* Per account; and how much goes with one request or publication at most. */
enum { EVENT_SINKS_MAX = 100, EVENT_SUBSCRIPTIONS_MAX = 100, EVENT_TYPES_MAX = 500, EVENT_BATCH_MAX = 1000 };
enum { EVENT_PAUSE_S = 64, EVENT_OFF_H = 120 };
enum { EVENT_IN_FLIGHT_MAX = 64, EVENT_RATE_MAX = 100000 };

extern const struct sw_resource event_sink, event_subscription, event_native;
extern const struct sw_endpoint event_example_endpoints[], event_log_endpoints[], event_type_endpoints[], event_sink_endpoints[],
	event_subscribed_endpoints[];

/* One event on its way out. */
struct event_out {
	const struct sw_event *event;
	const struct sw_event_type *type;
	struct sw_str id, json; /* the CloudEvent */
};

/* How an attempt ended for one of them. */
enum event_fate { EVENT_DONE, EVENT_AGAIN, EVENT_DROPPED };
struct event_attempt {
	enum event_fate *fates;   /* of each */
	struct sw_webhooked said; /* of the last that was not done; its code is 93101 */
	int64_t retry_after_us;   /* 0: not said */
};

/* A sink's configuration, read. */
struct event_target {
	const struct event_kind *kind;
	struct sw_str url, method;
	bool batch;
	int64_t batch_max, in_flight, rate; /* rate: events a second; 0: no limit */
	int64_t pause_max_s; /* between attempts; 0: EVENT_PAUSE_S */
	int64_t off_h;       /* hours of only failures until it is switched off; 0: EVENT_OFF_H */
	bool insist;         /* what is refused with 4xx is tried again, too */
};

struct event_send {
	struct sw_task *task;
	const struct sw_core *core;
	const struct sw_account *account;
	struct sw_sid sink;
	const struct event_target *target;
};

struct event_option;

/* A type of sink. */
struct event_kind {
	const char *name;
	const char *refusal; /* why there is none here; NULL: there is */
	const char *const *schemes; /* of its URLs; NULL-terminated */
	const struct event_option *options;
	void (*defaults)(struct event_target *target);
	/* What is wrong with a target, a sentence in the arena; absent: nothing. */
	struct sw_str (*fault)(struct sw_arena *arena, const struct event_target *target);
	/* One attempt at n events. @return 0 (*ret says how it went), SW_EBUSY, SW_ECLOSED, SW_ECANCELED */
	int (*send_wait)(const struct event_send *send, const struct event_out *const *events, size_t n,
			 struct event_attempt *ret);
};

/** Read a sink's type and configuration. @return 0, SW_EAPI */
int event_target_read(struct sw_arena *arena, struct sw_str type, struct sw_str config, struct event_target *ret,
		      struct sw_error *err);

/** Of a URL that stands alone, with defaults; borrowed. @return 0, SW_EAPI */
int event_target_of_url(struct sw_arena *arena, struct sw_str url, struct event_target *ret, struct sw_error *err);
/** The account has as many of a kind as it may: SW_EAPI. */
int event_sink_limit(const struct sw_resource_change *change, struct sw_str kind, struct sw_error *err);
/** A URL's scheme, host and path, without user, password and options: for people. */
struct sw_str event_url_shown(struct sw_arena *arena, struct sw_str url);
/** Does it name a user, or a token? */
bool event_url_has_user(struct sw_str url);

/* ---- subscriptions ---- */

struct event_wanted {
	const struct sw_event_type **types;
	size_t types_n;
	const struct sw_expr *filter; /* NULL: none */
	int64_t since_seq;            /* events up to this one are not its; SW_NONE: all are */
	bool subaccounts;
};

/* A type as a subscription has it. */
struct event_type_wanted {
	const struct sw_event_type *type;
	int64_t version;
};
struct event_types {
	struct event_type_wanted *v;
	size_t n;
};
/** @return 0, SW_EAPI: no such type or version */
int event_type_check(const struct sw_core *core, struct sw_str name, int64_t version, struct event_type_wanted *ret,
		     struct sw_error *err);
/** The types of a subscription; in the arena, with room for one more. @return 0, SW_EAPI */
int event_types_read(struct sw_arena *arena, const struct sw_core *core, const struct sw_resource_type *type,
		     const void *object, struct event_types *ret, struct sw_error *err);
void event_types_write(struct sw_arena *arena, const struct sw_resource_type *type, void *object,
		       const struct event_types *types);

/** A stored subscription, compiled; in the arena. */
void event_wanted_read(struct sw_arena *arena, const struct sw_core *core, const struct sw_resource_type *type,
		       const void *object, struct event_wanted *ret);
/** @return 0, SW_EAPI: where and why it does not parse */
int event_filter_parse(struct sw_arena *arena, struct sw_str name, struct sw_str text, const struct sw_expr **ret,
		       struct sw_error *err);

/** A native subscription: where it goes, and the one thing that it wants; in the arena. @return 0, SW_EAPI */
int event_native_read(struct sw_arena *arena, const struct sw_core *core, const struct sw_resource_type *type,
		      const void *object, struct event_target *ret_target, struct event_wanted *ret_wanted,
		      struct sw_error *err);

/* ---- the row ---- */

struct event_state {
	int64_t seq, status, subscriptions, failing_us, notices, replay_seq, changes;
	struct sw_str why;
};
/** @return 0, SW_ENOTFOUND, a store error */
int event_state_wait(struct sw_task *task, const struct sw_core *core, int bucket, struct sw_id account,
		     struct sw_id sink, struct event_state *ret);

enum event_sql_id {
	SQL_EVENT_SINK_GET,
	SQL_EVENT_SINK_PUT,
	SQL_EVENT_SINK_DROP,
	SQL_EVENT_SINK_COUNT,
	SQL_EVENT_SINK_ALL,
	SQL_EVENT_SINK_USE,
	SQL_EVENT_SINK_MOVE,
	SQL_EVENT_SINK_FAIL,
	SQL_EVENT_SINK_STATUS,
	SQL_EVENT_SINK_REPLAY,
	SQL_EVENT_BEFORE,
	SQL_EVENT_OLDEST,
	SQL_EVENT_NEEDED,
	SQL_EVENT_DROP,
	SQL_EVENT_BUCKETS,
	SQL_EVENT_N,
};
extern const struct sw_sql event_sql[];
extern const struct sw_sql_table event_sql_table;

#endif
