/*
 * loop/mailbox.h - many producers, one consumer: an intrusive queue of mails.
 *
 * Values travel in mails; no object is shared.  One wake-up per non-empty transition.
 * The sender owns a mail until it is pushed, the consumer from then on.
 *
 * Thread: push from any; take from the consumer's thread only.
 */
#ifndef SW_LOOP_MAILBOX_H
#define SW_LOOP_MAILBOX_H

#include <stdatomic.h>
#include <stdbool.h>

struct sw_mail {
	struct sw_mail *next;
	void (*deliver)(struct sw_mail *mail); /* run by the consumer's thread; the mail is its to free */
};

struct sw_mailbox {
	_Atomic(struct sw_mail *) head; /* newest first */
};

/** @return true when the mailbox was empty: the caller must wake the consumer */
bool sw_mailbox_push(struct sw_mailbox *box, struct sw_mail *mail);
/** Everything queued, oldest first, linked by next; NULL when empty. */
struct sw_mail *sw_mailbox_take(struct sw_mailbox *box);

#endif
