/*
 * base/time.h - dates as text.  A time is int64_t microseconds since 1970-01-01T00:00:00Z.
 *
 * Clocks are in loop/clock.h (this room does no I/O).  All output is UTC.
 * Thread: any.  Errors: SW_EINVAL; the out-argument is untouched then.
 */
#ifndef SW_BASE_TIME_H
#define SW_BASE_TIME_H

#include "base/str.h"

#define SW_US_PER_MS INT64_C(1000)
#define SW_US_PER_S INT64_C(1000000)
#define SW_US_PER_DAY (INT64_C(86400) * SW_US_PER_S)
/* Enough for every format below. */
#define SW_TIME_BUF 40

struct sw_civil {
	int year, month, day, hour, minute, second; /* month and day from 1 */
	int weekday;                                /* 0 = Sunday */
	int micros;
};

struct sw_civil sw_time_civil(int64_t time_us);
int64_t sw_time_from_civil(const struct sw_civil *civil);

/** "Thu, 24 Aug 2023 05:01:45 +0000" (RFC 2822 with the zone as the 2010 API writes it). */
struct sw_str sw_time_rfc2822(int64_t time_us, char buf[SW_TIME_BUF]);
/** "2015-07-30T20:12:31Z": whole seconds, as the v1 APIs write it. */
struct sw_str sw_time_iso(int64_t time_us, char buf[SW_TIME_BUF]);
/** "2015-07-30T20:12:31.123456Z" (RFC 3339 with microseconds). */
struct sw_str sw_time_rfc3339(int64_t time_us, char buf[SW_TIME_BUF]);
/** "Thu, 24 Aug 2023 05:01:45 GMT" (RFC 9110 section 5.6.7, for HTTP headers). */
struct sw_str sw_time_http(int64_t time_us, char buf[SW_TIME_BUF]);

/** "2023-08-24" (midnight UTC) or RFC 3339 with any offset and up to nine fraction digits. */
int sw_time_parse(struct sw_str text, int64_t *ret_us) SW_MUST_CHECK;
/** Exactly "YYYY-MM-DD". */
int sw_time_parse_date(struct sw_str text, int64_t *ret_us) SW_MUST_CHECK;

#endif
