/*
 * core/resource.h - declared resources: configuration that a table describes and no code handles.
 *
 * One struct sw_resource gives create, fetch, list with filters and paging, update, delete, events, OpenAPI and docs
 * (api/resource/handlers.c makes the endpoints).  Stored as a JSON document; fields marked SW_INDEXED also feed
 * resource_key, so that no SQL looks inside JSON; a secret (SW_SECRET) is sealed within its document.
 *
 * A resource may belong to another (.parent): its path names the parent, which must be there; when the parent goes,
 * its children follow, in batches (api/resource/cascade.c).  A field marked SW_UNIQUE is a name: no two under one
 * parent have the same, and with SW_BY_NAME it stands in the path as well as the SID does.
 *
 * The table's fields name themselves; where a value stands in memory is computed when the resource is compiled
 * (sw_resource_compile), so the rows need no offsets.  Fields with the names sid, account_sid, date_created and
 * date_updated are filled by the engine.
 *
 * Thread: compile at start; the rest tasks of any loop.
 */
#ifndef SW_CORE_RESOURCE_H
#define SW_CORE_RESOURCE_H

#include "core/account.h"
#include "core/schema.h"

struct sw_resource_type;

enum {
	SW_NO_CREATE = 1 << 0,
	SW_NO_UPDATE = 1 << 1,
	SW_NO_DELETE = 1 << 2,
};

enum {
	SW_BY_NAME = 1 << 0, /* the path takes the unique name too */
	SW_BY_KEY =
		1 << 1, /* no SID in the path: one is named by its unique field, a parameter beside the list's path */
	SW_FINDABLE = 1 << 3, /* others find it by its SID alone, whoever owns it: it stands in the directory */
	SW_ORDERED = 1 << 2,  /* the contract's list has Order; native lists always do */
};

/* What a hook sees. */
struct sw_resource_change {
	struct sw_task *task;
	const struct sw_core *core;
	const struct sw_account *account;
	const struct sw_resource_type *type;
	void *object;        /* as it will be; a hook may set fields */
	const void *before;  /* as it was; NULL on create */
	struct sw_id parent; /* zero: none */
	struct sw_txn *txn;  /* created, updated, deleted: add steps; NULL in check */
};

struct sw_resource {
	const char *name;     /* "Application": operations CreateApplication … and events application.created … */
	const char *plural;   /* "Applications", in docs and operation summaries */
	const char *doc;      /* one sentence */
	const char *kind;     /* two letters of its SIDs */
	const char *path;     /* of the list, with ".json" in the 2010 style:
				 "/2010-04-01/Accounts/{AccountSid}/Applications.json" */
	const char *list_key; /* "applications" */
	const char *product;  /* "api" */
	enum sw_style style;
	unsigned without; /* SW_NO_… */
	unsigned flags;   /* SW_BY_NAME … */
	const struct sw_resource *parent;
	const char *stored_as; /* name in the store; NULL: kind, which other resources may share */
	const char *native;    /* path of the operations that the contract lacks, in the native style; NULL: none */
	const struct sw_field *fields;
	const char *sdk;        /* as struct sw_endpoint's */
	const int *undeletable; /* codes with which deleting is refused, ended by 0; NULL: none of its own */
	/* Rules that no row can express; NULL: none. @return 0 or SW_EAPI with err filled */
	int (*check)(const struct sw_resource_change *change, struct sw_error *err);
	/* Fill in what is shown but not stored; NULL: nothing. @return 0 or a store error */
	int (*show_wait)(const struct sw_resource_change *change);
	void (*created)(const struct sw_resource_change *change);
	void (*updated)(const struct sw_resource_change *change);
	void (*deleted)(const struct sw_resource_change *change);
};

/* A resource with the places of its fields. */
struct sw_resource_type {
	const struct sw_resource *def;
	struct sw_field *fields; /* copy with .at set */
	size_t bytes;
	const struct sw_field *sid, *account_sid, *date_created, *date_updated; /* NULL: not shown */
	const struct sw_field *unique;                                          /* NULL: has no name */
	const struct sw_resource_type *parent; /* this and the next are set by whoever has all types */
	bool has_children;
};

