/*
 * net/publish/publish_impl.h - what the files of publishing share.  Not for other rooms.
 *
 * publish.c         a batch's way: task, hub, outlet and home again; outlets by URL
 * publish_url.c     URLs and their options; the one table of schemes
 * publish_outlet.c  one target on a thread of its own: order by key, what is under way, time limits
 * publish_reach.c   which addresses a customer's target may lead to
 * nats.c nats_ack.c kafka.c null.c sim.c    how each scheme sends
 */
#ifndef SW_NET_PUBLISH_PUBLISH_IMPL_H
#define SW_NET_PUBLISH_PUBLISH_IMPL_H

#include <stdatomic.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/map.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "loop/timer.h"
#include "net/metrics.h"
#include "net/publish.h"

#define SW_PUBLISH_HOSTS_MAX 8
#define SW_PUBLISH_WHY_BYTES 240

struct sw_publish_kind;
struct sw_outlet;
struct sockaddr;

struct sw_publish_host {
	struct sw_str name; /* without the brackets of IPv6 */
	int port;
};

/* A target, taken apart; texts live in the arena that it was parsed into. */
struct sw_publish_url {
	const struct sw_publish_kind *kind;
	struct sw_publish_host hosts[SW_PUBLISH_HOSTS_MAX];
	size_t hosts_n;
	struct sw_str user, password; /* absent: none */
	struct sw_str place;          /* subject or topic, or the simulated broker's name */
	bool tls;
	/* Options; each scheme says which it knows. */
	struct sw_str stream, server_name, sasl, error;
	int64_t replicas, max_age_h, timeout_ms, tls_flag, delay_ms, fail_first, fail_every;
};

/* One item on its way; lives in its job's arena. The outlet's. */
struct sw_entry {
	const struct sw_publish_item *item;
	struct sw_published *result;
	struct sw_publish_job *job;
	struct sw_chain *chain;    /* of its key; NULL: none */
	struct sw_list node;       /* ready, its chain's or under way */
	struct sw_list age_node;   /* all of the outlet, oldest first */
	int64_t deadline_us;       /* monotonic */
	int64_t sent_us, tried_us; /* first and last try; 0: not sent yet */
	uint64_t token;            /* the kind's */
	bool held;                 /* the kind has it and ends it by itself, late perhaps */
	bool behind;               /* waits in its chain */
	const char *late_why;      /* static; what to say when its time ends. NULL: the usual */
};

/* Items of one key, in order: the first is ready or under way, the others wait here. */
struct sw_chain {
	struct sw_list waiting;
	struct sw_str key;
};

/* A batch. Travels task -> hub -> outlet -> hub -> task. */
struct sw_publish_job {
	struct sw_mail mail;
	struct sw_arena *arena; /* in which it lives */
	struct sw_publish *publish;
	struct sw_loop *home;
	struct sw_wait *wait; /* home's; NULL: the task does not wait any more */
	struct sw_outlet *outlet;
	struct sw_str url, owner;
	bool trusted;
	struct sw_publish_item *items;
	struct sw_published *results;
	struct sw_entry *entries;
	size_t n, left;
};

/* How a scheme sends. All functions run on the outlet's thread and may block for connect_us. */
struct sw_publish_kind {
	const char *scheme;
	int port; /* of a host that names none */
	bool needs_host, needs_place;
	bool operator_only; /* customers may not name it */
	bool tls;           /* by its name */
	const char *place;  /* what the path is called in complaints */
	const char *const *options;
	/** What the general rules do not catch; NULL: well. */
	const char *(*check)(const struct sw_publish_url *url);
	void (*open)(struct sw_outlet *outlet);
	/** Is there a connection, or has the kind tried? False: call again soon. It may end entries. */
	bool (*ready)(struct sw_outlet *outlet);
	/** Send, or end at once by sw_entry_end(). */
	void (*send)(struct sw_outlet *outlet, struct sw_entry *entry);
	/** Every SW_OUTLET_TICK_US while entries are here. May be NULL. */
	void (*tick)(struct sw_outlet *outlet);
	/** An entry that was sent is over, however that came. May be NULL. */
	void (*drop)(struct sw_outlet *outlet, struct sw_entry *entry);
	/** No callback of the library comes any more; held entries have been ended. */
	void (*close)(struct sw_outlet *outlet);
};
enum { SW_OUTLET_TICK_US = 50 * 1000 };

