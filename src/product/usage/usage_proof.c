/* Usage by day against the event log that it was counted from. */
#include "product/usage/usage_count.h"

#include "base/map.h"
#include "core/core_sql.h"

enum { PAGE_EVENTS = 5000, COMPLAINTS_MAX = 20 };

struct proof {
	struct sw_map owners;  /* account -> struct sw_id in the arena */
	struct sw_map counted; /* of struct usage_delta, by what stands before its sum */
	struct sw_arena *arena;
	struct sw_buf *out;
	unsigned complaints;
};

static struct sw_str bytes_of(const void *at, size_t n)
{
	return (struct sw_str){ at, n };
}

static int owner_of(void *arg, struct sw_id account, struct sw_id *ret)
{
	const struct proof *proof = arg;
	const struct sw_id *owner = sw_map_find(&proof->owners, bytes_of(account.b, sizeof(account.b)));
	*ret = owner ? *owner : account;
	return owner ? 0 : SW_ENOTFOUND;
}

static struct usage_delta *place(struct proof *proof, const struct usage_delta *key)
{
	struct sw_str bytes = bytes_of(key, offsetof(struct usage_delta, sum));
	struct usage_delta *there = sw_map_find(&proof->counted, bytes);
	if (there)
		return there;
	there = SW_ARENA_NEW(proof->arena, struct usage_delta);
	memcpy(there, key, offsetof(struct usage_delta, sum));
	sw_map_put(&proof->counted, bytes, there);
	return there;
}

static int count_events(struct proof *proof, struct sw_store *store, int bucket, int64_t to_seq)
{
	int64_t seq = 0;
	for (bool more = true; more;) {
		struct sw_arena page;
		struct sw_rows rows;
		struct usage_batch batch = { .bucket = bucket };
		sw_arena_init(&page);
		int err = sw_query_now(store, &page, &usage_sql[SQL_USAGE_EVENTS], &rows, SW_I(bucket), SW_I(seq),
				       SW_I(PAGE_EVENTS));
		more = !err && rows.n == PAGE_EVENTS;
		while (!err && rows.n && sw_row_int(rows.row[rows.n - 1], 0) > to_seq) {
			rows.n--; /* not counted yet */
			more = false;
		}
		if (!err && rows.n) {
			seq = sw_row_int(rows.row[rows.n - 1], 0);
			err = usage_fold(&batch, &page, &rows, owner_of, proof);
		}
		for (size_t i = 0; i < batch.n && !err; i++) {
			struct usage_delta *sum = place(proof, &batch.deltas[i]);
			sum->sum.items += batch.deltas[i].sum.items;
			sum->sum.units += batch.deltas[i].sum.units;
			sum->sum.micros += batch.deltas[i].sum.micros;
		}
		sw_arena_done(&page);
		if (err)
			return err;
	}
	return 0;
}

static void complain(struct proof *proof, const struct usage_delta *key, const struct usage_sum *day,
		     const struct usage_sum *log)
{
	if (proof->complaints++ < COMPLAINTS_MAX)
		sw_buf_add_fmt(
			proof->out,
			"usage of %.*s, day %lld, kind %lld%s: %lld items, %lld units, %lld micros, but the event "
			"log makes %lld, %lld, %lld\n",
			SW_FMT(sw_sid_text(proof->arena, sw_sid_of("AC", key->account))), (long long)key->day,
			(long long)key->leaf, key->whole ? " with subaccounts" : "", (long long)day->items,
			(long long)day->units, (long long)day->micros, (long long)log->items, (long long)log->units,
			(long long)log->micros);
}

static void compare(struct proof *proof, const struct sw_rows *days)
{
	static const struct usage_sum none = { 0 };
	size_t cursor = 0;
	void *left;
	for (size_t i = 0; i < days->n; i++) {
		struct sw_row row = days->row[i];
		if (sw_row_null(row, 1))
			continue; /* there is no day */
		struct usage_delta key = { .account = sw_row_id(row, 1),
					   .whole = sw_row_int(row, 2),
					   .day = sw_row_int(row, 3),
					   .leaf = sw_row_int(row, 4) };
		const struct usage_sum day = { sw_row_int(row, 5), sw_row_int(row, 6), sw_row_int(row, 7) };
		struct usage_delta *log =
			sw_map_take(&proof->counted, bytes_of(&key, offsetof(struct usage_delta, sum)));
		const struct usage_sum *want = log ? &log->sum : &none;
		if (day.items != want->items || day.units != want->units || day.micros != want->micros)
			complain(proof, &key, &day, want);
	}
	while (sw_map_next(&proof->counted, &cursor, NULL, &left)) {
		const struct usage_delta *log = left;
		complain(proof, log, &none, &log->sum);
	}
}

static int read_owners(struct proof *proof, struct sw_store *store, int bucket)
{
	struct sw_rows rows;
	int err = sw_query_now(store, proof->arena, CORE_SQL(SQL_PROOF_OWNERS), &rows, SW_I(bucket));
	for (size_t i = 0; i < rows.n && !err; i++) {
		struct sw_id account = sw_row_id(rows.row[i], 0), *owner = SW_ARENA_NEW(proof->arena, struct sw_id);
		*owner = sw_row_id(rows.row[i], 1);
		sw_map_put(&proof->owners, bytes_of(account.b, sizeof(account.b)), owner);
	}
	return err;
}

int usage_prove_now(struct sw_store *store, struct sw_arena *arena, int bucket, struct sw_buf *out, int64_t *ret_days)
{
	struct proof proof = { .arena = arena, .out = out };
	struct sw_rows days = { 0 }, first = { 0 };
	/* The days before the accounts: those of the days are among them then. */
	int err = sw_query_now(store, arena, &usage_sql[SQL_USAGE_PROOF], &days, SW_I(bucket));
	if (!err)
		err = sw_query_now(store, arena, &usage_sql[SQL_USAGE_FIRST], &first, SW_I(bucket));
	if (!err)
		err = read_owners(&proof, store, bucket);
	*ret_days = 0;
	/* A log whose beginning was dropped proves nothing. */
	if (!err && days.n && first.n && sw_row_int(first.row[0], 0) == 1) {
		*ret_days = sw_row_null(days.row[0], 1) ? 0 : (int64_t)days.n;
		err = count_events(&proof, store, bucket, sw_row_int(days.row[0], 0));
		if (!err)
			compare(&proof, &days);
	}
	sw_map_done(&proof.owners);
	sw_map_done(&proof.counted);
	return err;
}
