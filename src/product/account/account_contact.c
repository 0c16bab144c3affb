/* Whom an account may write to: countries, consents and contacts, in bulk. */
#include "product/account/account.h"

#include "base/time.h"
#include "core/money/country.h"
#include "core/recipient.h"
#include "loop/clock.h"
#include "wire/phone/phone.h"

enum { ITEMS_MAX = 1000, CODE_CONSENT = 30646, CODE_CONTACT = 30647, CODE_COUNTRY = 30648 };

static const char *const statuses[] = { "opt-in", "opt-out", "re-opt-in", NULL };
static const char *const sources[] = { "website", "offline", "opt-in-message", "opt-out-message", "others", NULL };
static const char *const types[] = { "country", NULL };

/* One object of a request's list, whatever it is about. */
struct item {
	struct sw_str contact_id, correlation_id, sender_id, status, source, date_of_consent, country_iso_code,
		zip_code;
};

/* What became of it. */
struct outcome {
	struct sw_str correlation_id;
	int64_t error_code;
	struct sw_strs error_messages;
};

struct bulk {
	struct sw_objects items;
};

struct permission {
	struct sw_str country_code, type, prefix, message;
	int8_t enabled;
	int64_t error_code;
	struct sw_strs error_messages;
};

struct geo {
	struct sw_str country_code;
	struct sw_objects permissions;
};

/* clang-format off */
#define I struct item
#define TEXT(member, doc_, max_) { .name = #member, .doc = doc_, .type = SW_STR, SW_TEXT_AT(I, member), .max = max_ }
static const struct sw_field consent_rows[] = {
	TEXT(contact_id, "Number that gave or took back its consent, E.164.", 64),
	TEXT(correlation_id, "Id that the answer's item has.", 64),
	TEXT(sender_id, "The account's number, or SID of a messaging service.", 64),
	TEXT(status, "opt-in, opt-out or re-opt-in.", 32),
	TEXT(source, "How it was said: website, offline, opt-in-message, opt-out-message or others.", 32),
	TEXT(date_of_consent, "When it was said; now by default.", 40),
	{ 0 },
};
static const struct sw_field contact_rows[] = {
	TEXT(contact_id, "Number of the contact, E.164.", 64),
	TEXT(correlation_id, "Id that the answer's item has.", 64),
	TEXT(country_iso_code, "Country where the contact is, two letters.", 8),
	TEXT(zip_code, "Postal code.", 16),
	{ 0 },
};
#define LIST(rows, ...) { .name = "items", .doc = "Up to 1000 objects.", .type = SW_OBJECTS, .flags = SW_REQUIRED, SW_OBJECTS_AT(struct bulk, items, rows, I), .max = ITEMS_MAX, __VA_ARGS__ }
static const struct sw_field consent_params[] = { LIST(consent_rows, .used_by = "message.create", .example = "[{\"contact_id\":\"+15005550010\",\"correlation_id\":\"0123456789abcdef0123456789abcd01\",\"sender_id\":\"+15005550006\",\"status\":\"opt-in\",\"source\":\"website\"}]"), { 0 } };
static const struct sw_field contact_params[] = { LIST(contact_rows, .inert = "Kept; no quiet hours are held by place yet.", .example = "[{\"contact_id\":\"+15005550010\",\"correlation_id\":\"0123456789abcdef0123456789abcd02\",\"country_iso_code\":\"US\",\"zip_code\":\"94105\"}]"), { 0 } };

#define O struct outcome
static const struct sw_field outcome_rows[] = {
	{ .name = "correlation_id", .doc = "The item's id.", .type = SW_STR, SW_TEXT_AT(O, correlation_id) },
	{ .name = "error_code", .doc = "0 when it was taken.", .type = SW_INT, SW_INT_AT(O, error_code) },
	{ .name = "error_messages", .doc = "What was wrong with it.", .type = SW_STRS, SW_STRS_AT(O, error_messages), .max = 8 },
	{ 0 },
};
static const struct sw_field bulk_fields[] = {
	{ .name = "items", .doc = "What became of each, in order.", .type = SW_OBJECTS, SW_OBJECTS_AT(struct bulk, items, outcome_rows, O), .max = ITEMS_MAX },
	{ 0 },
};

