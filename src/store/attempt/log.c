/*
 * Chunks in the making, the thread that writes them, and what the log may grow to.
 *
 * Each thread that adds has a chunk of its own and packs into it; the writing thread takes what there is every
 * PAUSE_MS. Whose the chunk is just now is said by an exchange of its pointer: whoever has it in hand has it alone.
 */
#include "store/attempt/log.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <time.h>

#include "base/list.h"
#include "base/log.h"
#include "loop/clock.h"
#include "loop/mailbox.h"

enum {
	CHUNK_BYTES = 48 * 1024,
	ACCOUNTS_MAX = 64, /* of a chunk */
	PAUSE_MS = 50,
	IDLE_S = 600, /* then the log looks for what is too old */
	TRIM_EVERY_S = 60,
	TRIM_ROWS = 8,
};

struct chunk {
	struct sw_mail mail; /* first */
	struct sw_buf data;
	int64_t first_us, last_us, records;
	struct sw_id accounts[ACCOUNTS_MAX];
	unsigned accounts_n;
};

/* One for each thread that adds. */
struct hand {
	struct hand *next;
	_Atomic(struct chunk *) chunk; /* NULL: none, or in somebody's hand */
	struct sw_attempt_writer writer;
};

struct sw_attempt_log {
	struct sw_store *store;
	uint64_t serial; /* no other log of the process has it */
	int64_t max_bytes, max_age_us;
	_Atomic(struct hand *) hands;
	struct sw_mailbox full;
	sem_t wake, stop_wake;
	atomic_bool stop, awake;
	pthread_t thread;
	_Atomic int64_t queued; /* bytes of full chunks */
	_Atomic int64_t latest; /* row written */
	struct sw_log_turns turns;
	/* the thread's */
	struct sw_arena arena; /* of a round */
	int64_t last_id, bytes, trimmed_us;
};

static _Thread_local struct hand *my_hand;
static _Thread_local uint64_t my_serial;

struct sw_store *sw_attempt_store(const struct sw_attempt_log *log)
{
	return log->store;
}

uint64_t sw_attempt_news(const struct sw_attempt_log *log)
{
	return log ? (uint64_t)atomic_load(&log->latest) : 0;
}

struct sw_id sw_attempt_latest(const struct sw_attempt_log *log)
{
	return sw_attempt_id((int64_t)sw_attempt_news(log), UINT32_MAX);
}

static void chunk_free(struct chunk *chunk)
{
	if (chunk)
		sw_buf_done(&chunk->data);
	free(chunk);
}

/* ---- from any thread ---- */

static void leave_out(struct sw_attempt_log *log)
{
	int64_t left_out;
	sw_count(&sw_attempt_metrics, SW_ATTEMPT_LEFT_OUT, 1);
	if (sw_log_turn(&log->turns, &left_out))
		sw_warn("store", "attempts come faster than they can be logged; some are left out",
			SW_KI("also", left_out));
}

static struct hand *hand_of(struct sw_attempt_log *log)
{
	if (my_serial == log->serial)
		return my_hand;
	struct hand *hand = calloc(1, sizeof(*hand));
	SW_BUG_ON(!hand);
	hand->next = atomic_load(&log->hands);
	while (!atomic_compare_exchange_weak(&log->hands, &hand->next, hand))
		;
	my_hand = hand;
	my_serial = log->serial;
	return hand;
}

static struct chunk *chunk_new(struct hand *hand)
{
	struct chunk *chunk = calloc(1, sizeof(*chunk));
	SW_BUG_ON(!chunk);
	sw_buf_reserve(&chunk->data, CHUNK_BYTES + CHUNK_BYTES / 8);
	sw_attempt_writer_reset(&hand->writer);
	return chunk;
}

static bool has_room_for(struct chunk *chunk, struct sw_id account)
{
	unsigned i = chunk->accounts_n;
	while (i > 0 && !sw_id_eq(chunk->accounts[i - 1], account))
		i--;
	if (!i && chunk->accounts_n < ACCOUNTS_MAX)
		chunk->accounts[chunk->accounts_n++] = account;
	else if (!i)
		return false;
	return chunk->data.n < CHUNK_BYTES;
}

