#include "wire/http/framing.h"
#include "wire/http/chars.h"

/* Bytes of a name, an IPv4 address, or an IPv6 address in brackets; 0 when it is none. */
static size_t host_span(struct sw_str host)
{
	size_t n = 0;

	if (host.p[0] != '[') {
		while (n < host.n && (sw_http_chars[(uint8_t)host.p[n]] & SW_HTTP_HOST) && !strchr(":[]", host.p[n]))
			n++;
		return n;
	}
	for (n = 1; n < host.n; n++)
		if (!(sw_http_chars[(uint8_t)host.p[n]] & SW_HTTP_HEX) && host.p[n] != ':' && host.p[n] != '.')
			break;
	return n > 2 && n < host.n && host.p[n] == ']' ? n + 1 : 0;
}

bool sw_http_is_host(struct sw_str host)
{
	size_t n = host.n ? host_span(host) : 0;

	if (n == host.n)
		return true;
	if (n == 0 || host.p[n] != ':' || host.n - n > sizeof(":65535") - 1)
		return false;
	while (++n < host.n)
		if (!sw_http_is_digit(host.p[n]))
			return false;
	return true;
}

struct framing {
	struct sw_http_head *head;
	unsigned hosts, lengths;
	unsigned codings; /* transfer codings other than chunked */
	bool chunked, close, keep;
};

static int on_host(struct framing *f, struct sw_str value, struct sw_http_refusal *ret_refusal)
{
	if (f->hosts++)
		return sw_http_refuse(ret_refusal, 400, "there is more than one Host field");
	if (!sw_http_is_host(value))
		return sw_http_refuse(ret_refusal, 400, "the Host field is malformed");
	if (!f->head->host.p) /* an absolute target goes before */
		f->head->host = value;
	return 0;
}

/* Lists and repeats are refused even when equal, which RFC 9112 section 6.3 allows: no honest client sends them. */
static int on_length(struct framing *f, struct sw_str value, struct sw_http_refusal *ret_refusal)
{
	int64_t length = 0;

	if (f->lengths++)
		return sw_http_refuse(ret_refusal, 400, "there is more than one Content-Length");
	for (size_t i = 0; i < value.n; i++) {
		if (!sw_http_is_digit(value.p[i]))
			return sw_http_refuse(ret_refusal, 400, "the Content-Length is malformed");
		if (i >= 18)
			return sw_http_refuse(ret_refusal, 400, "the Content-Length is out of range");
		length = length * 10 + (value.p[i] - '0');
	}
	if (value.n == 0)
		return sw_http_refuse(ret_refusal, 400, "the Content-Length is empty");
	f->head->content_length = length;
	return 0;
}

static int on_coding(struct framing *f, struct sw_str value, struct sw_http_refusal *ret_refusal)
{
	struct sw_str rest = value;

	while (rest.p) {
		struct sw_str coding = sw_str_trim(sw_str_cut(&rest, ','));

		if (f->chunked)
			return sw_http_refuse(ret_refusal, 400, "the chunked coding is not the last one");
		if (sw_str_eq_nocase(coding, SW_S("chunked")))
			f->chunked = true;
		else if (coding.n == 0)
			return sw_http_refuse(ret_refusal, 400, "the Transfer-Encoding is malformed");
		else
			f->codings++;
	}
	return 0;
}

static int on_connection(struct framing *f, struct sw_str value, struct sw_http_refusal *ret_refusal)
{
	struct sw_str rest = value;

	(void)ret_refusal;
	while (rest.p) {
		struct sw_str option = sw_str_trim(sw_str_cut(&rest, ','));

		f->close |= sw_str_eq_nocase(option, SW_S("close"));
		f->keep |= sw_str_eq_nocase(option, SW_S("keep-alive"));
	}
	return 0;
}

static int on_expect(struct framing *f, struct sw_str value, struct sw_http_refusal *ret_refusal)
{
	(void)ret_refusal;
	if (f->head->minor == 1 && sw_str_eq_nocase(value, SW_S("100-continue")))
		f->head->expect_continue = true;
	return 0;
}

static const struct {
	struct sw_str name;
	int (*on)(struct framing *f, struct sw_str value, struct sw_http_refusal *ret_refusal);
} meanings[] = {
	{ { "Host", 4 }, on_host },
	{ { "Content-Length", 14 }, on_length },
	{ { "Transfer-Encoding", 17 }, on_coding },
	{ { "Connection", 10 }, on_connection },
	{ { "Expect", 6 }, on_expect },
};

static int judge(struct framing *f, struct sw_http_refusal *ret_refusal)
{
	struct sw_http_head *head = f->head;

	if (head->minor == 1 && f->hosts == 0)
		return sw_http_refuse(ret_refusal, 400, "the Host field is missing");
	if (f->chunked || f->codings) {
		if (f->lengths)
			return sw_http_refuse(ret_refusal, 400,
					      "Content-Length and Transfer-Encoding exclude each other");
		if (head->minor == 0)
			return sw_http_refuse(ret_refusal, 400, "HTTP/1.0 knows no Transfer-Encoding");
		if (f->codings)
			return sw_http_refuse(ret_refusal, 501, "only the chunked transfer coding is known");
	}
	head->chunked = f->chunked;
	head->keep_alive = !f->close && (head->minor == 1 || f->keep);
	return 0;
}

int sw_http_apply_fields(struct sw_http_head *head, struct sw_http_refusal *ret_refusal)
{
	struct framing f = { .head = head };

	for (unsigned i = 0; i < head->fields; i++)
		for (size_t m = 0; m < SW_COUNTOF(meanings); m++)
			if (sw_str_eq_nocase(head->field[i].name, meanings[m].name)) {
				int err = meanings[m].on(&f, head->field[i].value, ret_refusal);

				if (err)
					return err;
				break;
			}
	return judge(&f, ret_refusal);
}
