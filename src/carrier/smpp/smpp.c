#include "carrier/smpp/smpp.h"

#include <stdlib.h>

#include "base/random.h"
#include "carrier/smpp/smpp_impl.h"

#define DRAIN_US (2 * SW_US_PER_S)
#define COMPLAINT_US SW_US_PER_S

enum { PLACES_BESIDE_WINDOWS = 64, PLACES_MIN = 16 };

static void free_all(struct sw_list *list)
{
	while (!sw_list_empty(list))
		smpp_submission_free(SW_CONTAINER(list->next, struct submission, node));
}

static void close_smpp(void *state)
{
	struct smpp *smpp = state;
	free_all(&smpp->lates);
	free_all(&smpp->spare);
	sw_timer_stop(&smpp->pump);
	sw_timer_stop(&smpp->age);
	sw_timer_stop(&smpp->drain);
	sw_tls_free(smpp->tls);
	sw_arena_done(&smpp->arena);
	free(smpp);
}

void smpp_complain(struct smpp *smpp, const char *what, const char *field, struct sw_str value)
{
	int64_t now = sw_mono_us();
	if (smpp->complained_us && now - smpp->complained_us < COMPLAINT_US) {
		smpp->muted++;
		return;
	}
	sw_warn("smpp", what, SW_KC("carrier", sw_carrier_name(smpp->carrier)), SW_KS(field, value),
		SW_KI("unlogged", smpp->muted));
	smpp->complained_us = now;
	smpp->muted = 0;
}

/* As many as keep the windows full while others are on their way; no more than a slow rate will send soon. */
void smpp_set_places(struct smpp *smpp)
{
	int64_t places = smpp->bound_n * smpp->o.window * 2 + PLACES_BESIDE_WINDOWS, soon = smpp->o.rate * 2;
	if (smpp->o.rate && places > soon)
		places = soon < PLACES_MIN ? PLACES_MIN : soon;
	if (smpp->bound_n == 0 || smpp->draining)
		places = 0;
	sw_carrier_set_places(smpp->carrier, (int)places);
	smpp_watch_age(smpp);
}

/* ---- beginning ---- */

static int open_tls(struct smpp *smpp, struct sw_arena *arena, struct sw_str *ret_why)
{
	const struct smpp_options *o = &smpp->o;
	if (!o->tls)
		return 0;
	if (!o->tls_verify)
		sw_warn("smpp", "tls_verify=off: whoever stands between can read and change every message",
			SW_KC("carrier", sw_carrier_name(smpp->carrier)), SW_KS("host", o->host));
	return sw_tls_new(arena, o->tls_ca, o->tls_verify, &smpp->tls, ret_why);
}

static void make_binds(struct smpp *smpp)
{
	bool pairs = smpp->o.mode == SMPP_TXRX;
	smpp->binds = (unsigned)smpp->o.binds * (pairs ? 2 : 1);
	SW_BUG_ON(smpp->binds > SMPP_BINDS_MAX);
	for (unsigned i = 0; i < smpp->binds; i++) {
		struct smpp_bind *bind = &smpp->bind[i];
		bind->smpp = smpp;
		bind->number = pairs ? i / 2 + 1 : i + 1;
		bind->command = !pairs  ? SW_SMPP_BIND_TRANSCEIVER
				: i % 2 ? SW_SMPP_BIND_RECEIVER
					: SW_SMPP_BIND_TRANSMITTER;
		sw_list_init(&bind->started);
	}
}

static int open_smpp(struct sw_carrier *carrier, struct sw_str url, void **ret_state, struct sw_str *ret_why)
{
	struct smpp *smpp = calloc(1, sizeof(*smpp));
	SW_BUG_ON(!smpp);
	smpp->carrier = carrier;
	smpp->loop = sw_carrier_loop(carrier);
	struct sw_list *const lists[] = { &smpp->queue[0], &smpp->queue[1], &smpp->delayed,
					  &smpp->spare,    &smpp->alive,    &smpp->lates };
	for (size_t i = 0; i < SW_COUNTOF(lists); i++)
		sw_list_init(lists[i]);
	sw_arena_init(&smpp->arena);
	struct sw_str why = SW_STR_NULL;
	int err = smpp_options_parse(&smpp->arena, url, &smpp->o, &why);
	if (!err)
		err = open_tls(smpp, &smpp->arena, &why);
	if (!err)
		err = sw_carrier_set_receipt_ids(carrier, smpp->o.receipt_ids);
	if (err) {
		*ret_why = sw_str_dup(sw_carrier_opening(carrier), why);
		close_smpp(smpp);
		return SW_EINVAL;
	}
	sw_random_bytes(&smpp->reference, sizeof(smpp->reference));
	make_binds(smpp);
	sw_carrier_set_places(carrier, 0);
	*ret_state = smpp;
	return 0;
}

static void start_smpp(void *state)
{
	struct smpp *smpp = state;
	for (unsigned i = 0; i < smpp->binds; i++)
		smpp_bind_start(&smpp->bind[i]);
}

/* ---- ending ---- */

