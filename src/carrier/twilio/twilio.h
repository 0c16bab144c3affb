/*
 * carrier/twilio/twilio.h - any server with the 2010 API as a carrier: the hosted service, or another Strowger.
 *
 * A message is one POST to its Messages, and both servers' status callbacks and webhooks do the rest, signed with the
 * account's token: docs/carriers/twilio.md.
 */
#ifndef SW_CARRIER_TWILIO_TWILIO_H
#define SW_CARRIER_TWILIO_TWILIO_H

#include "carrier/carrier.h"

extern const struct sw_carrier_kind sw_carrier_twilio, sw_carrier_twilio_http;

#endif
