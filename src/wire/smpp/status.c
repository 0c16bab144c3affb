#include "wire/smpp/smpp.h"

/* Section 5.1.3 of 3.4, table 4-45 of 5.0; the sentences are ours. */
const struct sw_smpp_status_row sw_smpp_statuses[] = {
	{ 0x00, "ESME_ROK", "Done." },
	{ 0x01, "ESME_RINVMSGLEN", "The text is too long or its length is wrong." },
	{ 0x02, "ESME_RINVCMDLEN", "The PDU's length does not fit its command." },
	{ 0x03, "ESME_RINVCMDID", "The command is unknown." },
	{ 0x04, "ESME_RINVBNDSTS", "The command is not allowed in this state of the bind." },
	{ 0x05, "ESME_RALYBND", "This account is bound already; its number of binds is used up." },
	{ 0x06, "ESME_RINVPRTFLG", "The priority is invalid." },
	{ 0x07, "ESME_RINVREGDLVFLG", "The kind of receipt asked for is invalid." },
	{ 0x08, "ESME_RSYSERR", "The peer had an internal error." },
	{ 0x0A, "ESME_RINVSRCADR", "The sender is invalid or not allowed." },
	{ 0x0B, "ESME_RINVDSTADR", "The recipient is invalid." },
	{ 0x0C, "ESME_RINVMSGID", "The message id is invalid." },
	{ 0x0D, "ESME_RBINDFAIL", "The bind failed." },
	{ 0x0E, "ESME_RINVPASWD", "The password is wrong." },
	{ 0x0F, "ESME_RINVSYSID", "The system id is unknown." },
	{ 0x11, "ESME_RCANCELFAIL", "The message could not be cancelled." },
	{ 0x13, "ESME_RREPLACEFAIL", "The message could not be replaced." },
	{ 0x14, "ESME_RMSGQFUL", "The peer's queue is full." },
	{ 0x15, "ESME_RINVSERTYP", "The service type is invalid." },
	{ 0x33, "ESME_RINVNUMDESTS", "The number of recipients is invalid." },
	{ 0x34, "ESME_RINVDLNAME", "The distribution list is unknown." },
	{ 0x40, "ESME_RINVDESTFLAG", "The kind of recipient is invalid." },
	{ 0x42, "ESME_RINVSUBREP", "Replacing is not possible with this message." },
	{ 0x43, "ESME_RINVESMCLASS", "The message class (esm_class) is invalid." },
	{ 0x44, "ESME_RCNTSUBDL", "The distribution list cannot be sent to." },
	{ 0x45, "ESME_RSUBMITFAIL", "The message was not taken." },
	{ 0x48, "ESME_RINVSRCTON", "The sender's type of number is invalid." },
	{ 0x49, "ESME_RINVSRCNPI", "The sender's numbering plan is invalid." },
	{ 0x50, "ESME_RINVDSTTON", "The recipient's type of number is invalid." },
	{ 0x51, "ESME_RINVDSTNPI", "The recipient's numbering plan is invalid." },
	{ 0x53, "ESME_RINVSYSTYP", "The system type is invalid." },
	{ 0x54, "ESME_RINVREPFLAG", "The replace flag is invalid." },
	{ 0x55, "ESME_RINVNUMMSGS", "The number of messages is invalid." },
	{ 0x58, "ESME_RTHROTTLED", "More messages than the contract allows in this time." },
	{ 0x61, "ESME_RINVSCHED", "The scheduled time is invalid." },
	{ 0x62, "ESME_RINVEXPIRY", "The validity period is invalid." },
	{ 0x63, "ESME_RINVDFTMSGID", "The predefined message is unknown." },
	{ 0x64, "ESME_RX_T_APPN", "The receiver cannot take it now; offer it again." },
	{ 0x65, "ESME_RX_P_APPN", "The receiver will never take it." },
	{ 0x66, "ESME_RX_R_APPN", "The receiver refused this message." },
	{ 0x67, "ESME_RQUERYFAIL", "The query failed." },
	{ 0xC0, "ESME_RINVOPTPARSTREAM", "The optional parameters are broken." },
	{ 0xC1, "ESME_ROPTPARNOTALLWD", "An optional parameter is not allowed here." },
	{ 0xC2, "ESME_RINVPARLEN", "A parameter has a wrong length." },
	{ 0xC3, "ESME_RMISSINGOPTPARAM", "An expected optional parameter is missing." },
	{ 0xC4, "ESME_RINVOPTPARAMVAL", "An optional parameter has an invalid value." },
	{ 0xFE, "ESME_RDELIVERYFAILURE", "The message could not be delivered (data_sm)." },
	{ 0xFF, "ESME_RUNKNOWNERR", "An unknown error." },
	{ 0x100, "ESME_RSERTYPUNAUTH", "The service type is not allowed." },
	{ 0x101, "ESME_RPROHIBITED", "The operation is not allowed." },
	{ 0x102, "ESME_RSERTYPUNAVAIL", "The service type is not available." },
	{ 0x103, "ESME_RSERTYPDENIED", "The service type was denied." },
	{ 0x104, "ESME_RINVDCS", "The data coding is invalid." },
	{ 0x105, "ESME_RINVSRCADDRSUBUNIT", "The source subunit is invalid." },
	{ 0x106, "ESME_RINVDSTADDRSUBUNIT", "The destination subunit is invalid." },
};
const unsigned sw_smpp_statuses_n = SW_COUNTOF(sw_smpp_statuses);

const char *sw_smpp_status_name(uint32_t status)
{
	for (unsigned i = 0; i < sw_smpp_statuses_n; i++)
		if (sw_smpp_statuses[i].status == status)
			return sw_smpp_statuses[i].name;
	return "?";
}
