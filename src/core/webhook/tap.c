#include "core/webhook/tap.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "base/random.h"
#include "base/time.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "loop/timer.h"

/* A row is in use while its turn is odd; who reads it looks at the turn before and behind. */
struct place {
	_Atomic uint64_t turn;
	_Atomic uint64_t account[2];
	_Atomic bool divert;
	_Atomic(struct sw_loop *) loop;
	/* The loop's own. */
	sw_tap_fn *take;
	sw_tap_answer_fn *answer;
	void *owner;
};

static struct place places[SW_TAPS];
static _Atomic unsigned open_n; /* none: a webhook pays for one look */
static _Atomic uint64_t numbers;

static void words_of(struct sw_id id, uint64_t words[2])
{
	memcpy(words, id.b, sizeof(id.b));
}

int sw_tap_open(struct sw_sid account, bool divert, sw_tap_fn *take, void *owner, unsigned *ret)
{
	uint64_t words[2];
	words_of(account.id, words);
	for (unsigned i = 0; i < SW_TAPS; i++) {
		struct place *place = &places[i];
		struct sw_loop *none = NULL;
		if (!atomic_compare_exchange_strong(&place->loop, &none, sw_loop_current()))
			continue;
		atomic_store(&place->account[0], words[0]);
		atomic_store(&place->account[1], words[1]);
		atomic_store(&place->divert, divert);
		place->take = take;
		place->answer = NULL;
		place->owner = owner;
		atomic_fetch_add(&place->turn, 1);
		atomic_fetch_add(&open_n, 1);
		*ret = i;
		return 0;
	}
	return SW_ELIMIT;
}

void sw_tap_on_answer(unsigned at, sw_tap_answer_fn *fn)
{
	places[at].answer = fn;
}

void sw_tap_close(unsigned at)
{
	struct place *place = &places[at];
	atomic_fetch_sub(&open_n, 1);
	atomic_fetch_add(&place->turn, 1);
	place->owner = NULL;
	atomic_store(&place->loop, NULL);
}

/* Is the row in use, for this account or its owner? */
static bool is_for(struct place *place, struct sw_sid account, struct sw_sid owner, struct sw_loop **ret_loop,
		   uint64_t *ret_turn)
{
	uint64_t turn = atomic_load(&place->turn), a[2], o[2];
	if (!(turn & 1))
		return false;
	words_of(account.id, a);
	words_of(owner.id, o);
	uint64_t w0 = atomic_load(&place->account[0]), w1 = atomic_load(&place->account[1]);
	*ret_loop = atomic_load(&place->loop);
	*ret_turn = turn;
	bool is_ours = (w0 == a[0] && w1 == a[1]) || (w0 == o[0] && w1 == o[1]);
	return is_ours && *ret_loop && atomic_load(&place->turn) == turn;
}

/* ---- a request, there and back ---- */

static void on_home(struct sw_mail *mail)
{
	struct sw_tapped *tapped = SW_CONTAINER(mail, struct sw_tapped, mail);
	if (tapped->wait)
		sw_wait_end(tapped->wait, 0);
	else
		sw_arena_free(tapped->arena);
}

void sw_tapped_done(struct sw_tapped *tapped)
{
	if (!tapped->diverted) {
		sw_arena_free(tapped->arena);
		return;
	}
	tapped->mail.deliver = on_home;
	sw_loop_post(tapped->home, &tapped->mail);
}

static void on_take(struct sw_mail *mail)
{
	struct sw_tapped *tapped = SW_CONTAINER(mail, struct sw_tapped, mail);
	struct place *place = &places[tapped->place];
	/* Closed meanwhile, or another's now: then nobody here knows it. */
	if (atomic_load(&place->turn) != tapped->turn)
		sw_tapped_done(tapped);
	else
		place->take(place->owner, tapped);
}

static struct sw_tapped *tapped_new(struct sw_sid account, const struct sw_fetch *fetch)
{
	struct sw_arena *arena = sw_arena_new();
	struct sw_tapped *tapped = SW_ARENA_NEW(arena, struct sw_tapped);
	struct sw_http_header *headers = SW_ARENA_ARRAY(arena, struct sw_http_header, fetch->headers_n + 1);
	for (size_t i = 0; i < fetch->headers_n; i++)
		headers[i] = (struct sw_http_header){ sw_str_dup(arena, fetch->headers[i].name),
						      sw_str_dup(arena, fetch->headers[i].value) };
	tapped->arena = arena;
	tapped->account = account;
	tapped->fetch = (struct sw_fetch){ .method = sw_str_dup(arena, fetch->method),
					   .url = sw_str_dup(arena, fetch->url),
					   .headers = headers,
					   .headers_n = fetch->headers_n,
					   .body = sw_str_dup(arena, fetch->body) };
	sw_list_init(&tapped->node);
	return tapped;
}

