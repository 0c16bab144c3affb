/* Resources that belong to each other, have names, versions and an order: all from tables. */
#include "api/api_fixture.h"
#include "base/test.h"
#include "core/audit.h"
#include "core/core_sql.h"
#include "loop/clock.h"
#include "loop/task.h"

/* clang-format off */
#define BASE "/v1/Services"
#define ENDS { .name = "date_created", .doc = "Created.", .type = SW_TIME, .flags = SW_RANGE }, \
	{ .name = "date_updated", .doc = "Updated.", .type = SW_TIME }, { 0 }
static const struct sw_field service_fields[] = {
	{ .name = "sid", .doc = "SID.", .type = SW_SID, .kinds = "IS" },
	{ .name = "account_sid", .doc = "Account.", .type = SW_SID, .kinds = "AC" },
	{ .name = "unique_name", .doc = "Name.", .type = SW_STR, .flags = SW_WRITE | SW_UNIQUE, .max = 64, .used_by = "test" },
	{ .name = "password", .doc = "Secret.", .type = SW_STR, .flags = SW_WRITE | SW_SECRET | SW_HIDDEN, .max = 64, .used_by = "test" },
	{ .name = "url", .doc = "URL.", .type = SW_PATTERN, .pattern = BASE "/{sid}" },
	ENDS
};
static const struct sw_field room_fields[] = {
	{ .name = "sid", .doc = "SID.", .type = SW_SID, .kinds = "RM" },
	{ .name = "service_sid", .doc = "Service.", .type = SW_SID, .kinds = "IS", .flags = SW_PARENT },
	{ .name = "unique_name", .doc = "Name.", .type = SW_STR, .flags = SW_CREATE | SW_UNIQUE, .max = 64, .used_by = "test", .taken = 21450 },
	{ .name = "size", .doc = "Size.", .type = SW_INT, .flags = SW_WRITE | SW_INDEXED, .used_by = "test" },
	ENDS
};
static const struct sw_field chair_fields[] = {
	{ .name = "sid", .doc = "SID.", .type = SW_SID, .kinds = "CH" },
	{ .name = "service_sid", .doc = "Service.", .type = SW_SID, .kinds = "IS", .flags = SW_PARENT },
	{ .name = "room_sid", .doc = "Room.", .type = SW_SID, .kinds = "RM", .flags = SW_PARENT },
	{ .name = "legs", .doc = "Legs.", .type = SW_INT, .flags = SW_CREATE, .def = "4", .used_by = "test" },
	ENDS
};
/* clang-format on */

#define KIND(name_, plural_, letters, fields_)                                                                    \
	.name = name_, .plural = plural_, .doc = "One.", .kind = letters, .list_key = plural_, .product = "shop", \
	.style = SW_STYLE_V1, .fields = fields_

static const struct sw_resource service = { KIND("Service", "services", "IS", service_fields), .path = BASE,
					    .flags = SW_BY_NAME };
static const struct sw_resource room = { KIND("Room", "rooms", "RM", room_fields), .path = BASE "/{ServiceSid}/Rooms",
					 .parent = &service, .flags = SW_ORDERED, .stored_as = "shop_room" };
static const struct sw_resource chair = { KIND("Chair", "chairs", "CH", chair_fields),
					  .path = BASE "/{ServiceSid}/Rooms/{RoomSid}/Chairs", .parent = &room };

static const struct sw_resource *const resources[] = { &chair, &room, &service, NULL };
static const struct sw_module shop = { .name = "shop", .resources = resources };
static const struct sw_module *const modules[] = { &shop, NULL };

/* Create one; its SID. */
static struct sw_str make(struct sw_task *task, struct core_fixture *f, const char *operation, const char *form)
{
	struct sw_str body;
	int status = api_call(task, f, operation, form, NULL, &body);
	if (status != 201)
		sw_test_fail(__FILE__, __LINE__, "%s %s: %.*s", operation, form, SW_FMT(body));
	return sw_json_get_str(api_parsed(task, body), "sid");
}

static size_t listed(struct sw_task *task, struct core_fixture *f, const char *operation, const char *form,
		     const char *key, struct sw_str *ret_first)
{
	struct sw_str body;
	SW_CHECK_INT(api_call(task, f, operation, form, NULL, &body), 200);
	const struct sw_json *list = sw_json_get(api_parsed(task, body), key);
	if (ret_first)
		*ret_first = list && list->child ? sw_json_get_str(list->child, "sid") : SW_STR_NULL;
	return list ? list->n : 999;
}

#define TEXT(...) sw_str_cstr(sw_task_arena(task), sw_str_fmt(sw_task_arena(task), __VA_ARGS__))

