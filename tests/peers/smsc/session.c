#include "smsc.h"
#include "tls.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_BYTES = 64 * 1024, SWEEP_US = 100000 };

static struct session *all;
static unsigned last_number;
static struct source listener = { .fd = -1 };
static enum stall stalled;
static int64_t next_enquiry_us;

struct session *sessions_first(void)
{
	return all;
}

void session_put(struct session *s)
{
	if (--s->refs)
		return;
	buffer_free(&s->in);
	buffer_free(&s->out);
	free(s);
}

void session_close(struct session *s)
{
	if (s->dead)
		return;
	if (s->mode)
		counters.binds_lost++;
	s->dead = true;
	loop_remove(&s->source);
	tls_close(s->tls);
	close(s->source.fd);
	deliver_lost(s);
}

void session_reply(struct session *s, uint32_t command, uint32_t status, uint32_t sequence)
{
	pdu_end(&s->out, pdu_begin(&s->out, command, status, sequence));
}

/* ---- binds ---- */

static enum mode mode_of(unsigned command)
{
	return command == CMD_BIND_TRANSMITTER ? TRANSMITTER : command == CMD_BIND_RECEIVER ? RECEIVER : TRANSCEIVER;
}

static uint32_t bind_status(const struct session *s, const char *system_id, const char *password)
{
	unsigned bound = 0;
	for (const struct session *other = all; other; other = other->next)
		bound += !other->dead && other->mode;
	if (s->mode)
		return ESME_RALYBND;
	if (settings.refuse_bind)
		return (uint32_t)settings.refuse_bind;
	if (settings.binds_max && bound >= settings.binds_max)
		return ESME_RBINDFAIL;
	if (settings.user[0] && strcmp(settings.user, system_id) != 0)
		return ESME_RINVSYSID;
	if (settings.password[0] && strcmp(settings.password, password) != 0)
		return ESME_RINVPASWD;
	return ESME_ROK;
}

static void on_bind(struct session *s, const struct header *h, const uint8_t *body, size_t n)
{
	char system_id[17], password[65], system_type[14], range[42];
	struct reader r = { .at = body, .end = body + n };
	get_text(&r, system_id, sizeof system_id);
	get_text(&r, password, sizeof password);
	get_text(&r, system_type, sizeof system_type);
	unsigned version = get_uint(&r, 1);
	get_uint(&r, 2); /* addr_ton, addr_npi */
	get_text(&r, range, sizeof range);
	uint32_t status = r.bad ? ESME_RINVCMDLEN : bind_status(s, system_id, password);
	size_t begin = pdu_begin(&s->out, h->command | RESPONSE, status, h->sequence);
	put_text(&s->out, "smsc");
	if (version >= 0x34)
		put_tlv(&s->out, TLV_SC_INTERFACE_VERSION, &(uint8_t){ (uint8_t)settings.version }, 1);
	pdu_end(&s->out, begin);
	if (status) {
		counters.binds_refused++;
		return;
	}
	counters.binds++;
	s->mode = mode_of(h->command);
	s->version = version;
	memcpy(s->system_id, system_id, sizeof system_id);
	deliver_bound(s);
}

static void on_unbind(struct session *s, const struct header *h)
{
	counters.unbinds++;
	session_reply(s, CMD_UNBIND | RESPONSE, s->mode ? ESME_ROK : ESME_RINVBNDSTS, h->sequence);
	s->mode = UNBOUND;
	s->closing = true;
}

/* ---- PDUs ---- */

static void on_response(struct session *s, const struct header *h)
{
	unsigned command = h->command & ~RESPONSE;
	if (command == CMD_DELIVER_SM || command == CMD_DATA_SM)
		deliver_answer(s, h);
	else if (command == CMD_ENQUIRE_LINK)
		counters.enquiries_answered++;
	else if (command == CMD_GENERIC_NACK) {
		counters.nacks++;
		deliver_answer(s, h);
	} else if (command != CMD_UNBIND)
		counters.unexpected_responses++;
}

static void on_request(struct session *s, const struct header *h, const uint8_t *body, size_t n)
{
	switch (h->command) {
	case CMD_BIND_RECEIVER:
	case CMD_BIND_TRANSMITTER:
	case CMD_BIND_TRANSCEIVER:
		on_bind(s, h, body, n);
		return;
	case CMD_SUBMIT_SM:
	case CMD_DATA_SM:
		message_submit(s, h, body, n);
		return;
	case CMD_QUERY_SM:
		message_query(s, h, body, n);
		return;
	case CMD_CANCEL_SM:
		session_reply(s, h->command | RESPONSE, ESME_RCANCELFAIL, h->sequence);
		return;
	case CMD_REPLACE_SM:
		session_reply(s, h->command | RESPONSE, ESME_RREPLACEFAIL, h->sequence);
		return;
	case CMD_ENQUIRE_LINK:
		counters.enquiries++;
		session_reply(s, h->command | RESPONSE, ESME_ROK, h->sequence);
		return;
	case CMD_UNBIND:
		on_unbind(s, h);
		return;
	default:
		counters.unknown_commands++;
		session_reply(s, CMD_GENERIC_NACK | RESPONSE, ESME_RINVCMDID, h->sequence);
	}
}

