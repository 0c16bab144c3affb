#include "carrier/twilio/twilio.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/time.h"
#include "carrier/http/flight.h"
#include "carrier/option.h"
#include "carrier/twilio/twilio_impl.h"
#include "core/core.h"
#include "core/sid.h"
#include "loop/clock.h"
#include "loop/timer.h"
#include "wire/form/form.h"

enum { TOO_LARGE = 30019, HEADERS = 3, CA_FILE_MAX = 256 * 1024 };

#define PAUSE_FIRST_US (2 * SW_US_PER_S)
#define PAUSE_LAST_US (60 * SW_US_PER_S)

struct twilio {
	struct sw_carrier *carrier;
	struct sw_arena arena;
	struct twilio_options o;
	struct sw_str authorization;
	struct sw_fetch_identity identity; /* without authorities: the system's will do */
	struct http_flights flights;
	struct sw_timer probe;
	int64_t pause_us; /* the last one since an answer was good; 0: none */
	bool closed;      /* during a pause */
	bool stopped;
};

static void close_twilio(void *state)
{
	struct twilio *twilio = state;
	sw_timer_stop(&twilio->probe);
	sw_arena_done(&twilio->arena);
	free(twilio);
}

static void stop_twilio(void *state)
{
	struct twilio *twilio = state;
	twilio->stopped = true;
	sw_timer_stop(&twilio->probe);
	http_flights_stop(&twilio->flights);
}

/* ---- the request ---- */

static struct sw_str form_of(const struct twilio *twilio, struct sw_arena *arena, const struct sw_message_out *out)
{
	struct sw_buf form = { .arena = arena };
	struct sw_str public_url = sw_carrier_env_of(twilio->carrier)->core->public_url;
	sw_form_add(&form, SW_S("From"), out->from);
	sw_form_add(&form, SW_S("To"), out->to);
	sw_form_add(&form, SW_S("Body"), out->body);
	if (twilio->o.receipts)
		sw_form_add(&form, SW_S("StatusCallback"),
			    twilio_own_url(arena, public_url, twilio->carrier, "receipts"));
	return sw_buf_str(&form);
}

static struct sw_fetch request(void *kind, struct sw_arena *arena, const struct sw_message_out *out)
{
	const struct twilio *twilio = kind;
	struct sw_http_header *headers = SW_ARENA_ARRAY(arena, struct sw_http_header, HEADERS);
	struct sw_fetch fetch = http_fetch(twilio->o.timeout_ms);
	headers[0] = (struct sw_http_header){ SW_S("Authorization"), twilio->authorization };
	headers[1] = (struct sw_http_header){ SW_S("Content-Type"), SW_S("application/x-www-form-urlencoded") };
	/* A server that knows it makes one message of the same request sent twice; the hosted service ignores it. */
	headers[2] = (struct sw_http_header){ SW_S("Idempotency-Key"),
					      sw_sid_text(arena, sw_sid_of(out->ticket.kind, out->ticket.sid)) };
	fetch.method = SW_S("POST");
	fetch.url = sw_str_fmt(arena, "%.*s/2010-04-01/Accounts/%.*s/Messages.json", SW_FMT(twilio->o.server),
			       SW_FMT(twilio->o.sid));
	fetch.headers = headers;
	fetch.headers_n = HEADERS;
	fetch.body = form_of(twilio, arena, out);
	fetch.identity = twilio->identity.authorities.n ? &twilio->identity : NULL;
	return fetch;
}

/* ---- pauses ---- */

/* One message finds out whether it was mended. */
static void on_probe(struct sw_timer *timer)
{
	struct twilio *twilio = SW_CONTAINER(timer, struct twilio, probe);
	twilio->closed = false;
	sw_carrier_set_places(twilio->carrier, 1);
}

/* No message fares better than this one: they stay queued, or go over another carrier. */
static void shut(struct twilio *twilio, const struct sw_fetched *fetched, struct twilio_answer *answer)
{
	if (!twilio->closed && !twilio->stopped) {
		int64_t next_us = 2 * twilio->pause_us;
		twilio->pause_us = next_us < PAUSE_FIRST_US  ? PAUSE_FIRST_US
				   : next_us > PAUSE_LAST_US ? PAUSE_LAST_US
							     : next_us;
		twilio->closed = true;
		sw_carrier_set_places(twilio->carrier, 0);
		sw_timer_start(sw_carrier_loop(twilio->carrier), &twilio->probe, SW_CLOCK_MONO,
			       sw_mono_us() + twilio->pause_us, on_probe);
		sw_error_log("carrier",
			     "the other server takes nothing from this account: correct the carrier's SID, token or "
			     "host, or the account there",
			     SW_KC("carrier", sw_carrier_name(twilio->carrier)), SW_KI("status", fetched->status),
			     SW_KI("code", answer->code), SW_KS("why", answer->why),
			     SW_KI("pause_s", twilio->pause_us / SW_US_PER_S));
	}
	answer->submitted.retry_us = twilio->pause_us;
}

