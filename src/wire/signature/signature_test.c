/* Vectors: the vendor's page on security, standardwebhooks.com, and what the official SDKs' validators compute. */
#include "base/arena.h"
#include "base/hash.h"
#include "base/test.h"
#include "wire/signature/signature.h"

static struct sw_form form_of(struct sw_form_pair *pairs, const char *const *texts)
{
	struct sw_form form = { .v = pairs };
	for (; texts[0]; texts += 2)
		pairs[form.n++] = (struct sw_form_pair){ sw_str_of(texts[0]), sw_str_of(texts[1]) };
	return form;
}

static void check_signed(const char *url, const char *const *texts, const char *want)
{
	struct sw_form_pair pairs[16];
	struct sw_form form = form_of(pairs, texts);
	struct sw_arena arena;
	sw_arena_init(&arena);
	SW_CHECK_STR(sw_twilio_signature(&arena, SW_S("12345"), sw_str_of(url), &form), want);
	sw_arena_done(&arena);
}

SW_TEST(forms_are_signed_as_the_sdks_expect)
{
	static const char *const first[] = { "CallSid", "CA1234567890ABCDE", "Caller", "+14158675309",
					     "From",    "+14158675309",      "Digits", "1234",
					     "To",      "+18005551212",      NULL };
	static const char *const second[] = { "To",      "+18005551212",      "Digits", "1234",
					      "Caller",  "+14158675310",      "From",   "+14158675310",
					      "CallSid", "CA1234567890ABCDE", NULL };
	static const char *const odd[] = { "Body", "Grüße 👋\r\n", "Empty", "", NULL };
	static const char *const repeated[] = { "To", "b", "To", "a", "A", "1", "To", "b", NULL };
	static const char *const none[] = { NULL };
	check_signed("https://mycompany.com/myapp.php?foo=1&bar=2", first, "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
	check_signed("https://example.com/myapp.php?foo=1&bar=2", second, "L/OH5YylLD5NRKLltdqwSvS0BnU=");
	check_signed("http://h.example/ü?q=ß", odd, "h+rXGiOqXQ4ubrHbhxrXHnrCQ9U=");
	check_signed("https://h.example/x", repeated, "F1dm66SC5H1jfw/vuENKKNCnxxI=");
	check_signed("http://h.example:8080/a%2fb?x=%20+;y[]=1", none, "NZ1/yYOmKBXaT7AONNjKZanhIAE=");
}

SW_TEST(other_bodies_are_bound_by_their_digest)
{
#define DIGEST "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"
	struct sw_arena arena;
	const struct sw_str body = SW_S("{\"a\":1}");
	sw_arena_init(&arena);
	struct sw_str url = sw_hook_url_add_digest(&arena, SW_S("https://h.example/"), body);
	SW_CHECK_STR(url, "https://h.example/?bodySHA256=" DIGEST);
	SW_CHECK_STR(sw_twilio_signature(&arena, SW_S("12345"), url, NULL), "F+pum1z8z9GIMUMhfzWQhy2k0Fc=");
	static const struct {
		const char *url, *want;
	} cases[] = {
		{ "http://h/?a=1", "http://h/?a=1&bodySHA256=" DIGEST },
		{ "http://h/?", "http://h/?bodySHA256=" DIGEST },
		{ "http://h/?x=?", "http://h/?x=?&bodySHA256=" DIGEST },
		{ "http://h/?bodySHA256=old&z=1", "http://h/?bodySHA256=" DIGEST "&z=1" },
		{ "http://h/bodySHA256=1?x=1", "http://h/bodySHA256=1?x=1&bodySHA256=" DIGEST },
		{ "http://h/?xbodySHA256=1&a", "http://h/?xbodySHA256=1&a&bodySHA256=" DIGEST },
	};
	for (size_t i = 0; i < SW_COUNTOF(cases); i++)
		SW_CHECK_STR(sw_hook_url_add_digest(&arena, sw_str_of(cases[i].url), body), cases[i].want);
	sw_arena_done(&arena);
}

SW_TEST(standard_webhooks_sign_id_time_and_body)
{
	struct sw_arena arena;
	struct sw_str key;
	sw_arena_init(&arena);
	SW_CHECK_INT(sw_base64_decode(&arena, SW_S("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), &key), 0);
	SW_CHECK_STR(sw_standard_signature(&arena, key, SW_S("msg_p5jXN8AQM9LWM0D4loKWxJek"), 1614265330,
					   SW_S("{\"test\": 2432232314}")),
		     "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
	sw_arena_done(&arena);
}

SW_TEST(urls_are_taken_apart_without_changing_a_byte)
{
	static const struct {
		const char *text, *url, *userinfo, *fragment;
	} cases[] = {
		{ "http://h/p?x=%2f+%20;[]#rc=2&e=ie", "http://h/p?x=%2f+%20;[]", NULL, "rc=2&e=ie" },
		{ "https://u:p%40w@h:8443/p?", "https://h:8443/p?", "u:p%40w", NULL },
		{ "HTTP://H.Example", "HTTP://H.Example/", NULL, NULL },
		{ "http://h?x=/a@b", "http://h/?x=/a@b", NULL, NULL },
		{ "http://u@a@[::1]:80/", "http://[::1]:80/", "u@a", NULL },
		{ "http://bücher.example/ü#", "http://xn--bcher-kva.example/%C3%BC", NULL, "" },
		{ "http://u@ü.пример.испытание:81?ß", "http://xn--tda.xn--e1afmkfd.xn--80akhbyknj4f:81/?%C3%9F", "u",
		  NULL },
		{ "http://他们为什么不说中文.example/", "http://xn--ihqwcrb4cv8a8dqg056pqjye.example/", NULL, NULL },
		{ "http://3年B組金八先生/", "http://xn--3b-ww4c5e180e575a65lsy2b/", NULL, NULL },
	};
	static const char *const refused[] = {
		"", "http://", "ftp://h/", "http:///p", "http://u@/p", "http://:80/", "h"
	};
	struct sw_arena arena;
	struct sw_hook_url got;
	sw_arena_init(&arena);
	for (size_t i = 0; i < SW_COUNTOF(cases); i++) {
		SW_CHECK_INT(sw_hook_url_split(&arena, sw_str_of(cases[i].text), &got), 0);
		SW_CHECK_STR(got.url, cases[i].url);
		SW_CHECK(!got.userinfo.p == !cases[i].userinfo && !got.fragment.p == !cases[i].fragment);
		SW_CHECK(sw_str_eq(got.userinfo, sw_str_of(cases[i].userinfo)));
		SW_CHECK(sw_str_eq(got.fragment, sw_str_of(cases[i].fragment)));
	}
	for (size_t i = 0; i < SW_COUNTOF(refused); i++)
		SW_CHECK_INT(sw_hook_url_split(&arena, sw_str_of(refused[i]), &got), SW_EINVAL);
	struct sw_form_pair pairs[2] = { { SW_S("Body"), SW_S("a b+ü&") }, { SW_S("To"), SW_S("+1") } };
	const struct sw_form form = { pairs, 2 };
	SW_CHECK_STR(sw_hook_url_add(&arena, SW_S("http://h/?z=1"), &form),
		     "http://h/?z=1&Body=a+b%2B%C3%BC%26&To=%2B1");
	SW_CHECK_STR(sw_hook_url_add(&arena, SW_S("http://h/"), &form), "http://h/?Body=a+b%2B%C3%BC%26&To=%2B1");
	sw_arena_done(&arena);
}

SW_TEST(references_are_relative_to_their_document)
{
	static const struct {
		const char *base, *reference, *want;
	} cases[] = {
		{ "http://h/a/b?x=1#rc=2", "c", "http://h/a/c" },
		{ "http://h/a/b?x=1", "c?y=2#rc=1", "http://h/a/c?y=2#rc=1" },
		{ "http://h/a/b", "/c//d", "http://h/c//d" },
		{ "http://h/a/b/c", "../d", "http://h/a/d" },
		{ "http://h/a/b", "../../../d", "http://h/d" },
		{ "http://h/a/b", "./", "http://h/a/" },
		{ "http://h/a/b", "..", "http://h/" },
		{ "http://h", "c", "http://h/c" },
		{ "http://h?x=/y/z", "c", "http://h/c" },
		{ "http://h/a/b?x=1#f", "", "http://h/a/b?x=1" },
		{ "http://h/a/b?x=1", "?y=2", "http://h/a/b?y=2" },
		{ "https://u:p@h:8443/a", "//other/x", "https://other/x" },
		{ "https://u:p@h:8443/a", "b", "https://u:p@h:8443/b" },
		{ "http://h/a", "https://x/../y", "https://x/../y" },
		{ "http://h/a?q", "b;p=1/%2e%2e/c", "http://h/b;p=1/%2e%2e/c" },
	};
	static const char *const refused[] = { "a b", "//", "a\nb" };
	struct sw_arena arena;
	struct sw_str got;
	sw_arena_init(&arena);
	for (size_t i = 0; i < SW_COUNTOF(cases); i++) {
		SW_CHECK_INT(sw_hook_url_resolve(&arena, sw_str_of(cases[i].base), sw_str_of(cases[i].reference), &got),
			     0);
		SW_CHECK_STR(got, cases[i].want);
	}
	for (size_t i = 0; i < SW_COUNTOF(refused); i++)
		SW_CHECK_INT(sw_hook_url_resolve(&arena, SW_S("http://h/"), sw_str_of(refused[i]), &got), SW_EINVAL);
	sw_arena_done(&arena);
}