static void on_bytes(struct session *s)
{
	while (!s->dead && !s->closing && s->in.end - s->in.start >= HEADER_BYTES) {
		const uint8_t *at = s->in.at + s->in.start;
		struct header h;
		header_read(&h, at);
		if (h.length < HEADER_BYTES || h.length > PDU_BYTES_MAX) {
			counters.bad_pdus++;
			session_reply(s, CMD_GENERIC_NACK | RESPONSE, ESME_RINVCMDLEN, h.sequence);
			s->closing = true;
			return;
		}
		if (s->in.end - s->in.start < h.length)
			return;
		if (h.command & RESPONSE)
			on_response(s, &h);
		else
			on_request(s, &h, at + HEADER_BYTES, h.length - HEADER_BYTES);
		s->in.start += h.length;
	}
}

/* ---- sockets ---- */

static uint32_t wanted(const struct session *s)
{
	return (stalled == STALL_READING ? 0 : EPOLLIN) | (s->wants_write ? EPOLLOUT : 0);
}

static void on_ready(struct source *source, uint32_t events)
{
	struct session *s = (struct session *)source;
	if (s->dead || !(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		return;
	do {
		ssize_t n = tls_recv(s->tls, source->fd, buffer_room(&s->in, READ_BYTES), READ_BYTES);
		if (n <= 0) {
			if (n == 0 || errno != EAGAIN)
				session_close(s);
			return;
		}
		s->in.end += (size_t)n;
		on_bytes(s);
	} while (s->tls && !s->dead); /* OpenSSL may have more that epoll does not see */
}

static void on_accept(struct source *source, uint32_t events)
{
	(void)events;
	int fd = accept4(source->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), one = 1;
	if (fd < 0)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	struct session *s = allocate(sizeof *s);
	s->source = (struct source){ .fd = fd, .ready = on_ready };
	s->tls = tls_accept(fd);
	s->refs = 1;
	s->number = ++last_number;
	s->tokens_us = now_us;
	s->next = all;
	all = s;
	counters.connections++;
	loop_add(&s->source, wanted(s));
}

static void flush(struct session *s)
{
	while (s->out.start < s->out.end && stalled != STALL_ANSWERING) {
		ssize_t n = tls_send(s->tls, s->source.fd, s->out.at + s->out.start, s->out.end - s->out.start);
		if (n <= 0 && errno != EAGAIN) {
			session_close(s);
			return;
		}
		if (n <= 0)
			break;
		s->out.start += (size_t)n;
	}
	bool left = s->out.start < s->out.end && stalled != STALL_ANSWERING;
	if (left != s->wants_write) {
		s->wants_write = left;
		loop_change(&s->source, wanted(s));
	}
	if (s->closing && s->out.start == s->out.end)
		session_close(s);
}

void sessions_flush(void)
{
	for (struct session **at = &all; *at;) {
		struct session *s = *at;
		if (!s->dead)
			flush(s);
		if (s->dead) {
			*at = s->next;
			session_put(s);
		} else {
			at = &s->next;
		}
	}
}

void sessions_stall(enum stall stall)
{
	stalled = stall;
	for (struct session *s = all; s; s = s->next)
		if (!s->dead)
			loop_change(&s->source, wanted(s));
}

void sessions_listen(bool on)
{
	static int port;
	if (on == (listener.fd >= 0))
		return;
	if (!on) {
		loop_remove(&listener);
		close(listener.fd);
		listener.fd = -1;
		return;
	}
	port = port ? port : (int)settings.port;
	listener = (struct source){ .fd = listen_on(settings.listen, &port), .ready = on_accept };
	settings.port = port;
	loop_add(&listener, EPOLLIN);
}

/* ---- by the clock ---- */

static void sweep(struct job *job)
{
	deliver_sweep();
	if (settings.enquire_every_s && now_us >= next_enquiry_us) {
		next_enquiry_us = now_us + settings.enquire_every_s * 1000000;
		for (struct session *s = all; s; s = s->next) {
			if (s->dead || !s->mode)
				continue;
			counters.enquiries_sent++;
			session_reply(s, CMD_ENQUIRE_LINK, ESME_ROK, ++s->sequence);
		}
	}
	job_at(job, now_us + SWEEP_US);
}

void sessions_open(void)
{
	static struct job job = { .run = sweep };
	if (settings.tls_cert[0])
		tls_open(settings.tls_cert, settings.tls_key);
	sessions_listen(true);
	job_at(&job, now_us + SWEEP_US);
}
