#include "wire/http/http.h"
#include "wire/http/chars.h"
#include "base/buf.h"

/* A size line with its extensions, and all trailers together, in bytes. */
#define LINE_MAX_BYTES 256
#define TRAILERS_MAX_BYTES 4096

/* clang-format off */
/* AT_SIZE is 0: a zeroed struct begins. NO: refused. */
enum state {
	AT_SIZE, IN_SIZE, IN_EXT, SIZE_LF, IN_DATA, DATA_CR, DATA_LF, AT_LINE, IN_NAME, IN_VALUE, LINE_LF, END_LF, DONE,
	STATES, NO = STATES
};
enum kind { HEX, TOKEN, COLON, SEMICOLON, CR, LF, OTHER, BAD, KINDS };

/* No blank is taken before ';' or behind the size: RFC 9112 section 7.1.1 calls it bad, smugglers like it. */
static const uint8_t next_state[STATES][KINDS] = {
	/*             HEX       TOKEN     COLON     SEMICOLON CR       LF       OTHER     BAD */
	[AT_SIZE] =  { IN_SIZE,  NO,       NO,       NO,       NO,      NO,      NO,       NO },
	[IN_SIZE] =  { IN_SIZE,  NO,       NO,       IN_EXT,   SIZE_LF, NO,      NO,       NO },
	[IN_EXT] =   { IN_EXT,   IN_EXT,   IN_EXT,   IN_EXT,   SIZE_LF, NO,      IN_EXT,   NO },
	[SIZE_LF] =  { NO,       NO,       NO,       NO,       NO,      IN_DATA, NO,       NO },
	[IN_DATA] =  { NO,       NO,       NO,       NO,       NO,      NO,      NO,       NO },
	[DATA_CR] =  { NO,       NO,       NO,       NO,       DATA_LF, NO,      NO,       NO },
	[DATA_LF] =  { NO,       NO,       NO,       NO,       NO,      AT_SIZE, NO,       NO },
	[AT_LINE] =  { IN_NAME,  IN_NAME,  NO,       NO,       END_LF,  NO,      NO,       NO },
	[IN_NAME] =  { IN_NAME,  IN_NAME,  IN_VALUE, NO,       NO,      NO,      NO,       NO },
	[IN_VALUE] = { IN_VALUE, IN_VALUE, IN_VALUE, IN_VALUE, LINE_LF, NO,      IN_VALUE, NO },
	[LINE_LF] =  { NO,       NO,       NO,       NO,       NO,      AT_LINE, NO,       NO },
	[END_LF] =   { NO,       NO,       NO,       NO,       NO,      DONE,    NO,       NO },
	[DONE] =     { NO,       NO,       NO,       NO,       NO,      NO,      NO,       NO },
};
/* clang-format on */

static enum kind kind_of(uint8_t c)
{
	uint8_t bits = sw_http_chars[c];

	if (bits & SW_HTTP_HEX)
		return HEX;
	if (bits & SW_HTTP_TCHAR)
		return TOKEN;
	if (bits & SW_HTTP_VALUE)
		return c == ':' ? COLON : c == ';' ? SEMICOLON : OTHER;
	return c == '\r' ? CR : c == '\n' ? LF : BAD;
}

static unsigned hex_value(uint8_t c)
{
	return c <= '9' ? c - 0x30u : (c | 0x20u) - 0x61u + 10u;
}

static int step(struct sw_http_chunks *chunks, uint8_t c)
{
	uint8_t state = next_state[chunks->state][kind_of(c)];

	if (state == NO)
		return SW_EINVAL;
	if (++chunks->line > (chunks->state >= AT_LINE ? TRAILERS_MAX_BYTES : LINE_MAX_BYTES))
		return SW_EINVAL;
	if (state == IN_SIZE) {
		if (chunks->left >> 59)
			return SW_EINVAL;
		chunks->left = chunks->left * 16 + hex_value(c);
	} else if (state == IN_DATA) {
		state = chunks->left ? IN_DATA : AT_LINE;
		chunks->line = 0;
	} else if (state == AT_SIZE) {
		chunks->line = 0;
	}
	chunks->state = state;
	return 0;
}

static void take_data(struct sw_http_chunks *chunks, struct sw_str *input, struct sw_buf *out)
{
	size_t n = chunks->left < input->n ? (size_t)chunks->left : input->n;

	sw_buf_add(out, input->p, n);
	*input = sw_str_from(*input, n);
	chunks->left -= n;
	if (chunks->left == 0)
		chunks->state = DATA_CR;
}

int sw_http_dechunk(struct sw_http_chunks *chunks, struct sw_str *input, struct sw_buf *out, size_t out_max)
{
	while (chunks->state != DONE && input->n) {
		int err;

		if (chunks->state == IN_DATA) {
			take_data(chunks, input, out);
			continue;
		}
		err = step(chunks, (uint8_t)input->p[0]);
		if (err)
			return err;
		*input = sw_str_from(*input, 1);
		if (chunks->state == IN_DATA && (out->n > out_max || chunks->left > out_max - out->n))
			return SW_ELIMIT;
	}
	return chunks->state == DONE ? 0 : SW_EMORE;
}
