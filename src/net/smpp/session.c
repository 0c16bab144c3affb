#include "net/smpp/session.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/log.h"
#include "base/time.h"
#include "loop/clock.h"
#include "loop/timer.h"
#include "net/metrics.h"
#include "net/stream.h"

#define TICK_US (100 * SW_US_PER_MS) /* how exactly time limits of requests are kept */
#define LATE_US (60 * SW_US_PER_S)   /* how long a late response is waited for */
#define UNBIND_US (1 * SW_US_PER_S)
#define COMPLAINT_US (1 * SW_US_PER_S) /* between two lines of the log */

enum state { CONNECTING, BINDING, BOUND, UNBINDING, ENDED };

struct slot {
	uint32_t sequence; /* 0: free */
	uint32_t command;
	int64_t until_us;
	void *request;
	bool late;
};

struct sw_smpp_session {
	struct sw_loop *loop;
	struct sw_smpp_session_config config;
	struct sw_stream *stream; /* NULL: gone */
	enum state state;
	struct sw_buf in; /* the beginning of a PDU */
	struct slot *slots;
	uint32_t mask, next_sequence, own_sequence; /* own: of bind, enquire_link or unbind */
	unsigned busy, late, owed;
	bool held, closed; /* the owner hears nothing any more */
	bool enquired;
	unsigned depth; /* calls of the owner under way: freed behind the last */
	int64_t heard_us, complained_us, muted;
	struct sw_timer tick, limit;
};

static void session_free(struct sw_smpp_session *session)
{
	sw_timer_stop(&session->tick);
	sw_timer_stop(&session->limit);
	sw_buf_done(&session->in);
	free(session->slots);
	free(session);
}

static void enter(struct sw_smpp_session *session)
{
	session->depth++;
}

static void leave(struct sw_smpp_session *session)
{
	if (--session->depth == 0 && session->state == ENDED)
		session_free(session);
}

/* ---- ending ---- */

static void drop_requests(struct sw_smpp_session *session)
{
	for (uint32_t i = 0; i <= session->mask && !session->closed; i++) {
		struct slot slot = session->slots[i];
		session->slots[i].sequence = 0;
		if (slot.sequence)
			session->config.on_outcome(session->config.owner, slot.request,
						   slot.late ? SW_SMPP_FORGOTTEN : SW_SMPP_LOST, NULL);
	}
	session->busy = session->late = 0;
}

static void end(struct sw_smpp_session *session, enum sw_smpp_end_kind kind, uint32_t status, const char *why)
{
	static const enum sw_smpp_metric metric[] = {
		[SW_SMPP_END_CONNECT] = SW_SMPP_CONNECTS_FAILED,
		[SW_SMPP_END_REFUSED] = SW_SMPP_BINDS_REFUSED,
		[SW_SMPP_END_LOST] = SW_SMPP_BINDS_LOST,
		[SW_SMPP_END_UNBOUND] = SW_SMPP_BINDS_ENDED,
	};
	if (session->state == ENDED)
		return;
	const struct sw_smpp_end said = { kind, status, why };
	if (session->state >= BOUND)
		sw_count(&sw_smpp_metrics, SW_SMPP_BOUND, -1);
	sw_count(&sw_smpp_metrics, metric[kind], 1);
	session->state = ENDED;
	if (session->stream)
		sw_stream_close(session->stream);
	session->stream = NULL;
	sw_timer_stop(&session->tick);
	sw_timer_stop(&session->limit);
	enter(session);
	drop_requests(session);
	if (!session->closed)
		session->config.on_ended(session->config.owner, &said);
	leave(session);
}

/* What an end means depends on how far the session had come. */
static void end_by_state(struct sw_smpp_session *session, const char *why)
{
	enum sw_smpp_end_kind kind = session->state == UNBINDING ? SW_SMPP_END_UNBOUND
				     : session->state == BOUND   ? SW_SMPP_END_LOST
								 : SW_SMPP_END_CONNECT;
	end(session, kind, 0, why);
}

void sw_smpp_session_close(struct sw_smpp_session *session)
{
	session->closed = true;
	end_by_state(session, "closed");
}

