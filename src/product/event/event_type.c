/* Types and schemas of Event Streams, as the catalogue has them. */
#include "product/event/event_sink.h"

/* One row of any of the lists. */
struct shown {
	struct sw_str type, schema_id, status, documentation_url, description, id, raw;
	int64_t date_created, date_updated, version, latest_version_date_created;
};

struct event_type_args {
	struct sw_str type, id, schema_id;
	int64_t schema_version;
};

/* clang-format off */
#define T struct shown
static const struct sw_link type_links[] = { { "schema", "/v1/Schemas/{schema_id}/Versions" }, { 0 } };
static const struct sw_link schema_links[] = { { "versions", "/v1/Schemas/{id}/Versions" }, { 0 } };

static const struct sw_field type_fields[] = {
	{ .name = "date_created", .doc = "When the type was first described.", .type = SW_TIME, SW_INT_AT(T, date_created) },
	{ .name = "date_updated", .doc = "When its description last changed.", .type = SW_TIME, SW_INT_AT(T, date_updated) },
	{ .name = "description", .doc = "What it tells of.", .type = SW_STR, SW_TEXT_AT(T, description) },
	{ .name = "documentation_url", .doc = "Where the data are described.", .type = SW_STR, SW_TEXT_AT(T, documentation_url) },
	{ .name = "links", .doc = "Its schema.", .type = SW_LINKS, .links = type_links },
	{ .name = "schema_id", .doc = "Schema of its data.", .type = SW_STR, SW_TEXT_AT(T, schema_id) },
	{ .name = "status", .doc = "available.", .type = SW_STR, SW_TEXT_AT(T, status) },
	{ .name = "type", .doc = "Its name.", .type = SW_STR, SW_TEXT_AT(T, type) },
	{ .name = "url", .doc = "Where it is.", .type = SW_PATTERN, .pattern = "/v1/Types/{type}" },
	{ 0 },
};
static const struct sw_field schema_fields[] = {
	{ .name = "id", .doc = "Its name.", .type = SW_STR, SW_TEXT_AT(T, id) },
	{ .name = "latest_version", .doc = "Its newest version.", .type = SW_INT, SW_INT_AT(T, version) },
	{ .name = "latest_version_date_created", .doc = "When that was made.", .type = SW_TIME, SW_INT_AT(T, latest_version_date_created) },
	{ .name = "links", .doc = "Its versions.", .type = SW_LINKS, .links = schema_links },
	{ .name = "url", .doc = "Where it is.", .type = SW_PATTERN, .pattern = "/v1/Schemas/{id}" },
	{ 0 },
};
static const struct sw_field version_fields[] = {
	{ .name = "date_created", .doc = "When it was made.", .type = SW_TIME, SW_INT_AT(T, date_created) },
	{ .name = "id", .doc = "Name of the schema.", .type = SW_STR, SW_TEXT_AT(T, id) },
	{ .name = "raw", .doc = "Where the JSON Schema itself is.", .type = SW_STR, SW_TEXT_AT(T, raw) },
	{ .name = "schema_version", .doc = "Number of the version.", .type = SW_INT, SW_INT_AT(T, version) },
	{ .name = "url", .doc = "Where it is.", .type = SW_PATTERN, .pattern = "/v1/Schemas/{id}/Versions/{schema_version}" },
	{ 0 },
};

#define A struct event_type_args
#define NAME_MAX 128
#define ID { .name = "id", .doc = "Name of the schema.", .type = SW_STR, .flags = SW_PATH, .max = NAME_MAX, SW_TEXT_AT(A, id), .example = "Messaging.MessageStatus" }
#define VERSION { .name = "schema_version", .doc = "Number of the version.", .type = SW_INT, .flags = SW_PATH, .min = 1, .max = INT32_MAX, SW_INT_AT(A, schema_version) }
static const struct sw_field list_params[] = {
	{ .name = "schema_id", .doc = "Only types of this schema.", .type = SW_STR, .flags = SW_QUERY, .max = NAME_MAX, SW_TEXT_AT(A, schema_id) },
	{ 0 },
};
static const struct sw_field type_params[] = {
	{ .name = "type", .doc = "Name of the type.", .type = SW_STR, .flags = SW_PATH, .max = NAME_MAX, SW_TEXT_AT(A, type), .example = "com.twilio.messaging.message.sent" },
	{ 0 },
};
static const struct sw_field schema_params[] = { ID, { 0 } };
static const struct sw_field version_params[] = { ID, VERSION, { 0 } };
/* clang-format on */

/* The native paths are the server's own, without the product's prefix. */
static struct sw_str own_url(const struct sw_call *c)
{
	return sw_str_sub(c->base_url, 0, c->base_url.n - c->prefix.n);
}

static struct shown show(struct sw_call *c, const struct sw_event_type *type)
{
	return (struct shown){
		.type = type->name,
		.schema_id = type->schema,
		.id = type->schema,
		.status = SW_S("available"),
		.documentation_url = sw_event_schema_url(c->arena, own_url(c), type->schema),
		.raw = sw_event_schema_url(c->arena, own_url(c), type->schema),
		.description = type->doc,
		.date_created = SW_EVENT_VERSION_US,
		.date_updated = SW_EVENT_VERSION_US,
		.latest_version_date_created = SW_EVENT_VERSION_US,
		.version = SW_EVENT_VERSION,
	};
}

