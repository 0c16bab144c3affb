#include "carrier/smpp/options.h"

#include <stddef.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/num.h"
#include "carrier/option.h"
#include "core/error.h"
#include "net/smpp/session.h"
#include "wire/smpp/smpp.h"

enum { PORT_PLAIN = 2775, PORT_TLS = 3550 };

static const char *const modes[] = { "trx", "txrx", NULL };
static const char *const versions[] = { "3.4", "5.0", NULL };
static const char *const concats[] = { "udh16", "udh8", "sar", "payload", NULL };
static const char *const charsets[] = { "gsm", "latin1", "ascii", NULL };
static const char *const off_on[] = { "off", "on", NULL };
static const char *const id_forms[] = { "auto", "text", "dec", "hex", NULL };

#define OF(member) offsetof(struct smpp_options, member)

/* clang-format off */
static const struct sw_option options[] = {
	{ "binds", SW_OPTION_NUMBER, OF(binds), 1, 16, NULL, "1", "Connections at the same time." },
	{ "mode", SW_OPTION_WORD, OF(mode), 0, 0, modes, "trx", "`trx`: one connection for both directions; `txrx`: a transmitter and a receiver for each bind." },
	{ "window", SW_OPTION_NUMBER, OF(window), 1, SW_SMPP_WINDOW_MAX, NULL, "100", "Parts that may wait for their answer on each bind, at most." },
	{ "window_min", SW_OPTION_NUMBER, OF(window_min), 1, SW_SMPP_WINDOW_MAX, NULL, "10", "With how many a bind begins; more come while answers stay quick." },
	{ "rate", SW_OPTION_NUMBER, OF(rate), 0, 100000, NULL, "0", "Parts a second over all binds; 0: as many as the carrier takes." },
	{ "version", SW_OPTION_WORD, OF(version), 0, 0, versions, "3.4", "Version of SMPP that the bind announces." },
	{ "system_type", SW_OPTION_TEXT, OF(system_type), 0, 12, NULL, "", "Sent with the bind." },
	{ "addr_range", SW_OPTION_TEXT, OF(addr_range), 0, 40, NULL, "", "Sent with the bind: which numbers' messages to get." },
	{ "service_type", SW_OPTION_TEXT, OF(service_type), 0, 5, NULL, "", "Sent with every message." },
	{ "source_ton", SW_OPTION_NUMBER, OF(source_ton), 0, 255, NULL, NULL, "Type of number of senders, instead of what the address says." },
	{ "source_npi", SW_OPTION_NUMBER, OF(source_npi), 0, 255, NULL, NULL, "Numbering plan of senders." },
	{ "dest_ton", SW_OPTION_NUMBER, OF(dest_ton), 0, 255, NULL, NULL, "Type of number of recipients." },
	{ "dest_npi", SW_OPTION_NUMBER, OF(dest_npi), 0, 255, NULL, NULL, "Numbering plan of recipients." },
	{ "timeout_ms", SW_OPTION_NUMBER, OF(timeout_ms), 100, 120000, NULL, "10000", "How long the answer to a submission is waited for." },
	{ "otp_timeout_ms", SW_OPTION_NUMBER, OF(otp_timeout_ms), 100, 120000, NULL, "5000", "The same for one-time passwords." },
	{ "connect_timeout_ms", SW_OPTION_NUMBER, OF(connect_timeout_ms), 100, 120000, NULL, "10000", "How long connecting may take, and as long again the bind." },
	{ "enquire_s", SW_OPTION_NUMBER, OF(enquire_s), 1, 3600, NULL, "30", "Silence after which the peer is asked (enquire_link); after twice that the bind is given up." },
	{ "concat", SW_OPTION_WORD, OF(concat), 0, 0, concats, "udh16", "How long texts are sent: a user data header with 16 or 8 bit reference, SAR TLVs, or whole in message_payload." },
	{ "charset0", SW_OPTION_WORD, OF(charset0), 0, 0, charsets, "gsm", "What data_coding 0 means at this carrier, in both directions." },
	{ "packed", SW_OPTION_WORD, OF(packed), 0, 0, off_on, "off", "`on`: texts in the GSM alphabet are packed, eight characters in seven octets." },
	{ "dlr", SW_OPTION_WORD, OF(dlr), 0, 0, off_on, "on", "`on`: a receipt is asked for with every part." },
	{ "validity", SW_OPTION_WORD, OF(validity), 0, 0, off_on, "on", "`on`: the carrier is told how long a message may be tried." },
	{ "receipt_ids", SW_OPTION_ONE_OF, OF(receipt_ids), 0, 0, id_forms, "auto", "How receipts write the ids of answers: the same text, in decimal, in hexadecimal; `auto` finds out." },
	{ "tls_ca", SW_OPTION_TEXT, OF(tls_ca), 1, 4096, NULL, NULL, "PEM file of the authority that signed the carrier's certificate; else the system's authorities." },
	{ "tls_verify", SW_OPTION_WORD, OF(tls_verify), 0, 0, off_on, "on", "`off`: any certificate will do. Then the connection is private from nobody who can stand in between." },
	{ 0 },
};
/* clang-format on */

static void set_defaults(struct smpp_options *o)
{
	*o = (struct smpp_options){
		.throttle = { SW_SMPP_RTHROTTLED, SW_SMPP_RMSGQFUL },
		.throttles = 2,
	};
	sw_options_default(options, o, SMPP_AUTO);
}

/* ---- options that are lists ---- */