void smpp_check_drained(struct smpp *smpp)
{
	if (!smpp->draining || smpp->stopped || !smpp->drained)
		return;
	if (smpp->alive_n == 0 && !smpp->unbinding) {
		smpp->unbinding = true;
		for (unsigned i = 0; i < smpp->binds; i++) {
			sw_timer_stop(&smpp->bind[i].again);
			if (smpp->bind[i].session)
				sw_smpp_session_unbind(smpp->bind[i].session);
		}
	}
	if (smpp->unbinding && smpp->sessions_n == 0 && smpp->drained) {
		void (*drained)(void *arg) = smpp->drained;
		smpp->drained = NULL;
		sw_timer_stop(&smpp->drain);
		drained(smpp->drained_arg);
	}
}

/* What nobody has of the network goes back to the store. */
static void give_back_queue(struct smpp *smpp)
{
	for (int urgent = 0; urgent < 2; urgent++)
		while (!sw_list_empty(&smpp->queue[urgent]))
			smpp_finish(SW_CONTAINER(smpp->queue[urgent].next, struct submission, node), SW_SUBMIT_BUSY, 0);
}

static void on_drain_limit(struct sw_timer *timer)
{
	struct smpp *smpp = SW_CONTAINER(timer, struct smpp, drain);
	give_back_queue(smpp);
	smpp->unbinding = true;
	for (unsigned i = 0; i < smpp->binds; i++)
		if (smpp->bind[i].session)
			sw_smpp_session_unbind(smpp->bind[i].session);
	smpp_check_drained(smpp);
}

static void drain_smpp(void *state, void (*done)(void *arg), void *arg)
{
	struct smpp *smpp = state;
	if (smpp->stopped) {
		done(arg);
		return;
	}
	smpp->draining = true;
	smpp->drained = done;
	smpp->drained_arg = arg;
	sw_timer_start(smpp->loop, &smpp->drain, SW_CLOCK_MONO, sw_mono_us() + DRAIN_US, on_drain_limit);
	for (unsigned i = 0; i < smpp->binds; i++)
		sw_timer_stop(&smpp->bind[i].again);
	smpp_set_places(smpp);
	give_back_queue(smpp);
	smpp_check_drained(smpp);
}

static void stop_smpp(void *state)
{
	struct smpp *smpp = state;
	smpp->stopped = true;
	for (unsigned i = 0; i < smpp->binds; i++)
		smpp_bind_stop(&smpp->bind[i]);
	while (!sw_list_empty(&smpp->alive)) {
		struct submission *submission = SW_CONTAINER(smpp->alive.next, struct submission, alive);
		submission->flying = submission->late = 0;
		smpp_finish(submission, SW_SUBMIT_UNKNOWN, 0);
	}
	sw_timer_stop(&smpp->pump);
	sw_timer_stop(&smpp->age);
	sw_timer_stop(&smpp->drain);
}

void sw_carrier_smpp_describe(struct sw_buf *out)
{
	sw_buf_add_cstr(out, "## Options of the URL\n\n");
	smpp_options_describe(out);
	sw_buf_add_cstr(out, "\n## Answers to a submission\n\n");
	smpp_answers_describe(out);
}

/* ---- what is counted, over all SMPP carriers ---- */

static const struct sw_metric rows[SMPP_METRICS] = {
	[SMPP_PARTS] = { "strowger_carrier_smpp_parts_total", "Parts of messages written to SMSCs.", SW_COUNTER },
	[SMPP_THROTTLED] = { "strowger_carrier_smpp_throttled_total", "Parts that SMSCs put off for coming too fast.",
			     SW_COUNTER },
	[SMPP_UNKNOWN_PARTS] = { "strowger_carrier_smpp_unanswered_total", "Parts without an answer.", SW_COUNTER },
	[SMPP_RECEIPTS] = { "strowger_carrier_smpp_receipts_total", "Receipts that came in.", SW_COUNTER },
	[SMPP_INTERMEDIATE] = { "strowger_carrier_smpp_receipts_intermediate_total",
				"Receipts of a state that is not final.", SW_COUNTER },
	[SMPP_BAD_RECEIPTS] = { "strowger_carrier_smpp_receipts_bad_total", "Receipts that name no message.",
				SW_COUNTER },
	[SMPP_INBOUND] = { "strowger_carrier_smpp_inbound_total", "Inbound messages and parts of them.", SW_COUNTER },
	[SMPP_BAD_INBOUND] = { "strowger_carrier_smpp_inbound_bad_total",
			       "Inbound messages refused for a broken header.", SW_COUNTER },
	[SMPP_DEFERRED] = { "strowger_carrier_smpp_deferred_total",
			    "What SMSCs delivered and could not be stored at the time.", SW_COUNTER },
};

struct sw_metric_set sw_carrier_smpp_metrics = SW_METRIC_SET(rows);

#define KIND(scheme_, doc_)                                                                                  \
	{                                                                                                    \
		.scheme = scheme_, .doc = doc_, .open = open_smpp, .close = close_smpp, .start = start_smpp, \
		.drain = drain_smpp, .stop = stop_smpp, .submit = smpp_submit, .receipts_by_id = true        \
	}

const struct sw_carrier_kind sw_carrier_smpp =
	KIND("smpp", "smpp://ID:PASSWORD@HOST:PORT?binds=1&window=100&rate=0: an SMSC; docs/smpp.md has all options.");
const struct sw_carrier_kind sw_carrier_smpps =
	KIND("smpps", "smpps://ID:PASSWORD@HOST:PORT?tls_ca=FILE: the same over TLS.");
