#include "base/num.h"
#include "core/cache.h"
#include "core/core_sql.h"
#include "core/event/event_type.h"
#include "core/resource.h"
#include "loop/clock.h"
#include "loop/task.h"

enum { ALIGN = 8 };

/* What the engine keeps in columns, not in the document. */
static bool is_column(const struct sw_field *field)
{
	static const char *const names[] = { "sid", "account_sid", "date_created", "date_updated" };
	for (size_t i = 0; i < SW_COUNTOF(names); i++)
		if (strcmp(field->name, names[i]) == 0)
			return true;
	return field->flags & SW_IS_SID || !sw_field_bytes(field);
}

/* Copy rows and give each value its place; the size of the whole is returned. */
static struct sw_field *place(struct sw_arena *arena, const struct sw_field *rows, size_t *ret_bytes)
{
	unsigned n = 0;
	while (rows[n].name)
		n++;
	struct sw_field *fields = SW_ARENA_ARRAY(arena, struct sw_field, n + 1);
	*ret_bytes = 0;
	for (unsigned i = 0; i < n; i++) {
		fields[i] = rows[i];
		fields[i].at = *ret_bytes;
		if (rows[i].fields)
			fields[i].fields = place(arena, rows[i].fields, &fields[i].bytes);
		*ret_bytes += (sw_field_bytes(&fields[i]) + ALIGN - 1) / ALIGN * ALIGN;
		SW_BUG_ON(rows[i].flags & SW_INDEXED && (rows[i].fields || rows[i].type == SW_STRS));
	}
	return fields;
}

struct sw_resource_type *sw_resource_compile(struct sw_arena *arena, const struct sw_resource *def)
{
	struct sw_resource_type *type = SW_ARENA_NEW(arena, struct sw_resource_type);
	*type = (struct sw_resource_type){ .def = def };
	type->fields = place(arena, def->fields, &type->bytes);
	type->sid = sw_schema_find(type->fields, SW_S("sid"));
	type->account_sid = sw_schema_find(type->fields, SW_S("account_sid"));
	type->date_created = sw_schema_find(type->fields, SW_S("date_created"));
	type->date_updated = sw_schema_find(type->fields, SW_S("date_updated"));
	for (const struct sw_field *f = type->fields; f->name; f++)
		if (f->flags & SW_UNIQUE)
			type->unique = f;
		else if (f->flags & SW_IS_SID)
			type->sid = f;
	SW_BUG_ON(!type->sid || (def->flags & (SW_BY_NAME | SW_BY_KEY) && !type->unique));
	return type;
}

const void *sw_resource_field(const struct sw_resource_type *type, const void *object, const char *name)
{
	const struct sw_field *field = sw_schema_find(type->fields, sw_str_of(name));
	SW_BUG_ON(!field);
	return (const char *)object + field->at;
}

void sw_resource_set_text(const struct sw_resource_type *type, void *object, const char *name, struct sw_str value)
{
	const struct sw_field *field = sw_schema_find(type->fields, sw_str_of(name));
	SW_BUG_ON(!field || sw_field_bytes(field) != sizeof(value));
	memcpy((char *)object + field->at, &value, sizeof(value));
}

void sw_resource_set(const struct sw_resource_type *type, void *object, const char *name, const void *value)
{
	const struct sw_field *field = sw_schema_find(type->fields, sw_str_of(name));
	SW_BUG_ON(!field);
	memcpy((char *)object + field->at, value, sw_field_bytes(field));
}

static void set(void *object, const struct sw_field *field, const void *value)
{
	if (field)
		memcpy((char *)object + field->at, value, sw_field_bytes(field));
}

void *sw_resource_object(struct sw_arena *arena, const struct sw_resource_type *type, const struct sw_account *account,
			 struct sw_sid sid, int64_t created_us, int64_t updated_us)
{
	void *object = sw_arena_alloc(arena, type->bytes);
	sw_schema_clear(type->fields, object);
	set(object, type->sid, &sid);
	set(object, type->account_sid, &account->sid);
	set(object, type->date_created, &created_us);
	set(object, type->date_updated, &updated_us);
	return object;
}

/* ---- documents ---- */

static struct sw_str about(struct sw_arena *arena, const struct sw_resource_type *type, const void *object)
{
	return sw_sid_text(arena, sw_resource_sid(type, object));
}

static void write_secret(struct sw_arena *arena, const struct sw_core *core, const struct sw_resource_type *type,
			 const struct sw_field *field, const void *object, struct sw_json_out *out)
{
	struct sw_str plain = *(const struct sw_str *)(const void *)((const char *)object + field->at);
	sw_json_str(out, sw_base64_encode(arena, sw_seal(arena, core->seal_key, about(arena, type, object), plain)));
}

