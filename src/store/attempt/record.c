/*
 * Attempts as bytes.  A record: its length in four bytes; SIDs; how many numbers there are, and they, in seven bits a
 * byte; texts.  A text is 0 (absent), 1 (the one before's), or its length and two, and then pieces of it (lines of
 * header fields, pairs of a form): how many bytes the piece begins with that the same piece of the text before has,
 * how many it has besides, and those.  Callbacks of one customer are much alike: a third of the bytes are left.
 *
 * A program that knows more or fewer numbers and texts than the one that wrote them reads what both know.
 */
#include "store/attempt/log.h"

#include <stddef.h>

#define AT(member) offsetof(struct sw_attempt, member)
/* Only ever added to, at the end. */
static const size_t numbers[] = {
	AT(number),        AT(repetition), AT(lane),      AT(started_us),    AT(next_us),        AT(event_us),
	AT(code),          AT(status),     AT(queued_us), AT(dns_us),        AT(connect_us),     AT(tls_us),
	AT(first_byte_us), AT(total_us),   AT(reused),    AT(request_bytes), AT(response_bytes),
};
static const struct {
	size_t at;
	char end; /* of its pieces; 0: it is one piece */
} texts[SW_ATTEMPT_TEXTS] = {
	{ AT(token), 0 },
	{ AT(method), 0 },
	{ AT(url), 0 },
	{ AT(request_headers), '\n' },
	{ AT(response_headers), '\n' },
	{ AT(request_body), '&' },
	{ AT(response_body), 0 },
	{ AT(error), 0 },
	{ AT(why), 0 },
	{ AT(peer), 0 },
	{ AT(overrides), 0 },
};

enum { LENGTH = 4, FIXED = 16 + 2 + 16 + 16, NUMBER_MAX = 10, PIECES_MAX = 64, ABSENT = 0, SAME = 1, LITERAL = 2 };

/* ---- writing ---- */

void sw_attempt_writer_reset(struct sw_attempt_writer *writer)
{
	for (unsigned i = 0; i < SW_ATTEMPT_TEXTS; i++)
		writer->last[i].n = 0;
}

void sw_attempt_writer_done(struct sw_attempt_writer *writer)
{
	for (unsigned i = 0; i < SW_ATTEMPT_TEXTS; i++)
		sw_buf_done(&writer->last[i]);
}

static void put(struct sw_buf *out, uint64_t value)
{
	char *at = sw_buf_reserve(out, NUMBER_MAX), *p = at;
	for (; value >= 0x80; value >>= 7)
		*p++ = (char)(value | 0x80);
	*p++ = (char)value;
	out->n += (size_t)(p - at);
}

/* The piece in front, cut off; its end belongs to it. */
static struct sw_str next_piece(struct sw_str *rest, char end, unsigned pieces)
{
	const char *at = end && pieces + 1 < PIECES_MAX && rest->n ? memchr(rest->p, end, rest->n) : NULL;
	struct sw_str piece = sw_str_sub(*rest, 0, at ? (size_t)(at - rest->p) + 1 : rest->n);
	*rest = sw_str_from(*rest, piece.n);
	return piece;
}

static size_t common(struct sw_str a, struct sw_str b)
{
	size_t n = a.n < b.n ? a.n : b.n, i = 0;
	while (i < n && a.p[i] == b.p[i])
		i++;
	return i;
}

static void put_text(struct sw_buf *out, struct sw_str text, struct sw_buf *last, char end)
{
	struct sw_str before = sw_buf_str(last), rest = text;
	if (!text.p) {
		put(out, ABSENT);
		return;
	}
	if (sw_str_eq(text, before)) {
		put(out, SAME);
		return;
	}
	put(out, text.n + LITERAL);
	for (unsigned i = 0; rest.n; i++) {
		struct sw_str piece = next_piece(&rest, end, i), old = next_piece(&before, end, i);
		size_t same = common(piece, old);
		put(out, same);
		put(out, piece.n - same);
		sw_buf_add(out, piece.p + same, piece.n - same);
	}
	last->n = 0;
	sw_buf_add_str(last, text);
}

void sw_attempt_encode(struct sw_attempt_writer *writer, const struct sw_attempt *a, struct sw_buf *out)
{
	size_t start = out->n;
	char *head = sw_buf_reserve(out, LENGTH + FIXED) + LENGTH;
	memcpy(head, a->account.b, 16);
	memcpy(head + 16, a->kind, 2);
	memcpy(head + 18, a->sid.b, 16);
	memcpy(head + 34, a->endpoint.b, 16);
	out->n += LENGTH + FIXED;
	put(out, SW_COUNTOF(numbers));
	for (unsigned i = 0; i < SW_COUNTOF(numbers); i++)
		put(out, (uint64_t) * (const int64_t *)(const void *)((const char *)a + numbers[i]));
	for (unsigned i = 0; i < SW_ATTEMPT_TEXTS; i++) {
		const struct sw_str *text = (const void *)((const char *)a + texts[i].at);
		put_text(out, *text, &writer->last[i], texts[i].end);
	}
	size_t n = out->n - start - LENGTH;
	for (unsigned i = 0; i < LENGTH; i++)
		out->p[start + i] = (char)(n >> (8 * i));
}

