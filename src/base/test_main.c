/* The runner of base/test.h: linked with the *_test.c files of a room. */
#include <stdarg.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/ref.h"
#include "base/test.h"

static struct sw_test_row *rows;
static unsigned failures;

enum { FOLDERS = 8 };
static struct sw_str folders[FOLDERS];
static struct sw_arena folder_names;
static unsigned folders_n;

void sw_test_register(struct sw_test_row *row)
{
	struct sw_test_row **at = &rows;
	while (*at && (strcmp((*at)->file, row->file) < 0 || strcmp((*at)->file, row->file) == 0))
		at = &(*at)->next;
	row->next = *at;
	*at = row;
}

void sw_test_fail(const char *file, int line, const char *format, ...)
{
	va_list args;
	failures++;
	printf("# %s:%d: ", file, line);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

void sw_test_check_str(const char *file, int line, struct sw_str got, struct sw_str want)
{
	if (!sw_str_eq(got, want) || !got.p != !want.p)
		sw_test_fail(file, line, "got \"%.*s\", want \"%.*s\"", SW_FMT(got), SW_FMT(want));
}

void sw_test_check_int(const char *file, int line, int64_t got, int64_t want)
{
	if (got != want)
		sw_test_fail(file, line, "got %lld, want %lld", (long long)got, (long long)want);
}

const char *sw_test_folder(void)
{
	SW_BUG_ON(folders_n == FOLDERS || sw_folder_draw(&folder_names, "/tmp/strowger-test", &folders[folders_n]));
	return folders[folders_n++].p;
}

/* What the test has removed itself is gone already. */
static void remove_folders(void)
{
	while (folders_n)
		(void)sw_folder_remove(folders[--folders_n].p);
	sw_arena_clear(&folder_names);
}

static bool wanted(const struct sw_test_row *row, int argc, char **argv)
{
	bool any = argc < 2;
	for (int i = 1; i < argc; i++)
		any |= strstr(row->name, argv[i]) != NULL;
	return any;
}

int main(int argc, char **argv)
{
	unsigned n = 0, failed = 0;
	setvbuf(stdout, NULL, _IOLBF, 0);
	sw_arena_init(&folder_names);
	for (struct sw_test_row *row = rows; row; row = row->next) {
		if (!wanted(row, argc, argv))
			continue;
		size_t alive = sw_ref_alive();
		failures = 0;
		row->fn();
		remove_folders();
		if (sw_ref_alive() != alive)
			sw_test_fail(row->file, 0, "%zu references before, %zu after", alive, sw_ref_alive());
		printf("%sok %u - %s\n", failures ? "not " : "", ++n, row->name);
		failed += failures != 0;
	}
	sw_arena_done(&folder_names);
	printf("1..%u\n", n);
	return failed || n == 0;
}
