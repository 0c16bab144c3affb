#include "wire/phone/phone.h"

#define E164_DIGITS_MIN 7
#define E164_DIGITS_MAX 15

static const struct plan {
	char region[4];   /* "": several share the code */
	char prefix[4];   /* trunk prefix, not part of the international number */
	uint32_t lengths; /* bit n: n digits are possible */
	uint16_t root;    /* node; 0: no such calling code */
} plans[1000] = {
#define PLAN(code_, region_, lengths_, prefix_, root_) [code_] = { region_, prefix_, lengths_, root_ },
#include "wire/phone/phone_data.def"
};

static const struct result {
	char region[4];
	uint8_t type;
} results[] = {
#define RESULT(region_, type_) { region_, SW_PHONE_##type_ },
#include "wire/phone/phone_data.def"
};

static const struct node {
	uint16_t verdict, edge;
} nodes[] = {
#define N(verdict_, edge_) { verdict_, edge_ },
#include "wire/phone/phone_data.def"
};

static const struct edge {
	uint16_t digits, node;
} edges[] = {
#define E(digits_, node_) { digits_, node_ },
#include "wire/phone/phone_data.def"
};

static const char data_version[] =
#define VERSION(text) text
#include "wire/phone/phone_data.def"
	;

const char *sw_phone_data_version(void)
{
	return data_version;
}

const char *sw_phone_type_name(enum sw_phone_type type)
{
	static const char *const names[SW_PHONE_TYPES] = {
		[SW_PHONE_UNKNOWN] = "unknown",
		[SW_PHONE_FIXED_LINE] = "fixed-line",
		[SW_PHONE_MOBILE] = "mobile",
		[SW_PHONE_FIXED_OR_MOBILE] = "fixed-or-mobile",
		[SW_PHONE_TOLL_FREE] = "toll-free",
		[SW_PHONE_PREMIUM] = "premium",
		[SW_PHONE_SHARED_COST] = "shared-cost",
		[SW_PHONE_VOIP] = "voip",
		[SW_PHONE_PERSONAL] = "personal",
		[SW_PHONE_PAGER] = "pager",
		[SW_PHONE_UAN] = "uan",
		[SW_PHONE_VOICEMAIL] = "voicemail",
	};

	return type < SW_PHONE_TYPES ? names[type] : names[SW_PHONE_UNKNOWN];
}

static size_t digits_of(struct sw_str text)
{
	size_t n = 0;

	while (n < text.n && text.p[n] >= '0' && text.p[n] <= '9')
		n++;
	return n;
}

static bool is_e164(struct sw_str text)
{
	struct sw_str digits = sw_str_from(text, 1);

	return text.n > 1 && text.p[0] == '+' && digits.p[0] != '0' && digits_of(digits) == digits.n &&
	       digits.n >= E164_DIGITS_MIN && digits.n <= E164_DIGITS_MAX;
}

static uint16_t follow(uint16_t node, char digit)
{
	unsigned bit = 1u << (digit - '0');

	for (unsigned e = nodes[node].edge; e < nodes[node + 1].edge; e++)
		if (edges[e].digits & bit)
			return edges[e].node;
	return 0;
}

/* What a national number is; NULL when it is in no assigned range. */
static const struct result *judge(const struct plan *plan, struct sw_str national)
{
	uint16_t node = plan->root;

	for (size_t i = 0; i < national.n && node; i++)
		node = follow(node, national.p[i]);
	return nodes[node].verdict ? &results[nodes[node].verdict - 1] : NULL;
}

static enum sw_phone_fit fit_of(const struct plan *plan, size_t n)
{
	unsigned bit = 1u << n;

	if (plan->lengths & bit)
		return SW_PHONE_POSSIBLE;
	if ((plan->lengths & (bit - 1)) == 0)
		return SW_PHONE_TOO_SHORT;
	return plan->lengths > bit ? SW_PHONE_BAD_LENGTH : SW_PHONE_TOO_LONG;
}

