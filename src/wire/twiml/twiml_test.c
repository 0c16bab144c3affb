#include "base/arena.h"
#include "base/buf.h"
#include "base/test.h"
#include "wire/twiml/twiml.h"

SW_TEST(a_document_becomes_a_tree)
{
	static const char text[] =
		"<?xml version='1.0' encoding='UTF-8'?>\n<Response><!-- hello -->\n"
		"  <Message to=\"+1&#50;\" method='GET'>\n    <Body>a &lt; b &amp;&amp; c<![CDATA[ <x> ]]>ü</Body>\n"
		"    <Media>https://h/1.png</Media><Media>https://h/2.png</Media></Message>\n"
		"  <Redirect/>Say <b>this</b> now</Response>";
	struct sw_arena arena;
	const struct sw_twiml *root = NULL;
	struct sw_twiml_fault fault;
	sw_arena_init(&arena);
	SW_CHECK_INT(sw_twiml_parse(&arena, sw_str_of(text), &root, &fault), 0);
	const struct sw_twiml *message = root->child->next;
	SW_CHECK_STR(root->name, "Response");
	SW_CHECK_STR(message->name, "Message");
	SW_CHECK(message->line == 3 && message->column == 3);
	SW_CHECK_STR(sw_twiml_get(message, "to"), "+12");
	SW_CHECK(!sw_twiml_get(message, "from").p);
	const struct sw_twiml *body = message->child->next;
	SW_CHECK_STR(sw_twiml_text(&arena, body), "a < b && c <x> ü");
	SW_CHECK_STR(sw_twiml_text(&arena, body->next->next), "https://h/1.png");
	const struct sw_twiml *redirect = message->next->next;
	SW_CHECK_STR(redirect->name, "Redirect");
	SW_CHECK_STR(sw_twiml_text(&arena, redirect), "");
	/* Text and elements stay in order. */
	SW_CHECK_STR(redirect->next->text, "Say ");
	SW_CHECK_STR(redirect->next->next->name, "b");
	SW_CHECK_STR(redirect->next->next->next->text, " now");
	SW_CHECK(!redirect->next->next->next->next);
	sw_arena_done(&arena);
}

SW_TEST(texts_are_utf8_whatever_they_came_in)
{
	static const char latin[] = "<?xml version='1.0' encoding='ISO-8859-1'?><Response>\xfc</Response>";
	static const char utf16[] = "\xff\xfe<\0R\0e\0s\0p\0o\0n\0s\0e\0>\0\xfc\0<\0/\0R\0e\0s\0p\0o\0n\0s\0e\0>\0";
	const struct sw_str documents[] = { sw_str_of(latin),
					    { utf16, sizeof(utf16) - 1 },
					    SW_S("\xef\xbb\xbf<Response>ü</Response>") };
	struct sw_arena arena;
	sw_arena_init(&arena);
	for (size_t i = 0; i < SW_COUNTOF(documents); i++) {
		const struct sw_twiml *root;
		struct sw_twiml_fault fault;
		SW_CHECK_INT(sw_twiml_parse(&arena, documents[i], &root, &fault), 0);
		SW_CHECK_STR(sw_twiml_text(&arena, root), "ü");
	}
	sw_arena_done(&arena);
}

static void refused(struct sw_arena *arena, struct sw_str document, enum sw_twiml_fault_kind kind, unsigned line,
		    unsigned column)
{
	const struct sw_twiml *root;
	struct sw_twiml_fault fault = { 0 };
	SW_CHECK_INT(sw_twiml_parse(arena, document, &root, &fault), SW_EINVAL);
	if (fault.kind != kind || (line && (fault.line != line || fault.column != column)) || !fault.why)
		sw_test_fail(__FILE__, __LINE__, "%.*s: %d at %u:%u (%s)", (int)(document.n > 60 ? 60 : document.n),
			     document.p, fault.kind, fault.line, fault.column, fault.why ? fault.why : "");
}

SW_TEST(what_is_wrong_is_told_with_its_place)
{
	struct sw_arena arena;
	sw_arena_init(&arena);
	refused(&arena, SW_S(""), SW_TWIML_MALFORMED, 1, 1);
	refused(&arena, SW_S("hello"), SW_TWIML_MALFORMED, 1, 1);
	refused(&arena, SW_S("<Response>\n <Message>hi</Massage></Response>"), SW_TWIML_MALFORMED, 2, 15);
	refused(&arena, SW_S("<Response>a & b</Response>"), SW_TWIML_MALFORMED, 1, 14);
	refused(&arena, SW_S("<Response>&nbsp;</Response>"), SW_TWIML_MALFORMED, 1, 11);
	refused(&arena, SW_S("\n<?xml version='1.0'?><Response/>"), SW_TWIML_MALFORMED, 2, 1);
	refused(&arena, SW_S("<Response a='1' a='2'/>"), SW_TWIML_MALFORMED, 0, 0);
	refused(&arena, SW_S("<Response/><Response/>"), SW_TWIML_MALFORMED, 1, 12);
	refused(&arena, SW_S("<Response>\xff</Response>"), SW_TWIML_MALFORMED, 1, 11);
	refused(&arena, SW_S("<Response>"), SW_TWIML_MALFORMED, 1, 11);
	refused(&arena, SW_S("<html><body/></html>"), SW_TWIML_ROOT, 1, 1);
	refused(&arena, SW_S("<response/>"), SW_TWIML_ROOT, 1, 1);
	refused(&arena, SW_S("<!DOCTYPE Response><Response/>"), SW_TWIML_DOCTYPE, 0, 0);
	refused(&arena, SW_S("<!DOCTYPE r SYSTEM 'file:///etc/passwd'><Response/>"), SW_TWIML_DOCTYPE, 0, 0);
	refused(&arena,
		SW_S("<!DOCTYPE r [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;'><!ENTITY c "
		     "'&b;&b;&b;'>]><Response>&c;</Response>"),
		SW_TWIML_DOCTYPE, 0, 0);
	sw_arena_done(&arena);
}

SW_TEST(every_limit_holds)
{
	struct sw_arena arena;
	sw_arena_init(&arena);
	struct sw_buf many = { .arena = &arena }, deep = { .arena = &arena }, wide = { .arena = &arena },
		      large = { .arena = &arena };
	sw_buf_add_cstr(&many, "<Response>");
	for (int i = 0; i < SW_TWIML_ELEMENTS; i++)
		sw_buf_add_cstr(&many, "<a/>");
	sw_buf_add_cstr(&many, "</Response>");
	for (int i = 0; i < 5000; i++)
		sw_buf_add_cstr(&deep, i ? "<a>" : "<Response>");
	sw_buf_add_cstr(&wide, "<Response");
	for (int i = 0; i <= SW_TWIML_ATTRIBUTES; i++)
		sw_buf_add_fmt(&wide, " a%d=''", i);
	sw_buf_add_cstr(&wide, "/>");
	sw_buf_add_cstr(&large, "<Response>");
	while (large.n <= SW_TWIML_BYTES)
		sw_buf_add_char(&large, 'x');
	sw_buf_add_cstr(&large, "</Response>");
	refused(&arena, sw_buf_str(&many), SW_TWIML_TOO_MUCH, 0, 0);
	refused(&arena, sw_buf_str(&deep), SW_TWIML_TOO_MUCH, 0, 0);
	refused(&arena, sw_buf_str(&wide), SW_TWIML_TOO_MUCH, 0, 0);
	refused(&arena, sw_buf_str(&large), SW_TWIML_TOO_MUCH, 0, 0);
	sw_arena_done(&arena);
}
