#include "core/deprecation.h"

#include "base/test.h"
#include "base/time.h"

static const struct sw_deprecation leaving = { "2026-01-01", "2026-12-31", "new", "Old." };
static const struct sw_deprecation staying = { "2026-01-01", NULL, "new", "Old." };

static int64_t at(const char *time)
{
	int64_t us;
	SW_CHECK_INT(sw_time_parse(sw_str_of(time), &us), 0);
	return us;
}

SW_TEST(what_leaves_goes_through_its_phases)
{
	static const struct {
		const char *time;
		enum sw_phase phase;
		int64_t stage;
	} rows[] = {
		{ "2026-01-02", SW_PHASE_ANNOUNCED, 1 },
		{ "2026-10-03", SW_PHASE_ANNOUNCED, 2 },
		{ "2026-12-01", SW_PHASE_ANNOUNCED, 3 },
		{ "2026-12-03T09:59:59Z", SW_PHASE_ANNOUNCED, 3 },
		{ "2026-12-03T10:00:00Z", SW_PHASE_BROWN_OUT, 3 },
		{ "2026-12-03T10:05:00Z", SW_PHASE_ANNOUNCED, 3 },
		{ "2026-12-24T14:30:00Z", SW_PHASE_BROWN_OUT, 4 },
		{ "2026-12-30T11:59:59Z", SW_PHASE_BROWN_OUT, 5 },
		{ "2026-12-30T12:00:00Z", SW_PHASE_ANNOUNCED, 5 },
		{ "2026-12-31", SW_PHASE_GONE, 5 },
		{ "2030-01-01", SW_PHASE_GONE, 5 },
	};
	for (size_t i = 0; i < SW_COUNTOF(rows); i++) {
		SW_CHECK_INT(sw_deprecation_phase(&leaving, at(rows[i].time), NULL), rows[i].phase);
		SW_CHECK_INT(sw_deprecation_stage(&leaving, at(rows[i].time)), rows[i].stage);
		SW_CHECK_INT(sw_deprecation_phase(&staying, at(rows[i].time), NULL), SW_PHASE_ANNOUNCED);
		SW_CHECK_INT(sw_deprecation_stage(&staying, at(rows[i].time)), 1);
	}
	int64_t until;
	SW_CHECK_INT(sw_deprecation_phase(&leaving, at("2026-12-24T14:30:00Z"), &until), SW_PHASE_BROWN_OUT);
	SW_CHECK_INT(until, at("2026-12-24T15:00:00Z"));
	SW_CHECK_INT(sw_deprecation_next_brown_out(&leaving, at("2026-06-01")), at("2026-12-03T10:00:00Z"));
	SW_CHECK_INT(sw_deprecation_next_brown_out(&leaving, at("2026-12-30T01:00:00Z")), INT64_MIN);
	SW_CHECK_INT(sw_deprecation_next_brown_out(&staying, at("2026-06-01")), INT64_MIN);
}
