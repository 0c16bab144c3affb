/*
 * The writer: one thread, one connection, one physical commit for all that queued meanwhile.
 *
 * Transactions of a group run one behind the other without savepoints.  When one fails that has changed nothing
 * yet (a guard in its first step: the usual case) the group goes on.  When one fails half-way the whole group is
 * rolled back and run again with a savepoint for each, and the next groups too for a while: failures come in swarms.
 */
#include "store/sqlite/sqlite.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/trace.h"
#include "loop/clock.h"

enum {
	GROUP_MAX = 256,
	GROUP_US = 4000,
	CAREFUL_GROUPS = 16,
	CALM_US = 1000000,
};

struct raised {
	int bucket;
	int64_t before; /* durable number */
};

struct sw_sqlite_writer {
	struct sw_store *store;
	struct sw_sqlite_conn conn;
	struct sw_sqlite_checkpoint *checkpoint;
	struct sw_mailbox box;
	sem_t wake;
	pthread_t thread;
	bool stop;
	struct sw_mail stop_mail;
	struct sw_job *first, **last; /* transactions taken from the box, not begun */
	struct sw_txn *group[GROUP_MAX];
	unsigned group_n;
	int64_t group_began_us;
	unsigned careful;        /* groups to run with savepoints */
	int64_t seq[SW_BUCKETS]; /* -1: not loaded */
	struct raised raised[GROUP_MAX];
	unsigned raised_n;
	struct sw_list watches;
	bool new_watch; /* one that was not compared yet */
	int wal_pages;
	int reported; /* failure already told in the log; 0: none */
	int64_t failed_us;
	struct sw_answers answers;
	sqlite3_stmt *begin, *commit, *rollback, *save, *undo, *release;
};

/* ---- fixed statements ---- */

static void close_writer(struct sw_sqlite_writer *w)
{
	sqlite3_stmt *all[] = { w->begin, w->commit, w->rollback, w->save, w->undo, w->release };
	for (unsigned i = 0; i < SW_COUNTOF(all); i++)
		sqlite3_finalize(all[i]);
	sw_sqlite_close(&w->conn);
	sem_destroy(&w->wake);
	free(w);
}

static void prepare_fixed(struct sw_sqlite_writer *w)
{
	struct {
		sqlite3_stmt **stmt;
		const char *text;
	} all[] = {
		{ &w->begin, "BEGIN IMMEDIATE" }, { &w->commit, "COMMIT" },         { &w->rollback, "ROLLBACK" },
		{ &w->save, "SAVEPOINT unit" },   { &w->undo, "ROLLBACK TO unit" }, { &w->release, "RELEASE unit" },
	};
	for (unsigned i = 0; i < SW_COUNTOF(all); i++) {
		int rc = sqlite3_prepare_v3(w->conn.db, all[i].text, -1, SQLITE_PREPARE_PERSISTENT, all[i].stmt, NULL);
		SW_BUG_ON(rc != SQLITE_OK);
	}
}

static int run_fixed(sqlite3_stmt *stmt)
{
	int rc = sqlite3_step(stmt);
	sqlite3_reset(stmt);
	return rc == SQLITE_DONE ? 0 : sw_sqlite_err(rc);
}

/* ---- event numbers ---- */

static int load_seq(struct sw_sqlite_writer *w, int bucket)
{
	if (w->seq[bucket] >= 0)
		return 0;
	struct sw_sqlite_stmt *stmt;
	struct sw_arena *rows = NULL;
	struct sw_val v = SW_I(bucket);
	struct sw_sqlite_run run = { .v = &v, .n = 1, .rows = &rows };
	int err = sw_sqlite_statement(&w->conn, sw_store_number(w->store, &sw_store_sql[SW_SQL_SEQ_LOAD]), &stmt);
	if (!err)
		err = sw_sqlite_err(sw_sqlite_run(&w->conn, stmt, &run));
	if (!err)
		w->seq[bucket] = run.result.n ? sw_row_int(run.result.row[0], 0) : 0;
	sw_arena_free(rows);
	return err;
}

/* Remember the durable number before a bucket's first event of the group. */
static void note_raised(struct sw_sqlite_writer *w, int bucket, int64_t before)
{
	for (unsigned i = 0; i < w->raised_n; i++)
		if (w->raised[i].bucket == bucket)
			return;
	w->raised[w->raised_n++] = (struct raised){ bucket, before };
}

static void take_back_seqs(struct sw_sqlite_writer *w)
{
	for (unsigned i = 0; i < w->raised_n; i++)
		w->seq[w->raised[i].bucket] = w->raised[i].before;
	w->raised_n = 0;
}

