#include "smsc.h"

#include <string.h>

static void bad_length_short(struct session *s)
{
	put_u32(&s->out, 4);
	put_u32(&s->out, CMD_DELIVER_SM);
	put_u32(&s->out, 0);
	put_u32(&s->out, 1);
}

static void bad_length_huge(struct session *s)
{
	put_u32(&s->out, 0x7FFFFFFF);
	put_u32(&s->out, CMD_DELIVER_SM);
	put_u32(&s->out, 0);
	put_u32(&s->out, 1);
}

static void unknown_command(struct session *s)
{
	session_reply(s, 0x0BAD, 0, ++s->sequence);
}

static void unknown_response(struct session *s)
{
	session_reply(s, CMD_SUBMIT_SM | RESPONSE, 0, 0x7000000);
}

/* A whole PDU in which the fields run out. */
static void truncated(struct session *s)
{
	size_t begin = pdu_begin(&s->out, CMD_DELIVER_SM, 0, ++s->sequence);
	put_text(&s->out, "");
	put_u16(&s->out, 0x0101);
	put_bytes(&s->out, "1555", 4);
	pdu_end(&s->out, begin);
}

/* A PDU of which the rest never comes. */
static void half(struct session *s)
{
	put_u32(&s->out, 200);
	put_u32(&s->out, CMD_DELIVER_SM);
	put_u32(&s->out, 0);
	put_u32(&s->out, ++s->sequence);
	put_bytes(&s->out, "\0\1\1", 3);
	s->closing = true;
}

static void with_tail(struct session *s, const void *tail, size_t n)
{
	struct address a = address_of("15550000001");
	size_t begin = pdu_begin(&s->out, CMD_DELIVER_SM, 0, ++s->sequence);
	deliver_body(&s->out, &a, &a, 0, 0, "x", 1);
	put_bytes(&s->out, tail, n);
	pdu_end(&s->out, begin);
}

static void tlv_too_long(struct session *s)
{
	with_tail(s, "\x04\x24\xFF\xFFxy", 6);
}

static void tlv_cut(struct session *s)
{
	with_tail(s, "\x04", 1);
}

static void sm_length_lies(struct session *s)
{
	struct address a = address_of("15550000001");
	size_t begin = pdu_begin(&s->out, CMD_DELIVER_SM, 0, ++s->sequence);
	deliver_body(&s->out, &a, &a, 0, 0, "x", 1);
	s->out.at[s->out.end - 2] = 250;
	pdu_end(&s->out, begin);
}

/* The header says 200 octets, the message has 3. */
static void udh_lies(struct session *s)
{
	struct address a = address_of("15550000001");
	size_t begin = pdu_begin(&s->out, CMD_DELIVER_SM, 0, ++s->sequence);
	deliver_body(&s->out, &a, &a, ESM_UDH, 0, "\xC8\0\3", 3);
	pdu_end(&s->out, begin);
}

static void udh_part_zero(struct session *s)
{
	struct address a = address_of("15550000001");
	size_t begin = pdu_begin(&s->out, CMD_DELIVER_SM, 0, ++s->sequence);
	deliver_body(&s->out, &a, &a, ESM_UDH, 0, "\5\0\3\7\0\0x", 7);
	pdu_end(&s->out, begin);
}

static void not_smpp(struct session *s)
{
	static const char text[] = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
	put_bytes(&s->out, text, strlen(text));
}

static void zeros(struct session *s)
{
	static const uint8_t none[64];
	put_bytes(&s->out, none, sizeof none);
}

static void empty_receipt(struct session *s)
{
	struct address a = address_of("15550000001");
	size_t begin = pdu_begin(&s->out, CMD_DELIVER_SM, 0, ++s->sequence);
	deliver_body(&s->out, &a, &a, ESM_RECEIPT, 0, "id: stat:", 9);
	pdu_end(&s->out, begin);
}

static void random_bytes(struct session *s)
{
	for (int i = 0; i < 256; i++)
		put_u8(&s->out, (unsigned)random_below(256));
}

static const struct {
	const char *name, *help;
	void (*send)(struct session *s);
} kinds[] = {
	{ "length-short", "a PDU of 4 octets", bad_length_short },
	{ "length-huge", "a PDU of 2 GiB", bad_length_huge },
	{ "unknown", "a command that there is not", unknown_command },
	{ "response", "an answer to nothing", unknown_response },
	{ "truncated", "a deliver_sm whose fields run out", truncated },
	{ "half", "half a deliver_sm, then the end", half },
	{ "tlv", "a TLV longer than its PDU", tlv_too_long },
	{ "tlv-cut", "a PDU that ends within a TLV's tag", tlv_cut },
	{ "sm-length", "a sm_length longer than the PDU", sm_length_lies },
	{ "udh", "a user data header longer than the message", udh_lies },
	{ "udh-zero", "part 0 of 0", udh_part_zero },
	{ "text", "another protocol", not_smpp },
	{ "zeros", "64 zeros", zeros },
	{ "receipt", "a receipt without id and state", empty_receipt },
	{ "random", "256 random octets", random_bytes },
};

bool garbage(const char *kind)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (strcmp(kinds[i].name, kind) != 0)
			continue;
		for (struct session *s = sessions_first(); s; s = s->next)
			if (!s->dead && s->mode)
				kinds[i].send(s);
		return true;
	}
	return false;
}

void garbage_help(FILE *to)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		fprintf(to, "    %-13s %s\n", kinds[i].name, kinds[i].help);
}

/* Past every window; the answers to them are not expected. */
bool garbage_flood(unsigned n)
{
	struct address from = address_of("15550000001"), to = address_of("15550000002");
	bool any = false;
	for (struct session *s = sessions_first(); s; s = s->next) {
		if (s->dead || !(s->mode & RECEIVER))
			continue;
		any = true;
		for (unsigned i = 0; i < n; i++) {
			char text[32];
			int bytes = snprintf(text, sizeof text, "flood %u", i);
			size_t begin = pdu_begin(&s->out, CMD_DELIVER_SM, 0, ++s->sequence);
			deliver_body(&s->out, &from, &to, 0, 0, text, (size_t)bytes);
			pdu_end(&s->out, begin);
		}
	}
	return any;
}
