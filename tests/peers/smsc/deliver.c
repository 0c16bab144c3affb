#include "smsc.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* What waits for the receivers of one system_id, in order. */
struct account {
	struct account *next;
	char system_id[17];
	struct delivery *head, **tail;
	unsigned waiting;
};

static struct account *accounts;

static struct account *account_of(const char *system_id, bool make)
{
	struct account **at = &accounts;
	for (; *at; at = &(*at)->next)
		if (!system_id || strcmp((*at)->system_id, system_id) == 0)
			return *at;
	if (!make)
		return NULL;
	*at = allocate(sizeof **at);
	snprintf((*at)->system_id, sizeof(*at)->system_id, "%s", system_id);
	(*at)->tail = &(*at)->head;
	return *at;
}

unsigned deliver_waiting(void)
{
	unsigned n = 0;
	for (const struct account *a = accounts; a; a = a->next)
		n += a->waiting;
	for (const struct session *s = sessions_first(); s; s = s->next)
		n += s->in_flight;
	return n;
}

static void finish(struct delivery *d)
{
	if (d->message)
		message_put(d->message);
	free(d);
}

static void send_to(struct session *s, struct delivery *d)
{
	uint32_t sequence = ++s->sequence & 0x7FFFFFFF;
	if (!sequence)
		sequence = s->sequence = 1;
	size_t begin = pdu_begin(&s->out, CMD_DELIVER_SM, ESME_ROK, sequence);
	put_bytes(&s->out, d->body, d->n);
	pdu_end(&s->out, begin);
	s->flight[sequence % WINDOW_MAX] = d;
	s->delivered++;
	if (++s->in_flight > s->max_in_flight)
		s->max_in_flight = s->in_flight;
	if (d->tries++)
		*(d->receipt ? &counters.receipts_again : &counters.mo_again) += 1;
	*(d->receipt ? &counters.receipts_sent : &counters.mo_sent) += 1;
	d->sequence = sequence;
	d->sent_us = now_us;
	if (d->message)
		record_moment(d->message->trace, MOMENT_RECEIPT);
}

/* The receiver with the most room; NULL: none has any. */
static struct session *receiver_of(const struct account *a)
{
	struct session *best = NULL;
	for (struct session *s = sessions_first(); s; s = s->next)
		if (!s->dead && !s->closing && (s->mode & RECEIVER) && s->in_flight < settings.deliver_window &&
		    !s->flight[((s->sequence + 1) & 0x7FFFFFFF) % WINDOW_MAX] &&
		    strcmp(s->system_id, a->system_id) == 0 && (!best || s->in_flight < best->in_flight))
			best = s;
	return best;
}

static void pump(struct account *a)
{
	struct session *s;
	while (a->head && (s = receiver_of(a))) {
		struct delivery *d = a->head;
		a->head = d->next;
		if (!a->head)
			a->tail = &a->head;
		a->waiting--;
		send_to(s, d);
	}
}

static void enqueue(struct delivery *d)
{
	d->next = NULL;
	*d->account->tail = d;
	d->account->tail = &d->next;
	d->account->waiting++;
}

static void retry(struct job *job)
{
	struct delivery *d = (struct delivery *)job;
	enqueue(d);
	pump(d->account);
}

bool deliver(const char *system_id, struct message *message, bool receipt, const struct buffer *body)
{
	struct account *a = account_of(system_id, false);
	if (!a)
		return false;
	size_t n = body->end - body->start;
	struct delivery *d = allocate(sizeof *d + n);
	d->job.run = retry;
	d->account = a;
	d->message = message;
	d->receipt = receipt;
	d->n = n;
	memcpy(d->body, body->at + body->start, n);
	if (message)
		message->refs++;
	*(receipt ? &counters.receipts_made : &counters.mo_made) += 1;
	enqueue(d);
	pump(a);
	return true;
}

void deliver_bound(struct session *s)
{
	struct account *a = account_of(s->system_id, true);
	if (s->mode & RECEIVER)
		pump(a);
}

/* To the front again, oldest first: what was not acknowledged goes out before what is new. */
void deliver_lost(struct session *s)
{
	struct account *a = account_of(s->system_id, false);
	for (uint32_t i = 0; i < WINDOW_MAX; i++) { /* from the newest down */
		struct delivery **at = &s->flight[(s->sequence - i) % WINDOW_MAX], *d = *at;
		if (!d)
			continue;
		*at = NULL;
		d->next = a->head;
		if (!a->head)
			a->tail = &d->next;
		a->head = d;
		a->waiting++;
	}
	s->in_flight = 0;
	if (a)
		pump(a);
}

static void refused(struct delivery *d, uint32_t status)
{
	*(d->receipt ? &counters.receipts_refused : &counters.mo_refused) += 1;
	if (d->tries < settings.deliver_tries && (status == ESME_RX_T_APPN || status == ESME_RMSGQFUL ||
						  status == ESME_RTHROTTLED || status == ESME_RSYSERR)) {
		job_at(&d->job, now_us + settings.deliver_retry_ms * 1000);
		return;
	}
	*(d->receipt ? &counters.receipts_given_up : &counters.mo_given_up) += 1;
	finish(d);
}

void deliver_answer(struct session *s, const struct header *h)
{
	struct delivery **at = &s->flight[h->sequence % WINDOW_MAX], *d = *at;
	if (!d || d->sequence != h->sequence) {
		counters.unexpected_responses++;
		return;
	}
	*at = NULL;
	s->in_flight--;
	struct account *a = d->account;
	if (h->status || (h->command & ~RESPONSE) == CMD_GENERIC_NACK) {
		refused(d, h->status);
	} else {
		*(d->receipt ? &counters.receipts_acked : &counters.mo_acked) += 1;
		if (d->message)
			record_moment(d->message->trace, MOMENT_ACKNOWLEDGED);
		finish(d);
	}
	pump(a);
}

void deliver_sweep(void)
{
	for (struct session *s = sessions_first(); s; s = s->next) {
		for (unsigned i = 0; s->in_flight && i < WINDOW_MAX; i++) {
			struct delivery *d = s->flight[i];
			if (!d || now_us - d->sent_us < settings.deliver_timeout_ms * 1000)
				continue;
			s->flight[i] = NULL;
			s->in_flight--;
			enqueue(d);
			pump(d->account);
		}
	}
}

struct address address_of(const char *text)
{
	struct address a = { 0 };
	bool digits = true;
	text += *text == '+';
	for (const char *p = text; *p; p++)
		digits = digits && isdigit((unsigned char)*p);
	snprintf(a.text, 21, "%s", text);
	a.ton = !digits ? 5 : strlen(text) <= 6 ? 3 : 1; /* alphanumeric, short code, international */
	a.npi = a.ton == 1;
	return a;
}

void deliver_body(struct buffer *b, const struct address *from, const struct address *to, unsigned esm_class,
		  unsigned coding, const void *text, size_t n)
{
	put_text(b, "");
	put_u8(b, from->ton);
	put_u8(b, from->npi);
	put_text(b, from->text);
	put_u8(b, to->ton);
	put_u8(b, to->npi);
	put_text(b, to->text);
	put_u8(b, esm_class);
	put_u16(b, 0); /* protocol_id, priority_flag */
	put_u16(b, 0); /* schedule_delivery_time, validity_period: empty */
	put_u16(b, 0); /* registered_delivery, replace_if_present */
	put_u8(b, coding);
	put_u8(b, 0);
	put_u8(b, n > 254 ? 0 : (unsigned)n);
	if (n > 254)
		put_tlv(b, TLV_MESSAGE_PAYLOAD, text, n);
	else
		put_bytes(b, text, n);
}