static int store_seqs(struct sw_sqlite_writer *w)
{
	struct sw_sqlite_stmt *stmt;
	int err = sw_sqlite_statement(&w->conn, sw_store_number(w->store, &sw_store_sql[SW_SQL_SEQ_RAISE]), &stmt);
	for (unsigned i = 0; i < w->raised_n && !err; i++) {
		int bucket = w->raised[i].bucket;
		struct sw_val v[] = { SW_I(bucket), SW_I(w->seq[bucket]) };
		struct sw_sqlite_run run = { .v = v, .n = 2 };
		err = sw_sqlite_err(sw_sqlite_run(&w->conn, stmt, &run));
	}
	return err;
}

/* ---- one transaction ---- */

static bool guard_holds(enum sw_guard guard, int64_t changed)
{
	return guard == SW_GUARD_ANY || (guard == SW_GUARD_ONE ? changed == 1 : changed <= 1);
}

/* A key that is there already is a failed guard; another constraint is a mistake in the program. */
static bool is_duplicate(int rc)
{
	return rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY || rc == SQLITE_CONSTRAINT_ROWID;
}

static int run_step(struct sw_sqlite_writer *w, struct sw_txn *txn, unsigned i)
{
	const struct sw_step *step = &txn->steps[i];
	struct sw_sqlite_stmt *stmt;
	int err = sw_sqlite_statement(&w->conn, step->stmt, &stmt);
	if (err)
		return err;
	struct sw_sqlite_run run = { .v = step->v, .n = step->n, .seq = &w->seq[txn->bucket], .rows = &txn->job.rows };
	int rc = sw_sqlite_run(&w->conn, stmt, &run);
	if (rc == SQLITE_DONE) {
		txn->result.step[i] = (struct sw_step_result){ run.changed, run.result };
		return guard_holds(step->guard, run.changed) ? 0 : SW_EGUARD;
	}
	if (is_duplicate(rc))
		return SW_EGUARD;
	if ((rc & 0xff) != SQLITE_CONSTRAINT)
		return sw_sqlite_err(rc);
	sw_error_log("store", "a statement broke a constraint", SW_KC("statement", step->sql->name),
		     SW_KC("why", sqlite3_errmsg(w->conn.db)));
	return SW_EINVAL;
}

/* @return 0, or what the transaction is answered */
static int run_steps(struct sw_sqlite_writer *w, struct sw_txn *txn)
{
	int64_t seq = w->seq[txn->bucket];
	for (unsigned i = 0; i < txn->n; i++) {
		int err = run_step(w, txn, i);
		if (!err)
			continue;
		w->seq[txn->bucket] = seq;
		if (err == SW_EGUARD) {
			txn->result.failed = i;
			txn->result.code = txn->steps[i].on_fail;
		}
		return err;
	}
	if (w->seq[txn->bucket] != seq) {
		note_raised(w, txn->bucket, seq);
		txn->result.seq = w->seq[txn->bucket];
	}
	return 0;
}

/* Does the failure concern this transaction alone, or the disk or the engine? */
static bool is_own_failure(const struct sw_sqlite_writer *w, int err)
{
	return (err == SW_EGUARD || err == SW_EINVAL || err == SW_ELIMIT) && !sqlite3_get_autocommit(w->conn.db);
}

enum outcome { GO_ON, REPLAY, BROKEN };

static enum outcome run_unit(struct sw_sqlite_writer *w, struct sw_txn *txn, bool savepoint, int *ret_err)
{
	int64_t changes = sqlite3_total_changes64(w->conn.db);
	int err = load_seq(w, txn->bucket);
	if (!err && savepoint)
		err = run_fixed(w->save);
	txn->job.err = err ? err : run_steps(w, txn);
	err = txn->job.err;
	if (err && !is_own_failure(w, err)) {
		*ret_err = err;
		return BROKEN;
	}
	if (!savepoint)
		return err && sqlite3_total_changes64(w->conn.db) != changes ? REPLAY : GO_ON;
	*ret_err = err ? run_fixed(w->undo) : 0;
	if (!*ret_err)
		*ret_err = run_fixed(w->release);
	return *ret_err ? BROKEN : GO_ON;
}

static void forget_result(struct sw_txn *txn)
{
	memset(txn->result.step, 0, txn->n * sizeof(*txn->result.step));
	txn->result.failed = 0;
	txn->result.code = 0;
	txn->result.seq = 0;
	sw_arena_free(txn->job.rows);
	txn->job.rows = NULL;
}

/* ---- the group ---- */

static void sort_mail(struct sw_sqlite_writer *w)
{
	struct sw_mail *mail = sw_mailbox_take(&w->box);
	while (mail) {
		struct sw_mail *next = mail->next;
		if (mail->deliver) {
			mail->deliver(mail);
		} else {
			struct sw_job *job = (struct sw_job *)mail;
			job->next = NULL;
			*w->last = job;
			w->last = &job->next;
		}
		mail = next;
	}
}

