/* sim: - a broker in memory, for tests and for trying things out. */
#include "net/publish/sim.h"

#include <pthread.h>
#include <stdlib.h>

#include "loop/clock.h"
#include "net/publish/publish_impl.h"

struct stored {
	struct sw_list node;
	struct sw_publish_item item;
};

/* Outlets of one name share a broker; they have threads of their own, and tests read from others. */
struct broker {
	struct sw_list node;
	struct sw_arena arena;
	struct sw_str name;
	struct sw_list items;
	struct sw_map ids;
	size_t items_n;
	int64_t tries;
};

static struct {
	pthread_mutex_t lock;
	struct sw_list brokers;
} world = { .lock = PTHREAD_MUTEX_INITIALIZER, .brokers = { &world.brokers, &world.brokers } };

static void broker_free(struct broker *broker)
{
	sw_list_del(&broker->node);
	sw_map_done(&broker->ids);
	sw_arena_done(&broker->arena);
	free(broker);
}

static struct broker *find(struct sw_str name)
{
	for (struct sw_list *at = world.brokers.next; at != &world.brokers; at = at->next)
		if (sw_str_eq(SW_CONTAINER(at, struct broker, node)->name, name))
			return SW_CONTAINER(at, struct broker, node);
	return NULL;
}

static struct broker *find_or_make(struct sw_str name)
{
	struct broker *broker = find(name);
	if (broker)
		return broker;
	broker = calloc(1, sizeof(*broker));
	SW_BUG_ON(!broker);
	sw_arena_init(&broker->arena);
	broker->name = sw_str_dup(&broker->arena, name);
	sw_list_init(&broker->items);
	sw_list_push(&world.brokers, &broker->node);
	return broker;
}

static struct sw_publish_item copy(struct sw_arena *arena, const struct sw_publish_item *item)
{
	return (struct sw_publish_item){ sw_str_dup(arena, item->key), sw_str_dup(arena, item->id),
					 sw_str_dup(arena, item->subject), sw_str_dup(arena, item->content_type),
					 sw_str_dup(arena, item->body) };
}

static void store(struct broker *broker, struct sw_entry *entry)
{
	if (sw_map_find(&broker->ids, entry->item->id)) {
		entry->result->duplicate = true;
		return;
	}
	struct stored *row = SW_ARENA_NEW(&broker->arena, struct stored);
	row->item = copy(&broker->arena, entry->item);
	sw_list_push(&broker->items, &row->node);
	broker->items_n++;
	(void)sw_map_put(&broker->ids, entry->item->id, row);
}

size_t sw_publish_sim_read(struct sw_arena *arena, struct sw_str name, struct sw_publish_item **ret)
{
	size_t n = 0;
	pthread_mutex_lock(&world.lock);
	struct broker *broker = find(name);
	*ret = SW_ARENA_ARRAY(arena, struct sw_publish_item, broker ? broker->items_n + 1 : 1);
	for (struct sw_list *at = broker ? broker->items.next : NULL; at && at != &broker->items; at = at->next)
		(*ret)[n++] = copy(arena, &SW_CONTAINER(at, struct stored, node)->item);
	pthread_mutex_unlock(&world.lock);
	return n;
}

void sw_publish_sim_forget(struct sw_str name)
{
	pthread_mutex_lock(&world.lock);
	struct broker *broker = find(name);
	if (broker)
		broker_free(broker);
	pthread_mutex_unlock(&world.lock);
}

/* ---- an outlet ---- */

struct sim {
	struct sw_outlet *outlet;
	struct sw_timer timer;
	enum sw_publish_error error;
};

static enum sw_publish_error error_named(struct sw_str name)
{
	for (enum sw_publish_error e = SW_PUBLISH_BAD_TARGET; e < SW_PUBLISH_ERRORS; e++)
		if (sw_str_is(name, sw_publish_error_name(e)))
			return e;
	return SW_PUBLISH_ERRORS;
}

static const char *sim_check(const struct sw_publish_url *url)
{
	return url->error.p && error_named(url->error) == SW_PUBLISH_ERRORS ? "The option 'error' names no error."
									    : NULL;
}

static void sim_open(struct sw_outlet *outlet)
{
	struct sim *sim = calloc(1, sizeof(*sim));
	SW_BUG_ON(!sim);
	sim->outlet = outlet;
	sim->error = outlet->url.error.p ? error_named(outlet->url.error) : SW_PUBLISH_UNREACHABLE;
	outlet->state = sim;
	sw_outlet_connected(outlet);
}

static bool sim_ready(struct sw_outlet *outlet)
{
	(void)outlet;
	return true;
}

static void answer(struct sim *sim, struct sw_entry *entry)
{
	const struct sw_publish_url *url = &sim->outlet->url;
	pthread_mutex_lock(&world.lock);
	struct broker *broker = find_or_make(url->place);
	int64_t try = ++broker->tries;
	bool fails = try <= url->fail_first || (url->fail_every && try % url->fail_every == 0);
	if (!fails)
		store(broker, entry);
	pthread_mutex_unlock(&world.lock);
	sw_entry_end(sim->outlet, entry, fails ? sim->error : SW_PUBLISH_OK, NULL);
}

/* Sent entries stand in the order in which they were sent. */
static void on_timer(struct sw_timer *timer)
{
	struct sim *sim = SW_CONTAINER(timer, struct sim, timer);
	struct sw_list *sent = &sim->outlet->sent;
	int64_t delay_us = sim->outlet->url.delay_ms * 1000;
	while (!sw_list_empty(sent)) {
		struct sw_entry *entry = SW_CONTAINER(sent->next, struct sw_entry, node);
		if (entry->sent_us + delay_us > sw_mono_us()) {
			sw_timer_start(sim->outlet->loop, timer, SW_CLOCK_MONO, entry->sent_us + delay_us, on_timer);
			break;
		}
		answer(sim, entry);
	}
	sw_outlet_pump(sim->outlet);
}

static void sim_send(struct sw_outlet *outlet, struct sw_entry *entry)
{
	struct sim *sim = outlet->state;
	if (outlet->url.delay_ms == 0)
		answer(sim, entry);
	else if (!sim->timer.slot)
		sw_timer_start(outlet->loop, &sim->timer, SW_CLOCK_MONO, entry->sent_us + outlet->url.delay_ms * 1000,
			       on_timer);
}

static void sim_close(struct sw_outlet *outlet)
{
	struct sim *sim = outlet->state;
	sw_timer_stop(&sim->timer);
	free(sim);
}

static const char *const sim_options[] = { "delay_ms", "fail_first", "fail_every", "error", NULL };

const struct sw_publish_kind sw_publish_sim = {
	.scheme = "sim",
	.operator_only = true,
	.needs_place = true,
	.place = "broker's name",
	.options = sim_options,
	.check = sim_check,
	.open = sim_open,
	.ready = sim_ready,
	.send = sim_send,
	.close = sim_close,
};
