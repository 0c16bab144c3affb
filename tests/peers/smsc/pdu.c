#include "pdu.h"

#include <stdlib.h>
#include <string.h>

void buffer_free(struct buffer *b)
{
	free(b->at);
	*b = (struct buffer){ 0 };
}

uint8_t *buffer_room(struct buffer *b, size_t n)
{
	if (b->start == b->end)
		b->start = b->end = 0;
	if (b->size - b->end < n && b->start) {
		memmove(b->at, b->at + b->start, b->end - b->start);
		b->end -= b->start;
		b->start = 0;
	}
	if (b->size - b->end < n) {
		b->size = (b->end + n) * 2;
		b->at = realloc(b->at, b->size);
		if (!b->at)
			abort();
	}
	return b->at + b->end;
}

void put_bytes(struct buffer *b, const void *bytes, size_t n)
{
	uint8_t *to = buffer_room(b, n);
	if (n)
		memcpy(to, bytes, n);
	b->end += n;
}

void put_u8(struct buffer *b, unsigned v)
{
	put_bytes(b, &(uint8_t){ (uint8_t)v }, 1);
}

void put_u16(struct buffer *b, unsigned v)
{
	put_bytes(b, (uint8_t[]){ (uint8_t)(v >> 8), (uint8_t)v }, 2);
}

void put_u32(struct buffer *b, uint32_t v)
{
	put_u16(b, v >> 16);
	put_u16(b, v & 0xFFFF);
}

void put_text(struct buffer *b, const char *text)
{
	put_bytes(b, text, strlen(text) + 1);
}

void put_tlv(struct buffer *b, unsigned tag, const void *value, size_t n)
{
	put_u16(b, tag);
	put_u16(b, (unsigned)n);
	put_bytes(b, value, n);
}

size_t pdu_begin(struct buffer *b, uint32_t command, uint32_t status, uint32_t sequence)
{
	buffer_room(b, HEADER_BYTES);
	size_t begin = b->end - b->start; /* start may move, the distance does not */
	put_u32(b, 0);
	put_u32(b, command);
	put_u32(b, status);
	put_u32(b, sequence);
	return begin;
}

void pdu_end(struct buffer *b, size_t begin)
{
	uint8_t *at = b->at + b->start + begin;
	uint32_t n = (uint32_t)(b->end - b->start - begin);
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(n >> (24 - 8 * i));
}

uint32_t get_uint(struct reader *r, unsigned bytes)
{
	const uint8_t *at = get_bytes(r, bytes);
	uint32_t v = 0;
	for (unsigned i = 0; at && i < bytes; i++)
		v = v << 8 | at[i];
	return v;
}

void get_text(struct reader *r, char *to, size_t size)
{
	size_t left = (size_t)(r->end - r->at);
	const uint8_t *nul = r->bad ? NULL : memchr(r->at, 0, left < size ? left : size);
	to[0] = 0;
	if (!nul) {
		r->bad = true;
		return;
	}
	memcpy(to, r->at, (size_t)(nul - r->at) + 1);
	r->at = nul + 1;
}

const uint8_t *get_bytes(struct reader *r, size_t n)
{
	if (r->bad || (size_t)(r->end - r->at) < n) {
		r->bad = true;
		return NULL;
	}
	r->at += n;
	return r->at - n;
}

bool get_tlv(struct reader *r, unsigned *tag, struct reader *value)
{
	if (r->bad || r->at == r->end)
		return false;
	*tag = get_uint(r, 2);
	size_t n = get_uint(r, 2);
	const uint8_t *at = get_bytes(r, n);
	*value = (struct reader){ .at = at, .end = at ? at + n : NULL };
	return at;
}

void header_read(struct header *h, const uint8_t *at)
{
	struct reader r = { .at = at, .end = at + HEADER_BYTES };
	h->length = get_uint(&r, 4);
	h->command = get_uint(&r, 4);
	h->status = get_uint(&r, 4);
	h->sequence = get_uint(&r, 4);
}

static void get_address(struct reader *r, struct address *a, size_t size)
{
	a->ton = (uint8_t)get_uint(r, 1);
	a->npi = (uint8_t)get_uint(r, 1);
	get_text(r, a->text, size);
}

/* The user data header's element of parts: 0x00 with a reference of 8 bits, 0x08 with one of 16. */
static void read_udh(struct short_message *m)
{
	struct reader text = { .at = m->text, .end = m->text + m->text_bytes };
	size_t n = get_uint(&text, 1);
	const uint8_t *at = get_bytes(&text, n);
	struct reader udh = { .at = at, .end = at ? at + n : NULL };
	while (at && udh.at < udh.end && !udh.bad) {
		unsigned element = get_uint(&udh, 1);
		unsigned bytes = get_uint(&udh, 1);
		struct reader value = { .at = get_bytes(&udh, bytes) };
		value.end = value.at ? value.at + bytes : NULL;
		if (udh.bad || (element != 0x00 && element != 0x08))
			continue;
		m->reference = get_uint(&value, element ? 2 : 1);
		m->total = get_uint(&value, 1);
		m->number = get_uint(&value, 1);
	}
}

static uint32_t read_tlvs(struct short_message *m)
{
	struct reader all = m->tlvs, value;
	unsigned tag;
	while (get_tlv(&all, &tag, &value)) {
		size_t n = (size_t)(value.end - value.at);
		if (tag == TLV_MESSAGE_PAYLOAD) {
			if (m->text_bytes)
				return ESME_RINVMSGLEN; /* 5.3.2.32: one or the other */
			m->text = value.at;
			m->text_bytes = n;
			m->payload = true;
		} else if (tag == TLV_SAR_REFERENCE) {
			m->reference = get_uint(&value, 2);
			m->sar = true;
		} else if (tag == TLV_SAR_TOTAL) {
			m->total = get_uint(&value, 1);
		} else if (tag == TLV_SAR_NUMBER) {
			m->number = get_uint(&value, 1);
		}
		if (value.bad)
			return ESME_RINVPARLEN;
	}
	return all.bad ? ESME_RINVOPTPARSTREAM : ESME_ROK;
}

uint32_t short_message_read(struct short_message *m, unsigned command, const uint8_t *body, size_t n)
{
	struct reader r = { .at = body, .end = body + n };
	bool data = command == CMD_DATA_SM;
	size_t address = data ? ADDRESS_MAX : 21;
	*m = (struct short_message){ 0 };
	get_text(&r, m->service, sizeof m->service);
	get_address(&r, &m->from, address);
	get_address(&r, &m->to, address);
	m->esm_class = get_uint(&r, 1);
	if (!data) {
		m->protocol = get_uint(&r, 1);
		m->priority = get_uint(&r, 1);
		get_text(&r, m->schedule, sizeof m->schedule);
		get_text(&r, m->validity, sizeof m->validity);
	}
	m->registered = get_uint(&r, 1);
	if (!data)
		m->replace = get_uint(&r, 1);
	m->data_coding = get_uint(&r, 1);
	if (!data) {
		m->template = get_uint(&r, 1);
		m->text_bytes = get_uint(&r, 1);
		m->text = get_bytes(&r, m->text_bytes);
		if (m->text_bytes > 254)
			return ESME_RINVMSGLEN;
	}
	if (r.bad)
		return ESME_RINVCMDLEN;
	m->tlvs = r;
	uint32_t status = read_tlvs(m);
	if (!status && (m->esm_class & ESM_UDH))
		read_udh(m);
	return status;
}
