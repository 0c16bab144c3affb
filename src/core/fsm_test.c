#include "base/test.h"
#include "core/fsm.h"

enum { IDLE = 1, BUSY, GONE, STATES = GONE };
enum { START = 1, STOP, EVENTS = STOP };

static const char *const states[] = { "", "idle", "busy", "gone", NULL };
static const char *const events[] = { "", "start", "stop", NULL };

static const struct sw_fsm_rule good_rules[] = {
	{ IDLE, START, BUSY, 0, "begins" },
	{ BUSY, STOP, GONE, 1, "ends" },
};

static const struct sw_fsm_rule bad_rules[] = {
	{ IDLE, START, BUSY, 0, "begins" },
	{ IDLE, START, IDLE, 0, "again" },
	{ 9, START, IDLE, 0, "unknown" },
	{ BUSY, STOP, IDLE, 0, "" },
};

static struct sw_fsm machine(const struct sw_fsm_rule *rules, unsigned n)
{
	return (struct sw_fsm){ .name = "job",
				.states = states,
				.events = events,
				.n_states = STATES,
				.n_events = EVENTS,
				.initial = 1u << IDLE,
				.rules = rules,
				.n_rules = n };
}

SW_TEST(a_table_finds_its_rules_and_final_states)
{
	const struct sw_fsm fsm = machine(good_rules, SW_COUNTOF(good_rules));
	SW_CHECK(sw_fsm_find(&fsm, IDLE, START) == &good_rules[0]);
	SW_CHECK(!sw_fsm_find(&fsm, IDLE, STOP));
	SW_CHECK(sw_fsm_final(&fsm, GONE) && !sw_fsm_final(&fsm, IDLE));
	SW_CHECK_INT(sw_fsm_state(&fsm, SW_S("busy")), BUSY);
	SW_CHECK_INT(sw_fsm_state(&fsm, SW_S("lost")), 0);
}

SW_TEST(a_sound_table_has_no_complaints_and_a_broken_one_does)
{
	struct sw_buf out = { 0 };
	const struct sw_fsm good = machine(good_rules, SW_COUNTOF(good_rules)),
			    bad = machine(bad_rules, SW_COUNTOF(bad_rules));
	sw_fsm_check(&good, &out);
	SW_CHECK_STR(sw_buf_str(&out), "");
	sw_fsm_check(&bad, &out);
	static const char *const complaints[] = { "two rules for idle on start", "unknown state", "does not say why",
						  "state gone cannot be reached" };
	for (size_t i = 0; i < SW_COUNTOF(complaints); i++)
		if (sw_str_find(sw_buf_str(&out), sw_str_of(complaints[i])) < 0)
			sw_test_fail(__FILE__, __LINE__, "no complaint about: %s", complaints[i]);
	sw_buf_done(&out);
}

SW_TEST(the_diagram_comes_from_the_table)
{
	struct sw_buf out = { 0 };
	const struct sw_fsm fsm = machine(good_rules, SW_COUNTOF(good_rules));
	sw_fsm_mermaid(&fsm, &out);
	SW_CHECK_STR(sw_buf_str(&out), "stateDiagram-v2\n    [*] --> idle\n    idle --> busy: start\n    busy --> "
				       "gone: stop\n    gone --> [*]\n");
	sw_buf_done(&out);
}
