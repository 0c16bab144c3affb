/*
 * product/message/message.h - messages: what the files of this room share.
 *
 * A message is accepted in one transaction (debit, ledger, row, event, due row), sent by its due row, and moved from
 * status to status only by message_step_wait(), through the table in message_fsm.c.
 */
#ifndef MESSAGE_H
#define MESSAGE_H

#include "api/api.h"
#include "carrier/carrier.h"
#include "core/fsm.h"
#include "core/money/ledger.h"
#include "core/number.h"
#include "core/webhook.h"
#include "store/due.h"

/* Stored as numbers: never renumbered. Before MESSAGE_SENT a message may not be redacted or deleted. */
enum message_status {
	MESSAGE_ACCEPTED = 1,
	MESSAGE_SCHEDULED,
	MESSAGE_QUEUED,
	MESSAGE_SENDING,
	MESSAGE_SENT,
	MESSAGE_DELIVERED,
	MESSAGE_UNDELIVERED,
	MESSAGE_FAILED,
	MESSAGE_CANCELED,
	MESSAGE_RECEIVED,
	MESSAGE_READ,
	MESSAGE_STATES = MESSAGE_READ,
};

enum message_on {
	ON_DUE = 1, /* its scheduled time came */
	ON_SUBMIT,  /* about to be handed to a carrier */
	ON_ACK,
	ON_REFUSED,
	ON_BUSY,
	ON_DELIVERED,
	ON_UNDELIVERED,
	ON_EXPIRED,
	ON_BROKEN, /* media, account or route are missing */
	ON_CANCEL,
	ON_LOST, /* whether the network has it stayed unknown */
	ON_READ,
	MESSAGE_EVENTS = ON_READ,
};

enum message_act {
	ACT_REFUND = 1 << 0, /* the price is given back */
	ACT_SENT = 1 << 1,   /* date_sent is set */
};

enum message_direction { MESSAGE_INBOUND = 1, MESSAGE_API, MESSAGE_REPLY };

struct message {
	struct sw_sid sid, account_sid;
	struct sw_str direction, status; /* names */
	struct sw_str from, to, body, api_version;
	int64_t num_segments, num_media, error_code, price_micros;
	struct sw_sid price_sid;   /* row of the price book; absent: it was free */
	int64_t price_unit_micros; /* what the row says a unit costs; SW_NONE without one */
	int64_t price_quantity;    /* units: segments, or the message */
	int64_t price;             /* as shown: negative, once it was sent */
	int64_t send_us;           /* wall: when to send; only while composing */
	struct sw_str error_message, price_unit, carrier, carrier_id, route, options;
	int64_t expires_us, date_created, date_sent, date_updated;
	int64_t parts_open; /* bits of the parts without a receipt; SW_NONE: one part, or not sent */
	struct sw_sid messaging_service_sid;
	enum message_status state;
	int direction_number;
};

/* Which message, wherever it is spoken of. */
struct message_ref {
	const struct sw_core *core;
	int bucket;
	struct sw_id account, sid;
	char kind[2]; /* letters of the SID: SM, MM */
};

extern const struct sw_fsm message_fsm;
extern const char *const message_statuses[]; /* NULL-terminated, without the empty first */
extern const struct sw_sql_table message_sql_table;
extern const struct sw_sql message_sql[];
extern const struct sw_query_def message_list, message_media_list;
extern const struct sw_endpoint message_endpoints[];
extern const struct sw_due_kind message_send_due, message_media_due, message_schedule_due, message_unknown_due,
	message_inbound_due;
/** For `strowger check --data`: each message's price against its ledger rows and the other way. Complaints are added, a
 * line each. Thread: one without a loop. */
int message_prove_now(struct sw_store *store, struct sw_arena *arena, struct sw_buf *complaints,
		      int64_t *ret_messages) SW_MUST_CHECK;
/** The kind that sends a message, by the letters of its SID. */
const struct sw_due_kind *message_due_kind(const char kind[2]);
extern const struct sw_module message_module;

enum {
	SQL_MESSAGE_INSERT,
	SQL_MESSAGE_GET,
	SQL_MESSAGE_CLAIM,
	SQL_MESSAGE_STEP,
	SQL_MESSAGE_PART,
	SQL_MESSAGE_REDACT,
	SQL_MESSAGE_DELETE,
	SQL_MEDIA_INSERT,
	SQL_MEDIA_GET,
	SQL_MEDIA_CONTENT,
	SQL_MEDIA_DELETE,
	SQL_MEDIA_DELETE_ALL,
	SQL_FEEDBACK_PUT,
	SQL_FEEDBACK_GET,
	SQL_FEEDBACK_DELETE,
	SQL_MESSAGE_PROOF_PAID,
	SQL_MESSAGE_PROOF_LEDGER,
	SQL_MESSAGE_PROOF_COUNT,
	SQL_MESSAGE_N,
};

