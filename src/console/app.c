/* The developer's console: one page, its scripts and its styles. */
#include "console/app.h"

static const struct sw_web_file *find(struct sw_str path)
{
	for (const struct sw_web_file *f = app_files; f->path.p; f++)
		if (sw_str_eq(f->path, path))
			return f;
	return NULL;
}

const struct sw_web_file *app_file(const struct sw_web_ask *ask)
{
	const struct sw_web_file *file = ask->rest.n ? find(sw_str_from(ask->rest, 1)) : NULL;
	if (file || sw_str_starts(ask->rest, SW_S("/assets/")))
		return file;
	return find(SW_S("index.html"));
}
