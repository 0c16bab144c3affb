#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/random.h"

enum { PIECE_BYTES = 64 * 1024, WALK_FDS = 16 };

int sw_file_read(struct sw_arena *arena, struct sw_str path, size_t max, struct sw_str *ret)
{
	struct sw_buf text = { .arena = arena };
	ssize_t n = 0;
	int fd = open(sw_str_cstr(arena, path), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	while (text.n <= max && (n = read(fd, sw_buf_reserve(&text, PIECE_BYTES), PIECE_BYTES)) > 0)
		text.n += (size_t)n;
	int failed = n < 0 ? errno : text.n > max ? EFBIG : 0;
	close(fd);
	*ret = sw_buf_str(&text);
	return failed;
}

/* Nobody else's: whoever makes it does so only when it is not there. */
static const char *new_name(struct sw_arena *arena, const char *begin)
{
	return sw_str_fmt(arena, "%s.%016llx", begin, (unsigned long long)sw_random_u64()).p;
}

/* Where a file system cannot rename without writing over, a link of the name that is there already fails. */
static int rename_new(const char *draft, const char *path)
{
	if (renameat2(AT_FDCWD, draft, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return errno;
	if (link(draft, path) != 0)
		return errno;
	unlink(draft);
	return 0;
}

static int write_whole(struct sw_arena *arena, struct sw_str path, struct sw_str text, unsigned mode, bool sync,
		       bool over)
{
	const char *to = sw_str_cstr(arena, path);
	const char *draft = new_name(arena, to);
	int fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	errno = ENOSPC; /* unless they say more */
	bool ok = write(fd, text.p, text.n) == (ssize_t)text.n && fchmod(fd, mode) == 0 && (!sync || fsync(fd) == 0);
	int failed = ok ? 0 : errno;
	close(fd);
	if (!failed)
		failed = !over ? rename_new(draft, to) : rename(draft, to) != 0 ? errno : 0;
	if (failed)
		unlink(draft);
	return failed;
}

int sw_file_write(struct sw_arena *arena, struct sw_str path, struct sw_str text, unsigned mode)
{
	return write_whole(arena, path, text, mode, false, true);
}

int sw_file_keep(struct sw_arena *arena, struct sw_str path, struct sw_str text, unsigned mode, bool over)
{
	return write_whole(arena, path, text, mode, true, over);
}

int sw_folder_make(struct sw_arena *arena, struct sw_str path, unsigned mode)
{
	char *text = (char *)sw_str_cstr(arena, sw_str_dup(arena, path));
	for (char *slash = strchr(text + 1, '/');; slash = strchr(slash + 1, '/')) {
		if (slash)
			*slash = 0;
		int failed = mkdir(text, mode) && errno != EEXIST ? errno : 0;
		if (failed || !slash)
			return failed;
		*slash = '/';
	}
}

int sw_folder_draw(struct sw_arena *arena, const char *begin, struct sw_str *ret)
{
	*ret = sw_str_of(new_name(arena, begin));
	return mkdir(ret->p, 0700) ? errno : 0;
}

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *walk)
{
	(void)stat;
	(void)kind;
	(void)walk;
	return remove(path);
}

int sw_folder_remove(const char *path)
{
	return nftw(path, remove_one, WALK_FDS, FTW_DEPTH | FTW_PHYS) ? errno : 0;
}
