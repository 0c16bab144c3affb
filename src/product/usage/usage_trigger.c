/* Usage triggers: a customer's URL is told once a period when usage reaches a value. */
#include "product/usage/usage.h"
#include "product/usage/usage_count.h"

#include "base/num.h"
#include "base/time.h"
#include "core/callback.h"
#include "core/core_sql.h"
#include "loop/clock.h"
#include "loop/task.h"

enum { PAGE_TRIGGERS = 1000, PARAMS_N = 10, MICROS = 1000000 };

static const char *const methods[] = { "GET", "POST", NULL };
static const char *const recurrings[] = { "daily", "monthly", "yearly", "alltime", NULL };
static const char *const fields_by[] = { "count", "usage", "price", NULL };

#define BASE "/2010-04-01/Accounts/{account_sid}/Usage/"
#define RECORDS BASE "Records.json?Category={usage_category}"

/* clang-format off */
static const struct sw_field fields[] = {
	{ .name = "account_sid", .doc = "Account whose usage it watches.", .type = SW_SID, .kinds = "AC" },
	{ .name = "api_version", .doc = "Version of the API.", .type = SW_STR, .def = "2010-04-01" },
	{ .name = "callback_method", .doc = "Method for callback_url.", .type = SW_ENUM, .flags = SW_WRITE, .values = methods, .def = "POST", .used_by = "usage.trigger" },
	{ .name = "callback_url", .doc = "URL told when it fires.", .type = SW_URL, .flags = SW_WRITE | SW_REQUIRED, .used_by = "usage.trigger" },
	{ .name = "current_value", .doc = "What it watches, as of now.", .type = SW_STR },
	{ .name = "date_created", .doc = "When it was created.", .type = SW_TIME },
	{ .name = "date_fired", .doc = "When it last fired.", .type = SW_TIME },
	{ .name = "date_updated", .doc = "When it last changed.", .type = SW_TIME },
	{ .name = "fired_day", .doc = "First day of the period in which it last fired, counted from 1970.", .type = SW_INT, .flags = SW_HIDDEN },
	{ .name = "friendly_name", .doc = "A name for people, at most 64 characters.", .type = SW_STR, .flags = SW_WRITE, .max = 64, .used_by = "usage_trigger.list", .example = "Our shop" },
	{ .name = "recurring", .doc = "Period after which it counts from zero and may fire again; alltime: it fires once.", .type = SW_ENUM, .flags = SW_CREATE | SW_INDEXED, .values = recurrings, .def = "alltime", .used_by = "usage.trigger" },
	{ .name = "sid", .doc = "Identifier of the trigger.", .type = SW_SID, .kinds = "UT" },
	{ .name = "trigger_by", .doc = "What is compared: count, usage or price of the records.", .type = SW_ENUM, .flags = SW_CREATE | SW_INDEXED, .values = fields_by, .def = "usage", .used_by = "usage.trigger" },
	{ .name = "trigger_value", .doc = "Value at which it fires; +30: 30 more than now.", .type = SW_STR, .flags = SW_CREATE | SW_REQUIRED, .max = 24, .used_by = "usage.trigger", .example = "+100" },
	{ .name = "uri", .doc = "Where it is.", .type = SW_PATTERN, .pattern = BASE "Triggers/{sid}.json" },
	{ .name = "usage_category", .doc = "Category of usage that it watches.", .type = SW_STR, .flags = SW_CREATE | SW_REQUIRED | SW_INDEXED, .max = 80, .used_by = "usage.trigger", .example = "sms" },
	{ .name = "usage_record_uri", .doc = "Where the usage is.", .type = SW_PATTERN, .pattern = RECORDS },
	{ 0 },
};
/* clang-format on */

/* ---- the value ---- */

struct watch {
	struct usage_category category;
	struct sw_str by;
	int64_t first_day, last_day; /* of a period */
};

static bool is_money(const struct watch *watch)
{
	return sw_str_is(watch->by, "price") || watch->category.leaves == ~0u;
}

