/*
 * core/limit/gcra.h - the generic cell rate algorithm (ITU-T I.371, annex A) in a table of atomic words.
 *
 * A subject (an account in a rate class, say) is one word: the time at which it will be idle again.  Taking a unit
 * moves that time on by the interval between units; a unit that would move it more than a whole quota ahead is
 * refused.  So each subject may take its quota at once, and then steadily one unit an interval; nothing is counted and
 * nothing resets.
 *
 * The table has SW_GCRA_WORDS entries of a tag (the subject's hash) and the word, 1 MB in all, shared by all
 * threads without locks.  A subject looks at SW_GCRA_PROBES entries behind its hash.  An entry whose time has passed
 * says nothing any more and is taken over by whoever needs one.  When all are busy the one that is idle soonest is
 * taken over: its subject is forgiven what it used lately (counted, so that it shows), never the reverse.  Two
 * subjects with equal 64-bit hashes would share a limit: one in 10^9 for a hundred thousand subjects.  A takeover
 * between another thread's look at the tag and its change of the word can cost a subject one unit.
 *
 * Times are nanoseconds of any clock that the caller gives; sw_mono_ns() for real ones, so that a wall clock that jumps
 * changes nothing.  A clock that runs backwards only makes subjects wait.
 * Thread: any.
 */
#ifndef SW_CORE_LIMIT_GCRA_H
#define SW_CORE_LIMIT_GCRA_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { SW_GCRA_WORDS = 65536, SW_GCRA_PROBES = 8 };

/* So many units in a window. */
struct sw_rate {
	int64_t quota;    /* 0: no limit */
	int64_t window_s; /* 1 .. 86400 */
};

/* What a subject may still take. */
struct sw_allowance {
	bool refused;
	int64_t remaining; /* units that may be taken at once */
	int64_t reset_ns;  /* until the whole quota is there again */
	int64_t retry_ns;  /* refused: until one unit is there */
};

struct sw_gcra {
	struct {
		_Atomic uint64_t tag;    /* 0: never used */
		_Atomic int64_t idle_ns; /* when the subject will be idle */
	} entry[SW_GCRA_WORDS];
	_Atomic int64_t forgiven; /* subjects that were put out of a full table */
};

/** The subject's hash: 16 bytes that name it, and a small number for the class. Never 0. */
uint64_t sw_gcra_subject(const void *bytes16, unsigned class_number);
/** Take a unit, or be refused; rate->quota > 0. Times before 1 ns are none. */
struct sw_allowance sw_gcra_take(struct sw_gcra *gcra, uint64_t subject, const struct sw_rate *rate, int64_t now_ns);
/** Give a unit back: it was taken and then another limit refused. */
void sw_gcra_give_back(struct sw_gcra *gcra, uint64_t subject, const struct sw_rate *rate);
/** Look without taking. */
struct sw_allowance sw_gcra_look(struct sw_gcra *gcra, uint64_t subject, const struct sw_rate *rate, int64_t now_ns);

int64_t sw_mono_ns(void);

#endif
