/* The URL, what answers mean, and signatures; the way of a message is tested over sockets: tests/api/carrier-twilio. */
#include "base/arena.h"
#include "base/test.h"
#include "carrier/http/flight.h"
#include "carrier/twilio/twilio_impl.h"
#include "wire/form/form.h"
#include "wire/signature/signature.h"

#define SID "AC0123456789abcdef0123456789abcdef"

SW_TEST(twilio_urls)
{
	static const struct {
		const char *url, *server;
	} rows[] = {
		{ "twilio://" SID ":t@api.example.net", "https://api.example.net" },
		{ "twilio://" SID ":t@api.example.net:8443/", "https://api.example.net:8443" },
		{ "twilio://" SID ":t@api.example.net:443", "https://api.example.net" },
		{ "twilio+http://" SID ":t@127.0.0.1:8080", "http://127.0.0.1:8080" },
		{ "twilio+http://" SID ":t@[::1]:8080", "http://[::1]:8080" },
		{ "twilio+http://" SID ":t@localhost", "http://localhost" },
	};
	struct sw_arena arena;
	struct twilio_options o;
	struct sw_str why;
	sw_arena_init(&arena);
	for (size_t i = 0; i < SW_COUNTOF(rows); i++) {
		SW_CHECK_INT(twilio_options_parse(&arena, sw_str_of(rows[i].url), &o, &why), 0);
		SW_CHECK_STR(o.server, rows[i].server);
	}
	SW_CHECK(o.window == 10 && o.rate == 0 && o.timeout_ms == 10000 && o.receipts == 1 && !o.tls_ca.n);
	SW_CHECK_INT(twilio_options_parse(&arena,
					  SW_S("twilio://" SID ":p%40s@h?window=32&rate=5&timeout_ms=100&receipts=off"),
					  &o, &why),
		     0);
	SW_CHECK_STR(o.sid, SID);
	SW_CHECK_STR(o.token, "p@s");
	SW_CHECK(o.window == 32 && o.rate == 5 && o.timeout_ms == 100 && o.receipts == 0);
	sw_arena_done(&arena);
}

SW_TEST(twilio_urls_that_are_wrong)
{
	static const struct {
		const char *url, *why;
	} rows[] = {
		{ "twilio:" SID ":secret@h", "SID:TOKEN@HOST:PORT" },
		{ "twilio://h", "SID:TOKEN@HOST:PORT" },
		{ "twilio://" SID "@h", "SID:TOKEN@HOST:PORT" },
		{ "twilio://" SID ":secret@", "SID:TOKEN@HOST:PORT" },
		{ "twilio://" SID ":secret@h:0", "SID:TOKEN@HOST:PORT" },
		{ "twilio+http://" SID ":secret@h/path", "twilio+http://SID" },
		{ "twilio://SK0123456789abcdef0123456789abcdef:secret@h", "API keys sign no callbacks" },
		{ "twilio://me:secret@h", "account's SID" },
		{ "twilio://" SID ":secret@h?window=0", "from 1 to 32" },
		{ "twilio://" SID ":secret@h?receipts=maybe", "off or on" },
		{ "twilio://" SID ":secret@h?verify=off", "no option 'verify'; known are window rate" },
		{ "twilio://" SID ":secret@h?a=%", "NAME=VALUE" },
	};
	struct sw_arena arena;
	sw_arena_init(&arena);
	for (size_t i = 0; i < SW_COUNTOF(rows); i++) {
		struct twilio_options o;
		struct sw_str why = SW_STR_NULL;
		SW_CHECK_INT(twilio_options_parse(&arena, sw_str_of(rows[i].url), &o, &why), SW_EINVAL);
		if (sw_str_find(why, sw_str_of(rows[i].why)) < 0 || sw_str_find(why, SW_S("secret")) >= 0)
			sw_test_fail(__FILE__, __LINE__, "%s: %.*s", rows[i].url, SW_FMT(why));
	}
	sw_arena_done(&arena);
}

