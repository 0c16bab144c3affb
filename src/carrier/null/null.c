/* The carrier that accepts everything, forgets it and never sends a receipt: for measuring what stands before it. */
#include "carrier/carrier.h"
#include "carrier/null/null.h"

static int open_null(struct sw_carrier *carrier, struct sw_str url, void **ret_state, struct sw_str *ret_why)
{
	(void)carrier;
	if (!sw_str_is(url, "null:")) {
		*ret_why = SW_S("null: has no options");
		return SW_EINVAL;
	}
	*ret_state = NULL;
	return 0;
}

static void close_null(void *state)
{
	(void)state;
}

static void submit(void *state, const struct sw_message_out *out, sw_submitted_fn *done, void *arg)
{
	const struct sw_submitted submitted = { .result = SW_SUBMIT_ACCEPTED, .parts = 1, .ids = SW_S("null") };
	(void)state;
	(void)out;
	done(arg, &submitted);
}

/* Whatever a crash left in flight went nowhere. */
static bool never_had(void *state, const struct sw_ticket *ticket)
{
	(void)state;
	(void)ticket;
	return true;
}

const struct sw_carrier_kind sw_carrier_null = {
	.scheme = "null",
	.doc = "null: accepts every message and forgets it; no options.",
	.open = open_null,
	.close = close_null,
	.submit = submit,
	.never_had = never_had,
	.pretends = true,
};
