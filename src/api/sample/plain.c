/* By HTTP alone: curl, and what each language brings. */
#include "api/api_impl.h"
#include "api/sample/sample_impl.h"
#include "wire/form/form.h"

/* ---- the URL ---- */

static void add_path(const struct sample *s, struct sw_buf *out, const char *account)
{
	struct sw_str rest = sw_endpoint_path(s->arena, s->endpoint);
	for (size_t i = 0; rest.p; i++) {
		sw_buf_add_str(out, sw_str_cut(&rest, '{'));
		if (!rest.p)
			return;
		sw_str_cut(&rest, '}');
		if (sample_is_account(s->path[i].value))
			sw_buf_add_cstr(out, account);
		else
			sw_percent_encode(out, sample_text(s->arena, s->path[i].value));
	}
}

/* Whole, with the account's SID as the language writes it. */
static struct sw_str url_of(const struct sample *s, const char *account)
{
	struct sw_buf out = { .arena = s->arena };
	sw_buf_add_str(&out, s->base);
	add_path(s, &out, account);
	if (s->endpoint->example)
		sw_buf_add_fmt(&out, "?%.*s", (int)strcspn(s->endpoint->example, "\n"), s->endpoint->example);
	for (size_t i = 0; i < s->args_n && s->query; i++) {
		sw_buf_add_fmt(&out, "%c%.*s=", i ? '&' : '?', SW_FMT(s->args[i].name));
		if (sample_is_account(s->args[i].value))
			sw_buf_add_cstr(&out, account);
		else
			sw_percent_encode(&out, sample_text(s->arena, s->args[i].value));
	}
	return sw_buf_str(&out);
}

static bool is_method(const struct sample *s, const char *method)
{
	return strcmp(s->endpoint->method, method) == 0;
}

static bool signs_in(const struct sample *s)
{
	return !(s->endpoint->flags & SW_OPEN);
}

/* The body of a form that no field describes. */
static const char *own_body(const struct sample *s)
{
	const char *body = s->endpoint->example ? strchr(s->endpoint->example, '\n') : NULL;
	return body ? body + 1 : NULL;
}

static bool has_body(const struct sample *s)
{
	return own_body(s) || (!s->query && s->args_n);
}

static struct sw_str json_of(const struct sample *s)
{
	struct sw_buf out = { .arena = s->arena };
	sample_object(s, &out);
	return sw_buf_str(&out);
}

/* ---- curl ---- */

/* A terminal obeys it, also when it is pasted. */
static bool is_control(char c)
{
	return ((unsigned char)c < ' ' && c != '\n' && c != '\t') || c == 0x7f;
}

/* $'…' of bash and others.  No quote stands within: shells that do not know it read a text, and no command. */
static void add_shell_escaped(struct sw_buf *out, struct sw_str text)
{
	sw_buf_add_cstr(out, "$'");
	for (size_t i = 0; i < text.n; i++)
		if (is_control(text.p[i]) || text.p[i] == '\'' || text.p[i] == '\\')
			sw_buf_add_fmt(out, "\\x%02x", (unsigned char)text.p[i]);
		else
			sw_buf_add_char(out, text.p[i]);
	sw_buf_add_char(out, '\'');
}

/* In single quotes; one within ends them for a moment. */
static void add_shell(struct sw_buf *out, struct sw_str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (is_control(text.p[i])) {
			add_shell_escaped(out, text);
			return;
		}
	sw_buf_add_char(out, '\'');
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '\'')
			sw_buf_add_cstr(out, "'\\''");
		else
			sw_buf_add_char(out, text.p[i]);
	sw_buf_add_char(out, '\'');
}

static void add_form(struct sw_buf *out, const struct sample *s, const struct sample_arg *arg)
{
	bool list = arg->field->type == SW_STRS;
	for (const struct sw_json *v = list ? arg->value->child : arg->value; v; v = list ? v->next : NULL) {
		struct sw_str pair =
			sw_str_fmt(s->arena, "%.*s=%.*s", SW_FMT(arg->name), SW_FMT(sample_text(s->arena, v)));
		sw_buf_add_cstr(out, " \\\n  --data-urlencode ");
		if (sample_is_account(v))
			sw_buf_add_fmt(out, "\"%.*s=$SID\"", SW_FMT(arg->name));
		else
			add_shell(out, pair);
	}
}

