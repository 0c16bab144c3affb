#include "core/secret.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"

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

bool sw_secret_is_named(struct sw_str setting)
{
	return setting.n && (setting.p[0] == '@' || setting.p[0] == '$');
}

int sw_secret_read(struct sw_arena *arena, struct sw_str setting, struct sw_str *ret, struct sw_str *ret_why)
{
	struct sw_str name = sw_str_from(setting, 1);
	*ret = setting;
	if (!sw_secret_is_named(setting))
		return 0;
	if (setting.p[0] == '@')
		return read_first_line(arena, name, ret, ret_why);
	const char *value = getenv(sw_str_cstr(arena, name));
	if (!value) {
		*ret_why = sw_str_fmt(arena, "the secret's variable %.*s is not set", SW_FMT(name));
		return SW_EINVAL;
	}
	*ret = sw_str_dup(arena, sw_str_of(value));
	return 0;
}
