/*
 * base/file.h - files that are read and written whole.
 *
 * Waits for the disk: commands, and a program while it starts.
 * Ownership: texts in the arena.  Errors: errno's, for strerror().  Thread: any.
 */
#ifndef SW_BASE_FILE_H
#define SW_BASE_FILE_H

#include "base/str.h"

struct sw_arena;

/** At most max bytes. @return 0, or an errno (EFBIG: there is more) */
int sw_file_read(struct sw_arena *arena, struct sw_str path, size_t max, struct sw_str *ret) SW_MUST_CHECK;
/** Whole or not at all, in place of one that is there, for those who may read it now. @param mode  0600 …
 * @return 0, or an errno */
int sw_file_write(struct sw_arena *arena, struct sw_str path, struct sw_str text, unsigned mode) SW_MUST_CHECK;
/** The same for what cannot be made again, such as a key: on the disk when this returns.
 * @param over  false: only when there is none. @return 0, or an errno (EEXIST: another was quicker) */
int sw_file_keep(struct sw_arena *arena, struct sw_str path, struct sw_str text, unsigned mode,
		 bool over) SW_MUST_CHECK;
/** With every folder on the way. @param mode  0700: for this user alone @return 0, or an errno */
int sw_folder_make(struct sw_arena *arena, struct sw_str path, unsigned mode) SW_MUST_CHECK;
/** A new folder for this user alone, whose name begins so. @return 0, or an errno */
int sw_folder_draw(struct sw_arena *arena, const char *begin, struct sw_str *ret) SW_MUST_CHECK;
/** With all that is in it; links are not followed. @return 0, or an errno */
int sw_folder_remove(const char *path);

#endif