static void hand_in(struct sw_attempt_log *log, struct chunk *chunk)
{
	atomic_fetch_add_explicit(&log->queued, (int64_t)chunk->data.n, memory_order_relaxed);
	(void)sw_mailbox_push(&log->full, &chunk->mail);
}

void sw_attempt_add(struct sw_attempt_log *log, const struct sw_attempt *attempt)
{
	if (!log)
		return;
	if (atomic_load_explicit(&log->queued, memory_order_relaxed) > SW_ATTEMPT_QUEUE_BYTES) {
		leave_out(log);
		return;
	}
	struct hand *hand = hand_of(log);
	struct chunk *chunk = atomic_exchange(&hand->chunk, NULL);
	if (chunk && !has_room_for(chunk, attempt->account)) {
		hand_in(log, chunk);
		chunk = NULL;
	}
	if (!chunk) {
		chunk = chunk_new(hand);
		chunk->first_us = attempt->started_us;
		(void)has_room_for(chunk, attempt->account);
	}
	sw_attempt_encode(&hand->writer, attempt, &chunk->data);
	chunk->records++;
	if (attempt->started_us < chunk->first_us)
		chunk->first_us = attempt->started_us;
	if (attempt->started_us > chunk->last_us)
		chunk->last_us = attempt->started_us;
	atomic_store(&hand->chunk, chunk);
	if (!atomic_load(&log->awake) && !atomic_exchange(&log->awake, true))
		sem_post(&log->wake);
}

/* ---- rows ---- */

static void put_chunk(struct sw_attempt_log *log, struct sw_txn *txn, const struct chunk *chunk)
{
	int64_t now = sw_wall_us();
	log->last_id = now > log->last_id ? now : log->last_id + 1;
	sw_txn_do(txn, &sw_attempt_rows[SW_SQL_ATTEMPT_PUT], SW_GUARD_ANY, 0, SW_I(log->last_id), SW_I(chunk->first_us),
		  SW_I(chunk->last_us), SW_I(chunk->data.n), SW_B(sw_buf_str(&chunk->data)));
	for (unsigned i = 0; i < chunk->accounts_n; i++)
		sw_txn_do(txn, &sw_attempt_rows[SW_SQL_ATTEMPT_OF], SW_GUARD_ANY, 0, SW_I(log->last_id),
			  SW_ID(chunk->accounts[i]));
}

/* What cannot be written is lost: the store's writer says so. */
static void write_chunks(struct sw_attempt_log *log, struct chunk *chunks)
{
	int64_t bytes = 0, records = 0;
	struct sw_txn *txn = sw_txn_new(log->store, &log->arena, 0);
	for (struct chunk *c = chunks; c; c = (struct chunk *)c->mail.next) {
		put_chunk(log, txn, c);
		bytes += (int64_t)c->data.n;
		records += c->records;
	}
	int err = sw_commit_now(txn, NULL);
	if (!err) {
		log->bytes += bytes;
		atomic_store(&log->latest, log->last_id);
	}
	sw_count(&sw_attempt_metrics, SW_ATTEMPT_BYTES, err ? 0 : bytes);
	sw_count(&sw_attempt_metrics, err ? SW_ATTEMPT_LEFT_OUT : SW_ATTEMPT_WRITTEN, records);
	while (chunks) {
		struct chunk *next = (struct chunk *)chunks->mail.next;
		chunk_free(chunks);
		chunks = next;
	}
	sw_arena_clear(&log->arena);
}

/* Full ones, then what the hands have: of one thread the older come first. */
static bool write_all(struct sw_attempt_log *log)
{
	struct chunk *first = (struct chunk *)sw_mailbox_take(&log->full), **end = &first;
	int64_t full = 0;
	for (; *end; end = (struct chunk **)&(*end)->mail.next)
		full += (int64_t)(*end)->data.n;
	for (struct hand *hand = atomic_load(&log->hands); hand; hand = hand->next) {
		struct chunk *chunk = atomic_exchange(&hand->chunk, NULL);
		if (!chunk)
			continue;
		*end = chunk;
		end = (struct chunk **)&chunk->mail.next;
	}
	*end = NULL;
	if (!first)
		return false;
	write_chunks(log, first);
	atomic_fetch_sub_explicit(&log->queued, full, memory_order_relaxed);
	return true;
}

