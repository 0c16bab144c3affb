/*
 * core/webhook/dead.h - callbacks that were given up, and sending them again.
 *
 * A callback that is given up becomes a dead letter in the same transaction, with all that its due row had.  A replay
 * makes a due row of it again, under the same idempotency token, and takes the dead letter away in one transaction:
 * none is lost and none is sent twice for it.  A replay of many is a row of its own and goes through them from the
 * oldest on, so many a second, up to those that were there when it began.
 *
 * Thread: tasks of any loop.
 */
#ifndef SW_CORE_WEBHOOK_DEAD_H
#define SW_CORE_WEBHOOK_DEAD_H

#include "core/callback.h"
#include "core/webhook.h"
#include "core/webhook/endpoint.h"

/* Letters of ids: dead letters, replays. */
#define SW_DEAD_SID "HD"
#define SW_REPLAY_SID "HB"

/** Keep a callback that is given up. endpoint: NULL: none. */
void sw_txn_dead_letter(struct sw_txn *txn, const struct sw_core *core, const struct sw_due *due,
			const struct sw_webhook *webhook, const struct sw_hook *endpoint,
			const struct sw_webhooked *got);
/** Take what is too old out of a bucket, for one due row's hourly turn. */
int sw_webhook_sweep_wait(struct sw_task *task, struct sw_store *store, int bucket) SW_MUST_CHECK;

/* A callback as it is sent again. */
struct sw_resend {
	struct sw_id account;
	char ref_kind[2];
	struct sw_id ref;
	struct sw_str data; /* of the due row, with its token */
};
/** The due row's data of a callback that the attempt log has. */
struct sw_str sw_resend_data(struct sw_arena *arena, struct sw_str token, struct sw_str method, int64_t event_us,
			     struct sw_str url, struct sw_str form);
/** Add its due row. nth: of the transaction, so that the order stays. */
void sw_txn_resend(struct sw_txn *txn, const struct sw_resend *resend, unsigned nth);

/* A row of webhook_dead_letter.get and sw_dead_letter_list. */
struct sw_dead_letter {
	struct sw_sid id, ref;
	struct sw_id endpoint;
	struct sw_str token, method, url, data, why;
	int64_t attempts, code, status, event_us, time_us;
};
void sw_dead_letter_read(struct sw_row row, struct sw_dead_letter *ret);
/** The form that it has, in its data. */
struct sw_str sw_dead_letter_form(const struct sw_dead_letter *letter);
/** @return 0, SW_ENOTFOUND, or a store error */
int sw_dead_letter_get_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
			    struct sw_id id, struct sw_dead_letter *ret) SW_MUST_CHECK;
/** The steps that send one again; SW_ECONFLICT when it is no longer there. */
void sw_txn_replay_letter(struct sw_txn *txn, const struct sw_account *account, const struct sw_dead_letter *letter,
			  unsigned nth);

/* Which dead letters: all that is given must fit. */
struct sw_replay_filter {
	struct sw_id endpoint, ref; /* zero: any */
	struct sw_str status_class; /* "5xx" … "none"; absent: any */
	int64_t since_us, until_us; /* when they were given up; 0: any */
};

struct sw_replay {
	struct sw_sid id;
	struct sw_str status; /* "running", "completed" */
	struct sw_str filter; /* as asked for, JSON */
	int64_t total, replayed, created_us, updated_us;
};

/** How many dead letters fit now. */
int sw_replay_count_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
			 const struct sw_replay_filter *filter, int64_t *ret) SW_MUST_CHECK;
/** Write the row of a replay, and begin it when replay->status is "running". Its id and dates are set. */
void sw_txn_replay(struct sw_txn *txn, const struct sw_account *account, const struct sw_replay_filter *filter,
		   struct sw_replay *replay);
/** Its event: "webhook.replay_started", "webhook.replay_completed". */
void sw_txn_replay_event(struct sw_txn *txn, struct sw_id account, const struct sw_replay *replay, const char *type);
void sw_replay_read(struct sw_row row, struct sw_replay *ret);

extern const struct sw_due_kind sw_replay_due;
/** Whose dead letters they are; by sw_core_init(). */
void sw_replay_use(const struct sw_core *core);

#endif
