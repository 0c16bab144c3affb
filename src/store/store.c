/* Opening, the list of statements, and jobs on their way to a driver and back. */
#include "store/driver.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/metrics.h"
#include "loop/clock.h"

static const struct sw_driver *const drivers[] = { &sw_driver_sqlite };

static void store_free(struct sw_store *store)
{
	free(store->tables);
	free(store->first);
	free(store);
}

/* ---- statements ---- */

static int by_rows(const void *a, const void *b)
{
	const struct sw_sql_table *x = *(const struct sw_sql_table *const *)a,
				  *y = *(const struct sw_sql_table *const *)b;
	return x->rows < y->rows ? -1 : x->rows > y->rows;
}

static void list_statements(struct sw_store *store, const struct sw_sql_table *const *tables)
{
	unsigned n = 1;
	for (unsigned i = 0; tables && tables[i]; i++)
		n++;
	store->tables = calloc(n, sizeof(*store->tables));
	store->first = calloc(n, sizeof(*store->first));
	SW_BUG_ON(!store->tables || !store->first);
	store->tables[0] = &sw_store_sql_table;
	for (unsigned i = 1; i < n; i++)
		store->tables[i] = tables[i - 1];
	qsort(store->tables, n, sizeof(*store->tables), by_rows);
	for (unsigned i = 0; i < n; i++) {
		store->first[i] = store->stmt_n;
		store->stmt_n += store->tables[i]->n;
	}
	store->table_n = n;
}

/* The last table whose rows do not begin behind sql. */
unsigned sw_store_number(const struct sw_store *store, const struct sw_sql *sql)
{
	unsigned low = 0, high = store->table_n;
	while (high - low > 1) {
		unsigned mid = (low + high) / 2;
		if (store->tables[mid]->rows <= sql)
			low = mid;
		else
			high = mid;
	}
	const struct sw_sql_table *table = store->tables[low];
	SW_BUG_ON(sql < table->rows || sql >= table->rows + table->n);
	return store->first[low] + (unsigned)(sql - table->rows);
}

const struct sw_sql *sw_store_statement(const struct sw_store *store, unsigned number)
{
	unsigned table = store->table_n - 1;
	while (store->first[table] > number)
		table--;
	return &store->tables[table]->rows[number - store->first[table]];
}

/* ---- opening ---- */

int sw_store_open(struct sw_arena *arena, const struct sw_store_config *config, struct sw_store **ret,
		  struct sw_str *ret_why)
{
	struct sw_str url = sw_str_of(config->url);
	for (unsigned i = 0; i < SW_COUNTOF(drivers); i++) {
		struct sw_str scheme = sw_str_of(drivers[i]->scheme);
		if (!sw_str_starts(url, scheme))
			continue;
		struct sw_store *store = calloc(1, sizeof(*store));
		SW_BUG_ON(!store);
		store->driver = drivers[i];
		store->due_max = config->due_max ? config->due_max : 65536;
		store->queue_max = config->queue_max ? config->queue_max : 16384;
		list_statements(store, config->tables);
		int err = store->driver->open(store, arena, config, sw_str_from(url, scheme.n), ret_why);
		if (err) {
			store_free(store);
			return err;
		}
		*ret = store;
		return 0;
	}
	*ret_why = sw_str_fmt(arena, "store URL \"%.*s\" is not known; write sqlite:DIR", SW_FMT(url));
	return SW_EINVAL;
}

void sw_store_close(struct sw_store *store)
{
	if (!store)
		return;
	atomic_store(&store->closed, true);
	store->driver->close(store);
	sw_due_free(store);
	store_free(store);
}

/* ---- building a transaction ---- */

struct sw_txn *sw_txn_new(struct sw_store *store, struct sw_arena *arena, int bucket)
{
	SW_BUG_ON(bucket < 0 || bucket >= SW_BUCKETS);
	struct sw_txn *txn = SW_ARENA_NEW(arena, struct sw_txn);
	txn->job.txn = txn;
	txn->store = store;
	txn->arena = arena;
	txn->bucket = bucket;
	txn->due_tail = &txn->due_notes;
	return txn;
}

void sw_txn_trace(struct sw_txn *txn, struct sw_id id)
{
	txn->trace = id;
}

struct sw_arena *sw_txn_arena(const struct sw_txn *txn)
{
	return txn->arena;
}

