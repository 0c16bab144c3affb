/*
 * smsc.h - what the parts of the SMSC know of each other.
 *
 *   main.c      flags
 *   session.c   connections: reading PDUs, binds, answering
 *   message.c   a submitted message: verdict, answer, receipts
 *   deliver.c   deliver_sm: queue of each system_id, windows, offering again
 *   record.c    counters, capture, trace
 *   control.c   the control port
 *   mo.c        inbound messages of commands
 *   garbage.c   what no SMSC should send
 */
#ifndef SMSC_H
#define SMSC_H

#include "loop.h"
#include "pdu.h"
#include "settings.h"

#include <stdio.h>

struct ssl_st;

enum { WINDOW_MAX = 1024, ID_MAX = 24, RECENT = 1 << 16 };
enum mode { UNBOUND = 0, TRANSMITTER = 1, RECEIVER = 2, TRANSCEIVER = 3 };

/* ---- counters ---- */

/* clang-format off */
#define COUNTERS(X) \
	X(connections) X(binds) X(binds_refused) X(binds_lost) X(unbinds) \
	X(submits) X(data_sms) X(taken) X(distinct) X(repeated) X(rejected) X(throttled) X(queue_full) \
	X(answered) X(answers_lost) X(concatenated) X(sar) X(payload) X(ucs2) X(split_references) X(max_unanswered) \
	X(receipts_made) X(receipts_sent) X(receipts_acked) X(receipts_refused) X(receipts_again) X(receipts_given_up) \
	X(mo_made) X(mo_sent) X(mo_acked) X(mo_refused) X(mo_again) X(mo_given_up) \
	X(queries) X(enquiries) X(enquiries_sent) X(enquiries_answered) \
	X(bad_pdus) X(unknown_commands) X(unexpected_responses) X(nacks)
/* clang-format on */

struct counters {
#define X(name) uint64_t name;
	COUNTERS(X)
#undef X
};
extern struct counters counters;

/* ---- sessions ---- */

struct delivery;

struct session {
	struct source source; /* first */
	struct session *next;
	struct ssl_st *tls;
	unsigned number, refs;
	enum mode mode;
	char system_id[17];
	unsigned version;
	struct buffer in, out;
	bool dead, closing, wants_write;
	uint32_t sequence; /* of our last request */
	struct delivery *flight[WINDOW_MAX];
	unsigned in_flight, max_in_flight;
	unsigned unanswered, max_unanswered;
	uint64_t submits, delivered;
	double tokens; /* of --tps */
	int64_t tokens_us;
};
enum stall { STALL_NOT, STALL_READING, STALL_ANSWERING };

void sessions_open(void);
void sessions_listen(bool on);
void sessions_stall(enum stall stall);
/** At the end of a turn: what was written leaves, what died is freed. */
void sessions_flush(void);
struct session *sessions_first(void);
void session_close(struct session *s);
void session_put(struct session *s);
/** A PDU without a body. */
void session_reply(struct session *s, uint32_t command, uint32_t status, uint32_t sequence);

/* ---- messages ---- */

/* A message that was taken; receipts and answers hold it. */
struct message {
	struct job job; /* first; its answer */
	unsigned refs;
	struct session *session;
	uint32_t sequence, command, status;
	unsigned long id;
	struct address from, to;
	char system_id[17], text[21];
	bool lost;
	struct states states;
	unsigned error;
	int64_t submitted_s; /* wall */
	long trace;          /* n of #<n>; -1: none */
};

void message_submit(struct session *s, const struct header *h, const uint8_t *body, size_t n);
void message_query(struct session *s, const struct header *h, const uint8_t *body, size_t n);
void message_put(struct message *m);
/** A receipt of nothing that was ever sent. @return false: no such state */
bool message_false_receipt(const char *id, const char *state, const char *error);

/* ---- deliver_sm ---- */

struct delivery {
	struct job job; /* first; offering again after a refusal */
	struct delivery *next;
	struct account *account;
	struct message *message; /* of a receipt of ours; NULL: an inbound message, or a false receipt */
	bool receipt;
	uint32_t sequence;
	int64_t sent_us;
	unsigned tries;
	size_t n;
	uint8_t body[]; /* after the header */
};

/** @param system_id  NULL: whoever is bound to receive. @return false: nobody ever bound */
bool deliver(const char *system_id, struct message *message, bool receipt, const struct buffer *body);
void deliver_bound(struct session *s);
void deliver_lost(struct session *s);
void deliver_answer(struct session *s, const struct header *h);
/** Offers again what was not answered in time. */
void deliver_sweep(void);
unsigned deliver_waiting(void);
/** The body of a deliver_sm up to its TLVs. */
void deliver_body(struct buffer *b, const struct address *from, const struct address *to, unsigned esm_class,
		  unsigned coding, const void *text, size_t n);
struct address address_of(const char *text);

/* ---- record ---- */

enum moment { MOMENT_SUBMITTED, MOMENT_ANSWERED, MOMENT_RECEIPT, MOMENT_ACKNOWLEDGED };

void record_open(void);
void record_flush(void);
long record_trace_of(const struct short_message *m);
void record_moment(long n, enum moment moment);
void record_capture(const struct session *s, const struct header *h, const struct short_message *m, uint32_t status,
		    const char *id);
/** Counts what came twice, and messages whose parts came over several binds. */
void record_taken(const struct session *s, const struct short_message *m);
void record_stats(FILE *to);
void record_reset(void);

/* ---- commands ---- */

void control_open(int fd);
void control_help(FILE *to);
/** "FROM TO [split=...] TEXT". @return how many parts; negative: *why */
int mo_text(char *words, const char **why);
/** "FROM TO data_coding esm_class HEX [TLVHEX]" */
int mo_raw(char *words, const char **why);
/** Sends garbage to every bind. @return false: unknown kind */
bool garbage(const char *kind);
bool garbage_flood(unsigned n);
void garbage_help(FILE *to);

#endif
