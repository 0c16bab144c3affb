#include <stdatomic.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/random.h"
#include "core/sid.h"
#include "loop/clock.h"

/* Milliseconds and counter of the last SID made, as one word: ms << 16 | counter. Never goes backwards. */
static _Atomic uint64_t last_made;

static uint64_t next_stamp(void)
{
	uint64_t now = (uint64_t)(sw_wall_us() / 1000) << 16;
	uint64_t last = atomic_load_explicit(&last_made, memory_order_relaxed), next;
	do
		next = now > last ? now : last + 1;
	while (!atomic_compare_exchange_weak_explicit(&last_made, &last, next, memory_order_relaxed,
						      memory_order_relaxed));
	return next;
}

static void put_big_endian(uint8_t *out, uint64_t word)
{
	for (int i = 7; i >= 0; i--, word >>= 8)
		out[i] = (uint8_t)word;
}

static uint64_t get_big_endian(const uint8_t *in)
{
	uint64_t word = 0;
	for (int i = 0; i < 8; i++)
		word = word << 8 | in[i];
	return word;
}

struct sw_sid sw_sid_of(const char kind[2], struct sw_id id)
{
	return (struct sw_sid){ .id = id, .kind = { kind[0], kind[1] } };
}

struct sw_sid sw_sid_new(const char kind[2], int bucket)
{
	struct sw_id id;
	put_big_endian(id.b, next_stamp());
	put_big_endian(id.b + 8, (uint64_t)bucket << 52 | sw_random_u64() >> 12);
	return sw_sid_of(kind, id);
}

struct sw_sid sw_sid_random(const char kind[2])
{
	struct sw_id id;
	sw_random_bytes(id.b, sizeof(id.b));
	return sw_sid_of(kind, id);
}

struct sw_str sw_sid_format(struct sw_sid sid, char buf[SW_SID_CHARS])
{
	if (!sw_sid_given(sid))
		return sw_sid_cleared(sid) ? SW_S("") : SW_STR_NULL;
	buf[0] = sid.kind[0];
	buf[1] = sid.kind[1];
	sw_hex_encode(sid.id.b, sizeof(sid.id.b), buf + 2);
	return (struct sw_str){ buf, SW_SID_CHARS };
}

struct sw_str sw_sid_text(struct sw_arena *arena, struct sw_sid sid)
{
	char buf[SW_SID_CHARS];
	return sw_str_dup(arena, sw_sid_format(sid, buf));
}

static bool kind_allowed(const char *text, const char *kinds)
{
	if (kinds && strcmp(kinds, "*") == 0)
		kinds = NULL;
	if (!kinds)
		return text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'A' && text[1] <= 'Z';
	for (; *kinds; kinds += kinds[2] ? 3 : 2)
		if (kinds[0] == text[0] && kinds[1] == text[1])
			return true;
	return false;
}

int sw_sid_parse(struct sw_str text, const char *kinds, struct sw_sid *ret)
{
	struct sw_sid sid;
	if (text.n != SW_SID_CHARS || !kind_allowed(text.p, kinds) ||
	    sw_hex_decode(sw_str_from(text, 2), sid.id.b, sizeof(sid.id.b)))
		return SW_EINVAL;
	*ret = sw_sid_of(text.p, sid.id);
	return 0;
}

int sw_sid_bucket(struct sw_id id)
{
	return id.b[8] << 4 | id.b[9] >> 4;
}

int64_t sw_sid_time_us(struct sw_id id)
{
	return (int64_t)(get_big_endian(id.b) >> 16) * 1000;
}

struct sw_id sw_sid_floor(int64_t time_us)
{
	struct sw_id id = { { 0 } };
	if (time_us > 0)
		put_big_endian(id.b, (uint64_t)(time_us / 1000) << 16);
	return id;
}

int sw_sid_account_bucket(struct sw_id account)
{
	return sw_sid_bucket(account);
}
