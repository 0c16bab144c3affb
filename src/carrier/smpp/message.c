/* A message's parts, and each as a submit_sm. */
#include <stdio.h>

#include "carrier/smpp/smpp_impl.h"
#include "wire/sms/gsm7.h"
#include "wire/sms/sms.h"
#include "wire/sms/ucs2.h"
#include "wire/sms/udh.h"

enum { CODING_DEFAULT = 0, CODING_UCS2 = 8 };
enum { SENDER_NOT_ALLOWED = 21606, HANDSET_UNKNOWN = 30005, TOO_LARGE = 30019 };

/* What all parts of a message are made from. */
struct maker {
	struct submission *submission;
	const struct smpp_options *o;
	struct sw_sms_plan plan;
	struct sw_sms_part *cut;
	size_t n;
	enum sw_charset charset; /* of the octets that are sent */
	uint16_t reference;
};

static enum sw_sms_header header_of(const struct smpp_options *o)
{
	return o->concat == SMPP_UDH8 ? SW_SMS_REFERENCE_8BIT : SW_SMS_REFERENCE_16BIT;
}

/* Carriers that read data_coding 0 as Latin-1 or ASCII lack what else is in the GSM alphabet. */
static bool fits(const struct maker *maker, struct sw_str utf8)
{
	struct sw_str octets;
	return maker->charset == SW_CHARSET_GSM7 ||
	       sw_charset_encode(&maker->submission->arena, maker->charset, utf8, &octets) == 0;
}

static int plan_text(struct maker *maker, struct sw_str utf8)
{
	struct sw_arena *arena = &maker->submission->arena;
	if (sw_sms_plan(arena, utf8, false, &maker->plan))
		return SW_EINVAL;
	maker->charset = (enum sw_charset)maker->o->charset0;
	if (maker->plan.encoding == SW_SMS_GSM7 && !fits(maker, utf8)) {
		uint16_t *units;
		sw_ucs2_encode(arena, utf8, &units, &maker->plan.units);
		maker->plan.encoding = SW_SMS_UCS2;
		maker->plan.ucs2_units = units;
		maker->plan.septets = NULL;
	}
	if (maker->plan.encoding == SW_SMS_UCS2)
		maker->charset = SW_CHARSET_UCS2;
	maker->n = sw_sms_parts(arena, &maker->plan, header_of(maker->o), &maker->cut);
	return 0;
}

/* Append units at..at+n of the text as they are sent, behind a header of so many octets. */
static void put_text(const struct maker *maker, size_t at, size_t n, size_t header_octets, struct sw_buf *out)
{
	const struct sw_sms_plan *plan = &maker->plan;
	struct sw_arena *arena = &maker->submission->arena;
	struct sw_str octets;
	if (maker->charset == SW_CHARSET_UCS2) {
		sw_ucs2_to_bytes(plan->ucs2_units + at, n, (uint8_t *)sw_buf_reserve(out, 2 * n));
		out->n += 2 * n;
	} else if (maker->charset != SW_CHARSET_GSM7) {
		struct sw_str utf8 = sw_gsm7_decode(arena, plan->septets + at, n);
		SW_BUG_ON(sw_charset_encode(arena, maker->charset, utf8, &octets));
		sw_buf_add_str(out, octets);
	} else if (maker->o->packed) {
		unsigned fill = (unsigned)(7 - header_octets * 8 % 7) % 7;
		size_t bytes = n ? sw_gsm7_packed_bytes(n, fill) : 0;
		sw_gsm7_pack(plan->septets + at, n, fill, (uint8_t *)sw_buf_reserve(out, bytes));
		out->n += bytes;
	} else {
		sw_buf_add(out, plan->septets + at, n);
	}
}

static void make_udh(const struct maker *maker, size_t i, struct part *part)
{
	const struct sw_sms_udh udh = { .wide = maker->o->concat == SMPP_UDH16,
					.reference = maker->reference,
					.total = (uint8_t)maker->n,
					.part = (uint8_t)(i + 1) };
	struct sw_buf text = { .arena = &maker->submission->arena };
	uint8_t header[7];
	size_t octets = sw_sms_udh_write(&udh, header);
	sw_buf_add(&text, header, octets);
	put_text(maker, maker->cut[i].at, maker->cut[i].n, octets, &text);
	part->text = sw_buf_str(&text);
	part->esm_class = SW_SMPP_ESM_UDHI;
}

static void make_sar(const struct maker *maker, size_t i, struct part *part)
{
	struct sw_arena *arena = &maker->submission->arena;
	struct sw_buf text = { .arena = arena }, tlvs = { .arena = arena };
	put_text(maker, maker->cut[i].at, maker->cut[i].n, 0, &text);
	sw_smpp_tlv_add_int(&tlvs, SW_SMPP_TAG_SAR_MSG_REF_NUM, maker->reference, 2);
	sw_smpp_tlv_add_int(&tlvs, SW_SMPP_TAG_SAR_TOTAL_SEGMENTS, (uint32_t)maker->n, 1);
	sw_smpp_tlv_add_int(&tlvs, SW_SMPP_TAG_SAR_SEGMENT_SEQNUM, (uint32_t)i + 1, 1);
	sw_buf_add_str(&tlvs, sw_buf_str(&maker->o->tlvs));
	part->text = sw_buf_str(&text);
	part->tlvs = sw_buf_str(&tlvs);
}

