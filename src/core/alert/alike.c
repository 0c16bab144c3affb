/*
 * What is alike within a window, as far as one loop saw it.  Forgetting makes another row, never a wrong count: rows
 * are added under the SID that was drawn, so that it does not matter whether the transaction that drew it was
 * committed.
 */
#include "base/hash.h"
#include "base/map.h"
#include "base/time.h"
#include "core/alert/alert.h"
#include "loop/clock.h"
#include "loop/loop.h"

/* A row, by account, kind and what it is alike by; or how many there are, by account and kind. */
struct known {
	struct sw_sid sid;
	int64_t until_us; /* wall */
	unsigned rows;
};

struct memory {
	struct sw_arena arena;
	struct sw_map known;
};

static void memory_clear(void *memory)
{
	struct memory *m = memory;
	sw_map_done(&m->known);
	sw_arena_done(&m->arena);
}

static struct sw_loop_local memories = { .bytes = sizeof(struct memory), .drop = memory_clear };

struct key {
	struct sw_id account;
	int64_t what;
	uint64_t about; /* 0: how many there are */
};

static struct known *known_of(struct memory *m, const struct key *key, int64_t now_us)
{
	const struct sw_str name = { (const char *)key, sizeof(*key) };
	struct known *k = sw_map_find(&m->known, name);
	if (!k) {
		k = SW_ARENA_NEW(&m->arena, struct known);
		sw_map_put(&m->known, name, k);
	}
	if (k->until_us <= now_us)
		*k = (struct known){ 0 };
	return k;
}

struct sw_alike sw_alike_find(int bucket, struct sw_id account, int64_t what, struct sw_str about, int64_t window_s,
			      unsigned most)
{
	static const char rest[] = "the rest";
	struct sw_loop *loop = sw_loop_current();
	int64_t now_us = sw_wall_us(), until_us = now_us + window_s * SW_US_PER_S;
	struct key key = { .account = account, .what = what };
	if (!loop) /* a command of its own, before loops run: nothing comes in floods there */
		return (struct sw_alike){ .sid = sw_sid_new("NO", bucket).id, .first = true };
	struct memory *m = sw_loop_local(loop, &memories);
	if (m->known.used >= sw_alert_limits.remembered)
		memory_clear(m);
	struct known *crowd = known_of(m, &key, now_us);
	key.about = sw_hash64(about.p, about.n) | 1;
	struct known *row = known_of(m, &key, now_us);
	bool others = !row->until_us && crowd->rows >= most;
	if (others) {
		key.about = sw_hash64(rest, sizeof(rest)) & ~UINT64_C(1);
		row = known_of(m, &key, now_us);
	}
	struct sw_alike ret = { .first = !row->until_us, .others = others };
	if (ret.first) {
		row->sid = sw_sid_new("NO", bucket);
		row->until_us = until_us;
		crowd->until_us = crowd->rows++ ? crowd->until_us : until_us;
	}
	ret.sid = row->sid.id;
	return ret;
}