static int open_secret(struct sw_arena *arena, const struct sw_core *core, const struct sw_resource_type *type,
		       const struct sw_field *field, void *object)
{
	struct sw_str sealed, *text = (struct sw_str *)(void *)((char *)object + field->at);
	if (field->type == SW_JSON && text->n >= 2) /* loaded as it stands, between quotes */
		*text = sw_str_sub(*text, 1, text->n - 2);
	return sw_base64_decode(arena, *text, &sealed) ||
			       sw_unseal(arena, core->seal_key, about(arena, type, object), sealed, text)
		       ? SW_ECORRUPT
		       : 0;
}

/* core NULL: for the event log, whose readers are people: secrets do not stand there, not even sealed, nor what is
 * hidden, and times are written as everywhere. */
static struct sw_str write_doc(struct sw_arena *arena, const struct sw_core *core, const struct sw_resource_type *type,
			       const void *object)
{
	struct sw_buf text = { .arena = arena };
	struct sw_json_out out = { .buf = &text };
	sw_json_object(&out);
	for (const struct sw_field *f = type->fields; f->name; f++) {
		if (is_column(f) || sw_field_absent(f, object) || (f->flags & (SW_SECRET | SW_HIDDEN) && !core))
			continue;
		sw_json_key(&out, sw_str_of(f->name));
		if (f->flags & SW_SECRET)
			write_secret(arena, core, type, f, object, &out);
		else
			sw_field_render(f, type->fields, core ? SW_STYLE_STORED : SW_STYLE_NATIVE, SW_STR_NULL, object,
					&out);
	}
	sw_json_end_object(&out);
	return sw_buf_str(&text);
}

/* Documents are written in the table's order, so a member is nearly always found at once. */
static const struct sw_field *field_behind(const struct sw_resource_type *type, const struct sw_field *next,
					   struct sw_str name)
{
	for (const struct sw_field *f = next; f->name; f++)
		if (sw_str_is(name, f->name))
			return f;
	return sw_schema_find(type->fields, name);
}

int sw_resource_read(struct sw_arena *arena, const struct sw_core *core, const struct sw_resource_type *type,
		     const struct sw_account *account, struct sw_row row, struct sw_stored *ret)
{
	struct sw_str rest = sw_row_str(row, 1), name, raw;
	const struct sw_field *next = type->fields;
	*ret = (struct sw_stored){ .sid = sw_sid_of(type->def->kind, sw_row_id(row, 0)),
				   .version = sw_row_int(row, 2),
				   .parent = sw_row_id(row, 5) };
	ret->object = sw_resource_object(arena, type, account, ret->sid, sw_row_int(row, 3), sw_row_int(row, 4));
	while (sw_json_next_member(&rest, &name, &raw)) {
		const struct sw_field *field = field_behind(type, next, name);
		if (!field)
			continue; /* the table does not have it any more */
		sw_field_load(arena, field, raw, ret->object);
		if (field->flags & SW_SECRET && open_secret(arena, core, type, field, ret->object))
			return SW_ECORRUPT;
		next = field + 1;
	}
	return sw_str_is(rest, "}") || sw_str_is(rest, "{}") ? 0 : SW_ECORRUPT;
}

struct sw_str sw_resource_cache_name(struct sw_arena *arena, const struct sw_resource_type *type,
				     const struct sw_account *account)
{
	return sw_cache_name(arena, account->sid, sw_resource_kind(type));
}

int sw_resource_get_wait(struct sw_task *task, const struct sw_core *core, const struct sw_resource_type *type,
			 const struct sw_account *account, struct sw_sid sid, struct sw_stored *ret)
{
	struct sw_rows rows;
	int err = sw_query_wait(task, core->store, sw_task_arena(task), CORE_SQL(SQL_RESOURCE_GET), &rows,
				SW_I(account->bucket), SW_ID(account->sid.id), SW_T(sw_resource_kind(type)),
				SW_ID(sid.id));
	if (err || rows.n == 0)
		return err ? err : SW_ENOTFOUND;
	return sw_resource_read(sw_task_arena(task), core, type, account, rows.row[0], ret);
}

int sw_resource_named_wait(struct sw_task *task, const struct sw_core *core, const struct sw_resource_type *type,
			   const struct sw_account *account, struct sw_id parent, struct sw_str name,
			   struct sw_stored *ret)
{
	struct sw_rows rows;
	int err = sw_query_wait(task, core->store, sw_task_arena(task), CORE_SQL(SQL_RESOURCE_NAMED), &rows,
				SW_I(account->bucket), SW_ID(account->sid.id), SW_T(sw_resource_kind(type)),
				SW_ID(parent), SW_T(name));
	if (err || rows.n == 0)
		return err ? err : SW_ENOTFOUND;
	return sw_resource_read(sw_task_arena(task), core, type, account, rows.row[0], ret);
}

