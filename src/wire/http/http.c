#include "wire/http/http.h"
#include "wire/http/chars.h"
#include "wire/http/framing.h"

/* Method and version beside a target of the largest size. */
#define LINE_EXTRA_BYTES 64

/* ---- the end of the head ---- */

/*
 * One empty line before the request line is ignored (RFC 9112 section 2.2).  What cannot begin a request, such
 * as a TLS handshake, is refused at once instead of waiting for a line end that never comes.
 */
static int check_start(struct sw_str input, size_t *ret_first, struct sw_http_refusal *ret_refusal)
{
	*ret_first = 0;
	if (input.n && input.p[0] == '\r') {
		if (input.n > 1 && input.p[1] != '\n')
			return sw_http_refuse(ret_refusal, 400, "a carriage return without line feed");
		*ret_first = 2;
	}
	if (input.n > *ret_first && !(sw_http_chars[(uint8_t)input.p[*ret_first]] & SW_HTTP_TCHAR))
		return sw_http_refuse(ret_refusal, 400, "the method is no token");
	return 0;
}

/*
 * Looks at each byte once over all calls.  A limit is judged as if bytes came one by one, so that the answer
 * does not depend on how the head was cut into reads.
 */
static int find_end(struct sw_str input, const struct sw_http_bounds *bounds, size_t *scanned, size_t *ret_end,
		    struct sw_http_refusal *ret_refusal)
{
	size_t line_max = bounds->target_bytes + LINE_EXTRA_BYTES;
	size_t seen = input.n < bounds->head_bytes ? input.n : bounds->head_bytes;
	size_t first;
	const char *lf;
	int err = check_start(input, &first, ret_refusal);

	if (err)
		return err;
	if (line_max > bounds->head_bytes)
		line_max = bounds->head_bytes;
	lf = input.n > first ? memchr(input.p + first, '\n', input.n - first) : NULL;
	if ((lf ? (size_t)(lf - input.p) : input.n) > first + line_max)
		return sw_http_refuse(ret_refusal, 414, "the request target is too long");
	while (*scanned < seen && (lf = memchr(input.p + *scanned, '\n', seen - *scanned))) {
		size_t at = (size_t)(lf - input.p);

		*scanned = at + 1;
		if (at == 0 || input.p[at - 1] != '\r')
			return sw_http_refuse(ret_refusal, 400, "a line feed without carriage return");
		if (at >= first + 3 && input.p[at - 2] == '\n') {
			*ret_end = at + 1;
			return 0;
		}
	}
	*scanned = *scanned > seen ? *scanned : seen;
	if (input.n > bounds->head_bytes)
		return sw_http_refuse(ret_refusal, 431, "the header section is too long");
	return SW_EMORE;
}

/* ---- the request line ---- */

static const struct {
	struct sw_str text;
	enum sw_http_method method;
} methods[] = {
	{ { "GET", 3 }, SW_HTTP_GET },         { { "POST", 4 }, SW_HTTP_POST },   { { "DELETE", 6 }, SW_HTTP_DELETE },
	{ { "PUT", 3 }, SW_HTTP_PUT },         { { "PATCH", 5 }, SW_HTTP_PATCH }, { { "HEAD", 4 }, SW_HTTP_HEAD },
	{ { "OPTIONS", 7 }, SW_HTTP_OPTIONS },
};

static enum sw_http_method method_of(struct sw_str text)
{
	for (size_t i = 0; i < SW_COUNTOF(methods); i++)
		if (sw_str_eq(text, methods[i].text))
			return methods[i].method;
	return SW_HTTP_OTHER;
}

static void split_target(struct sw_str target, struct sw_http_head *head)
{
	head->query = target;
	head->path = sw_str_cut(&head->query, '?');
	if (head->path.n == 0)
		head->path = SW_S("/");
}

static bool parse_absolute(struct sw_str target, struct sw_http_head *head)
{
	static const struct sw_str schemes[] = { { "http://", 7 }, { "https://", 8 } };

	for (size_t i = 0; i < SW_COUNTOF(schemes); i++) {
		struct sw_str rest = sw_str_from(target, schemes[i].n);
		size_t n = 0;

		if (!sw_str_eq_nocase(sw_str_sub(target, 0, schemes[i].n), schemes[i]))
			continue;
		while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?')
			n++;
		head->host = sw_str_sub(rest, 0, n);
		split_target(sw_str_from(rest, n), head);
		return n > 0 && sw_http_is_host(head->host);
	}
	return false;
}

/* RFC 9110 section 9.3.6: host and port, nothing else. */
static int parse_authority(struct sw_http_head *head, const struct sw_http_bounds *bounds,
			   struct sw_http_refusal *ret_refusal)
{
	if (!bounds->proxy)
		return sw_http_refuse(ret_refusal, 501, "this server is no proxy: CONNECT is not known");
	head->host = head->target;
	const char *colon = memrchr(head->host.p, ':', head->host.n), *end = head->host.p + head->host.n;
	if (!sw_http_is_host(head->host) || !colon || colon + 1 == end || memchr(colon, ']', (size_t)(end - colon)))
		return sw_http_refuse(ret_refusal, 400, "the target of CONNECT is not a host and a port");
	return 0;
}

