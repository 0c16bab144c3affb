/* What the other server's answers mean for a message. */
#include "carrier/twilio/twilio_impl.h"

#include <limits.h>

#include "base/arena.h"
#include "carrier/http/flight.h"
#include "core/error.h"
#include "wire/json/json.h"

/* From CODE_OF_MESSAGE codes are about a message, below it about who asks. */
enum { CODE_OF_MESSAGE = 21000, CODE_GENERAL = 30008, CODE_MAX = 99999 };

/*
 * The first that fits.  What certainly did not make a message there is refused, or busy; what may have made one is
 * unknown: it is never sent again blindly.
 */
static const struct verdict {
	int status_min, status_max, code_min, code_max;
	enum sw_submit_result result;
	bool closes;    /* no message fares better until somebody mends the settings here or there */
	bool announced; /* only with Retry-After */
} verdicts[] = {
	{ 429, 429, 0, CODE_MAX, .result = SW_SUBMIT_BUSY },
	{ 400, 599, 20429, 20429, .result = SW_SUBMIT_BUSY },
	{ 400, 499, 21611, 21611, .result = SW_SUBMIT_BUSY }, /* the sender has too many queued there */
	{ 503, 503, 20503, 20503, .result = SW_SUBMIT_BUSY, .announced = true }, /* its catalogue: nothing was done */
	{ 400, 499, CODE_OF_MESSAGE, CODE_MAX, .result = SW_SUBMIT_REFUSED },    /* whatever the status */
	{ 300, 399, 0, CODE_MAX, .result = SW_SUBMIT_BUSY, .closes = true },     /* some other server answers there */
	{ 401, 401, 0, CODE_MAX, .result = SW_SUBMIT_BUSY, .closes = true },
	{ 403, 405, 0, CODE_MAX, .result = SW_SUBMIT_BUSY, .closes = true },
	{ 408, 409, 0, CODE_MAX, .result = SW_SUBMIT_UNKNOWN },  /* cut short; under way with this key */
	{ 422, 422, 20422, 20422, .result = SW_SUBMIT_UNKNOWN }, /* it has another request with this key */
	{ 400, 499, 0, CODE_MAX, .result = SW_SUBMIT_REFUSED },
	{ 0, INT_MAX, 0, CODE_MAX, .result = SW_SUBMIT_UNKNOWN },
};

static const struct verdict *verdict_of(int status, int code, bool announced)
{
	const struct verdict *v = verdicts;
	while (status < v->status_min || status > v->status_max || code < v->code_min || code > v->code_max ||
	       (v->announced && !announced))
		v++;
	return v;
}

static bool is_taken(const struct sw_fetched *fetched, struct sw_str sid)
{
	return fetched->status >= 200 && fetched->status <= 299 && sid.n && sid.n < SW_CARRIER_ID_MAX &&
	       sw_str_index(sid, '\n') < 0;
}

struct twilio_answer twilio_answer_of(struct sw_arena *arena, const struct sw_fetched *fetched)
{
	const struct sw_json *json = NULL;
	int err = sw_json_parse(arena, fetched->body, NULL, &json, NULL);
	if (err)
		json = NULL;
	struct twilio_answer answer = { .why = sw_json_get_str(json, "message") };
	struct sw_str sid = sw_json_get_str(json, "sid");
	if (is_taken(fetched, sid)) {
		answer.submitted = (struct sw_submitted){ .result = SW_SUBMIT_ACCEPTED, .parts = 1, .ids = sid };
		return answer;
	}
	const struct sw_json *code = sw_json_get(json, "code");
	if (code && code->is_int && code->i > 0 && code->i <= CODE_MAX)
		answer.code = (int)code->i;
	int64_t retry_us = http_retry_after_us(fetched);
	const struct verdict *verdict = verdict_of(fetched->status, answer.code, retry_us > 0);
	bool about_it = verdict->result == SW_SUBMIT_REFUSED || answer.code >= CODE_OF_MESSAGE;
	bool known = verdict->result != SW_SUBMIT_UNKNOWN && about_it && sw_error_find(answer.code);
	answer.closes = verdict->closes;
	answer.submitted = (struct sw_submitted){
		.result = verdict->result,
		.code = known ? answer.code : CODE_GENERAL,
		.retry_us = verdict->result == SW_SUBMIT_BUSY ? retry_us : 0,
	};
	return answer;
}