static void names(struct sw_task *task, struct core_fixture *f)
{
	struct sw_str body, one = make(task, f, "CreateService", "UniqueName=first&Password=hush");
	SW_CHECK_INT(api_call(task, f, "CreateService", "UniqueName=first", NULL, &body), 409);
	SW_CHECK(sw_str_find(body, one) >= 0); /* says who has it */
	struct sw_str two = make(task, f, "CreateService", "UniqueName=second");
	make(task, f, "CreateService", ""); /* no name: as many as one likes */
	make(task, f, "CreateService", "");
	SW_CHECK_INT(api_call(task, f, "FetchService", "Sid=first", NULL, &body), 200);
	SW_CHECK_STR(sw_json_get_str(api_parsed(task, body), "unique_name"), "first");
	SW_CHECK(sw_str_find(body, SW_S("hush")) < 0);
	SW_CHECK_INT(api_call(task, f, "UpdateService", TEXT("Sid=%.*s&UniqueName=first", SW_FMT(two)), NULL, &body),
		     409);
	SW_CHECK_INT(api_call(task, f, "UpdateService", "Sid=first&UniqueName=first", NULL, &body), 200);
	SW_CHECK_INT(api_call(task, f, "UpdateService", "Sid=first&UniqueName=third", NULL, &body), 200);
	SW_CHECK_INT(api_call(task, f, "FetchService", "Sid=first", NULL, &body), 404);
	SW_CHECK_INT(api_call(task, f, "FetchService", "Sid=third", NULL, &body), 200);

	/* Names are held against those of the same parent only; the table's own code says so. */
	make(task, f, "CreateRoom", "ServiceSid=second&UniqueName=hall");
	make(task, f, "CreateRoom", "ServiceSid=third&UniqueName=hall");
	SW_CHECK_INT(api_call(task, f, "CreateRoom", "ServiceSid=third&UniqueName=hall", NULL, &body), 400);
	SW_CHECK_INT(api_code(task, body), 21450);
}

SW_TEST(names_are_unique_under_their_parent_and_stand_in_paths)
{
	api_fixture_run(modules, names);
}

static void secrets(struct sw_task *task, struct core_fixture *f)
{
	struct sw_rows rows;
	struct sw_sid sid;
	struct sw_str text = make(task, f, "CreateService", "UniqueName=first&Password=hush-hush");
	SW_CHECK_INT(sw_sid_parse(text, "IS", &sid), 0);
	SW_CHECK_INT(sw_query_wait(task, f->core.store, sw_task_arena(task), CORE_SQL(SQL_RESOURCE_GET), &rows,
				   SW_I(f->account.bucket), SW_ID(f->account.sid.id), SW_T(SW_S("IS")), SW_ID(sid.id)),
		     0);
	SW_CHECK(rows.n == 1 && sw_str_find(sw_row_str(rows.row[0], 1), SW_S("password")) >= 0);
	SW_CHECK(rows.n == 1 && sw_str_find(sw_row_str(rows.row[0], 1), SW_S("hush-hush")) < 0);
	struct sw_stored stored;
	const struct sw_resource_type *type = sw_api_resource(f->user, "Service");
	SW_CHECK_INT(sw_resource_get_wait(task, &f->core, type, &f->account, sid, &stored), 0);
	SW_CHECK_STR(sw_resource_text(type, stored.object, "password"), "hush-hush");

	struct sw_query *query = sw_query_new(sw_task_arena(task), &sw_audit_list);
	const struct sw_page_key page = { .limit = 10 };
	struct sw_audit audit;
	sw_query_where(query, "resource_sid", SW_OP_EQ, SW_ID(sid.id));
	sw_query_page(query, &page);
	SW_CHECK_INT(sw_query_run_wait(task, f->core.store, query, &rows), 0);
	SW_CHECK_INT(rows.n, 1);
	sw_audit_read(rows.row[0], &audit);
	SW_CHECK_STR(audit.event_type, "service.created");
	SW_CHECK_STR(audit.actor, "system");
	SW_CHECK_STR(audit.changes, "{\"unique_name\":{\"previous\":null,\"updated\":\"first\"},"
				    "\"password\":{\"previous\":null,\"updated\":\"***\"}}");
}

SW_TEST(secrets_are_sealed_and_the_audit_says_who_and_what)
{
	api_fixture_run(modules, secrets);
}

