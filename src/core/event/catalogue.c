#include "core/event/event_type.h"

#include <stdlib.h>

#include "base/arena.h"

enum { FIRST_ROOM = 64 };

struct sw_event_catalogue {
	struct sw_arena *arena;
	struct sw_event_type *v;          /* by name */
	const struct sw_event_type **log; /* by type */
	size_t n, room;
	bool done;
};

struct sw_event_catalogue *sw_event_catalogue_new(struct sw_arena *arena)
{
	struct sw_event_catalogue *catalogue = SW_ARENA_NEW(arena, struct sw_event_catalogue);
	*catalogue = (struct sw_event_catalogue){ .arena = arena };
	return catalogue;
}

/* ---- adding ---- */

static struct sw_event_type *find_loose(struct sw_event_catalogue *catalogue, struct sw_str type)
{
	for (size_t i = 0; i < catalogue->n; i++)
		if (sw_str_eq(catalogue->v[i].type, type))
			return &catalogue->v[i];
	return NULL;
}

static struct sw_event_type *add(struct sw_event_catalogue *catalogue, struct sw_str type)
{
	struct sw_event_type *there = find_loose(catalogue, type);
	SW_BUG_ON(catalogue->done);
	if (there)
		return there;
	if (catalogue->n == catalogue->room) {
		size_t room = catalogue->room ? 2 * catalogue->room : FIRST_ROOM;
		struct sw_event_type *v = SW_ARENA_ARRAY(catalogue->arena, struct sw_event_type, room);
		if (catalogue->n)
			memcpy(v, catalogue->v, catalogue->n * sizeof(*v));
		catalogue->v = v;
		catalogue->room = room;
	}
	struct sw_str status = type, subject = sw_str_cut(&status, '.');
	struct sw_str own = sw_camel(catalogue->arena, subject, true);
	there = &catalogue->v[catalogue->n++];
	*there = (struct sw_event_type){
		.type = type,
		.name = sw_str_fmt(catalogue->arena, "strowger.%.*s", SW_FMT(type)),
		.schema = sw_str_fmt(catalogue->arena, "Strowger.%.*s", SW_FMT(own)),
		.subject = subject,
		.status = status,
		.kind = "AC",
		.source = SW_S("/2010-04-01/Accounts/{account_sid}.json#{sid}"),
	};
	return there;
}

void sw_event_catalogue_rows(struct sw_event_catalogue *catalogue, const struct sw_event_row *rows)
{
	for (const struct sw_event_row *row = rows; row && row->type; row++) {
		struct sw_event_type *type = add(catalogue, sw_str_of(row->type));
		type->doc = sw_str_of(row->doc);
		if (row->data)
			type->data = row->data;
		if (row->contract) {
			type->name = sw_str_of(row->contract);
			type->contract = true;
		}
		if (row->schema)
			type->schema = sw_str_of(row->schema);
	}
}

void sw_event_catalogue_fsm(struct sw_event_catalogue *catalogue, const struct sw_fsm_events *events)
{
	const struct sw_fsm *fsm = events->fsm;
	for (unsigned state = 1; state <= fsm->n_states; state++) {
		const char *name = fsm->states[state];
		struct sw_event_type *type = add(catalogue, sw_fsm_event_type(catalogue->arena, fsm, state));
		type->doc = sw_str_fmt(catalogue->arena, "A %s became %s.", fsm->name, name);
		type->data = events->data;
		type->source = sw_str_of(events->source);
		type->kind = events->kind;
		if (events->schema)
			type->schema = sw_str_of(events->schema);
		if (events->contract) {
			type->name = sw_str_fmt(catalogue->arena, "%s.%s", events->contract, name);
			type->contract = true;
		}
	}
}

/* "/v1/Sinks" becomes "/v1/Sinks/{sid}"; one that names parents is left to the account. */
static struct sw_str source_of(struct sw_arena *arena, const char *path)
{
	struct sw_buf out = { .arena = arena };
	struct sw_str rest = sw_str_of(path);
	bool dot_json = sw_str_ends(rest, SW_S(".json"));
	static const char variable[] = "{AccountSid}";
	if (dot_json)
		rest.n -= sizeof(".json") - 1;
	ptrdiff_t at = sw_str_find(rest, sw_str_of(variable));
	if (at >= 0) {
		sw_buf_add_str(&out, sw_str_sub(rest, 0, (size_t)at));
		sw_buf_add_cstr(&out, "{account_sid}");
		rest = sw_str_from(rest, (size_t)at + sizeof(variable) - 1);
	}
	if (sw_str_index(rest, '{') >= 0)
		return SW_STR_NULL;
	sw_buf_add_str(&out, rest);
	sw_buf_add_cstr(&out, dot_json ? "/{sid}.json" : "/{sid}");
	return sw_buf_str(&out);
}

