/* What an SMSC's words mean here: statuses of submissions, and errors of receipts. */
#include "base/num.h"
#include "carrier/smpp/smpp_impl.h"
#include "wire/smpp/receipt.h"

enum {
	HANDSET_UNREACHABLE = 30003,
	HANDSET_UNKNOWN = 30005,
	CANNOT_RECEIVE = 30006,
	FILTERED = 30007,
	UNKNOWN = 30008,
	TOO_LARGE = 30019,
	SENDER_NOT_ALLOWED = 21606,
};

/*
 * BUSY: not now; the message's traffic class decides when and over which carrier it is tried again.  What is in no row
 * is refused for good with 30008: vendors' own codes from 0x400 mostly say so.
 */
static const struct smpp_answer answers[] = {
	{ SW_SMPP_OK, SMPP_ACCEPT, 0 },
	{ SW_SMPP_RSYSERR, SMPP_BUSY, UNKNOWN },
	{ SW_SMPP_RINVBNDSTS, SMPP_BUSY, UNKNOWN },
	{ SW_SMPP_RSUBMITFAIL, SMPP_BUSY, UNKNOWN },
	{ 0x64, SMPP_BUSY, UNKNOWN },
	{ 0x65, SMPP_BUSY, UNKNOWN },
	{ 0x66, SMPP_BUSY, UNKNOWN },
	{ 0x102, SMPP_BUSY, UNKNOWN },
	{ SW_SMPP_RINVDSTADR, SMPP_REFUSE, HANDSET_UNKNOWN },
	{ 0x50, SMPP_REFUSE, HANDSET_UNKNOWN },
	{ 0x51, SMPP_REFUSE, HANDSET_UNKNOWN },
	{ SW_SMPP_RINVSRCADR, SMPP_REFUSE, SENDER_NOT_ALLOWED },
	{ 0x48, SMPP_REFUSE, SENDER_NOT_ALLOWED },
	{ 0x49, SMPP_REFUSE, SENDER_NOT_ALLOWED },
	{ SW_SMPP_RINVMSGLEN, SMPP_REFUSE, TOO_LARGE },
	{ 0x100, SMPP_REFUSE, FILTERED },
	{ 0x101, SMPP_REFUSE, FILTERED },
	{ 0x103, SMPP_REFUSE, FILTERED },
};

struct smpp_answer smpp_answer_of(const struct smpp_options *o, uint32_t status)
{
	for (unsigned i = 0; i < o->throttles; i++)
		if (o->throttle[i] == status)
			return (struct smpp_answer){ status, SMPP_THROTTLE, 0 };
	for (size_t i = 0; i < SW_COUNTOF(answers); i++)
		if (answers[i].status == status)
			return answers[i];
	return (struct smpp_answer){ status, SMPP_REFUSE, UNKNOWN };
}

void smpp_answers_describe(struct sw_buf *out)
{
	static const char *const words[] = { "taken", "slower, and again", "not now: again later or elsewhere",
					     "refused for good" };
	struct sw_arena arena;
	struct smpp_options o;
	struct sw_str why;
	sw_arena_init(&arena);
	SW_BUG_ON(smpp_options_parse(&arena, SW_S("smpp://x@y"), &o, &why));
	sw_buf_add_cstr(out, "| status | name | what it means | what is done | code |\n|---|---|---|---|---|\n");
	for (unsigned i = 0; i < sw_smpp_statuses_n; i++) {
		const struct sw_smpp_status_row *row = &sw_smpp_statuses[i];
		struct smpp_answer answer = smpp_answer_of(&o, row->status);
		sw_buf_add_fmt(out, "| 0x%02X | %s | %s | %s | ", row->status, row->name, row->text,
			       words[answer.action]);
		if (answer.code)
			sw_buf_add_int(out, answer.code);
		sw_buf_add_cstr(out, " |\n");
	}
	sw_buf_add_cstr(out, "| others | | a vendor's own | refused for good | 30008 |\n");
	sw_arena_done(&arena);
}

/* ---- receipts ---- */

/*
 * Errors of the mobile network (3GPP TS 29.002, as network_error_code of type 3 gives them).  Many SMSCs write the same
 * numbers behind "err:"; those that do not need err.N options.
 */
static const struct {
	unsigned err;
	int code;
} network_errors[] = {
	{ 1, HANDSET_UNKNOWN },     /* unknown subscriber */
	{ 5, HANDSET_UNKNOWN },     /* unidentified subscriber */
	{ 6, HANDSET_UNREACHABLE }, /* absent subscriber, short messages */
	{ 9, HANDSET_UNKNOWN },     /* illegal subscriber */
	{ 11, CANNOT_RECEIVE },     /* teleservice not provisioned */
	{ 12, CANNOT_RECEIVE },     /* illegal equipment */
	{ 13, FILTERED },           /* call barred */
	{ 21, CANNOT_RECEIVE },     /* facility not supported */
	{ 27, HANDSET_UNREACHABLE },
	{ 28, HANDSET_UNREACHABLE },
	{ 31, HANDSET_UNREACHABLE }, /* busy for short messages */
	{ 32, HANDSET_UNREACHABLE }, /* delivery failure: memory full */
};

static const int by_state[SW_SMPP_STATES] = {
	[SW_SMPP_EXPIRED] = HANDSET_UNREACHABLE, [SW_SMPP_DELETED] = UNKNOWN,
	[SW_SMPP_UNDELIVERABLE] = UNKNOWN,       [SW_SMPP_UNKNOWN] = UNKNOWN,
	[SW_SMPP_REJECTED] = FILTERED,           [SW_SMPP_SKIPPED] = UNKNOWN,
};

static int network_code(unsigned err)
{
	for (size_t i = 0; i < SW_COUNTOF(network_errors); i++)
		if (network_errors[i].err == err)
			return network_errors[i].code;
	return 0;
}

int smpp_receipt_code(const struct smpp_options *o, const struct sw_smpp_receipt *receipt)
{
	struct sw_str err = receipt->err;
	int64_t number;
	char digits[24];
	while (err.n > 1 && err.p[0] == '0')
		err = sw_str_from(err, 1);
	if (!err.n && receipt->network_error)
		err = sw_num_format(receipt->network_error, digits);
	for (unsigned i = 0; i < o->errors_n; i++)
		if (sw_str_eq_nocase(o->errors[i].err, err))
			return o->errors[i].code;
	int code = receipt->network_error ? network_code(receipt->network_error) : 0;
	if (!code && !sw_num_parse(err, &number) && number > 0 && number < 1000)
		code = network_code((unsigned)number);
	if (code)
		return code;
	return receipt->state >= 0 && by_state[receipt->state] ? by_state[receipt->state] : UNKNOWN;
}