/* ---- changes ---- */

struct sw_str sw_resource_index_text(struct sw_arena *arena, const struct sw_field *field, const void *object)
{
	char number[24], sid[SW_SID_CHARS];
	const void *at = (const char *)object + field->at;
	if (sw_field_absent(field, object))
		return SW_STR_NULL;
	switch (field->type) {
	case SW_INT:
	case SW_TIME:
	case SW_MICROS:
		return sw_str_dup(arena, sw_num_format(*(const int64_t *)at, number));
	case SW_BOOL:
		return *(const int8_t *)at ? SW_S("true") : SW_S("false");
	case SW_SID:
		return sw_str_dup(arena, sw_sid_format(*(const struct sw_sid *)at, sid));
	default:
		return *(const struct sw_str *)at;
	}
}

static void key_step(const struct sw_resource_change *c, const struct sw_field *field, struct sw_str value,
		     struct sw_sid sid, bool insert)
{
	struct sw_str kind = sw_resource_kind(c->type);
	if (!value.p)
		return;
	if (insert)
		sw_txn_do(c->txn, CORE_SQL(SQL_RESOURCE_KEY_INSERT), SW_GUARD_ANY, 0, SW_I(c->account->bucket),
			  SW_ID(c->account->sid.id), SW_T(kind), SW_ID(c->parent), SW_T(sw_str_of(field->name)),
			  SW_T(value), SW_ID(sid.id));
	else
		sw_txn_do(c->txn, CORE_SQL(SQL_RESOURCE_KEY_CLEAR), SW_GUARD_ANY, 0, SW_I(c->account->bucket),
			  SW_ID(c->account->sid.id), SW_T(kind), SW_T(sw_str_of(field->name)), SW_T(value),
			  SW_ID(sid.id));
}

/* Bring resource_key from `before` to `after`; either may be NULL. */
static void index_steps(struct sw_arena *arena, const struct sw_resource_change *c, struct sw_sid sid,
			const void *before, const void *after)
{
	for (const struct sw_field *f = c->type->fields; f->name; f++) {
		if (!(f->flags & SW_INDEXED))
			continue;
		struct sw_str old = before ? sw_resource_index_text(arena, f, before) : SW_STR_NULL;
		struct sw_str new = after ? sw_resource_index_text(arena, f, after) : SW_STR_NULL;
		if (before && after && sw_str_eq(old, new) && !old.p == !new.p)
			continue;
		key_step(c, f, old, sid, false);
		key_step(c, f, new, sid, true);
	}
}

struct sw_str sw_snake(struct sw_arena *arena, const char *pascal)
{
	struct sw_buf out = { .arena = arena };
	for (const char *p = pascal; *p; p++) {
		bool upper = *p >= 'A' && *p <= 'Z';
		if (upper && out.n)
			sw_buf_add_char(&out, '_');
		sw_buf_add_char(&out, upper ? (char)(*p + 32) : *p);
	}
	return sw_buf_str(&out);
}

static void event_step(struct sw_arena *arena, const struct sw_resource_change *c, struct sw_sid sid, const char *what,
		       struct sw_str doc)
{
	struct sw_str type = sw_str_fmt(arena, "%.*s.%s", SW_FMT(sw_snake(arena, c->type->def->name)), what);
	sw_event_add(c->txn, c->account->sid.id, sid, sw_str_cstr(arena, type), doc);
}

/* The name in its column; the engine's unique index is what keeps it unique. */
static struct sw_val name_of(const struct sw_resource_type *type, const void *object)
{
	const struct sw_field *f = type->unique;
	return f ? SW_T(*(const struct sw_str *)(const void *)((const char *)object + f->at)) : SW_NULL;
}

static int taken_code(const struct sw_resource_type *type)
{
	return !type->unique ? SW_EEXIST : type->unique->taken ? type->unique->taken : 20409;
}

static void directory_step(const struct sw_resource_change *c, struct sw_sid sid, bool insert)
{
	struct sw_str kind = sw_str_of(c->type->def->kind);
	if (!(c->type->def->flags & SW_FINDABLE))
		return;
	if (insert)
		sw_txn_do(c->txn, CORE_SQL(SQL_DIRECTORY_PUT), SW_GUARD_ONE, SW_EEXIST, SW_T(kind), SW_ID(sid.id),
			  SW_I(c->account->bucket), SW_ID(c->account->sid.id));
	else
		sw_txn_do(c->txn, CORE_SQL(SQL_DIRECTORY_DROP), SW_GUARD_ANY, 0, SW_T(kind), SW_ID(sid.id));
}

