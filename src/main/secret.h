/*
 * main/secret.h - secrets in URLs of the configuration: scheme://USER:SECRET@HOST, where SECRET may be @FILE or $NAME
 * (core/secret.h).  A secret that begins with one of these signs itself is written %40 or %24.
 */
#ifndef SW_MAIN_SECRET_H
#define SW_MAIN_SECRET_H

#include "base/str.h"

/** The URL with the secret in its place, percent-encoded; in the arena. @return 0, SW_EINVAL (*ret_why says what) */
int secret_fill(struct sw_arena *arena, struct sw_str url, struct sw_str *ret, struct sw_str *ret_why) SW_MUST_CHECK;

#endif
