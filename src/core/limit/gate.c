#include "core/limit/gate.h"

#include <stdatomic.h>

#include "loop/clock.h"

enum lane { READS, WRITES, LANES };

/* Share: percent of the lane's number that requests of the level may find under way. */
static const struct {
	const char *name;
	enum lane lane;
	int64_t share;
} levels[SW_LEVELS] = {
	[SW_LEVEL_BULK] = { "bulk", WRITES, 40 },      [SW_LEVEL_LIST] = { "list", READS, 60 },
	[SW_LEVEL_READ] = { "read", READS, 100 },      [SW_LEVEL_MARKETING] = { "marketing", WRITES, 50 },
	[SW_LEVEL_WRITE] = { "write", WRITES, 75 },    [SW_LEVEL_SEND] = { "send", WRITES, 100 },
	[SW_LEVEL_URGENT] = { "urgent", WRITES, 150 },
};

static struct {
	_Atomic int64_t under_way;
	_Atomic int64_t allowed;
	_Atomic int64_t shed, sum_us, answered; /* in this interval */
	_Atomic int64_t until_us;               /* its end */
	/* Of who adapts, one thread at a time: */
	_Atomic int64_t usual_us; /* mean while nothing was shed; 0: not known */
	_Atomic int64_t best_s;   /* most that were answered in a second, lately */
	_Atomic int64_t last_us;  /* when the interval before ended */
	_Atomic int64_t late_n;   /* intervals in a row above the target */
	_Atomic int64_t shed_us;  /* when something was shed last */
	_Atomic int64_t shown;    /* in the gauge */
	_Atomic bool overloaded;
} lanes[LANES] = { [READS] = { .allowed = SW_GATE_CEILING }, [WRITES] = { .allowed = SW_GATE_CEILING } };

/* clang-format off */
#define SHED(level_, name_) [SW_GATE_SHED + level_] = { "strowger_shed_" name_ "_total", "Requests refused under overload: " name_ ".", SW_COUNTER }
static const struct sw_metric metric_rows[SW_GATE_METRICS_N] = {
	SHED(SW_LEVEL_BULK, "bulk"),
	SHED(SW_LEVEL_LIST, "list"),
	SHED(SW_LEVEL_READ, "read"),
	SHED(SW_LEVEL_MARKETING, "marketing"),
	SHED(SW_LEVEL_WRITE, "write"),
	SHED(SW_LEVEL_SEND, "send"),
	SHED(SW_LEVEL_URGENT, "urgent"),
	[SW_GATE_READS] = { "strowger_gate_reads", "Reads that may be under way at once.", SW_GAUGE },
	[SW_GATE_WRITES] = { "strowger_gate_writes", "Writes that may be under way at once.", SW_GAUGE },
};
/* clang-format on */
struct sw_metric_set sw_gate_metrics = SW_METRIC_SET(metric_rows);

const char *sw_level_name(enum sw_level level)
{
	return levels[level].name;
}

static bool fits(enum sw_level level, int64_t others)
{
	return others * 100 <
	       atomic_load_explicit(&lanes[levels[level].lane].allowed, memory_order_relaxed) * levels[level].share;
}

static bool refuse(enum sw_level level)
{
	atomic_fetch_add_explicit(&lanes[levels[level].lane].shed, 1, memory_order_relaxed);
	sw_count(&sw_gate_metrics, SW_GATE_SHED + level, 1);
	return false;
}

bool sw_gate_enter(enum sw_level level)
{
	enum lane lane = levels[level].lane;
	int64_t others = atomic_fetch_add_explicit(&lanes[lane].under_way, 1, memory_order_relaxed);
	if (!fits(level, others)) {
		atomic_fetch_sub_explicit(&lanes[lane].under_way, 1, memory_order_relaxed);
		return refuse(level);
	}
	return true;
}

bool sw_gate_still(enum sw_level level)
{
	int64_t others = atomic_load_explicit(&lanes[levels[level].lane].under_way, memory_order_relaxed) - 1;
	return fits(level, others) || refuse(level);
}

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
	return value < low ? low : value > high ? high : value;
}

static int64_t at_least(int64_t value, int64_t low)
{
	return value < low ? low : value;
}

