/* Whatever comes is a frame, more to wait for, or a fault; what was read is written as it was. */
#include "base/buf.h"
#include "wire/smpp/receipt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sw_str input = { (const char *)data, size };
	struct sw_smpp_fault fault = { 0 };
	size_t n;
	while (sw_smpp_frame(input, &n, &fault) == 0) {
		struct sw_smpp_pdu pdu, again;
		struct sw_buf out = { 0 };
		SW_BUG_ON(n < SW_SMPP_HEADER_BYTES || n > input.n);
		int err = sw_smpp_decode(sw_str_sub(input, 0, n), &pdu, &fault);
		SW_BUG_ON(err && (!fault.field || !fault.why || !fault.status));
		if (!err && sw_smpp_encode(&out, &pdu, &fault) == 0) {
			SW_BUG_ON(sw_smpp_decode(sw_buf_str(&out), &again, &fault));
			SW_BUG_ON(!sw_str_eq(pdu.tlvs, again.tlvs) && !(pdu.command & SW_SMPP_RESP));
		}
		if (!err && pdu.command == SW_SMPP_DELIVER_SM) {
			struct sw_smpp_receipt receipt;
			sw_smpp_receipt(&pdu, &receipt);
		}
		sw_buf_done(&out);
		input = sw_str_from(input, n);
	}
	return 0;
}