/** Its name in the store. */
static inline struct sw_str sw_resource_kind(const struct sw_resource_type *type)
{
	return sw_str_of(type->def->stored_as ? type->def->stored_as : type->def->kind);
}

/** For the life of the arena. */
struct sw_resource_type *sw_resource_compile(struct sw_arena *arena, const struct sw_resource *def);

/* One stored resource. */
struct sw_stored {
	struct sw_sid sid;
	struct sw_id parent; /* zero: none */
	void *object;
	int64_t version;
};

/** @return 0, SW_ENOTFOUND or a store error */
int sw_resource_get_wait(struct sw_task *task, const struct sw_core *core, const struct sw_resource_type *type,
			 const struct sw_account *account, struct sw_sid sid, struct sw_stored *ret) SW_MUST_CHECK;
/** By its unique name under a parent (zero: none). */
int sw_resource_named_wait(struct sw_task *task, const struct sw_core *core, const struct sw_resource_type *type,
			   const struct sw_account *account, struct sw_id parent, struct sw_str name,
			   struct sw_stored *ret) SW_MUST_CHECK;
/** One row of sw_resource_list or sw_resource_filtered. */
int sw_resource_read(struct sw_arena *arena, const struct sw_core *core, const struct sw_resource_type *type,
		     const struct sw_account *account, struct sw_row row, struct sw_stored *ret) SW_MUST_CHECK;

/** Steps that insert (guarded: a name that is taken fails with the field's code, a parent that is gone with
 * SW_ENOTFOUND), change and delete (guarded by the version: SW_ECONFLICT), with event and hook. */
void sw_resource_insert(struct sw_arena *arena, const struct sw_resource_change *change);
void sw_resource_update(struct sw_arena *arena, const struct sw_resource_change *change, int64_t version);
void sw_resource_delete(struct sw_arena *arena, const struct sw_resource_change *change, int64_t version);

/** What is kept of an account's resources of one kind (core/cache.h): forgotten when one of them changes. */
struct sw_str sw_resource_cache_name(struct sw_arena *arena, const struct sw_resource_type *type,
				     const struct sw_account *account);

/** An empty object with the engine's fields set. */
void *sw_resource_object(struct sw_arena *arena, const struct sw_resource_type *type, const struct sw_account *account,
			 struct sw_sid sid, int64_t created_us, int64_t updated_us);
/** A field's place in an object; a name that the table does not have is a bug. */
const void *sw_resource_field(const struct sw_resource_type *type, const void *object, const char *name);
/** Set a text field; the text must live as long as the object. */
void sw_resource_set_text(const struct sw_resource_type *type, void *object, const char *name, struct sw_str value);
/** Set a field of any type from a value of that type. */
void sw_resource_set(const struct sw_resource_type *type, void *object, const char *name, const void *value);
static inline struct sw_str sw_resource_text(const struct sw_resource_type *type, const void *object, const char *name)
{
	return *(const struct sw_str *)sw_resource_field(type, object, name);
}
static inline struct sw_sid sw_resource_sid(const struct sw_resource_type *type, const void *object)
{
	return *(const struct sw_sid *)(const void *)((const char *)object + type->sid->at);
}
/** What a change did, as JSON: {"friendly_name":{"previous":…,"updated":…}}, secrets as "***". */
struct sw_str sw_resource_changes(struct sw_arena *arena, const struct sw_resource_type *type, const void *before,
				  const void *after);
/** "usage_trigger" of "UsageTrigger". */
struct sw_str sw_snake(struct sw_arena *arena, const char *pascal);
/** The text an indexed field is found by; absent when it has none. */
struct sw_str sw_resource_index_text(struct sw_arena *arena, const struct sw_field *field, const void *object);

#endif
