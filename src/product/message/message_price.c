/* What a message costs, by the price book, and which media a message may carry. */
#include "product/message/message.h"

#include "base/num.h"
#include "core/money/price.h"
#include "wire/phone/phone.h"

struct sw_str message_product(const struct message *m)
{
	if (sw_address_parse(m->to).kind == SW_ADDRESS_CHANNEL)
		return SW_S("channel");
	return m->num_media ? SW_S("mms") : SW_S("sms");
}

/* By segment, but a channel's messages and those with media are one piece. */
static int64_t quantity_of(const struct message *m)
{
	return sw_str_is(message_product(m), "sms") ? m->num_segments : 1;
}

void message_explain_price(struct message *m)
{
	m->price_quantity = quantity_of(m);
	m->price_unit_micros = sw_sid_given(m->price_sid) ? m->price_micros / m->price_quantity : SW_NONE;
}

int message_price_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
		       struct message *m)
{
	bool inbound = m->direction_number == MESSAGE_INBOUND;
	const struct sw_price_query query = {
		.product = message_product(m),
		.country = sw_price_country(inbound ? m->from : m->to),
		.carrier = m->carrier,
		.direction = inbound ? SW_S("inbound") : SW_S("outbound"),
		.payer = account->owner.id,
		.at_us = m->date_created,
	};
	struct sw_price price;
	int err = sw_price_find_wait(task, core, &query, &price);
	m->price_sid = price.sid;
	m->price_micros = price.micros * quantity_of(m);
	message_explain_price(m);
	return err;
}

struct sw_ledger_entry message_charge(const struct message *m, const char *reason)
{
	return (struct sw_ledger_entry){ m->sid, reason, m->price_micros, m->price_sid, m->price_quantity };
}

struct sw_str message_charge_data(struct sw_arena *arena, const struct message *m)
{
	char price[32];
	struct sw_buf data = { .arena = arena };
	sw_buf_reserve(&data, 128);
	sw_buf_add_cstr(&data, "\"product\":\"");
	sw_buf_add_str(&data, message_product(m));
	sw_buf_add_cstr(&data, "\",\"direction\":\"");
	sw_buf_add_str(&data, m->direction);
	sw_buf_add_cstr(&data, "\",\"num_segments\":");
	sw_buf_add_int(&data, m->num_segments);
	sw_buf_add_cstr(&data, ",\"price\":\"");
	sw_buf_add_str(&data, sw_micros_format(m->price_micros, 2, price));
	sw_buf_add_char(&data, '"');
	return sw_buf_str(&data);
}

/* ---- the proof ---- */

static void complain(struct sw_arena *arena, struct sw_buf *out, const char *kind, struct sw_id sid,
		     struct sw_id account)
{
	sw_buf_add_fmt(out, "%.*s of %.*s: ", SW_FMT(sw_sid_text(arena, sw_sid_of(kind, sid))),
		       SW_FMT(sw_sid_text(arena, sw_sid_of("AC", account))));
}

int message_prove_now(struct sw_store *store, struct sw_arena *arena, struct sw_buf *out, int64_t *ret_messages)
{
	struct sw_rows unpaid, orphans, count;
	int err = sw_query_now(store, arena, &message_sql[SQL_MESSAGE_PROOF_PAID], &unpaid, SW_I(MESSAGE_FAILED),
			       SW_I(MESSAGE_CANCELED));
	if (!err)
		err = sw_query_step_now(store, arena, &message_sql[SQL_MESSAGE_PROOF_LEDGER], NULL, 0, &orphans);
	if (!err)
		err = sw_query_step_now(store, arena, &message_sql[SQL_MESSAGE_PROOF_COUNT], NULL, 0, &count);
	if (err)
		return err;
	for (size_t i = 0; i < unpaid.n; i++) {
		struct sw_row row = unpaid.row[i];
		complain(arena, out, sw_row_int(row, 2) ? "MM" : "SM", sw_row_id(row, 1), sw_row_id(row, 0));
		sw_buf_add_fmt(out, "%s at a price of %lld micros, but the ledger has %lld paid and %lld given back\n",
			       message_fsm.states[sw_row_int(row, 3)], (long long)sw_row_int(row, 4),
			       (long long)-sw_row_int(row, 5), (long long)sw_row_int(row, 6));
	}
	for (size_t i = 0; i < orphans.n; i++) {
		struct sw_row row = orphans.row[i];
		complain(arena, out, "SM", sw_row_id(row, 1), sw_row_id(row, 0));
		sw_buf_add_fmt(out, "the ledger has %.*s of %lld micros, but there is no such message\n",
			       SW_FMT(sw_row_str(row, 2)), (long long)sw_row_int(row, 3));
	}
	*ret_messages = sw_row_int(count.row[0], 0);
	return 0;
}

/* ---- media ---- */

/* clang-format off */
static const struct {
	const char *type; /* a family ends with '/' */
	int64_t max_bytes;
} media_types[] = {
	{ "image/svg+xml", 0 }, /* runs scripts where it is shown */
	{ "image/jpeg", 5000000 }, { "image/png", 5000000 }, { "image/gif", 5000000 }, { "image/", 500000 },
	{ "audio/", 500000 },	   { "video/", 500000 },     { "text/vcard", 500000 }, { "text/x-vcard", 500000 },
	{ "text/csv", 500000 },	   { "text/rtf", 500000 },   { "text/calendar", 500000 }, { "application/pdf", 500000 },
};
/* clang-format on */

int64_t message_media_max_bytes(struct sw_str content_type)
{
	struct sw_str rest = content_type, type = sw_str_trim(sw_str_cut(&rest, ';'));
	for (size_t i = 0; i < SW_COUNTOF(media_types); i++) {
		struct sw_str known = sw_str_of(media_types[i].type);
		bool family = known.p[known.n - 1] == '/';
		if (family ? sw_str_eq_nocase(sw_str_sub(type, 0, known.n), known) : sw_str_eq_nocase(type, known))
			return media_types[i].max_bytes;
	}
	return 0;
}
