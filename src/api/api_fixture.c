#include "api/api_fixture.h"

#include "base/test.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "store/due.h"

int api_call(struct sw_task *task, struct core_fixture *f, const char *operation, const char *form, const char *key,
	     struct sw_str *ret_body)
{
	struct sw_form pairs = { 0 };
	int status = 0;
	SW_CHECK_INT(sw_form_decode(sw_task_arena(task), sw_str_of(form), 50, &pairs), 0);
	SW_CHECK_INT(sw_api_call_wait(task, f->user, &f->account, operation, &pairs, key ? sw_str_of(key) : SW_STR_NULL,
				      &status, ret_body),
		     0);
	return status;
}

const struct sw_json *api_parsed(struct sw_task *task, struct sw_str body)
{
	const struct sw_json *reply = NULL;
	SW_CHECK_INT(sw_json_parse(sw_task_arena(task), body, NULL, &reply, NULL), 0);
	return reply;
}

int64_t api_code(struct sw_task *task, struct sw_str body)
{
	const struct sw_json *reply;
	if (sw_json_parse(sw_task_arena(task), body, NULL, &reply, NULL))
		return -1;
	const struct sw_json *code = sw_json_get(reply, "code");
	return code ? code->i : 0;
}

void api_fixture_run(const struct sw_module *const *modules, void (*body)(struct sw_task *task, struct core_fixture *f))
{
	static const struct sw_due_kind *const kinds[] = { &sw_idempotency_sweep, &sw_resource_cascade_due, NULL };
	struct core_fixture f;
	core_fixture_open(&f, NULL);
	struct sw_loop *loop = sw_loop_new("due");
	f.user = sw_api_new(&f.core, modules);
	sw_loop_start(loop);
	SW_CHECK_INT(sw_due_start(f.core.store, kinds, &loop, 1), 0);
	core_fixture_run(&f, body);
	sw_due_stop(f.core.store);
	sw_loop_stop(loop);
	sw_loop_join(loop);
	sw_loop_finish(loop);
	sw_loop_free(loop);
	sw_api_free(f.user);
	core_fixture_close(&f);
}