/* Calling codes are prefix-free: at most one of the three fits. @return its digits, 0 when none does */
static size_t find_plan(struct sw_str digits, unsigned *ret_code)
{
	unsigned code = 0;

	for (size_t n = 0; n < 3; n++) {
		code = code * 10 + (unsigned)(digits.p[n] - '0');
		if (plans[code].root) {
			*ret_code = code;
			return n + 1;
		}
	}
	return 0;
}

/* A trunk prefix is taken out only when the number is valid without it, and was not with it. */
static const struct result *judge_prefixed(const struct plan *plan, struct sw_str *national)
{
	struct sw_str prefix = sw_str_of(plan->prefix);
	struct sw_str rest = sw_str_from(*national, prefix.n);
	const struct result *result = judge(plan, *national);

	if (result || prefix.n == 0 || !sw_str_starts(*national, prefix))
		return result;
	result = judge(plan, rest);
	if (result)
		*national = rest;
	return result;
}

int sw_phone_parse(struct sw_str text, struct sw_phone *ret)
{
	struct sw_phone phone = { .fit = SW_PHONE_BAD_CALLING_CODE };
	struct sw_str digits = sw_str_from(text, 1);
	const struct result *result = NULL;
	const struct plan *plan;
	size_t code_digits;

	if (!is_e164(text))
		return SW_EINVAL;
	code_digits = find_plan(digits, &phone.calling_code);
	plan = &plans[phone.calling_code];
	if (code_digits) {
		struct sw_str national = sw_str_from(digits, code_digits);

		result = judge_prefixed(plan, &national);
		phone.fit = result ? SW_PHONE_POSSIBLE : fit_of(plan, national.n);
		phone.possible = phone.fit == SW_PHONE_POSSIBLE;
		phone.valid = result != NULL;
		phone.type = result ? (enum sw_phone_type)result->type : SW_PHONE_UNKNOWN;
		memcpy(phone.region, result ? result->region : plan->region, sizeof(phone.region));
		digits = national;
	}
	phone.national_at = (unsigned)code_digits + 1;
	memcpy(phone.e164, text.p, phone.national_at);
	memcpy(phone.e164 + phone.national_at, digits.p, digits.n);
	*ret = phone;
	return 0;
}

/* ---- addresses ---- */

#define ALPHA_MAX 11
#define SHORT_CODE_MIN 3
#define SHORT_CODE_MAX 8

static bool is_letter(char c)
{
	c |= 0x20;
	return c >= 'a' && c <= 'z';
}

static bool is_alpha_sender(struct sw_str text)
{
	bool letter = false;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (is_letter(c))
			letter = true;
		else if (!(c >= '0' && c <= '9') && (c == 0 || !strchr(" +-_&.", c)))
			return false;
	}
	return letter && text.n <= ALPHA_MAX;
}

static bool is_channel(struct sw_str channel, struct sw_str rest)
{
	if (channel.n == 0 || rest.n == 0)
		return false;
	for (size_t i = 0; i < channel.n; i++)
		if (!(channel.p[i] >= 'a' && channel.p[i] <= 'z') && !(i && strchr("0123456789-_", channel.p[i])))
			return false;
	for (size_t i = 0; i < rest.n; i++)
		if ((uint8_t)rest.p[i] < 0x20 || rest.p[i] == 0x7f)
			return false;
	return !sw_str_is(channel, "whatsapp") || is_e164(rest);
}

struct sw_address sw_address_parse(struct sw_str text)
{
	struct sw_address address = { .rest = text };
	struct sw_str rest = text;
	struct sw_str channel = sw_str_cut(&rest, ':');

	if (text.n == 0)
		return address;
	if (rest.p) {
		if (is_channel(channel, rest))
			address = (struct sw_address){ SW_ADDRESS_CHANNEL, channel, rest };
	} else if (text.p[0] == '+') {
		address.kind = is_e164(text) ? SW_ADDRESS_E164 : SW_ADDRESS_BAD;
	} else if (digits_of(text) == text.n) {
		if (text.n >= SHORT_CODE_MIN && text.n <= SHORT_CODE_MAX)
			address.kind = SW_ADDRESS_SHORT_CODE;
	} else if (is_alpha_sender(text)) {
		address.kind = SW_ADDRESS_ALPHA;
	}
	return address;
}
