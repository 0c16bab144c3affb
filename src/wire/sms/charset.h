/*
 * wire/sms/charset.h - octets of a short message in the alphabets that carriers use, to and from UTF-8.
 *
 * An octet of SW_CHARSET_GSM7 is one septet (unpacked).  Thread: any.
 */
#ifndef SW_WIRE_SMS_CHARSET_H
#define SW_WIRE_SMS_CHARSET_H

#include "base/str.h"

enum sw_charset { SW_CHARSET_GSM7, SW_CHARSET_LATIN1, SW_CHARSET_ASCII, SW_CHARSET_UTF8, SW_CHARSET_UCS2 };

/** Octets to UTF-8 in the arena; what means nothing becomes U+FFFD, an odd last octet of UCS-2 is left out. */
struct sw_str sw_charset_decode(struct sw_arena *arena, enum sw_charset charset, struct sw_str octets);
/** UTF-8 to octets in the arena. @return 0, SW_EUNSUPPORTED (a character that the alphabet lacks) */
int sw_charset_encode(struct sw_arena *arena, enum sw_charset charset, struct sw_str utf8,
		      struct sw_str *ret) SW_MUST_CHECK;

#endif
