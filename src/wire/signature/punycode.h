/*
 * wire/signature/punycode.h - names of hosts outside ASCII as they go over the wire (RFC 3492, RFC 5890).
 *
 * Letters are taken as they are written: only A to Z are lowered, nothing is composed or folded.
 * Thread: any.
 */
#ifndef SW_WIRE_SIGNATURE_PUNYCODE_H
#define SW_WIRE_SIGNATURE_PUNYCODE_H

#include "base/buf.h"

/** Append the host, each label with other bytes than ASCII as "xn--…". @return 0, SW_EINVAL (not UTF-8, a label too
 * long) */
int sw_punycode_host(struct sw_buf *out, struct sw_str host) SW_MUST_CHECK;

#endif
