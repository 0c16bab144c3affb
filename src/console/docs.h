/*
 * console/docs.h - what the files of /docs share.  Not for other rooms.
 *
 * docs.c       the table of pages, and what surrounds them
 * guide.c      Markdown (md4c, as GitHub reads it) to HTML
 * reference.c  the list of operations, from the OpenAPI that the program emits
 * operation.c  one of them
 * markdown.c   all of them in one text
 * site.c       every page as a file
 * errors.c     the catalogue of errors; what is deprecated
 * search.c     all of these, by words
 *
 * No page needs JavaScript.
 */
#ifndef SW_CONSOLE_DOCS_H
#define SW_CONSOLE_DOCS_H

#include "base/arena.h"
#include "base/buf.h"
#include "console/console.h"
#include "console/text.h"

/* Every page function: what it answers is appended to out between head and foot. @return an HTTP status */
int docs_front(struct sw_api *api, const struct sw_web_ask *ask, struct sw_buf *out);
int docs_guide(struct sw_api *api, const struct sw_web_ask *ask, struct sw_buf *out);
int docs_reference(struct sw_api *api, const struct sw_web_ask *ask, struct sw_buf *out);
int docs_errors(struct sw_api *api, const struct sw_web_ask *ask, struct sw_buf *out);
int docs_deprecations(struct sw_api *api, const struct sw_web_ask *ask, struct sw_buf *out);
int docs_search(struct sw_api *api, const struct sw_web_ask *ask, struct sw_buf *out);

/** The beginning of a page, up to its <main>; query: what stands in the search field. */
void docs_head(struct sw_buf *out, struct sw_str title, struct sw_str query);
void docs_foot(struct sw_buf *out);
/** Text as HTML shows it, in attributes too. */
void docs_escape(struct sw_buf *out, struct sw_str text);

/** A guide's first heading. */
struct sw_str docs_title(const struct sw_text_file *file);
/** Where a guide is served: "/docs/webhooks"; absent when it is none. */
struct sw_str docs_address(struct sw_arena *arena, const struct sw_text_file *file);
/** A heading as the anchor that leads to it, as GitHub makes it. */
struct sw_str docs_anchor(struct sw_arena *arena, struct sw_str heading);

/* An operation of the OpenAPI document. */
struct docs_operation {
	struct sw_str method, path, name, summary;
	const struct sw_json *about;
};
/** All of them, in order; the count in *ret_n. They belong to the loop and stay as long as it. */
const struct docs_operation *docs_operations(struct sw_api *api, size_t *ret_n);
/** "messaging" of "/messaging/v1/Services"; the two that have no prefix by their names. */
struct sw_str docs_group(struct sw_str path);
/** Whether no operation before all[i] is of its group. */
bool docs_begins_group(const struct docs_operation *all, size_t i);
/** "integer, from 1 to 1000", "list of string", with <code> where it helps. */
void docs_type(struct sw_buf *out, const struct sw_json *schema);
/** where: "path", "query, required" or "required"; "": in the body, and may be left out */
typedef void docs_parameter_fn(struct sw_buf *out, struct sw_str name, const char *where, const struct sw_json *schema);
/** All parameters of an operation; add may be NULL. @return how many */
size_t docs_parameters(const struct docs_operation *o, docs_parameter_fn *add, struct sw_buf *out);
/** Whichever page is at ask->path. @return an HTTP status */
int docs_page(struct sw_api *api, struct sw_web_ask *ask, struct sw_buf *out);
/** The page of one. @return 200 */
int docs_operation(struct sw_api *api, const struct sw_web_ask *ask, const struct docs_operation *o,
		   struct sw_buf *out);

#endif
