/* carrier/smpp/options.h - the URL of an SMPP carrier; the table of its options is in options.c. */
#ifndef SW_CARRIER_SMPP_OPTIONS_H
#define SW_CARRIER_SMPP_OPTIONS_H

#include "base/buf.h"
#include "wire/sms/charset.h"

enum smpp_mode { SMPP_TRX, SMPP_TXRX };
enum smpp_concat { SMPP_UDH16, SMPP_UDH8, SMPP_SAR, SMPP_PAYLOAD };

enum { SMPP_THROTTLES_MAX = 8, SMPP_ERRORS_MAX = 64, SMPP_AUTO = -1 };

struct smpp_error_rule {
	struct sw_str err; /* as receipts write it, without leading zeros */
	int code;          /* error catalogue */
};

struct smpp_options {
	struct sw_str host, system_id, password;
	int port;
	bool tls;
	/* by the table: */
	int64_t binds, mode, window, window_min, rate, version;
	int64_t source_ton, source_npi, dest_ton, dest_npi; /* SMPP_AUTO: by the address */
	int64_t timeout_ms, otp_timeout_ms, connect_timeout_ms, enquire_s;
	int64_t concat, charset0, packed, dlr, validity, tls_verify;
	struct sw_str system_type, addr_range, service_type, receipt_ids, tls_ca;
	uint32_t throttle[SMPP_THROTTLES_MAX];
	unsigned throttles;
	struct smpp_error_rule errors[SMPP_ERRORS_MAX];
	unsigned errors_n;
	struct sw_buf tlvs; /* for every submit_sm, as on the wire; in the arena */
};

/**
 * @param arena  for all texts
 * @param why    names the option that is wrong, and what it may be
 * @return 0, SW_EINVAL
 */
int smpp_options_parse(struct sw_arena *arena, struct sw_str url, struct smpp_options *ret,
		       struct sw_str *ret_why) SW_MUST_CHECK;
/** The table as lines of Markdown, for docs/smpp.md. */
void smpp_options_describe(struct sw_buf *out);

#endif