/* What an interval showed. */
struct interval {
	int64_t answered, sum_us, shed;
};

static int64_t learn_usual(enum lane lane, const struct interval *seen, int64_t mean_us)
{
	int64_t usual_us = lanes[lane].usual_us;
	if (!usual_us)
		usual_us = mean_us;
	else if (mean_us < usual_us)
		usual_us = (usual_us * 3 + mean_us) / 4;
	else if (!seen->shed)
		usual_us += (mean_us - usual_us) / 64;
	lanes[lane].usual_us = usual_us;
	return usual_us;
}

/* A burst may take as long as a delay that would be overload if it stood. */
static int64_t burst(enum lane lane, int64_t usual_us)
{
	int64_t many = lanes[lane].best_s * at_least(3 * usual_us, 3 * SW_GATE_LATE_MIN_US) / 1000000;
	return clamp(many, SW_GATE_BURST_MIN, SW_GATE_CEILING);
}

/* Overload begins and ends here. @return how many requests may be under way */
static int64_t decide(enum lane lane, const struct interval *seen, int64_t mean_us, int64_t usual_us)
{
	int64_t allowed = lanes[lane].allowed, now_us = sw_mono_us();
	int64_t target_us = at_least(usual_us * 3 / 2, SW_GATE_TARGET_MIN_US);
	if (!lanes[lane].overloaded) {
		bool late = seen->shed || mean_us > at_least(2 * usual_us, SW_GATE_LATE_MIN_US);
		lanes[lane].late_n = late ? lanes[lane].late_n + 1 : 0;
		if (lanes[lane].late_n < SW_GATE_LATE)
			return burst(lane, usual_us);
		lanes[lane].overloaded = true;
		lanes[lane].shed_us = now_us;
		return lanes[lane].best_s * target_us / 1000000;
	}
	if (seen->shed)
		lanes[lane].shed_us = now_us;
	if (now_us - lanes[lane].shed_us > SW_GATE_CALM_US) {
		lanes[lane].overloaded = false;
		lanes[lane].late_n = 0;
		return burst(lane, usual_us);
	}
	return mean_us > target_us ? allowed - allowed / 10 : seen->shed ? allowed + allowed / 20 : allowed;
}

/* One thread, once an interval. */
static void adapt(enum lane lane)
{
	const struct interval seen = { atomic_exchange(&lanes[lane].answered, 0),
				       atomic_exchange(&lanes[lane].sum_us, 0), atomic_exchange(&lanes[lane].shed, 0) };
	int64_t now_us = sw_mono_us(), took_us = now_us - atomic_exchange(&lanes[lane].last_us, now_us);
	if (!seen.answered || took_us <= 0)
		return;
	int64_t rate_s = seen.answered * 1000000 / took_us;
	lanes[lane].best_s = at_least(rate_s, lanes[lane].best_s - lanes[lane].best_s / 128);
	int64_t mean_us = seen.sum_us / seen.answered, usual_us = learn_usual(lane, &seen, mean_us);
	int64_t allowed = clamp(decide(lane, &seen, mean_us, usual_us), SW_GATE_FLOOR, SW_GATE_CEILING);
	atomic_store(&lanes[lane].allowed, allowed);
	sw_count(&sw_gate_metrics, lane == READS ? SW_GATE_READS : SW_GATE_WRITES, allowed - lanes[lane].shown);
	lanes[lane].shown = allowed;
}

void sw_gate_leave(enum sw_level level, int64_t took_us)
{
	enum lane lane = levels[level].lane;
	atomic_fetch_sub_explicit(&lanes[lane].under_way, 1, memory_order_relaxed);
	if (took_us < 0)
		return;
	atomic_fetch_add_explicit(&lanes[lane].sum_us, took_us, memory_order_relaxed);
	atomic_fetch_add_explicit(&lanes[lane].answered, 1, memory_order_relaxed);
	int64_t now_us = sw_mono_us(), until_us = atomic_load_explicit(&lanes[lane].until_us, memory_order_relaxed);
	if (now_us >= until_us &&
	    atomic_compare_exchange_strong(&lanes[lane].until_us, &until_us, now_us + SW_GATE_INTERVAL_US))
		adapt(lane);
}