static struct sw_txn *next_txn(struct sw_sqlite_writer *w)
{
	if (!w->first)
		sort_mail(w);
	struct sw_job *job = w->first;
	if (!job)
		return NULL;
	w->first = job->next;
	if (!w->first)
		w->last = &w->first;
	return job->txn;
}

/* Run again, from the first, each in a savepoint. */
static int replay(struct sw_sqlite_writer *w)
{
	int err = run_fixed(w->rollback);
	take_back_seqs(w);
	sw_count(&sw_store_metrics, STORE_REPLAYS, 1);
	w->careful = CAREFUL_GROUPS;
	if (!err)
		err = run_fixed(w->begin);
	for (unsigned i = 0; i < w->group_n && !err; i++) {
		forget_result(w->group[i]);
		(void)run_unit(w, w->group[i], true, &err);
	}
	return err;
}

/* Take and run what is queued. @return 0, or what every transaction of the group is answered */
static int run_group(struct sw_sqlite_writer *w)
{
	int err = run_fixed(w->begin);
	bool savepoint = w->careful > 0;
	while (w->group_n < GROUP_MAX) {
		struct sw_txn *txn = next_txn(w);
		if (!txn)
			break;
		w->group[w->group_n++] = txn;
		if (err)
			continue;
		if (run_unit(w, txn, savepoint, &err) == REPLAY) {
			err = replay(w);
			savepoint = true;
		}
		if (err || sw_mono_us() - w->group_began_us > GROUP_US)
			break;
	}
	if (!err)
		err = store_seqs(w);
	if (!err)
		err = run_fixed(w->commit);
	if (!err)
		return 0;
	if (!sqlite3_get_autocommit(w->conn.db))
		(void)run_fixed(w->rollback);
	take_back_seqs(w);
	return err;
}

/* ---- answers ---- */

/* The last time everybody is woken: who asks again hears that the store is closed. */
static void wake_watches(struct sw_sqlite_writer *w)
{
	struct sw_list *node = w->watches.next;
	w->new_watch = false;
	while (node != &w->watches) {
		struct sw_watch *watch = SW_CONTAINER(node, struct sw_watch, node);
		node = node->next;
		if (!w->stop && load_seq(w, watch->bucket) == 0 && w->seq[watch->bucket] <= watch->after_seq)
			continue;
		sw_list_del(&watch->node);
		sw_loop_post(watch->loop, &watch->wake);
	}
}

static void trace_unit(const struct sw_txn *txn)
{
	if (sw_id_is_zero(txn->trace))
		return;
	unsigned n = txn->job.err == SW_EGUARD ? txn->result.failed + 1 : txn->n;
	for (unsigned i = 0; i < n; i++)
		sw_trace(txn->trace, "store", txn->steps[i].sql->name);
	sw_trace(txn->trace, "store", txn->job.err ? "refused" : "commit");
}

/* One line when trouble begins, one when it has been over for a second: a disk near its end fails now and then. */
static void report(struct sw_sqlite_writer *w, int err)
{
	int64_t now = sw_mono_us();
	if (!err && w->reported && now - w->failed_us > CALM_US) {
		sw_info("store", "writing works again");
		w->reported = 0;
	}
	if (!err)
		return;
	w->failed_us = now;
	if (err == w->reported)
		return;
	w->reported = err;
	const struct sw_sqlite *self = w->store->engine;
	sw_error_log("store",
		     self->attempts     ? "the attempt log cannot be written: attempts are not kept"
		     : err == SW_ENOSPC ? "the disk is full: nothing is accepted until there is room"
					: "a commit failed: nothing of it was kept",
		     SW_KERR(err), SW_KI("transactions", w->group_n), SW_KC("why", sqlite3_errmsg(w->conn.db)));
}

static void answer(struct sw_sqlite_writer *w, int group_err)
{
	int64_t now = sw_mono_us();
	int64_t done = 0, refused = 0;
	for (unsigned i = 0; i < w->group_n; i++) {
		struct sw_txn *txn = w->group[i];
		if (group_err) {
			forget_result(txn);
			txn->job.err = group_err;
		}
		done += !txn->job.err;
		refused += txn->job.err == SW_EGUARD;
		trace_unit(txn);
		sw_observe_us(&sw_store_metrics, STORE_ANSWER_US, now - txn->submitted_us);
	}
	sw_count(&sw_store_metrics, STORE_QUEUE, -(int64_t)w->group_n);
	sw_count(&sw_store_metrics, STORE_UNITS, done);
	sw_count(&sw_store_metrics, STORE_GUARD_FAILURES, refused);
	sw_count(&sw_store_metrics, STORE_FAILURES, (int64_t)w->group_n - done - refused);
	sw_count(&sw_store_metrics, STORE_COMMITS, !group_err);
	sw_observe_us(&sw_store_metrics, STORE_COMMIT_US, now - w->group_began_us);
	atomic_fetch_sub_explicit(&w->store->queued, w->group_n, memory_order_relaxed);
	for (unsigned i = 0; i < w->group_n; i++)
		sw_answers_add(&w->answers, &w->group[i]->job);
	sw_answers_post(&w->answers);
}

