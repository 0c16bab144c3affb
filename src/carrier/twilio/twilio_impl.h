/* What the files of the twilio carrier share: its URL, what answers mean, and what the other server tells us. */
#ifndef SW_CARRIER_TWILIO_IMPL_H
#define SW_CARRIER_TWILIO_IMPL_H

#include "base/buf.h"
#include "carrier/carrier.h"

struct sw_fetched;

/* ---- twilio_options.c: the URL ---- */

enum { TWILIO_WINDOW_MAX = 32 };

struct twilio_options {
	struct sw_str sid, token;
	struct sw_str server; /* "https://api.example.net:8443" */
	/* by the table: */
	int64_t window, rate, timeout_ms, receipts;
	struct sw_str tls_ca;
};

/** Texts in the arena. @param ret_why  names what is wrong, never the token. @return 0, SW_EINVAL */
int twilio_options_parse(struct sw_arena *arena, struct sw_str url, struct twilio_options *ret,
			 struct sw_str *ret_why) SW_MUST_CHECK;

/* ---- twilio_answer.c ---- */

/* What an answer means. */
struct twilio_answer {
	struct sw_submitted submitted;
	bool closes;       /* it says that nothing will be taken until somebody mends the settings here or there */
	int code;          /* the other server's own; 0: none */
	struct sw_str why; /* in its words; may be absent */
};

/** Texts in the arena. */
struct twilio_answer twilio_answer_of(struct sw_arena *arena, const struct sw_fetched *fetched);

/* ---- twilio_hook.c ---- */

/** Where the other server reaches this carrier: "https://us.example.org/v1/carriers/main/receipts". */
struct sw_str twilio_own_url(struct sw_arena *arena, struct sw_str public_url, const struct sw_carrier *carrier,
			     const char *what);
/** Whether the request was signed with the token over the URL that the other server called. */
bool twilio_is_signed(struct sw_arena *arena, const struct twilio_options *o, struct sw_str public_url,
		      const struct sw_carrier_hook *hook, const struct sw_form *posted);
/** A kind's hook (carrier.h). */
int twilio_hook_wait(const struct twilio_options *o, struct sw_carrier *carrier, struct sw_task *task,
		     const struct sw_carrier_hook *hook, struct sw_str *ret) SW_MUST_CHECK;

#endif
