/* carrier/null/null.h - see null.c. */
#ifndef SW_CARRIER_NULL_NULL_H
#define SW_CARRIER_NULL_NULL_H

extern const struct sw_carrier_kind sw_carrier_null;

#endif
