/* What a network says to a task of another loop, on its way to the carrier's loop and back. */
#include "carrier/carrier_impl.h"
#include "loop/task.h"

/* It lies on the waiting task's stack: the wait cannot be abandoned. */
struct news {
	struct sw_mail mail;
	struct sw_carrier *carrier;
	struct sw_loop *home;
	struct sw_wait wait;
	int err;
	const struct sw_report *report;
	const struct sw_inbound *inbound;
};

static void arrive_home(struct sw_mail *mail)
{
	struct news *news = SW_CONTAINER(mail, struct news, mail);
	sw_wait_end(&news->wait, news->err);
}

static void on_stored(void *arg, int err)
{
	struct news *news = arg;
	news->err = err;
	news->mail.deliver = arrive_home;
	sw_loop_post(news->home, &news->mail);
}

static void deliver(struct sw_mail *mail)
{
	struct news *news = SW_CONTAINER(mail, struct news, mail);
	const struct sw_carrier_sink *sink = sw_carrier_get_sink(news->carrier);
	const struct sw_completion done = { on_stored, news };
	if (news->report)
		sw_carrier_report(news->carrier, news->report, done);
	else
		sink->inbound(sink->owner, news->inbound, done);
}

static int tell_wait(struct sw_task *task, struct news *news)
{
	if (sw_task_cancelled(task))
		return SW_ECANCELED;
	news->home = sw_task_loop(task);
	news->wait.task = task;
	news->mail.deliver = deliver;
	sw_loop_post(news->carrier->env.loop, &news->mail);
	return sw_wait_begin(&news->wait);
}

int sw_carrier_report_wait(struct sw_task *task, struct sw_carrier *carrier, const struct sw_report *report)
{
	struct news news = { .carrier = carrier, .report = report };
	return tell_wait(task, &news);
}

int sw_carrier_inbound_wait(struct sw_task *task, struct sw_carrier *carrier, const struct sw_inbound *inbound)
{
	struct news news = { .carrier = carrier, .inbound = inbound };
	return tell_wait(task, &news);
}
