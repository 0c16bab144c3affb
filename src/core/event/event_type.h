/*
 * core/event/event_type.h - the catalogue of events: every type that the program writes, what it means and what it
 * holds.
 *
 * Nobody lists what a table says already: a state machine gives a type for each state ("message.delivered"), a declared
 * resource three (created, updated, deleted).  What else is written stands in the rows that a room brings.  From the
 * catalogue come the types and schemas of Event Streams, the documentation, and the check that the log holds nothing
 * unknown (`strowger check --data`).
 *
 * An event leaves the program as a CloudEvent (sw_cloud_event).  Types that the contract has keep its names, and their
 * data are camelCase with the subject's SID and status in front; others are "strowger." and the type, in snake_case.
 *
 * Ownership: the catalogue lives in its arena.  Thread: any once it is complete.
 * Source: CloudEvents 1.0, JSON format.
 */
#ifndef SW_CORE_EVENT_TYPE_H
#define SW_CORE_EVENT_TYPE_H

#include "core/fsm.h"
#include "core/resource.h"
#include "store/event.h"

/* A row of a room's table. One of a type that a state machine gives says more of it. */
struct sw_event_row {
	const char *type;            /* "number.updated"; NULL ends a table */
	const char *doc;             /* one sentence */
	const struct sw_field *data; /* members of its data besides the subject; NULL: those of the machine or none */
	const char *contract;        /* its type in the contract, "com.twilio.messaging.message.sent"; NULL: none */
	const char *schema;          /* "Messaging.MessageStatus"; NULL: "Strowger." and the subject */
};

/* What a state machine's events have in common. */
struct sw_fsm_events {
	const struct sw_fsm *fsm;
	const struct sw_field *data;
	const char *contract; /* "com.twilio.messaging.message"; NULL: none */
	const char *schema;
	const char *kind;   /* letters of the subject's SIDs, "SM" */
	const char *source; /* path of the subject, "/2010-04-01/Accounts/{account_sid}/Messages/{sid}.json" */
};

struct sw_event_type {
	struct sw_str type;   /* in the log */
	struct sw_str name;   /* outside: the contract's, or "strowger." and the type */
	struct sw_str schema; /* "Messaging.MessageStatus" */
	struct sw_str doc;
	struct sw_str subject, status; /* "message", "delivered" */
	struct sw_str source;          /* pattern with {account_sid} and {sid} */
	const struct sw_field *data;   /* NULL: none declared */
	const char *kind;            /* letters of its SIDs as far as a table says them; else AC */
	bool contract;                 /* the name is the contract's: data are camelCase */
};

/* A member of an event's data. */
#define SW_EVENT_TEXT(name_, doc_)                         \
	{                                                  \
		.name = name_, .doc = doc_, .type = SW_STR \
	}
#define SW_EVENT_INT(name_, doc_)                          \
	{                                                  \
		.name = name_, .doc = doc_, .type = SW_INT \
	}
#define SW_EVENT_BOOL(name_, doc_)                          \
	{                                                   \
		.name = name_, .doc = doc_, .type = SW_BOOL \
	}
#define SW_EVENT_TIME(name_, doc_)                          \
	{                                                   \
		.name = name_, .doc = doc_, .type = SW_TIME \
	}

/** Add the event of what happens now to its transaction; type and data (a JSON object) live as long as that. */
void sw_event_add(struct sw_txn *txn, struct sw_id account, struct sw_sid sid, const char *type, struct sw_str data);

struct sw_event_catalogue;

struct sw_event_catalogue *sw_event_catalogue_new(struct sw_arena *arena);
void sw_event_catalogue_rows(struct sw_event_catalogue *catalogue, const struct sw_event_row *rows);
void sw_event_catalogue_fsm(struct sw_event_catalogue *catalogue, const struct sw_fsm_events *events);
void sw_event_catalogue_resource(struct sw_event_catalogue *catalogue, const struct sw_resource *resource);
/** Sort it; nothing is added afterwards. */
void sw_event_catalogue_done(struct sw_event_catalogue *catalogue);

/** Complaints about what rows and machines say, a line each. */
void sw_event_catalogue_check(const struct sw_event_catalogue *catalogue, struct sw_buf *complaints);

/** In the order of their names; NULL behind the last. */
const struct sw_event_type *sw_event_type_at(const struct sw_event_catalogue *catalogue, size_t i);
/** By the type in the log; NULL: nobody declared it. */
const struct sw_event_type *sw_event_type_find(const struct sw_event_catalogue *catalogue, struct sw_str type);
/** By the name outside. */
const struct sw_event_type *sw_event_type_named(const struct sw_event_catalogue *catalogue, struct sw_str name);

/** The event's identifier outside, the same whenever it is sent: "EZ" and 32 hex digits of bucket and seq. */
struct sw_str sw_event_id(struct sw_arena *arena, int bucket, int64_t seq);
/** @return 0, SW_EINVAL (not an identifier of an event in that bucket) */
int sw_event_id_parse(struct sw_str text, int bucket, int64_t *ret_seq) SW_MUST_CHECK;
/** The event as a CloudEvent, one JSON object. base_url: "https://host", in front of the schema's path. */
void sw_cloud_event(struct sw_arena *arena, const struct sw_event_type *type, int bucket, const struct sw_event *event,
		    struct sw_str base_url, struct sw_json_out *out);
/** The data alone, as sw_cloud_event() has them: what filters look at. */
void sw_cloud_event_data(struct sw_arena *arena, const struct sw_event_type *type, const struct sw_event *event,
			 struct sw_json_out *out);

/** A member of data as it is called outside, in the arena. */
struct sw_str sw_event_member(struct sw_arena *arena, const struct sw_event_type *type, struct sw_str name);

/** An event of that type as one may look, about a subject that is not there: every member of its data has a value. */
struct sw_event sw_event_example(struct sw_arena *arena, const struct sw_event_type *type, struct sw_id account,
				 int64_t time_us);

/* Version of every schema; members are only ever added. */
enum { SW_EVENT_VERSION = 1 };
#define SW_EVENT_VERSION_US INT64_C(1795219200000000) /* when it was made: 2026-11-21, wall */
/** Where the schema itself stands. */
struct sw_str sw_event_schema_url(struct sw_arena *arena, struct sw_str base_url, struct sw_str schema);
/** JSON Schema (draft 7) of the data of its events. @return 0, SW_ENOTFOUND */
int sw_event_schema(struct sw_arena *arena, const struct sw_event_catalogue *catalogue, struct sw_str schema,
		    struct sw_json_out *out) SW_MUST_CHECK;

#endif
