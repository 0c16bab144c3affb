/* A loop's records: the newest push out the oldest. */
#include <stdatomic.h>
#include <stdlib.h>

#include "api/request/request_impl.h"
#include "base/time.h"
#include "loop/clock.h"
#include "loop/loop.h"

const struct sw_request_limits sw_request_limits = {
	.bytes = 8 * 1024 * 1024,
	.body_bytes = 2048,
	.mask_bytes = 64 * 1024,
	.path_bytes = 512,
	.agent_bytes = 128,
	.batch = 64,
};

/* ---- which loops there are ---- */

/* A line of the processor's cache each: every request writes to its loop's. */
struct place {
	_Alignas(64) _Atomic(struct sw_loop *) loop;
	_Atomic int64_t newest_us;
};

static struct place places[REQUEST_LOOPS_MAX];
static _Atomic unsigned rings_n;

struct sw_loop *request_loop_at(unsigned at)
{
	return atomic_load(&places[at].loop);
}

uint64_t request_news(void)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < REQUEST_LOOPS_MAX; i++)
		sum += (uint64_t)atomic_load_explicit(&places[i].newest_us, memory_order_relaxed);
	return sum;
}

int64_t request_now_us(void)
{
	int64_t now_us = sw_wall_us();
	for (unsigned i = 0; i < REQUEST_LOOPS_MAX; i++) {
		int64_t newest_us = atomic_load(&places[i].newest_us);
		if (newest_us > now_us)
			now_us = newest_us;
	}
	return now_us;
}

/* ---- a ring ---- */

/* Records stand one behind the other in sheets, and the oldest sheet is written anew: the heap hears nothing of it. */
enum { SHEET_BYTES = 64 * 1024, SHEETS_LEAST = 2 };

struct sheet {
	struct sw_list node;
	size_t used;
	unsigned records;
	_Alignas(16) char bytes[SHEET_BYTES];
};

struct ring {
	struct sw_list records, sheets; /* oldest first; the last sheet is written to */
	size_t sheets_n;
	int64_t settled_us; /* what comes is stamped behind this */
	unsigned at;        /* REQUEST_LOOPS_MAX: there are too many loops, and nothing is kept */
};

/* Its records go. */
static struct sheet *take_oldest(struct ring *ring)
{
	struct sheet *sheet = SW_CONTAINER(sw_list_pop(&ring->sheets), struct sheet, node);
	ring->sheets_n--;
	for (; sheet->records; sheet->records--)
		sw_list_pop(&ring->records);
	sheet->used = 0;
	return sheet;
}

static void ring_drop(void *object)
{
	struct ring *ring = object;
	while (ring->sheets_n)
		free(take_oldest(ring));
	if (ring->at == REQUEST_LOOPS_MAX)
		return;
	atomic_fetch_sub(&rings_n, 1);
	atomic_store(&places[ring->at].loop, NULL);
}

/* Other loops may have come: a part is smaller then. */
static struct sheet *next_sheet(struct ring *ring)
{
	size_t parts = atomic_load_explicit(&rings_n, memory_order_relaxed);
	size_t most = sw_request_limits.bytes / parts / SHEET_BYTES;
	struct sheet *sheet = NULL;
	if (most < SHEETS_LEAST)
		most = SHEETS_LEAST;
	while (ring->sheets_n >= most) {
		free(sheet);
		sheet = take_oldest(ring);
	}
	if (!sheet)
		sheet = malloc(sizeof(*sheet));
	SW_BUG_ON(!sheet);
	sheet->used = sheet->records = 0;
	sw_list_init(&sheet->node);
	sw_list_push(&ring->sheets, &sheet->node);
	ring->sheets_n++;
	return sheet;
}

static void *ring_room(struct ring *ring, size_t bytes)
{
	struct sheet *sheet = ring->sheets_n ? SW_CONTAINER(ring->sheets.prev, struct sheet, node) : NULL;
	size_t all = (bytes + 15) & ~(size_t)15;
	SW_BUG_ON(all > SHEET_BYTES);
	if (!sheet || sheet->used + all > SHEET_BYTES)
		sheet = next_sheet(ring);
	void *room = sheet->bytes + sheet->used;
	sheet->used += all;
	sheet->records++;
	return room;
}

static void ring_init(void *object)
{
	struct ring *ring = object;
	sw_list_init(&ring->records);
	sw_list_init(&ring->sheets);
	for (ring->at = 0; ring->at < REQUEST_LOOPS_MAX; ring->at++) {
		struct sw_loop *none = NULL;
		if (atomic_compare_exchange_strong(&places[ring->at].loop, &none, sw_loop_current()))
			break;
	}
	if (ring->at < REQUEST_LOOPS_MAX)
		atomic_fetch_add(&rings_n, 1);
	ring->settled_us = request_now_us(); /* who asked before has not asked here */
}

static struct ring *ring_here(void)
{
	static struct sw_loop_local rings = { .bytes = sizeof(struct ring), .init = ring_init, .drop = ring_drop };
	return sw_loop_local(sw_loop_current(), &rings);
}

/* ---- keeping ---- */

#define TEXT_AT(member) offsetof(struct request_record, member)
/* A record's texts: they stand behind it, one behind the other. */
static const size_t text_places[] = { TEXT_AT(id),           TEXT_AT(method),    TEXT_AT(path),
				      TEXT_AT(user_agent),   TEXT_AT(source_ip), TEXT_AT(request_body),
				      TEXT_AT(response_body) };

static struct sw_str *text_of(struct request_record *r, size_t i)
{
	return (struct sw_str *)(void *)((char *)r + text_places[i]);
}

