#include "smsc.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A receipt that waits for its moment. */
struct receipt {
	struct job job; /* first */
	struct receipt *next;
	struct message *message;
	unsigned state;
};

/* What query_sm answers, of the newest messages. */
static struct {
	unsigned long id;
	char from[ADDRESS_MAX], answer[ID_MAX];
	uint8_t state;
	int64_t done_s;
} recent[RECENT];

static unsigned long next_id;
static struct receipt *reversed; /* newest first */
static unsigned n_reversed;
static struct job reversal;
static bool reversal_waits;

void message_put(struct message *m)
{
	if (--m->refs)
		return;
	session_put(m->session);
	free(m);
}

static void id_text(char to[ID_MAX], const char *form, unsigned long id)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(to, ID_MAX, form, id); /* one of id_formats */
#pragma GCC diagnostic pop
}

static void stamp(char to[16], int64_t wall_s)
{
	static int64_t of = -1;
	static char text[16];
	if (of != wall_s / 60) {
		time_t t = (time_t)wall_s;
		struct tm tm;
		gmtime_r(&t, &tm);
		snprintf(text, sizeof text, "%02u%02u%02u%02u%02u", (unsigned)tm.tm_year % 100,
			 (unsigned)tm.tm_mon % 12 + 1, (unsigned)tm.tm_mday % 32, (unsigned)tm.tm_hour % 24,
			 (unsigned)tm.tm_min % 60);
		of = wall_s / 60;
	}
	memcpy(to, text, sizeof text);
}

/* ---- receipts ---- */

static void receipt_body(struct buffer *b, const struct message *m, unsigned state)
{
	char id[ID_MAX], submitted[16], done[16], text[200];
	id_text(id, id_formats[settings.id_format].receipt, m->id);
	stamp(submitted, m->submitted_s);
	stamp(done, time(NULL));
	unsigned error = state == STATE_DELIVERED ? 0 : m->error;
	int n = snprintf(text, sizeof text,
			 "id:%s sub:001 dlvrd:%03d submit date:%s done date:%s stat:%s err:%03u text:%s", id,
			 state == STATE_DELIVERED, submitted, done, state_name(state), error, m->text);
	deliver_body(b, &m->to, &m->from, ESM_RECEIPT, 0, text, settings.receipt_form == FORM_TLV ? 0 : (size_t)n);
	if (settings.receipt_form == FORM_TEXT)
		return;
	put_tlv(b, TLV_RECEIPTED_MESSAGE_ID, id, strlen(id) + 1);
	put_tlv(b, TLV_MESSAGE_STATE, &(uint8_t){ (uint8_t)state }, 1);
	if (error)
		put_tlv(b, TLV_NETWORK_ERROR, (uint8_t[]){ 3, (uint8_t)(error >> 8), (uint8_t)error }, 3);
}

static void receipt_go(struct receipt *r)
{
	static struct buffer body;
	struct message *m = r->message;
	recent[m->id % RECENT].state = (uint8_t)r->state;
	recent[m->id % RECENT].done_s = time(NULL);
	for (long i = 0; i < settings.receipt_copies; i++) {
		body.start = body.end = 0;
		receipt_body(&body, m, r->state);
		deliver(m->system_id, m, true, &body);
	}
	message_put(m);
	free(r);
}

static void reversed_go(struct job *job)
{
	struct receipt *next;
	reversal_waits = reversal_waits && !job;
	for (struct receipt *r = reversed; r; r = next) {
		next = r->next;
		receipt_go(r);
	}
	reversed = NULL;
	n_reversed = 0;
}

static void receipt_due(struct job *job)
{
	struct receipt *r = (struct receipt *)job;
	if (settings.receipt_order == ORDER_FIFO) {
		receipt_go(r);
		return;
	}
	r->next = reversed;
	reversed = r;
	if (++n_reversed >= settings.reverse_batch) {
		reversed_go(NULL);
	} else if (!reversal_waits) { /* the last ones do not wait for a batch for ever */
		reversal_waits = true;
		reversal.run = reversed_go;
		job_at(&reversal, now_us + 50000);
	}
}

