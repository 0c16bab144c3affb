#include "smsc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct counters counters;

/* The trace file: this head, then the moments of message n at [n], in microseconds of CLOCK_MONOTONIC; 0: not yet. */
enum { TRACE_HEAD = 64 };
static const uint64_t trace_magic = 0x534D53435452;
typedef uint64_t moments[4];

static FILE *capture;
static moments *trace;
static int64_t first_us, last_us;

/* An open table of 64-bit keys that only grows. */
struct table {
	struct slot {
		uint64_t key; /* 0: free */
		unsigned bind, seen;
	} * slots;
	size_t n, size;
};
static struct table texts, references;

static void trace_open(void)
{
	size_t bytes = TRACE_HEAD + (size_t)settings.trace_slots * sizeof(moments);
	int fd = open(settings.trace, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || ftruncate(fd, (off_t)bytes) != 0)
		die("%s: %s", settings.trace, strerror(errno));
	uint64_t *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		die("%s: %s", settings.trace, strerror(errno));
	close(fd);
	map[0] = trace_magic;
	map[1] = (uint64_t)settings.trace_slots;
	trace = (moments *)((char *)map + TRACE_HEAD);
}

void record_open(void)
{
	if (settings.trace[0])
		trace_open();
	if (settings.capture[0] && !(capture = fopen(settings.capture, "we")))
		die("%s: %s", settings.capture, strerror(errno));
}

void record_flush(void)
{
	if (capture)
		fflush(capture);
}

long record_trace_of(const struct short_message *m)
{
	const uint8_t *end = m->text + m->text_bytes,
		      *at = trace && m->text ? memchr(m->text, '#', m->text_bytes) : NULL;
	long n = 0;
	if (!at || m->data_coding == 8 || at + 1 == end)
		return -1;
	for (at++; at < end && *at >= '0' && *at <= '9' && n < settings.trace_slots; at++)
		n = n * 10 + *at - '0';
	return n < settings.trace_slots ? n : -1;
}

void record_moment(long n, enum moment moment)
{
	if (moment == MOMENT_SUBMITTED && !first_us)
		first_us = now_us;
	if (moment == MOMENT_ANSWERED)
		last_us = now_us;
	if (trace && n >= 0 && !trace[n][moment])
		trace[n][moment] = (uint64_t)now_us;
}

/* ---- what came twice ---- */

static struct slot *slot_of(struct table *t, uint64_t key)
{
	size_t i = key & (t->size - 1);
	while (t->slots[i].key && t->slots[i].key != key)
		i = (i + 1) & (t->size - 1);
	return &t->slots[i];
}

static struct slot *table_get(struct table *t, uint64_t key)
{
	if (t->n * 2 >= t->size) {
		struct table grown = { .n = t->n, .size = t->size ? t->size * 2 : 1024 };
		grown.slots = allocate(grown.size * sizeof *grown.slots);
		for (size_t i = 0; i < t->size; i++)
			if (t->slots[i].key)
				*slot_of(&grown, t->slots[i].key) = t->slots[i];
		free(t->slots);
		*t = grown;
	}
	struct slot *s = slot_of(t, key);
	if (!s->key) {
		s->key = key;
		t->n++;
	}
	return s;
}

static uint64_t digest(uint64_t h, const void *bytes, size_t n)
{
	for (const uint8_t *p = bytes; n; n--) /* FNV-1a */
		h = (h ^ *p++) * 0x100000001B3;
	return h | 1;
}

void record_taken(const struct session *s, const struct short_message *m)
{
	uint64_t pair = digest(0xCBF29CE484222325, m->from.text, strlen(m->from.text) + 1);
	pair = digest(pair, m->to.text, strlen(m->to.text) + 1);
	unsigned part[] = { m->reference, m->total, m->number };
	struct slot *text = table_get(&texts, digest(digest(pair, part, sizeof part), m->text, m->text_bytes));
	*(text->seen ? &counters.repeated : &counters.distinct) += 1;
	text->seen = 1;
	if (m->total < 2)
		return;
	struct slot *reference = table_get(&references, digest(pair, part, 2 * sizeof *part));
	if (reference->seen && reference->bind != s->number)
		counters.split_references++;
	reference->bind = s->number;
	reference->seen = (reference->seen + 1) % m->total; /* complete: the reference may come again */
}

/* ---- capture ---- */

