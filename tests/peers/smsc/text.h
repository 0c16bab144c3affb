/*
 * text.h - characters to what data_coding 0 (GSM 7-bit, an octet each), 3 (Latin-1) and 8 (UCS-2) mean.
 */
#ifndef SMSC_TEXT_H
#define SMSC_TEXT_H

#include "pdu.h"

enum { CODING_GSM = 0, CODING_LATIN1 = 3, CODING_UCS2 = 8 };

/** UTF-8 to a coding, at the end of b. @return false: a character has no place in it */
bool text_encode(struct buffer *b, const char *utf8, unsigned coding);
/** How many of n bytes fit into a part of at most max, without cutting an escape or a surrogate pair. */
size_t text_part(const uint8_t *bytes, size_t n, size_t max, unsigned coding);

#endif
