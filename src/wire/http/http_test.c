#include "base/arena.h"
#include "base/buf.h"
#include "base/test.h"
#include "wire/http/http.h"

#include <stdio.h>

static const struct sw_http_bounds bounds = { .head_bytes = 32768, .target_bytes = 8192, .fields = 64 };

#define H "Host: a\r\n"
#define POST "POST / HTTP/1.1\r\n" H

/* status 0: a good head; -1: more is needed */
struct head_case {
	const char *name;
	struct sw_str text;
	int status;
	int64_t length; /* -1: none */
	bool chunked, close;
	const char *path, *query, *host; /* NULL: not looked at */
};
#define TEXT(literal) .text = { "" literal, sizeof(literal) - 1 }

static const struct head_case cases[] = {
	/* the 17 framing cases the HTTP libraries were measured with; body cases are in the chunk table */
	{ "chunked body", TEXT(POST "Transfer-Encoding: chunked\r\n\r\n"), .length = -1, .chunked = true },
	{ "pipelined: the first ends", TEXT("GET /1 HTTP/1.1\r\n" H "\r\nGET /2 HTTP/1.1\r\n" H "\r\n"), .length = -1,
	  .path = "/1" },
	{ "expect", TEXT(POST "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n"), .length = 5 },
	{ "CL and TE", TEXT(POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"), 400 },
	{ "TE and CL", TEXT(POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"), 400 },
	{ "two CLs", TEXT(POST "Content-Length: 31\r\nContent-Length: 5\r\n\r\n"), 400 },
	{ "CL +31", TEXT(POST "Content-Length: +31\r\n\r\n"), 400 },
	{ "space before colon", TEXT(POST "Content-Length : 31\r\n\r\n"), 400 },
	{ "empty field name", TEXT(POST ": x\r\n\r\n"), 400 },
	{ "NUL in value", TEXT(POST "X: a\0b\r\n\r\n"), 400 },
	{ "TE gzip, chunked", TEXT(POST "Transfer-Encoding: gzip, chunked\r\n\r\n"), 501 },
	{ "no Host in 1.1", TEXT("GET / HTTP/1.1\r\n\r\n"), 400 },
	{ "HTTP/1.0 closes", TEXT("GET / HTTP/1.0\r\n\r\n"), .length = -1, .close = true },

	/* Content-Length */
	{ "CL same twice", TEXT(POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n"), 400 },
	{ "CL list", TEXT(POST "Content-Length: 5, 5\r\n\r\n"), 400 },
	{ "CL list of two", TEXT(POST "Content-Length: 5,6\r\n\r\n"), 400 },
	{ "CL 0x", TEXT(POST "Content-Length: 0x10\r\n\r\n"), 400 },
	{ "CL -1", TEXT(POST "Content-Length: -1\r\n\r\n"), 400 },
	{ "CL empty", TEXT(POST "Content-Length:\r\n\r\n"), 400 },
	{ "CL blank", TEXT(POST "Content-Length:  \t \r\n\r\n"), 400 },
	{ "CL 5 5", TEXT(POST "Content-Length: 5 5\r\n\r\n"), 400 },
	{ "CL 5.0", TEXT(POST "Content-Length: 5.0\r\n\r\n"), 400 },
	{ "CL 1e2", TEXT(POST "Content-Length: 1e2\r\n\r\n"), 400 },
	{ "CL quoted", TEXT(POST "Content-Length: \"5\"\r\n\r\n"), 400 },
	{ "CL overflow", TEXT(POST "Content-Length: 18446744073709551621\r\n\r\n"), 400 },
	{ "CL 19 digits", TEXT(POST "Content-Length: 1000000000000000000\r\n\r\n"), 400 },
	{ "CL 18 digits", TEXT(POST "Content-Length: 999999999999999999\r\n\r\n"), .length = 999999999999999999 },
	{ "CL leading zeros", TEXT(POST "Content-Length: 005\r\n\r\n"), .length = 5 },
	{ "CL 0", TEXT(POST "Content-Length: 0\r\n\r\n"), .length = 0 },
	{ "CL any case, blanks", TEXT(POST "cOnTeNt-LeNgTh: \t7 \t\r\n\r\n"), .length = 7 },
	{ "CL with underscore is another field", TEXT(POST "Content_Length: 5\r\n\r\n"), .length = -1 },

	/* Transfer-Encoding */
	{ "TE any case", TEXT(POST "TRANSFER-ENCODING:CHUNKED\r\n\r\n"), .length = -1, .chunked = true },
	{ "TE twice chunked", TEXT(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"), 400 },
	{ "TE list chunked twice", TEXT(POST "Transfer-Encoding: chunked, chunked\r\n\r\n"), 400 },
	{ "TE xchunked", TEXT(POST "Transfer-Encoding: xchunked\r\n\r\n"), 501 },
	{ "TE chunkedx", TEXT(POST "Transfer-Encoding: chunked;x\r\n\r\n"), 501 },
	{ "TE quoted", TEXT(POST "Transfer-Encoding: \"chunked\"\r\n\r\n"), 501 },
	{ "TE identity", TEXT(POST "Transfer-Encoding: identity\r\n\r\n"), 501 },
	{ "TE identity, CL", TEXT(POST "Transfer-Encoding: identity\r\nContent-Length: 5\r\n\r\n"), 400 },
	{ "TE chunked, gzip", TEXT(POST "Transfer-Encoding: chunked, gzip\r\n\r\n"), 400 },
	{ "TE chunked, identity in two fields",
	  TEXT(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n"), 400 },
	{ "TE identity, chunked in two fields",
	  TEXT(POST "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n"), 501 },
	{ "TE empty", TEXT(POST "Transfer-Encoding:\r\n\r\n"), 400 },
	{ "TE trailing comma", TEXT(POST "Transfer-Encoding: chunked,\r\n\r\n"), 400 },
	{ "TE leading comma", TEXT(POST "Transfer-Encoding: , chunked\r\n\r\n"), 400 },
	{ "TE vertical tab", TEXT(POST "Transfer-Encoding: \vchunked\r\n\r\n"), 400 },
	{ "TE folded", TEXT(POST "Transfer-Encoding:\r\n chunked\r\n\r\n"), 400 },
	{ "TE in 1.0", TEXT("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400 },
	{ "TE with tab before colon", TEXT(POST "Transfer-Encoding\t: chunked\r\n\r\n"), 400 },
	{ "TE hidden behind a bare CR", TEXT(POST "X: a\rTransfer-Encoding: chunked\r\n\r\n"), 400 },
	{ "TE hidden behind a bare LF", TEXT(POST "X: a\nTransfer-Encoding: chunked\r\n\r\n"), 400 },

	/* lines and fields */
	{ "bare LF everywhere", TEXT("GET / HTTP/1.1\nHost: a\n\n"), 400 },
	{ "bare LF in the request line", TEXT("GET / HTTP/1.1\nHost: a\r\n\r\n"), 400 },
	{ "bare LF at the end", TEXT("GET / HTTP/1.1\r\n" H "\n"), 400 },
	{ "CR CR LF", TEXT("GET / HTTP/1.1\r\r\n" H "\r\n"), 400 },
	{ "CR in value", TEXT(POST "X: a\rb\r\n\r\n"), 400 },
	{ "CR before the line end", TEXT(POST "X: a\r\r\n\r\n"), 400 },
	{ "obs-fold", TEXT(POST "X: a\r\n b\r\n\r\n"), 400 },
	{ "obs-fold with tab", TEXT(POST "X: a\r\n\tb\r\n\r\n"), 400 },
	{ "obs-fold first", TEXT("GET / HTTP/1.1\r\n Host: a\r\n\r\n"), 400 },
	{ "field without colon", TEXT(POST "X\r\n\r\n"), 400 },
	{ "field name with blank", TEXT(POST "X Y: a\r\n\r\n"), 400 },
	{ "field name with NUL", TEXT(POST "X\0: a\r\n\r\n"), 400 },
	{ "field name with non-ASCII", TEXT(POST "X\xc3\xa9: a\r\n\r\n"), 400 },
	{ "field name quoted", TEXT(POST "\"X\": a\r\n\r\n"), 400 },
	{ "field name with parenthesis", TEXT(POST "X(: a\r\n\r\n"), 400 },
	{ "DEL in value", TEXT(POST "X: a\x7f\r\n\r\n"), 400 },
	{ "escape in value", TEXT(POST "X: \x1b[31m\r\n\r\n"), 400 },
	{ "UTF-8 in value", TEXT(POST "X: h\xc3\xa9\r\n\r\n"), .length = -1 },
	{ "empty value", TEXT(POST "X:\r\n\r\n"), .length = -1 },
	{ "tab in value", TEXT(POST "X: a\tb\r\n\r\n"), .length = -1 },
	{ "only colons in value", TEXT(POST "X:::\r\n\r\n"), .length = -1 },

	/* request line */
	{ "one empty line first", TEXT("\r\nGET /a HTTP/1.1\r\n" H "\r\n"), .length = -1, .path = "/a" },
	{ "two empty lines first", TEXT("\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "LF first", TEXT("\nGET / HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "CR first", TEXT("\rGET / HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "blank first", TEXT(" GET / HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "two blanks", TEXT("GET  / HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "two blanks later", TEXT("GET /  HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "blank at the end", TEXT("GET / HTTP/1.1 \r\n" H "\r\n"), 400 },
	{ "tab for blank", TEXT("GET\t/ HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "blank in target", TEXT("GET /a b HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "no version (0.9)", TEXT("GET /\r\n\r\n"), 400 },
	{ "only a method", TEXT("GET\r\n\r\n"), 400 },
	{ "no target", TEXT("GET HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "NUL in target", TEXT("GET /\0 HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "non-ASCII target", TEXT("GET /\xc3\xa9 HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "fragment in target", TEXT("GET /a#b HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "method with odd bytes", TEXT("G(T / HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "method in lower case is another", TEXT("get / HTTP/1.1\r\n" H "\r\n"), .length = -1 },
	{ "TLS handshake", TEXT("\x16\x03\x01\x02"), 400 },
	{ "HTTP/1.2", TEXT("GET / HTTP/1.2\r\n" H "\r\n"), 505 },
	{ "HTTP/2.0", TEXT("GET / HTTP/2.0\r\n" H "\r\n"), 505 },
	{ "HTTP/0.9", TEXT("GET / HTTP/0.9\r\n" H "\r\n"), 505 },
	{ "HTTP/2 preface", TEXT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505 },
	{ "HTTP/1.10", TEXT("GET / HTTP/1.10\r\n" H "\r\n"), 400 },
	{ "HTTP/1", TEXT("GET / HTTP/1\r\n" H "\r\n"), 400 },
	{ "http/1.1", TEXT("GET / http/1.1\r\n" H "\r\n"), 400 },
	{ "HTTP/01.1", TEXT("GET / HTTP/01.1\r\n" H "\r\n"), 400 },
	{ "ICY/1.1", TEXT("GET / HTTQ/1.1\r\n" H "\r\n"), 400 },

	/* targets and hosts */
	{ "query", TEXT("GET /a/b?x=1&y=2?z HTTP/1.1\r\n" H "\r\n"), .length = -1, .path = "/a/b",
	  .query = "x=1&y=2?z" },
	{ "empty query", TEXT("GET /a? HTTP/1.1\r\n" H "\r\n"), .length = -1, .path = "/a", .query = "" },
	{ "raw brackets in query", TEXT("GET /a?DateSent>=2020 HTTP/1.1\r\n" H "\r\n"), .length = -1,
	  .query = "DateSent>=2020" },
	{ "absolute form", TEXT("GET http://b.example:81/p?q HTTP/1.1\r\n" H "\r\n"), .length = -1, .path = "/p",
	  .query = "q", .host = "b.example:81" },
	{ "absolute form, other case", TEXT("GET HTTPS://b/ HTTP/1.1\r\n" H "\r\n"), .length = -1, .path = "/",
	  .host = "b" },
	{ "absolute form without path", TEXT("GET http://b HTTP/1.1\r\n" H "\r\n"), .length = -1, .path = "/",
	  .host = "b" },
	{ "absolute form, only query", TEXT("GET http://b?q HTTP/1.1\r\n" H "\r\n"), .length = -1, .path = "/",
	  .query = "q" },
	{ "absolute form still needs Host", TEXT("GET http://b/ HTTP/1.1\r\n\r\n"), 400 },
	{ "absolute form in 1.0", TEXT("GET http://b/ HTTP/1.0\r\n\r\n"), .length = -1, .close = true, .host = "b" },
	{ "user info", TEXT("GET http://u@b/ HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "no host in absolute form", TEXT("GET http:///p HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "another scheme", TEXT("GET ftp://b/ HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "half a scheme", TEXT("GET http:/ HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "path without slash", TEXT("GET a HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "OPTIONS *", TEXT("OPTIONS * HTTP/1.1\r\n" H "\r\n"), .length = -1, .path = "*" },
	{ "GET *", TEXT("GET * HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "OPTIONS **", TEXT("OPTIONS ** HTTP/1.1\r\n" H "\r\n"), 400 },
	{ "CONNECT", TEXT("CONNECT a:443 HTTP/1.1\r\n" H "\r\n"), 501 },
	{ "two Hosts", TEXT("GET / HTTP/1.1\r\n" H H "\r\n"), 400 },
	{ "two Hosts in 1.0", TEXT("GET / HTTP/1.0\r\n" H H "\r\n"), 400 },
	{ "Host with port", TEXT("GET / HTTP/1.1\r\nHost: a.b:8080\r\n\r\n"), .length = -1, .host = "a.b:8080" },
	{ "Host IPv6", TEXT("GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n"), .length = -1, .host = "[::1]:8080" },
	{ "Host IPv6 unclosed", TEXT("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"), 400 },
	{ "Host IPv6 and more", TEXT("GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n"), 400 },
	{ "Host IPv6 empty", TEXT("GET / HTTP/1.1\r\nHost: []\r\n\r\n"), 400 },
	{ "Host IPv6 with letters", TEXT("GET / HTTP/1.1\r\nHost: [::g]\r\n\r\n"), 400 },
	{ "Host with a bracket inside", TEXT("GET / HTTP/1.1\r\nHost: a[b\r\n\r\n"), 400 },
	{ "Host with a bracket behind", TEXT("GET / HTTP/1.1\r\nHost: a]\r\n\r\n"), 400 },
	{ "Host only a port", TEXT("GET / HTTP/1.1\r\nHost: :80\r\n\r\n"), 400 },
	{ "Host with a port of six digits", TEXT("GET / HTTP/1.1\r\nHost: a:123456\r\n\r\n"), 400 },
	{ "Host with a blank", TEXT("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), 400 },
	{ "Host with path", TEXT("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), 400 },
	{ "Host with comma", TEXT("GET / HTTP/1.1\r\nHost: a,b\r\n\r\n"), 400 },
	{ "Host with at", TEXT("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"), 400 },
	{ "Host with letters as port", TEXT("GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"), 400 },
	{ "Host with two ports", TEXT("GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n"), 400 },
	{ "Host empty", TEXT("GET / HTTP/1.1\r\nHost:\r\n\r\n"), .length = -1, .host = "" },

	/* connection */
	{ "close", TEXT("GET / HTTP/1.1\r\n" H "Connection: close\r\n\r\n"), .length = -1, .close = true },
	{ "close in a list", TEXT("GET / HTTP/1.1\r\n" H "Connection: te , Close\r\n\r\n"), .length = -1,
	  .close = true },
	{ "keep-alive in 1.0", TEXT("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"), .length = -1 },
	{ "close wins", TEXT("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n"), .length = -1, .close = true },
	{ "closed is no close", TEXT("GET / HTTP/1.1\r\n" H "Connection: closed\r\n\r\n"), .length = -1 },

	{ "nothing", TEXT(""), -1 },
	{ "half a line", TEXT("GET / HT"), -1 },
	{ "no empty line", TEXT("GET / HTTP/1.1\r\n" H), -1 },
	{ "half an empty line", TEXT("GET / HTTP/1.1\r\n" H "\r"), -1 },
};

static int status_of(int err, const struct sw_http_refusal *refusal)
{
	return err == 0 ? 0 : err == SW_EMORE ? -1 : refusal->status;
}

/* Bytes one by one, as a slow or hostile client sends them. */
static int parse_bytewise(struct sw_str text, struct sw_http_head *ret, struct sw_http_refusal *ret_refusal)
{
	size_t scanned = 0;
	int err = SW_EMORE;

	for (size_t n = 0; n <= text.n && err == SW_EMORE; n++)
		err = sw_http_parse_head(sw_str_sub(text, 0, n), &bounds, &scanned, ret, ret_refusal);
	return err;
}

static void check_head(const struct head_case *c, const struct sw_http_head *head)
{
	SW_CHECK_INT(head->content_length, c->length);
	SW_CHECK(head->chunked == c->chunked);
	SW_CHECK(head->keep_alive == !c->close);
	if (c->path)
		SW_CHECK_STR(head->path, c->path);
	if (c->query)
		SW_CHECK_STR(head->query, c->query);
	if (c->host)
		SW_CHECK_STR(head->host, c->host);
}

SW_TEST(http_heads_are_taken_or_refused_as_rfc_9112_says)
{
	for (size_t i = 0; i < SW_COUNTOF(cases); i++) {
		const struct head_case *c = &cases[i];
		struct sw_http_head head, slow;
		struct sw_http_refusal refusal = { 0 }, slow_refusal = { 0 };
		size_t scanned = 0;
		int err = sw_http_parse_head(c->text, &bounds, &scanned, &head, &refusal);
		int slow_err = parse_bytewise(c->text, &slow, &slow_refusal);

		if (status_of(err, &refusal) != c->status)
			sw_test_fail(__FILE__, __LINE__, "%s: got %d, want %d", c->name, status_of(err, &refusal),
				     c->status);
		if (slow_err != err || slow_refusal.status != refusal.status || slow_refusal.why != refusal.why)
			sw_test_fail(__FILE__, __LINE__, "%s: bytewise %d, whole %d", c->name,
				     status_of(slow_err, &slow_refusal), status_of(err, &refusal));
		if (err || slow_err)
			continue;
		check_head(c, &head);
		check_head(c, &slow);
		SW_CHECK_INT(head.bytes, slow.bytes);
	}
}

SW_TEST(a_proxy_takes_connect_with_a_host_and_a_port)
{
	static const struct {
		const char *target;
		int status;
	} targets[] = { { "a:443", 0 },          { "[::1]:443", 0 }, { "a", 400 },
			{ "a:", 400 },           { "[::1]", 400 },   { "/a:443", 400 },
			{ "http://a:443", 400 }, { "u@a:443", 400 }, { ":443", 400 },
			{ "a:b", 400 } };
	const struct sw_http_bounds proxy = { .head_bytes = 600, .target_bytes = 100, .fields = 5, .proxy = true };
	struct sw_http_head head;
	char text[128];

	for (size_t i = 0; i < SW_COUNTOF(targets); i++) {
		struct sw_http_refusal refusal = { 0 };
		size_t scanned = 0;
		snprintf(text, sizeof(text), "CONNECT %s HTTP/1.1\r\nHost: other\r\n\r\n", targets[i].target);
		int err = sw_http_parse_head(sw_str_of(text), &proxy, &scanned, &head, &refusal);
		SW_CHECK_INT(status_of(err, &refusal), targets[i].status);
		if (!err)
			SW_CHECK_STR(head.host, targets[i].target);
	}
}

SW_TEST(http_pieces_of_a_head)
{
	static const char text[] =
		"PATCH /x HTTP/1.1\r\nhost: h\r\nX-A:  1 \r\nx-a: 2\r\nExpect: 100-Continue\r\n\r\nrest";
	struct sw_http_head head;
	struct sw_http_refusal refusal;
	size_t scanned = 0;

	SW_CHECK_INT(sw_http_parse_head(sw_str_of(text), &bounds, &scanned, &head, &refusal), 0);
	SW_CHECK_INT(head.method, SW_HTTP_PATCH);
	SW_CHECK_STR(head.method_text, "PATCH");
	SW_CHECK_STR(sw_http_field(&head, "X-a"), "1");
	SW_CHECK_INT(sw_http_field_count(&head, "X-A"), 2);
	SW_CHECK(!sw_http_field(&head, "X").p);
	SW_CHECK(head.expect_continue);
	SW_CHECK(!head.query.p);
	SW_CHECK_INT(head.bytes, sizeof(text) - 1 - 4);
	SW_CHECK(!strcmp(sw_http_reason(201), "Created"));
	SW_CHECK(!strcmp(sw_http_reason(511), "Network Authentication Required"));
	SW_CHECK(!strcmp(sw_http_reason(299), ""));
}

/* A head whose target, one field or number of fields grows, against small bounds. */
static int grown(struct sw_buf *buf, size_t target, size_t value, unsigned fields, bool bytewise)
{
	static const struct sw_http_bounds small = { .head_bytes = 600, .target_bytes = 100, .fields = 5 };
	struct sw_http_head head;
	struct sw_http_refusal refusal = { 0 };
	size_t scanned = 0;
	int err = SW_EMORE;

	buf->n = 0;
	sw_buf_add_cstr(buf, "GET /");
	for (size_t i = 1; i < target; i++)
		sw_buf_add_char(buf, 'a');
	sw_buf_add_cstr(buf, " HTTP/1.1\r\nHost: a\r\nX: ");
	for (size_t i = 0; i < value; i++)
		sw_buf_add_char(buf, 'b');
	for (unsigned i = 2; i < fields; i++)
		sw_buf_add_cstr(buf, "\r\nY: c");
	sw_buf_add_cstr(buf, "\r\n\r\n");
	for (size_t n = bytewise ? 0 : buf->n; n <= buf->n && err == SW_EMORE; n++)
		err = sw_http_parse_head((struct sw_str){ buf->p, n }, &small, &scanned, &head, &refusal);
	return status_of(err, &refusal);
}

SW_TEST(http_limits_do_not_depend_on_how_the_bytes_come)
{
	static const struct {
		size_t target, value;
		unsigned fields;
		int status;
	} rows[] = {
		{ 100, 1, 5, 0 }, { 101, 1, 2, 414 }, { 300, 1, 2, 414 }, { 9000, 1, 2, 414 },
		{ 1, 1, 6, 431 }, { 1, 568, 2, 0 },   { 1, 569, 2, 431 }, { 1, 9000, 2, 431 },
	};
	struct sw_buf buf = { 0 };

	for (size_t i = 0; i < SW_COUNTOF(rows); i++) {
		SW_CHECK_INT(grown(&buf, rows[i].target, rows[i].value, rows[i].fields, false), rows[i].status);
		SW_CHECK_INT(grown(&buf, rows[i].target, rows[i].value, rows[i].fields, true), rows[i].status);
	}
	sw_buf_done(&buf);
}
