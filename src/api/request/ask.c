/* Asking every loop for its records: an errand goes to each and comes home with copies. */
#include "api/request/request_impl.h"
#include "base/ref.h"
#include "loop/loop.h"
#include "loop/task.h"

struct errand {
	struct sw_mail mail;
	struct sw_arena *arena; /* its own, with all that it carries */
	struct sw_loop *home;
	struct asking *asking;
	struct request_ask ask;
	int64_t settle_us;
	const struct request_record **records;
	size_t n;
};

/* Who asks, until the last errand is home; what came is its, unless the task takes it. */
struct asking {
	struct sw_wait wait;
	bool abandoned;
	unsigned out, home;
	struct errand *errands[REQUEST_LOOPS_MAX];
};

static void asking_destroy(void *object)
{
	struct asking *asking = object;
	while (asking->home)
		sw_arena_free(asking->errands[--asking->home]->arena);
}

static void on_home(struct sw_mail *mail)
{
	struct errand *errand = SW_CONTAINER(mail, struct errand, mail);
	struct asking *asking = errand->asking;
	asking->errands[asking->home++] = errand;
	if (--asking->out == 0 && !asking->abandoned)
		sw_wait_end(&asking->wait, 0);
	sw_unref(asking);
}

static void on_errand(struct sw_mail *mail)
{
	struct errand *errand = SW_CONTAINER(mail, struct errand, mail);
	const struct request_ask *ask = &errand->ask;
	errand->records = SW_ARENA_ARRAY(errand->arena, const struct request_record *, ask->most);
	errand->n = request_ring_read(errand->arena, &ask->wanted, ask->from, ask->forward, errand->settle_us,
				      ask->most, errand->records);
	errand->mail.deliver = on_home;
	sw_loop_post(errand->home, &errand->mail);
}

static struct errand *errand_new(struct sw_loop *home, struct asking *asking, const struct request_ask *ask,
				 int64_t settle_us)
{
	struct sw_arena *arena = sw_arena_new();
	struct errand *errand = SW_ARENA_NEW(arena, struct errand);
	*errand = (struct errand){ .mail = { .deliver = on_errand },
				   .arena = arena,
				   .home = home,
				   .asking = sw_ref(asking),
				   .ask = *ask,
				   .settle_us = settle_us };
	errand->ask.wanted = request_wanted_dup(arena, ask->wanted);
	asking->out++;
	return errand;
}

static void abandon(struct sw_wait *wait)
{
	SW_CONTAINER(wait, struct asking, wait)->abandoned = true;
}

/* ---- what they bring ---- */

static void drop_asking(void *asking)
{
	sw_unref(asking);
}

/* The next of all in order; each errand's are in order. */
static const struct request_record *take_next(struct errand *const *errands, size_t n, size_t *taken, bool forward)
{
	const struct request_record *best = NULL;
	size_t whose = 0;
	for (size_t i = 0; i < n; i++) {
		if (taken[i] == errands[i]->n)
			continue;
		const struct request_record *r = errands[i]->records[taken[i]];
		int cmp = best ? request_key_cmp(r->key, best->key) : 0;
		if (!best || (forward ? cmp < 0 : cmp > 0)) {
			best = r;
			whose = i;
		}
	}
	if (best)
		taken[whose]++;
	return best;
}

/*
 * A loop that brought as many as it might may have more: in order, nothing behind the last of those is whole, and the
 * first `most` of all together never reach behind it.
 */
static void merge(struct sw_arena *arena, struct errand *const *errands, size_t n, const struct request_ask *ask,
		  int64_t settle_us, struct request_answer *ret)
{
	const struct request_record *r;
	size_t taken[REQUEST_LOOPS_MAX] = { 0 };
	*ret = (struct request_answer){ .records = SW_ARENA_ARRAY(arena, const struct request_record *, ask->most + 1),
					.until = { settle_us, REQUEST_LOOP_LAST } };
	while (ret->n < ask->most && (r = take_next(errands, n, taken, ask->forward)))
		ret->records[ret->n++] = r;
	ret->more = ret->n == ask->most;
	if (ret->more)
		ret->until = ret->records[ret->n - 1]->key;
}

int request_ask_wait(struct sw_task *task, const struct request_ask *ask, struct request_answer *ret)
{
	struct sw_arena *arena = sw_task_arena(task);
	int64_t settle_us = request_now_us();
	struct asking *asking = sw_new(struct asking, asking_destroy);
	asking->wait = (struct sw_wait){ .task = task, .abandon = abandon };
	for (unsigned i = 0; i < REQUEST_LOOPS_MAX; i++) {
		struct sw_loop *loop = request_loop_at(i);
		if (loop)
			sw_loop_post(loop, &errand_new(sw_task_loop(task), asking, ask, settle_us)->mail);
	}
	int err = asking->out ? sw_wait_begin(&asking->wait) : 0;
	sw_arena_hold(arena, drop_asking, asking);
	if (!err)
		merge(arena, asking->errands, asking->home, ask, settle_us, ret);
	return err;
}