/* An answer about a message: the account is let in. */
static void open_again(struct twilio *twilio)
{
	if (!twilio->pause_us || twilio->stopped)
		return;
	sw_timer_stop(&twilio->probe);
	twilio->pause_us = 0;
	twilio->closed = false;
	sw_carrier_set_places(twilio->carrier, (int)twilio->o.window);
	sw_info("carrier", "the other server takes messages again", SW_KC("carrier", sw_carrier_name(twilio->carrier)));
}

/* ---- the answer ---- */

static struct sw_submitted judge(void *kind, struct sw_arena *arena, const struct sw_fetched *fetched)
{
	struct twilio *twilio = kind;
	struct twilio_answer answer = twilio_answer_of(arena, fetched);
	enum sw_submit_result result = answer.submitted.result;
	if (answer.closes)
		shut(twilio, fetched, &answer);
	else if (result != SW_SUBMIT_UNKNOWN)
		open_again(twilio);
	if (result == SW_SUBMIT_REFUSED || result == SW_SUBMIT_UNKNOWN)
		sw_warn("carrier",
			result == SW_SUBMIT_REFUSED ? "the other server refused a message"
						    : "the other server gave no certain answer",
			SW_KC("carrier", sw_carrier_name(twilio->carrier)), SW_KI("status", fetched->status),
			SW_KI("code", answer.code));
	answer.submitted.receipt_expected = result == SW_SUBMIT_ACCEPTED && twilio->o.receipts;
	return answer.submitted;
}

/* ---- the kind ---- */

static void submit(void *state, const struct sw_message_out *out, sw_submitted_fn *done, void *arg)
{
	struct twilio *twilio = state;
	const struct sw_submitted refused = { .result = SW_SUBMIT_REFUSED, .code = TOO_LARGE };
	if (out->media > 0) /* it would arrive without them */
		done(arg, &refused);
	else
		http_flights_submit(&twilio->flights, out, done, arg);
}

static int hook_wait(void *state, struct sw_task *task, const struct sw_carrier_hook *hook, struct sw_str *ret)
{
	struct twilio *twilio = state;
	return twilio_hook_wait(&twilio->o, twilio->carrier, task, hook, ret);
}

static int read_authorities(struct twilio *twilio, struct sw_str *ret_why)
{
	struct sw_str path = twilio->o.tls_ca;
	if (!path.n || sw_file_read(&twilio->arena, path, CA_FILE_MAX - 1, &twilio->identity.authorities) == 0)
		return 0;
	*ret_why = sw_str_fmt(&twilio->arena, "twilio: tls_ca: the file %.*s cannot be read, or has 256 KiB or more",
			      SW_FMT(path));
	return SW_EINVAL;
}

static int open_twilio(struct sw_carrier *carrier, struct sw_str url, void **ret_state, struct sw_str *ret_why)
{
	struct twilio *twilio = calloc(1, sizeof(*twilio));
	SW_BUG_ON(!twilio);
	twilio->carrier = carrier;
	sw_arena_init(&twilio->arena);
	struct sw_str why;
	int err = twilio_options_parse(&twilio->arena, url, &twilio->o, &why);
	if (!err)
		err = read_authorities(twilio, &why);
	if (!err)
		err = sw_carrier_set_receipt_ids(carrier, SW_S("text"));
	if (err) {
		*ret_why = sw_str_dup(sw_carrier_opening(carrier), why);
		close_twilio(twilio);
		return SW_EINVAL;
	}
	struct sw_str pair = sw_str_fmt(&twilio->arena, "%.*s:%.*s", SW_FMT(twilio->o.sid), SW_FMT(twilio->o.token));
	twilio->authorization =
		sw_str_fmt(&twilio->arena, "Basic %.*s", SW_FMT(sw_base64_encode(&twilio->arena, pair)));
	twilio->identity.owner = sw_str_dup(&twilio->arena, sw_str_of(sw_carrier_name(carrier)));
	twilio->flights = (struct http_flights){
		.carrier = carrier, .kind = twilio, .rate = twilio->o.rate, .request = request, .judge = judge
	};
	http_flights_init(&twilio->flights);
	sw_carrier_set_places(carrier, (int)twilio->o.window);
	*ret_state = twilio;
	return 0;
}

#define KIND(scheme_, doc_)                                                                                      \
	{                                                                                                        \
		.scheme = scheme_, .doc = doc_, .open = open_twilio, .close = close_twilio, .stop = stop_twilio, \
		.submit = submit, .hook = hook_wait, .hook_type = "text/xml", .receipts_by_id = true,            \
		.tells_reads = true                                                                              \
	}

const struct sw_carrier_kind sw_carrier_twilio =
	KIND("twilio", "twilio://SID:TOKEN@HOST?window=10&rate=0: a server with the 2010 API; docs/carriers/twilio.md "
		       "has all options.");
const struct sw_carrier_kind sw_carrier_twilio_http =
	KIND("twilio+http", "twilio+http://SID:TOKEN@HOST:PORT: the same without TLS.");
