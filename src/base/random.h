/*
 * base/random.h - random bytes from the kernel, buffered per thread.  Thread: any.
 */
#ifndef SW_BASE_RANDOM_H
#define SW_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

void sw_random_bytes(void *out, size_t n);
uint64_t sw_random_u64(void);
/** Evenly 0..below-1; below > 0. */
uint64_t sw_random_below(uint64_t below);

#endif
