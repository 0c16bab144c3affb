/* The life of a message, as one table. */
#include "product/message/message.h"

static const char *const states[] = {
	[0] = "",
	[MESSAGE_ACCEPTED] = "accepted",
	[MESSAGE_SCHEDULED] = "scheduled",
	[MESSAGE_QUEUED] = "queued",
	[MESSAGE_SENDING] = "sending",
	[MESSAGE_SENT] = "sent",
	[MESSAGE_DELIVERED] = "delivered",
	[MESSAGE_UNDELIVERED] = "undelivered",
	[MESSAGE_FAILED] = "failed",
	[MESSAGE_CANCELED] = "canceled",
	[MESSAGE_RECEIVED] = "received",
	[MESSAGE_READ] = "read",
	NULL,
};

const char *const message_statuses[] = { "queued",    "sending",     "sent",      "failed",
					 "delivered", "undelivered", "receiving", "received",
					 "accepted",  "scheduled",   "read",      "partially_delivered",
					 "canceled",  NULL };

static const char *const events[] = {
	[0] = "",
	[ON_DUE] = "due",
	[ON_SUBMIT] = "submit",
	[ON_ACK] = "ack",
	[ON_REFUSED] = "refused",
	[ON_BUSY] = "busy",
	[ON_DELIVERED] = "receipt_delivered",
	[ON_UNDELIVERED] = "receipt_undelivered",
	[ON_EXPIRED] = "expired",
	[ON_BROKEN] = "broken",
	[ON_CANCEL] = "cancel",
	[ON_LOST] = "lost",
	[ON_READ] = "read",
};

static const struct sw_fsm_rule rules[] = {
	{ MESSAGE_SCHEDULED, ON_DUE, MESSAGE_QUEUED, 0, "the time it was scheduled for came" },
	{ MESSAGE_SCHEDULED, ON_CANCEL, MESSAGE_CANCELED, ACT_REFUND, "cancelled before it was due" },
	{ MESSAGE_ACCEPTED, ON_SUBMIT, MESSAGE_SENDING, 0, "a sender was chosen; handed to a carrier" },
	{ MESSAGE_ACCEPTED, ON_BROKEN, MESSAGE_FAILED, ACT_REFUND, "it cannot be sent" },
	{ MESSAGE_ACCEPTED, ON_EXPIRED, MESSAGE_FAILED, ACT_REFUND, "its validity period ended in the queue" },
	{ MESSAGE_QUEUED, ON_SUBMIT, MESSAGE_SENDING, 0, "handed to a carrier; durable before the carrier sees it" },
	{ MESSAGE_QUEUED, ON_BROKEN, MESSAGE_FAILED, ACT_REFUND, "it cannot be sent" },
	{ MESSAGE_QUEUED, ON_EXPIRED, MESSAGE_FAILED, ACT_REFUND, "its validity period ended in the queue" },
	{ MESSAGE_SENDING, ON_ACK, MESSAGE_SENT, ACT_SENT, "the carrier took it" },
	{ MESSAGE_SENDING, ON_REFUSED, MESSAGE_FAILED, ACT_REFUND, "the carrier refused it for good" },
	{ MESSAGE_SENDING, ON_BUSY, MESSAGE_QUEUED, 0, "the carrier asked to come again" },
	{ MESSAGE_SENDING, ON_LOST, MESSAGE_FAILED, ACT_REFUND,
	  "its outcome is unknown and no receipt came; sending again could make two of it" },
	{ MESSAGE_SENDING, ON_DELIVERED, MESSAGE_DELIVERED, ACT_SENT, "the receipt overtook the answer" },
	{ MESSAGE_SENDING, ON_UNDELIVERED, MESSAGE_UNDELIVERED, ACT_SENT, "the receipt overtook the answer" },
	{ MESSAGE_SENT, ON_DELIVERED, MESSAGE_DELIVERED, 0, "receipt" },
	{ MESSAGE_SENT, ON_UNDELIVERED, MESSAGE_UNDELIVERED, 0, "receipt" },
	{ MESSAGE_SENT, ON_READ, MESSAGE_READ, 0, "the receipt of reading overtook that of delivery" },
	{ MESSAGE_DELIVERED, ON_READ, MESSAGE_READ, 0, "receipt of reading" },
};

const struct sw_fsm message_fsm = {
	.name = "message",
	.states = states,
	.events = events,
	.n_states = MESSAGE_STATES,
	.n_events = MESSAGE_EVENTS,
	.initial = 1u << MESSAGE_ACCEPTED | 1u << MESSAGE_SCHEDULED | 1u << MESSAGE_QUEUED | 1u << MESSAGE_RECEIVED,
	.rules = rules,
	.n_rules = SW_COUNTOF(rules),
};
