/* Copying one resource: is it here, what differs, and what the server here says to it. */
#include "main/import/import.h"
#include "wire/form/form.h"

/* A password or token that the other server hides, in a URL within the configuration. */
#define MASK "***@"

void import_note(struct import *import, struct sw_str about, struct sw_str why)
{
	struct import_note *note = SW_ARENA_NEW(import->arena, struct import_note);
	*note = (struct import_note){ .about = command_tame(import->arena, about),
				      .why = command_tame(import->arena, why) };
	*import->last = note;
	import->last = &note->next;
}

struct sw_str import_name(struct sw_arena *arena, const struct import_kind *kind, const struct sw_json *object)
{
	static const char *const names[] = { "phone_number", "short_code", "unique_name", "friendly_name",
					     "description" };
	struct sw_str sid = sw_str_sub(sw_json_get_str(object, "sid"), 0, SW_SID_CHARS);
	for (size_t i = 0; i < SW_COUNTOF(names); i++) {
		struct sw_str name = sw_json_get_str(object, names[i]);
		if (name.n)
			return sw_str_fmt(arena, "%s %.*s '%.*s'", kind->name, SW_FMT(sid),
					  SW_FMT(sw_str_sub(name, 0, 60)));
	}
	return sw_str_fmt(arena, "%s %.*s", kind->name, SW_FMT(sid));
}

/* ---- values ---- */

/* As a parameter has it; null is empty. */
static struct sw_str text_of(struct sw_arena *arena, const struct sw_json *value)
{
	struct sw_buf text = { .arena = arena };
	struct sw_json_out out = { .buf = &text };
	if (!value || value->kind == SW_JSON_NULL)
		return SW_S("");
	if (value->kind == SW_JSON_STRING)
		return value->text;
	sw_json_value(&out, value);
	return sw_buf_str(&text);
}

struct pair {
	struct sw_str name;
	const struct sw_json *value;
};

static void add_pair(struct sw_arena *arena, struct sw_buf *form, const struct pair *pair)
{
	if (!pair->value || pair->value->kind != SW_JSON_ARRAY) {
		sw_form_add(form, pair->name, text_of(arena, pair->value));
		return;
	}
	for (const struct sw_json *item = pair->value->child; item; item = item->next)
		sw_form_add(form, pair->name, text_of(arena, item));
}

static struct sw_str form_of(struct sw_arena *arena, const struct pair *pairs, size_t n)
{
	struct sw_buf form = { .arena = arena };
	sw_buf_add_cstr(&form, ""); /* a body, if an empty one */
	for (size_t i = 0; i < n; i++)
		add_pair(arena, &form, &pairs[i]);
	return sw_buf_str(&form);
}

/* What it has to give for a parameter; NULL: nothing.  Not what names the account, which is another one here. */
static const struct sw_json *given(const struct import_kind *kind, const struct sw_field *p,
				   const struct sw_json *there)
{
	bool sender = kind->sender && strcmp(p->name, "sender") == 0;
	const struct sw_json *value = sw_json_get(there, sender ? kind->sender : p->name);
	bool own = p->flags & SW_PATH || strcmp(p->name, "account_sid") == 0;
	return own ? NULL : value;
}

static size_t count_params(const struct sw_endpoint *e)
{
	size_t n = 0;
	while (e->params && e->params[n].name)
		n++;
	return n;
}

/* ---- what is said to the server here ---- */

static void refuse(struct import *import, const struct import_kind *kind, const struct sw_json *there,
		   struct sw_str why)
{
	import_note(import, import_name(import->arena, kind, there), why);
}

static void send(struct import *import, const struct sw_endpoint *e, struct sw_str sid, const struct pair *pairs,
		 size_t n, struct sw_str as, struct import_reply *ret)
{
	struct sw_str url =
		import_url(import->arena, &import->to, e->product, sw_str_of(e->path), sid.p ? sid : SW_S(""));
	import_ask(import->arena, &import->to, e->method, url, form_of(import->arena, pairs, n), as, ret);
}

