/*
 * carrier/sim/sim.h - the simulated carrier: in-process, deterministic, with magic numbers.
 *
 * Numbers refused before a message is accepted (the contract's test numbers), and numbers whose messages come back
 * undelivered, are tables in sim.c; +15005550010 and +15005550011 accept everything.  Its options, in the URL:
 *
 *	sim:?latency_ms=5&receipt_ms=50&error=30005&error_percent=10&receipts=off&reply=TEXT
 *
 * latency_ms: until the submission is answered (5).  receipt_ms: until the receipt (50).  error, error_percent: that
 * share of messages is reported undelivered with the code.  receipts: on, off.  reply: every delivered message is
 * answered by an inbound message with this text.  Delays are on the monotonic clock.
 */
#ifndef SW_CARRIER_SIM_SIM_H
#define SW_CARRIER_SIM_SIM_H

extern const struct sw_carrier_kind sw_carrier_sim;

#endif
