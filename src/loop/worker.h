/*
 * loop/worker.h - a pool of threads for work that would block a loop (files, name look-up, hashing).
 * Thread: sw_work_wait from a task; fn runs on a pool thread and may touch only its argument.
 */
#ifndef SW_LOOP_WORKER_H
#define SW_LOOP_WORKER_H

#include "base/err.h"

struct sw_task;
typedef int sw_work_fn(void *arg);

/** Run fn(arg) on a pool thread and wait for it. @return what fn returned; a cancellation shows at the next wait */
int sw_work_wait(struct sw_task *task, sw_work_fn *fn, void *arg) SW_MUST_CHECK;

#endif
