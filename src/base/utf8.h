/*
 * base/utf8.h - UTF-8 (RFC 3629): validation, counting, decoding.  No overlong forms,
 * no surrogates, nothing above U+10FFFF.   Thread: any.
 */
#ifndef SW_BASE_UTF8_H
#define SW_BASE_UTF8_H

#include "base/str.h"

bool sw_utf8_valid(struct sw_str s);
/** Code points; each undecodable byte counts as one. */
size_t sw_utf8_count(struct sw_str s);
/** The code point at *at, which moves behind it; an undecodable byte gives U+FFFD. *at must be < s.n. */
uint32_t sw_utf8_next(struct sw_str s, size_t *at);
/** Write cp as 1..4 bytes to out. @return bytes written; a surrogate or too large cp is written as U+FFFD */
size_t sw_utf8_put(uint32_t cp, char out[4]);

#endif
