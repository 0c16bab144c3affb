/* Bodies by content type: forms, multipart, and JSON for the native style. */
#include "api/api_impl.h"
#include "wire/multipart/multipart.h"

enum { PAIRS_MAX = 1024 }; /* a list of a thousand objects is a pair each */
#define TOO_MANY "it has more than 1024 parameters"

/* What the styles take, once for all endpoints.  The contract's services ignore names that they do not know; the native
 * API refuses them, since a misspelled parameter that is ignored does something else than was meant. */
static const struct {
	bool refuses_unknown, takes_json;
} style_rules[] = {
	[SW_STYLE_2010] = { false, false },
	[SW_STYLE_V1] = { false, false },
	[SW_STYLE_NATIVE] = { true, true },
};

static int take_form(struct sw_call *c, struct sw_str body, struct sw_str type, struct sw_input *ret,
		     const char **ret_why)
{
	(void)type;
	int err = sw_form_decode(c->arena, body, PAIRS_MAX, &ret->pairs);
	*ret_why = err == SW_ELIMIT ? TOO_MANY : NULL;
	return err;
}

static int take_multipart(struct sw_call *c, struct sw_str body, struct sw_str type, struct sw_input *ret,
			  const char **ret_why)
{
	struct sw_str boundary;
	int err = sw_multipart_boundary(c->arena, type, &boundary);
	if (!err)
		err = sw_multipart_decode(c->arena, body, boundary, PAIRS_MAX, &ret->pairs);
	*ret_why = err == SW_ELIMIT ? TOO_MANY : NULL;
	return err;
}

static int take_json(struct sw_call *c, struct sw_str body, struct sw_str type, struct sw_input *ret,
		     const char **ret_why)
{
	(void)type;
	int err = sw_json_parse(c->arena, body, NULL, &ret->json, ret_why);
	if (err || ret->json->kind == SW_JSON_OBJECT)
		return err;
	*ret_why = "it is another value";
	return SW_EINVAL;
}

static const struct {
	const char *type;
	bool json; /* only where JSON is taken */
	int (*take)(struct sw_call *c, struct sw_str body, struct sw_str type, struct sw_input *ret,
		    const char **ret_why);
	const char *name;
} bodies[] = {
	{ "application/x-www-form-urlencoded", false, take_form, "form" },
	{ "multipart/form-data", false, take_multipart, "multipart form" },
	{ "application/json", true, take_json, "JSON object" },
};

/* Only UTF-8 is read: another charset would be stored as something else than was meant. */
static bool charset_ok(struct sw_arena *arena, struct sw_str parameters)
{
	while (parameters.p) {
		struct sw_str value = sw_str_trim(sw_str_cut(&parameters, ';'));
		struct sw_str name = sw_str_trim(sw_str_cut(&value, '='));
		if (!sw_str_eq_nocase(name, SW_S("charset")) || !value.p)
			continue;
		value = sw_str_lower(arena, sw_str_trim(value));
		if (value.n >= 2 && value.p[0] == '"')
			value = sw_str_sub(value, 1, value.n - 2);
		if (!sw_str_is(value, "utf-8") && !sw_str_is(value, "utf8") && !sw_str_is(value, "us-ascii"))
			return false;
	}
	return true;
}

int sw_input_decode(struct sw_call *c, const struct sw_http_request *request, struct sw_input *ret,
		    struct sw_error *err)
{
	struct sw_str type = sw_http_field(&request->head, "Content-Type"), rest = type;
	struct sw_str media = sw_str_trim(sw_str_cut(&rest, ';'));
	*ret = (struct sw_input){ .strict = style_rules[c->endpoint->style].refuses_unknown };
	if (request->body.n == 0 || c->endpoint->flags & SW_FREE_BODY)
		return 0;
	if (!charset_ok(c->arena, rest))
		return sw_fail(err, 20001, "The character set of the body must be UTF-8.");
	for (size_t i = 0; i < SW_COUNTOF(bodies); i++) {
		bool json = style_rules[c->endpoint->style].takes_json || c->endpoint->flags & SW_JSON_BODY;
		if (!sw_str_eq_nocase(media, sw_str_of(bodies[i].type)) || (bodies[i].json && !json))
			continue;
		const char *why = NULL;
		if (json && !bodies[i].json && sw_str_starts(request->body, SW_S("{")))
			return sw_fail(err, 20001,
				       "The body looks like JSON: send it with Content-Type: application/json.");
		int failed = bodies[i].take(c, request->body, type, ret, &why);
		return failed ? sw_fail(err, 20001, "The body is not a well-formed %s in UTF-8%s%s.", bodies[i].name,
					why ? ": " : "", why ? why : "")
			      : 0;
	}
	return sw_fail(err, 20415,
		       "This content type is not understood here: send application/x-www-form-urlencoded%s.",
		       style_rules[c->endpoint->style].takes_json || c->endpoint->flags & SW_JSON_BODY
			       ? " or application/json"
			       : "; JSON is for the native API");
}