static void hex(const uint8_t *at, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < n; i++) {
		fputc(digits[at[i] >> 4], capture);
		fputc(digits[at[i] & 15], capture);
	}
}

static void json_text(FILE *to, const char *text)
{
	fputc('"', to);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c < 0x20 || c > 0x7E || c == '"' || c == '\\')
			fprintf(to, "\\u%04x", c);
		else
			fputc(c, to);
	}
	fputc('"', to);
}

static void json_address(const char *name, const struct address *a)
{
	fprintf(capture, ",\"%s\":{\"ton\":%u,\"npi\":%u,\"addr\":", name, a->ton, a->npi);
	json_text(capture, a->text);
	fputc('}', capture);
}

static void json_tlvs(const struct short_message *m)
{
	struct reader all = m->tlvs, value;
	unsigned tag;
	const char *comma = "";
	fputs(",\"tlvs\":{", capture);
	while (get_tlv(&all, &tag, &value)) {
		fprintf(capture, "%s\"%04x\":\"", comma, tag);
		hex(value.at, (size_t)(value.end - value.at));
		fputc('"', capture);
		comma = ",";
	}
	fputc('}', capture);
}

void record_capture(const struct session *s, const struct header *h, const struct short_message *m, uint32_t status,
		    const char *id)
{
	if (!capture)
		return;
	fprintf(capture, "{\"bind\":%u,\"system_id\":", s->number);
	json_text(capture, s->system_id);
	fprintf(capture, ",\"command\":\"%s\",\"sequence\":%u,\"status\":%u,\"id\":\"%s\"",
		h->command == CMD_DATA_SM ? "data_sm" : "submit_sm", h->sequence, status, id);
	json_address("from", &m->from);
	json_address("to", &m->to);
	fprintf(capture, ",\"esm_class\":%u,\"protocol_id\":%u,\"priority\":%u,\"data_coding\":%u", m->esm_class,
		m->protocol, m->priority, m->data_coding);
	fprintf(capture, ",\"registered_delivery\":%u,\"service_type\":", m->registered);
	json_text(capture, m->service);
	fputs(",\"schedule\":", capture);
	json_text(capture, m->schedule);
	fputs(",\"validity\":", capture);
	json_text(capture, m->validity);
	fprintf(capture, ",\"payload\":%s,\"message\":\"", m->payload ? "true" : "false");
	hex(m->text, m->text ? m->text_bytes : 0);
	fputc('"', capture);
	json_tlvs(m);
	fprintf(capture, ",\"at_us\":%lld}\n", (long long)now_us);
}

/* ---- counters ---- */

static void session_stats(FILE *to, const struct session *s)
{
	static const char *const modes[] = { "none", "tx", "rx", "trx" };
	fprintf(to, "{\"bind\":%u,\"mode\":\"%s\",\"system_id\":", s->number, modes[s->mode]);
	json_text(to, s->system_id);
	fprintf(to, ",\"version\":%u,\"submits\":%llu,\"unanswered\":%u,\"max_unanswered\":%u", s->version,
		(unsigned long long)s->submits, s->unanswered, s->max_unanswered);
	fprintf(to, ",\"delivered\":%llu,\"in_flight\":%u,\"max_in_flight\":%u}", (unsigned long long)s->delivered,
		s->in_flight, s->max_in_flight);
}

void record_stats(FILE *to)
{
	fputc('{', to);
#define X(name) fprintf(to, "\"" #name "\":%llu,", (unsigned long long)counters.name);
	COUNTERS(X)
#undef X
	fprintf(to,
		"\"unacknowledged\":%u,\"first_submit_us\":%lld,\"last_answer_us\":%lld,\"now_us\":%lld,\"sessions\":[",
		deliver_waiting(), (long long)first_us, (long long)last_us, (long long)now_us);
	const char *comma = "";
	for (const struct session *s = sessions_first(); s; s = s->next) {
		if (s->dead)
			continue;
		fputs(comma, to);
		session_stats(to, s);
		comma = ",";
	}
	fputs("]}", to);
}

void record_reset(void)
{
	counters = (struct counters){ 0 };
	first_us = last_us = 0;
	free(texts.slots);
	free(references.slots);
	texts = references = (struct table){ 0 };
	for (struct session *s = sessions_first(); s; s = s->next)
		s->submits = s->delivered = s->max_unanswered = s->max_in_flight = 0;
}