static int on_wal(void *arg, sqlite3 *db, const char *name, int pages)
{
	(void)db;
	(void)name;
	((struct sw_sqlite_writer *)arg)->wal_pages = pages;
	return SQLITE_OK;
}

static void write_group(struct sw_sqlite_writer *w)
{
	w->group_n = 0;
	w->raised_n = 0;
	w->group_began_us = sw_mono_us();
	int err = run_group(w);
	report(w, err);
	answer(w, err);
	if (w->careful)
		w->careful--;
	if (!err)
		wake_watches(w);
	/* Behind the answers: nobody waits for it but those who come next. */
	sw_sqlite_checkpoint_turn(w->checkpoint, w->conn.db, w->wal_pages);
}

static void *writer_main(void *arg)
{
	struct sw_sqlite_writer *w = arg;
	pthread_setname_np(pthread_self(), "store-writer");
	for (;;) {
		sort_mail(w);
		if (w->first) {
			write_group(w);
			continue;
		}
		if (w->new_watch || w->stop)
			wake_watches(w);
		if (w->stop)
			return NULL;
		while (sem_wait(&w->wake) != 0)
			;
	}
}

/* ---- from outside ---- */

static void on_stop(struct sw_mail *mail)
{
	SW_CONTAINER(mail, struct sw_sqlite_writer, stop_mail)->stop = true;
}

int sw_sqlite_writer_start(struct sw_store *store, struct sw_sqlite_conn *conn, struct sw_sqlite_writer **ret)
{
	struct sw_sqlite_writer *w = calloc(1, sizeof(*w));
	SW_BUG_ON(!w || sem_init(&w->wake, 0, 0) != 0);
	w->store = store;
	w->checkpoint = ((struct sw_sqlite *)store->engine)->checkpoint;
	w->conn = *conn;
	sw_list_init(&w->conn.by_age);
	sw_list_init(&w->watches);
	w->last = &w->first;
	w->stop_mail.deliver = on_stop;
	memset(w->seq, 0xff, sizeof(w->seq));
	prepare_fixed(w);
	sqlite3_wal_hook(w->conn.db, on_wal, w);
	SW_BUG_ON(pthread_create(&w->thread, NULL, writer_main, w) != 0);
	*ret = w;
	return 0;
}

void sw_sqlite_writer_post(struct sw_sqlite_writer *w, struct sw_mail *mail)
{
	if (sw_mailbox_push(&w->box, mail))
		sem_post(&w->wake);
}

void sw_sqlite_writer_stop(struct sw_sqlite_writer *w)
{
	sw_sqlite_writer_post(w, &w->stop_mail);
	pthread_join(w->thread, NULL);
	close_writer(w);
}

void sw_sqlite_commit(struct sw_store *store, struct sw_txn *txn)
{
	struct sw_sqlite *self = store->engine;
	SW_BUG_ON(self->read_only);
	txn->job.mail.deliver = NULL; /* marks a transaction */
	sw_sqlite_writer_post(self->writer, &txn->job.mail);
}

/* ---- who waits for events: kept by the writer, which knows the numbers first ---- */

static struct sw_sqlite_writer *writer_of(struct sw_watch *watch)
{
	return ((struct sw_sqlite *)watch->store->engine)->writer;
}

static void on_watch(struct sw_mail *mail)
{
	struct sw_watch *watch = SW_CONTAINER(mail, struct sw_watch, wake);
	struct sw_sqlite_writer *w = writer_of(watch);
	watch->wake.deliver = watch->on_wake;
	sw_list_push(&w->watches, &watch->node);
	w->new_watch = true; /* compared between groups, when no number is tentative */
}

static void on_unwatch(struct sw_mail *mail)
{
	struct sw_watch *watch = SW_CONTAINER(mail, struct sw_watch, cancel);
	sw_list_del(&watch->node);
	watch->cancel.deliver = watch->on_cancelled;
	sw_loop_post(watch->loop, &watch->cancel);
}

void sw_sqlite_watch(struct sw_store *store, struct sw_watch *watch)
{
	struct sw_sqlite *self = store->engine;
	watch->wake.deliver = on_watch;
	sw_sqlite_writer_post(self->writer, &watch->wake);
}

void sw_sqlite_unwatch(struct sw_store *store, struct sw_watch *watch)
{
	struct sw_sqlite *self = store->engine;
	watch->cancel.deliver = on_unwatch;
	sw_sqlite_writer_post(self->writer, &watch->cancel);
}
