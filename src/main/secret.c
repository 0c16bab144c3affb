#include "main/secret.h"

#include "base/arena.h"
#include "core/secret.h"
#include "wire/form/form.h"

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
	if (!sw_secret_is_named(secret))
		return 0;
	struct sw_buf out = { .arena = arena };
	struct sw_str value;
	int err = sw_secret_read(arena, secret, &value, ret_why);
	if (err)
		return err;
	sw_buf_add_str(&out, sw_str_sub(url, 0, (size_t)(secret.p - url.p)));
	sw_percent_encode(&out, value);
	sw_buf_add_str(&out, sw_str_from(url, end - 1));
	*ret = sw_buf_str(&out);
	return 0;
}
