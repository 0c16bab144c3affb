/*
 * wire/http/framing.h - what the fields of a head mean for where the message ends; inside this folder.
 */
#ifndef SW_WIRE_HTTP_FRAMING_H
#define SW_WIRE_HTTP_FRAMING_H

#include "wire/http/http.h"

static inline int sw_http_refuse(struct sw_http_refusal *ret, int status, const char *why)
{
	*ret = (struct sw_http_refusal){ status, why };
	return SW_EINVAL;
}

static inline bool sw_http_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/** uri-host [ ":" port ] without user info; brackets only around an IP literal. */
bool sw_http_is_host(struct sw_str host);
/** Host, Content-Length, Transfer-Encoding, Connection and Expect, into the head. @return 0, SW_EINVAL */
int sw_http_apply_fields(struct sw_http_head *head, struct sw_http_refusal *ret_refusal) SW_MUST_CHECK;

#endif
