/*
 * net/http_header.h - one header field to send, or as received.  Slices are borrowed.
 */
#ifndef SW_NET_HTTP_HEADER_H
#define SW_NET_HTTP_HEADER_H

#include "base/str.h"

struct sw_http_header {
	struct sw_str name, value;
};

#endif
