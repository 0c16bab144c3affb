#include "wire/tls/hello.h"

enum {
	RECORD_HEADER = 5,
	HANDSHAKE = 22,
	CLIENT_HELLO = 1,
	HELLO_HEADER = 4,
	VERSION_AND_RANDOM = 34,
	SERVER_NAME = 0
};

/* What stands behind a length of so many bytes; *from moves behind it. Absent: it is cut short. */
static struct sw_str take(struct sw_str *from, unsigned length_bytes)
{
	size_t n = 0;
	if (from->n < length_bytes)
		return SW_STR_NULL;
	for (unsigned i = 0; i < length_bytes; i++)
		n = n << 8 | (unsigned char)from->p[i];
	if (from->n - length_bytes < n)
		return SW_STR_NULL;
	struct sw_str found = sw_str_sub(*from, length_bytes, n);
	*from = sw_str_from(*from, length_bytes + n);
	return found;
}

static unsigned number(struct sw_str two_bytes)
{
	return (unsigned)(unsigned char)two_bytes.p[0] << 8 | (unsigned char)two_bytes.p[1];
}

/* The extensions of a hello: what stands in the one that names the server. */
static struct sw_str name_in(struct sw_str extensions)
{
	while (extensions.n > 2) {
		unsigned type = number(extensions);
		struct sw_str rest = sw_str_from(extensions, 2), data = take(&rest, 2);
		extensions = rest;
		if (!data.p)
			break;
		if (type != SERVER_NAME)
			continue;
		struct sw_str list = take(&data, 2);
		if (list.n < 1 || list.p[0] != 0) /* host_name */
			break;
		list = sw_str_from(list, 1);
		return take(&list, 2);
	}
	return SW_STR_NULL;
}

int sw_tls_hello_name(struct sw_str bytes, struct sw_str *ret_name)
{
	*ret_name = SW_STR_NULL;
	if (bytes.n && bytes.p[0] != HANDSHAKE)
		return SW_EINVAL;
	if (bytes.n > 1 && bytes.p[1] != 3)
		return SW_EINVAL;
	if (bytes.n < RECORD_HEADER)
		return SW_EMORE;
	struct sw_str rest = sw_str_from(bytes, 3), hello = take(&rest, 2);
	if (!hello.p)
		return SW_EMORE;
	if (hello.n < HELLO_HEADER || hello.p[0] != CLIENT_HELLO)
		return SW_EINVAL;
	hello = sw_str_from(hello, HELLO_HEADER);
	if (hello.n < VERSION_AND_RANDOM)
		return SW_EINVAL;
	hello = sw_str_from(hello, VERSION_AND_RANDOM);
	if (!take(&hello, 1).p || !take(&hello, 2).p || !take(&hello, 1).p) /* session, ciphers, compressions */
		return SW_EINVAL;
	*ret_name = name_in(take(&hello, 2));
	return 0;
}
