/* The types of one subscription, a resource each. */
#include "product/event/event_sink.h"

#include "loop/clock.h"

struct subscribed {
	struct sw_sid account_sid, subscription_sid;
	struct sw_str type;
	int64_t schema_version;
};

/* clang-format off */
#define S struct subscribed
#define SUBSCRIPTION { .name = "subscription_sid", .doc = "SID of the subscription.", .type = SW_SID, .flags = SW_PATH, .kinds = "DF", SW_SID_AT(S, subscription_sid) }
#define TYPE(flags_) { .name = "type", .doc = "Name of the type.", .type = SW_STR, .flags = flags_, .max = 128, SW_TEXT_AT(S, type), .used_by = "event.follow", .example = "com.twilio.messaging.message.delivered" }
#define VERSION(...) { .name = "schema_version", .doc = "Version of its schema; absent: the newest.", .type = SW_INT, .min = 1, .max = INT32_MAX, SW_INT_AT(S, schema_version), .used_by = "event.follow", __VA_ARGS__ }
static const struct sw_field list_params[] = { SUBSCRIPTION, { 0 } };
static const struct sw_field create_params[] = { SUBSCRIPTION, TYPE(SW_REQUIRED), VERSION(.example = NULL), { 0 } };
static const struct sw_field one_params[] = { SUBSCRIPTION, TYPE(SW_PATH), { 0 } };
static const struct sw_field update_params[] = { SUBSCRIPTION, TYPE(SW_PATH), VERSION(.example = "1"), { 0 } };
static const struct sw_field fields[] = {
	{ .name = "account_sid", .doc = "Account of the subscription.", .type = SW_SID, .kinds = "AC", SW_SID_AT(S, account_sid) },
	{ .name = "schema_version", .doc = "Version of its schema.", .type = SW_INT, SW_INT_AT(S, schema_version) },
	{ .name = "subscription_sid", .doc = "The subscription.", .type = SW_SID, .kinds = "DF", SW_SID_AT(S, subscription_sid) },
	{ .name = "type", .doc = "Name of the type.", .type = SW_STR, SW_TEXT_AT(S, type) },
	{ .name = "url", .doc = "Where it is.", .type = SW_PATTERN, .pattern = "/v1/Subscriptions/{subscription_sid}/SubscribedEvents/{type}" },
	{ 0 },
};
/* clang-format on */

/* A subscription and its types, loaded to be shown or changed. */
struct loaded {
	const struct sw_resource_type *type;
	struct sw_stored stored;
	struct event_types types;
};

static int load_wait(struct sw_call *c, struct loaded *ret, struct sw_error *err)
{
	const struct subscribed *args = c->args;
	ret->type = sw_api_resource(c->api, event_subscription.name);
	int failed =
		sw_resource_get_wait(c->task, c->core, ret->type, c->account, args->subscription_sid, &ret->stored);
	if (failed)
		return failed == SW_ENOTFOUND ? sw_call_not_found(c, err) : sw_fail_internal(err, failed);
	c->changed = args->subscription_sid;
	return event_types_read(c->arena, c->core, ret->type, ret->stored.object, &ret->types, err);
}

static struct event_type_wanted *find(struct loaded *l, struct sw_str name)
{
	for (size_t i = 0; i < l->types.n; i++)
		if (sw_str_eq(l->types.v[i].type->name, name))
			return &l->types.v[i];
	return NULL;
}

static struct subscribed show(struct sw_call *c, const struct event_type_wanted *wanted)
{
	const struct subscribed *args = c->args;
	return (struct subscribed){ .account_sid = c->account->sid,
				    .subscription_sid = args->subscription_sid,
				    .type = wanted->type->name,
				    .schema_version = wanted->version };
}

/* The subscription with the types as they are now. */
static int keep(struct sw_call *c, struct loaded *l, struct sw_error *err)
{
	void *object = sw_resource_object(c->arena, l->type, c->account, l->stored.sid, 0, 0);
	memcpy(object, l->stored.object, l->type->bytes);
	event_types_write(c->arena, l->type, object, &l->types);
	int64_t now = sw_wall_us();
	sw_resource_set(l->type, object, "date_updated", &now);
	const struct sw_resource_change change = {
		.task = c->task,
		.core = c->core,
		.account = c->account,
		.type = l->type,
		.object = object,
		.before = l->stored.object,
		.txn = sw_call_txn(c),
	};
	sw_resource_update(c->arena, &change, l->stored.version);
	c->changes = sw_resource_changes(c->arena, l->type, l->stored.object, object);
	return sw_call_commit_wait(c, change.txn, err);
}

