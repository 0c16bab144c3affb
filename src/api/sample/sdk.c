/*
 * By the official SDKs.  Their names come from the path: "Messages/{MessageSid}/Media/{Sid}" is
 * messages('…').media('…'); where they took another name the row says it (`.sdk`), each "()" for a variable of the
 * path, and what is left of these behind it. Go has a function for each operation, called as the contract calls it
 * (`.contract`).
 */
#include "api/api_impl.h"
#include "api/sample/sample_impl.h"

enum { LISTED = 20 };

/* ---- names ---- */

/* "DateSentBefore" of "DateSent<": SDKs call both bounds by a word. */
static const char *worded(struct sw_arena *arena, struct sw_str name)
{
	bool before = sw_str_ends(name, SW_S("<")), after = sw_str_ends(name, SW_S(">"));
	return before || after ? sw_str_fmt(arena, "%.*s%s", SW_FMT(sw_str_sub(name, 0, name.n - 1)),
					    before ? "Before" : "After")
					 .p
			       : sw_str_cstr(arena, name);
}

/* "statusCallback" of "StatusCallback", "grant_type" and "AWS". */
static struct sw_str camel(struct sw_arena *arena, struct sw_str name)
{
	struct sw_str snake = sw_snake(arena, worded(arena, name));
	return sw_camel(arena, snake, false);
}

/* Of the SDK for Python: "from" is a word of the language. */
static struct sw_str python_name(struct sw_arena *arena, struct sw_str name)
{
	struct sw_str snake = sw_snake(arena, worded(arena, name));
	return sw_str_is(snake, "from") ? SW_S("from_") : snake;
}

static struct sw_str named(const struct sample *s, enum sw_sample_language language, struct sw_str name)
{
	return language == SW_SAMPLE_PYTHON ? python_name(s->arena, name) : camel(s->arena, name);
}

static bool begins(const struct sample *s, const char *verb)
{
	return sw_str_starts(sw_str_of(s->endpoint->operation), sw_str_of(verb));
}

/* The variable's value in brackets; the account in front of a 2010 path is the client's own. */
static void add_variable(const struct sample *s, struct sw_buf *out, enum sw_sample_language language, size_t i)
{
	sw_buf_add_char(out, '(');
	if (i < s->path_n)
		sample_literal(out, language, s->path[i].value);
	sw_buf_add_char(out, ')');
}

/* ---- the chain ---- */

/* "/2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json" is cut behind the account, "/v1/Sinks" behind the version. */
static struct sw_str own_path(const struct sample *s, bool *ret_of_account)
{
	static const struct sw_str of_account = { "/2010-04-01/Accounts/{AccountSid}/", 34 },
				   of_2010 = { "/2010-04-01/", 12 };
	struct sw_str path = sw_str_of(s->endpoint->path);
	if (sw_str_ends(path, SW_S(".json")))
		path = sw_str_sub(path, 0, path.n - 5);
	*ret_of_account = sw_str_starts(path, of_account);
	if (*ret_of_account)
		return sw_str_from(path, of_account.n);
	return sw_str_from(path, s->endpoint->style == SW_STYLE_2010 ? of_2010.n : sizeof("/v1/") - 1);
}

static void add_given(const struct sample *s, struct sw_buf *out, enum sw_sample_language language, size_t next)
{
	struct sw_str rest = sw_str_of(s->endpoint->sdk);
	while (rest.p) {
		struct sw_str part = sw_str_cut(&rest, '.');
		bool called = sw_str_ends(part, SW_S("()"));
		struct sw_str name = called ? sw_str_sub(part, 0, part.n - 2) : part;
		sw_buf_add_fmt(out, ".%.*s", SW_FMT(language == SW_SAMPLE_PYTHON ? named(s, language, name) : name));
		if (called)
			add_variable(s, out, language, next++);
	}
	while (next < s->path_n)
		add_variable(s, out, language, next++);
}

static void add_chain(const struct sample *s, struct sw_buf *out, enum sw_sample_language language)
{
	bool of_account;
	struct sw_str rest = own_path(s, &of_account);
	size_t next = of_account;
	if (s->endpoint->style == SW_STYLE_2010)
		sw_buf_add_cstr(out, of_account ? "" : ".api.v2010");
	else
		sw_buf_add_fmt(out, ".%s.%.2s", s->endpoint->product, s->endpoint->path + 1);
	if (s->endpoint->sdk) {
		add_given(s, out, language, next);
		return;
	}
	while (rest.p) {
		struct sw_str part = sw_str_cut(&rest, '/');
		if (part.p[0] == '{')
			add_variable(s, out, language, next++);
		else
			sw_buf_add_fmt(out, ".%.*s", SW_FMT(named(s, language, part)));
	}
}