int sw_txn_bucket(const struct sw_txn *txn)
{
	return txn->bucket;
}

struct sw_store *sw_txn_store(const struct sw_txn *txn)
{
	return txn->store;
}

/* Does a value fit its letter in sw_sql.in? */
static bool value_fits(char letter, const struct sw_val *v)
{
	static const char kinds[] = {
		[SW_VAL_INT] = 'i', [SW_VAL_TEXT] = 't', [SW_VAL_BLOB] = 'b', [SW_VAL_SEQ] = 'i'
	};
	if (v->kind == SW_VAL_NULL)
		return letter == 'I' || letter == 'T' || letter == 'B';
	return kinds[v->kind] == (letter | 0x20);
}

/* Values as the driver will bind them. Ids are copied: SW_ID points into the caller's frame. */
static const struct sw_val *copy_values(struct sw_arena *arena, const struct sw_sql *sql, const struct sw_val *values,
					unsigned n)
{
	struct sw_val *copy = (struct sw_val *)(void *)SW_ARENA_ARRAY(arena, struct sw_val, n ? n : 1);
	SW_BUG_ON(n != strlen(sql->in ? sql->in : ""));
	for (unsigned i = 0; i < n; i++) {
		SW_BUG_ON(!value_fits(sql->in[i], &values[i]));
		copy[i] = values[i];
		if (values[i].kind == SW_VAL_BLOB && values[i].s.n == sizeof(struct sw_id)) {
			char *id = sw_arena_bytes(arena, sizeof(struct sw_id));
			memcpy(id, values[i].s.p, sizeof(struct sw_id));
			copy[i].s.p = id;
		}
	}
	return copy;
}

unsigned sw_txn_step(struct sw_txn *txn, const struct sw_sql *sql, enum sw_guard guard, int on_fail,
		     const struct sw_val *values, unsigned n)
{
	if (txn->n == txn->cap) {
		unsigned cap = txn->cap ? 2 * txn->cap : 8;
		struct sw_step *steps = SW_ARENA_ARRAY(txn->arena, struct sw_step, cap);
		if (txn->n)
			memcpy(steps, txn->steps, txn->n * sizeof(*steps));
		txn->steps = steps;
		txn->cap = cap;
	}
	txn->steps[txn->n] = (struct sw_step){
		.sql = sql,
		.stmt = sw_store_number(txn->store, sql),
		.guard = guard,
		.on_fail = on_fail,
		.n = n,
		.v = copy_values(txn->arena, sql, values, n),
	};
	return txn->n++;
}

/* ---- answers ---- */

/* On the asker's loop: end the wait of each job of the group; its memory may be gone then. */
static void deliver_group(struct sw_mail *mail)
{
	struct sw_job *job = (struct sw_job *)mail;
	while (job) {
		struct sw_job *next = job->next;
		sw_wait_end(&job->wait, job->err);
		job = next;
	}
}

void sw_answers_add(struct sw_answers *answers, struct sw_job *job)
{
	if (!job->loop) {
		sem_post(&job->done);
		return;
	}
	job->next = NULL;
	unsigned i = 0;
	while (i < answers->n && answers->group[i].loop != job->loop)
		i++;
	if (i == SW_ANSWER_LOOPS) {
		sw_answers_post(answers);
		i = 0;
	}
	if (i == answers->n) {
		answers->group[i].loop = job->loop;
		answers->group[i].head = answers->group[i].tail = job;
		answers->n++;
		return;
	}
	answers->group[i].tail->next = job;
	answers->group[i].tail = job;
}

void sw_answers_post(struct sw_answers *answers)
{
	for (unsigned i = 0; i < answers->n; i++) {
		struct sw_job *head = answers->group[i].head;
		head->mail.deliver = deliver_group;
		sw_loop_post(answers->group[i].loop, &head->mail);
	}
	answers->n = 0;
}

/* ---- asking ---- */

static void drop_rows(void *rows)
{
	sw_arena_free(rows);
}

/* Wait for a job handed to the driver. A cancelled task still waits: the job uses its memory. */
static int await(struct sw_job *job, struct sw_arena *arena)
{
	if (job->loop) {
		int err = sw_wait_begin(&job->wait);
		SW_BUG_ON(!job->wait.done);
		(void)err; /* what happened is told as it was, also to a task cancelled meanwhile */
	} else {
		while (sem_wait(&job->done) != 0)
			;
		sem_destroy(&job->done);
	}
	if (job->rows)
		sw_arena_hold(arena, drop_rows, job->rows);
	return job->err;
}

