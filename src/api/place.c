/* Pages of the contract's lists whose rows have no SIDs: a token holds how many rows come before. */
#include "api/api.h"

static struct sw_id place_id(int64_t place)
{
	struct sw_id id = { { 0 } };
	for (int i = 0; i < 8; i++)
		id.b[15 - i] = (uint8_t)(place >> 8 * i);
	return id;
}

static int64_t id_place(struct sw_id id)
{
	int64_t place = 0;
	for (int i = 9; i < 16; i++)
		place = place << 8 | id.b[i];
	return place;
}

int64_t sw_call_place(struct sw_call *c, const char kind[2])
{
	struct sw_page *page = &c->page;
	int64_t begin = page->number * page->size;
	if (!sw_id_is_zero(page->after))
		begin = id_place(page->after);
	else if (!sw_id_is_zero(page->before))
		begin = id_place(page->before) > page->size ? id_place(page->before) - page->size : 0;
	memcpy(page->kind, kind, sizeof(page->kind));
	page->has_previous = begin > 0;
	page->first = place_id(begin);
	return begin;
}

bool sw_call_place_full(struct sw_call *c, int64_t place)
{
	if (c->page.rows < c->page.size)
		return false;
	c->page.has_next = true;
	c->page.last = place_id(place);
	return true;
}
