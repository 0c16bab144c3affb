#include <stdatomic.h>
#include <stdlib.h>

#include "base/metrics.h"

enum { SETS_MAX = 64, BUCKET_FIRST_LOG2 = 4 };

/* One block of cells per thread; blocks are never freed, so that what an ended thread counted stays. */
struct block {
	struct block *next;
	_Atomic int64_t cell[SW_METRIC_CELLS_MAX];
};

static struct sw_metric_set *sets[SETS_MAX];
static unsigned sets_n, cells_n = 1;
static _Atomic(struct block *) blocks;
static _Thread_local struct block *own;

static unsigned cells_of(const struct sw_metric *row)
{
	return row->kind == SW_HISTOGRAM_US ? SW_HISTOGRAM_BUCKETS + 1 : 1; /* the last cell: the sum */
}

static unsigned cell_of(const struct sw_metric_set *set, unsigned row)
{
	unsigned cell = set->base;
	for (unsigned i = 0; i < row; i++)
		cell += cells_of(&set->rows[i]);
	return cell;
}

void sw_metric_register(struct sw_metric_set *set)
{
	if (set->base)
		return;
	SW_BUG_ON(sets_n == SETS_MAX);
	sets[sets_n++] = set;
	set->base = cells_n;
	for (unsigned i = 0; i < set->n; i++)
		cells_n += cells_of(&set->rows[i]);
	SW_BUG_ON(cells_n > SW_METRIC_CELLS_MAX);
}

static struct block *own_block(void)
{
	if (own)
		return own;
	own = calloc(1, sizeof(*own));
	if (!own)
		abort();
	own->next = atomic_load(&blocks);
	while (!atomic_compare_exchange_weak(&blocks, &own->next, own))
		;
	return own;
}

static void add(unsigned cell, int64_t by)
{
	_Atomic int64_t *at = &own_block()->cell[cell];
	atomic_store_explicit(at, atomic_load_explicit(at, memory_order_relaxed) + by, memory_order_relaxed);
}

static int64_t sum(unsigned cell)
{
	int64_t total = 0;
	for (struct block *b = atomic_load(&blocks); b; b = b->next)
		total += atomic_load_explicit(&b->cell[cell], memory_order_relaxed);
	return total;
}

void sw_count(const struct sw_metric_set *set, unsigned row, int64_t by)
{
	if (set->base)
		add(cell_of(set, row), by);
}

static unsigned bucket_of(int64_t us)
{
	unsigned bucket = 0;
	while (bucket < SW_HISTOGRAM_BUCKETS - 1 && us > INT64_C(1) << (bucket + BUCKET_FIRST_LOG2))
		bucket++;
	return bucket;
}

void sw_observe_us(const struct sw_metric_set *set, unsigned row, int64_t us)
{
	if (!set->base)
		return;
	unsigned first = cell_of(set, row);
	add(first + bucket_of(us), 1);
	add(first + SW_HISTOGRAM_BUCKETS, us);
}

int64_t sw_metric_value(const struct sw_metric_set *set, unsigned row)
{
	unsigned first = cell_of(set, row);
	if (!set->base)
		return 0;
	if (set->rows[row].kind != SW_HISTOGRAM_US)
		return sum(first);
	int64_t count = 0;
	for (unsigned b = 0; b < SW_HISTOGRAM_BUCKETS; b++)
		count += sum(first + b);
	return count;
}

static void render_histogram(struct sw_buf *out, const struct sw_metric *row, unsigned first)
{
	int64_t count = 0;
	for (unsigned b = 0; b < SW_HISTOGRAM_BUCKETS - 1; b++) {
		count += sum(first + b);
		sw_buf_add_fmt(out, "%s_bucket{le=\"%g\"} %lld\n", row->name,
			       (double)(INT64_C(1) << (b + BUCKET_FIRST_LOG2)) / 1e6, (long long)count);
	}
	count += sum(first + SW_HISTOGRAM_BUCKETS - 1);
	sw_buf_add_fmt(out, "%s_bucket{le=\"+Inf\"} %lld\n%s_sum %g\n%s_count %lld\n", row->name, (long long)count,
		       row->name, (double)sum(first + SW_HISTOGRAM_BUCKETS) / 1e6, row->name, (long long)count);
}

void sw_metrics_render(struct sw_buf *out)
{
	static const char *const kinds[] = { "counter", "gauge", "histogram" };
	for (unsigned s = 0; s < sets_n; s++)
		for (unsigned i = 0; i < sets[s]->n; i++) {
			const struct sw_metric *row = &sets[s]->rows[i];
			unsigned first = cell_of(sets[s], i);
			sw_buf_add_fmt(out, "# HELP %s %s\n# TYPE %s %s\n", row->name, row->help, row->name,
				       kinds[row->kind]);
			if (row->kind == SW_HISTOGRAM_US)
				render_histogram(out, row, first);
			else
				sw_buf_add_fmt(out, "%s %lld\n", row->name, (long long)sum(first));
		}
}
