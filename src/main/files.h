/*
 * main/files.h - files that commands keep, read and written whole.
 *
 * Ownership: texts in the arena.  Errors: errno's, for strerror().  Thread: any.
 */
#ifndef SW_MAIN_FILES_H
#define SW_MAIN_FILES_H

#include "base/str.h"

struct sw_arena;

/** At most max bytes. @return 0, or an errno (EFBIG: there is more) */
int file_read(struct sw_arena *arena, struct sw_str path, size_t max, struct sw_str *ret) SW_MUST_CHECK;
/** Whole or not at all, for those who may read it now. @param mode  0600 … @return 0, or an errno */
int file_write(struct sw_arena *arena, struct sw_str path, struct sw_str text, unsigned mode) SW_MUST_CHECK;
/** With every folder on the way. @param mode  0700: for this user alone @return 0, or an errno */
int folder_make(struct sw_arena *arena, struct sw_str path, unsigned mode) SW_MUST_CHECK;

#endif
