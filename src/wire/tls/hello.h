/*
 * wire/tls/hello.h - the first flight of a TLS client: which server does it ask for?  (RFC 8446 section 4.1.2, RFC 6066
 * section 3)
 *
 * Thread: any.
 */
#ifndef SW_WIRE_TLS_HELLO_H
#define SW_WIRE_TLS_HELLO_H

#include "base/err.h"
#include "base/str.h"

/**
 * @param bytes     what the client has sent so far
 * @param ret_name  into bytes; absent when the client names no server, or more than the first record holds
 * @return 0, SW_EMORE, SW_EINVAL (this is not TLS)
 */
int sw_tls_hello_name(struct sw_str bytes, struct sw_str *ret_name) SW_MUST_CHECK;

#endif