/* ---- what goes ---- */

/* @return rows dropped */
static size_t drop_oldest(struct sw_attempt_log *log, int64_t before_id)
{
	struct sw_result result;
	struct sw_txn *txn = sw_txn_new(log->store, &log->arena, 0);
	sw_txn_do(txn, &sw_attempt_rows[SW_SQL_ATTEMPT_FORGET], SW_GUARD_ANY, 0, SW_I(before_id), SW_I(TRIM_ROWS));
	sw_txn_do(txn, &sw_attempt_rows[SW_SQL_ATTEMPT_DROP], SW_GUARD_ANY, 0, SW_I(before_id), SW_I(TRIM_ROWS));
	size_t n = 0;
	if (sw_commit_now(txn, &result) == 0) {
		const struct sw_rows *rows = &result.step[1].rows;
		for (n = 0; n < rows->n; n++) {
			int64_t bytes = sw_row_int(rows->row[n], 0);
			log->bytes -= bytes;
			sw_count(&sw_attempt_metrics, SW_ATTEMPT_BYTES, -bytes);
		}
		sw_count(&sw_attempt_metrics, SW_ATTEMPT_DROPPED, (int64_t)n);
	}
	sw_arena_clear(&log->arena);
	return n;
}

static void trim(struct sw_attempt_log *log)
{
	int64_t now = sw_wall_us();
	while (log->bytes > log->max_bytes && drop_oldest(log, INT64_MAX))
		;
	if (now - log->trimmed_us < TRIM_EVERY_S * INT64_C(1000000))
		return;
	log->trimmed_us = now;
	while (drop_oldest(log, now - log->max_age_us) == TRIM_ROWS)
		;
}

/* ---- the thread ---- */

static void wait_for(sem_t *sem, int64_t ms)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	while (sem_timedwait(sem, &until) != 0 && errno == EINTR)
		;
}

static void *log_main(void *arg)
{
	struct sw_attempt_log *log = arg;
	pthread_setname_np(pthread_self(), "attempt-log");
	for (;;) {
		bool stop = atomic_load(&log->stop); /* before looking: what was added until then is written */
		bool wrote = write_all(log);
		trim(log);
		if (stop)
			return NULL;
		if (wrote) {
			wait_for(&log->stop_wake, PAUSE_MS);
			continue;
		}
		/* Whoever adds from here on wakes us; what came just before is seen once more. */
		atomic_store(&log->awake, false);
		if (!write_all(log))
			wait_for(&log->wake, IDLE_S * 1000);
		atomic_store(&log->awake, true);
	}
}

/* ---- opening and closing ---- */

static int open_store(struct sw_arena *arena, const struct sw_attempt_config *config, struct sw_attempt_log *log,
		      struct sw_str *ret_why)
{
	static const struct sw_sql_table *const tables[] = { &sw_attempt_sql, NULL };
	const struct sw_store_config store = {
		.url = config->url,
		.tables = tables,
		.migrations = sw_migrations,
		.readers = 1,
		.attempts = true,
	};
	struct sw_rows rows;
	int err = sw_store_open(arena, &store, &log->store, ret_why);
	if (err)
		return err;
	err = sw_query_now(log->store, arena, &sw_attempt_rows[SW_SQL_ATTEMPT_SIZE], &rows);
	if (err) {
		*ret_why = SW_S("the attempt log cannot be read");
		sw_store_close(log->store);
		return err;
	}
	log->bytes = sw_row_int(rows.row[0], 0);
	log->last_id = sw_row_int(rows.row[0], 1);
	atomic_store(&log->latest, log->last_id);
	return 0;
}

int sw_attempt_open(struct sw_arena *arena, const struct sw_attempt_config *config, struct sw_attempt_log **ret,
		    struct sw_str *ret_why)
{
	static _Atomic uint64_t serials;
	struct sw_attempt_log *log = calloc(1, sizeof(*log));
	SW_BUG_ON(!log);
	log->serial = atomic_fetch_add(&serials, 1) + 1;
	log->max_bytes = config->max_bytes;
	log->max_age_us = config->max_age_us;
	int err = open_store(arena, config, log, ret_why);
	if (err) {
		free(log);
		return err;
	}
	sw_count(&sw_attempt_metrics, SW_ATTEMPT_BYTES, log->bytes);
	sw_arena_init(&log->arena);
	SW_BUG_ON(sem_init(&log->wake, 0, 0) != 0 || sem_init(&log->stop_wake, 0, 0) != 0 ||
		  pthread_create(&log->thread, NULL, log_main, log) != 0);
	*ret = log;
	return 0;
}

