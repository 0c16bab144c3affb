/* carrier/http/http.h - any gateway that takes messages over HTTP, as a file describes it: docs/carriers/http.md. */
#ifndef SW_CARRIER_HTTP_H
#define SW_CARRIER_HTTP_H

#include "carrier/carrier.h"

extern const struct sw_carrier_kind sw_carrier_http;

#endif
