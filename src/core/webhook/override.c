/* What a customer may say about the connection behind the '#' of a URL. */
#include <stddef.h>

#include "base/num.h"
#include "core/webhook.h"

static const struct {
	const char *name;
	size_t at;
	int64_t min, max;
} numbers[] = {
	{ "ct", offsetof(struct sw_overrides, connect_ms), 100, 10000 },
	{ "rt", offsetof(struct sw_overrides, read_ms), 100, 15000 },
	{ "tt", offsetof(struct sw_overrides, total_ms), 100, 15000 },
	{ "rc", offsetof(struct sw_overrides, retries), 0, 5 },
};

static const struct {
	const char *name;
	unsigned bits;
} policies[] = {
	{ "ct", SW_RETRY_CONNECT }, { "rt", SW_RETRY_READ }, { "4xx", SW_RETRY_4XX },
	{ "5xx", SW_RETRY_5XX },    { "all", SW_RETRY_ALL },
};

static const struct sw_overrides defaults = {
	.connect_ms = 5000, .read_ms = 15000, .total_ms = 15000, .retries = 1, .policy = SW_RETRY_CONNECT
};

static int parse_policy(struct sw_str list, unsigned *ret)
{
	*ret = 0;
	while (list.p) {
		struct sw_str word = sw_str_cut(&list, ',');
		unsigned bits = 0;
		for (size_t i = 0; i < SW_COUNTOF(policies); i++)
			if (sw_str_eq_nocase(word, sw_str_of(policies[i].name)))
				bits = policies[i].bits;
		if (!bits)
			return SW_EINVAL;
		*ret |= bits;
	}
	return 0;
}

/* A list of edges ("e") has no meaning on one machine, and the server's name ("sni") is always sent: both are only
 * checked. */
static int parse_one(struct sw_str name, struct sw_str value, struct sw_overrides *ret)
{
	for (size_t i = 0; i < SW_COUNTOF(numbers); i++) {
		int64_t number;
		if (!sw_str_is(name, numbers[i].name))
			continue;
		if (sw_num_parse(value, &number) || number < numbers[i].min || number > numbers[i].max)
			return SW_EINVAL;
		*(int64_t *)(void *)((char *)ret + numbers[i].at) = number;
		return 0;
	}
	if (sw_str_is(name, "rp"))
		return parse_policy(value, &ret->policy);
	if (sw_str_is(name, "sni"))
		return sw_str_is(value, "y") || sw_str_is(value, "n") ? 0 : SW_EINVAL;
	return 0;
}

int sw_overrides_parse(struct sw_str fragment, struct sw_overrides *ret, struct sw_str *ret_bad)
{
	*ret = defaults;
	while (fragment.p) {
		struct sw_str piece = sw_str_cut(&fragment, '&'), value = piece, name = sw_str_cut(&value, '=');
		*ret_bad = piece;
		if (value.p && parse_one(name, value, ret))
			return SW_EINVAL;
	}
	return 0;
}