/* A copy with texts of its own in the bytes behind it. */
static struct request_record *copy(void *to, const struct request_record *r)
{
	struct request_record *own = to;
	char *at = (char *)(own + 1);
	*own = *r;
	sw_list_init(&own->node);
	for (size_t i = 0; i < SW_COUNTOF(text_places); i++) {
		struct sw_str *text = text_of(own, i);
		if (text->n)
			memcpy(at, text->p, text->n);
		if (text->p)
			text->p = at;
		at += text->n;
	}
	return own;
}

void request_ring_put(struct request_record *r)
{
	struct ring *ring = ring_here();
	int64_t now_us = sw_wall_us();
	if (ring->at == REQUEST_LOOPS_MAX)
		return;
	r->bytes = sizeof(*r);
	for (size_t i = 0; i < SW_COUNTOF(text_places); i++)
		r->bytes += text_of(r, i)->n;
	ring->settled_us = now_us > ring->settled_us ? now_us : ring->settled_us + 1;
	r->key = (struct request_key){ ring->settled_us, ring->at };
	sw_list_push(&ring->records, &copy(ring_room(ring, r->bytes), r)->node);
	atomic_store_explicit(&places[ring->at].newest_us, ring->settled_us, memory_order_release);
}

/* ---- reading ---- */

static bool holds(struct sw_str text, struct sw_str needle)
{
	char first[2] = { needle.p[0], needle.p[0] };
	if (first[0] >= 'a' && first[0] <= 'z')
		first[1] = (char)(first[0] - 32);
	if (first[0] >= 'A' && first[0] <= 'Z')
		first[1] = (char)(first[0] + 32);
	for (size_t i = 0; i + needle.n <= text.n; i++)
		if ((text.p[i] == first[0] || text.p[i] == first[1]) &&
		    sw_str_eq_nocase(sw_str_sub(text, i, needle.n), needle))
			return true;
	return false;
}

static bool is_found(const struct request_record *r, struct sw_str needle)
{
	char resource[SW_SID_CHARS];
	const struct sw_str texts[] = {
		r->path,
		r->request_body,
		r->response_body,
		r->user_agent,
		r->source_ip,
		r->id,
		sw_sid_format(r->resource, resource),
		r->endpoint ? sw_str_of(r->endpoint->operation) : SW_S(""),
	};
	for (size_t i = 0; i < SW_COUNTOF(texts); i++)
		if (holds(texts[i], needle))
			return true;
	return false;
}

static bool is_wanted(const struct request_record *r, const struct request_wanted *w)
{
	if (!sw_sid_eq(r->account, w->viewer) && !sw_sid_eq(r->owner, w->viewer))
		return false;
	if (w->status != SW_NONE && w->status != r->status && w->status != r->status / 100)
		return false;
	return (w->code == SW_NONE || w->code == r->code) && (!w->method.p || sw_str_eq_nocase(w->method, r->method)) &&
	       (!w->path.p || sw_str_starts(r->path, w->path)) && (!w->search.n || is_found(r, w->search));
}

size_t request_ring_read(struct sw_arena *arena, const struct request_wanted *wanted, struct request_key from,
			 bool forward, int64_t settle_us, size_t most, const struct request_record **ret)
{
	struct ring *ring = ring_here();
	const struct sw_list *head = &ring->records, *at = head->prev;
	size_t n = 0;
	if (settle_us > ring->settled_us)
		ring->settled_us = settle_us;
	/* Readers are near the end as a rule: it is looked for from there. */
	while (forward && at != head && request_key_cmp(SW_CONTAINER(at, struct request_record, node)->key, from) > 0)
		at = at->prev;
	if (forward)
		at = at->next;
	for (; at != head && n < most; at = forward ? at->next : at->prev) {
		const struct request_record *r = SW_CONTAINER(at, struct request_record, node);
		bool inside = r->key.us <= settle_us && (forward || request_key_cmp(r->key, from) < 0);
		if (inside && is_wanted(r, wanted))
			ret[n++] = copy(sw_arena_alloc(arena, r->bytes), r);
	}
	return n;
}

/* ---- forgetting ---- */

struct forget {
	struct sw_mail mail;
	struct sw_sid account, resource;
	int64_t until_us; /* what tells of it later tells that it is gone */
};

/* What was cut may have told of it behind the cut. */
static bool tells_of(const struct request_record *r, const struct forget *f, struct sw_str text)
{
	if (!sw_sid_eq(r->acted_on, f->account) || r->key.us > f->until_us)
		return false;
	return sw_sid_eq(r->resource, f->resource) || r->response_body.n < r->response_bytes ||
	       r->request_body.n < r->request_bytes || sw_str_find(r->response_body, text) >= 0 ||
	       sw_str_find(r->request_body, text) >= 0;
}

static void on_forget(struct sw_mail *mail)
{
	struct forget *f = SW_CONTAINER(mail, struct forget, mail);
	struct sw_list *head = &ring_here()->records;
	char buf[SW_SID_CHARS];
	struct sw_str text = sw_sid_format(f->resource, buf);
	for (struct sw_list *at = head->next; at != head; at = at->next) {
		struct request_record *r = SW_CONTAINER(at, struct request_record, node);
		if (tells_of(r, f, text))
			r->request_body = r->response_body = SW_STR_NULL;
	}
	free(f);
}

void sw_request_forget(struct sw_sid account, struct sw_sid resource)
{
	const struct forget what = { { .deliver = on_forget }, account, resource, request_now_us() };
	for (unsigned i = 0; i < REQUEST_LOOPS_MAX; i++) {
		struct sw_loop *loop = request_loop_at(i);
		struct forget *f = loop ? malloc(sizeof(*f)) : NULL;
		SW_BUG_ON(loop && !f);
		if (!f)
			continue;
		*f = what;
		sw_loop_post(loop, &f->mail);
	}
}