static const char *verb_of(const struct sample *s, enum sw_sample_language language)
{
	static const struct {
		const char *prefix, *node, *python;
	} verbs[] = {
		{ "Create", "create", "create" }, { "List", "list", "list" },       { "Fetch", "fetch", "fetch" },
		{ "Update", "update", "update" }, { "Delete", "remove", "delete" },
	};
	for (size_t i = 0; i < SW_COUNTOF(verbs); i++)
		if (begins(s, verbs[i].prefix))
			return language == SW_SAMPLE_NODE ? verbs[i].node : verbs[i].python;
	return "request"; /* a test sees it */
}

/* Where the server is, as the SDK's base URL: the product's prefix behind it. */
static struct sw_str base_of(const struct sample *s)
{
	bool prefixed = strcmp(s->endpoint->product, "api") != 0;
	return sw_str_fmt(s->arena, "%.*s%s%s", SW_FMT(s->base), prefixed ? "/" : "",
			  prefixed ? s->endpoint->product : "");
}

/* ---- Node ---- */

void sample_sdk_node(const struct sample *s, struct sw_buf *out)
{
	bool replies = s->endpoint->fields != NULL;
	sw_buf_add_fmt(out,
		       "import twilio from 'twilio';\n\nconst client = twilio(process.env.SID, process.env.TOKEN);\n"
		       "client.%s.baseUrl = '%.*s';\n\n%sawait client",
		       s->endpoint->product, SW_FMT(base_of(s)), replies ? "const result = " : "");
	add_chain(s, out, SW_SAMPLE_NODE);
	sw_buf_add_fmt(out, ".%s(", verb_of(s, SW_SAMPLE_NODE));
	bool list = s->endpoint->flags & SW_LIST, any = s->args_n || list;
	sw_buf_add_cstr(out, any ? "{\n" : "");
	for (size_t i = 0; i < s->args_n; i++) {
		sw_buf_add_fmt(out, "  %.*s: ", SW_FMT(camel(s->arena, s->args[i].name)));
		sample_literal(out, SW_SAMPLE_NODE, s->args[i].value);
		sw_buf_add_cstr(out, ",\n");
	}
	if (list)
		sw_buf_add_fmt(out, "  limit: %d,\n", LISTED);
	sw_buf_add_cstr(out, any ? "});" : ");");
	sw_buf_add_cstr(out, replies ? "\nconsole.log(result);" : "");
}

/* ---- Python ---- */

/* What is worth a look of a reply: its SID, else what stands first. */
static struct sw_str shown(const struct sample *s)
{
	const struct sw_field *sid = sw_schema_find(s->endpoint->fields, SW_S("sid"));
	return python_name(s->arena, sw_str_of(sid ? sid->name : s->endpoint->fields->name));
}

void sample_sdk_python(const struct sample *s, struct sw_buf *out)
{
	bool replies = s->endpoint->fields != NULL, list = s->endpoint->flags & SW_LIST, any = s->args_n || list;
	sw_buf_add_fmt(out,
		       "import os\nfrom twilio.rest import Client\n\nclient = Client(os.environ[\"SID\"], "
		       "os.environ[\"TOKEN\"])\n"
		       "client.%s.base_url = \"%.*s\"\n\n%sclient",
		       s->endpoint->product, SW_FMT(base_of(s)), replies ? "result = " : "");
	add_chain(s, out, SW_SAMPLE_PYTHON);
	sw_buf_add_fmt(out, ".%s(%s", verb_of(s, SW_SAMPLE_PYTHON), any ? "\n" : "");
	for (size_t i = 0; i < s->args_n; i++) {
		sw_buf_add_fmt(out, "    %.*s=", SW_FMT(python_name(s->arena, s->args[i].name)));
		sample_literal(out, SW_SAMPLE_PYTHON, s->args[i].value);
		sw_buf_add_cstr(out, ",\n");
	}
	if (list)
		sw_buf_add_fmt(out, "    limit=%d,\n", LISTED);
	sw_buf_add_char(out, ')');
	if (list)
		sw_buf_add_fmt(out, "\nfor item in result:\n    print(item.%.*s)", SW_FMT(shown(s)));
	else if (replies)
		sw_buf_add_fmt(out, "\nprint(result.%.*s)", SW_FMT(shown(s)));
}