/* The whole text, in short_message when it fits one message, else in message_payload. */
static void make_whole(const struct maker *maker, struct part *part)
{
	struct sw_arena *arena = &maker->submission->arena;
	struct sw_buf text = { .arena = arena }, tlvs = { .arena = arena };
	put_text(maker, 0, maker->plan.units, 0, &text);
	if (maker->n == 1) {
		part->text = sw_buf_str(&text);
		return;
	}
	sw_smpp_tlv_add(&tlvs, SW_SMPP_TAG_MESSAGE_PAYLOAD, sw_buf_str(&text));
	sw_buf_add_str(&tlvs, sw_buf_str(&maker->o->tlvs));
	part->text = SW_S("");
	part->tlvs = sw_buf_str(&tlvs);
}

static void make_parts(const struct maker *maker)
{
	struct submission *submission = maker->submission;
	bool whole = maker->n == 1 || maker->o->concat == SMPP_PAYLOAD;
	submission->n = whole ? 1 : (unsigned)maker->n;
	submission->parts = SW_ARENA_ARRAY(&submission->arena, struct part, submission->n);
	for (unsigned i = 0; i < submission->n; i++) {
		struct part *part = &submission->parts[i];
		*part = (struct part){ .submission = submission,
				       .tlvs = sw_buf_str(&maker->o->tlvs),
				       .data_coding =
					       maker->charset == SW_CHARSET_UCS2 ? CODING_UCS2 : CODING_DEFAULT };
		if (whole)
			make_whole(maker, part);
		else if (maker->o->concat == SMPP_SAR)
			make_sar(maker, i, part);
		else
			make_udh(maker, i, part);
	}
}

static void set_type(int64_t ton, int64_t npi, struct sw_smpp_address *address)
{
	if (ton != SMPP_AUTO)
		address->ton = (uint8_t)ton;
	if (npi != SMPP_AUTO)
		address->npi = (uint8_t)npi;
}

int smpp_message_build(struct submission *submission)
{
	struct smpp *smpp = submission->smpp;
	const struct sw_message_out *out = submission->out;
	struct maker maker = { .submission = submission, .o = &smpp->o };
	if (sw_smpp_address(out->from, &submission->from))
		return SENDER_NOT_ALLOWED;
	if (sw_smpp_address(out->to, &submission->to))
		return HANDSET_UNKNOWN;
	if (out->media > 0 || plan_text(&maker, out->body) || maker.n > SW_CARRIER_PARTS_MAX)
		return TOO_LARGE; /* a short message has no place for media */
	set_type(smpp->o.source_ton, smpp->o.source_npi, &submission->from);
	set_type(smpp->o.dest_ton, smpp->o.dest_npi, &submission->to);
	if (maker.n > 1)
		maker.reference = smpp->reference++;
	make_parts(&maker);
	return 0;
}

/* Relative: "YYMMDDhhmmss000R" (section 7.1.1.2). A month is as far as it goes. */
static void write_validity(int64_t left_us, char validity[17])
{
	int64_t s = left_us / SW_US_PER_S, most = 30 * 86400;
	s = s < 1 ? 1 : s > most ? most : s;
	snprintf(validity, 17, "0000%02u%02u%02u%02u000R", (unsigned)(s / 86400) % 100, (unsigned)(s / 3600 % 24),
		 (unsigned)(s / 60 % 60), (unsigned)(s % 60));
}

void smpp_message_pdu(const struct submission *submission, const struct part *part, char validity[17],
		      struct sw_smpp_pdu *ret)
{
	const struct smpp_options *o = &submission->smpp->o;
	*ret = (struct sw_smpp_pdu){ .command = SW_SMPP_SUBMIT_SM, .tlvs = part->tlvs };
	ret->u.sm = (struct sw_smpp_sm){
		.service_type = o->service_type,
		.source = submission->from.digits,
		.source_ton = submission->from.ton,
		.source_npi = submission->from.npi,
		.destination = submission->to.digits,
		.destination_ton = submission->to.ton,
		.destination_npi = submission->to.npi,
		.esm_class = part->esm_class,
		.registered_delivery = (uint8_t)o->dlr,
		.data_coding = part->data_coding,
		.short_message = part->text,
	};
	if (o->validity && submission->out->expires_us > 0) {
		write_validity(submission->out->expires_us - sw_wall_us(), validity);
		ret->u.sm.validity_period = sw_str_of(validity);
	}
}
