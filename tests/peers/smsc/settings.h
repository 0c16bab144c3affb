/*
 * settings.h - how the SMSC behaves: one table for the flags, for `set NAME VALUE` of the control port, and for --help.
 */
#ifndef SMSC_SETTINGS_H
#define SMSC_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { STATES_MAX = 4, RULES_MAX = 64, PREFIX_MAX = 24 };

struct range {
	long low, high; /* anything between them, at random */
};

/* message_state of SMPP 3.4, 5.2.28 */
enum { STATE_ENROUTE = 1, STATE_DELIVERED = 2, STATE_UNKNOWN = 7 };

struct states {
	unsigned n;
	uint8_t of[STATES_MAX]; /* a receipt each, in this order */
};

enum { ORDER_FIFO, ORDER_REVERSED };
enum { FORM_BOTH, FORM_TEXT, FORM_TLV };

struct settings {
	/* at the start only */
	char listen[64], user[17], password[65], tls_cert[256], tls_key[256], capture[256], trace[256];
	long port, control_port, trace_slots, seed;
	/* binds */
	long version, refuse_bind, binds_max, disconnect_after, enquire_every_s;
	/* answers */
	struct range answer_delay_ms;
	long reject_status, reject_every, tps, queue_limit, lose_every;
	/* ids */
	long id_format, id_start, id_reuse;
	/* receipts */
	long receipts, receipt_early, receipt_copies, receipt_order, reverse_batch, receipt_form, error;
	struct range receipt_delay_ms;
	struct states state;
	/* deliver_sm */
	long deliver_window, deliver_timeout_ms, deliver_retry_ms, deliver_tries;
};

/* What differs for numbers that begin with a prefix. */
struct rule {
	char prefix[PREFIX_MAX];
	uint32_t status;
	bool lose, no_receipt, has_states;
	struct states states;
	long error; /* -1: as set */
};

struct id_format {
	const char *name, *answer, *receipt; /* printf forms of an unsigned long */
	const char *help;
};

extern struct settings settings;
extern const struct id_format id_formats[];

/** @return NULL, or what is wrong with it */
const char *settings_set(const char *name, const char *value);
/** "PREFIX [status=0x0B] [state=UNDELIV] [err=5] [receipts=off] [lose=on]", or "clear". @return as above */
const char *settings_rule(char *words);
const struct rule *settings_rule_of(const char *number);
/** DELIVRD ...; 0: unknown */
unsigned state_code(const char *name, size_t n);
const char *state_name(unsigned code);
long range_pick(const struct range *range);
void settings_help(FILE *to);

#endif