/* ---- Go ---- */

/* "EventsV1" of "events" and "/v1/…"; the 2010 API is Api. */
static struct sw_str go_service(const struct sample *s)
{
	struct sw_str product = sw_camel(s->arena, sw_str_of(s->endpoint->product), true);
	if (s->endpoint->style == SW_STYLE_2010)
		return product;
	return sw_str_fmt(s->arena, "%.*sV%c", SW_FMT(product), s->endpoint->path[2]);
}

static void add_go_imports(const struct sample *s, struct sw_buf *out, bool replies, bool params)
{
	bool own_sid = false;
	for (size_t i = 0; i < s->path_n + s->args_n; i++) {
		const struct sample_arg *arg = i < s->path_n ? &s->path[i] : &s->args[i - s->path_n];
		own_sid |= sample_is_account(arg->value) && !sw_str_is(arg->name, "account_sid");
	}
	const char *version =
		s->endpoint->style == SW_STYLE_2010 ? "v2010" : sw_str_fmt(s->arena, "v%c", s->endpoint->path[2]).p;
	sw_buf_add_fmt(out,
		       "// strowger run -- go run .\npackage main\n\nimport "
		       "(\n%s\t\"log\"\n%s\n\t\"github.com/twilio/twilio-go\"\n",
		       replies ? "\t\"encoding/json\"\n" : "", replies || own_sid ? "\t\"os\"\n" : "");
	if (params)
		sw_buf_add_fmt(out, "\tapi \"github.com/twilio/twilio-go/rest/%s/%s\"\n", s->endpoint->product,
			       version);
	sw_buf_add_cstr(out, ")\n\nfunc main() {\n\tclient := twilio.NewRestClient()\n");
}

static void add_go_params(const struct sample *s, struct sw_buf *out, const char *name)
{
	sw_buf_add_fmt(out, "\tparams := &api.%sParams{}\n", name);
	for (size_t i = 0; i < s->args_n; i++) {
		struct sw_str snake = sw_snake(s->arena, worded(s->arena, s->args[i].name));
		sw_buf_add_fmt(out, "\tparams.Set%.*s(", SW_FMT(sw_camel(s->arena, snake, true)));
		sample_literal(out, SW_SAMPLE_GO, s->args[i].value);
		sw_buf_add_cstr(out, ")\n");
	}
	if (s->endpoint->flags & SW_LIST)
		sw_buf_add_fmt(out, "\tparams.SetLimit(%d)\n", LISTED);
}

/* Functions of one resource take its SIDs, and behind them what the operation can be told, if there is anything. */
static bool takes_params(const struct sample *s, bool of_account)
{
	const struct sw_field *f = s->endpoint->params;
	while (f && f->name && (f->flags & SW_PATH || !sw_field_in_style(f, s->endpoint->style)))
		f++;
	return of_account || s->path_n == 0 || (f && f->name) || s->endpoint->flags & SW_LIST;
}

void sample_sdk_go(const struct sample *s, struct sw_buf *out)
{
	bool of_account, replies = s->endpoint->fields != NULL, any = s->args_n || s->endpoint->flags & SW_LIST;
	const char *name = s->endpoint->contract ? s->endpoint->contract : s->endpoint->operation, *comma = "";
	own_path(s, &of_account);
	add_go_imports(s, out, replies, any);
	if (any)
		add_go_params(s, out, name);
	sw_buf_add_fmt(out, "\t%s client.%.*s.%s(", replies ? "result, err :=" : "err :=", SW_FMT(go_service(s)), name);
	for (size_t i = of_account; i < s->path_n; i++, comma = ", ") {
		sw_buf_add_cstr(out, comma);
		sample_literal(out, SW_SAMPLE_GO, s->path[i].value);
	}
	if (takes_params(s, of_account))
		sw_buf_add_fmt(out, "%s%s", comma, any ? "params" : "nil");
	sw_buf_add_cstr(out, ")\n\tif err != nil {\n\t\tlog.Fatal(err)\n\t}\n");
	sw_buf_add_cstr(out, replies ? "\tjson.NewEncoder(os.Stdout).Encode(result)\n}" : "}");
}