#define P struct permission
#define COUNTRY { .name = "country_code", .doc = "Country, two letters.", .type = SW_STR, SW_TEXT_AT(P, country_code), .max = 8 }
#define TYPE { .name = "type", .doc = "Always country.", .type = SW_ENUM, .values = types, SW_TEXT_AT(P, type), .def = "country" }
#define ENABLED { .name = "enabled", .doc = "Whether messages may be sent there.", .type = SW_BOOL, SW_BOOL_AT(P, enabled) }
static const struct sw_field asked_rows[] = { COUNTRY, TYPE, ENABLED, { 0 } };
static const struct sw_field shown_rows[] = {
	COUNTRY, TYPE, ENABLED,
	{ .name = "prefix", .doc = "Its calling code.", .type = SW_STR, SW_TEXT_AT(P, prefix) },
	{ .name = "message", .doc = "A remark; none here.", .type = SW_STR, SW_TEXT_AT(P, message) },
	{ 0 },
};
static const struct sw_field changed_rows[] = {
	COUNTRY, TYPE, ENABLED,
	{ .name = "error_code", .doc = "0 when it was changed.", .type = SW_INT, SW_INT_AT(P, error_code) },
	{ .name = "error_messages", .doc = "What was wrong with it.", .type = SW_STRS, SW_STRS_AT(P, error_messages), .max = 8 },
	{ 0 },
};
#define PERMISSIONS(rows, doc_, ...) { .name = "permissions", .doc = doc_, .type = SW_OBJECTS, SW_OBJECTS_AT(struct geo, permissions, rows, P), .max = ITEMS_MAX, __VA_ARGS__ }
static const struct sw_field geo_fetch_params[] = {
	{ .name = "country_code", .doc = "Only this country.", .type = SW_STR, .flags = SW_QUERY, SW_TEXT_AT(struct geo, country_code), .max = 2 },
	{ 0 },
};
static const struct sw_field geo_update_params[] = { PERMISSIONS(asked_rows, "What to switch on or off.", .flags = SW_REQUIRED, .used_by = "message.create", .example = "[{\"country_code\":\"DE\",\"type\":\"country\",\"enabled\":true}]"), { 0 } };
static const struct sw_field geo_fields[] = { PERMISSIONS(shown_rows, "A row for each country."), { 0 } };
static const struct sw_field geo_changed_fields[] = { PERMISSIONS(changed_rows, "What became of each, in order."), { 0 } };
/* clang-format on */

/* ---- what is wrong with an item ---- */

static void complain(struct sw_arena *arena, struct sw_strs *list, const char *what)
{
	struct sw_str *grown = SW_ARENA_ARRAY(arena, struct sw_str, list->n + 1);
	if (list->n)
		memcpy(grown, list->v, list->n * sizeof(*grown));
	grown[list->n] = sw_str_of(what);
	*list = (struct sw_strs){ grown, list->n + 1 };
}

static bool is_number(struct sw_str text)
{
	struct sw_phone phone;
	return sw_address_parse(text).kind == SW_ADDRESS_E164 && sw_phone_parse(text, &phone) == 0 && phone.possible;
}

static bool is_one_of(struct sw_str text, const char *const *values)
{
	while (*values && !sw_str_is(text, *values))
		values++;
	return *values != NULL;
}

static void check_consent(struct sw_arena *arena, const struct item *item, struct sw_strs *ret)
{
	struct sw_sid service;
	int64_t when;
	if (!is_number(item->contact_id))
		complain(arena, ret, "INVALID_CONTACT_ID");
	if (!item->correlation_id.n)
		complain(arena, ret, "INVALID_CORRELATION_ID");
	if (sw_sid_parse(item->sender_id, "MG", &service) && sw_address_parse(item->sender_id).kind == SW_ADDRESS_BAD)
		complain(arena, ret, "INVALID_SENDER_ID");
	if (!is_one_of(item->status, statuses))
		complain(arena, ret, "INVALID_STATUS");
	if (!is_one_of(item->source, sources))
		complain(arena, ret, "INVALID_SOURCE");
	if (item->date_of_consent.n && sw_time_parse(item->date_of_consent, &when))
		complain(arena, ret, "INVALID_DATE_OF_CONSENT");
}

static void check_contact(struct sw_arena *arena, const struct item *item, struct sw_strs *ret)
{
	if (!is_number(item->contact_id))
		complain(arena, ret, "INVALID_CONTACT_ID");
	if (!item->correlation_id.n)
		complain(arena, ret, "INVALID_CORRELATION_ID");
	if (!sw_country_find(item->country_iso_code))
		complain(arena, ret, "INVALID_COUNTRY_ISO_CODE");
}

/* ---- in bulk ---- */

static void put_consent(struct sw_call *c, struct sw_txn *txn, const struct item *item)
{
	struct sw_consent consent = {
		.contact = item->contact_id,
		.sender = item->sender_id,
		.source = item->source,
		.opted_out = sw_str_is(item->status, "opt-out"),
		.said_us = sw_wall_us(),
	};
	if (item->date_of_consent.n && sw_time_parse(item->date_of_consent, &consent.said_us))
		return;
	sw_consent_put(txn, c->account, &consent);
}

static void put_contact(struct sw_call *c, struct sw_txn *txn, const struct item *item)
{
	sw_contact_put(txn, c->account, item->contact_id, item->country_iso_code, item->zip_code);
}

struct kind {
	int code;
	void (*check)(struct sw_arena *arena, const struct item *item, struct sw_strs *ret);
	void (*put)(struct sw_call *c, struct sw_txn *txn, const struct item *item);
};
static const struct kind consents = { CODE_CONSENT, check_consent, put_consent };
static const struct kind contacts = { CODE_CONTACT, check_contact, put_contact };

