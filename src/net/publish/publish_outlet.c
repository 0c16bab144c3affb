/* One target on a thread of its own: order by key, what is under way, time limits. */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/time.h"
#include "loop/clock.h"
#include "net/publish/publish_impl.h"

void sw_outlet_free(struct sw_outlet *outlet)
{
	SW_BUG_ON(outlet->waiting_n || outlet->state);
	sw_loop_free(outlet->loop);
	sw_map_done(&outlet->chains);
	sw_arena_done(&outlet->arena);
	free(outlet);
}

/* ---- chains: the items of one key ---- */

static void chain_free(struct sw_outlet *outlet, struct sw_chain *chain)
{
	(void)sw_map_take(&outlet->chains, chain->key);
	free(chain);
}

static struct sw_chain *chain_new(struct sw_outlet *outlet, struct sw_str key)
{
	struct sw_chain *chain = malloc(sizeof(*chain) + key.n);
	SW_BUG_ON(!chain);
	memcpy(chain + 1, key.p, key.n);
	sw_list_init(&chain->waiting);
	chain->key = (struct sw_str){ (char *)(chain + 1), key.n };
	(void)sw_map_put(&outlet->chains, key, chain);
	return chain;
}

/* An entry that was the first of its key is over: the next one goes, or none of them does. */
static void chain_go_on(struct sw_outlet *outlet, struct sw_chain *chain, bool taken)
{
	struct sw_list *node = sw_list_pop(&chain->waiting);
	if (node && taken) {
		SW_CONTAINER(node, struct sw_entry, node)->behind = false;
		sw_list_push(&outlet->ready, node);
		return;
	}
	for (; node; node = sw_list_pop(&chain->waiting))
		sw_entry_end(outlet, SW_CONTAINER(node, struct sw_entry, node), SW_PUBLISH_BEHIND, NULL);
	chain_free(outlet, chain);
}

/* ---- entries ---- */

void sw_entry_end_as(struct sw_outlet *outlet, struct sw_entry *entry, enum sw_publish_error error, bool retryable,
		     const char *why)
{
	struct sw_publish_job *job = entry->job;
	struct sw_chain *chain = entry->behind ? NULL : entry->chain;
	sw_list_del(&entry->node);
	sw_list_del(&entry->age_node);
	if (entry->sent_us) {
		outlet->sent_n--;
		if (outlet->url.kind->drop)
			outlet->url.kind->drop(outlet, entry);
	}
	outlet->waiting_n--;
	sw_count(&sw_publish_metrics, SW_PUBLISH_WAITING, -1);
	sw_count(&sw_publish_metrics, error ? SW_PUBLISH_FAILED : SW_PUBLISH_TAKEN, 1);
	if (!error)
		sw_observe_us(&sw_publish_metrics, SW_PUBLISH_LATENCY, sw_mono_us() - entry->sent_us);
	entry->result->error = error;
	entry->result->retryable = retryable;
	if (error)
		entry->result->why = sw_str_dup(job->arena, sw_str_of(why ? why : sw_publish_error_text(error)));
	if (chain)
		chain_go_on(outlet, chain, !error);
	if (--job->left == 0)
		sw_publish_job_done(job); /* not ours any more */
}

void sw_entry_end(struct sw_outlet *outlet, struct sw_entry *entry, enum sw_publish_error error, const char *why)
{
	sw_entry_end_as(outlet, entry, error, sw_publish_retryable(error), why);
}

void sw_outlet_fail_all(struct sw_outlet *outlet, enum sw_publish_error error, const char *why)
{
	char text[SW_PUBLISH_WHY_BYTES]; /* why may be the outlet's */
	bool pumping = outlet->pumping;
	snprintf(text, sizeof(text), "%s", why ? why : sw_publish_error_text(error));
	outlet->pumping = true;
	/* Newest first: so that each says why, not that it stood behind another. */
	for (struct sw_list *at = outlet->ages.prev, *before; at != &outlet->ages; at = before) {
		struct sw_entry *entry = SW_CONTAINER(at, struct sw_entry, age_node);
		before = at->prev;
		if (!entry->held)
			sw_entry_end(outlet, entry, error, text);
	}
	outlet->pumping = pumping;
}

/* Ids and content types become header lines. */
static bool is_line(struct sw_str text)
{
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] < ' ' || text.p[i] == 127)
			return false;
	return true;
}

