#include "core/auth/login.h"

#include <arpa/inet.h>
#include <stdatomic.h>

#include "base/hash.h"

const struct sw_login_rule sw_login_rules[SW_LOGIN_PLACES] = {
	[SW_LOGIN_PAIR] = { "for this key from this address", 10, 30 * 1000 },
	[SW_LOGIN_KEY] = { "for this key", 200, 2000 },
	[SW_LOGIN_ADDRESS] = { "from this address", 100, 3000 },
};

/* A word is a tag of 20 bits and a time of 44 bits (ms): enough to tell neighbours apart and for 500 years. */
enum { WAYS = 8, FAILURES = 16384, GOOD = 16384, TIME_BITS = 44 };
enum { GOOD_FOR_MS = 24 * 3600 * 1000, GOOD_AGAIN_MS = 60 * 1000 };
#define TIME_MASK ((UINT64_C(1) << TIME_BITS) - 1)

static _Atomic uint64_t failures[FAILURES], good[GOOD];

/* ---- names ---- */

/* An IPv6 site owns a /64, so that is one address; an IPv4 address in IPv6 clothes is itself. */
static struct sw_str address_of(struct sw_str peer, uint8_t buf[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	char text[INET6_ADDRSTRLEN];
	if (peer.n >= sizeof(text))
		return peer;
	memcpy(text, peer.p ? peer.p : "", peer.n);
	text[peer.n] = 0;
	if (inet_pton(AF_INET, text, buf) == 1)
		return (struct sw_str){ (const char *)buf, 4 };
	if (inet_pton(AF_INET6, text, buf) != 1)
		return peer;
	if (memcmp(buf, mapped, sizeof(mapped)) == 0)
		return (struct sw_str){ (const char *)buf + 12, 4 };
	return (struct sw_str){ (const char *)buf, 8 };
}

static uint64_t name(enum sw_login_place place, struct sw_str key, struct sw_str address)
{
	uint8_t buf[16];
	uint64_t parts[3] = { (uint64_t)place };
	struct sw_str from = address_of(address, buf);
	if (place != SW_LOGIN_ADDRESS)
		parts[1] = sw_hash64(key.p, key.n);
	if (place != SW_LOGIN_KEY)
		parts[2] = sw_hash64(from.p, from.n);
	return sw_hash64(parts, sizeof(parts));
}

/* ---- words ---- */

static bool same(uint64_t word, uint64_t name)
{
	return word && word >> TIME_BITS == name >> TIME_BITS;
}

static int64_t time_of(uint64_t word)
{
	return (int64_t)(word & TIME_MASK);
}

/* The word of a name, or the one that gives way to it: the earliest. */
static _Atomic uint64_t *find(_Atomic uint64_t *table, size_t n, uint64_t name)
{
	_Atomic uint64_t *set = table + name % (n / WAYS) * WAYS, *oldest = set;
	for (int i = 0; i < WAYS; i++) {
		uint64_t word = atomic_load_explicit(&set[i], memory_order_relaxed);
		if (same(word, name))
			return &set[i];
		if (time_of(word) < time_of(atomic_load_explicit(oldest, memory_order_relaxed)))
			oldest = &set[i];
	}
	return oldest;
}

static int64_t time_at(_Atomic uint64_t *table, size_t n, uint64_t name)
{
	uint64_t word = atomic_load_explicit(find(table, n, name), memory_order_relaxed);
	return same(word, name) ? time_of(word) : 0;
}

static void put(_Atomic uint64_t *at, uint64_t name, int64_t ms)
{
	atomic_store_explicit(at, name >> TIME_BITS << TIME_BITS | ((uint64_t)ms & TIME_MASK), memory_order_relaxed);
}

/* ---- rules ---- */

static bool is_good(struct sw_str key, struct sw_str address, int64_t now_ms)
{
	int64_t at = time_at(good, GOOD, name(SW_LOGIN_PAIR, key, address));
	return at && now_ms - at < GOOD_FOR_MS;
}

int64_t sw_login_delay_s(struct sw_str key, struct sw_str address, int64_t now_us, enum sw_login_place *ret_place)
{
	int64_t now_ms = now_us / 1000;
	if (is_good(key, address, now_ms))
		return 0;
	for (int place = 0; place < SW_LOGIN_PLACES; place++) {
		const struct sw_login_rule *rule = &sw_login_rules[place];
		int64_t due = time_at(failures, FAILURES, name((enum sw_login_place)place, key, address));
		int64_t wait_ms = due - now_ms - (rule->burst - 1) * rule->interval_ms;
		*ret_place = (enum sw_login_place)place;
		if (wait_ms > 0)
			return (wait_ms + 999) / 1000;
	}
	return 0;
}

void sw_login_failed(struct sw_str key, struct sw_str address, int64_t now_us)
{
	int64_t now_ms = now_us / 1000;
	if (is_good(key, address, now_ms)) /* an owner with an old secret must not shut his house for his other keys */
		return;
	for (int place = 0; place < SW_LOGIN_PLACES; place++) {
		uint64_t which = name((enum sw_login_place)place, key, address);
		_Atomic uint64_t *at = find(failures, FAILURES, which);
		uint64_t word = atomic_load_explicit(at, memory_order_relaxed), next;
		do { /* attempts on several loops at once all count */
			int64_t due = same(word, which) && time_of(word) > now_ms ? time_of(word) : now_ms;
			due += sw_login_rules[place].interval_ms;
			next = which >> TIME_BITS << TIME_BITS | ((uint64_t)due & TIME_MASK);
		} while (!atomic_compare_exchange_weak_explicit(at, &word, next, memory_order_relaxed,
								memory_order_relaxed));
	}
}

void sw_login_good(struct sw_str key, struct sw_str address, int64_t now_us)
{
	int64_t now_ms = now_us / 1000;
	uint64_t which = name(SW_LOGIN_PAIR, key, address);
	_Atomic uint64_t *at = find(good, GOOD, which);
	uint64_t word = atomic_load_explicit(at, memory_order_relaxed);
	if (!same(word, which) || now_ms - time_of(word) >= GOOD_AGAIN_MS) /* most requests only read */
		put(at, which, now_ms);
}
