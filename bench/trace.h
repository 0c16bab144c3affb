/*
 * trace.h - when things happened to numbered messages, as programs of one bench tell each other.
 *
 * A file of rows of TRACE_COLUMNS monotonic microseconds, by message number, mapped shared; 0: it did not happen.
 * Messages are numbered from 0 by the load; more than TRACE_ROWS are not traced.
 */
#ifndef BENCH_TRACE_H
#define BENCH_TRACE_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { TRACE_COLUMNS = 4, TRACE_ROWS = 2000000 };

struct trace {
	uint64_t (*row)[TRACE_COLUMNS]; /* NULL: none */
};

/* The carrier of tests/peers puts a head in front of its rows. */
static const uint64_t trace_smsc_magic = 0x534D53435452;
enum { TRACE_SMSC_HEAD_BYTES = 64 };

/* made: begin anew. Exits with words when the file cannot be had. */
static inline struct trace trace_open(const char *file, bool made)
{
	size_t bytes = sizeof(uint64_t[TRACE_COLUMNS]) * TRACE_ROWS;
	int fd = open(file, made ? O_RDWR | O_CREAT | O_TRUNC : O_RDWR, 0600);
	char *map = MAP_FAILED;
	if (fd >= 0 && (!made || ftruncate(fd, (off_t)bytes) == 0))
		map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		fprintf(stderr, "the trace %s cannot be had\n", file);
		exit(2);
	}
	close(fd);
	bool smsc = *(uint64_t *)(void *)map == trace_smsc_magic;
	return (struct trace){ (void *)(map + (smsc ? TRACE_SMSC_HEAD_BYTES : 0)) };
}

static inline void trace_note(struct trace trace, uint64_t n, unsigned column, uint64_t us)
{
	if (trace.row && n < TRACE_ROWS)
		trace.row[n][column] = us;
}

#endif