static int list(struct sw_call *c, struct sw_error *err)
{
	struct loaded l;
	int failed = load_wait(c, &l, err);
	if (failed)
		return failed;
	for (size_t i = (size_t)sw_call_place(c, "DF"); i < l.types.n && !sw_call_place_full(c, (int64_t)i); i++) {
		struct subscribed row = show(c, &l.types.v[i]);
		sw_call_add_row(c, &row);
	}
	return 0;
}

static int not_subscribed(struct sw_call *c, struct sw_error *err)
{
	const struct subscribed *args = c->args;
	return sw_fail(err, 20404, "The subscription does not have the type '%.*s'.",
		       SW_FMT(sw_str_sub(args->type, 0, 128)));
}

/* The subscription with the one type that the path names. */
static int load_one_wait(struct sw_call *c, struct loaded *ret, struct event_type_wanted **ret_one,
			 struct sw_error *err)
{
	const struct subscribed *args = c->args;
	int failed = load_wait(c, ret, err);
	if (failed)
		return failed;
	*ret_one = find(ret, args->type);
	return *ret_one ? 0 : not_subscribed(c, err);
}

static int fetch(struct sw_call *c, struct sw_error *err)
{
	struct event_type_wanted *one;
	struct loaded l;
	int failed = load_one_wait(c, &l, &one, err);
	if (!failed)
		*(struct subscribed *)c->result = show(c, one);
	return failed;
}

static int put(struct sw_call *c, bool add, struct sw_error *err)
{
	const struct subscribed *args = c->args;
	struct event_type_wanted given;
	struct loaded l;
	int failed = load_wait(c, &l, err);
	if (failed)
		return failed;
	struct event_type_wanted *wanted = find(&l, args->type);
	if (!wanted && !add)
		return not_subscribed(c, err);
	failed = event_type_check(c->core, args->type,
				  args->schema_version == SW_NONE ? SW_EVENT_VERSION : args->schema_version, &given,
				  err);
	if (failed)
		return failed;
	if (!wanted && l.types.n == EVENT_TYPES_MAX)
		return sw_fail(err, 20001, "A subscription has at most %d types.", EVENT_TYPES_MAX);
	if (!wanted)
		wanted = &l.types.v[l.types.n++]; /* event_types_read() leaves room for one */
	*wanted = given;
	*(struct subscribed *)c->result = show(c, wanted);
	return keep(c, &l, err);
}

static int create_once(struct sw_call *c, struct sw_error *err)
{
	return put(c, true, err);
}

static int update_once(struct sw_call *c, struct sw_error *err)
{
	return put(c, false, err);
}

static int take_away_once(struct sw_call *c, struct sw_error *err)
{
	struct event_type_wanted *one;
	struct loaded l;
	int failed = load_one_wait(c, &l, &one, err);
	if (failed)
		return failed;
	if (l.types.n == 1)
		return sw_fail(err, 20001, "It is the subscription's last type: delete the subscription instead.");
	memmove(one, one + 1, (size_t)(&l.types.v[--l.types.n] - one) * sizeof(*one));
	return keep(c, &l, err);
}

static int create(struct sw_call *c, struct sw_error *err)
{
	return sw_call_until_alone_wait(c, create_once, err);
}

static int update(struct sw_call *c, struct sw_error *err)
{
	return sw_call_until_alone_wait(c, update_once, err);
}

static int take_away(struct sw_call *c, struct sw_error *err)
{
	return sw_call_until_alone_wait(c, take_away_once, err);
}

/* clang-format off */
#define BASE "/v1/Subscriptions/{SubscriptionSid}/SubscribedEvents"
#define CONTRACT SW_STYLE_V1, "events"
#define ARGS(params) params, sizeof(struct subscribed)
#define REPLY fields, sizeof(struct subscribed)
const struct sw_endpoint event_subscribed_endpoints[] = {
	{ "GET", BASE, "ListSubscribedEvent", "List the types of a subscription.", CONTRACT, ARGS(list_params), REPLY, 200, list, .flags = SW_LIST, .list_key = "types", .rate_class = "read" },
	{ "POST", BASE, "CreateSubscribedEvent", "Add a type to a subscription.", CONTRACT, ARGS(create_params), REPLY, 201, create, .flags = SW_AUDIT, .rate_class = "write" },
	{ "GET", BASE "/{Type}", "FetchSubscribedEvent", "Fetch a type of a subscription.", CONTRACT, ARGS(one_params), REPLY, 200, fetch, .rate_class = "read" },
	{ "POST", BASE "/{Type}", "UpdateSubscribedEvent", "Change the schema version of a type.", CONTRACT, ARGS(update_params), REPLY, 200, update, .flags = SW_AUDIT, .rate_class = "write" },
	{ "DELETE", BASE "/{Type}", "DeleteSubscribedEvent", "Take a type out of a subscription.", CONTRACT, ARGS(one_params), NULL, 0, 204, take_away, .flags = SW_AUDIT, .rate_class = "write" },
	{ 0 },
};
/* clang-format on */
