/*
 * main/lint.h - what is allowed in a configuration and still a mistake most of the time.
 *
 * Findings are warnings at start and in `strowger check`, and errors with --strict.
 */
#ifndef SW_MAIN_LINT_H
#define SW_MAIN_LINT_H

#include "base/buf.h"
#include "main/config.h"

struct sw_arena;

/** A line each: what was found, and what to do. @return how many */
unsigned lint(struct sw_arena *arena, const struct config *config, struct sw_buf *out);

/** A host, with or without a port: a name by its whole ("localhost"), a number by its network. */
bool is_loopback(struct sw_str host);

#endif
