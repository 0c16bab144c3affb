#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"

static const struct {
	int err;
	const char *name, *text;
} rows[] = {
#define ROW(number, name_, text_) { -(number), "SW_" #name_, text_ },
	SW_ERR_MAP(ROW)
#undef ROW
};

const char *sw_err_name(int err)
{
	for (size_t i = 0; i < SW_COUNTOF(rows); i++)
		if (rows[i].err == err)
			return rows[i].name;
	return err == 0 ? "SW_OK" : "SW_E?";
}

const char *sw_err_text(int err)
{
	for (size_t i = 0; i < SW_COUNTOF(rows); i++)
		if (rows[i].err == err)
			return rows[i].text;
	return err == 0 ? "no error" : "unknown error";
}

void sw_bug(const char *file, int line, const char *what)
{
	fprintf(stderr, "level=error msg=\"bug: this must not happen\" at=%s:%d what=\"%s\"\n", file, line, what);
	abort();
}