struct sw_outlet {
	struct sw_publish *publish;
	struct sw_loop *loop; /* its thread */
	struct sw_arena arena;
	struct sw_publish_url url;
	struct sw_str key, label; /* in the map of the hub; for logs, without secrets */
	bool trusted;
	/* The hub's. */
	struct sw_str owner;
	struct sw_list node; /* in publish->outlets, longest unused first */
	unsigned jobs_n;
	int64_t used_us;
	bool closing;
	struct sw_mail open_mail, close_mail, closed_mail;
	/* Its own thread's. */
	void *state; /* the kind's */
	struct sw_list ready, sent, ages;
	struct sw_map chains;
	size_t waiting_n, sent_n;
	struct sw_timer tick;
	bool pumping, ending, connected;
	int64_t end_by_us;
	/* Why there is no connection, when that is known; OK: it is not. */
	enum sw_publish_error trouble;
	char why[SW_PUBLISH_WHY_BYTES];
};

struct sw_publish {
	struct sw_loop *loop; /* the hub */
	struct sw_arena arena;
	struct sw_publish_config config;
	atomic_bool closing;
	/* The hub's. */
	struct sw_map by_key;
	struct sw_list outlets;
	unsigned outlets_n;
	bool stopping;
	struct sw_mail stop;
	struct sw_timer sweep;
};

/* publish.c */
/** On the outlet's thread: every entry of the job has its result. */
void sw_publish_job_done(struct sw_publish_job *job);
/** On the outlet's thread, the last thing it does: the hub joins and frees it. */
void sw_publish_outlet_closed(struct sw_outlet *outlet);
/** May the same be tried again without anybody mending anything here? By the kind of error alone. */
bool sw_publish_retryable(enum sw_publish_error error);

/** One sentence; static. */
const char *sw_publish_error_text(enum sw_publish_error error);

/* publish_url.c */
int sw_publish_url_parse(struct sw_arena *arena, struct sw_str text, bool trusted, struct sw_publish_url *ret,
			 struct sw_str *ret_why) SW_MUST_CHECK;
/** "nats://host:4222/subject", without what may be secret. */
struct sw_str sw_publish_url_label(struct sw_arena *arena, const struct sw_publish_url *url);

/* publish_outlet.c */
struct sw_outlet *sw_outlet_new(struct sw_publish *publish, struct sw_str key, const struct sw_publish_url *url,
				const struct sw_publish_job *job);
/** The outlet's thread has ended. */
void sw_outlet_free(struct sw_outlet *outlet);
/** Mail function: a job for job->outlet. */
void sw_outlet_on_job(struct sw_mail *mail);
/** Mail function of close_mail: finish what is under way within shutdown_us, close, end the thread. */
void sw_outlet_on_close(struct sw_mail *mail);
/** An entry that was sent, or is being sent, is over. why: copied; NULL: the sentence of the error. */
void sw_entry_end(struct sw_outlet *outlet, struct sw_entry *entry, enum sw_publish_error error, const char *why);
/** The same for a refusal of which the broker said itself whether to come again. */
void sw_entry_end_as(struct sw_outlet *outlet, struct sw_entry *entry, enum sw_publish_error error, bool retryable,
		     const char *why);
/** End everything that waits or is under way (but what is held): nothing can be sent now. */
void sw_outlet_fail_all(struct sw_outlet *outlet, enum sw_publish_error error, const char *why);
/** The connection came or went: counted and logged. error and why: of one that went. */
void sw_outlet_connected(struct sw_outlet *outlet);
void sw_outlet_lost(struct sw_outlet *outlet, enum sw_publish_error error, const char *why);
/** Send what may be sent. */
void sw_outlet_pump(struct sw_outlet *outlet);

/* publish_reach.c */
bool sw_publish_may_reach(const struct sw_outlet *outlet, const struct sockaddr *address);
/** "1.2.3.4:4222" or "[::1]:4222" of each address of each host, checked; at most max. @return how many; 0: *ret_error
 * and *ret_why say why. Blocks. */
size_t sw_publish_resolve(struct sw_outlet *outlet, struct sw_arena *arena, struct sw_str *ret, size_t max,
			  enum sw_publish_error *ret_error, struct sw_str *ret_why);

extern const struct sw_publish_kind sw_publish_nats, sw_publish_nats_tls, sw_publish_kafka, sw_publish_null,
	sw_publish_sim;

#endif
