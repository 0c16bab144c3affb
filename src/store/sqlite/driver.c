/* Opening a directory: lock, file, migrations, the writer and the readers. */
#include "store/sqlite/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/num.h"

static void sqlite_free(struct sw_sqlite *self)
{
	if (self->temporary && self->dir)
		(void)sw_folder_remove(self->dir);
	if (self->lock_fd >= 0)
		close(self->lock_fd);
	free(self->path);
	free(self->dir);
	free(self);
}

static char *copy_cstr(struct sw_arena *arena, struct sw_str s)
{
	char *copy = strdup(sw_str_cstr(arena, s));
	SW_BUG_ON(!copy);
	return copy;
}

/* "sqlite::memory:" runs the same code over files, in memory where the system has such a place. */
static int make_temporary(struct sw_arena *arena, struct sw_sqlite *self)
{
	static const char *const places[] = { "/dev/shm", NULL, "/tmp" };
	for (unsigned i = 0; i < SW_COUNTOF(places); i++) {
		const char *place = places[i] ? places[i] : getenv("TMPDIR");
		if (!place)
			continue;
		struct sw_str dir;
		if (sw_folder_draw(arena, sw_str_fmt(arena, "%s/strowger", place).p, &dir))
			continue;
		self->temporary = true;
		self->dir = copy_cstr(arena, dir);
		return 0;
	}
	return SW_EIO;
}

static const char *name_of(const struct sw_sqlite *self)
{
	return self->attempts ? "attempts" : "strowger";
}

/* The lock is the kernel's: it goes with the process, however that ends. */
static int lock_directory(struct sw_arena *arena, struct sw_sqlite *self, struct sw_str *ret_why)
{
	const char *path = sw_str_cstr(arena, sw_str_fmt(arena, "%s/%s.lock", self->dir, name_of(self)));
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char pid[24] = { 0 };
	self->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (self->lock_fd < 0) {
		*ret_why = sw_str_fmt(arena, "cannot open %s: %s", path, strerror(errno));
		return SW_EIO;
	}
	if (fcntl(self->lock_fd, F_OFD_SETLK, &lock) != 0) {
		ssize_t n = pread(self->lock_fd, pid, sizeof(pid) - 1, 0);
		*ret_why = sw_str_fmt(arena, "another process%s%.*s uses %s; stop it or choose another directory",
				      n > 0 ? ", pid " : "", n > 0 ? (int)n : 0, pid, self->dir);
		return SW_EBUSY;
	}
	struct sw_str text = sw_num_format(getpid(), pid);
	if (ftruncate(self->lock_fd, 0) != 0 || pwrite(self->lock_fd, text.p, text.n, 0) < 0)
		return 0; /* the pid is only for the message; a full disk must not keep the store shut */
	return 0;
}

static int make_files(struct sw_arena *arena, struct sw_sqlite *self, struct sw_str *ret_why)
{
	if (mkdir(self->dir, 0700) != 0 && errno != EEXIST) {
		*ret_why = sw_str_fmt(arena, "cannot create the directory %s: %s", self->dir, strerror(errno));
		return SW_EIO;
	}
	int err = lock_directory(arena, self, ret_why);
	if (err)
		return err;
	self->path = copy_cstr(arena, sw_str_fmt(arena, "%s/%s.db", self->dir, name_of(self)));
	/* SQLite gives its log and index the rights of the database file. */
	int fd = open(self->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) {
		*ret_why = sw_str_fmt(arena, "cannot open %s: %s", self->path, strerror(errno));
		return SW_EIO;
	}
	close(fd);
	return 0;
}

static int prepare_all(struct sw_sqlite_conn *conn, struct sw_buf *why)
{
	for (unsigned i = 0; i < conn->store->stmt_n; i++) {
		struct sw_sqlite_stmt stmt;
		int err = sw_sqlite_prepare(conn->db, sw_store_statement(conn->store, i), &stmt, 0, why);
		if (err)
			return err;
		sw_sqlite_finalize(&stmt);
	}
	return 0;
}

