/* api/openapi/errors.h - which errors an operation can answer. */
#ifndef SW_API_OPENAPI_ERRORS_H
#define SW_API_OPENAPI_ERRORS_H

#include "api/router.h"

enum { SW_ERROR_CODES_MAX = 64 };

struct sw_error_codes {
	int v[SW_ERROR_CODES_MAX]; /* ascending */
	size_t n;
};

/** By what every request of its kind passes, by its parameters, and by its row (`.errors`). */
void sw_error_codes(const struct sw_route *route, struct sw_error_codes *ret);

#endif
