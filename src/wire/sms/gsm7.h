/*
 * wire/sms/gsm7.h - the GSM 7 bit default alphabet with its extension table (3GPP TS 23.038 section 6.2.1),
 * and the packing of septets into octets (section 6.1.2.1).
 *
 * A septet is one byte 0..127 here.  '@' is septet 0: septets are counted, never NUL-terminated.
 * Thread: any.
 */
#ifndef SW_WIRE_SMS_GSM7_H
#define SW_WIRE_SMS_GSM7_H

#include "base/str.h"

#define SW_GSM7_ESCAPE 0x1B

/** Septets of one code point: 1, or 2 (the escape first); 0 when the alphabet lacks it. */
unsigned sw_gsm7_of(uint32_t cp, uint8_t ret[2]);
/** UTF-8 to septets in the arena. @return 0, SW_EUNSUPPORTED (a character that the alphabet lacks) */
int sw_gsm7_encode(struct sw_arena *arena, struct sw_str utf8, uint8_t **ret, size_t *ret_n) SW_MUST_CHECK;
/** Septets to UTF-8. An unknown escape shows its plain character, a lone or doubled escape a blank (section 6.2.1). */
struct sw_str sw_gsm7_decode(struct sw_arena *arena, const uint8_t *septets, size_t n);

/** Octets that n septets need behind fill_bits (0..6) unused bits. */
size_t sw_gsm7_packed_bytes(size_t n, unsigned fill_bits);
/**
 * Pack; out holds sw_gsm7_packed_bytes(n, fill_bits). When seven bits stay free at the end they are a carriage
 * return, since zeros would read as one more '@'.  fill_bits aligns septets behind a user data header.
 */
void sw_gsm7_pack(const uint8_t *septets, size_t n, unsigned fill_bits, uint8_t *out);
/** Take n septets out of packed octets; packed holds sw_gsm7_packed_bytes(n, fill_bits). */
void sw_gsm7_unpack(const uint8_t *packed, size_t n, unsigned fill_bits, uint8_t *out);

#endif