static int start(struct sw_store *store, struct sw_arena *arena, const struct sw_store_config *config,
		 struct sw_buf *why)
{
	struct sw_sqlite *self = store->engine;
	struct sw_sqlite_conn conn;
	int err = sw_sqlite_open(&conn, store, self->path, SW_SQLITE_WRITER, why);
	if (err)
		return err;
	err = sw_migrate(&sw_sqlite_schema, conn.db, arena, config, why);
	if (!err)
		err = prepare_all(&conn, why);
	unsigned n = config->readers ? config->readers : (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	if (!err)
		err = sw_sqlite_readers_start(store, n, &self->readers, why);
	if (!err)
		err = sw_sqlite_checkpoint_start(store, &self->checkpoint, why);
	if (err) {
		sw_sqlite_readers_stop(self->readers);
		sw_sqlite_close(&conn);
		return err;
	}
	return sw_sqlite_writer_start(store, &conn, &self->writer);
}

/* Beside whoever has the lock, or nobody. */
static int start_reading(struct sw_store *store, struct sw_arena *arena, const struct sw_store_config *given,
			 struct sw_buf *why)
{
	struct sw_sqlite *self = store->engine;
	struct sw_store_config config = *given;
	struct sw_sqlite_conn conn;
	self->path = copy_cstr(arena, sw_str_fmt(arena, "%s/%s.db", self->dir, name_of(self)));
	if (access(self->path, R_OK) != 0) {
		sw_buf_add_fmt(why, "cannot read %s: %s", self->path, strerror(errno));
		return SW_EIO;
	}
	config.no_migrate = true;
	int err = sw_sqlite_open(&conn, store, self->path, SW_SQLITE_READER, why);
	if (err)
		return err;
	err = sw_migrate(&sw_sqlite_schema, conn.db, arena, &config, why);
	if (!err)
		err = prepare_all(&conn, why);
	sw_sqlite_close(&conn);
	return err ? err : sw_sqlite_readers_start(store, 1, &self->readers, why);
}

static void once_per_process(void)
{
	/* No counting of SQLite's memory: it costs a lock at every allocation. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	sw_sqlite_vfs_register();
	sw_metric_register(&sw_store_metrics);
}

static int sqlite_open(struct sw_store *store, struct sw_arena *arena, const struct sw_store_config *config,
		       struct sw_str where, struct sw_str *ret_why)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, once_per_process);
	struct sw_buf why = { .arena = arena };
	struct sw_sqlite *self = calloc(1, sizeof(*self));
	SW_BUG_ON(!self);
	self->lock_fd = -1;
	store->engine = self;
	int err = 0;
	*ret_why = SW_STR_NULL;
	if (where.n == 0) {
		*ret_why = SW_S("the store URL names no directory; write sqlite:DIR");
		err = SW_EINVAL;
	} else if (sw_str_is(where, ":memory:")) {
		err = make_temporary(arena, self);
	} else {
		self->dir = copy_cstr(arena, where);
	}
	self->read_only = config->read_only;
	self->attempts = config->attempts;
	if (!err && !self->read_only)
		err = make_files(arena, self, ret_why);
	if (!err)
		err = (self->read_only ? start_reading : start)(store, arena, config, &why);
	if (!err)
		return 0;
	if (!ret_why->p)
		*ret_why = why.n ? sw_buf_str(&why) : sw_str_of(sw_err_text(err));
	sqlite_free(self);
	return err;
}

static void sqlite_close(struct sw_store *store)
{
	struct sw_sqlite *self = store->engine;
	if (self->writer)
		sw_sqlite_writer_stop(self->writer);
	sw_sqlite_checkpoint_stop(self->checkpoint);
	sw_sqlite_readers_stop(self->readers);
	sqlite_free(self);
}

const struct sw_driver sw_driver_sqlite = {
	.scheme = "sqlite:",
	.open = sqlite_open,
	.close = sqlite_close,
	.commit = sw_sqlite_commit,
	.read = sw_sqlite_read,
	.watch = sw_sqlite_watch,
	.unwatch = sw_sqlite_unwatch,
};
