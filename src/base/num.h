/*
 * base/num.h - numbers from and to text, strictly.
 *
 * The whole text must be the number: no blanks, no plus sign, no trailing bytes.
 * Thread: any.  Errors: SW_EINVAL (not a number), SW_ELIMIT (out of range); the
 * out-argument is untouched then.
 */
#ifndef SW_BASE_NUM_H
#define SW_BASE_NUM_H

#include "base/str.h"

int sw_num_parse(struct sw_str text, int64_t *ret) SW_MUST_CHECK;
/** Hex digits in either case, at most 16. */
int sw_num_parse_hex(struct sw_str text, uint64_t *ret) SW_MUST_CHECK;
/** Decimal with at most six places ("-0.0075") to micros. */
int sw_micros_parse(struct sw_str text, int64_t *ret) SW_MUST_CHECK;
/** Micros as decimal with at least min_places (0..6) places, further ones as needed. buf: 32 bytes. */
struct sw_str sw_micros_format(int64_t micros, unsigned min_places, char buf[32]);
/** Decimal text of value. buf: 24 bytes. */
struct sw_str sw_num_format(int64_t value, char buf[24]);

#endif
