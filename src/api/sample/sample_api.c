/* POST /v1/samples: programs that call an operation with the values of whoever asks, as an explorer of the API shows.
 */
#include "api/api_impl.h"
#include "api/sample/sample_impl.h"

struct written {
	struct sw_str operation, values;
	struct sw_str text[SW_SAMPLE_LANGUAGES];
};

/* clang-format off */
#define W struct written
static const struct sw_field params[] = {
	{ .name = "operation", .doc = "The operationId, such as CreateMessage.", .type = SW_STR, .flags = SW_REQUIRED, .max = 100, SW_TEXT_AT(W, operation), .used_by = "api.sample", .example = "CreateMessage" },
	{ .name = "values", .doc = "An object of values by parameter, those of the path too; without it the operation's own examples.", .type = SW_JSON, .max = 65536, SW_TEXT_AT(W, values), .used_by = "api.sample", .example = "{\"To\":\"+15005550010\",\"From\":\"+15005550006\",\"Body\":\"hello\"}" },
	{ 0 },
};
#define IN(language, name_) { .name = name_, .doc = "The program in " name_ ".", .type = SW_STR, SW_TEXT_AT(W, text[language]) }
static const struct sw_field fields[] = {
	IN(SW_SAMPLE_CURL, "curl"), IN(SW_SAMPLE_NODE, "node"), IN(SW_SAMPLE_PYTHON, "python"), IN(SW_SAMPLE_GO, "go"), { 0 },
};
/* clang-format on */

/* The caller's own SID stands in the environment of such programs. */
static void hide_account(const struct sw_call *c, const struct sw_json *values)
{
	struct sw_str own = sw_sid_text(c->arena, c->account->sid);
	for (struct sw_json *v = values->child; v; v = v->next)
		if (v->kind == SW_JSON_STRING && sw_str_eq(v->text, own))
			v->text = sw_str_of(sw_sample_sid(c->arena, "AC"));
}

static int create(struct sw_call *c, struct sw_error *err)
{
	const struct written *args = c->args;
	struct written *result = c->result;
	const struct sw_json *values = NULL;
	const struct sw_route *route = sw_router_operation(c->api->router, sw_str_cstr(c->arena, args->operation));
	if (!route)
		return sw_fail(err, 20001, "The parameter 'operation' is not valid: there is no operation '%.*s'.",
			       SW_FMT(args->operation));
	if (args->values.p &&
	    (sw_json_parse(c->arena, args->values, NULL, &values, NULL) || values->kind != SW_JSON_OBJECT))
		return sw_fail(err, 20001, "The parameter 'values' is not valid: it must be an object.");
	if (values)
		hide_account(c, values);
	for (unsigned i = 0; i < SW_SAMPLE_LANGUAGES; i++)
		result->text[i] = sw_sample(c->arena, route, i, c->base_url, values);
	return 0;
}

/* clang-format off */
static const struct sw_endpoint endpoints[] = {
	{ "POST", "/v1/samples", "CreateSample", "Write programs that call an operation with these values.", SW_STYLE_NATIVE, .params = params, .args_bytes = sizeof(W), .fields = fields, .result_bytes = sizeof(W), .status = 201, .handler = create, .flags = SW_READS | SW_UNLOGGED, .rate_class = "read" },
	{ 0 },
};
/* clang-format on */

const struct sw_module sw_sample_module = { .name = "sample", .endpoints = endpoints };
