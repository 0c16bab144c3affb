#include "wire/http/chars.h"

#define T SW_HTTP_TCHAR
#define V SW_HTTP_VALUE
#define G SW_HTTP_TARGET
#define H SW_HTTP_HOST
#define X SW_HTTP_HEX

const uint8_t sw_http_chars[256] = {
	['\t'] = V,
	[' '] = V,
	['!'] = T | V | G,
	['"'] = V | G,
	['#'] = T | V,
	['$'] = T | V | G,
	['%'] = T | V | G | H,
	['&' ... '\''] = T | V | G,
	['(' ... ')'] = V | G,
	['*' ... '+'] = T | V | G,
	[','] = V | G,
	['-' ... '.'] = T | V | G | H,
	['/'] = V | G,
	['0' ... '9'] = T | V | G | H | X,
	[':'] = V | G | H,
	[';' ... '@'] = V | G,
	['A' ... 'F'] = T | V | G | H | X,
	['G' ... 'Z'] = T | V | G | H,
	['['] = V | G | H,
	['\\'] = V | G,
	[']'] = V | G | H,
	['^'] = T | V | G,
	['_'] = T | V | G | H,
	['`'] = T | V | G,
	['a' ... 'f'] = T | V | G | H | X,
	['g' ... 'z'] = T | V | G | H,
	['{'] = V | G,
	['|'] = T | V | G,
	['}'] = V | G,
	['~'] = T | V | G | H,
	[0x80 ... 0xff] = V,
};
