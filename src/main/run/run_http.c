/* What a client asks of an HTTP proxy: a tunnel (CONNECT), or a request of plain HTTP for another host. */
#include "base/arena.h"
#include "main/run/run_impl.h"
#include "wire/http/http.h"

static const struct sw_http_bounds bounds = {
	.head_bytes = 32 * 1024, .target_bytes = 16 * 1024, .fields = SW_HTTP_HEADERS_MAX, .proxy = true
};

#define REFUSAL(line, words) \
	SW_S("HTTP/1.1 " line "\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nstrowger run: " words "\n")

static void connect_through(struct run_pair *pair, const struct sw_http_head *head)
{
	static const char yes[] = "HTTP/1.1 200 Connection established\r\n\r\n";
	if (!run_pair_aim(pair, head->host, 443)) {
		run_pair_refuse(pair, REFUSAL("400 Bad Request", "the target of CONNECT is not HOST:PORT"));
		return;
	}
	sw_buf_drop(&pair->in, head->bytes);
	if (pair->hosted) {
		sw_stream_write(pair->client, sw_str_of(yes));
		run_pair_secure(pair, sw_buf_str(&pair->in));
		sw_buf_drop(&pair->in, pair->in.n);
		return;
	}
	pair->yes = yes;
	pair->yes_n = sizeof(yes) - 1;
	pair->no = REFUSAL("502 Bad Gateway", "the host cannot be reached");
	run_pair_connect(pair);
}

static bool is_for_proxy(struct sw_str name)
{
	static const char *const names[] = { "Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authorization" };
	for (size_t i = 0; i < SW_COUNTOF(names); i++)
		if (sw_str_eq_nocase(name, sw_str_of(names[i])))
			return true;
	return false;
}

/* One request a connection: its body, and the whole answer, are bytes that flow. */
static void pass_request(struct run_pair *pair, const struct sw_http_head *head)
{
	struct sw_buf out = { 0 };
	pair->plain = true;
	bool aimed = run_pair_aim(pair, head->host, 80);
	const struct run_upstream *upstream = aimed ? run_pair_upstream(pair) : NULL;
	if (upstream)
		sw_buf_add_fmt(&out, "%.*s %.*s HTTP/1.1\r\nConnection: close\r\n%.*s", SW_FMT(head->method_text),
			       SW_FMT(head->target), SW_FMT(upstream->authorization));
	else
		sw_buf_add_fmt(&out, "%.*s %.*s%s%.*s HTTP/1.1\r\nConnection: close\r\n", SW_FMT(head->method_text),
			       SW_FMT(head->path), head->query.p ? "?" : "", SW_FMT(head->query));
	for (unsigned i = 0; i < head->fields; i++)
		if (!is_for_proxy(head->field[i].name))
			sw_buf_add_fmt(&out, "%.*s: %.*s\r\n", SW_FMT(head->field[i].name),
				       SW_FMT(head->field[i].value));
	sw_buf_add_cstr(&out, "\r\n");
	sw_buf_add_str(&out, sw_str_from(sw_buf_str(&pair->in), head->bytes));
	sw_buf_done(&pair->in);
	pair->in = out;
	pair->no = REFUSAL("502 Bad Gateway", "the host cannot be reached");
	if (aimed)
		run_pair_connect(pair);
	else
		run_pair_refuse(pair, REFUSAL("400 Bad Request", "the URL has no host that could be asked"));
}

void run_http_ask(struct run_pair *pair)
{
	struct sw_http_head head;
	struct sw_http_refusal refusal;
	int err = sw_http_parse_head(sw_buf_str(&pair->in), &bounds, &pair->scanned, &head, &refusal);
	if (err == SW_EMORE)
		return;
	bool absolute = !err && head.target.p[0] != '/' && head.target.p[0] != '*';
	if (err)
		run_pair_refuse(pair, REFUSAL("400 Bad Request", "this is a proxy, and the request is malformed"));
	else if (sw_str_is(head.method_text, "CONNECT"))
		connect_through(pair, &head);
	else if (absolute && !sw_str_eq_nocase(sw_str_sub(head.target, 0, 6), SW_S("https:")))
		pass_request(pair, &head);
	else
		run_pair_refuse(pair, REFUSAL("421 Misdirected Request",
					      "this is a proxy for programs; the server's own address is what "
					      "`strowger serve` printed"));
}
