/* Connections: binding again and again, and what becomes of requests. */
#include "carrier/inbound.h"
#include "carrier/smpp/smpp_impl.h"

#include "base/random.h"

#define BACKOFF_MIN_US SW_US_PER_S
#define BACKOFF_MAX_US (60 * SW_US_PER_S)
#define BACKOFF_REFUSED_US (10 * SW_US_PER_S) /* who is refused again and again gets locked out */
#define SETTLED_US (10 * SW_US_PER_S)         /* a bind that stood so long is tried again soon */

bool smpp_bind_can_send(const struct smpp_bind *bind)
{
	return bind->bound && bind->command != SW_SMPP_BIND_RECEIVER;
}

static struct sw_str name_of(const struct smpp_bind *bind)
{
	return sw_str_of(sw_carrier_name(bind->smpp->carrier));
}

/* ---- what became of a part ---- */

static void take_answer(struct smpp_bind *bind, struct part *part, const struct sw_smpp_pdu *pdu)
{
	struct submission *submission = part->submission;
	struct smpp_answer answer = smpp_answer_of(&bind->smpp->o, pdu->status);
	part->code = answer.code;
	switch (answer.action) {
	case SMPP_ACCEPT:
		part->state = PART_ACCEPTED;
		part->id = sw_str_dup(&submission->arena, pdu->u.name);
		if (!part->id.p)
			part->id = SW_S("");
		return;
	case SMPP_THROTTLE:
		part->state = PART_UNSENT;
		return;
	case SMPP_BUSY:
		part->state = PART_BUSY;
		return;
	case SMPP_REFUSE:
		part->state = PART_REFUSED;
		smpp_complain(bind->smpp, "the carrier refuses messages", "status",
			      sw_str_of(sw_smpp_status_name(pdu->status)));
		return;
	}
}

/* It goes out again: with its message's other parts on this bind, or as a whole on any. */
static void put_back(struct smpp_bind *bind, struct part *part)
{
	struct submission *submission = part->submission;
	bool begun = submission->flying;
	for (unsigned i = 0; i < submission->n; i++)
		begun |= submission->parts[i].state != PART_UNSENT;
	smpp_throttled(bind->smpp, part);
	if (!begun) {
		smpp_queue_again(submission);
		return;
	}
	sw_list_del(&submission->node);
	sw_list_add_after(&bind->started, &submission->node);
}

static void resume(struct smpp_bind *bind, struct part *part)
{
	struct submission *submission = part->submission;
	if (part->state == PART_UNSENT) {
		put_back(bind, part);
		return;
	}
	sw_list_del(&submission->node);
	sw_list_add_after(&bind->started, &submission->node);
}

static void on_outcome(void *owner, void *request, enum sw_smpp_outcome outcome, const struct sw_smpp_pdu *pdu)
{
	struct smpp_bind *bind = owner;
	struct part *part = request;
	struct submission *submission = part->submission;
	switch (outcome) {
	case SW_SMPP_ANSWERED:
		submission->flying--;
		take_answer(bind, part, pdu);
		if (part->state == PART_UNSENT) {
			put_back(bind, part);
			smpp_pump(bind->smpp);
			return;
		}
		smpp_answered(bind, part);
		break;
	case SW_SMPP_TIMED_OUT:
	case SW_SMPP_LOST:
		submission->flying--;
		part->state = PART_UNKNOWN;
		submission->late += outcome == SW_SMPP_TIMED_OUT;
		bind->window = (unsigned)bind->smpp->o.window_min;
		sw_count(&sw_carrier_smpp_metrics, SMPP_UNKNOWN_PARTS, 1);
		break;
	case SW_SMPP_LATE:
		submission->late--;
		take_answer(bind, part, pdu);
		if (submission->done) { /* other parts are under way still: it goes on as if it had come in time */
			resume(bind, part);
			smpp_pump(bind->smpp);
			return;
		}
		break;
	case SW_SMPP_FORGOTTEN:
		submission->late--;
		break;
	}
	smpp_conclude(submission);
	smpp_pump(bind->smpp);
}

/* ---- sessions ---- */

/* What an operator can do about a bind that is refused. */
static const struct {
	uint32_t status;
	const char *advice;
} advices[] = {
	{ SW_SMPP_RINVPASWD, "check the password of the URL" },
	{ SW_SMPP_RINVSYSID, "check the ID of the URL" },
	{ SW_SMPP_RALYBND,
	  "the account allows fewer binds: lower binds=, or wait until an old connection is given up" },
	{ SW_SMPP_RBINDFAIL, "ask the carrier whether the account is open to this address, and for which mode=" },
	{ SW_SMPP_RINVSYSTYP, "ask the carrier for system_type=" },
	{ SW_SMPP_RINVCMDID, "the carrier does not know this kind of bind: try mode=txrx" },
};

static const char *advice_of(uint32_t status)
{
	for (size_t i = 0; i < SW_COUNTOF(advices); i++)
		if (advices[i].status == status)
			return advices[i].advice;
	return "ask the carrier";
}

static void on_bound(void *owner, const struct sw_smpp_pdu *answer)
{
	struct smpp_bind *bind = owner;
	struct smpp *smpp = bind->smpp;
	bind->bound = true;
	bind->bound_us = sw_mono_us();
	bind->window = (unsigned)smpp->o.window_min;
	bind->base_rtt_us = 0;
	smpp->bound_n += smpp_bind_can_send(bind);
	sw_info("smpp", "bound", SW_KS("carrier", name_of(bind)), SW_KI("bind", bind->number),
		SW_KC("as", sw_smpp_command_name(bind->command)), SW_KC("peer", sw_smpp_session_peer(bind->session)),
		SW_KS("system_id", answer->u.name));
	smpp_set_places(smpp);
	smpp_pump(smpp);
}

