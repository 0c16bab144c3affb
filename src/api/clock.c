/* POST /v1/clock: time moves ahead, and everything that falls due on the way happens first. For tests only. */
#include "api/api_impl.h"
#include "loop/clock.h"

enum { ADVANCE_MAX_S = 366 * 86400 };

struct advance {
	int64_t advance_s, now;
};

/* clang-format off */
static const struct sw_field advance_params[] = {
	{ .name = "advance_s", .doc = "Seconds to move ahead.", .type = SW_INT, .flags = SW_REQUIRED, SW_INT_AT(struct advance, advance_s), .min = 0, .max = ADVANCE_MAX_S, .used_by = "loop.clock" },
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
	int failed = sw_clock_advance_wait(c->task, args->advance_s * 1000000);
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
