/*
 * carrier/smpp/smpp.h - messages to and from an SMSC, as its client.  See docs/smpp.md.
 *
 *	smpp://ID:PASSWORD@HOST:PORT?binds=2&window=50      smpps:// is the same over TLS
 */
#ifndef SW_CARRIER_SMPP_SMPP_H
#define SW_CARRIER_SMPP_SMPP_H

struct sw_buf;
struct sw_metric_set;

/** Options and answers as Markdown, for docs/smpp-reference.md. */
void sw_carrier_smpp_describe(struct sw_buf *out);

extern const struct sw_carrier_kind sw_carrier_smpp, sw_carrier_smpps;
extern struct sw_metric_set sw_carrier_smpp_metrics;

#endif
