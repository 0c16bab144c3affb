/*
 * net/authority.h - a certificate authority of one's own, for a few names only (RFC 5280).
 *
 * Its certificate says itself that it may only sign for these names and what is below them (name constraints), so
 * that trusting it opens nothing else.  Keys are P-256.  It stands in one file, readable by its owner alone, that
 * several processes may make at the same time: the first one's counts.
 *
 * Ownership: texts are copied.  Thread: any, one at a time.
 */
#ifndef SW_NET_AUTHORITY_H
#define SW_NET_AUTHORITY_H

#include "base/arena.h"
#include "base/err.h"
#include "net/tls.h"

struct sw_authority;

void sw_authority_free(struct sw_authority *authority);
/**
 * Read it, or make it when it is not there, is for other names or ends within 30 days.
 * @param file   its certificate and key; the folder exists
 * @param name   DNS names or IP numbers that it may sign for, at most SW_AUTHORITY_NAMES
 * @return 0, SW_EINVAL (a name), SW_EIO; *ret_why says why, in the arena
 */
int sw_authority_open(struct sw_arena *arena, struct sw_str file, const struct sw_str *name, size_t names,
		      struct sw_authority **ret, struct sw_str *ret_why) SW_MUST_CHECK;
#define SW_AUTHORITY_NAMES 16
/** Its certificate: PEM, and DER. */
struct sw_str sw_authority_pem(struct sw_arena *arena, const struct sw_authority *authority);
struct sw_str sw_authority_der(struct sw_arena *arena, const struct sw_authority *authority);
/** A certificate for these names, valid for days from now, and its key; PEM. */
void sw_authority_issue(struct sw_arena *arena, struct sw_authority *authority, const struct sw_str *name, size_t names,
			int days, struct sw_str *ret_certificate, struct sw_str *ret_key);

#endif