static void send(struct sw_tapped *tapped, unsigned place, struct sw_loop *loop, uint64_t turn)
{
	tapped->place = place;
	tapped->turn = turn;
	tapped->mail.deliver = on_take;
	sw_loop_post(loop, &tapped->mail);
}

struct tap_wait {
	struct sw_wait wait;
	struct sw_timer timer;
	struct sw_tapped *tapped;
};

static void abandon(struct sw_wait *wait)
{
	struct tap_wait *self = SW_CONTAINER(wait, struct tap_wait, wait);
	sw_timer_stop(&self->timer);
	self->tapped->wait = NULL;
}

static void on_late(struct sw_timer *timer)
{
	struct tap_wait *self = SW_CONTAINER(timer, struct tap_wait, timer);
	self->tapped->wait = NULL; /* it comes home some time, and is freed */
	sw_wait_end(&self->wait, SW_ETIMEDOUT);
}

/* A tap that diverts, as it was when it was found. */
struct road {
	unsigned place;
	struct sw_loop *loop;
	uint64_t turn;
};

static bool divert_wait(struct sw_task *task, const struct road *road, struct sw_sid account,
			const struct sw_fetch *fetch, int64_t total_ms, struct sw_fetched *ret)
{
	struct sw_tapped *tapped = tapped_new(account, fetch);
	struct tap_wait self = { .wait = { .task = task, .abandon = abandon }, .tapped = tapped };
	int64_t start_us = sw_mono_us();
	tapped->diverted = true;
	tapped->until_us = start_us + total_ms * 1000;
	tapped->home = sw_task_loop(task);
	tapped->wait = &self.wait;
	tapped->number = atomic_fetch_add(&numbers, 1);
	snprintf(tapped->id, sizeof(tapped->id), "%x-%llx-%llx", road->place, (unsigned long long)road->turn,
		 (unsigned long long)tapped->number);
	sw_timer_start(tapped->home, &self.timer, SW_CLOCK_MONO, tapped->until_us, on_late);
	send(tapped, road->place, road->loop, road->turn);
	if (sw_wait_begin(&self.wait))
		return false;
	sw_timer_stop(&self.timer);
	bool answered = tapped->status != 0;
	if (answered)
		*ret = (struct sw_fetched){
			.status = tapped->status,
			.content_type = sw_str_dup(sw_task_arena(task), tapped->content_type),
			.body = sw_str_dup(sw_task_arena(task), tapped->body),
			.total_us = sw_mono_us() - start_us,
		};
	sw_arena_free(tapped->arena);
	return answered;
}

bool sw_tap_wait(struct sw_task *task, const struct sw_account *account, const struct sw_fetch *fetch, int64_t total_ms,
		 struct sw_fetched *ret)
{
	struct road road, divert = { 0 };
	if (atomic_load_explicit(&open_n, memory_order_relaxed) == 0)
		return false;
	for (road.place = 0; road.place < SW_TAPS; road.place++) {
		struct place *place = &places[road.place];
		if (!is_for(place, account->sid, account->owner, &road.loop, &road.turn))
			continue;
		if (!divert.loop && atomic_load(&place->divert) && fetch->lane != SW_LANE_STREAM)
			divert = road;
		else
			send(tapped_new(account->sid, fetch), road.place, road.loop, road.turn);
	}
	return divert.loop && divert_wait(task, &divert, account->sid, fetch, total_ms, ret);
}

/* ---- answers ---- */

static void on_answer(struct sw_mail *mail)
{
	struct sw_tap_answer *answer = SW_CONTAINER(mail, struct sw_tap_answer, mail);
	struct place *place = &places[answer->place];
	if (atomic_load(&place->turn) == answer->turn && place->answer)
		place->answer(place->owner, answer);
	sw_arena_free(answer->arena);
}

int sw_tap_answer(struct sw_sid account, struct sw_str id, int status, struct sw_str content_type, struct sw_str body)
{
	struct sw_str rest = id, first = sw_str_cut(&rest, '-'), second = sw_str_cut(&rest, '-');
	struct sw_loop *loop;
	uint64_t at, turn, now;
	if (!rest.p || sw_num_parse_hex(first, &at) || sw_num_parse_hex(second, &turn) || at >= SW_TAPS ||
	    !is_for(&places[at], account, account, &loop, &now) || now != turn)
		return SW_ENOTFOUND;
	struct sw_arena *arena = sw_arena_new();
	struct sw_tap_answer *answer = SW_ARENA_NEW(arena, struct sw_tap_answer);
	*answer = (struct sw_tap_answer){ .mail = { .deliver = on_answer },
					  .arena = arena,
					  .place = (unsigned)at,
					  .turn = turn,
					  .id = sw_str_dup(arena, id),
					  .status = status,
					  .content_type = sw_str_dup(arena, content_type),
					  .body = sw_str_dup(arena, body) };
	sw_loop_post(loop, &answer->mail);
	return 0;
}
