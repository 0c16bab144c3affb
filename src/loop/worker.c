#include "loop/worker.h"

#include <unistd.h>

#include "loop/loop_impl.h"

#define WORKERS_MIN 2
#define WORKERS_MAX 4

/* Lives on the stack of the task that waits for it. */
struct job {
	struct sw_mail mail;
	struct sw_wait wait;
	struct sw_loop *home;
	struct job *next;
	sw_work_fn *fn;
	void *arg;
	int result;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER;
static struct job *first, **last = &first;

static void on_done(struct sw_mail *mail)
{
	struct job *job = SW_CONTAINER(mail, struct job, mail);
	sw_wait_end(&job->wait, job->result);
}

static void *work(void *arg)
{
	(void)arg;
	pthread_setname_np(pthread_self(), "worker");
	for (;;) {
		pthread_mutex_lock(&lock);
		while (!first)
			pthread_cond_wait(&filled, &lock);
		struct job *job = first;
		first = job->next;
		if (!first)
			last = &first;
		pthread_mutex_unlock(&lock);
		job->result = job->fn(job->arg);
		sw_loop_post(job->home, &job->mail);
	}
	return NULL;
}

/* For the life of the process: nothing is owed to anybody when it ends. */
static void start_workers(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	long n = cores < WORKERS_MIN ? WORKERS_MIN : cores > WORKERS_MAX ? WORKERS_MAX : cores;
	for (long i = 0; i < n; i++) {
		pthread_t thread;
		SW_BUG_ON(pthread_create(&thread, NULL, work, NULL) != 0);
		pthread_detach(thread);
	}
}

int sw_work_wait(struct sw_task *task, sw_work_fn *fn, void *arg)
{
	if (sw_task_cancelled(task))
		return SW_ECANCELED;
	struct job job = {
		.mail.deliver = on_done, .wait.task = task, .home = sw_task_loop(task), .fn = fn, .arg = arg
	};
	pthread_once(&once, start_workers);
	pthread_mutex_lock(&lock);
	*last = &job;
	last = &job.next;
	pthread_cond_signal(&filled);
	pthread_mutex_unlock(&lock);
	return sw_wait_begin(&job.wait);
}
