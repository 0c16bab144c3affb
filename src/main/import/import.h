/*
 * main/import/import.h - `strowger import`: an account's configuration from another server of this API.
 *
 * What is copied follows from the endpoints: a resource that can be listed there and created here is. It keeps its SID
 * (the header Strowger-Sid, api/api.h), so that programs which name it go on and a second import finds what the first
 * one made.
 *
 * Thread: the command's; everything blocks. Texts live in the command's arena.
 */
#ifndef MAIN_IMPORT_IMPORT_H
#define MAIN_IMPORT_IMPORT_H

#include "api/api.h"
#include "main/command.h"
#include "wire/json/json.h"

/* ---- import_ask.c: one of the two servers ---- */

struct import_end {
	struct client client;
	bool by_host; /* products have hosts of their own (messaging.example.com), not prefixes (/messaging) */
};

struct import_reply {
	int status;                 /* 0: none came */
	const struct sw_json *json; /* NULL: none */
	struct sw_str why;          /* what was wrong, when status is none of 200 to 299 */
};

enum { IMPORT_TRIES = 5, IMPORT_PAGE = 100, IMPORT_LIST_MAX = 100000 };

/** The URL of a path as the endpoint's table has it; its variables, but the account's, become `sid`. */
struct sw_str import_url(struct sw_arena *arena, const struct import_end *end, const char *product, struct sw_str path,
			 struct sw_str sid);
/** Ask, again when the server is busy or away. form: absent, GET. sid: for the header Strowger-Sid; absent: none */
void import_ask(struct sw_arena *arena, const struct import_end *end, const char *method, struct sw_str url,
		struct sw_str form, struct sw_str sid, struct import_reply *ret);
bool import_well(const struct import_reply *reply);

/* Rows of a list, over all its pages. */
struct import_rows {
	const struct sw_json **v;
	size_t n, cap;
};
/** @return 0, or an HTTP status that was none of success (0 becomes -1), with *ret_why */
int import_list(struct sw_arena *arena, const struct import_end *end, struct sw_str url, const char *list_key,
		struct import_rows *ret, struct sw_str *ret_why) SW_MUST_CHECK;

/* ---- import_kind.c: what is copied ---- */

struct import_kind {
	const char *name;                                         /* "Application" */
	struct sw_str plural;                                     /* "applications" */
	const struct sw_endpoint *list, *fetch, *create, *update; /* update: NULL when there is none */
	const char
		*sender; /* of numbers, which the operator gives: the member with what stands in From; NULL: others */
	const struct import_part *part; /* what the list does not show; NULL: nothing */
	struct sw_str why_not;          /* it cannot be copied; absent: it can */
};

/* A parameter of creation that stands in a list of its own. */
struct import_part {
	const char *name, *param, *list, *list_key;
	const char *const *members; /* of each row; NULL-terminated */
};

/** Every declared resource of the contract, then the senders. @return how many */
size_t import_kinds(struct sw_arena *arena, const struct sw_api *api, struct import_kind **ret);

/* What accounts elsewhere have and this server does not. */
struct import_absent {
	const char *product, *path, *list_key, *plural, *why;
	size_t own; /* rows that are the account itself */
};
/** Those that no resource of this server is; NULL behind the last. */
const struct import_absent *import_absent_at(const struct import_kind *kinds, size_t n, size_t i);

/* ---- import_copy.c: one resource ---- */

enum import_outcome { IMPORT_CREATED, IMPORT_CHANGED, IMPORT_SAME, IMPORT_KEPT, IMPORT_REFUSED, IMPORT_OUTCOMES };

struct import_note {
	struct import_note *next;
	struct sw_str about, why;
};

struct import {
	struct sw_arena *arena;
	struct import_end from, to;
	bool dry_run, keep; /* keep: what is here already stays as it is */
	struct import_note *notes, **last;
};

/** Copy one; what was refused becomes notes. */
enum import_outcome import_copy(struct import *import, const struct import_kind *kind, const struct sw_json *there);
/** "Application AP… 'name'" */
struct sw_str import_name(struct sw_arena *arena, const struct import_kind *kind, const struct sw_json *object);
void import_note(struct import *import, struct sw_str about, struct sw_str why);

#endif