static void receipts_plan(struct message *m, int64_t from_us)
{
	for (unsigned i = 0; i < m->states.n; i++) {
		struct receipt *r = allocate(sizeof *r);
		r->job.run = receipt_due;
		r->message = m;
		r->state = m->states.of[i];
		m->refs++;
		from_us += settings.receipt_early ? 0 : range_pick(&settings.receipt_delay_ms) * 1000;
		if (from_us <= now_us)
			receipt_due(&r->job);
		else
			job_at(&r->job, from_us);
	}
}

bool message_false_receipt(const char *id, const char *state, const char *error)
{
	struct buffer body = { 0 };
	char text[200];
	unsigned code = state_code(state, strlen(state));
	struct address from = address_of("15550000001"), to = address_of("15550000002");
	if (!code)
		return false;
	int n = snprintf(text, sizeof text,
			 "id:%.40s sub:001 dlvrd:001 submit date:2601010000 done date:2601010000 "
			 "stat:%s err:%.3s text:",
			 id, state, error ? error : "000");
	deliver_body(&body, &from, &to, ESM_RECEIPT, 0, text, (size_t)n);
	bool sent = deliver(NULL, NULL, true, &body);
	buffer_free(&body);
	return sent;
}

/* ---- the answer ---- */

static void answer(struct message *m)
{
	struct session *s = m->session;
	if (!s->dead) {
		char id[ID_MAX];
		id_text(id, id_formats[settings.id_format].answer, m->id);
		size_t begin = pdu_begin(&s->out, m->command | RESPONSE, m->status, m->sequence);
		if (!m->status)
			put_text(&s->out, id);
		pdu_end(&s->out, begin);
		s->unanswered--;
		counters.answered++;
		record_moment(m->trace, MOMENT_ANSWERED);
	}
	if (!m->status && !settings.receipt_early)
		receipts_plan(m, now_us);
	message_put(m);
}

static void answer_due(struct job *job)
{
	answer((struct message *)job);
}

/* ---- the verdict ---- */

static bool over_rate(struct session *s)
{
	if (!settings.tps)
		return false;
	double tps = (double)settings.tps, most = tps / 10 > 1 ? tps / 10 : 1; /* a tenth of a second at once */
	s->tokens += (double)(now_us - s->tokens_us) * tps / 1e6;
	s->tokens_us = now_us;
	if (s->tokens > most)
		s->tokens = most;
	if (s->tokens < 1)
		return true;
	s->tokens -= 1;
	return false;
}

static uint32_t verdict(struct session *s, const struct rule *rule)
{
	static long nth;
	if (!(s->mode & TRANSMITTER))
		return ESME_RINVBNDSTS;
	if (over_rate(s)) {
		counters.throttled++;
		return ESME_RTHROTTLED;
	}
	if (settings.queue_limit && s->unanswered >= settings.queue_limit) {
		counters.queue_full++;
		return ESME_RMSGQFUL;
	}
	if (rule && rule->status)
		return rule->status;
	if (settings.reject_status && (settings.reject_every < 2 || ++nth % settings.reject_every == 0))
		return (uint32_t)settings.reject_status;
	return ESME_ROK;
}

static unsigned long id_make(void)
{
	static long nth;
	static unsigned long last;
	next_id = next_id > (unsigned long)settings.id_start ? next_id : (unsigned long)settings.id_start;
	if (settings.id_reuse && last && ++nth % settings.id_reuse == 0)
		return last;
	return last = next_id++;
}

/* registered_delivery, 5.2.17: 1 always, 2 on failure, 3 on success. */
static void outcome(struct message *m, const struct short_message *sm, const struct rule *rule)
{
	unsigned asked = sm->registered & 3;
	m->states = rule && rule->has_states ? rule->states : settings.state;
	m->error = (unsigned)(rule && rule->error >= 0 ? rule->error : settings.error);
	bool delivered = m->states.of[m->states.n - 1] == STATE_DELIVERED;
	if (!asked || !settings.receipts || (rule && rule->no_receipt) || (asked == 2 && delivered) ||
	    (asked == 3 && !delivered))
		m->states.n = 0;
}

