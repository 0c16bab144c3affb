/*
 * core/sid.h - SIDs: two letters and 32 hex digits on the edge, 16 raw bytes and a kind inside.
 *
 * A flow's SID sorts by time: 12 hex digits of milliseconds since 1970, 4 of a counter, 3 of the bucket,
 * 13 random.  Accounts, keys, media and recordings are random throughout (sw_sid_random), so that a SID
 * seen in public tells neither when nor how much.
 *
 * Thread: any.
 */
#ifndef SW_CORE_SID_H
#define SW_CORE_SID_H

#include "base/id.h"
#include "base/str.h"

#define SW_SID_CHARS 34

struct sw_sid {
	struct sw_id id;
	char kind[2]; /* { 0, 0 }: absent */
};

/** A new time-ordered SID of now (wall clock). bucket: 0..4095 */
struct sw_sid sw_sid_new(const char kind[2], int bucket);
struct sw_sid sw_sid_random(const char kind[2]);
struct sw_sid sw_sid_of(const char kind[2], struct sw_id id);

static inline bool sw_sid_given(struct sw_sid sid)
{
	return sid.kind[0] >= 'A';
}

/* Given as empty text, which takes a stored SID away: not absent, and no SID either. */
#define SW_SID_CLEARED ((struct sw_sid){ .kind = { '-', '-' } })
static inline bool sw_sid_cleared(struct sw_sid sid)
{
	return sid.kind[0] == '-';
}

static inline bool sw_sid_eq(struct sw_sid a, struct sw_sid b)
{
	return a.kind[0] == b.kind[0] && a.kind[1] == b.kind[1] && sw_id_eq(a.id, b.id);
}

/** Text, lower case hex; absent gives absent, cleared gives "". buf: SW_SID_CHARS bytes, no NUL. */
struct sw_str sw_sid_format(struct sw_sid sid, char buf[SW_SID_CHARS]);
struct sw_str sw_sid_text(struct sw_arena *arena, struct sw_sid sid);
/** @param kinds  letters allowed, "SM,MM"; NULL: any two capitals. @return 0, SW_EINVAL */
int sw_sid_parse(struct sw_str text, const char *kinds, struct sw_sid *ret) SW_MUST_CHECK;

/** The bucket in a time-ordered SID; for a random one it is just bits. */
int sw_sid_bucket(struct sw_id id);
/** Milliseconds of a time-ordered SID, as microseconds. */
int64_t sw_sid_time_us(struct sw_id id);
/** The smallest id of that time: a bound for ranges of SIDs. */
struct sw_id sw_sid_floor(int64_t time_us);
/** The bucket of a master account, from its random SID. */
int sw_sid_account_bucket(struct sw_id account);

#endif
