#include "loop/mailbox.h"

#include <stddef.h>

/* A stack pushed by compare-and-set and taken whole, so neither side ever waits for the other and no node is
 * reused while another thread looks at it.  Taking turns the order round: each sender's mails come out in order. */
bool sw_mailbox_push(struct sw_mailbox *box, struct sw_mail *mail)
{
	struct sw_mail *head = atomic_load_explicit(&box->head, memory_order_relaxed);
	do {
		mail->next = head;
	} while (!atomic_compare_exchange_weak_explicit(&box->head, &head, mail, memory_order_release,
							memory_order_relaxed));
	return head == NULL;
}

struct sw_mail *sw_mailbox_take(struct sw_mailbox *box)
{
	struct sw_mail *mail = atomic_exchange_explicit(&box->head, NULL, memory_order_acquire);
	struct sw_mail *oldest_first = NULL;
	while (mail) {
		struct sw_mail *next = mail->next;
		mail->next = oldest_first;
		oldest_first = mail;
		mail = next;
	}
	return oldest_first;
}
