#include "wire/smpp/receipt.h"

static const struct {
	const char *name; /* in lower case */
	size_t at;
	bool rest; /* everything behind it belongs to it */
} keys[] = {
#define KEY(name, member)                                             \
	{                                                             \
		name, offsetof(struct sw_smpp_receipt, member), false \
	}
	KEY("id:", id),
	KEY("sub:", sub),
	KEY("dlvrd:", dlvrd),
	KEY("submit date:", submit_date),
	KEY("submitdate:", submit_date),
	KEY("submit_date:", submit_date),
	KEY("done date:", done_date),
	KEY("donedate:", done_date),
	KEY("done_date:", done_date),
	KEY("stat:", stat),
	KEY("err:", err),
	{ "text:", offsetof(struct sw_smpp_receipt, text), true },
#undef KEY
};

/* The first spelling of a state is the one of the specification. */
static const struct {
	const char *name;
	enum sw_smpp_state state;
} states[] = {
	{ "DELIVRD", SW_SMPP_DELIVERED },
	{ "UNDELIV", SW_SMPP_UNDELIVERABLE },
	{ "EXPIRED", SW_SMPP_EXPIRED },
	{ "REJECTD", SW_SMPP_REJECTED },
	{ "ENROUTE", SW_SMPP_ENROUTE },
	{ "ACCEPTD", SW_SMPP_ACCEPTED },
	{ "DELETED", SW_SMPP_DELETED },
	{ "UNKNOWN", SW_SMPP_UNKNOWN },
	{ "SCHEDULED", SW_SMPP_SCHEDULED },
	{ "SKIPPED", SW_SMPP_SKIPPED },
	{ "DELIVERED", SW_SMPP_DELIVERED },
	{ "DELIVERD", SW_SMPP_DELIVERED },
	{ "UNDELIVERABLE", SW_SMPP_UNDELIVERABLE },
	{ "UNDELIVERED", SW_SMPP_UNDELIVERABLE },
	{ "UNDELIVRD", SW_SMPP_UNDELIVERABLE },
	{ "FAILED", SW_SMPP_UNDELIVERABLE },
	{ "REJECTED", SW_SMPP_REJECTED },
	{ "ACCEPTED", SW_SMPP_ACCEPTED },
	{ "BUFFERED", SW_SMPP_ENROUTE },
	{ "EXPIRD", SW_SMPP_EXPIRED },
	{ "UNKNOWND", SW_SMPP_UNKNOWN },
};

enum sw_smpp_state sw_smpp_state_of(struct sw_str stat)
{
	for (size_t i = 0; i < SW_COUNTOF(states); i++)
		if (sw_str_eq_nocase(stat, sw_str_of(states[i].name)))
			return states[i].state;
	return SW_SMPP_NO_STATE;
}

const char *sw_smpp_state_name(enum sw_smpp_state state)
{
	for (size_t i = 0; i < SW_COUNTOF(states); i++)
		if (states[i].state == state)
			return states[i].name;
	return "";
}

bool sw_smpp_state_is_final(enum sw_smpp_state state)
{
	return state != SW_SMPP_ENROUTE && state != SW_SMPP_ACCEPTED && state != SW_SMPP_SCHEDULED;
}

/* Keys stand behind one of these, at the start, or right behind a key without a value. */
static bool is_blank(char c)
{
	return c == ' ' || c == ',' || c == ';' || c == '\t' || c == '\n' || c == '\r';
}

static int key_at(struct sw_str text, size_t at)
{
	for (size_t i = 0; i < SW_COUNTOF(keys); i++) {
		struct sw_str name = sw_str_of(keys[i].name);
		if (sw_str_eq_nocase(sw_str_sub(text, at, name.n), name))
			return (int)i;
	}
	return -1;
}

static struct sw_str tidy(struct sw_str value)
{
	value = sw_str_trim(value);
	while (value.n && (value.p[value.n - 1] == ',' || value.p[value.n - 1] == ';' || value.p[value.n - 1] == 0))
		value.n--;
	return sw_str_trim(value);
}

static void put(struct sw_smpp_receipt *receipt, int key, struct sw_str value)
{
	struct sw_str *at = (struct sw_str *)(void *)((char *)receipt + keys[key].at);
	if (!at->p && value.n)
		*at = value;
}

bool sw_smpp_receipt_text(struct sw_str text, struct sw_smpp_receipt *ret)
{
	*ret = (struct sw_smpp_receipt){ .state = SW_SMPP_NO_STATE };
	int open = -1; /* the key whose value we are in */
	size_t from = 0;
	for (size_t at = 0; at < text.n; at++) {
		int key = at == from || is_blank(text.p[at - 1]) ? key_at(text, at) : -1;
		if (key < 0)
			continue;
		if (open >= 0)
			put(ret, open, tidy(sw_str_sub(text, from, at - from)));
		open = key;
		from = at + strlen(keys[key].name);
		if (keys[key].rest)
			break;
		at = from - 1;
	}
	if (open >= 0)
		put(ret, open, tidy(sw_str_from(text, from)));
	ret->state = sw_smpp_state_of(ret->stat);
	return ret->id.n || ret->state != SW_SMPP_NO_STATE;
}

bool sw_smpp_receipt(const struct sw_smpp_pdu *pdu, struct sw_smpp_receipt *ret)
{
	struct sw_str text = pdu->u.sm.short_message;
	if (!text.n)
		text = sw_smpp_tlv(pdu, SW_SMPP_TAG_MESSAGE_PAYLOAD);
	sw_smpp_receipt_text(text, ret);
	struct sw_str id = sw_str_trim(sw_smpp_tlv(pdu, SW_SMPP_TAG_RECEIPTED_MESSAGE_ID));
	struct sw_str code = sw_smpp_tlv(pdu, SW_SMPP_TAG_NETWORK_ERROR_CODE);
	uint32_t state;
	if (id.n)
		ret->id = id;
	if (sw_smpp_tlv_int(pdu, SW_SMPP_TAG_MESSAGE_STATE, &state) && state < SW_SMPP_STATES)
		ret->state = (enum sw_smpp_state)state;
	if (code.n == 3) {
		ret->network_type = (uint8_t)code.p[0];
		ret->network_error = (uint16_t)((uint8_t)code.p[1] << 8 | (uint8_t)code.p[2]);
	}
	return ret->id.n || ret->state != SW_SMPP_NO_STATE;
}