static struct message *take(struct session *s, const struct header *h, const struct short_message *sm, uint32_t status)
{
	static long nth;
	const struct rule *rule = settings_rule_of(sm->to.text);
	struct message *m = allocate(sizeof *m);
	m->refs = 1;
	m->session = s;
	s->refs++;
	m->sequence = h->sequence;
	m->command = h->command;
	m->status = status;
	m->trace = record_trace_of(sm);
	m->from = sm->from;
	m->to = sm->to;
	memcpy(m->system_id, s->system_id, sizeof m->system_id);
	if (status)
		return m;
	m->id = id_make();
	m->submitted_s = time(NULL);
	size_t n = sm->data_coding == 8 || (sm->esm_class & ESM_UDH) ? 0 : sm->text_bytes;
	for (size_t i = 0; i < n && i < sizeof m->text - 1; i++)
		m->text[i] = sm->text[i] < 0x20 || sm->text[i] > 0x7E ? '.' : (char)sm->text[i];
	outcome(m, sm, rule);
	m->lost = (rule && rule->lose) || (settings.lose_every && ++nth % settings.lose_every == 0);
	return m;
}

static void remember(const struct message *m)
{
	unsigned i = (unsigned)(m->id % RECENT);
	recent[i].id = m->id;
	recent[i].state = STATE_ENROUTE;
	id_text(recent[i].answer, id_formats[settings.id_format].answer, m->id);
	memcpy(recent[i].from, m->from.text, sizeof recent[i].from);
}

/* True when the connection is gone now. */
static bool disconnects(struct session *s)
{
	if (!settings.disconnect_after || --settings.disconnect_after)
		return false;
	session_close(s);
	return true;
}

static void count_taken(struct session *s, const struct short_message *sm)
{
	counters.taken++;
	counters.concatenated += sm->total > 1;
	counters.sar += sm->sar;
	counters.payload += sm->payload;
	counters.ucs2 += sm->data_coding == 8;
	record_taken(s, sm);
}

void message_submit(struct session *s, const struct header *h, const uint8_t *body, size_t n)
{
	struct short_message sm;
	uint32_t status = short_message_read(&sm, h->command, body, n);
	s->submits++;
	*(h->command == CMD_DATA_SM ? &counters.data_sms : &counters.submits) += 1;
	if (status)
		counters.bad_pdus++;
	else
		status = verdict(s, settings_rule_of(sm.to.text));
	struct message *m = take(s, h, &sm, status);
	char id[ID_MAX] = "";
	if (status) {
		counters.rejected++;
	} else {
		id_text(id, id_formats[settings.id_format].answer, m->id);
		count_taken(s, &sm);
		remember(m);
		record_moment(m->trace, MOMENT_SUBMITTED);
	}
	record_capture(s, h, &sm, status, id);
	if (++s->unanswered > s->max_unanswered)
		s->max_unanswered = s->unanswered;
	if (s->max_unanswered > counters.max_unanswered)
		counters.max_unanswered = s->max_unanswered;
	bool gone = disconnects(s);
	if (!status && (settings.receipt_early || m->lost || gone))
		receipts_plan(m, now_us);
	if (m->lost || gone) {
		counters.answers_lost++;
		s->unanswered--;
		message_put(m);
		return;
	}
	m->job.run = answer_due;
	long delay_ms = range_pick(&settings.answer_delay_ms);
	if (delay_ms)
		job_at(&m->job, now_us + delay_ms * 1000);
	else
		answer(m);
}

void message_query(struct session *s, const struct header *h, const uint8_t *body, size_t n)
{
	struct reader r = { .at = body, .end = body + n };
	char id[65], from[21], done[24] = "";
	get_text(&r, id, sizeof id);
	get_uint(&r, 2);
	get_text(&r, from, sizeof from);
	counters.queries++;
	unsigned i;
	for (i = 0; i < RECENT && (strcmp(recent[i].answer, id) != 0 || strcmp(recent[i].from, from) != 0 || !id[0]);)
		i++;
	uint32_t status = r.bad ? ESME_RINVCMDLEN : i == RECENT ? ESME_RINVMSGID : ESME_ROK;
	size_t begin = pdu_begin(&s->out, CMD_QUERY_SM | RESPONSE, status, h->sequence);
	if (!status) {
		if (recent[i].state != STATE_ENROUTE) {
			char minute[16];
			stamp(minute, recent[i].done_s);
			snprintf(done, sizeof done, "%s00000+", minute);
		}
		put_text(&s->out, id);
		put_text(&s->out, done);
		put_u8(&s->out, recent[i].state);
		put_u8(&s->out, 0);
	}
	pdu_end(&s->out, begin);
}