void sw_event_catalogue_resource(struct sw_event_catalogue *catalogue, const struct sw_resource *resource)
{
	static const struct {
		const char *what;
		unsigned without;
	} changes[] = { { "created", SW_NO_CREATE }, { "updated", SW_NO_UPDATE }, { "deleted", SW_NO_DELETE } };
	struct sw_arena *arena = catalogue->arena;
	struct sw_str subject = sw_snake(arena, resource->name);
	for (size_t i = 0; i < SW_COUNTOF(changes); i++) {
		struct sw_event_type *type =
			add(catalogue, sw_str_fmt(arena, "%.*s.%s", SW_FMT(subject), changes[i].what));
		struct sw_str source = source_of(arena, resource->path);
		type->doc = sw_str_fmt(arena, "%s was %s.", resource->name, changes[i].what);
		type->data = resource->fields;
		type->kind = resource->kind;
		if (source.p)
			type->source = source;
	}
}

static int by_name(const void *a, const void *b)
{
	return sw_str_cmp(((const struct sw_event_type *)a)->name, ((const struct sw_event_type *)b)->name);
}

static int by_type(const void *a, const void *b)
{
	return sw_str_cmp((*(const struct sw_event_type *const *)a)->type,
			  (*(const struct sw_event_type *const *)b)->type);
}

void sw_event_catalogue_done(struct sw_event_catalogue *catalogue)
{
	catalogue->log = SW_ARENA_ARRAY(catalogue->arena, const struct sw_event_type *, catalogue->n + 1);
	qsort(catalogue->v, catalogue->n, sizeof(*catalogue->v), by_name);
	for (size_t i = 0; i < catalogue->n; i++)
		catalogue->log[i] = &catalogue->v[i];
	qsort(catalogue->log, catalogue->n, sizeof(*catalogue->log), by_type);
	catalogue->done = true;
}

/* Types that share a schema have one table of members or none. */
static const struct sw_event_type *other_data(const struct sw_event_catalogue *catalogue,
					      const struct sw_event_type *type)
{
	for (const struct sw_event_type *other = catalogue->v; other < type; other++)
		if (sw_str_eq(other->schema, type->schema) && other->data && type->data && other->data != type->data)
			return other;
	return NULL;
}

void sw_event_catalogue_check(const struct sw_event_catalogue *catalogue, struct sw_buf *complaints)
{
	for (size_t i = 0; i < catalogue->n; i++) {
		const struct sw_event_type *type = &catalogue->v[i];
		if (!type->doc.n || !type->status.n)
			sw_buf_add_fmt(complaints, "event %.*s: it has no sentence or no dot\n", SW_FMT(type->type));
		if (i && sw_str_eq(type->name, catalogue->v[i - 1].name))
			sw_buf_add_fmt(complaints, "event %.*s: another has its name outside\n", SW_FMT(type->type));
		const struct sw_event_type *other = other_data(catalogue, type);
		if (other)
			sw_buf_add_fmt(complaints,
				       "event %.*s: its schema %.*s is that of %.*s, whose data are others\n",
				       SW_FMT(type->type), SW_FMT(type->schema), SW_FMT(other->type));
		for (const struct sw_field *f = type->data; f && f->name; f++)
			if (!f->doc || !*f->doc)
				sw_buf_add_fmt(complaints, "event %.*s: %s has no doc\n", SW_FMT(type->type), f->name);
	}
}

/* ---- finding ---- */

const struct sw_event_type *sw_event_type_at(const struct sw_event_catalogue *catalogue, size_t i)
{
	return i < catalogue->n ? &catalogue->v[i] : NULL;
}

const struct sw_event_type *sw_event_type_find(const struct sw_event_catalogue *catalogue, struct sw_str type)
{
	const struct sw_event_type key = { .type = type }, *wanted = &key;
	const struct sw_event_type **found =
		bsearch(&wanted, catalogue->log, catalogue->n, sizeof(*catalogue->log), by_type);
	return found ? *found : NULL;
}

const struct sw_event_type *sw_event_type_named(const struct sw_event_catalogue *catalogue, struct sw_str name)
{
	const struct sw_event_type key = { .name = name };
	return bsearch(&key, catalogue->v, catalogue->n, sizeof(*catalogue->v), by_name);
}
