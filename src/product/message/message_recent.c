/*
 * What was sent lately and waits for its receipt, as it was when it was sent.
 *
 * Per loop, bounded, oldest first out: a receipt that finds its message here costs no reading.  What it finds may be
 * old; the compare-and-set of the step tells.
 */
#include "product/message/message.h"

#include <stdlib.h>

#include "base/list.h"
#include "base/map.h"
#include "loop/loop.h"

enum { RECENT_MAX = 32768, TEXTS_MAX_BYTES = 4096 };

struct recent {
	struct sw_list node;
	struct sw_id sid;
	struct message m;
	char texts[];
};

struct book {
	struct sw_map by_sid;
	struct sw_list order;
	unsigned n;
};

static void recent_free(struct book *book, struct recent *recent)
{
	sw_map_take(&book->by_sid, (struct sw_str){ (const char *)recent->sid.b, sizeof(recent->sid.b) });
	sw_list_del(&recent->node);
	book->n--;
	free(recent);
}

static void book_drop(void *value)
{
	struct book *book = value;
	while (!sw_list_empty(&book->order))
		recent_free(book, SW_CONTAINER(book->order.next, struct recent, node));
	sw_map_done(&book->by_sid);
}

static void book_init(void *book)
{
	sw_list_init(&((struct book *)book)->order);
}

static struct book *book_here(void)
{
	static struct sw_loop_local books = { .bytes = sizeof(struct book), .init = book_init, .drop = book_drop };
	return sw_loop_local(sw_loop_current(), &books);
}

static struct recent *find(struct book *book, struct sw_id sid)
{
	return sw_map_find(&book->by_sid, (struct sw_str){ (const char *)sid.b, sizeof(sid.b) });
}

/* The texts that a later step or callback looks at; the body is none of them. */
static const size_t kept[] = { offsetof(struct message, from), offsetof(struct message, to),
			       offsetof(struct message, options), offsetof(struct message, price_unit),
			       offsetof(struct message, carrier) };

static struct sw_str *text_at(struct message *m, unsigned i)
{
	return (struct sw_str *)(void *)((char *)m + kept[i]);
}

void message_recent_put(const struct message_ref *ref, const struct message *m)
{
	struct book *book = book_here();
	struct message copy = *m;
	size_t bytes = 0;
	message_recent_drop(ref->sid);
	for (unsigned i = 0; i < SW_COUNTOF(kept); i++)
		bytes += text_at(&copy, i)->n;
	if (bytes > TEXTS_MAX_BYTES)
		return;
	struct recent *recent = malloc(sizeof(*recent) + bytes);
	SW_BUG_ON(!recent);
	recent->sid = ref->sid;
	copy.body = copy.carrier_id = copy.route = copy.error_message = SW_STR_NULL;
	char *at = recent->texts;
	for (unsigned i = 0; i < SW_COUNTOF(kept); i++) {
		struct sw_str *text = text_at(&copy, i);
		if (!text->n)
			continue;
		memcpy(at, text->p, text->n);
		text->p = at;
		at += text->n;
	}
	recent->m = copy;
	sw_list_push(&book->order, &recent->node);
	sw_map_put(&book->by_sid, (struct sw_str){ (const char *)recent->sid.b, sizeof(recent->sid.b) }, recent);
	if (++book->n > RECENT_MAX)
		recent_free(book, SW_CONTAINER(book->order.next, struct recent, node));
}

bool message_recent_get(struct sw_id sid, struct sw_arena *arena, struct message *ret)
{
	struct recent *recent = find(book_here(), sid);
	if (!recent)
		return false;
	*ret = recent->m;
	for (unsigned i = 0; i < SW_COUNTOF(kept); i++)
		*text_at(ret, i) = sw_str_dup(arena, *text_at(ret, i));
	return true;
}

void message_recent_drop(struct sw_id sid)
{
	struct book *book = book_here();
	struct recent *recent = find(book, sid);
	if (recent)
		recent_free(book, recent);
}