static void ready_job(struct sw_job *job, struct sw_task *task)
{
	job->loop = task ? sw_task_loop(task) : NULL;
	job->wait = (struct sw_wait){ .task = task };
	job->err = 0;
	job->rows = NULL;
	if (!task)
		SW_BUG_ON(sem_init(&job->done, 0, 0) != 0);
}

static int commit(struct sw_task *task, struct sw_txn *txn, struct sw_result *ret)
{
	struct sw_store *store = txn->store;
	SW_BUG_ON(txn->submitted_us); /* sent once only */
	if (ret)
		*ret = (struct sw_result){ 0 };
	if (task && sw_task_cancelled(task))
		return SW_ECANCELED;
	if (atomic_load_explicit(&store->closed, memory_order_relaxed))
		return SW_ECLOSED;
	if (atomic_fetch_add_explicit(&store->queued, 1, memory_order_relaxed) >= store->queue_max) {
		atomic_fetch_sub_explicit(&store->queued, 1, memory_order_relaxed);
		return SW_ELIMIT;
	}
	sw_count(&sw_store_metrics, STORE_QUEUE, 1);
	txn->result.step = SW_ARENA_ARRAY(txn->arena, struct sw_step_result, txn->n ? txn->n : 1);
	txn->result.n = txn->n;
	txn->submitted_us = sw_mono_us();
	ready_job(&txn->job, task);
	store->driver->commit(store, txn);
	int err = await(&txn->job, txn->arena);
	if (!err && txn->due_notes)
		sw_due_committed(store, txn->due_notes);
	if (ret)
		*ret = txn->result;
	return err;
}

int sw_commit_wait(struct sw_task *task, struct sw_txn *txn, struct sw_result *ret)
{
	return commit(task, txn, ret);
}

int sw_commit_now(struct sw_txn *txn, struct sw_result *ret)
{
	return commit(NULL, txn, ret);
}

static int run_read(struct sw_task *task, struct sw_store *store, struct sw_arena *arena, struct sw_read *read,
		    struct sw_rows *ret)
{
	*ret = (struct sw_rows){ 0 };
	if (task && sw_task_cancelled(task))
		return SW_ECANCELED;
	if (atomic_load_explicit(&store->closed, memory_order_relaxed))
		return SW_ECLOSED;
	ready_job(&read->job, task);
	store->driver->read(store, read);
	int err = await(&read->job, arena);
	if (!err)
		*ret = read->result;
	return err;
}

int sw_sweep_step_wait(struct sw_task *task, struct sw_store *store, int bucket, const struct sw_sql *sql,
		       const struct sw_val *values, unsigned n)
{
	for (int64_t swept = SW_SWEEP_SLICE; swept >= SW_SWEEP_SLICE;) {
		struct sw_result result;
		struct sw_txn *txn = sw_txn_new(store, sw_task_arena(task), bucket);
		unsigned step = sw_txn_step(txn, sql, SW_GUARD_ANY, 0, values, n);
		int err = sw_commit_wait(task, txn, &result);
		if (err)
			return err;
		swept = result.step[step].changed;
	}
	return 0;
}

int sw_query_step_wait(struct sw_task *task, struct sw_store *store, struct sw_arena *arena, const struct sw_sql *sql,
		       const struct sw_val *values, unsigned n, struct sw_rows *ret)
{
	struct sw_read *read = SW_ARENA_NEW(arena, struct sw_read);
	read->stmt = sw_store_number(store, sql);
	read->out = sql->out;
	read->v = copy_values(arena, sql, values, n);
	read->n = n;
	return run_read(task, store, arena, read, ret);
}

int sw_query_step_now(struct sw_store *store, struct sw_arena *arena, const struct sw_sql *sql,
		      const struct sw_val *values, unsigned n, struct sw_rows *ret)
{
	return sw_query_step_wait(NULL, store, arena, sql, values, n, ret);
}

int sw_store_read_text(struct sw_task *task, struct sw_store *store, struct sw_arena *arena, struct sw_read *read,
		       struct sw_rows *ret)
{
	read->stmt = SW_STMT_TEXT;
	return run_read(task, store, arena, read, ret);
}