/* Of the period that a day is in. */
static struct watch watch_of(struct sw_arena *arena, const struct sw_resource_type *type, const void *object,
			     int64_t day)
{
	struct sw_str recurring = sw_resource_text(type, object, "recurring");
	struct watch watch = { .by = sw_resource_text(type, object, "trigger_by") };
	(void)usage_category_find(arena, sw_resource_text(type, object, "usage_category"), &watch.category);
	watch.first_day = usage_period_day(recurring, day);
	watch.last_day = usage_period_end(recurring, watch.first_day);
	return watch;
}

/* In millionths, whatever is counted. */
static int64_t value_of(const struct watch *watch, const struct usage_sum *sum)
{
	if (is_money(watch))
		return sum->micros;
	return (sw_str_is(watch->by, "count") ? sum->items : sum->units) * MICROS;
}

static int stored_sum_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
			   const struct watch *watch, struct usage_sum *ret)
{
	struct usage_span span = {
		.bucket = account->bucket,
		.account = account->sid.id,
		.whole = sw_sid_eq(account->sid, account->owner),
		.first_day = watch->first_day,
		.last_day = watch->last_day,
	};
	struct sw_rows rows;
	int err = usage_read_wait(task, core, &span, &rows);
	if (!err)
		*ret = usage_sum(&rows, watch->category.leaves, span.first_day, span.last_day);
	return err;
}

static struct sw_str value_text(struct sw_arena *arena, int64_t value)
{
	char text[32];
	return sw_str_dup(arena, sw_micros_format(value, 0, text));
}

static int current_wait(const struct sw_resource_change *change, const struct watch *watch, int64_t *ret)
{
	struct usage_sum sum;
	int err = stored_sum_wait(change->task, change->core, change->account, watch, &sum);
	if (!err)
		*ret = value_of(watch, &sum);
	return err;
}

static int show_wait(const struct sw_resource_change *change)
{
	struct sw_arena *arena = sw_task_arena(change->task);
	const struct watch watch = watch_of(arena, change->type, change->object, usage_day(sw_wall_us()));
	int64_t now = 0;
	int err = current_wait(change, &watch, &now);
	if (!err)
		sw_resource_set_text(change->type, change->object, "current_value", value_text(arena, now));
	return err;
}

/* ---- what may be asked for ---- */

static int check(const struct sw_resource_change *change, struct sw_error *err)
{
	struct sw_arena *arena = sw_task_arena(change->task);
	struct usage_category category;
	struct sw_str name = sw_resource_text(change->type, change->object, "usage_category");
	struct sw_str text = sw_resource_text(change->type, change->object, "trigger_value");
	if (change->before)
		return 0;
	if (!usage_category_find(arena, name, &category))
		return sw_fail(err, 20001, "The parameter 'UsageCategory' is not valid: there is no category '%.*s'.",
			       SW_FMT(name));
	const struct watch watch = watch_of(arena, change->type, change->object, usage_day(sw_wall_us()));
	bool relative = sw_str_starts(text, SW_S("+"));
	int64_t value, now = 0;
	if (sw_micros_parse(relative ? sw_str_from(text, 1) : text, &value) || value < 0 ||
	    (!is_money(&watch) && value % MICROS))
		return sw_fail(
			err, 20001,
			"The parameter 'TriggerValue' is not valid: '%.*s' is not %s, nor that with a plus sign.",
			SW_FMT(text), is_money(&watch) ? "an amount" : "a whole number");
	int failed = relative ? current_wait(change, &watch, &now) : 0;
	if (failed)
		return sw_fail_internal(err, failed);
	sw_resource_set_text(change->type, change->object, "trigger_value", value_text(arena, value + now));
	return 0;
}

/* ---- firing ---- */

static void add(struct sw_form *form, const char *name, struct sw_str value)
{
	form->v[form->n++] = (struct sw_form_pair){ sw_str_of(name), value };
}

