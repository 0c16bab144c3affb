#include "base/file.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/test.h"

struct folder {
	struct sw_arena arena;
	char dir[64];
	struct sw_str path, file;
};

static void folder_open(struct folder *f)
{
	*f = (struct folder){ .dir = "/tmp/strowger-file-XXXXXX" }; /* mkdtemp's template */
	sw_arena_init(&f->arena);
	SW_CHECK(mkdtemp(f->dir) != NULL);
	f->path = sw_str_fmt(&f->arena, "%s/a/b", f->dir);
	f->file = sw_str_fmt(&f->arena, "%.*s/c", SW_FMT(f->path));
	SW_CHECK(sw_file_write(&f->arena, f->file, SW_S("x"), 0600) == ENOENT);
	SW_CHECK_INT(sw_folder_make(&f->arena, f->path, 0700), 0);
	SW_CHECK_INT(sw_folder_make(&f->arena, f->path, 0700), 0);
}

/* What else is in the folder, such as a draft, keeps it from being removed. */
static void folder_close(struct folder *f)
{
	SW_CHECK_INT(unlink(f->file.p), 0);
	SW_CHECK_INT(rmdir(f->path.p), 0);
	SW_CHECK_INT(rmdir(sw_str_cstr(&f->arena, sw_str_fmt(&f->arena, "%s/a", f->dir))), 0);
	SW_CHECK_INT(rmdir(f->dir), 0);
	sw_arena_done(&f->arena);
}

static void check_file(struct folder *f, const char *text, unsigned mode)
{
	struct sw_str got;
	struct stat st;
	SW_CHECK_INT(sw_file_read(&f->arena, f->file, 100, &got), 0);
	SW_CHECK_STR(got, text);
	SW_CHECK_INT(stat(f->file.p, &st), 0);
	SW_CHECK_INT(st.st_mode & 0777, mode);
}

SW_TEST(files_are_written_whole_and_read_with_a_limit)
{
	struct folder f;
	struct sw_str got;
	folder_open(&f);
	SW_CHECK_INT(sw_file_write(&f.arena, f.file, SW_S("first"), 0600), 0);
	SW_CHECK_INT(sw_file_write(&f.arena, f.file, SW_S("hello"), 0640), 0);
	check_file(&f, "hello", 0640);
	SW_CHECK_INT(sw_file_read(&f.arena, f.file, 5, &got), 0);
	SW_CHECK_STR(got, "hello");
	SW_CHECK_INT(sw_file_read(&f.arena, f.file, 4, &got), EFBIG);
	SW_CHECK_INT(sw_file_read(&f.arena, f.path, 5, &got), EISDIR);
	folder_close(&f);
}

SW_TEST(what_is_kept_once_is_not_written_over)
{
	struct folder f;
	folder_open(&f);
	SW_CHECK_INT(sw_file_keep(&f.arena, f.file, SW_S("key"), 0600, false), 0);
	SW_CHECK_INT(sw_file_keep(&f.arena, f.file, SW_S("other"), 0600, false), EEXIST);
	check_file(&f, "key", 0600);
	SW_CHECK_INT(sw_file_keep(&f.arena, f.file, SW_S("new"), 0600, true), 0);
	check_file(&f, "new", 0600);
	folder_close(&f);
}
