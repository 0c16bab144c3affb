#include "main/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"

enum { PIECE_BYTES = 64 * 1024 };

int file_read(struct sw_arena *arena, struct sw_str path, size_t max, struct sw_str *ret)
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

int file_write(struct sw_arena *arena, struct sw_str path, struct sw_str text, unsigned mode)
{
	char *draft = (char *)sw_str_cstr(arena, sw_str_fmt(arena, "%.*s.XXXXXX", SW_FMT(path)));
	int fd = mkostemp(draft, O_CLOEXEC);
	if (fd < 0)
		return errno;
	errno = ENOSPC; /* unless they say more */
	bool ok = write(fd, text.p, text.n) == (ssize_t)text.n && fchmod(fd, mode) == 0;
	int failed = ok ? 0 : errno;
	close(fd);
	if (!failed && rename(draft, sw_str_cstr(arena, path)) != 0)
		failed = errno;
	if (failed)
		unlink(draft);
	return failed;
}

int folder_make(struct sw_arena *arena, struct sw_str path, unsigned mode)
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