static int list_types(struct sw_call *c, struct sw_error *err)
{
	const struct event_type_args *args = c->args;
	const struct sw_event_type *type;
	int64_t place = 0, begin = sw_call_place(c, "EV");
	(void)err;
	for (size_t i = 0; (type = sw_event_type_at(sw_api_events(c->api), i)); i++) {
		struct shown row = show(c, type);
		if ((args->schema_id.p && !sw_str_eq(args->schema_id, type->schema)) || place++ < begin)
			continue;
		if (sw_call_place_full(c, place - 1))
			break;
		sw_call_add_row(c, &row);
	}
	return 0;
}

static int fetch_type(struct sw_call *c, struct sw_error *err)
{
	const struct event_type_args *args = c->args;
	const struct sw_event_type *type = sw_event_type_named(sw_api_events(c->api), args->type);
	if (!type)
		return sw_fail(err, 20404, "There is no event type '%.*s'; GET /v1/Types lists all.",
			       SW_FMT(args->type));
	*(struct shown *)c->result = show(c, type);
	return 0;
}

static int find_schema(struct sw_call *c, const struct sw_event_type **ret, struct sw_error *err)
{
	const struct event_type_args *args = c->args;
	for (size_t i = 0; (*ret = sw_event_type_at(sw_api_events(c->api), i)); i++)
		if (sw_str_eq((*ret)->schema, args->id))
			return 0;
	return sw_fail(err, 20404, "There is no schema '%.*s'; GET /v1/Types names the schema of each type.",
		       SW_FMT(args->id));
}

static int fetch_schema(struct sw_call *c, struct sw_error *err)
{
	const struct sw_event_type *type;
	int failed = find_schema(c, &type, err);
	if (!failed)
		*(struct shown *)c->result = show(c, type);
	return failed;
}

static int list_versions(struct sw_call *c, struct sw_error *err)
{
	const struct sw_event_type *type;
	int failed = find_schema(c, &type, err);
	if (failed)
		return failed;
	struct shown row = show(c, type);
	if (sw_call_place(c, "EV") == 0)
		sw_call_add_row(c, &row);
	return 0;
}

static int find_version(struct sw_call *c, const struct sw_event_type **ret, struct sw_error *err)
{
	const struct event_type_args *args = c->args;
	int failed = find_schema(c, ret, err);
	if (!failed && args->schema_version != SW_EVENT_VERSION)
		return sw_fail(err, 20404, "The schema '%.*s' has the version %d only.", SW_FMT(args->id),
			       SW_EVENT_VERSION);
	return failed;
}

static int fetch_version(struct sw_call *c, struct sw_error *err)
{
	const struct sw_event_type *type;
	int failed = find_version(c, &type, err);
	if (!failed)
		*(struct shown *)c->result = show(c, type);
	return failed;
}

static int fetch_raw(struct sw_call *c, struct sw_error *err)
{
	const struct sw_event_type *type;
	struct sw_buf text = { .arena = c->arena };
	struct sw_json_out out = { .buf = &text };
	int failed = find_version(c, &type, err);
	if (failed)
		return failed;
	failed = sw_event_schema(c->arena, sw_api_events(c->api), type->schema, &out);
	c->body = sw_buf_str(&text);
	c->content_type = SW_S("application/schema+json");
	return sw_fail_internal(err, failed);
}

/* clang-format off */
#define CONTRACT SW_STYLE_V1, "events"
#define ARGS(params) params, sizeof(struct event_type_args)
#define REPLY(fields) fields, sizeof(struct shown), 200
const struct sw_endpoint event_type_endpoints[] = {
	{ "GET", "/v1/Types", "ListEventType", "List the types of events.", CONTRACT, ARGS(list_params), REPLY(type_fields), list_types, .flags = SW_LIST, .list_key = "types", .rate_class = "read", .sdk = "eventTypes" },
	{ "GET", "/v1/Types/{Type}", "FetchEventType", "Fetch a type of event.", CONTRACT, ARGS(type_params), REPLY(type_fields), fetch_type, .rate_class = "read", .sdk = "eventTypes" },
	{ "GET", "/v1/Schemas/{Id}", "FetchSchema", "Fetch a schema.", CONTRACT, ARGS(schema_params), REPLY(schema_fields), fetch_schema, .rate_class = "read" },
	{ "GET", "/v1/Schemas/{Id}/Versions", "ListSchemaVersion", "List the versions of a schema.", CONTRACT, ARGS(schema_params), REPLY(version_fields), list_versions, .flags = SW_LIST, .list_key = "schema_versions", .rate_class = "read" },
	{ "GET", "/v1/Schemas/{Id}/Versions/{SchemaVersion}", "FetchSchemaVersion", "Fetch a version of a schema.", CONTRACT, ARGS(version_params), REPLY(version_fields), fetch_version, .rate_class = "read" },
	{ "GET", "/v1/event_schemas/{id}/{schema_version}", "GetEventSchema", "Fetch the JSON Schema of the data of events.", SW_STYLE_NATIVE, NULL, ARGS(version_params), .status = 200, .handler = fetch_raw, .flags = SW_RAW | SW_OPEN, .rate_class = "read" },
	{ 0 },
};
/* clang-format on */
