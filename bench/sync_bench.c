/*
 * What the disk answers while something else runs: appends 4 KiB and syncs, 50 times a second, for N seconds.
 *
 *	sync_bench FILE SECONDS
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/num.h"
#include "loop/clock.h"

enum { PER_SECOND = 50, SAMPLES_MAX = 100000 };

static int by_size(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

int main(int argc, char **argv)
{
	static int64_t sample[SAMPLES_MAX];
	static char page[4096];
	int64_t seconds, n = 0;
	if (argc != 3 || sw_num_parse(sw_str_of(argv[2]), &seconds) || seconds < 1 ||
	    seconds * PER_SECOND > SAMPLES_MAX) {
		fprintf(stderr, "usage: sync_bench FILE SECONDS\n");
		return 2;
	}
	int fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0) {
		perror(argv[1]);
		return 1;
	}
	for (int64_t end = sw_mono_us() + seconds * 1000000; sw_mono_us() < end && n < SAMPLES_MAX;) {
		int64_t from = sw_mono_us();
		if (write(fd, page, sizeof(page)) != sizeof(page) || fdatasync(fd) != 0) {
			perror(argv[1]);
			return 1;
		}
		sample[n++] = sw_mono_us() - from;
		poll(NULL, 0, 1000 / PER_SECOND);
	}
	close(fd);
	unlink(argv[1]);
	qsort(sample, (size_t)n, sizeof(*sample), by_size);
	printf("fdatasync p50 %.2f ms, p99 %.2f ms\n", (double)sample[n / 2] / 1e3, (double)sample[n * 99 / 100] / 1e3);
	return 0;
}
