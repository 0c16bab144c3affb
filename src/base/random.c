#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/err.h"
#include "base/random.h"

enum { POOL = 4096 };

static void fill(unsigned char *out, size_t n)
{
	while (n) {
		ssize_t got = getrandom(out, n, 0);
		if (got < 0 && errno == EINTR)
			continue;
		SW_BUG_ON(got < 0);
		out += got;
		n -= (size_t)got;
	}
}

void sw_random_bytes(void *out, size_t n)
{
	static _Thread_local unsigned char pool[POOL];
	static _Thread_local size_t left;
	if (n > POOL / 4) {
		fill(out, n);
		return;
	}
	if (left < n) {
		fill(pool, POOL);
		left = POOL;
	}
	left -= n;
	memcpy(out, pool + left, n);
	explicit_bzero(pool + left, n); /* handed out once */
}

uint64_t sw_random_u64(void)
{
	uint64_t value;
	sw_random_bytes(&value, sizeof(value));
	return value;
}

uint64_t sw_random_below(uint64_t below)
{
	SW_BUG_ON(below == 0);
	uint64_t limit = UINT64_MAX - UINT64_MAX % below, value;
	do
		value = sw_random_u64();
	while (value >= limit);
	return value % below;
}