/* One that is refused does not keep the others back: each is tried alone then. @return true: something was taken */
static bool change(struct import *import, const struct import_kind *kind, struct sw_str sid,
		   const struct sw_json *there, const struct pair *pairs, size_t n, bool *ret_refused)
{
	struct import_reply reply;
	bool taken = false;
	send(import, kind->update, sid, pairs, n, SW_STR_NULL, &reply);
	if (import_well(&reply))
		return true;
	for (size_t i = 0; i < n && n > 1 && reply.status >= 400 && reply.status < 500; i++) {
		struct import_reply alone;
		send(import, kind->update, sid, &pairs[i], 1, SW_STR_NULL, &alone);
		if (import_well(&alone))
			taken = true;
		else
			refuse(import, kind, there,
			       sw_str_fmt(import->arena, "not %.*s: %.*s", SW_FMT(pairs[i].name), SW_FMT(alone.why)));
		*ret_refused |= !import_well(&alone);
	}
	if (!*ret_refused && !taken) {
		refuse(import, kind, there, sw_str_fmt(import->arena, "not changed: %.*s", SW_FMT(reply.why)));
		*ret_refused = true;
	}
	return taken;
}

/* What differs; what is empty there is emptied here where that can be. */
static size_t differences(struct sw_arena *arena, const struct import_kind *kind, const struct sw_json *there,
			  const struct sw_json *here, struct pair *ret)
{
	size_t n = 0;
	for (const struct sw_field *p = kind->update ? kind->update->params : NULL; p && p->name; p++) {
		const struct sw_json *value = given(kind, p, there), *now = sw_json_get(here, p->name);
		struct sw_str wanted = text_of(arena, value);
		if (!value || !now || sw_str_eq(wanted, text_of(arena, now)) ||
		    (!wanted.n && !(p->flags & SW_EMPTY_OK)))
			continue;
		ret[n++] = (struct pair){ sw_field_param(arena, p, kind->update->style), value };
	}
	return n;
}

/* ---- is it here? ---- */

/* @return 0 (*ret: as it is here, or NULL), or -1 and a note */
static int find_by_sid(struct import *import, const struct import_kind *kind, const struct sw_json *there,
		       struct sw_str sid, const struct sw_json **ret)
{
	struct import_reply reply;
	struct sw_str url =
		import_url(import->arena, &import->to, kind->fetch->product, sw_str_of(kind->fetch->path), sid);
	import_ask(import->arena, &import->to, "GET", url, SW_STR_NULL, SW_STR_NULL, &reply);
	*ret = import_well(&reply) ? reply.json : NULL;
	if (*ret || reply.status == 404)
		return 0;
	refuse(import, kind, there, sw_str_fmt(import->arena, "cannot be looked for here: %.*s", SW_FMT(reply.why)));
	return -1;
}

/* A number may be here under another SID, as those that the first start gives are. */
static int find_sender(struct import *import, const struct import_kind *kind, const struct sw_json *there,
		       const struct sw_json **ret)
{
	struct import_reply reply;
	struct sw_buf query = { .arena = import->arena };
	sw_form_add(&query, SW_S("sender"), sw_json_get_str(there, kind->sender));
	struct sw_str url = import_url(import->arena, &import->to, NULL, SW_S("/v1/senders"), SW_S(""));
	import_ask(import->arena, &import->to, "GET",
		   sw_str_fmt(import->arena, "%.*s?%.*s", SW_FMT(url), SW_FMT(sw_buf_str(&query))), SW_STR_NULL,
		   SW_STR_NULL, &reply);
	const struct sw_json *rows = sw_json_get(reply.json, "data");
	*ret = NULL;
	if (!import_well(&reply)) {
		refuse(import, kind, there,
		       sw_str_fmt(import->arena, "cannot be looked for here: %.*s", SW_FMT(reply.why)));
		return -1;
	}
	return rows && rows->child ? find_by_sid(import, kind, there, sw_json_get_str(rows->child, "sid"), ret) : 0;
}

static int find(struct import *import, const struct import_kind *kind, const struct sw_json *there,
		const struct sw_json **ret)
{
	return kind->sender ? find_sender(import, kind, there, ret)
			    : find_by_sid(import, kind, there, sw_json_get_str(there, "sid"), ret);
}

/* ---- creating ---- */

/* {"type":…,"schema_version":…} of a row that has more. */
static struct sw_str part_text(struct sw_arena *arena, const struct import_part *part, const struct sw_json *row)
{
	struct sw_buf text = { .arena = arena };
	struct sw_json_out out = { .buf = &text };
	sw_json_object(&out);
	for (const char *const *member = part->members; *member; member++)
		if (sw_json_get(row, *member)) {
			sw_json_plain_key(&out, *member);
			sw_json_value(&out, sw_json_get(row, *member));
		}
	sw_json_end_object(&out);
	return sw_buf_str(&text);
}