static void call_back(const struct usage_batch *batch, const struct sw_resource_change *change, struct sw_sid sid,
		      const struct watch *watch, int64_t value)
{
	struct sw_arena *arena = sw_txn_arena(batch->txn);
	char now_text[SW_TIME_BUF];
	struct sw_form form = { .v = SW_ARENA_ARRAY(arena, struct sw_form_pair, PARAMS_N) };
	struct sw_str account = sw_sid_text(arena, change->account->sid), trigger = sw_sid_text(arena, sid),
		      category = sw_str_of(watch->category.name);
	add(&form, "AccountSid", account);
	add(&form, "UsageTriggerSid", trigger);
	add(&form, "Recurring", sw_resource_text(change->type, change->object, "recurring"));
	add(&form, "UsageCategory", category);
	add(&form, "TriggerBy", watch->by);
	add(&form, "TriggerValue", sw_resource_text(change->type, change->object, "trigger_value"));
	add(&form, "CurrentValue", value_text(arena, value));
	add(&form, "UsageRecordUri",
	    sw_str_fmt(arena, "/2010-04-01/Accounts/%.*s/Usage/Records.json?Category=%.*s", SW_FMT(account),
		       SW_FMT(category)));
	/* The same for one firing, however often it is told. */
	add(&form, "IdempotencyToken",
	    sw_str_fmt(arena, "%.*s-FIRES-%.*s-%lld", SW_FMT(account), SW_FMT(trigger), (long long)watch->first_day));
	add(&form, "DateFired", sw_str_dup(arena, sw_time_rfc2822(sw_wall_us(), now_text)));
	const struct sw_callback callback = {
		.account = change->account->sid.id,
		.ref_kind = { sid.kind[0], sid.kind[1] },
		.ref = sid.id,
		.method = sw_resource_text(change->type, change->object, "callback_method"),
		.url = sw_resource_text(change->type, change->object, "callback_url"),
		.params = &form,
		.event_time_us = sw_wall_us(),
	};
	sw_txn_callback(batch->txn, &callback);
	sw_event_add(
		batch->txn, change->account->sid.id, sid, "usage.trigger.fired",
		sw_str_fmt(arena, "{\"usage_category\":\"%.*s\",\"trigger_value\":\"%.*s\",\"current_value\":\"%.*s\"}",
			   SW_FMT(category), SW_FMT(sw_resource_text(change->type, change->object, "trigger_value")),
			   SW_FMT(value_text(arena, value))));
}

static void fire(const struct usage_batch *batch, const struct sw_resource_type *type, const struct sw_account *account,
		 const struct sw_stored *stored, const struct watch *watch, int64_t value)
{
	struct sw_arena *arena = sw_txn_arena(batch->txn);
	void *object = sw_arena_alloc(arena, type->bytes);
	memcpy(object, stored->object, type->bytes);
	const struct sw_resource_change change = {
		.task = batch->task,
		.parent = stored->parent,
		.core = batch->core,
		.account = account,
		.type = type,
		.object = object,
		.before = stored->object,
		.txn = batch->txn,
	};
	*(int64_t *)(uintptr_t)sw_resource_field(type, object, "date_fired") = sw_wall_us();
	*(int64_t *)(uintptr_t)sw_resource_field(type, object, "fired_day") = watch->first_day;
	sw_resource_update(arena, &change, stored->version);
	call_back(batch, &change, stored->sid, watch, value);
}

static struct usage_sum batch_sum(const struct usage_batch *batch, const struct sw_account *account,
				  const struct watch *watch)
{
	struct usage_sum sum = { 0 };
	bool whole = sw_sid_eq(account->sid, account->owner);
	for (size_t i = 0; i < batch->n; i++) {
		const struct usage_delta *d = &batch->deltas[i];
		if (!sw_id_eq(d->account, account->sid.id) || d->whole != whole || d->day < watch->first_day ||
		    d->day > watch->last_day || !(watch->category.leaves >> d->leaf & 1))
			continue;
		sum.items += d->sum.items;
		sum.units += d->sum.units;
		sum.micros += d->sum.micros;
	}
	return sum;
}

/* @param day  of use that the batch adds */
static int try_day_wait(const struct usage_batch *batch, const struct sw_resource_type *type,
			const struct sw_account *account, const struct sw_stored *stored, int64_t day, bool *ret_fired)
{
	const struct watch watch = watch_of(sw_task_arena(batch->task), type, stored->object, day);
	int64_t want, fired_day = *(const int64_t *)sw_resource_field(type, stored->object, "fired_day"),
		      made_us = *(const int64_t *)sw_resource_field(type, stored->object, "date_created");
	struct usage_sum stored_sum = { 0 }, new = batch_sum(batch, account, &watch);
	if (fired_day >= watch.first_day || usage_day(made_us) > watch.last_day ||
	    (new.items <= 0 && new.micros <= 0) ||
	    sw_micros_parse(sw_resource_text(type, stored->object, "trigger_value"), &want))
		return 0;
	int err = stored_sum_wait(batch->task, batch->core, account, &watch, &stored_sum);
	if (err)
		return err;
	new.items += stored_sum.items;
	new.units += stored_sum.units;
	new.micros += stored_sum.micros;
	int64_t value = value_of(&watch, &new);
	*ret_fired = value >= want;
	if (*ret_fired)
		fire(batch, type, account, stored, &watch, value);
	return 0;
}

