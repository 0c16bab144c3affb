/*
 * core/secret.h - secrets that a configuration names instead of holding them: @FILE (its first line) or $NAME (a
 * variable of the environment), so that they stand neither in a process list nor in a file that is shared.
 */
#ifndef SW_CORE_SECRET_H
#define SW_CORE_SECRET_H

#include "base/str.h"

/** Whether the setting names a secret, and is none itself. */
bool sw_secret_is_named(struct sw_str setting);
/**
 * What the setting names, in the arena; or the setting itself. It may be empty. A longer line than 4 KiB is cut.
 * Waits for the disk: only while a program starts.
 * @return 0, SW_EINVAL (*ret_why says what, never the secret)
 */
int sw_secret_read(struct sw_arena *arena, struct sw_str setting, struct sw_str *ret,
		   struct sw_str *ret_why) SW_MUST_CHECK;

#endif