static int parse_target(struct sw_http_head *head, const struct sw_http_bounds *bounds,
			struct sw_http_refusal *ret_refusal)
{
	struct sw_str target = head->target;

	if (sw_str_is(head->method_text, "CONNECT"))
		return parse_authority(head, bounds, ret_refusal);
	if (target.p[0] == '/')
		split_target(target, head);
	else if (sw_str_is(target, "*") && head->method == SW_HTTP_OPTIONS)
		head->path = target;
	else if (!parse_absolute(target, head))
		return sw_http_refuse(ret_refusal, 400, "the request target is malformed");
	return 0;
}

static int parse_version(struct sw_str text, struct sw_http_head *head, struct sw_http_refusal *ret_refusal)
{
	if (text.n != 8 || !sw_str_starts(text, SW_S("HTTP/")) || !sw_http_is_digit(text.p[5]) || text.p[6] != '.' ||
	    !sw_http_is_digit(text.p[7]))
		return sw_http_refuse(ret_refusal, 400, "the protocol version is malformed");
	if (text.p[5] != '1' || text.p[7] > '1')
		return sw_http_refuse(ret_refusal, 505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
	head->minor = text.p[7] - '0';
	return 0;
}

static int parse_request_line(struct sw_str line, const struct sw_http_bounds *bounds, struct sw_http_head *head,
			      struct sw_http_refusal *ret_refusal)
{
	size_t n = sw_http_span(line, SW_HTTP_TCHAR);
	int err;

	if (n == 0 || n == line.n || line.p[n] != ' ')
		return sw_http_refuse(ret_refusal, 400, "the method is no token");
	head->method_text = sw_str_sub(line, 0, n);
	head->method = method_of(head->method_text);
	line = sw_str_from(line, n + 1);
	n = sw_http_span(line, SW_HTTP_TARGET);
	if (n == 0 || n == line.n || line.p[n] != ' ')
		return sw_http_refuse(ret_refusal, 400, "the request line is malformed");
	head->target = sw_str_sub(line, 0, n);
	err = parse_version(sw_str_from(line, n + 1), head, ret_refusal);
	if (err)
		return err;
	if (n > bounds->target_bytes)
		return sw_http_refuse(ret_refusal, 414, "the request target is too long");
	return parse_target(head, bounds, ret_refusal);
}

/* ---- fields ---- */

static int parse_field(struct sw_str line, struct sw_http_field *ret, struct sw_http_refusal *ret_refusal)
{
	size_t n = sw_http_span(line, SW_HTTP_TCHAR);

	if (line.p[0] == ' ' || line.p[0] == '\t')
		return sw_http_refuse(ret_refusal, 400, "a header field is folded over lines");
	if (n == 0 || n == line.n || line.p[n] != ':')
		return sw_http_refuse(ret_refusal, 400, "a header field's name is malformed");
	ret->name = sw_str_sub(line, 0, n);
	line = sw_str_from(line, n + 1);
	if (sw_http_span(line, SW_HTTP_VALUE) != line.n)
		return sw_http_refuse(ret_refusal, 400, "a header field's value has a control character");
	ret->value = sw_str_trim(line);
	return 0;
}

static int parse_fields(struct sw_str lines, const struct sw_http_bounds *bounds, struct sw_http_head *head,
			struct sw_http_refusal *ret_refusal)
{
	unsigned fields_max = bounds->fields < SW_HTTP_HEADERS_MAX ? bounds->fields : SW_HTTP_HEADERS_MAX;

	while (lines.n) {
		struct sw_str line = sw_str_cut(&lines, '\n');
		int err;

		line.n--; /* find_end() saw that a carriage return stands there */
		if (head->fields == fields_max)
			return sw_http_refuse(ret_refusal, 431, "there are too many header fields");
		err = parse_field(line, &head->field[head->fields], ret_refusal);
		if (err)
			return err;
		head->fields++;
	}
	return 0;
}

int sw_http_parse_head(struct sw_str input, const struct sw_http_bounds *bounds, size_t *scanned,
		       struct sw_http_head *ret, struct sw_http_refusal *ret_refusal)
{
	struct sw_str lines, line;
	size_t end = 0, first;
	int err = find_end(input, bounds, scanned, &end, ret_refusal);

	if (err)
		return err;
	first = input.p[0] == '\r' ? 2 : 0;
	/* Not the whole struct: 64 fields are 2 KB. */
	memset(ret, 0, offsetof(struct sw_http_head, field));
	ret->fields = 0;
	ret->content_length = -1;
	ret->chunked = ret->keep_alive = ret->expect_continue = false;
	ret->bytes = end;
	lines = sw_str_sub(input, first, end - first - 2);
	line = sw_str_cut(&lines, '\n');
	line.n--;
	err = parse_request_line(line, bounds, ret, ret_refusal);
	if (!err)
		err = parse_fields(lines, bounds, ret, ret_refusal);
	return err ? err : sw_http_apply_fields(ret, ret_refusal);
}