void sample_curl(const struct sample *s, struct sw_buf *out)
{
	struct sw_str url = url_of(s, "$SID");
	const char *quote = sw_str_index(url, '?') >= 0 ? "\"" : "";
	sw_buf_add_fmt(out, "curl %s%s", sample_endless(s->endpoint) ? "-N " : "",
		       signs_in(s) ? "-u $SID:$TOKEN " : "");
	if (!is_method(s, "GET") && !(is_method(s, "POST") && has_body(s)))
		sw_buf_add_fmt(out, "-X %s ", s->endpoint->method);
	sw_buf_add_fmt(out, "%s%.*s%s", quote, SW_FMT(url), quote);
	if (own_body(s))
		sw_buf_add_fmt(out, " \\\n  -d '%s'", own_body(s));
	if (s->json && s->args_n) {
		struct sw_str rest = json_of(s);
		sw_buf_add_cstr(out, " \\\n  -H 'Content-Type: application/json' \\\n  -d ");
		while (rest.p) {
			add_shell(out, sw_str_cut(&rest, '\n'));
			sw_buf_add_cstr(out, rest.p ? "$SID" : "");
		}
	}
	for (size_t i = 0; i < s->args_n && !s->json && !s->query; i++)
		add_form(out, s, &s->args[i]);
}

/* ---- Node ---- */

static void add_fields(const struct sample *s, struct sw_buf *out, enum sw_sample_language language, const char *indent)
{
	for (size_t i = 0; i < s->args_n; i++) {
		sw_buf_add_cstr(out, indent);
		if (language == SW_SAMPLE_NODE)
			sw_buf_add_str(out, s->args[i].name);
		else
			sample_quoted(out, s->args[i].name, '"');
		sw_buf_add_cstr(out, ": ");
		sample_literal(out, language, s->args[i].value);
		sw_buf_add_cstr(out, ",\n");
	}
}

static void add_fetch_options(const struct sample *s, struct sw_buf *out)
{
	sw_buf_add_cstr(out, ", {\n");
	if (!is_method(s, "GET"))
		sw_buf_add_fmt(out, "  method: '%s',\n", s->endpoint->method);
	if (signs_in(s) || s->json)
		sw_buf_add_cstr(out, "  headers: {\n");
	if (signs_in(s))
		sw_buf_add_cstr(out,
				"    Authorization: `Basic ${btoa(`${process.env.SID}:${process.env.TOKEN}`)}`,\n");
	if (s->json && s->args_n)
		sw_buf_add_cstr(out, "    'Content-Type': 'application/json',\n");
	if (signs_in(s) || s->json)
		sw_buf_add_cstr(out, "  },\n");
	if (own_body(s))
		sw_buf_add_fmt(out, "  body: new URLSearchParams('%s'),\n", own_body(s));
	if (s->args_n && !s->query) {
		sw_buf_add_fmt(out, "  body: %s({\n", s->json ? "JSON.stringify" : "new URLSearchParams");
		add_fields(s, out, SW_SAMPLE_NODE, "    ");
		sw_buf_add_cstr(out, "  }),\n");
	}
	sw_buf_add_char(out, '}');
}

void sample_fetch(const struct sample *s, struct sw_buf *out)
{
	struct sw_str url = url_of(s, "${process.env.SID}");
	const char *quote = sw_str_find(url, SW_S("${")) >= 0 ? "`" : "'";
	sw_buf_add_fmt(out, "const response = await fetch(%s%.*s%s", quote, SW_FMT(url), quote);
	if (signs_in(s) || !is_method(s, "GET"))
		add_fetch_options(s, out);
	sw_buf_add_cstr(out, ");\nif (!response.ok)\n  throw new Error(await response.text());\n");
	sw_buf_add_cstr(out, sample_endless(s->endpoint)
				     ? "for await (const chunk of response.body)\n  process.stdout.write(chunk);"
				     : "console.log(response.status, await response.text());");
}

/* ---- Python ---- */

static void add_request(const struct sample *s, struct sw_buf *out)
{
	struct sw_str url = url_of(s, "{os.environ['SID']}");
	sw_buf_add_fmt(out, "request = Request(\n    %s\"%.*s\",\n", sw_str_find(url, SW_S("{os.")) >= 0 ? "f" : "",
		       SW_FMT(url));
	sw_buf_add_fmt(out, "    method=\"%s\",\n", s->endpoint->method);
	if (own_body(s))
		sw_buf_add_fmt(out, "    data=b\"%s\",\n", own_body(s));
	if (s->args_n && !s->query) {
		sw_buf_add_fmt(out, "    data=%s({\n", s->json ? "json.dumps" : "urlencode");
		add_fields(s, out, SW_SAMPLE_PYTHON, "        ");
		sw_buf_add_cstr(out, "    }).encode(),\n");
	}
	if (signs_in(s))
		sw_buf_add_cstr(out, "    headers={\n        \"Authorization\": f\"Basic {credentials}\",\n");
	if (s->json && s->args_n)
		sw_buf_add_cstr(out, "        \"Content-Type\": \"application/json\",\n");
	sw_buf_add_cstr(out, signs_in(s) ? "    },\n)\n" : ")\n");
}

