/*
 * base/list.h - intrusive doubly linked list; a head is a node linked to itself.
 *
 * Thread: one at a time.  A node is in one list at most; sw_list_del() leaves it
 * linked to itself, so deleting twice is harmless.
 */
#ifndef SW_BASE_LIST_H
#define SW_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct sw_list {
	struct sw_list *next, *prev;
};

#define SW_CONTAINER(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

static inline void sw_list_init(struct sw_list *head)
{
	head->next = head->prev = head;
}

static inline bool sw_list_empty(const struct sw_list *head)
{
	return head->next == head;
}

static inline void sw_list_add_after(struct sw_list *at, struct sw_list *node)
{
	node->prev = at;
	node->next = at->next;
	at->next->prev = node;
	at->next = node;
}

/** At the end of the list. */
static inline void sw_list_push(struct sw_list *head, struct sw_list *node)
{
	sw_list_add_after(head->prev, node);
}

static inline void sw_list_del(struct sw_list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	node->next = node->prev = node;
}

/** First node, unlinked; NULL when empty. */
static inline struct sw_list *sw_list_pop(struct sw_list *head)
{
	struct sw_list *node = head->next;
	if (node == head)
		return NULL;
	sw_list_del(node);
	return node;
}

#endif
