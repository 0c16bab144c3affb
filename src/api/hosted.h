/*
 * api/hosted.h - the names of the hosted services whose APIs are served here.  Under these names a request can only
 * have come through `strowger run`, or through somebody's name server: over TLS either way.
 *
 * Thread: any.
 */
#ifndef SW_API_HOSTED_H
#define SW_API_HOSTED_H

#include "base/str.h"

/* Domains; what is below them belongs to them. Ends with an absent one. */
extern const struct sw_str sw_hosted_names[];
/** @param host  in any case, with or without a port */
bool sw_hosted(struct sw_str host);

#endif