/* ---- message.c: the rules ---- */

/* What may be asked for when a message is created; decoded from the tables in message_api.c. */
struct message_create {
	struct sw_sid account_sid, application_sid, messaging_service_sid, content_sid, in_reply_to;
	struct sw_str to, from, body, status_callback, content_retention, address_retention, traffic_type,
		schedule_type, traffic_class;
	struct sw_str content_variables, risk_check, fallback_from;
	struct sw_strs media_url, persistent_action;
	int64_t attempt, validity_period, send_at, max_price;
	int8_t provide_feedback, force_delivery, smart_encoded, shorten_urls, send_as_mms;
};

/** Check what no single field can, price it, and fill the message as it will be stored. */
int message_compose_wait(struct sw_call *c, struct message_create *args, struct message *ret,
			 struct sw_error *err) SW_MUST_CHECK;
/** The stored document of one of the account's applications. @return 0, SW_ENOTFOUND or a store error */
int message_application_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
			     struct sw_sid sid, const struct sw_json **ret) SW_MUST_CHECK;
/** The steps that accept it. */
void message_accept(struct sw_call *c, struct sw_txn *txn, const struct message *m);
/** A row of message.get or message_list. Texts are borrowed from the row. */
void message_read(struct sw_row row, struct message *ret);
int message_load_wait(struct sw_task *task, const struct message_ref *ref, struct sw_arena *arena,
		      struct message *ret) SW_MUST_CHECK;
/** A text option kept with the message ("status_callback"), as JSON text without its quotes; absent when not given. */
struct sw_str message_option(const struct message *m, const char *name);
/** "sms", "mms" or "channel", by its address and media. */
struct sw_str message_product(const struct message *m);
/** Ask the price book; sets the row and the price. @return 0 or a store error */
int message_price_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
		       struct message *m) SW_MUST_CHECK;
/** Unit price and quantity from what is stored. */
void message_explain_price(struct message *m);
/** What it costs, for the ledger. */
struct sw_ledger_entry message_charge(const struct message *m, const char *reason);
/** The data of the event that tells of a charge, or of a refund: what usage is counted from. */
struct sw_str message_charge_data(struct sw_arena *arena, const struct message *m);
/** The accepted media type's size limit in bytes; 0: not accepted. */
int64_t message_media_max_bytes(struct sw_str content_type);

/* ---- message_step.c, message_send.c, message_arrive.c: from the due row to the receipt ---- */

/* What a step may set besides the status; absent: unchanged. */
struct message_change {
	int64_t error_code; /* SW_NONE: unchanged */
	struct sw_str carrier_id;
	int64_t parts_open;             /* SW_NONE: unchanged */
	const struct sw_due *due_done;  /* its row ends in the same transaction */
	const struct sw_due *due_again; /* or fires again at again_us */
	int64_t again_us;
	struct sw_due *due_new; /* a row that begins with it */
	bool unschedule;        /* its schedule is dropped */
	/* The carrier room's part of the transaction: */
	struct sw_carrier *carrier;
	const struct sw_submitted *sent; /* the answer that carrier gave */
	const struct sw_receipt *receipt;
	bool known; /* its outcome was unknown, and is not any more */
};

#define MESSAGE_NO_CHANGE .error_code = SW_NONE, .parts_open = SW_NONE

/** What an answer of either kind, accepted or refused, says of the message. Borrows it. */
struct message_change message_answered(struct sw_carrier *carrier, const struct sw_submitted *said);

/** Only the steps of one change, into a transaction that has more to do. known: as loaded. */
int message_step_add_wait(struct sw_task *task, struct sw_txn *txn, const struct message_ref *ref,
			  const struct sw_fsm_rule *rule, const struct message *known,
			  const struct message_change *change) SW_MUST_CHECK;
/**
 * Move a message by an event, whatever status it is in: find the rule, compare and set; read it again and try again
 * when it moved meanwhile, up to five times.
 * @param seen  as last read; its state may be old. NULL: it is read first
 * @return 0, SW_ENOTFOUND (no such message), SW_ECONFLICT (no rule: the event comes too late), or a store error
 */
int message_step_wait(struct sw_task *task, const struct message_ref *ref, const struct message *seen,
		      enum message_on on, const struct message_change *change) SW_MUST_CHECK;
/** message_callback.c: the callback of a change, when the message has one. m: as it was before, its texts and options
 * complete */