static void complain(struct sw_smpp_session *session, const char *what, const char *field, const char *why)
{
	int64_t now = sw_mono_us();
	sw_count(&sw_smpp_metrics, SW_SMPP_BAD_PDUS, 1);
	if (session->complained_us && now - session->complained_us < COMPLAINT_US) {
		session->muted++;
		return;
	}
	sw_warn("smpp", what, SW_KS("carrier", session->config.name), SW_KC("peer", sw_smpp_session_peer(session)),
		SW_KC("field", field), SW_KC("why", why), SW_KI("unlogged", session->muted));
	session->complained_us = now;
	session->muted = 0;
}

/* ---- writing ---- */

static const struct counted {
	uint32_t command;
	enum sw_smpp_metric metric;
} counted_in[] = {
	{ SW_SMPP_SUBMIT_SM | SW_SMPP_RESP, SW_SMPP_IN_SUBMIT_RESP },
	{ SW_SMPP_DELIVER_SM, SW_SMPP_IN_DELIVER },
	{ SW_SMPP_DATA_SM, SW_SMPP_IN_DATA },
	{ SW_SMPP_ENQUIRE_LINK, SW_SMPP_IN_ENQUIRE },
	{ SW_SMPP_ENQUIRE_LINK | SW_SMPP_RESP, SW_SMPP_IN_ENQUIRE_RESP },
	{ (uint32_t)SW_SMPP_GENERIC_NACK, SW_SMPP_IN_NACK },
	{ SW_SMPP_UNBIND, SW_SMPP_IN_UNBIND },
}, counted_out[] = {
	{ SW_SMPP_SUBMIT_SM, SW_SMPP_OUT_SUBMIT },
	{ SW_SMPP_DELIVER_SM | SW_SMPP_RESP, SW_SMPP_OUT_DELIVER_RESP },
	{ SW_SMPP_ENQUIRE_LINK, SW_SMPP_OUT_ENQUIRE },
	{ (uint32_t)SW_SMPP_GENERIC_NACK, SW_SMPP_OUT_NACK },
};

static void count_pdu(const struct counted *row, size_t n, uint32_t command, enum sw_smpp_metric other)
{
	for (size_t i = 0; i < n; i++)
		if (row[i].command == command)
			other = row[i].metric;
	sw_count(&sw_smpp_metrics, other, 1);
}

static int put(struct sw_smpp_session *session, const struct sw_smpp_pdu *pdu, struct sw_smpp_fault *ret_fault)
{
	if (!session->stream)
		return SW_ECLOSED;
	int err = sw_smpp_encode(sw_stream_out(session->stream), pdu, ret_fault);
	if (err)
		return err;
	count_pdu(counted_out, SW_COUNTOF(counted_out), pdu->command, SW_SMPP_OUT_OTHER);
	sw_stream_wrote(session->stream);
	if (!session->held && sw_stream_queued(session->stream) > SW_SMPP_OUT_HIGH_BYTES)
		sw_stream_set_reading(session->stream, false); /* until it is drained */
	return 0;
}

static uint32_t new_sequence(struct sw_smpp_session *session)
{
	session->next_sequence = session->next_sequence == SW_SMPP_SEQUENCE_MAX ? 1 : session->next_sequence + 1;
	return session->next_sequence;
}

/* bind, enquire_link, unbind: one at a time, in no slot. */
static void ask(struct sw_smpp_session *session, uint32_t command)
{
	struct sw_smpp_fault fault;
	struct sw_smpp_pdu pdu = { .command = command, .sequence = new_sequence(session) };
	if (session->state == BINDING)
		pdu.u.bind = session->config.login;
	session->own_sequence = pdu.sequence;
	if (put(session, &pdu, &fault) == SW_EINVAL)
		end(session, SW_SMPP_END_CONNECT, 0, "the bind's names do not fit the protocol");
}

static void answer(struct sw_smpp_session *session, uint32_t command, uint32_t sequence, uint32_t status)
{
	struct sw_smpp_fault fault;
	const struct sw_smpp_pdu pdu = { .command = command | SW_SMPP_RESP, .sequence = sequence, .status = status };
	(void)!put(session, &pdu, &fault);
}

