/* The catalogue of errors, one by one and all; and what is leaving.  Texts are ours and hold no markup. */
#include "base/num.h"
#include "console/docs.h"
#include "core/deprecation.h"
#include "core/error.h"

static void add_error(struct sw_buf *out, const struct sw_error_row *row, bool alone)
{
	const char *level = alone ? "1" : "2";
	sw_buf_add_fmt(out, "<h%s id=\"%d\"><a href=\"/docs/errors/%d\">%d</a>: %s</h%s>\n", level, row->code,
		       row->code, row->code, row->message, level);
	sw_buf_add_fmt(out, "<p>HTTP status %d. %s</p>\n<p><b>What to do:</b> %s</p>\n", row->status, row->cause,
		       row->action);
}

int docs_errors(struct sw_api *api, const struct sw_web_ask *ask, struct sw_buf *out)
{
	size_t n;
	int64_t code = 0;
	const struct sw_error_row *rows = sw_error_rows(&n);
	(void)api;
	if (ask->rest.n && sw_num_parse(sw_str_from(ask->rest, 1), &code))
		return 404;
	const struct sw_error_row *one = code > 0 && code < INT32_MAX ? sw_error_find((int)code) : NULL;
	if (ask->rest.n && !one)
		return 404;
	docs_head(out, one ? sw_str_fmt(ask->arena, "Error %d", one->code) : SW_S("Errors"), SW_S(""));
	if (one) {
		add_error(out, one, true);
		sw_buf_add_fmt(out,
			       "<p><a href=\"/docs/search?q=%d\">Where the documentation speaks of it</a>, "
			       "<a href=\"/docs/errors\">all errors</a></p>\n",
			       one->code);
	} else {
		sw_buf_add_cstr(out, "<h1>Errors</h1>\n");
		for (size_t i = 0; i < n; i++)
			add_error(out, &rows[i], false);
	}
	docs_foot(out);
	return 200;
}

static void add_deprecation(struct sw_buf *out, struct sw_str name, const struct sw_deprecation *d)
{
	sw_buf_add_fmt(out, "<h2>%.*s</h2>\n<p>Deprecated since %s; %s%s. %s</p>\n<p><b>Use instead:</b> %s</p>\n",
		       SW_FMT(name), d->since, d->sunset ? "refused from " : "it stays", d->sunset ? d->sunset : "",
		       d->why, d->replacement);
}

int docs_deprecations(struct sw_api *api, const struct sw_web_ask *ask, struct sw_buf *out)
{
	const struct sw_endpoint *e;
	docs_head(out, SW_S("Deprecations"), SW_S(""));
	sw_buf_add_cstr(out, "<h1>Deprecations</h1>\n<p>Operations and parameters that are going away. GET /v1/deprecations "
			     "says which keys of your account still use them. See the <a href=\"/docs/deprecation\">"
			     "deprecation policy</a>.</p>\n");
	for (size_t i = 0; (e = sw_api_endpoint(api, i)); i++) {
		if (e->deprecated)
			add_deprecation(out, sw_str_of(e->operation), e->deprecated);
		for (const struct sw_field *f = e->params; f && f->name; f++)
			if (f->deprecated)
				add_deprecation(out,
						sw_str_fmt(ask->arena, "%s.%.*s", e->operation,
							   SW_FMT(sw_field_param(ask->arena, f, e->style))),
						f->deprecated);
	}
	docs_foot(out);
	return 200;
}