static void families(struct sw_task *task, struct core_fixture *f)
{
	struct sw_str body, hall, attic, first;
	make(task, f, "CreateService", "UniqueName=a");
	make(task, f, "CreateService", "UniqueName=b");
	hall = make(task, f, "CreateRoom", "ServiceSid=a&Size=3");
	attic = make(task, f, "CreateRoom", "ServiceSid=a&Size=9");
	make(task, f, "CreateRoom", "ServiceSid=b&Size=3");
	for (int i = 0; i < 5; i++)
		make(task, f, "CreateChair", TEXT("ServiceSid=a&RoomSid=%.*s", SW_FMT(hall)));
	SW_CHECK_INT(listed(task, f, "ListRoom", "ServiceSid=a", "rooms", &first), 2);
	SW_CHECK(sw_str_eq(first, attic)); /* newest first */
	SW_CHECK_INT(listed(task, f, "ListRoom", "ServiceSid=a&Order=asc", "rooms", &first), 2);
	SW_CHECK(sw_str_eq(first, hall));
	SW_CHECK_INT(listed(task, f, "ListRoom", "ServiceSid=a&Size=3", "rooms", NULL), 1);
	SW_CHECK_INT(listed(task, f, "ListRoom", "ServiceSid=a&DateCreated>=2020-01-01", "rooms", NULL), 2);
	SW_CHECK_INT(listed(task, f, "ListRoom", "ServiceSid=a&DateCreated<=2020-01-01", "rooms", NULL), 0);
	SW_CHECK_INT(api_call(task, f, "ListRoom", "ServiceSid=nobody", NULL, &body), 404);
	SW_CHECK_INT(api_call(task, f, "CreateRoom", "ServiceSid=nobody", NULL, &body), 404);
	const char *chairs = TEXT("ServiceSid=a&RoomSid=%.*s", SW_FMT(hall));
	SW_CHECK_INT(listed(task, f, "ListChair", chairs, "chairs", &first), 5);
	const char *chair_path = TEXT("%s&Sid=%.*s", chairs, SW_FMT(first));
	SW_CHECK_INT(api_call(task, f, "FetchChair", chair_path, NULL, &body), 200);
	SW_CHECK(sw_str_eq(sw_json_get_str(api_parsed(task, body), "room_sid"), hall));
	/* The room is not in service b, nor is the chair in the attic. */
	SW_CHECK_INT(api_call(task, f, "ListChair", TEXT("ServiceSid=b&RoomSid=%.*s", SW_FMT(hall)), NULL, &body), 404);
	SW_CHECK_INT(api_call(task, f, "FetchChair",
			      TEXT("ServiceSid=a&RoomSid=%.*s&Sid=%.*s", SW_FMT(attic), SW_FMT(first)), NULL, &body),
		     404);
	SW_CHECK_INT(api_call(task, f, "ListRoom", TEXT("ServiceSid=a&PageToken=PA%.*s", SW_FMT(first)), NULL, &body),
		     400); /* a token of the chairs' list */

	SW_CHECK_INT(api_call(task, f, "DeleteService", "Sid=a", NULL, &body), 204);
	SW_CHECK_INT(api_call(task, f, "FetchChair", chair_path, NULL, &body), 404); /* at once */
	size_t left = 1;
	for (int i = 0; i < 500 && left; i++) { /* and from the store soon */
		struct sw_rows rows;
		struct sw_query *query = sw_query_new(sw_task_arena(task), &sw_resource_list);
		const struct sw_page_key page = { .limit = 10 };
		sw_query_where(query, "kind", SW_OP_EQ, SW_T(SW_S("CH")));
		sw_query_page(query, &page);
		SW_CHECK_INT(sw_query_run_wait(task, f->core.store, query, &rows), 0);
		left = rows.n;
		SW_CHECK_INT(sw_sleep_wait(task, 10000), 0);
	}
	SW_CHECK_INT(left, 0);
	SW_CHECK_INT(listed(task, f, "ListRoom", "ServiceSid=b", "rooms", NULL), 1);

	/* One that was on its way while its room went: the commit decides. */
	const struct sw_resource_type *type = sw_api_resource(f->user, "Chair");
	struct sw_result result;
	struct sw_sid room_sid;
	SW_CHECK_INT(sw_sid_parse(hall, "RM", &room_sid), 0);
	const struct sw_resource_change change = {
		.task = task,
		.core = &f->core,
		.account = &f->account,
		.type = type,
		.parent = room_sid.id,
		.object = sw_resource_object(sw_task_arena(task), type, &f->account,
					     sw_sid_new("CH", f->account.bucket), 1, 1),
		.txn = sw_txn_new(f->core.store, sw_task_arena(task), f->account.bucket),
	};
	sw_resource_insert(sw_task_arena(task), &change);
	SW_CHECK_INT(sw_commit_wait(task, change.txn, &result), SW_EGUARD);
	SW_CHECK_INT(result.code, SW_ENOTFOUND);
}

SW_TEST(children_live_under_their_parents_and_follow_them)
{
	api_fixture_run(modules, families);
}
