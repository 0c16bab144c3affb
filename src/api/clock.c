/* POST /v1/clock: time moves ahead, and everything that falls due on the way happens first. For tests only. */
#include "api/api_impl.h"
#include "base/time.h"
#include "core/deprecation.h"
#include "loop/clock.h"

enum { ADVANCE_MAX_S = 366 * 86400 };

struct advance {
	int64_t advance_s, now;
	int8_t rehearse;
};

/* Counted from the server's start, so that a rehearsal is the same on every day. */
enum { REHEARSAL_DAYS = 181, DAY_CHARS = 10 };
static char rehearsal_since[SW_TIME_BUF], rehearsal_sunset[SW_TIME_BUF];
static const struct sw_deprecation rehearsed = {
	.since = rehearsal_since,
	.sunset = rehearsal_sunset,
	.replacement = "nothing",
	.why = "It is there for rehearsals.",
};

void sw_clock_rehearse(int64_t now_us)
{
	sw_time_iso(now_us, rehearsal_since);
	sw_time_iso(now_us + REHEARSAL_DAYS * SW_US_PER_DAY, rehearsal_sunset);
	rehearsal_since[DAY_CHARS] = rehearsal_sunset[DAY_CHARS] = 0;
}

/* clang-format off */
static const struct sw_field advance_params[] = {
	{ .name = "advance_s", .doc = "Seconds to move ahead.", .type = SW_INT, .flags = SW_REQUIRED, SW_INT_AT(struct advance, advance_s), .min = 0, .max = ADVANCE_MAX_S, .used_by = "loop.clock" },
	{ .name = "rehearse", .doc = "Has no effect but being deprecated, with brown-outs and a sunset: to see what a caller meets then.", .type = SW_BOOL, SW_BOOL_AT(struct advance, rehearse), .deprecated = &rehearsed, .used_by = "api.deprecation" },
	{ 0 },
};
static const struct sw_field clock_fields[] = {
	{ .name = "now", .doc = "The wall clock's time.", .type = SW_TIME, SW_INT_AT(struct advance, now) },
	{ 0 },
};
/* clang-format on */

static int advance(struct sw_call *c, struct sw_error *err)
{
	const struct advance *args = c->args;
	struct advance *result = c->result;
	int failed = sw_call_operator_only(c, err); /* it moves for everybody */
	if (failed)
		return failed;
	failed = sw_clock_advance_wait(c->task, args->advance_s * 1000000);
	if (failed == SW_EBUSY)
		return sw_fail(err, 20409, "The clock is being moved by another request.");
	result->now = sw_wall_us();
	return sw_fail_internal(err, failed);
}

static const struct sw_endpoint endpoints[] = {
	{ "POST", "/v1/clock", "AdvanceClock", "Move the virtual clock ahead.", SW_STYLE_NATIVE,
	  .params = advance_params, .args_bytes = sizeof(struct advance), .fields = clock_fields,
	  .result_bytes = sizeof(struct advance), .status = 200, .handler = advance, .flags = SW_READS | SW_WAITS,
	  .rate_class = "write" },
	{ 0 },
};

const struct sw_module sw_clock_module = { .name = "clock", .endpoints = endpoints };
