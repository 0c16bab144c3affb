/*
 * wire/smpp/coding.h - what data_coding says of the octets of a text (SMPP 3.4 section 5.2.19, 3GPP TS 23.038).
 * Thread: any.
 */
#ifndef SW_WIRE_SMPP_CODING_H
#define SW_WIRE_SMPP_CODING_H

#include "wire/sms/charset.h"

/** The alphabet of a data_coding; charset0 is what the carrier means by 0, and by what no rule knows. */
enum sw_charset sw_smpp_charset(uint8_t data_coding, enum sw_charset charset0);
/**
 * The octets behind a user data header of header_bytes (0: none) to unpacked octets in the arena: as they are, or,
 * when the carrier packs GSM septets, taken apart.  A carriage return that only fills the last octet is dropped.
 */
struct sw_str sw_smpp_unpack(struct sw_arena *arena, struct sw_str octets, size_t header_bytes);

#endif