static int create_bulk(struct sw_call *c, struct sw_error *err)
{
	const struct kind *kind = c->endpoint->about;
	const struct bulk *args = c->args;
	struct bulk *result = c->result;
	const struct item *items = args->items.v;
	struct outcome *outcomes = SW_ARENA_ARRAY(c->arena, struct outcome, args->items.n);
	struct sw_txn *txn = sw_call_txn(c);
	for (size_t i = 0; i < args->items.n; i++) {
		outcomes[i] = (struct outcome){ .correlation_id = items[i].correlation_id };
		kind->check(c->arena, &items[i], &outcomes[i].error_messages);
		outcomes[i].error_code = outcomes[i].error_messages.n ? kind->code : 0;
		if (!outcomes[i].error_code)
			kind->put(c, txn, &items[i]);
	}
	result->items = (struct sw_objects){ outcomes, args->items.n };
	int failed = sw_call_commit_wait(c, txn, err);
	sw_recipient_forget(c->task, c->account);
	return failed;
}

/* ---- countries ---- */

static bool is_blocked(struct sw_str blocked, const char *code)
{
	char word[] = ",??,";
	memcpy(word + 1, code, 2);
	return sw_str_find(blocked, sw_str_of(word)) >= 0;
}

static int fetch_geo(struct sw_call *c, struct sw_error *err)
{
	const struct geo *args = c->args;
	struct geo *result = c->result;
	struct sw_str blocked;
	size_t n = 0;
	int failed = sw_geo_blocked_wait(c->task, c->core, c->account, &blocked);
	if (failed)
		return sw_fail_internal(err, failed);
	if (args->country_code.p && !sw_country_find(args->country_code))
		return sw_fail(err, 20404, "There is no country '%.*s'; give two capital letters (ISO 3166).",
			       SW_FMT(args->country_code));
	struct permission *rows = SW_ARENA_ARRAY(c->arena, struct permission, sw_countries_n);
	for (size_t i = 0; i < sw_countries_n; i++)
		if (!args->country_code.p || sw_str_is(args->country_code, sw_countries[i].code))
			rows[n++] = (struct permission){
				.country_code = sw_str_of(sw_countries[i].code),
				.type = SW_S("country"),
				.enabled = !is_blocked(blocked, sw_countries[i].code),
				.prefix = sw_str_fmt(c->arena, "+%d", sw_countries[i].calling_code),
				.message = SW_S(""),
			};
	result->permissions = (struct sw_objects){ rows, n };
	return 0;
}

static int update_geo(struct sw_call *c, struct sw_error *err)
{
	const struct geo *args = c->args;
	struct geo *result = c->result;
	struct permission *rows = SW_ARENA_ARRAY(c->arena, struct permission, args->permissions.n);
	struct sw_txn *txn = sw_call_txn(c);
	for (size_t i = 0; i < args->permissions.n; i++) {
		struct permission *p = &rows[i];
		*p = ((const struct permission *)args->permissions.v)[i];
		p->error_messages = (struct sw_strs){ 0 };
		if (!sw_country_find(p->country_code))
			complain(c->arena, &p->error_messages, "There is no such country");
		if (p->enabled < 0)
			complain(c->arena, &p->error_messages, "enabled must be true or false");
		p->error_code = p->error_messages.n ? CODE_COUNTRY : 0;
		if (!p->error_code)
			sw_geo_set(txn, c->account, p->country_code, p->enabled);
	}
	result->permissions = (struct sw_objects){ rows, args->permissions.n };
	int failed = sw_call_commit_wait(c, txn, err);
	sw_recipient_forget(c->task, c->account);
	return failed;
}

/* clang-format off */
#define CONTRACT .style = SW_STYLE_V1, .product = "accounts"
#define BULK(path, operation, doc, params_, kind, ...) \
	{ "POST", path, operation, doc, CONTRACT, params_, sizeof(struct bulk), bulk_fields, sizeof(struct bulk), 201, create_bulk, .flags = SW_AUDIT, .rate_class = "write", .about = &kind, __VA_ARGS__ }

const struct sw_endpoint account_contact_endpoints[] = {
	BULK("/v1/Consents/Bulk", "CreateBulkConsents", "Write down who agreed to messages and who does not want them.", consent_params, consents, .sdk = "bulkConsents"),
	BULK("/v1/Contacts/Bulk", "CreateBulkContacts", "Write down where contacts are.", contact_params, contacts, .sdk = "bulkContacts"),
	{ "GET", "/v1/Messaging/GeoPermissions", "FetchMessagingGeopermissions", "List the countries that may be written to.", CONTRACT, geo_fetch_params, sizeof(struct geo), geo_fields, sizeof(struct geo), 200, fetch_geo, .rate_class = "read", .sdk = "messagingGeopermissions" },
	{ "PATCH", "/v1/Messaging/GeoPermissions", "UpdateMessagingGeopermissions", "Switch countries on or off.", CONTRACT, geo_update_params, sizeof(struct geo), geo_changed_fields, sizeof(struct geo), 200, update_geo, .flags = SW_AUDIT, .rate_class = "write", .sdk = "messagingGeopermissions", .contract = "PatchMessagingGeopermissions" },
	{ 0 },
};
/* clang-format on */