/* "0x58" or "88" */
static int parse_status(struct sw_str text, int64_t max, int64_t *ret)
{
	uint64_t hex;
	if (sw_str_starts(text, SW_S("0x")) || sw_str_starts(text, SW_S("0X"))) {
		if (sw_num_parse_hex(sw_str_from(text, 2), &hex) || hex > (uint64_t)max)
			return SW_EINVAL;
		*ret = (int64_t)hex;
		return 0;
	}
	return sw_num_parse(text, ret) || *ret < 0 || *ret > max ? SW_EINVAL : 0;
}

static int take_throttle(struct smpp_options *o, struct sw_str value)
{
	o->throttles = 0;
	while (value.p) {
		int64_t status;
		if (o->throttles == SMPP_THROTTLES_MAX || parse_status(sw_str_cut(&value, ','), UINT32_MAX, &status))
			return SW_EINVAL;
		o->throttle[o->throttles++] = (uint32_t)status;
	}
	return 0;
}

static int take_error(struct smpp_options *o, struct sw_str err, struct sw_str value)
{
	int64_t code;
	while (err.n > 1 && err.p[0] == '0')
		err = sw_str_from(err, 1);
	if (!err.n || o->errors_n == SMPP_ERRORS_MAX || sw_num_parse(value, &code) || code < 10000 || code > 99999 ||
	    !sw_error_find((int)code))
		return SW_EINVAL;
	o->errors[o->errors_n++] = (struct smpp_error_rule){ err, (int)code };
	return 0;
}

static int take_tlv(struct sw_arena *arena, struct smpp_options *o, struct sw_str tag, struct sw_str value)
{
	struct sw_smpp_fault fault;
	struct sw_str hex = SW_S("hex:"), text = SW_S("text:");
	int64_t number;
	if (parse_status(tag, UINT16_MAX, &number) || number == 0)
		return SW_EINVAL;
	if (sw_str_starts(value, hex)) {
		value = sw_str_from(value, hex.n);
		char *octets = sw_arena_bytes(arena, value.n / 2 + 1);
		if (value.n % 2 || sw_hex_decode(value, octets, value.n / 2))
			return SW_EINVAL;
		value = (struct sw_str){ octets, value.n / 2 };
	} else if (sw_str_starts(value, text)) {
		value = sw_str_from(value, text.n);
	}
	if (value.n > 255)
		return SW_EINVAL;
	sw_smpp_tlv_add(&o->tlvs, (uint16_t)number, value);
	return sw_smpp_tlvs_check(sw_buf_str(&o->tlvs), &fault);
}

static int take_pair(struct sw_arena *arena, const struct sw_form_pair *pair, void *all, struct sw_str *ret_want)
{
	struct smpp_options *o = all;
	if (sw_str_is(pair->name, "throttle")) {
		*ret_want = SW_S("statuses with commas between, for example 0x58,0x14");
		return take_throttle(o, pair->value);
	}
	if (sw_str_starts(pair->name, SW_S("err."))) {
		*ret_want = SW_S("a code of /docs/errors, for example err.27=30003");
		return take_error(o, sw_str_from(pair->name, 4), pair->value);
	}
	if (sw_str_starts(pair->name, SW_S("tlv."))) {
		*ret_want = SW_S("for example tlv.0x1400=1001 or tlv.0x1400=hex:0a0b, at most 255 octets");
		return take_tlv(arena, o, sw_str_from(pair->name, 4), pair->value);
	}
	return sw_option_take(arena, options, pair, o, ret_want);
}

/* ---- the whole ---- */

static int take_authority(struct sw_arena *arena, struct sw_str text, struct smpp_options *o)
{
	struct sw_authority authority;
	if (sw_authority_parse(arena, text, o->tls ? PORT_TLS : PORT_PLAIN, &authority) ||
	    authority.user.n > SW_SMPP_CREDENTIAL_MAX_BYTES || authority.password.n > SW_SMPP_CREDENTIAL_MAX_BYTES)
		return SW_EINVAL;
	o->system_id = authority.user;
	o->password = authority.password;
	o->host = authority.host;
	o->port = authority.port;
	return 0;
}

int smpp_options_parse(struct sw_arena *arena, struct sw_str url, struct smpp_options *ret, struct sw_str *ret_why)
{
	struct sw_str query = sw_str_dup(arena, url), scheme = sw_str_cut(&query, ':');
	set_defaults(ret);
	ret->tlvs.arena = arena;
	ret->tls = sw_str_is(scheme, "smpps");
	struct sw_str authority = sw_str_cut(&query, '?');
	bool slashes = sw_str_starts(authority, SW_S("//"));
	authority = sw_str_from(authority, 2);
	if (authority.n && authority.p[authority.n - 1] == '/')
		authority.n--;
	if (!slashes || take_authority(arena, authority, ret)) {
		*ret_why = sw_str_fmt(arena,
				      "%.*s: the URL is %.*s://ID:PASSWORD@HOST:PORT?OPTIONS, with at most %d "
				      "characters for ID and PASSWORD each",
				      SW_FMT(scheme), SW_FMT(scheme), SW_SMPP_CREDENTIAL_MAX_BYTES);
		return SW_EINVAL;
	}
	int err =
		sw_options_parse(arena, "smpp", options, query, ret, take_pair, "throttle err.ERR tlv.0xTAG", ret_why);
	if (ret->window_min > ret->window)
		ret->window_min = ret->window;
	return err;
}

void smpp_options_describe(struct sw_buf *out)
{
	sw_options_describe(options, out);
	sw_buf_add_cstr(
		out, "| `throttle` | statuses with commas between | 0x58,0x14 | Answers that mean: slower. |\n"
		     "| `err.ERR` | a code of the catalogue | | What this `err:` of a receipt means, for example "
		     "`err.27=30003`. |\n"
		     "| `tlv.0xTAG` | a text, or `hex:` and octets | | A TLV that every submit_sm carries, for example "
		     "`tlv.0x1400=1101` for India's DLT. |\n");
}
