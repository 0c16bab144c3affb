#include "base/file.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/test.h"

struct folder {
	struct sw_arena arena;
	const char *dir;
	struct sw_str path, file;
};

static void folder_open(struct folder *f)
{
	*f = (struct folder){ .dir = sw_test_folder() };
	sw_arena_init(&f->arena);
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

SW_TEST(a_folder_is_drawn_for_one_and_removed_with_what_is_in_it)
{
	struct folder f;
	struct sw_str other;
	struct stat st;
	folder_open(&f);
	SW_CHECK_INT(sw_file_write(&f.arena, f.file, SW_S("outside"), 0600), 0);
	SW_CHECK_INT(sw_folder_draw(&f.arena, f.path.p, &other), 0);
	SW_CHECK(sw_str_starts(other, f.path) && other.n > f.path.n);
	SW_CHECK_INT(stat(other.p, &st), 0);
	SW_CHECK_INT(st.st_mode & 07777, 0700);
	struct sw_str deep = sw_str_fmt(&f.arena, "%.*s/x/y", SW_FMT(other));
	SW_CHECK_INT(sw_folder_make(&f.arena, deep, 0700), 0);
	SW_CHECK_INT(sw_file_write(&f.arena, sw_str_fmt(&f.arena, "%.*s/z", SW_FMT(deep)), SW_S("z"), 0600), 0);
	SW_CHECK_INT(symlink(f.path.p, sw_str_fmt(&f.arena, "%.*s/link", SW_FMT(deep)).p), 0);
	SW_CHECK_INT(sw_folder_remove(other.p), 0);
	SW_CHECK_INT(sw_folder_remove(other.p), ENOENT);
	SW_CHECK_INT(sw_folder_draw(&f.arena, sw_str_fmt(&f.arena, "%s/none/x", f.dir).p, &other), ENOENT);
	check_file(&f, "outside", 0600);
	folder_close(&f);
}
