/*
 * wire/multipart/multipart.h - multipart/form-data (RFC 7578, RFC 2046 section 5.1) of text fields.
 *
 * For clients that post forms that way.  Parts become the pairs of a struct sw_form, in their order.  Strict: CRLF
 * line ends, every part with Content-Disposition: form-data and a name, values valid UTF-8 without NUL, no
 * transfer encoding but 7bit, 8bit, binary.  What stands before the first and behind the last delimiter is dropped.
 * Thread: any.  Everything returned lives in the arena.
 */
#ifndef SW_WIRE_MULTIPART_MULTIPART_H
#define SW_WIRE_MULTIPART_MULTIPART_H

#include "wire/form/form.h"

/**
 * The boundary of a Content-Type value "multipart/form-data; boundary=...".
 * @return 0, SW_EINVAL, SW_EUNSUPPORTED (another type)
 */
int sw_multipart_boundary(struct sw_arena *arena, struct sw_str content_type, struct sw_str *ret) SW_MUST_CHECK;
/**
 * @return 0, SW_EINVAL (malformed), SW_ELIMIT (more than parts_max parts), SW_EUNSUPPORTED (a file, another
 * transfer encoding)
 */
int sw_multipart_decode(struct sw_arena *arena, struct sw_str body, struct sw_str boundary, size_t parts_max,
			struct sw_form *ret) SW_MUST_CHECK;

#endif
