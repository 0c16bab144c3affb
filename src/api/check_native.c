/*
 * `strowger check`: the native API is one API.  Who knows one endpoint can guess the next: nouns, methods, statuses,
 * times, units, money and replies follow the same few rules, and each rule is a row here.
 */
#include "api/api_impl.h"

/* Names that the contract or long use gave, against a rule below. */
static const char *const excused[] = {
	"validity_period",  /* the contract's; seconds */
	"auto_idempotency", /* an account's setting; seconds */
};

static bool is_excused(const char *name)
{
	for (size_t i = 0; i < SW_COUNTOF(excused); i++)
		if (strcmp(name, excused[i]) == 0)
			return true;
	return false;
}

static bool is(const struct sw_endpoint *e, const char *method)
{
	return strcmp(e->method, method) == 0;
}

/* The path's last segment, and whether a variable stands there. */
static struct sw_str last_segment(const struct sw_endpoint *e)
{
	struct sw_str rest = sw_str_of(e->path), segment = rest;
	while (rest.p)
		segment = sw_str_cut(&rest, '/');
	return segment;
}

static bool is_instance(const struct sw_endpoint *e)
{
	return sw_str_starts(last_segment(e), SW_S("{"));
}

static unsigned depth(const struct sw_endpoint *e)
{
	unsigned n = 0;
	for (const char *p = e->path; *p; p++)
		n += *p == '/';
	return n;
}

/* "/v1/limits/upgrade": a verb behind a noun. */
static bool is_action(const struct sw_endpoint *e)
{
	return is(e, "POST") && depth(e) > 2;
}

static bool is_plural(struct sw_str noun)
{
	return sw_str_ends(noun, SW_S("s")) || sw_str_is(noun, "ledger");
}

/* ---- rules: each says whether an endpoint breaks it, and may name the field ---- */

static bool odd_path(const struct sw_endpoint *e, const char **field)
{
	(void)field;
	for (const char *p = e->path; *p; p++)
		if (!(*p >= 'a' && *p <= 'z') && !(*p >= '0' && *p <= '9') && !strchr("/_{}", *p))
			return true;
	return false;
}

static bool odd_list(const struct sw_endpoint *e, const char **field)
{
	(void)field;
	bool collection = is(e, "GET") && !is_instance(e);
	return collection && is_plural(last_segment(e)) != ((e->flags & SW_LIST) != 0);
}

static bool odd_collection(const struct sw_endpoint *e, const char **field)
{
	(void)field;
	return is(e, "POST") && depth(e) == 2 && !is_plural(last_segment(e)) && !(e->flags & SW_READS);
}

static bool odd_method(const struct sw_endpoint *e, const char **field)
{
	(void)field;
	return is(e, "PUT") || (is(e, "POST") && is_instance(e));
}

static bool odd_status(const struct sw_endpoint *e, const char **field)
{
	(void)field;
	if (is(e, "DELETE"))
		return e->status != 204;
	if (is(e, "POST") && !is_action(e) && !(e->flags & SW_READS))
		return e->status != 201 && e->status != 202;
	return e->status != 200 && e->status != 201 && e->status != 202;
}

static bool odd_verb(const struct sw_endpoint *e, const char **field)
{
	static const struct {
		const char *method, *verbs[3];
	} rows[] = {
		{ "PATCH", { "Update" } },
		{ "DELETE", { "Delete" } },
		{ "POST", { "Create", "Send" } },
	};
	const char *lists[3] = { "List" }, *ones[3] = { "Get", "Fetch" };
	const char *const *verbs = e->flags & SW_LIST ? lists : ones;
	(void)field;
	if (is_action(e) || e->flags & SW_READS)
		return false;
	for (size_t i = 0; i < SW_COUNTOF(rows); i++)
		if (is(e, rows[i].method))
			verbs = rows[i].verbs;
	for (size_t i = 0; i < 3 && verbs[i]; i++)
		if (strncmp(e->operation, verbs[i], strlen(verbs[i])) == 0)
			return false;
	return true;
}

static bool find_field(const struct sw_field *fields, bool (*odd)(const struct sw_field *all, const struct sw_field *f),
		       const char **ret)
{
	for (const struct sw_field *f = fields; f && f->name; f++)
		if (sw_field_in_style(f, SW_STYLE_NATIVE) && odd(fields, f)) {
			*ret = f->name;
			return true;
		}
	return false;
}

