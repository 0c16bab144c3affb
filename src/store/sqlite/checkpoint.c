/*
 * Moving the write-ahead log into the database: the bulk of it beside the writer, on a thread and connection of its
 * own, until little is left; that little by the writer between two groups, so that it can begin the log anew.
 * A log that is written all the time is never finished from beside.
 */
#include "store/sqlite/sqlite.h"

#include <stdlib.h>

#include "base/log.h"
#include "loop/clock.h"

enum {
	BEGIN_PAGES = 16000,
	SHORT_US = 6000, /* a round so short leaves little to the writer */
	ROUNDS = 4,
};

enum phase { RESTING, MOVING, MOVED };

struct sw_sqlite_checkpoint {
	struct sw_sqlite_conn conn;
	sem_t wake;
	pthread_t thread;
	atomic_int phase;
	atomic_bool stop;
	/* the writer's */
	int last_pages, begin_pages;
};

/*
 * SQLite syncs the database only when a checkpoint reached the end of the log, which is the writer's part: then all
 * that was moved before would be synced there too.  So sync behind each round here.
 */
static int sync_database(struct sw_sqlite_checkpoint *self)
{
	sqlite3_file *file = NULL;
	int rc = sqlite3_file_control(self->conn.db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
	return rc == SQLITE_OK && file ? file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) : rc;
}

/* Each round is shorter than the one before, since it has only what was written during that one. */
static void move(struct sw_sqlite_checkpoint *self)
{
	for (int round = 0; round < ROUNDS && !atomic_load(&self->stop); round++) {
		int64_t began = sw_mono_us();
		int rc = sqlite3_wal_checkpoint_v2(self->conn.db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
		if (rc == SQLITE_OK)
			rc = sync_database(self);
		if (rc != SQLITE_OK || sw_mono_us() - began < SHORT_US)
			return;
	}
}

static void *checkpoint_main(void *arg)
{
	struct sw_sqlite_checkpoint *self = arg;
	pthread_setname_np(pthread_self(), "store-ckpt");
	for (;;) {
		while (sem_wait(&self->wake) != 0)
			;
		if (atomic_load(&self->stop))
			return NULL;
		int64_t began = sw_mono_us();
		move(self);
		sw_observe_us(&sw_store_metrics, STORE_CHECKPOINT_US, sw_mono_us() - began);
		atomic_store(&self->phase, MOVED);
	}
}

static void finish(struct sw_sqlite_checkpoint *self, sqlite3 *writer)
{
	int rc = sqlite3_wal_checkpoint_v2(writer, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	if (rc != SQLITE_OK)
		sw_warn("store", "the log could not be moved into the database; it grows until it can",
			SW_KC("why", sqlite3_errstr(rc)));
	/* Unless the log begins anew now, because no reader holds an older page, wait for as much again. */
	self->begin_pages = self->last_pages + BEGIN_PAGES;
	atomic_store(&self->phase, RESTING);
}

void sw_sqlite_checkpoint_turn(struct sw_sqlite_checkpoint *self, sqlite3 *writer, int pages)
{
	if (pages < self->last_pages)
		self->begin_pages = BEGIN_PAGES;
	self->last_pages = pages;
	int phase = atomic_load(&self->phase);
	if (phase == MOVED) {
		finish(self, writer);
	} else if (phase == RESTING && pages >= self->begin_pages) {
		atomic_store(&self->phase, MOVING);
		sem_post(&self->wake);
	}
}

int sw_sqlite_checkpoint_start(struct sw_store *store, struct sw_sqlite_checkpoint **ret, struct sw_buf *why)
{
	struct sw_sqlite *sqlite = store->engine;
	struct sw_sqlite_checkpoint *self = calloc(1, sizeof(*self));
	SW_BUG_ON(!self);
	int err = sw_sqlite_open(&self->conn, store, sqlite->path, SW_SQLITE_MOVER, why);
	if (err) {
		free(self);
		return err;
	}
	self->begin_pages = BEGIN_PAGES;
	SW_BUG_ON(sem_init(&self->wake, 0, 0) != 0 || pthread_create(&self->thread, NULL, checkpoint_main, self) != 0);
	*ret = self;
	return 0;
}

void sw_sqlite_checkpoint_stop(struct sw_sqlite_checkpoint *self)
{
	if (!self)
		return;
	atomic_store(&self->stop, true);
	sem_post(&self->wake);
	pthread_join(self->thread, NULL);
	sw_sqlite_close(&self->conn);
	sem_destroy(&self->wake);
	free(self);
}