static void say_end(struct smpp_bind *bind, const struct sw_smpp_end *end, int64_t wait_us)
{
	if (end->kind == SW_SMPP_END_REFUSED)
		sw_error_log("smpp", "the carrier refuses the bind", SW_KS("carrier", name_of(bind)),
			     SW_KI("bind", bind->number), SW_KC("as", sw_smpp_command_name(bind->command)),
			     SW_KC("status", end->why), SW_KC("do", advice_of(end->status)),
			     SW_KI("again_in_ms", wait_us / SW_US_PER_MS));
	else
		sw_warn("smpp", end->kind == SW_SMPP_END_LOST ? "the bind is lost" : "the carrier cannot be reached",
			SW_KS("carrier", name_of(bind)), SW_KI("bind", bind->number), SW_KC("why", end->why),
			SW_KI("again_in_ms", wait_us / SW_US_PER_MS));
}

static void on_again(struct sw_timer *timer)
{
	smpp_bind_start(SW_CONTAINER(timer, struct smpp_bind, again));
}

static void try_again(struct smpp_bind *bind, const struct sw_smpp_end *end, bool settled)
{
	int64_t least_us = end->kind == SW_SMPP_END_REFUSED ? BACKOFF_REFUSED_US : BACKOFF_MIN_US;
	bind->backoff_us = settled || !bind->backoff_us ? least_us : bind->backoff_us * 2;
	if (bind->backoff_us < least_us)
		bind->backoff_us = least_us;
	if (bind->backoff_us > BACKOFF_MAX_US)
		bind->backoff_us = BACKOFF_MAX_US;
	int64_t wait_us = bind->backoff_us * 4 / 5 + (int64_t)sw_random_below((uint64_t)bind->backoff_us * 2 / 5);
	say_end(bind, end, wait_us);
	sw_timer_start(bind->smpp->loop, &bind->again, SW_CLOCK_MONO, sw_mono_us() + wait_us, on_again);
}

/* Requests under way have had their outcome: what is left here has parts that were never written. */
static void disown(struct smpp_bind *bind)
{
	struct smpp *smpp = bind->smpp;
	for (struct sw_list *node = smpp->delayed.next, *next; node != &smpp->delayed; node = next) {
		struct submission *submission = SW_CONTAINER(node, struct submission, node);
		next = node->next;
		if (submission->bind == bind) {
			sw_list_del(node);
			sw_list_push(&bind->started, node);
		}
	}
	while (!sw_list_empty(&bind->started)) {
		struct submission *submission = SW_CONTAINER(bind->started.next, struct submission, node);
		bool begun = false;
		for (unsigned i = 0; i < submission->n; i++)
			begun |= submission->parts[i].state != PART_UNSENT;
		if (begun)
			smpp_finish(submission, SW_SUBMIT_UNKNOWN, 0); /* some parts were taken, and others not */
		else
			smpp_queue_again(submission);
	}
}

static void on_ended(void *owner, const struct sw_smpp_end *end)
{
	struct smpp_bind *bind = owner;
	struct smpp *smpp = bind->smpp;
	bool settled = bind->bound && sw_mono_us() - bind->bound_us >= SETTLED_US;
	smpp->bound_n -= smpp_bind_can_send(bind);
	smpp->sessions_n--;
	bind->bound = false;
	bind->session = NULL;
	sw_inbound_connection_ended(smpp->carrier, bind->connection);
	disown(bind);
	smpp_set_places(smpp);
	if (!smpp->draining)
		try_again(bind, end, settled);
	smpp_pump(smpp);
	smpp_check_drained(smpp);
}

static void on_request(void *owner, const struct sw_smpp_pdu *pdu)
{
	smpp_deliver(owner, pdu);
}

void smpp_bind_start(struct smpp_bind *bind)
{
	static uint64_t connections; /* all carriers have one loop */
	static const uint8_t versions[] = { 0x34, 0x50 };
	struct smpp *smpp = bind->smpp;
	const struct smpp_options *o = &smpp->o;
	const struct sw_smpp_session_config config = {
		.host = o->host,
		.port = o->port,
		.tls = smpp->tls,
		.command = bind->command,
		.login = { .system_id = o->system_id,
			   .password = o->password,
			   .system_type = o->system_type,
			   .address_range = o->addr_range,
			   .interface_version = versions[o->version] },
		.name = name_of(bind),
		.connect_timeout_us = o->connect_timeout_ms * SW_US_PER_MS,
		.enquire_us = o->enquire_s * SW_US_PER_S,
		.window_max = (unsigned)o->window,
		.owed_max = SMPP_OWED_MAX,
		.on_bound = on_bound,
		.on_outcome = on_outcome,
		.on_request = on_request,
		.on_ended = on_ended,
		.owner = bind,
	};
	bind->connection = ++connections;
	smpp->sessions_n++;
	bind->session = sw_smpp_session_open(smpp->loop, &config);
}

void smpp_bind_stop(struct smpp_bind *bind)
{
	sw_timer_stop(&bind->again);
	if (bind->session)
		sw_smpp_session_close(bind->session);
	bind->session = NULL;
	bind->bound = false;
}
