/*
 * net/publish/sim.h - sim://NAME, a broker in memory: what it does stands in its URL, what it got can be read.
 *
 *	sim://orders?delay_ms=5              each answer comes that late
 *	sim://orders?fail_first=2            the first two tries fail
 *	sim://orders?fail_every=10           each tenth try fails
 *	            &error=auth              how: a name of sw_publish_error_name(); unreachable
 *
 * Brokers are kept by name until sw_publish_sim_forget(), whatever connects to them; an id that a broker has is not
 * stored again.  Thread: any.
 */
#ifndef SW_NET_PUBLISH_SIM_H
#define SW_NET_PUBLISH_SIM_H

#include "net/publish.h"

/** What the broker stored, in order, in the arena. @return how many */
size_t sw_publish_sim_read(struct sw_arena *arena, struct sw_str name, struct sw_publish_item **ret);
void sw_publish_sim_forget(struct sw_str name);

#endif