void sw_attempt_close(struct sw_attempt_log *log)
{
	if (!log)
		return;
	atomic_store(&log->stop, true);
	sem_post(&log->wake);
	sem_post(&log->stop_wake);
	pthread_join(log->thread, NULL);
	for (struct hand *hand = atomic_load(&log->hands), *next; hand; hand = next) {
		next = hand->next;
		SW_BUG_ON(atomic_load(&hand->chunk));
		sw_attempt_writer_done(&hand->writer);
		free(hand);
	}
	sw_store_close(log->store);
	sw_arena_done(&log->arena);
	sem_destroy(&log->wake);
	sem_destroy(&log->stop_wake);
	free(log);
}

/* ---- statements and metrics ---- */

const struct sw_sql sw_attempt_rows[SW_ATTEMPT_SQL_N] = {
	[SW_SQL_ATTEMPT_PUT] = {
		.name = "attempt.put",
		.text = "INSERT INTO attempt_block (id, first_us, last_us, bytes, data) VALUES ($1, $2, $3, $4, $5)",
		.in = "iiiib",
	},
	[SW_SQL_ATTEMPT_OF] = {
		.name = "attempt.of",
		.text = "INSERT INTO attempt_account (id, account_sid) VALUES ($1, $2)",
		.in = "ib",
	},
	[SW_SQL_ATTEMPT_GET] = {
		.name = "attempt.get",
		.text = "SELECT data FROM attempt_block WHERE id = $1",
		.in = "i",
		.out = "b",
	},
	[SW_SQL_ATTEMPT_SIZE] = {
		.name = "attempt.size",
		.text = "SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT), CAST(COALESCE(MAX(id), 0) AS BIGINT)"
			" FROM attempt_block",
		.out = "ii",
	},
	[SW_SQL_ATTEMPT_FORGET] = {
		.name = "attempt.forget",
		.text = "DELETE FROM attempt_account WHERE id < $1 AND id IN"
			" (SELECT id FROM attempt_block ORDER BY id LIMIT $2)",
		.in = "ii",
	},
	[SW_SQL_ATTEMPT_DROP] = {
		.name = "attempt.drop",
		.text = "DELETE FROM attempt_block WHERE id < $1 AND id IN"
			" (SELECT id FROM attempt_block ORDER BY id LIMIT $2) RETURNING bytes",
		.in = "ii",
		.out = "i",
	},
};

const struct sw_sql_table sw_attempt_sql = { .room = "attempt", .rows = sw_attempt_rows, .n = SW_ATTEMPT_SQL_N };

const struct sw_query_def sw_attempt_query = {
	.name = "attempt.list",
	.select = "SELECT a.id, b.data FROM attempt_account a JOIN attempt_block b ON b.id = a.id",
	.out = "ib",
	.key = "a.id",
	.key_type = 'i',
	.columns =
		(const struct sw_query_column[]){
			{ "a.account_sid", 'b' }, { "a.id", 'i' }, { "b.first_us", 'i' }, { "b.last_us", 'i' }, { 0 } },
};

static const struct sw_metric metrics[SW_ATTEMPT_METRICS] = {
	[SW_ATTEMPT_WRITTEN] = { "strowger_attempts_logged_total", "Requests to customers written to the attempt log.",
				 SW_COUNTER },
	[SW_ATTEMPT_LEFT_OUT] = { "strowger_attempts_left_out_total",
				  "Requests that the attempt log could not take, or not write.", SW_COUNTER },
	[SW_ATTEMPT_DROPPED] = { "strowger_attempt_rows_dropped_total",
				 "Rows of the attempt log that were too old or too much.", SW_COUNTER },
	[SW_ATTEMPT_BYTES] = { "strowger_attempt_log_bytes", "What the attempt log holds.", SW_GAUGE },
};
struct sw_metric_set sw_attempt_metrics = SW_METRIC_SET(metrics);
