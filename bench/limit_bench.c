/*
 * limit_bench - what a rate decision costs: nanoseconds each, the clock included.
 *
 *	limit_bench [MILLIONS]        decisions a thread (5)
 *
 * One subject (an account that is busy), and a hundred thousand in random order (more than the cache holds); by one
 * thread, and by two at once.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "base/random.h"
#include "core/limit/gcra.h"

enum { SUBJECTS = 100000, THREADS_MAX = 2 };

static struct sw_gcra gcra;
static uint64_t subjects[SUBJECTS];
static const struct sw_rate rate = { 1000000, 1 };
static int64_t decisions = 5000000;
static unsigned subjects_n;

static void *decide(void *arg)
{
	int64_t *refused = arg;
	uint64_t draw = sw_random_u64();
	for (int64_t i = 0; i < decisions; i++) {
		draw = draw * 6364136223846793005u + 1442695040888963407u;
		*refused += sw_gcra_take(&gcra, subjects[(draw >> 33) % subjects_n], &rate, sw_mono_ns()).refused;
	}
	return NULL;
}

static double ns_each(unsigned threads)
{
	pthread_t thread[THREADS_MAX];
	int64_t refused[THREADS_MAX] = { 0 }, begin_ns = sw_mono_ns();
	for (unsigned i = 0; i < threads; i++)
		if (pthread_create(&thread[i], NULL, decide, &refused[i]) != 0)
			abort();
	for (unsigned i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	return (double)(sw_mono_ns() - begin_ns) / (double)decisions;
}

int main(int argc, char **argv)
{
	int64_t millions = 5;
	if (argc > 1 && (sw_num_parse(sw_str_of(argv[1]), &millions) || millions < 1))
		return 2;
	decisions = millions * 1000000;
	for (unsigned i = 0; i < SUBJECTS; i++) {
		uint64_t id[2] = { sw_random_u64(), i };
		subjects[i] = sw_gcra_subject(id, 0);
	}
	for (subjects_n = 1; subjects_n <= SUBJECTS; subjects_n *= SUBJECTS)
		for (unsigned threads = 1; threads <= THREADS_MAX; threads++)
			printf("limit_bench: subjects=%u threads=%u ns_per_decision=%.0f\n", subjects_n, threads,
			       ns_each(threads));
	return 0;
}
