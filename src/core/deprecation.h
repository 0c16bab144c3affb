/*
 * core/deprecation.h - how something leaves the API: announced, noticed, browned out, refused.
 *
 * Any row of a table may carry one.  From `since` on its use is answered with Deprecation (RFC 9745), Sunset (RFC 8594)
 * and Link headers, and counted.  As the sunset comes nearer, those who still use it get an event at each stage; in the
 * last month it is refused for short times (brown-outs), so that nobody meets the sunset unprepared; from then on it is
 * refused.
 *
 * Thread: any.
 */
#ifndef SW_CORE_DEPRECATION_H
#define SW_CORE_DEPRECATION_H

#include "base/str.h"

struct sw_deprecation {
	const char *since;       /* "2026-11-21" */
	const char *sunset;      /* from this day on it is refused; NULL: it stays */
	const char *replacement; /* what to use: "message_status_callback" */
	const char *why;         /* one sentence */
};

enum sw_phase { SW_PHASE_ANNOUNCED, SW_PHASE_BROWN_OUT, SW_PHASE_GONE };

/* A time before the sunset in which it is refused. */
struct sw_brown_out {
	int days_before;
	int hour, minutes; /* of UTC */
};
extern const struct sw_brown_out sw_brown_outs[]; /* days_before 0 ends */

/** @param ret_until_us  of a brown-out: its end; may be NULL */
enum sw_phase sw_deprecation_phase(const struct sw_deprecation *deprecation, int64_t now_us, int64_t *ret_until_us);
const char *sw_phase_name(enum sw_phase phase);
/** How near the sunset is: 1 announced, then one more at 90, 30, 7 and 1 days before it. */
int64_t sw_deprecation_stage(const struct sw_deprecation *deprecation, int64_t now_us);
/** Begin of the next brown-out; INT64_MIN when there is none. */
int64_t sw_deprecation_next_brown_out(const struct sw_deprecation *deprecation, int64_t now_us);
/** Midnight of a day of the tables; a date that is none is a bug. NULL: INT64_MIN */
int64_t sw_deprecation_day(const char *date);

#endif
