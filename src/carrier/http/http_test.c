/* The file of a gateway, templates and picking; the way of a message is tested over sockets: tests/api/carriers. */
#include "base/test.h"
#include "carrier/http/http_impl.h"

#define GOOD "url = http://127.0.0.1/\nbody = {\"to\":\"{to}\"}\n"

static int parse(struct sw_arena *arena, const char *text, struct gateway *ret)
{
	struct sw_str why = SW_STR_NULL;
	int err = gateway_parse(arena, sw_str_of(text), ret, &why);
	SW_CHECK(err ? why.n > 0 : true);
	return err;
}

SW_TEST(http_gateway_files)
{
	static const char *const bad[] = {
		"",
		"url = http://127.0.0.1/",
		"url = gopher://127.0.0.1/\nbody = x",
		GOOD "colour = red",
		GOOD "timeout_ms = 5",
		GOOD "concurrency = many",
		GOOD "method = BREW",
		GOOD "header. = x",
		GOOD "error.x = 12345678",
		GOOD "error.x = busy soon",
		GOOD "error.x = 30005 perhaps",
		GOOD "receipt.code.x = busy",
		GOOD "secret.x = @/nowhere",
		GOOD "token = t\nreceipt.id = id",
		GOOD "inbound.from = a\ninbound.to = b\ninbound.body = c",
		"url = http://127.0.0.1/{nothing}\nbody = {}",
		"url = http://127.0.0.1/\nbody = {\"to\":{body}}",
		"url = http://127.0.0.1/\nbody = {}\nheader.A = {secret.b}",
	};
	struct sw_arena *arena = sw_arena_new();
	struct gateway gateway;
	for (size_t i = 0; i < SW_COUNTOF(bad); i++)
		SW_CHECK(parse(arena, bad[i], &gateway) != 0);
	SW_CHECK_INT(parse(arena,
			   "# a comment\n\n" GOOD "secret.a = s\r\nheader.A = B {secret.a}\naccepted.value =  0  ok \n"
			   "error = e\nerror.7 = 30005\nerror.8 = busy 30\nerror.default = unknown\nstatus.410 = 30004",
			   &gateway),
		     0);
	SW_CHECK_STR(gateway.method, "POST");
	SW_CHECK_INT(gateway.concurrency, 10);
	SW_CHECK_INT(gateway.accepted_values.n, 2);
	SW_CHECK(gateway_listed(&gateway.accepted_values, SW_S("ok")) &&
		 !gateway_listed(&gateway.accepted_values, SW_S("k")));
	SW_CHECK_INT(gateway_verdict_of(&gateway.errors, SW_S("7"))->code, 30005);
	SW_CHECK_INT(gateway_verdict_of(&gateway.errors, SW_S("8"))->retry_us, 30000000);
	SW_CHECK_INT(gateway_verdict_of(&gateway.errors, SW_S("default"))->result, SW_SUBMIT_UNKNOWN);
	SW_CHECK(!gateway_verdict_of(&gateway.errors, SW_S("410")) &&
		 !gateway_verdict_of(&gateway.errors, SW_STR_NULL));
	sw_arena_free(arena);
}

static struct sw_str filled(struct sw_arena *arena, const struct gateway *gateway, const char *template,
			    enum gateway_escape escape)
{
	const struct sw_message_out out = { .ticket.kind = "SM",
					    .from = SW_S("ACME & Co"),
					    .to = SW_S("+14155552671"),
					    .body = SW_S("\"{to}\"\n\\ \xC3\xA9") };
	struct sw_buf buf = { .arena = arena };
	struct sw_str name;
	SW_CHECK_INT(gateway_fill(gateway, sw_str_of(template), escape, &out, &buf, &name), 0);
	return sw_buf_str(&buf);
}

SW_TEST(http_templates)
{
	struct sw_arena *arena = sw_arena_new();
	struct gateway gateway;
	SW_CHECK_INT(parse(arena, GOOD "secret.key-1 = a b", &gateway), 0);
	SW_CHECK_STR(filled(arena, &gateway, "{\"t\":\"{to_digits}\",\"b\":\"{body}\"}", ESCAPE_JSON),
		     "{\"t\":\"14155552671\",\"b\":\"\\\"{to}\\\"\\n\\\\ \xC3\xA9\"}");
	SW_CHECK_STR(filled(arena, &gateway, "f={from}&t={to}&b={body}", ESCAPE_PERCENT),
		     "f=ACME%20%26%20Co&t=%2B14155552671&b=%22%7Bto%7D%22%0A%5C%20%C3%A9");
	SW_CHECK_STR(filled(arena, &gateway, "{} {A} {to {secret.key-1}}", ESCAPE_NONE), "{} {A} {to a b}");
	sw_arena_free(arena);
}

static void check_pick(struct sw_arena *arena, const struct gateway_document *document, const char *where,
		       const char *want)
{
	struct sw_str got = gateway_pick(arena, document, sw_str_of(where));
	if (want)
		SW_CHECK_STR(got, want);
	else
		SW_CHECK(!got.p);
}

SW_TEST(http_values)
{
	struct sw_arena *arena = sw_arena_new();
	struct gateway_document json = { 0 }, form = { 0 };
	const struct gateway_document text = { .text = SW_S("OK\r\n ID: ab-1, queued\nIDs: 2") };
	SW_CHECK_INT(sw_json_parse(arena, SW_S("{\"m\":[{\"id\":\"x\",\"n\":7,\"b\":true,\"z\":null},[1.5]]}"), NULL,
				   &json.json, NULL),
		     0);
	static const char *const picks[][2] = { { "m.0.id", "x" },    { "m.0.n", "7" },  { "m.0.b", "true" },
						{ "m.1.0", "1.5" },   { "m.0.z", NULL }, { "m.0", NULL },
						{ "m.2", NULL },      { "m.-1", NULL },  { "m.x", NULL },
						{ "m.0.id.y", NULL }, { "", NULL },      { "..", NULL } };
	for (size_t i = 0; i < SW_COUNTOF(picks); i++)
		check_pick(arena, &json, picks[i][0], picks[i][1]);
	SW_CHECK(gateway_find(json.json, SW_S(".")) == json.json);
	SW_CHECK_INT(sw_form_decode(arena, SW_S("id=5&status=a+b"), 8, &form.form), 0);
	check_pick(arena, &form, "status", "a b");
	check_pick(arena, &form, "m.0", NULL);
	check_pick(arena, &text, "ID:", "ab-1");
	check_pick(arena, &text, "OK", "");
	check_pick(arena, &text, "ERR:", NULL);
	sw_arena_free(arena);
}
