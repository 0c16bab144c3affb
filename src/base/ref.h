/*
 * base/ref.h - reference counts for what outlives a request.
 *
 * Not atomic: an object belongs to one loop.  The destructor stands first in the file
 * of its object and releases every member; the memory itself is freed behind it.
 *
 *	struct call *call = sw_new(struct call, call_destroy);    one reference
 *	call = sw_unref(call);                                    NULL
 */
#ifndef SW_BASE_REF_H
#define SW_BASE_REF_H

#include <stddef.h>

typedef void sw_destroy_fn(void *object);

/** Zeroed object with one reference; destroy may be NULL. */
void *sw_ref_new(size_t bytes, sw_destroy_fn *destroy);
#define sw_new(type, destroy) ((type *)sw_ref_new(sizeof(type), (destroy)))

/** One reference more; NULL is passed through. @return object */
void *sw_ref(void *object);
/** One reference less; the last destroys. NULL is accepted. @return NULL */
void *sw_unref(void *object);
/** Objects alive in this process, for the tests' leak count. */
size_t sw_ref_alive(void);

#endif
