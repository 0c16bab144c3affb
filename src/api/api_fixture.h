/* api/api_fixture.h - an api over a store in memory, called in-process: for tests of the tables. */
#ifndef SW_API_API_FIXTURE_H
#define SW_API_API_FIXTURE_H

#include "api/api.h"
#include "core/core_fixture.h"

/** Run body in a task, with the api of these modules in f->user and the due queue at work. */
void api_fixture_run(const struct sw_module *const *modules,
		     void (*body)(struct sw_task *task, struct core_fixture *f));
/** One in-process call as the first account; the body lives in the task's arena. key may be NULL. @return status */
int api_call(struct sw_task *task, struct core_fixture *f, const char *operation, const char *form, const char *key,
	     struct sw_str *ret_body);
const struct sw_json *api_parsed(struct sw_task *task, struct sw_str body);
/** The code of an error's body; 0: it has none; -1: no JSON. */
int64_t api_code(struct sw_task *task, struct sw_str body);

#endif
