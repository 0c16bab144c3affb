/*
 * wire/sms/ucs2.h - UTF-16 code units, which SMS calls UCS-2 (3GPP TS 23.038 section 6.2.3).
 *
 * Characters beyond U+FFFF are sent as surrogate pairs, as every handset does.  Thread: any.
 */
#ifndef SW_WIRE_SMS_UCS2_H
#define SW_WIRE_SMS_UCS2_H

#include "base/str.h"

/** UTF-8 to units in the arena; bytes that are no UTF-8 become U+FFFD. */
void sw_ucs2_encode(struct sw_arena *arena, struct sw_str utf8, uint16_t **ret, size_t *ret_n);
/** Units to UTF-8; a lone surrogate becomes U+FFFD. */
struct sw_str sw_ucs2_decode(struct sw_arena *arena, const uint16_t *units, size_t n);
/** Units to octets, most significant first; out holds 2 * n. */
void sw_ucs2_to_bytes(const uint16_t *units, size_t n, uint8_t *out);
/** Octets to n / 2 units; an odd last octet is left out. */
void sw_ucs2_from_bytes(const uint8_t *bytes, size_t n, uint16_t *out);

#endif
