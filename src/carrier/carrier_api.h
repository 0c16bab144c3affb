/* carrier/carrier_api.h - /v1/carriers: what there is, what gateways tell us, and inbound messages played by hand. */
#ifndef SW_CARRIER_CARRIER_API_H
#define SW_CARRIER_CARRIER_API_H

#include "api/api.h"
#include "carrier/carrier.h"

extern const struct sw_module sw_carrier_module;

/** The carriers that the endpoints speak of; the array is borrowed. Before the loops run. */
void sw_carriers_serve(struct sw_carrier *const *carriers, unsigned n);

#endif
