#include "core/deprecation.h"

#include "base/time.h"

const struct sw_brown_out sw_brown_outs[] = {
	{ 28, 10, 5 }, { 21, 14, 15 }, { 14, 10, 30 }, { 7, 14, 60 }, { 3, 8, 180 }, { 1, 0, 720 }, { 0 },
};

static const int notice_days[] = { 90, 30, 7, 1 };

int64_t sw_deprecation_day(const char *date)
{
	int64_t us;
	if (!date)
		return INT64_MIN;
	SW_BUG_ON(sw_time_parse_date(sw_str_of(date), &us));
	return us;
}

static int64_t begin_of(const struct sw_brown_out *b, int64_t sunset_us)
{
	return sunset_us - b->days_before * SW_US_PER_DAY + b->hour * 3600 * SW_US_PER_S;
}

enum sw_phase sw_deprecation_phase(const struct sw_deprecation *d, int64_t now_us, int64_t *ret_until_us)
{
	int64_t sunset_us = sw_deprecation_day(d->sunset);
	if (!d->sunset)
		return SW_PHASE_ANNOUNCED;
	if (now_us >= sunset_us)
		return SW_PHASE_GONE;
	for (const struct sw_brown_out *b = sw_brown_outs; b->days_before; b++) {
		int64_t begin_us = begin_of(b, sunset_us), end_us = begin_us + b->minutes * 60 * SW_US_PER_S;
		if (now_us < begin_us || now_us >= end_us)
			continue;
		if (ret_until_us)
			*ret_until_us = end_us;
		return SW_PHASE_BROWN_OUT;
	}
	return SW_PHASE_ANNOUNCED;
}

const char *sw_phase_name(enum sw_phase phase)
{
	static const char *const names[] = { "announced", "brown-out", "gone" };
	return names[phase];
}

int64_t sw_deprecation_stage(const struct sw_deprecation *d, int64_t now_us)
{
	int64_t stage = 1, left_us = d->sunset ? sw_deprecation_day(d->sunset) - now_us : 0;
	for (size_t i = 0; d->sunset && i < SW_COUNTOF(notice_days); i++)
		stage += left_us <= notice_days[i] * SW_US_PER_DAY;
	return stage;
}

int64_t sw_deprecation_next_brown_out(const struct sw_deprecation *d, int64_t now_us)
{
	int64_t sunset_us = sw_deprecation_day(d->sunset);
	for (const struct sw_brown_out *b = sw_brown_outs; d->sunset && b->days_before; b++)
		if (begin_of(b, sunset_us) > now_us)
			return begin_of(b, sunset_us);
	return INT64_MIN;
}
