/* What a message is for: how long it is tried, and how its carrier treats it. */
#include "product/message/message.h"

#include "base/time.h"

const char *const message_class_names[] = { "transactional", "otp", "marketing", NULL };

/* Delays before a message is tried again after a carrier could not take it; then it fails. */
static const struct {
	enum sw_traffic traffic;
	int64_t delay_s[5];
	unsigned tries;
} classes[] = {
	/* as their names */
	{ SW_TRAFFIC_TRANSACTIONAL, { 5, 30, 120, 600 }, 4 },
	{ SW_TRAFFIC_OTP, { 0, 2, 5 }, 3 },
	{ SW_TRAFFIC_MARKETING, { 5, 60, 600, 3600 }, 4 },
};

/* As in its options; the first when it has none. */
static unsigned class_of(const struct message *m)
{
	struct sw_str name = message_option(m, "traffic");
	for (unsigned i = 0; i < SW_COUNTOF(classes); i++)
		if (sw_str_is(name, message_class_names[i]))
			return i;
	return 0;
}

enum sw_traffic message_traffic(const struct message *m)
{
	return classes[class_of(m)].traffic;
}

int64_t message_retry_us(const struct message *m, int64_t tries)
{
	unsigned class = class_of(m);
	return tries < classes[class].tries ? classes[class].delay_s[tries] * SW_US_PER_S : SW_NONE;
}