static const struct {
	int status;
	const char *body, *retry_after;
	enum sw_submit_result result;
	int code;
	int64_t retry_us;
	bool closes;
} answers[] = {
	{ 201, "{\"sid\":\"SM1\",\"status\":\"queued\"}", NULL, SW_SUBMIT_ACCEPTED, 0, 0, false },
	{ 200, "{\"sid\":\"SM1\"}", NULL, SW_SUBMIT_ACCEPTED, 0, 0, false },
	{ 201, "{\"status\":\"queued\"}", NULL, SW_SUBMIT_UNKNOWN, 30008, 0, false },
	{ 201, "{\"sid\":\"a\\nb\"}", NULL, SW_SUBMIT_UNKNOWN, 30008, 0, false },
	{ 201, "<html>", NULL, SW_SUBMIT_UNKNOWN, 30008, 0, false },
	{ 400, "{\"code\":21211,\"message\":\"no\"}", NULL, SW_SUBMIT_REFUSED, 21211, 0, false },
	{ 400, "{\"code\":99998}", NULL, SW_SUBMIT_REFUSED, 30008, 0, false },
	{ 400, "{\"code\":\"21211\"}", NULL, SW_SUBMIT_REFUSED, 30008, 0, false },
	{ 400, "<html>", NULL, SW_SUBMIT_REFUSED, 30008, 0, false },
	{ 403, "{\"code\":21408}", NULL, SW_SUBMIT_REFUSED, 21408, 0, false },
	{ 429, "", "7", SW_SUBMIT_BUSY, 30008, 7000000, false },
	{ 429, "{\"code\":20429}", NULL, SW_SUBMIT_BUSY, 30008, 0, false },
	{ 400, "{\"code\":20429}", "1", SW_SUBMIT_BUSY, 30008, 1000000, false },
	{ 400, "{\"code\":21611}", NULL, SW_SUBMIT_BUSY, 21611, 0, false },
	{ 503, "{\"code\":20503}", "1", SW_SUBMIT_BUSY, 30008, 1000000, false },
	{ 503, "{\"code\":20503}", NULL, SW_SUBMIT_UNKNOWN, 30008, 0, false },
	{ 503, "<html>", "1", SW_SUBMIT_UNKNOWN, 30008, 0, false },
	{ 500, "{\"code\":20500}", NULL, SW_SUBMIT_UNKNOWN, 30008, 0, false },
	{ 401, "{\"code\":20003}", NULL, SW_SUBMIT_BUSY, 30008, 0, true },
	{ 403, "{\"code\":20005}", NULL, SW_SUBMIT_BUSY, 30008, 0, true },
	{ 404, "<html>", NULL, SW_SUBMIT_BUSY, 30008, 0, true },
	{ 301, "", NULL, SW_SUBMIT_BUSY, 30008, 0, true },
	{ 409, "{\"code\":20409}", NULL, SW_SUBMIT_UNKNOWN, 30008, 0, false },
	{ 422, "{\"code\":20422}", NULL, SW_SUBMIT_UNKNOWN, 30008, 0, false },
};

SW_TEST(twilio_answers)
{
	for (size_t i = 0; i < SW_COUNTOF(answers); i++) {
		struct sw_arena arena;
		sw_arena_init(&arena);
		const struct sw_http_header header = { SW_S("retry-after"), sw_str_of(answers[i].retry_after) };
		const struct sw_fetched fetched = { .status = answers[i].status,
						    .body = sw_str_of(answers[i].body),
						    .headers = &header,
						    .headers_n = answers[i].retry_after ? 1 : 0 };
		const struct twilio_answer answer = twilio_answer_of(&arena, &fetched);
		if (answer.submitted.result != answers[i].result || answer.submitted.code != answers[i].code ||
		    answer.submitted.retry_us != answers[i].retry_us || answer.closes != answers[i].closes)
			sw_test_fail(__FILE__, __LINE__, "row %zu: %d %d", i, answer.submitted.result,
				     answer.submitted.code);
		if (answers[i].result == SW_SUBMIT_ACCEPTED)
			SW_CHECK_STR(answer.submitted.ids, "SM1");
		sw_arena_done(&arena);
	}
}

SW_TEST(twilio_signatures)
{
	static const struct {
		const char *public_url, *signed_url;
		bool good;
	} rows[] = {
		{ "https://us.example.org", "https://us.example.org/v1/x?a=b", true },
		{ "https://us.example.org/", "https://us.example.org/v1/x?a=b", true },
		{ "https://us.example.org", "https://us.example.org:443/v1/x?a=b", true },
		{ "https://us.example.org:8443", "https://us.example.org/v1/x?a=b", true },
		{ "http://us.example.org/at", "http://us.example.org:80/at/v1/x?a=b", true },
		{ "https://us.example.org", "https://us.example.org:444/v1/x?a=b", false },
		{ "https://us.example.org", "http://us.example.org/v1/x?a=b", false },
		{ "https://us.example.org", "https://us.example.org/v1/x?a=c", false },
	};
	struct sw_arena arena;
	sw_arena_init(&arena);
	struct sw_form_pair pair = { SW_S("Body"), SW_S("hi") }, other = { SW_S("Body"), SW_S("ho") };
	const struct sw_form form = { &pair, 1 }, forged = { &other, 1 };
	const struct twilio_options o = { .token = SW_S("t") };
	for (size_t i = 0; i < SW_COUNTOF(rows); i++) {
		struct sw_str public_url = sw_str_of(rows[i].public_url);
		struct sw_carrier_hook hook = { .target = SW_S("/v1/x?a=b"),
						.signature = sw_twilio_signature(
							&arena, o.token, sw_str_of(rows[i].signed_url), &form) };
		if (twilio_is_signed(&arena, &o, public_url, &hook, &form) != rows[i].good)
			sw_test_fail(__FILE__, __LINE__, "row %zu", i);
		SW_CHECK(!twilio_is_signed(&arena, &o, public_url, &hook, &forged));
		SW_CHECK(!twilio_is_signed(&arena, &o, public_url, &hook, NULL));
		hook.signature = SW_STR_NULL;
		SW_CHECK(!twilio_is_signed(&arena, &o, public_url, &hook, &form));
	}
	sw_arena_done(&arena);
}