void sample_urllib(const struct sample *s, struct sw_buf *out)
{
	bool body = s->args_n && !s->query;
	if (body && s->json)
		sw_buf_add_cstr(out, "import json\n");
	if (signs_in(s))
		sw_buf_add_cstr(out, "import os\nfrom base64 import b64encode\n");
	if (body && !s->json)
		sw_buf_add_cstr(out, "from urllib.parse import urlencode\n");
	sw_buf_add_cstr(out, "from urllib.request import Request, urlopen\n\n");
	if (signs_in(s))
		sw_buf_add_cstr(
			out,
			"credentials = b64encode(f\"{os.environ['SID']}:{os.environ['TOKEN']}\".encode()).decode()\n");
	add_request(s, out);
	sw_buf_add_cstr(out, "with urlopen(request) as response:\n");
	sw_buf_add_cstr(out, sample_endless(s->endpoint)
				     ? "    for line in response:\n        print(line.decode(), end=\"\", flush=True)"
				     : "    print(response.status, response.read().decode())");
}

/* ---- Go ---- */

/* "http://…/" + os.Getenv("SID") + "/…": a line feed stands for the SID.  A raw string has no way to say a backquote.
 */
static void add_go_text(struct sw_buf *out, struct sw_str rest, bool raw)
{
	raw = raw && sw_str_index(rest, '`') < 0;
	while (rest.p) {
		struct sw_str piece = sw_str_cut(&rest, '\n');
		if (piece.n && raw)
			sw_buf_add_fmt(out, "`%.*s`", SW_FMT(piece));
		else if (piece.n)
			sample_quoted(out, piece, '"');
		if (rest.p)
			sw_buf_add_fmt(out, " + os.Getenv(\"SID\")%s", rest.n ? " + " : "");
	}
}

static void add_go_body(const struct sample *s, struct sw_buf *out)
{
	if (own_body(s))
		sw_buf_add_fmt(out, "strings.NewReader(\"%s\")", own_body(s));
	else if (!has_body(s))
		sw_buf_add_cstr(out, "nil");
	else if (s->json) {
		sw_buf_add_cstr(out, "strings.NewReader(");
		add_go_text(out, json_of(s), true);
		sw_buf_add_char(out, ')');
	} else
		sw_buf_add_cstr(out, "strings.NewReader(form.Encode())");
}

static void add_go_form(const struct sample *s, struct sw_buf *out)
{
	sw_buf_add_cstr(out, "\tform := url.Values{\n");
	for (size_t i = 0; i < s->args_n; i++) {
		sw_buf_add_fmt(out, "\t\t\"%.*s\": {", SW_FMT(s->args[i].name));
		sample_literal(out, SW_SAMPLE_GO, s->args[i].value);
		sw_buf_add_cstr(out, "},\n");
	}
	sw_buf_add_cstr(out, "\t}\n");
}

static void add_go_imports(const struct sample *s, struct sw_buf *out, bool form)
{
	const struct {
		bool used;
		const char *name;
	} imports[] = {
		{ !sample_endless(s->endpoint), "fmt" },
		{ true, "io" },
		{ true, "log" },
		{ true, "net/http" },
		{ form, "net/url" },
		{ signs_in(s) || sample_endless(s->endpoint), "os" },
		{ has_body(s), "strings" },
	};
	sw_buf_add_cstr(out, "package main\n\nimport (\n");
	for (size_t i = 0; i < SW_COUNTOF(imports); i++)
		if (imports[i].used)
			sw_buf_add_fmt(out, "\t\"%s\"\n", imports[i].name);
	sw_buf_add_cstr(out, ")\n\nfunc main() {\n");
}

void sample_net_http(const struct sample *s, struct sw_buf *out)
{
	static const char check[] = "\tif err != nil {\n\t\tlog.Fatal(err)\n\t}\n";
	bool form = has_body(s) && !s->json;
	add_go_imports(s, out, form && !own_body(s));
	if (form && !own_body(s))
		add_go_form(s, out);
	sw_buf_add_fmt(out, "\trequest, err := http.NewRequest(\"%s\", ", s->endpoint->method);
	add_go_text(out, url_of(s, "\n"), false);
	sw_buf_add_cstr(out, ", ");
	add_go_body(s, out);
	sw_buf_add_fmt(out, ")\n%s", check);
	if (signs_in(s))
		sw_buf_add_cstr(out, "\trequest.SetBasicAuth(os.Getenv(\"SID\"), os.Getenv(\"TOKEN\"))\n");
	if (has_body(s))
		sw_buf_add_fmt(out, "\trequest.Header.Set(\"Content-Type\", \"application/%s\")\n",
			       s->json ? "json" : "x-www-form-urlencoded");
	sw_buf_add_fmt(out, "\tresponse, err := http.DefaultClient.Do(request)\n%s\tdefer response.Body.Close()\n",
		       check);
	if (sample_endless(s->endpoint)) {
		sw_buf_add_cstr(out, "\tio.Copy(os.Stdout, response.Body)\n}");
		return;
	}
	sw_buf_add_fmt(out, "\ttext, err := io.ReadAll(response.Body)\n%s", check);
	sw_buf_add_cstr(out, "\tif response.StatusCode >= 300 {\n\t\tlog.Fatal(string(text))\n\t}\n"
			     "\tfmt.Println(response.Status, string(text))\n}");
}
