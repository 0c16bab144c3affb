/*
 * A layer under SQLite that joins the writes of a commit to the write-ahead log.
 *
 * SQLite writes each page of a commit in two calls, a header and the page; a group of 128 transactions makes some
 * 700 of them one behind the other.  Here they gather in memory and reach the system in few writes before the sync,
 * before any read of the file, and when the buffer is full.  Nothing is promised earlier than SQLite promises it:
 * other connections look at a page of the log only after the sync, and a write that fails shows at the sync, which
 * fails the commit.  Other files than the log pass by untouched.
 */
#include "store/sqlite/sqlite.h"

#include <errno.h>
#include <stdlib.h>

/* SQLite's own layer below takes less than 128 KiB at a time. */
enum { GATHER_BYTES = 120 * 1024 };

struct log_file {
	sqlite3_file base;  /* first */
	sqlite3_file *real; /* behind this struct */
	char *bytes;        /* NULL until the first write */
	int n;
	sqlite3_int64 at; /* where the bytes belong */
};

/* A write refused because of a quota or a limit on file sizes is a full disk too. */
static int write_real(struct log_file *file, const void *from, int n, sqlite3_int64 at)
{
	int number = 0;
	int rc = file->real->pMethods->xWrite(file->real, from, n, at);
	if ((rc & 0xff) != SQLITE_IOERR)
		return rc;
	(void)file->real->pMethods->xFileControl(file->real, SQLITE_FCNTL_LAST_ERRNO, &number);
	return number == EDQUOT || number == EFBIG || number == ENOSPC ? SQLITE_FULL : rc;
}

static int flush(struct log_file *file)
{
	int n = file->n;
	file->n = 0; /* also when it fails: the commit is rolled back and its pages written anew */
	return n ? write_real(file, file->bytes, n, file->at) : SQLITE_OK;
}

static int log_close(sqlite3_file *base)
{
	struct log_file *file = (struct log_file *)base;
	int rc = flush(file);
	int closed = file->real->pMethods->xClose(file->real);
	free(file->bytes);
	return rc ? rc : closed;
}

static int log_read(sqlite3_file *base, void *to, int n, sqlite3_int64 at)
{
	struct log_file *file = (struct log_file *)base;
	int rc = flush(file);
	return rc ? rc : file->real->pMethods->xRead(file->real, to, n, at);
}

static int log_write(sqlite3_file *base, const void *from, int n, sqlite3_int64 at)
{
	struct log_file *file = (struct log_file *)base;
	if (file->n && (at != file->at + file->n || n > GATHER_BYTES - file->n)) {
		int rc = flush(file);
		if (rc)
			return rc;
	}
	if (n > GATHER_BYTES)
		return write_real(file, from, n, at);
	if (!file->bytes) {
		file->bytes = malloc(GATHER_BYTES);
		SW_BUG_ON(!file->bytes);
	}
	if (!file->n)
		file->at = at;
	memcpy(file->bytes + file->n, from, (size_t)n);
	file->n += n;
	return SQLITE_OK;
}

static int log_truncate(sqlite3_file *base, sqlite3_int64 size)
{
	struct log_file *file = (struct log_file *)base;
	int rc = flush(file);
	return rc ? rc : file->real->pMethods->xTruncate(file->real, size);
}

static int log_sync(sqlite3_file *base, int flags)
{
	struct log_file *file = (struct log_file *)base;
	int rc = flush(file);
	return rc ? rc : file->real->pMethods->xSync(file->real, flags);
}

static int log_size(sqlite3_file *base, sqlite3_int64 *ret)
{
	struct log_file *file = (struct log_file *)base;
	int rc = flush(file);
	return rc ? rc : file->real->pMethods->xFileSize(file->real, ret);
}

static int log_lock(sqlite3_file *base, int level)
{
	sqlite3_file *real = ((struct log_file *)base)->real;
	return real->pMethods->xLock(real, level);
}

static int log_unlock(sqlite3_file *base, int level)
{
	sqlite3_file *real = ((struct log_file *)base)->real;
	return real->pMethods->xUnlock(real, level);
}

static int log_check_lock(sqlite3_file *base, int *ret)
{
	sqlite3_file *real = ((struct log_file *)base)->real;
	return real->pMethods->xCheckReservedLock(real, ret);
}

static int log_control(sqlite3_file *base, int op, void *arg)
{
	struct log_file *file = (struct log_file *)base;
	int rc = flush(file);
	return rc ? rc : file->real->pMethods->xFileControl(file->real, op, arg);
}

static int log_sector(sqlite3_file *base)
{
	sqlite3_file *real = ((struct log_file *)base)->real;
	return real->pMethods->xSectorSize(real);
}

static int log_character(sqlite3_file *base)
{
	sqlite3_file *real = ((struct log_file *)base)->real;
	return real->pMethods->xDeviceCharacteristics(real);
}

static const sqlite3_io_methods log_methods = {
	.iVersion = 1,
	.xClose = log_close,
	.xRead = log_read,
	.xWrite = log_write,
	.xTruncate = log_truncate,
	.xSync = log_sync,
	.xFileSize = log_size,
	.xLock = log_lock,
	.xUnlock = log_unlock,
	.xCheckReservedLock = log_check_lock,
	.xFileControl = log_control,
	.xSectorSize = log_sector,
	.xDeviceCharacteristics = log_character,
};

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *ret_flags)
{
	sqlite3_vfs *real = vfs->pAppData;
	if (!(flags & SQLITE_OPEN_WAL))
		return real->xOpen(real, name, base, flags, ret_flags);
	struct log_file *file = (struct log_file *)base;
	*file = (struct log_file){ .real = (sqlite3_file *)(file + 1) };
	int rc = real->xOpen(real, name, file->real, flags, ret_flags);
	if (file->real->pMethods)
		file->base.pMethods = &log_methods;
	return rc;
}

void sw_sqlite_vfs_register(void)
{
	static sqlite3_vfs vfs;
	sqlite3_vfs *real = sqlite3_vfs_find(NULL);
	vfs = *real; /* the rest of its methods take no state of the struct they are called with */
	vfs.pNext = NULL;
	vfs.zName = SW_SQLITE_VFS;
	vfs.szOsFile = (int)sizeof(struct log_file) + real->szOsFile;
	vfs.pAppData = real;
	vfs.xOpen = vfs_open;
	SW_BUG_ON(sqlite3_vfs_register(&vfs, 0) != SQLITE_OK);
}