/* ---- reading ---- */

static bool get(struct sw_str *rest, uint64_t *ret)
{
	*ret = 0;
	for (unsigned shift = 0; shift < 64 && rest->n; shift += 7) {
		uint8_t byte = (uint8_t)rest->p[0];
		*rest = sw_str_from(*rest, 1);
		*ret |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return true;
	}
	return false;
}

static int get_text(struct sw_arena *arena, struct sw_str *in, struct sw_str *last, char end, struct sw_str *ret)
{
	uint64_t n, same, more;
	struct sw_str before = *last;
	size_t done = 0;
	if (!get(in, &n))
		return SW_ECORRUPT;
	*ret = n == SAME ? (last->p ? *last : SW_S("")) : SW_STR_NULL;
	if (n < LITERAL)
		return 0;
	n -= LITERAL;
	/* Pieces before it are no longer than a text may be, and each of its own costs a byte at least. */
	if (n > in->n + before.n)
		return SW_ECORRUPT;
	char *text = sw_arena_bytes(arena, (size_t)n + 1);
	for (unsigned i = 0; done < n; i++) {
		struct sw_str old = next_piece(&before, end, i);
		if (!get(in, &same) || !get(in, &more) || same > old.n || more > in->n || same + more > n - done ||
		    same + more == 0)
			return SW_ECORRUPT;
		memcpy(text + done, old.p ? old.p : "", (size_t)same);
		memcpy(text + done + same, in->p, (size_t)more);
		*in = sw_str_from(*in, (size_t)more);
		done += (size_t)(same + more);
	}
	*ret = *last = (struct sw_str){ text, (size_t)n };
	return 0;
}

static int get_fields(struct sw_attempt_reader *reader, struct sw_str in, struct sw_attempt *ret)
{
	uint64_t value, n;
	if (in.n < FIXED)
		return SW_ECORRUPT;
	memcpy(ret->account.b, in.p, 16);
	memcpy(ret->kind, in.p + 16, 2);
	memcpy(ret->sid.b, in.p + 18, 16);
	memcpy(ret->endpoint.b, in.p + 34, 16);
	in = sw_str_from(in, FIXED);
	if (!get(&in, &n))
		return SW_ECORRUPT;
	for (uint64_t i = 0; i < n; i++) {
		if (!get(&in, &value))
			return SW_ECORRUPT;
		if (i < SW_COUNTOF(numbers))
			*(int64_t *)(void *)((char *)ret + numbers[i]) = (int64_t)value;
	}
	for (unsigned i = 0; i < SW_ATTEMPT_TEXTS && in.n; i++) {
		struct sw_str *text = (void *)((char *)ret + texts[i].at);
		int err = get_text(reader->arena, &in, &reader->last[i], texts[i].end, text);
		if (err)
			return err;
	}
	return 0;
}

int sw_attempt_decode(struct sw_attempt_reader *reader, struct sw_attempt *ret)
{
	struct sw_str *rest = &reader->rest;
	size_t n = 0;
	*ret = (struct sw_attempt){ 0 };
	if (!rest->n)
		return SW_ENOTFOUND;
	for (unsigned i = 0; i < LENGTH && rest->n >= LENGTH; i++)
		n |= (size_t)(uint8_t)rest->p[i] << (8 * i);
	if (rest->n < LENGTH || n > rest->n - LENGTH)
		return SW_ECORRUPT;
	struct sw_str record = sw_str_sub(*rest, LENGTH, n);
	*rest = sw_str_from(*rest, LENGTH + n);
	return get_fields(reader, record, ret);
}

/* ---- ids ---- */

struct sw_id sw_attempt_id(int64_t block, uint32_t n)
{
	struct sw_id id = { { 0 } };
	for (unsigned i = 0; i < 8; i++)
		id.b[i] = (uint8_t)((uint64_t)block >> (56 - 8 * i));
	for (unsigned i = 0; i < 4; i++)
		id.b[8 + i] = (uint8_t)(n >> (24 - 8 * i));
	return id;
}

int64_t sw_attempt_block(struct sw_id id, uint32_t *ret_n)
{
	uint64_t block = 0;
	*ret_n = 0;
	for (unsigned i = 0; i < 8; i++)
		block = block << 8 | id.b[i];
	for (unsigned i = 0; i < 4; i++)
		*ret_n = *ret_n << 8 | id.b[8 + i];
	return (int64_t)(block & INT64_MAX);
}