/* A parameter whose values stand in a list of their own, as an array of texts. @return -1 and a note */
static int add_part(struct import *import, const struct import_kind *kind, const struct sw_json *there,
		    struct pair *ret)
{
	const struct import_part *part = kind->part;
	struct import_rows rows;
	struct sw_str why, url = import_url(import->arena, &import->from, kind->list->product, sw_str_of(part->list),
					    sw_json_get_str(there, "sid"));
	struct sw_json *array = SW_ARENA_NEW(import->arena, struct sw_json), **end = &array->child;
	if (import_list(import->arena, &import->from, url, part->list_key, &rows, &why)) {
		refuse(import, kind, there, sw_str_fmt(import->arena, "its %s: %.*s", part->param, SW_FMT(why)));
		return -1;
	}
	array->kind = SW_JSON_ARRAY;
	for (size_t i = 0; i < rows.n; i++) {
		*end = SW_ARENA_NEW(import->arena, struct sw_json);
		(*end)->kind = SW_JSON_STRING;
		(*end)->text = part_text(import->arena, part, rows.v[i]);
		end = &(*end)->next;
	}
	const struct sw_field *field = sw_schema_find(kind->create->params, sw_str_of(part->param));
	*ret = (struct pair){ sw_field_param(import->arena, field, kind->create->style), array };
	return 0;
}

static int create(struct import *import, const struct import_kind *kind, const struct sw_json *there)
{
	const struct sw_endpoint *e = kind->create;
	struct pair *pairs = SW_ARENA_ARRAY(import->arena, struct pair, count_params(e) + 1);
	struct import_reply reply;
	size_t n = 0;
	for (const struct sw_field *p = e->params; p->name; p++) {
		const struct sw_json *value = given(kind, p, there);
		if (value && value->kind != SW_JSON_NULL)
			pairs[n++] = (struct pair){ sw_field_param(import->arena, p, e->style), value };
	}
	if (kind->part && add_part(import, kind, there, &pairs[n++]))
		return -1;
	send(import, e, SW_STR_NULL, pairs, n, sw_json_get_str(there, "sid"), &reply);
	if (import_well(&reply))
		return 0;
	refuse(import, kind, there, sw_str_fmt(import->arena, "not created: %.*s", SW_FMT(reply.why)));
	return -1;
}

/* ---- one ---- */

static bool hides_password(struct sw_arena *arena, const struct sw_json *there)
{
	return sw_str_find(text_of(arena, there), SW_S(MASK)) >= 0;
}

enum import_outcome import_copy(struct import *import, const struct import_kind *kind, const struct sw_json *there)
{
	const struct sw_json *here;
	struct pair *pairs =
		SW_ARENA_ARRAY(import->arena, struct pair, (kind->update ? count_params(kind->update) : 0) + 1);
	bool refused = false, is_new;
	struct sw_sid sid;
	if (sw_sid_parse(sw_json_get_str(there, "sid"), NULL, &sid)) { /* it becomes part of paths and of a header */
		refuse(import, kind, there, SW_S("what it is called there is no SID"));
		return IMPORT_REFUSED;
	}
	if (find(import, kind, there, &here))
		return IMPORT_REFUSED;
	is_new = !here;
	if (is_new && hides_password(import->arena, there)) {
		refuse(import, kind, there, SW_S("a password in it is not shown; create it here by hand"));
		return IMPORT_REFUSED;
	}
	if (!is_new && import->keep)
		return IMPORT_KEPT;
	if (is_new && import->dry_run)
		return IMPORT_CREATED;
	if (is_new && (create(import, kind, there) || find(import, kind, there, &here)))
		return IMPORT_REFUSED;
	if (!here) {
		refuse(import, kind, there, SW_S("not created: this server made another one in its place"));
		return IMPORT_REFUSED;
	}
	size_t n = differences(import->arena, kind, there, here, pairs);
	if (n && import->dry_run)
		return IMPORT_CHANGED;
	bool changed = n && change(import, kind, sw_json_get_str(here, "sid"), there, pairs, n, &refused);
	if (refused)
		return IMPORT_REFUSED;
	return is_new ? IMPORT_CREATED : changed ? IMPORT_CHANGED : IMPORT_SAME;
}
