#include "main/secret.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "wire/form/form.h"

enum { SECRET_MAX_BYTES = 4096 };

static int read_first_line(struct sw_arena *arena, struct sw_str path, struct sw_str *ret, struct sw_str *ret_why)
{
	char *text = sw_arena_bytes(arena, SECRET_MAX_BYTES);
	int fd = open(sw_str_cstr(arena, path), O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, SECRET_MAX_BYTES) : -1;
	if (fd >= 0)
		close(fd);
	if (n < 0) {
		*ret_why = sw_str_fmt(arena, "the secret's file %.*s cannot be read", SW_FMT(path));
		return SW_EINVAL;
	}
	struct sw_str rest = { text, (size_t)n };
	*ret = sw_str_trim(sw_str_cut(&rest, '\n'));
	return 0;
}

static int look_up(struct sw_arena *arena, struct sw_str reference, struct sw_str *ret, struct sw_str *ret_why)
{
	struct sw_str name = sw_str_from(reference, 1);
	if (reference.p[0] == '@')
		return read_first_line(arena, name, ret, ret_why);
	const char *value = getenv(sw_str_cstr(arena, name));
	if (!value) {
		*ret_why = sw_str_fmt(arena, "the secret's variable %.*s is not set", SW_FMT(name));
		return SW_EINVAL;
	}
	*ret = sw_str_of(value);
	return 0;
}

int secret_read(struct sw_arena *arena, struct sw_str setting, struct sw_str *ret, struct sw_str *ret_why)
{
	*ret = setting;
	return setting.n && (setting.p[0] == '@' || setting.p[0] == '$') ? look_up(arena, setting, ret, ret_why) : 0;
}

int secret_fill(struct sw_arena *arena, struct sw_str url, struct sw_str *ret, struct sw_str *ret_why)
{
	ptrdiff_t slashes = sw_str_find(url, SW_S("://"));
	*ret = url;
	if (slashes < 0)
		return 0;
	size_t from = (size_t)slashes + 3, end = url.n;
	ptrdiff_t query = sw_str_index(sw_str_from(url, from), '?');
	if (query >= 0)
		end = from + (size_t)query;
	while (end > from &&
	       url.p[end - 1] != '@') /* the last one ends the secret: a file's name begins with another */
		end--;
	struct sw_str secret = sw_str_sub(url, from, end > from ? end - 1 - from : 0);
	sw_str_cut(&secret, ':');
	if (!secret.n || (secret.p[0] != '@' && secret.p[0] != '$'))
		return 0;
	struct sw_buf out = { .arena = arena };
	struct sw_str value;
	int err = look_up(arena, secret, &value, ret_why);
	if (err)
		return err;
	sw_buf_add_str(&out, sw_str_sub(url, 0, (size_t)(secret.p - url.p)));
	sw_percent_encode(&out, value);
	sw_buf_add_str(&out, sw_str_from(url, end - 1));
	*ret = sw_buf_str(&out);
	return 0;
}