/* One token or several, with dots between (NATS); neither wildcards nor blanks. */
static bool is_subject(struct sw_str text)
{
	bool token = false;
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		if (c <= ' ' || c == '*' || c == '>' || c == 127 || (c == '.' && !token))
			return false;
		token = c != '.';
	}
	return token || text.n == 0;
}

static enum sw_publish_error look_at(const struct sw_publish_item *item)
{
	if (!item->id.n || item->id.n > 200 || !is_line(item->id) || item->content_type.n > 200 ||
	    !is_line(item->content_type) || item->subject.n > 200 || !is_subject(item->subject))
		return SW_PUBLISH_BAD_ITEM;
	return item->body.n > sw_publish_limits.item_bytes ? SW_PUBLISH_TOO_LARGE : SW_PUBLISH_OK;
}

static void add(struct sw_outlet *outlet, struct sw_entry *entry, int64_t now_us, enum sw_publish_error refused)
{
	const struct sw_publish_item *item = entry->item;
	struct sw_chain *chain = item->key.n ? sw_map_find(&outlet->chains, item->key) : NULL;
	entry->deadline_us = now_us + outlet->url.timeout_ms * 1000;
	entry->behind = chain != NULL;
	entry->chain = chain || !item->key.n ? chain : chain_new(outlet, item->key);
	sw_list_push(&outlet->ages, &entry->age_node);
	sw_list_push(chain ? &chain->waiting : &outlet->ready, &entry->node);
	outlet->waiting_n++;
	sw_count(&sw_publish_metrics, SW_PUBLISH_WAITING, 1);
	if (refused)
		sw_entry_end(outlet, entry, refused, NULL);
}

void sw_outlet_on_job(struct sw_mail *mail)
{
	struct sw_publish_job *job = SW_CONTAINER(mail, struct sw_publish_job, mail);
	struct sw_outlet *outlet = job->outlet;
	enum sw_publish_error all = SW_PUBLISH_OK;
	struct sw_entry *entries = job->entries;
	size_t n = job->n;
	int64_t now_us = sw_mono_us();
	if (outlet->ending)
		all = SW_PUBLISH_CLOSED;
	else if (outlet->waiting_n + n > sw_publish_limits.waiting)
		all = SW_PUBLISH_BUSY;
	outlet->pumping = true;
	/* The last one's end may be the job's. */
	for (size_t i = 0; i < n; i++)
		add(outlet, &entries[i], now_us, all ? all : look_at(entries[i].item));
	outlet->pumping = false;
	sw_outlet_pump(outlet);
}

/* ---- going on ---- */

static void finish(struct sw_mail *mail)
{
	struct sw_outlet *outlet = SW_CONTAINER(mail, struct sw_outlet, close_mail);
	struct sw_loop *loop = outlet->loop;
	sw_timer_stop(&outlet->tick);
	sw_publish_outlet_closed(outlet);
	sw_loop_stop(loop);
}

/* Mails that the library's threads sent before they ended come first. */
static void check_ended(struct sw_outlet *outlet)
{
	if (!outlet->ending || outlet->waiting_n || !outlet->state)
		return;
	if (outlet->connected)
		sw_count(&sw_publish_metrics, SW_PUBLISH_CONNECTED, -1);
	outlet->connected = false;
	outlet->url.kind->close(outlet);
	outlet->state = NULL;
	outlet->close_mail.deliver = finish;
	sw_loop_post(outlet->loop, &outlet->close_mail);
}

static void expire(struct sw_outlet *outlet, int64_t now_us)
{
	struct sw_list *at = outlet->ages.next;
	while (at != &outlet->ages) {
		struct sw_entry *entry = SW_CONTAINER(at, struct sw_entry, age_node);
		if (entry->deadline_us > now_us)
			return;
		at = at->next;
		if (entry->held)
			continue;
		if (outlet->connected)
			sw_entry_end(outlet, entry, SW_PUBLISH_TIMEOUT, entry->late_why);
		else
			sw_entry_end(outlet, entry, outlet->trouble ? outlet->trouble : SW_PUBLISH_UNREACHABLE,
				     outlet->why[0] ? outlet->why : NULL);
		at = outlet->ages.next; /* others may have gone with it */
	}
}

static void on_tick(struct sw_timer *timer)
{
	struct sw_outlet *outlet = SW_CONTAINER(timer, struct sw_outlet, tick);
	int64_t now_us = sw_mono_us();
	expire(outlet, now_us);
	if (outlet->ending && now_us >= outlet->end_by_us)
		sw_outlet_fail_all(outlet, SW_PUBLISH_CLOSED, NULL);
	if (outlet->url.kind->tick && outlet->waiting_n)
		outlet->url.kind->tick(outlet);
	sw_outlet_pump(outlet);
}