void sw_resource_insert(struct sw_arena *arena, const struct sw_resource_change *c)
{
	struct sw_sid sid = sw_resource_sid(c->type, c->object);
	if (c->type->parent) /* deleted meanwhile, its cascade may have passed: nobody would ever delete this one */
		sw_txn_do(c->txn, CORE_SQL(SQL_RESOURCE_THERE), SW_GUARD_ONE, SW_ENOTFOUND, SW_I(c->account->bucket),
			  SW_ID(c->account->sid.id), SW_T(sw_resource_kind(c->type->parent)), SW_ID(c->parent));
	sw_txn_do(c->txn, CORE_SQL(SQL_RESOURCE_INSERT), SW_GUARD_ONE, taken_code(c->type), SW_I(c->account->bucket),
		  SW_ID(c->account->sid.id), SW_T(sw_resource_kind(c->type)), SW_ID(sid.id), SW_ID(c->parent),
		  name_of(c->type, c->object), SW_T(write_doc(arena, c->core, c->type, c->object)), SW_I(sw_wall_us()));
	directory_step(c, sid, true);
	index_steps(arena, c, sid, NULL, c->object);
	event_step(arena, c, sid, "created", write_doc(arena, NULL, c->type, c->object));
	if (c->type->def->created)
		c->type->def->created(c);
}

void sw_resource_update(struct sw_arena *arena, const struct sw_resource_change *c, int64_t version)
{
	struct sw_sid sid = sw_resource_sid(c->type, c->object);
	sw_txn_do(c->txn, CORE_SQL(SQL_RESOURCE_UPDATE), SW_GUARD_ONE, SW_ECONFLICT, SW_I(c->account->bucket),
		  SW_ID(c->account->sid.id), SW_T(sw_resource_kind(c->type)), SW_ID(sid.id), SW_I(version),
		  SW_T(write_doc(arena, c->core, c->type, c->object)), SW_I(sw_wall_us()), name_of(c->type, c->object));
	index_steps(arena, c, sid, c->before, c->object);
	event_step(arena, c, sid, "updated", write_doc(arena, NULL, c->type, c->object));
	if (c->type->def->updated)
		c->type->def->updated(c);
}

void sw_resource_delete(struct sw_arena *arena, const struct sw_resource_change *c, int64_t version)
{
	struct sw_sid sid = sw_resource_sid(c->type, c->before);
	sw_txn_do(c->txn, CORE_SQL(SQL_RESOURCE_DELETE), SW_GUARD_ONE, SW_ECONFLICT, SW_I(c->account->bucket),
		  SW_ID(c->account->sid.id), SW_T(sw_resource_kind(c->type)), SW_ID(sid.id), SW_I(version));
	directory_step(c, sid, false);
	index_steps(arena, c, sid, c->before, NULL);
	event_step(arena, c, sid, "deleted", SW_S("{}"));
	if (c->type->def->deleted)
		c->type->def->deleted(c);
}

/* ---- what changed ---- */

static struct sw_str value_text(struct sw_arena *arena, const struct sw_resource_type *type, const struct sw_field *f,
				const void *object)
{
	struct sw_buf text = { .arena = arena };
	struct sw_json_out out = { .buf = &text };
	if (!object || sw_field_absent(f, object))
		return SW_S("null");
	sw_field_render(f, type->fields, SW_STYLE_NATIVE, SW_STR_NULL, object, &out);
	return sw_buf_str(&text);
}

struct sw_str sw_resource_changes(struct sw_arena *arena, const struct sw_resource_type *type, const void *before,
				  const void *after)
{
	struct sw_buf text = { .arena = arena };
	struct sw_json_out out = { .buf = &text };
	sw_json_object(&out);
	for (const struct sw_field *f = type->fields; f->name; f++) {
		if (is_column(f))
			continue;
		struct sw_str old = value_text(arena, type, f, before), new = value_text(arena, type, f, after);
		if (sw_str_eq(old, new))
			continue;
		bool secret = f->flags & SW_SECRET;
		sw_json_plain_key(&out, f->name);
		sw_json_object(&out);
		sw_json_plain_key(&out, "previous");
		sw_json_raw(&out, secret && !sw_str_is(old, "null") ? SW_S("\"***\"") : old);
		sw_json_plain_key(&out, "updated");
		sw_json_raw(&out, secret && !sw_str_is(new, "null") ? SW_S("\"***\"") : new);
		sw_json_end_object(&out);
	}
	sw_json_end_object(&out);
	return sw_buf_str(&text);
}