void message_callback_add(struct sw_txn *txn, const struct message *m, enum message_status to,
			  const struct message_change *change);
/** The message is past what this due row was for: only the row goes. */
int message_drop_due_wait(struct sw_task *task, struct sw_store *store, const struct sw_due *due) SW_MUST_CHECK;

/* ---- message_recent.c: messages that were sent lately, so that their receipts need no reading ---- */

/** On the message's loop. */
void message_recent_put(const struct message_ref *ref, const struct message *m);
/** @return false: not there; else a copy in the arena, as last put */
bool message_recent_get(struct sw_id sid, struct sw_arena *arena, struct message *ret);
void message_recent_drop(struct sw_id sid);

/** The due row that sends it again at another time, with one more try counted. */
void message_send_again(struct sw_arena *arena, const struct sw_due *due, int64_t at_us, struct sw_due *ret);
/** As a carrier gets it. Texts are borrowed from m. */
void message_out(const struct message_ref *ref, const struct message *m, struct sw_message_out *ret);

/* ---- message_unknown.c: no answer came ---- */

/** Wait for a receipt or a late answer, then fail; or send it once more over another carrier when its class allows. */
int message_outcome_unknown_wait(struct sw_task *task, const struct message_ref *ref, struct sw_carrier *carrier,
				 const struct message *m, const struct sw_due *due) SW_MUST_CHECK;

/* ---- message_class.c: what a message is for ---- */

extern const char *const message_class_names[]; /* NULL-terminated */
enum sw_traffic message_traffic(const struct message *m);
/** How long it waits before it is tried again, after so many tries of carriers that could not; SW_NONE: it fails. */
int64_t message_retry_us(const struct message *m, int64_t tries);

/* ---- message_road.c ---- */

/* Where messages go and come from; set once before anything is sent, borrowed for the life of the process. */
enum { MESSAGE_CARRIERS_MAX = 16 };

struct message_roads {
	const struct sw_core *core;
	struct sw_carrier *const *carriers;
	unsigned carriers_n; /* at most MESSAGE_CARRIERS_MAX */
	struct sw_loop *const *loops; /* those that run messages */
	unsigned loops_n;
	struct sw_courier *courier; /* fetches media */
	struct sw_api *api;         /* makes replies */
};

void message_set_roads(const struct message_roads *roads);
const struct message_roads *message_roads(void);
/** The carrier for a message that was tried so many times, and why; NULL when there is none. */
struct sw_carrier *message_route(int64_t tries, const char **ret_why);
/** The loop that does everything about a message. */
struct sw_loop *message_loop(struct sw_id sid);
/** NULL: the configuration has none of that name. */
struct sw_carrier *message_carrier_named(struct sw_str name);
struct message_ref message_ref_of_call(const struct sw_call *c, struct sw_sid sid);
struct message_ref message_ref_of_due(const struct sw_due *due);
struct message_ref message_ref_of_ticket(const struct sw_ticket *ticket);
extern const struct sw_carrier_sink message_sink;

/* ---- message_inbound.c, message_twiml.c: what an inbound message sets off ---- */

void message_on_inbound(void *owner, const struct sw_inbound *inbound, struct sw_completion done);

/* The next document to ask for. */
struct message_request {
	struct sw_str method, url; /* url absent: none */
	const struct sw_form *params;
};

/* One document after the other, until none follows. */
struct message_flow {
	struct sw_task *task;
	const struct sw_account *account;
	const struct message *m; /* the inbound one */
	struct sw_txn *txn;      /* collects events */
	struct sw_form params;   /* of every request but those to an action */
	struct message_request next;
	struct sw_str at;        /* URL of the document that runs */
	struct sw_webhooked got; /* how it was fetched; code: why it cannot run, or not to its end */
	unsigned documents, replies, events;
};

/** One more event about the flow: webhook.failed, twiml.failed, twiml.warning. */
void message_flow_event(struct message_flow *flow, const char *type, const struct sw_webhooked *what);
/** Run flow->got's body. Faults of the document as a whole go to flow->got. @return 0, or an error: all of it again
 * later */
int message_twiml_run_wait(struct message_flow *flow) SW_MUST_CHECK;
int message_plain_run_wait(struct message_flow *flow) SW_MUST_CHECK;

/* ---- message_media.c ---- */

/** Fetch what the message's MediaUrls name, unless it was done before. @return 0, a catalogue code (> 0) why it cannot
 * be sent, or a negative error */
int message_fetch_media_wait(struct sw_task *task, const struct message_ref *ref,
			     const struct message *m) SW_MUST_CHECK;

#endif