static void pump(struct sw_outlet *outlet)
{
	const struct sw_publish_kind *kind = outlet->url.kind;
	while (!sw_list_empty(&outlet->ready) && outlet->sent_n < sw_publish_limits.inflight && kind->ready(outlet)) {
		struct sw_list *node = sw_list_pop(&outlet->ready);
		if (!node)
			return;
		struct sw_entry *entry = SW_CONTAINER(node, struct sw_entry, node);
		entry->sent_us = sw_mono_us();
		outlet->sent_n++;
		sw_list_push(&outlet->sent, node);
		kind->send(outlet, entry);
	}
}

void sw_outlet_pump(struct sw_outlet *outlet)
{
	if (outlet->pumping)
		return;
	outlet->pumping = true;
	pump(outlet);
	outlet->pumping = false;
	if (outlet->waiting_n && !outlet->tick.slot)
		sw_timer_start(outlet->loop, &outlet->tick, SW_CLOCK_MONO, sw_mono_us() + SW_OUTLET_TICK_US, on_tick);
	check_ended(outlet);
}

void sw_outlet_connected(struct sw_outlet *outlet)
{
	outlet->trouble = SW_PUBLISH_OK;
	outlet->why[0] = '\0';
	if (outlet->connected)
		return;
	outlet->connected = true;
	sw_count(&sw_publish_metrics, SW_PUBLISH_CONNECTED, 1);
	sw_count(&sw_publish_metrics, SW_PUBLISH_CONNECTS, 1);
	sw_info("net", "a broker is connected", SW_KS("target", outlet->label));
}

void sw_outlet_lost(struct sw_outlet *outlet, enum sw_publish_error error, const char *why)
{
	bool news = outlet->connected || outlet->trouble != error;
	outlet->trouble = error;
	if (why != outlet->why)
		snprintf(outlet->why, sizeof(outlet->why), "%s", why);
	if (outlet->connected) {
		sw_count(&sw_publish_metrics, SW_PUBLISH_CONNECTED, -1);
		sw_count(&sw_publish_metrics, SW_PUBLISH_LOST, 1);
	}
	outlet->connected = false;
	if (news)
		sw_warn("net", "a broker is not connected", SW_KS("target", outlet->label),
			SW_KC("error", sw_publish_error_name(error)), SW_KC("why", outlet->why));
}

/* ---- beginning and end ---- */

void sw_outlet_on_close(struct sw_mail *mail)
{
	struct sw_outlet *outlet = SW_CONTAINER(mail, struct sw_outlet, close_mail);
	outlet->ending = true;
	outlet->end_by_us = sw_mono_us() + sw_publish_limits.shutdown_us;
	sw_outlet_pump(outlet);
}

static void on_open(struct sw_mail *mail)
{
	struct sw_outlet *outlet = SW_CONTAINER(mail, struct sw_outlet, open_mail);
	outlet->url.kind->open(outlet);
	SW_BUG_ON(!outlet->state);
}

struct sw_outlet *sw_outlet_new(struct sw_publish *publish, struct sw_str key, const struct sw_publish_url *url,
				const struct sw_publish_job *job)
{
	bool trusted = job->trusted;
	struct sw_outlet *outlet = calloc(1, sizeof(*outlet));
	struct sw_str unused;
	SW_BUG_ON(!outlet);
	sw_arena_init(&outlet->arena);
	outlet->publish = publish;
	outlet->trusted = trusted;
	outlet->key = sw_str_dup(&outlet->arena, key);
	outlet->owner = sw_str_dup(&outlet->arena, job->owner);
	/* Again, so that the texts are the outlet's. */
	SW_BUG_ON(sw_publish_url_parse(&outlet->arena, sw_str_from(outlet->key, 1), trusted, &outlet->url, &unused));
	outlet->label = sw_publish_url_label(&outlet->arena, url);
	sw_list_init(&outlet->node);
	sw_list_init(&outlet->ready);
	sw_list_init(&outlet->sent);
	sw_list_init(&outlet->ages);
	outlet->loop = sw_loop_new("publish");
	outlet->open_mail.deliver = on_open; /* one of its own: the outlet may be closed before it is delivered */
	sw_loop_post(outlet->loop, &outlet->open_mail);
	sw_loop_start(outlet->loop);
	return outlet;
}
