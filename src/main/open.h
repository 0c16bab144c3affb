/* main/open.h - what several commands open: the store with every module's statements, and the note of a running server.
 */
#ifndef SW_MAIN_OPEN_H
#define SW_MAIN_OPEN_H

#include "core/account.h"
#include "main/config.h"

int store_open(struct sw_arena *arena, const struct config *config, bool read_only, struct sw_store **ret,
	       struct sw_str *ret_why) SW_MUST_CHECK;

/*
 * DIR/server.run (mode 0600): URL, account SID and the auth token sealed with the installation's key, and over TLS
 * the certificate, so that `strowger send` and `tail` find the server without being told, and trust nobody else.
 * Removed when the server ends.
 *
 * @param certificate  PEM; absent: plain HTTP
 */
int note_write(struct sw_arena *arena, struct sw_str dir, const struct sw_core *core, struct sw_str url,
	       const struct sw_account *account, struct sw_str certificate) SW_MUST_CHECK;
void note_remove(struct sw_arena *arena, struct sw_str dir);

#endif
