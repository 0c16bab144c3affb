#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/ref.h"

struct head {
	sw_destroy_fn *destroy;
	uint32_t count, magic;
};

enum { MAGIC = 0x5357726f };

static atomic_size_t alive;

static struct head *head_of(void *object)
{
	struct head *head = (struct head *)object - 1;
	SW_BUG_ON(head->magic != MAGIC);
	return head;
}

void *sw_ref_new(size_t bytes, sw_destroy_fn *destroy)
{
	struct head *head = calloc(1, sizeof(*head) + bytes);
	if (!head)
		abort();
	*head = (struct head){ .destroy = destroy, .count = 1, .magic = MAGIC };
	atomic_fetch_add_explicit(&alive, 1, memory_order_relaxed);
	return head + 1;
}

void *sw_ref(void *object)
{
	if (object)
		head_of(object)->count++;
	return object;
}

void *sw_unref(void *object)
{
	if (!object)
		return NULL;
	struct head *head = head_of(object);
	if (--head->count > 0)
		return NULL;
	if (head->destroy)
		head->destroy(object);
	head->magic = 0;
	free(head);
	atomic_fetch_sub_explicit(&alive, 1, memory_order_relaxed);
	return NULL;
}

size_t sw_ref_alive(void)
{
	return atomic_load_explicit(&alive, memory_order_relaxed);
}