void sw_smpp_session_respond(struct sw_smpp_session *session, uint32_t command, uint32_t sequence, uint32_t status)
{
	SW_BUG_ON(session->owed == 0);
	session->owed--;
	answer(session, command, sequence, status);
	if (session->held && session->owed <= session->config.owed_max / 2 && session->stream) {
		session->held = false;
		sw_stream_set_reading(session->stream, true);
	}
}

/* ---- requests of the owner ---- */

static void on_tick(struct sw_timer *timer)
{
	struct sw_smpp_session *session = SW_CONTAINER(timer, struct sw_smpp_session, tick);
	int64_t now = sw_mono_us();
	enter(session);
	for (uint32_t i = 0; i <= session->mask && session->state != ENDED; i++) {
		struct slot *slot = &session->slots[i];
		if (!slot->sequence || slot->until_us > now)
			continue;
		struct slot was = *slot;
		/* Half of the slots may be late: so that one is always free for a request. */
		bool keep = !was.late && session->late < session->mask / 2;
		if (was.late)
			session->late--;
		else
			session->busy--;
		slot->sequence = keep ? was.sequence : 0;
		slot->late = true;
		slot->until_us = now + LATE_US;
		session->late += keep;
		if (!was.late) {
			sw_count(&sw_smpp_metrics, SW_SMPP_TIMEOUTS, 1);
			session->config.on_outcome(session->config.owner, was.request, SW_SMPP_TIMED_OUT, NULL);
		}
		if (!keep && !session->closed)
			session->config.on_outcome(session->config.owner, was.request, SW_SMPP_FORGOTTEN, NULL);
	}
	if (session->state != ENDED && session->busy + session->late)
		sw_timer_start(session->loop, &session->tick, SW_CLOCK_MONO, now + TICK_US, on_tick);
	leave(session);
}

int sw_smpp_session_request(struct sw_smpp_session *session, struct sw_smpp_pdu *pdu, int64_t timeout_us, void *request,
			    struct sw_smpp_fault *ret_fault)
{
	if (session->state != BOUND)
		return SW_ECLOSED;
	if (session->busy >= session->config.window_max)
		return SW_EAGAIN;
	struct slot *slot;
	do {
		pdu->sequence = new_sequence(session);
		slot = &session->slots[pdu->sequence & session->mask];
	} while (slot->sequence);
	int err = put(session, pdu, ret_fault);
	if (err)
		return err;
	int64_t now = sw_mono_us();
	*slot = (struct slot){
		.sequence = pdu->sequence, .command = pdu->command, .until_us = now + timeout_us, .request = request
	};
	session->busy++;
	if (!session->tick.slot)
		sw_timer_start(session->loop, &session->tick, SW_CLOCK_MONO, now + TICK_US, on_tick);
	return 0;
}

unsigned sw_smpp_session_busy(const struct sw_smpp_session *session)
{
	return session->busy;
}

/* A response to one of the owner's requests. */
static void take_response(struct sw_smpp_session *session, const struct sw_smpp_pdu *pdu)
{
	struct slot *slot = &session->slots[pdu->sequence & session->mask];
	bool nack = pdu->command == (uint32_t)SW_SMPP_GENERIC_NACK;
	if (!pdu->sequence || slot->sequence != pdu->sequence ||
	    (!nack && pdu->command != (slot->command | SW_SMPP_RESP))) {
		sw_count(&sw_smpp_metrics, SW_SMPP_STRAYS, 1);
		return;
	}
	struct slot was = *slot;
	slot->sequence = 0;
	if (was.late)
		session->late--;
	else
		session->busy--;
	session->config.on_outcome(session->config.owner, was.request, was.late ? SW_SMPP_LATE : SW_SMPP_ANSWERED, pdu);
}

/* ---- time: binding, silence, unbinding ---- */

