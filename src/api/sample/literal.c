/* Values as each language writes them. */
#include <ctype.h>

#include "api/sample/sample_impl.h"

/* What differs; how an object looks is Go's own. */
static const struct {
	char quote;
	const char *yes, *no, *nothing, *account;
} words[SW_SAMPLE_LANGUAGES] = {
	[SW_SAMPLE_CURL] = { '"', "true", "false", "null", "$SID" },
	[SW_SAMPLE_NODE] = { '\'', "true", "false", "null", "process.env.SID" },
	[SW_SAMPLE_PYTHON] = { '"', "True", "False", "None", "os.environ[\"SID\"]" },
	[SW_SAMPLE_GO] = { '"', "true", "false", "nil", "os.Getenv(\"SID\")" },
};

void sample_quoted(struct sw_buf *out, struct sw_str text, char quote)
{
	sw_buf_add_char(out, quote);
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		if (c == '\n' || c < ' ' || c == 0x7f) {
			sw_buf_add_fmt(out, c == '\n' ? "\\n" : "\\x%02x", c);
			continue;
		}
		if (text.p[i] == quote || text.p[i] == '\\')
			sw_buf_add_char(out, '\\');
		sw_buf_add_char(out, text.p[i]);
	}
	sw_buf_add_char(out, quote);
}

static bool all_texts(const struct sw_json *array)
{
	for (const struct sw_json *v = array->child; v; v = v->next)
		if (v->kind != SW_JSON_STRING)
			return false;
	return true;
}

static void add_name(struct sw_buf *out, enum sw_sample_language language, struct sw_str name)
{
	bool word = name.n && !(name.p[0] >= '0' && name.p[0] <= '9');
	for (size_t i = 0; i < name.n && word; i++)
		word = name.p[i] == '_' || isalnum((unsigned char)name.p[i]);
	if (language == SW_SAMPLE_NODE && word)
		sw_buf_add_str(out, name);
	else
		sample_quoted(out, name, '"');
	sw_buf_add_cstr(out, ": ");
}

static void add_container(struct sw_buf *out, enum sw_sample_language language, const struct sw_json *value)
{
	bool object = value->kind == SW_JSON_OBJECT, go = language == SW_SAMPLE_GO;
	const char *blank = object && language == SW_SAMPLE_NODE ? " " : "";
	if (go)
		sw_buf_add_cstr(out, object             ? "map[string]interface{}"
				     : all_texts(value) ? "[]string"
							: "[]interface{}");
	sw_buf_add_fmt(out, "%c%s", object || go ? '{' : '[', blank);
	for (const struct sw_json *v = value->child; v; v = v->next) {
		if (object)
			add_name(out, language, v->name);
		sample_literal(out, language, v);
		sw_buf_add_cstr(out, v->next ? ", " : "");
	}
	sw_buf_add_fmt(out, "%s%c", blank, object || go ? '}' : ']');
}

void sample_literal(struct sw_buf *out, enum sw_sample_language language, const struct sw_json *value)
{
	struct sw_json_out json = { .buf = out };
	if (sample_is_account(value))
		sw_buf_add_cstr(out, words[language].account);
	else if (value->kind == SW_JSON_STRING)
		sample_quoted(out, value->text, words[language].quote);
	else if (value->kind == SW_JSON_BOOL)
		sw_buf_add_cstr(out, value->b ? words[language].yes : words[language].no);
	else if (value->kind == SW_JSON_NULL)
		sw_buf_add_cstr(out, words[language].nothing);
	else if (value->kind == SW_JSON_NUMBER)
		sw_json_value(&json, value);
	else
		add_container(out, language, value);
}

struct sw_str sample_text(struct sw_arena *arena, const struct sw_json *value)
{
	struct sw_buf text = { .arena = arena };
	struct sw_json_out json = { .buf = &text };
	if (value->kind == SW_JSON_STRING)
		return value->text;
	sw_json_value(&json, value);
	return sw_buf_str(&text);
}

void sample_object(const struct sample *s, struct sw_buf *out)
{
	struct sw_json_out json = { .buf = out };
	sw_json_object(&json);
	for (size_t i = 0; i < s->args_n; i++) {
		sw_json_key(&json, s->args[i].name);
		if (sample_is_account(s->args[i].value))
			sw_json_raw(&json, SW_S("\"\n\""));
		else
			sw_json_value(&json, s->args[i].value);
	}
	sw_json_end_object(&json);
}
