#include <stdlib.h>

#include "api/api_impl.h"
#include "api/live/live.h"
#include "api/request/request.h"
#include "api/sample/sample.h"
#include "core/webhook.h"
#include "loop/clock.h"
#include "loop/task.h"

enum { ENDPOINTS_PER_RESOURCE = 5, TYPES_MAX = 512 };

void sw_api_free(struct sw_api *api)
{
	if (!api)
		return;
	sw_resource_serve(NULL);
	sw_router_free(api->router);
	sw_arena_done(&api->arena);
	free(api);
}

static void add(struct sw_api *api, const struct sw_module *module, const struct sw_endpoint *endpoint)
{
	struct sw_route *route = sw_router_add(api->router, endpoint);
	route->permission = sw_permission_name(&api->arena, module, endpoint);
	sw_request_secrets(&api->arena, route);
}

static void add_resource(struct sw_api *api, const struct sw_module *module, const struct sw_resource *resource)
{
	struct sw_endpoint *endpoints = SW_ARENA_ARRAY(&api->arena, struct sw_endpoint, ENDPOINTS_PER_RESOURCE);
	struct sw_resource_type *type = sw_resource_compile(&api->arena, resource);
	size_t n = sw_resource_endpoints(&api->arena, type, endpoints);
	SW_BUG_ON(api->types_n == TYPES_MAX);
	api->types[api->types_n++] = type;
	for (size_t i = 0; i < n; i++)
		add(api, module, &endpoints[i]);
}

static void add_endpoints(struct sw_api *api, const struct sw_module *module, const struct sw_endpoint *table)
{
	for (const struct sw_endpoint *e = table; e && e->method; e++)
		add(api, module, e);
}

static void add_module(struct sw_api *api, const struct sw_module *module)
{
	add_endpoints(api, module, module->endpoints);
	for (const struct sw_endpoint *const *table = module->more; table && *table; table++)
		add_endpoints(api, module, *table);
	for (const struct sw_resource *const *r = module->resources; r && *r; r++)
		add_resource(api, module, *r);
	if (module->metrics)
		sw_metric_register(module->metrics);
	if (module->fsm)
		sw_event_catalogue_fsm(api->events, module->fsm);
	for (const struct sw_resource *const *r = module->resources; r && *r; r++)
		sw_event_catalogue_resource(api->events, *r);
	sw_event_catalogue_rows(api->events, module->events);
}

/* Who belongs to whom, once all are there. */
static void join_families(struct sw_api *api)
{
	for (size_t i = 0; i < api->types_n; i++)
		for (size_t k = 0; k < api->types_n; k++)
			if (api->types[i]->def->parent == api->types[k]->def) {
				api->types[i]->parent = api->types[k];
				api->types[k]->has_children = true;
			}
	for (size_t i = 0; i < api->types_n; i++)
		SW_BUG_ON(api->types[i]->def->parent && !api->types[i]->parent);
}

struct sw_api *sw_api_new(const struct sw_core *core, const struct sw_module *const *modules)
{
	struct sw_api *api = calloc(1, sizeof(*api));
	SW_BUG_ON(!api);
	*api = (struct sw_api){ .core = core, .modules = modules, .router = sw_router_new() };
	sw_arena_init(&api->arena);
	api->events = sw_event_catalogue_new(&api->arena);
	sw_event_catalogue_rows(api->events, sw_webhook_events);
	api->types = SW_ARENA_ARRAY(&api->arena, struct sw_resource_type *, TYPES_MAX);
	sw_metric_register(&sw_api_metrics);
	sw_metric_register(&sw_live_metrics);
	sw_metric_register(&sw_limit_metrics);
	sw_metric_register(&sw_gate_metrics);
	for (const struct sw_module *const *m = modules; *m; m++)
		add_module(api, *m);
	add_module(api, &sw_deprecation_module);
	add_module(api, &sw_request_module);
	add_module(api, &sw_sample_module);
	if (core->virtual_clock)
		sw_clock_rehearse(sw_wall_us());
	if (core->virtual_clock)
		add_module(api, &sw_clock_module);
	join_families(api);
	sw_event_catalogue_done(api->events);
	sw_resource_serve(api);
	return api;
}

const struct sw_event_catalogue *sw_api_events(const struct sw_api *api)
{
	return api->events;
}

const struct sw_endpoint *sw_api_endpoint(const struct sw_api *api, size_t i)
{
	const struct sw_route *route = sw_router_at(api->router, i);
	return route ? route->endpoint : NULL;
}

const struct sw_resource_type *sw_api_resource(const struct sw_api *api, const char *name)
{
	for (size_t i = 0; i < api->types_n; i++)
		if (strcmp(api->types[i]->def->name, name) == 0)
			return api->types[i];
	sw_bug(__FILE__, __LINE__, "a resource that no module declares");
}

/* Path variables of an in-process call: the account is the caller's, the others come with the form. */
static int path_values(struct sw_call *c, const struct sw_route *route, const struct sw_form *form,
		       struct sw_str *values)
{
	for (unsigned i = 0; i < route->path_n; i++) {
		bool account = strcmp(route->path[i]->name, "account_sid") == 0;
		struct sw_str name = sw_field_param(c->arena, route->path[i], c->endpoint->style);
		values[i] = account ? sw_sid_text(c->arena, c->account->sid)
				    : sw_form_get(form, sw_str_cstr(c->arena, name));
		if (!values[i].p)
			return SW_EINVAL;
	}
	return 0;
}

int sw_api_call_wait(struct sw_task *task, struct sw_api *api, const struct sw_account *account, const char *operation,
		     const struct sw_form *form, struct sw_str key, int *ret_status, struct sw_str *ret_body)
{
	const struct sw_route *route = sw_router_operation(api->router, operation);
	struct sw_str values[SW_PATH_VARIABLES];
	struct sw_error err = { 0 };
	if (!route)
		return SW_ENOTFOUND;
	struct sw_call c = {
		.api = api,
		.core = api->core,
		.task = task,
		.arena = sw_task_arena(task),
		.endpoint = route->endpoint,
		.caller = { .account = account },
		.account = account,
		.base_url = SW_S(""),
		.path = sw_str_of(route->endpoint->path),
		.filters = *form,
		.request_id = SW_S("in-process"),
		.start_us = sw_mono_us(),
	};
	struct sw_input input = { .pairs = *form };
	if (path_values(&c, route, form, values))
		return SW_EINVAL;
	if (key.p) {
		struct sw_buf body = { .arena = c.arena };
		for (size_t i = 0; i < form->n; i++)
			sw_form_add(&body, form->v[i].name, form->v[i].value);
		c.idempotency.key = key;
		sw_idempotency_fingerprint(&c.idempotency, sw_str_of(operation), c.path, sw_buf_str(&body));
	}
	if (sw_call_run_wait(&c, route, values, &input, &err)) {
		*ret_status = err.row->status;
		*ret_body = sw_error_render(&c, &err);
		return 0;
	}
	*ret_status = c.status;
	*ret_body = c.body;
	return 0;
}