static void on_limit(struct sw_timer *timer)
{
	struct sw_smpp_session *session = SW_CONTAINER(timer, struct sw_smpp_session, limit);
	int64_t silent_us = sw_mono_us() - session->heard_us, enquire_us = session->config.enquire_us;
	if (session->state != BOUND) {
		end_by_state(session,
			     session->state == BINDING ? "the bind is not answered" : "the unbind is not answered");
		return;
	}
	if (silent_us >= 2 * enquire_us) {
		end(session, SW_SMPP_END_LOST, 0, "the peer is silent, also when asked");
		return;
	}
	if (silent_us >= enquire_us && !session->enquired) {
		session->enquired = true;
		ask(session, SW_SMPP_ENQUIRE_LINK);
	}
	int64_t next_us = session->heard_us + (session->enquired ? 2 : 1) * enquire_us;
	sw_timer_start(session->loop, timer, SW_CLOCK_MONO, next_us, on_limit);
}

static void limit_in(struct sw_smpp_session *session, int64_t us)
{
	sw_timer_start(session->loop, &session->limit, SW_CLOCK_MONO, sw_mono_us() + us, on_limit);
}

void sw_smpp_session_unbind(struct sw_smpp_session *session)
{
	if (session->state == BOUND) {
		session->state = UNBINDING;
		ask(session, SW_SMPP_UNBIND);
		limit_in(session, UNBIND_US);
	} else if (session->state != UNBINDING) {
		end_by_state(session, "no longer wanted");
	}
}

/* ---- what the peer says ---- */

static void take_bind_answer(struct sw_smpp_session *session, const struct sw_smpp_pdu *pdu)
{
	char why[96];
	if (pdu->status != SW_SMPP_OK) {
		snprintf(why, sizeof(why), "0x%x %s", pdu->status, sw_smpp_status_name(pdu->status));
		end(session, SW_SMPP_END_REFUSED, pdu->status, why);
		return;
	}
	session->state = BOUND;
	sw_count(&sw_smpp_metrics, SW_SMPP_BINDS, 1);
	sw_count(&sw_smpp_metrics, SW_SMPP_BOUND, 1);
	limit_in(session, session->config.enquire_us);
	session->config.on_bound(session->config.owner, pdu);
}

/* A response, or a generic_nack, to what the session itself asked. @return false when it is to something else */
static bool take_own_answer(struct sw_smpp_session *session, const struct sw_smpp_pdu *pdu)
{
	bool nack = pdu->command == (uint32_t)SW_SMPP_GENERIC_NACK;
	if (!session->own_sequence || pdu->sequence != session->own_sequence)
		return false;
	session->own_sequence = 0;
	if (session->state == BINDING && (nack || pdu->command == (session->config.command | SW_SMPP_RESP)))
		take_bind_answer(session, pdu);
	else if (session->state == UNBINDING)
		end(session, SW_SMPP_END_UNBOUND, 0, "unbound");
	return true;
}

static void take_message(struct sw_smpp_session *session, const struct sw_smpp_pdu *pdu)
{
	if (session->state != BOUND) { /* before the bind, or while it ends: the peer keeps it */
		answer(session, pdu->command, pdu->sequence,
		       session->state == UNBINDING ? SW_SMPP_RX_T_APPN : SW_SMPP_RINVBNDSTS);
		return;
	}
	session->owed++;
	if (session->owed >= session->config.owed_max && !session->held) {
		session->held = true;
		sw_stream_set_reading(session->stream, false);
		sw_count(&sw_smpp_metrics, SW_SMPP_HELD, 1);
	}
	session->config.on_request(session->config.owner, pdu);
}

static void take_pdu(struct sw_smpp_session *session, const struct sw_smpp_pdu *pdu)
{
	if (pdu->command & SW_SMPP_RESP) {
		if (!take_own_answer(session, pdu))
			take_response(session, pdu);
		return;
	}
	switch (pdu->command) {
	case SW_SMPP_DELIVER_SM:
	case SW_SMPP_DATA_SM:
		take_message(session, pdu);
		break;
	case SW_SMPP_ENQUIRE_LINK:
		answer(session, pdu->command, pdu->sequence, SW_SMPP_OK);
		break;
	case SW_SMPP_UNBIND:
		answer(session, pdu->command, pdu->sequence, SW_SMPP_OK);
		end_by_state(session, "the peer unbinds");
		break;
	case SW_SMPP_OUTBIND:
	case SW_SMPP_ALERT_NOTIFICATION:
		break;
	default:
		complain(session, "a request that is none of a network's", "command_id",
			 sw_smpp_command_name(pdu->command));
		answer(session, (uint32_t)SW_SMPP_GENERIC_NACK, pdu->sequence, SW_SMPP_RINVCMDID);
	}
}

