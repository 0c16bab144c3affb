/*
 * base/metrics.h - counters, gauges and histograms in const tables, counted per thread.
 *
 * A room declares an enum, a const table and one set:
 *
 *	static const struct sw_metric rows[STORE_METRIC_N] = {
 *		[STORE_COMMITS] = { "strowger_store_commits_total", "Physical commits.", SW_COUNTER },
 *	};
 *	struct sw_metric_set store_metrics = SW_METRIC_SET(rows);
 *	...
 *	sw_count(&store_metrics, STORE_COMMITS, 1);
 *
 * A cell is written by its own thread only (relaxed atomics), read by the one who renders
 * /metrics.  Histogram buckets are powers of two of microseconds, from 16 us to 67 s.
 * Thread: sw_metric_register once per set before other threads start; the rest any.
 */
#ifndef SW_BASE_METRICS_H
#define SW_BASE_METRICS_H

#include "base/buf.h"

enum sw_metric_kind { SW_COUNTER, SW_GAUGE, SW_HISTOGRAM_US };

struct sw_metric {
	const char *name; /* Prometheus name, unit as suffix */
	const char *help; /* one sentence */
	enum sw_metric_kind kind;
};

struct sw_metric_set {
	const struct sw_metric *rows;
	unsigned n;
	unsigned base; /* first cell; 0 until registered */
};

/* clang-format off */
#define SW_METRIC_SET(rows_) { .rows = (rows_), .n = sizeof(rows_) / sizeof((rows_)[0]) }
/* clang-format on */
#define SW_METRIC_CELLS_MAX 4096
#define SW_HISTOGRAM_BUCKETS 24

void sw_metric_register(struct sw_metric_set *set);
/** Add to a counter, or to a gauge (negative too). Unregistered sets count nowhere. */
void sw_count(const struct sw_metric_set *set, unsigned row, int64_t add);
/** Put one measure into a histogram, microseconds. */
void sw_observe_us(const struct sw_metric_set *set, unsigned row, int64_t us);
/** Sum over all threads. */
int64_t sw_metric_value(const struct sw_metric_set *set, unsigned row);
/** Everything in Prometheus text form (version 0.0.4). */
void sw_metrics_render(struct sw_buf *out);

#endif
