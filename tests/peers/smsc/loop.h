/*
 * loop.h - what is ready (epoll) and what is due (a heap), one thread.
 */
#ifndef SMSC_LOOP_H
#define SMSC_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct source {
	int fd;
	void (*ready)(struct source *source, uint32_t events);
};

/* Inside whatever waits; run once. */
struct job {
	int64_t due_us;
	uint64_t order; /* jobs due at the same moment run as they were given */
	void (*run)(struct job *job);
};

extern int64_t now_us; /* monotonic, as of this turn */

void loop_open(void);
void loop_add(struct source *source, uint32_t events);
void loop_change(struct source *source, uint32_t events);
void loop_remove(struct source *source);
void job_at(struct job *job, int64_t due_us);
/** Until loop_end(); `turn` is called at the end of each turn. */
void loop_run(void (*turn)(void));
void loop_end(void);

/** A random number of the seed below n. */
uint64_t random_below(uint64_t n);
void random_seed(uint64_t seed);

/** Listens on address:port; *port is the one it got. Ends the program when it cannot. */
int listen_on(const char *address, int *port);
__attribute__((noreturn, format(printf, 1, 2))) void die(const char *format, ...);
void *allocate(size_t n);

#endif