static void take_broken(struct sw_smpp_session *session, int err, const struct sw_smpp_pdu *pdu,
			const struct sw_smpp_fault *fault)
{
	complain(session, "a bad PDU was received", fault->field, fault->why);
	/* A response is one whatever else it says: its status counts. */
	if (pdu->command & SW_SMPP_RESP)
		take_pdu(session, pdu);
	else
		answer(session, err == SW_EUNSUPPORTED ? (uint32_t)SW_SMPP_GENERIC_NACK : pdu->command, pdu->sequence,
		       fault->status);
}

/* @return bytes used */
static size_t take_bytes(struct sw_smpp_session *session, struct sw_str bytes)
{
	struct sw_smpp_fault fault;
	size_t used = 0, n;
	int err = 0;
	while (session->state != ENDED && (err = sw_smpp_frame(sw_str_from(bytes, used), &n, &fault)) == 0) {
		struct sw_smpp_pdu pdu;
		err = sw_smpp_decode(sw_str_sub(bytes, used, n), &pdu, &fault);
		used += n;
		count_pdu(counted_in, SW_COUNTOF(counted_in), pdu.command, SW_SMPP_IN_OTHER);
		if (err)
			take_broken(session, err, &pdu, &fault);
		else
			take_pdu(session, &pdu);
	}
	if (session->state != ENDED && err == SW_EINVAL) {
		complain(session, "the peer does not speak SMPP any more", fault.field, fault.why);
		answer(session, (uint32_t)SW_SMPP_GENERIC_NACK, 0, fault.status);
		end_by_state(session, "the framing is lost");
	}
	return used;
}

static void on_bytes(void *owner, struct sw_str bytes)
{
	struct sw_smpp_session *session = owner;
	session->heard_us = sw_mono_us();
	session->enquired = false;
	enter(session);
	if (session->in.n) {
		sw_buf_add_str(&session->in, bytes);
		size_t used = take_bytes(session, sw_buf_str(&session->in));
		sw_buf_drop(&session->in, used);
	} else {
		size_t used = take_bytes(session, bytes);
		sw_buf_add_str(&session->in, sw_str_from(bytes, used));
	}
	leave(session);
}

/* ---- the stream ---- */

static void on_open(void *owner)
{
	struct sw_smpp_session *session = owner;
	sw_count(&sw_smpp_metrics, SW_SMPP_CONNECTS, 1);
	session->state = BINDING;
	limit_in(session, session->config.connect_timeout_us);
	ask(session, session->config.command);
}

static void on_drained(void *owner)
{
	struct sw_smpp_session *session = owner;
	if (!session->held)
		sw_stream_set_reading(session->stream, true);
}

static void on_closed(void *owner, int err, const char *why)
{
	struct sw_smpp_session *session = owner;
	(void)err;
	session->stream = NULL;
	end_by_state(session, why);
}

struct sw_smpp_session *sw_smpp_session_open(struct sw_loop *loop, const struct sw_smpp_session_config *config)
{
	struct sw_smpp_session *session = calloc(1, sizeof(*session));
	SW_BUG_ON(!session || config->window_max > SW_SMPP_WINDOW_MAX);
	uint32_t slots = 64;
	while (slots < 2 * config->window_max + 2)
		slots *= 2;
	session->loop = loop;
	session->config = *config;
	session->mask = slots - 1;
	session->slots = calloc(slots, sizeof(*session->slots));
	SW_BUG_ON(!session->slots);
	const struct sw_stream_config stream = {
		.host = config->host,
		.port = config->port,
		.tls = config->tls,
		.connect_timeout_us = config->connect_timeout_us,
		.high_bytes = SW_SMPP_OUT_HIGH_BYTES,
		.on_open = on_open,
		.on_bytes = on_bytes,
		.on_drained = on_drained,
		.on_closed = on_closed,
		.owner = session,
	};
	session->stream = sw_stream_connect(loop, &stream);
	return session;
}

const char *sw_smpp_session_peer(const struct sw_smpp_session *session)
{
	return session->stream ? sw_stream_peer(session->stream) : "";
}