static bool in_either(const struct sw_endpoint *e, bool (*odd)(const struct sw_field *all, const struct sw_field *f),
		      const char **field)
{
	return find_field(e->params, odd, field) || find_field(e->fields, odd, field);
}

static bool is_odd_time(const struct sw_field *all, const struct sw_field *f)
{
	struct sw_str name = sw_str_of(f->name);
	(void)all;
	return f->type == SW_TIME && !sw_str_starts(name, SW_S("date_")) && !sw_str_starts(name, SW_S("valid_")) &&
	       !sw_str_is(name, "send_at") && !sw_str_is(name, "time") && !sw_str_is(name, "now") &&
	       !sw_str_is(name, "date") && !sw_str_is(name, "since") && !sw_str_is(name, "until") &&
	       !sw_str_is(name, "sunset") && !sw_str_is(name, "as_of");
}

static bool odd_time(const struct sw_endpoint *e, const char **field)
{
	return in_either(e, is_odd_time, field);
}

static bool is_odd_quantity(const struct sw_field *all, const struct sw_field *f)
{
	static const char *const words[] = { "duration", "timeout", "delay",  "interval", "latency",    "period",
					     "ttl",      "age_",    "window", "bytes_",   "idempotency" };
	static const char *const units[] = { "_s", "_ms", "_us", "_bytes", "_micros" };
	(void)all;
	if (f->type != SW_INT || is_excused(f->name))
		return false;
	for (size_t i = 0; i < SW_COUNTOF(units); i++)
		if (sw_str_ends(sw_str_of(f->name), sw_str_of(units[i])))
			return false;
	for (size_t i = 0; i < SW_COUNTOF(words); i++)
		if (strstr(f->name, words[i]))
			return true;
	return false;
}

static bool odd_unit(const struct sw_endpoint *e, const char **field)
{
	return in_either(e, is_odd_quantity, field);
}

static bool is_odd_money(const struct sw_field *all, const struct sw_field *f)
{
	return f->type == SW_MICROS && !sw_schema_find(all, SW_S("currency")) &&
	       !sw_schema_find(all, SW_S("price_unit"));
}

static bool odd_money(const struct sw_endpoint *e, const char **field)
{
	return in_either(e, is_odd_money, field);
}

/* What one gives and what one gets back under the same name are the same. */
static bool odd_echo(const struct sw_endpoint *e, const char **field)
{
	for (const struct sw_field *f = e->params; e->fields && f && f->name; f++) {
		const struct sw_field *shown = sw_schema_find(e->fields, sw_str_of(f->name));
		bool filter = f->flags & (SW_QUERY | SW_PATH); /* a path may take a name in a SID's place */
		bool shown_whole = shown && (shown->type == f->type || shown->type == SW_STR);
		if (shown && !filter && !shown_whole) {
			*field = f->name;
			return true;
		}
	}
	return false;
}

static const struct {
	bool (*breaks)(const struct sw_endpoint *e, const char **field);
	const char *why;
} rules[] = {
	{ odd_path, "segments of a native path are snake_case" },
	{ odd_list, "a plural noun is a list, a singular one is not" },
	{ odd_collection, "POST goes to a plural noun" },
	{ odd_method, "POST creates in a collection, PATCH changes, nothing is PUT" },
	{ odd_status, "POST answers 201 or 202, DELETE 204, the others 200" },
	{ odd_verb, "operations are List, Get, Create, Update and Delete" },
	{ odd_time, "times are called date, date_…, valid_…, send_at, since, until, sunset, as_of, time or now" },
	{ odd_unit, "a quantity has its unit in its name" },
	{ odd_money, "money stands beside its currency" },
	{ odd_echo, "a parameter and the field of its name have one type" },
};

void sw_check_native(const struct sw_endpoint *e, struct sw_buf *out)
{
	/* What has a product is the contract's, also where it is JSON. */
	if (e->style != SW_STYLE_NATIVE || e->product || e->flags & (SW_FREE_BODY | SW_RAW))
		return;
	for (size_t i = 0; i < SW_COUNTOF(rules); i++) {
		const char *field = "";
		if (rules[i].breaks(e, &field))
			sw_buf_add_fmt(out, "%s (%s %s) %s: %s\n", e->operation, e->method, e->path, field,
				       rules[i].why);
	}
}