/* By the days of the batch, not by today: what is counted behind midnight, or behind a stop, is use of its own day.
 * Once a batch at most; of two periods the second fires with its next use. */
static int try_wait(const struct usage_batch *batch, const struct sw_resource_type *type,
		    const struct sw_account *account, const struct sw_stored *stored)
{
	int err = 0;
	bool fired = false;
	for (size_t i = 0; i < batch->n && !err && !fired; i++) {
		bool first = sw_id_eq(batch->deltas[i].account, account->sid.id);
		for (size_t k = 0; k < i && first; k++)
			first = !sw_id_eq(batch->deltas[k].account, account->sid.id) ||
				batch->deltas[k].day != batch->deltas[i].day;
		if (first)
			err = try_day_wait(batch, type, account, stored, batch->deltas[i].day, &fired);
	}
	return err;
}

/* Those behind one, `*at`, which becomes the last of them. */
static int page_wait(const struct usage_batch *batch, const struct sw_resource_type *type,
		     const struct sw_account *account, struct sw_id *at, bool *ret_more)
{
	struct sw_arena *arena = sw_task_arena(batch->task);
	struct sw_rows rows;
	struct sw_query *query = sw_query_new(arena, &sw_resource_list);
	sw_query_where(query, "bucket", SW_OP_EQ, SW_I(batch->bucket));
	sw_query_where(query, "account_sid", SW_OP_EQ, SW_ID(account->sid.id));
	sw_query_where(query, "kind", SW_OP_EQ, SW_T(SW_S("UT")));
	sw_query_page(query, &(struct sw_page_key){ .limit = PAGE_TRIGGERS,
						    .after = sw_id_is_zero(*at) ? SW_NULL : SW_ID(*at) });
	int err = sw_query_run_wait(batch->task, batch->core->store, query, &rows);
	*ret_more = !err && rows.n == PAGE_TRIGGERS;
	for (size_t i = 0; !err && i < rows.n; i++) {
		struct sw_stored stored;
		*at = sw_row_id(rows.row[i], 0);
		err = sw_resource_read(arena, batch->core, type, account, rows.row[i], &stored);
		if (!err)
			err = try_wait(batch, type, account, &stored);
	}
	return err;
}

static int account_wait(const struct usage_batch *batch, const struct sw_resource_type *type, struct sw_id id)
{
	const struct sw_account *account;
	struct sw_id at = { { 0 } };
	bool more = true;
	int err = sw_account_get_wait(batch->task, batch->core, sw_sid_of("AC", id), &account);
	while (!err && more)
		err = page_wait(batch, type, account, &at, &more);
	return err;
}

int usage_fire_wait(const struct usage_batch *batch)
{
	const struct sw_resource_type *type = sw_api_resource(batch->api, usage_trigger.name);
	for (size_t i = 0; i < batch->n; i++) {
		bool first = true;
		for (size_t k = 0; k < i && first; k++)
			first = !sw_id_eq(batch->deltas[k].account, batch->deltas[i].account);
		int err = first ? account_wait(batch, type, batch->deltas[i].account) : 0;
		if (err)
			return err;
	}
	return 0;
}

const struct sw_resource usage_trigger = {
	.name = "UsageTrigger",
	.plural = "usage triggers",
	.doc = "A URL that is told when usage reaches a value.",
	.kind = "UT",
	.path = "/2010-04-01/Accounts/{AccountSid}/Usage/Triggers.json",
	.list_key = "usage_triggers",
	.product = "api",
	.style = SW_STYLE_2010,
	.fields = fields,
	.check = check,
	.show_wait = show_wait,
};
