/* The readers: a thread and a connection each; a read goes to the one with the fewest waiting. */
#include "store/sqlite/sqlite.h"

#include <stdlib.h>

#include "base/log.h"
#include "loop/clock.h"

/* Answers are held back so long at most, to go in one mail. */
enum { HOLD_US = 200 };

struct reader {
	struct sw_sqlite_conn conn;
	struct sw_mailbox box;
	sem_t wake;
	pthread_t thread;
	bool started;
	atomic_uint waiting;
	atomic_bool stop;
	struct sw_answers answers;
};

struct sw_sqlite_readers {
	unsigned n;
	struct reader reader[];
};

static void run_read(struct reader *r, struct sw_read *read)
{
	struct sw_sqlite_stmt *stmt;
	int err = read->stmt == SW_STMT_TEXT ? sw_sqlite_text(&r->conn, read->text, read->out, &stmt)
					     : sw_sqlite_statement(&r->conn, read->stmt, &stmt);
	struct sw_sqlite_run run = { .v = read->v, .n = read->n, .rows = &read->job.rows };
	if (!err)
		err = sw_sqlite_err(sw_sqlite_run(&r->conn, stmt, &run));
	if (err)
		sw_error_log("store", "a query failed", SW_KERR(err), SW_KC("why", sqlite3_errmsg(r->conn.db)));
	read->result = run.result;
	read->job.err = err;
}

static void serve(struct reader *r, struct sw_mail *mail)
{
	int64_t began = sw_mono_us();
	unsigned n = 0;
	while (mail) {
		struct sw_mail *next = mail->next;
		struct sw_read *read = SW_CONTAINER(mail, struct sw_read, job.mail);
		run_read(r, read);
		sw_answers_add(&r->answers, &read->job);
		n++;
		if (next && sw_mono_us() - began > HOLD_US) {
			sw_answers_post(&r->answers);
			began = sw_mono_us();
		}
		mail = next;
	}
	sw_answers_post(&r->answers);
	sw_count(&sw_store_metrics, STORE_READS, n);
	atomic_fetch_sub_explicit(&r->waiting, n, memory_order_relaxed);
}

static void *reader_main(void *arg)
{
	struct reader *r = arg;
	pthread_setname_np(pthread_self(), "store-reader");
	for (;;) {
		struct sw_mail *mail = sw_mailbox_take(&r->box);
		if (mail) {
			serve(r, mail);
			continue;
		}
		if (atomic_load(&r->stop))
			return NULL;
		while (sem_wait(&r->wake) != 0)
			;
	}
}

void sw_sqlite_readers_stop(struct sw_sqlite_readers *readers)
{
	if (!readers)
		return;
	for (unsigned i = 0; i < readers->n; i++) {
		struct reader *r = &readers->reader[i];
		if (r->started) {
			atomic_store(&r->stop, true);
			sem_post(&r->wake);
			pthread_join(r->thread, NULL);
		}
		sw_sqlite_close(&r->conn);
		sem_destroy(&r->wake);
	}
	free(readers);
}

int sw_sqlite_readers_start(struct sw_store *store, unsigned n, struct sw_sqlite_readers **ret, struct sw_buf *why)
{
	struct sw_sqlite *self = store->engine;
	struct sw_sqlite_readers *readers = calloc(1, sizeof(*readers) + n * sizeof(struct reader));
	SW_BUG_ON(!readers);
	for (; readers->n < n; readers->n++) {
		struct reader *r = &readers->reader[readers->n];
		int err = sw_sqlite_open(&r->conn, store, self->path, SW_SQLITE_READER, why);
		if (err) {
			sw_sqlite_readers_stop(readers);
			return err;
		}
		SW_BUG_ON(sem_init(&r->wake, 0, 0) != 0 || pthread_create(&r->thread, NULL, reader_main, r) != 0);
		r->started = true;
	}
	*ret = readers;
	return 0;
}

void sw_sqlite_read(struct sw_store *store, struct sw_read *read)
{
	struct sw_sqlite_readers *readers = ((struct sw_sqlite *)store->engine)->readers;
	struct reader *best = &readers->reader[0];
	unsigned least = atomic_load_explicit(&best->waiting, memory_order_relaxed);
	for (unsigned i = 1; i < readers->n && least; i++) {
		unsigned waiting = atomic_load_explicit(&readers->reader[i].waiting, memory_order_relaxed);
		if (waiting >= least)
			continue;
		least = waiting;
		best = &readers->reader[i];
	}
	atomic_fetch_add_explicit(&best->waiting, 1, memory_order_relaxed);
	if (sw_mailbox_push(&best->box, &read->job.mail))
		sem_post(&best->wake);
}
