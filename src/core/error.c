#include <stdarg.h>
#include <stdio.h>

#include "core/error.h"

static const struct sw_error_row rows[] = {
#define E(code_, status_, message_, cause_, action_) \
	{ .code = (code_), .status = (status_), .message = (message_), .cause = (cause_), .action = (action_) },
#include "core/errors.def"
#undef E
};

const struct sw_error_row *sw_error_rows(size_t *ret_n)
{
	*ret_n = SW_COUNTOF(rows);
	return rows;
}

const struct sw_error_row *sw_error_find(int code)
{
	size_t low = 0, high = SW_COUNTOF(rows); /* the catalogue is sorted by code */
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (rows[middle].code == code)
			return &rows[middle];
		if (rows[middle].code < code)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

int sw_fail(struct sw_error *err, int code, const char *format, ...)
{
	*err = (struct sw_error){ .row = sw_error_find(code) };
	SW_BUG_ON(!err->row);
	if (format) {
		va_list args;
		va_start(args, format);
		vsnprintf(err->detail, sizeof(err->detail), format, args);
		va_end(args);
	}
	return SW_EAPI;
}

int sw_fail_internal(struct sw_error *err, int internal)
{
	static const struct {
		int internal, code, retry_after_s;
	} map[] = {
		{ SW_ENOSPC, 20503, 5 },    { SW_ELIMIT, 20503, 1 }, { SW_ECLOSED, 20503, 2 },
		{ SW_ECANCELED, 20503, 2 }, { SW_EAGAIN, 20503, 1 }, { SW_ECONFLICT, 20409, 0 },
		{ SW_EIO, 20503, 5 },
	};
	if (internal == 0 || internal == SW_EAPI)
		return internal;
	for (size_t i = 0; i < SW_COUNTOF(map); i++)
		if (map[i].internal == internal) {
			sw_fail(err, map[i].code, NULL);
			err->retry_after_s = map[i].retry_after_s;
			return SW_EAPI;
		}
	return sw_fail(err, 20500, NULL);
}

const char *sw_error_message(const struct sw_error *err)
{
	return err->detail[0] ? err->detail : err->row->message;
}
