/* The environment that leads a program to the proxy: a row for each variable that some kind of program reads. */
#include <stdlib.h>

#include "api/router.h"
#include "main/run/run.h"

extern char **environ;

static struct sw_str proxy(struct sw_arena *arena, const struct run_settings *s, const char *before)
{
	(void)before;
	return sw_str_fmt(arena, "http://127.0.0.1:%d", s->port);
}

/* Would a line of NO_PROXY lead past the proxy?  "*", ".com", "twilio.com:443" */
static bool covers_hosted(struct sw_str host)
{
	struct sw_str port = host, name = sw_str_cut(&port, ':');
	if (port.p && sw_str_index(port, ':') >= 0)
		return false; /* a number of IPv6 */
	while (name.n && (name.p[0] == '.' || name.p[0] == '*'))
		name = sw_str_from(name, 1);
	for (const struct sw_str *h = sw_hosted_names; h->p; h++)
		if (sw_str_ends(*h, name)) /* everything ends with nothing: "*" */
			return true;
	return sw_hosted(name);
}

/* Loopback, and what stood there, parted by commas or blanks; but nothing that would lead past the proxy. */
static struct sw_str no_proxy(struct sw_arena *arena, const struct run_settings *s, const char *before)
{
	static const char ends[] = ", \t";
	struct sw_buf out = { .arena = arena };
	(void)s;
	sw_buf_add_cstr(&out, "localhost,127.0.0.1,::1");
	for (const char *p = before ? before : ""; *p;) {
		struct sw_str host = { p, strcspn(p, ends) };
		if (host.n && !covers_hosted(host))
			sw_buf_add_fmt(&out, ",%.*s", SW_FMT(host));
		p += host.n;
		p += strspn(p, ends);
	}
	return sw_buf_str(&out);
}

static struct sw_str bundle(struct sw_arena *arena, const struct run_settings *s, const char *before)
{
	(void)arena;
	(void)before;
	return s->place->bundle;
}

static struct sw_str node(struct sw_arena *arena, const struct run_settings *s, const char *before)
{
	(void)arena;
	(void)before;
	return s->place->node;
}

static struct sw_str php(struct sw_arena *arena, const struct run_settings *s, const char *before)
{
	/* An empty part is where PHP looks by itself. */
	return sw_str_fmt(arena, "%s:%.*s", before ? before : "", SW_FMT(s->place->php));
}

static struct sw_str python(struct sw_arena *arena, const struct run_settings *s, const char *before)
{
	bool more = before && before[0];
	return sw_str_fmt(arena, "%.*s%s%s", SW_FMT(s->place->python), more ? ":" : "", more ? before : "");
}

/* The JVM parts its options at blanks outside of quotes, and knows no escapes. */
static struct sw_str quoted(struct sw_arena *arena, struct sw_str path)
{
	char quote = sw_str_index(path, '"') < 0 ? '"' : '\'';
	return sw_str_fmt(arena, "%c%.*s%c", quote, SW_FMT(path), quote);
}

static struct sw_str jvm(struct sw_arena *arena, const struct run_settings *s, const char *before)
{
	struct sw_buf out = { .arena = arena };
	sw_buf_add_fmt(&out,
		       "%s%s-DsocksProxyHost=127.0.0.1 -DsocksProxyPort=%d -Djavax.net.ssl.trustStore=%.*s "
		       "-Djavax.net.ssl.trustStoreType=jks -Djavax.net.ssl.trustStorePassword=changeit",
		       before ? before : "", before && before[0] ? " " : "", s->port,
		       SW_FMT(quoted(arena, s->place->trust_store)));
	if (s->offline)
		sw_buf_add_fmt(&out, " -Djdk.net.hosts.file=%.*s", SW_FMT(quoted(arena, s->place->hosts)));
	return sw_buf_str(&out);
}

static struct sw_str yes(struct sw_arena *arena, const struct run_settings *s, const char *before)
{
	(void)arena;
	(void)s;
	(void)before;
	return SW_S("1");
}

static struct sw_str sid(struct sw_arena *arena, const struct run_settings *s, const char *before)
{
	(void)arena;
	(void)before;
	return s->client->sid;
}

static struct sw_str token(struct sw_arena *arena, const struct run_settings *s, const char *before)
{
	(void)arena;
	(void)before;
	return s->client->token;
}

static struct sw_str nothing(struct sw_arena *arena, const struct run_settings *s, const char *before)
{
	(void)arena;
	(void)s;
	(void)before;
	return SW_STR_NULL;
}

static const struct {
	const char *name;
	struct sw_str (*value)(struct sw_arena *arena, const struct run_settings *s, const char *before);
	bool credential;
} rows[] = {
	{ "HTTPS_PROXY", proxy }, /* Go, Python, Ruby, .NET, curl */
	{ "https_proxy", proxy }, /* the same, older */
	{ "HTTP_PROXY", proxy },  /* Node: the SDK and the CLI */
	{ "http_proxy", proxy },  /* Ruby, which warns of the other */
	{ "NO_PROXY", no_proxy },
	{ "no_proxy", no_proxy },
	{ "SSL_CERT_FILE", bundle },      /* OpenSSL: Ruby, .NET, Go */
	{ "CURL_CA_BUNDLE", bundle },     /* curl */
	{ "REQUESTS_CA_BUNDLE", bundle }, /* Python */
	{ "TWILIO_CA_BUNDLE", bundle },   /* Node: the SDK */
	{ "NODE_EXTRA_CA_CERTS", node },  /* Node */
	{ "NODE_USE_ENV_PROXY", yes },    /* Node from 24: fetch() */
	{ "PYTHONPATH", python },         /* Python: libraries that ask certifi */
	{ "PHP_INI_SCAN_DIR", php },
	{ "JAVA_TOOL_OPTIONS", jvm },
	{ "TWILIO_ACCOUNT_SID", sid, true },
	{ "TWILIO_AUTH_TOKEN", token, true },
	{ "TWILIO_API_KEY", nothing, true }, /* the CLI would take it instead */
	{ "TWILIO_API_SECRET", nothing, true },
};

size_t run_variables(struct sw_arena *arena, const struct run_settings *settings,
		     struct run_variable ret[RUN_VARIABLES_MAX])
{
	size_t n = 0;
	_Static_assert(SW_COUNTOF(rows) <= RUN_VARIABLES_MAX, "more variables than there is room for");
	for (size_t i = 0; i < SW_COUNTOF(rows); i++)
		if (!rows[i].credential || !settings->keep_credentials)
			ret[n++] = (struct run_variable){ rows[i].name,
							  rows[i].value(arena, settings, getenv(rows[i].name)) };
	return n;
}

static bool is_set(const char *line, const struct run_variable *variables, size_t n)
{
	struct sw_str rest = sw_str_of(line), name = sw_str_cut(&rest, '=');
	for (size_t i = 0; i < n; i++)
		if (sw_str_is(name, variables[i].name))
			return true;
	return false;
}

char **run_environment(struct sw_arena *arena, const struct run_settings *settings)
{
	struct run_variable variables[RUN_VARIABLES_MAX];
	size_t n = run_variables(arena, settings, variables), have = 0, at = 0;
	while (environ[have])
		have++;
	char **lines = SW_ARENA_ARRAY(arena, char *, have + n + 1);
	for (size_t i = 0; i < have; i++)
		if (!is_set(environ[i], variables, n))
			lines[at++] = environ[i];
	for (size_t i = 0; i < n; i++)
		if (variables[i].value.p)
			lines[at++] = (char *)sw_str_cstr(
				arena, sw_str_fmt(arena, "%s=%.*s", variables[i].name, SW_FMT(variables[i].value)));
	return lines;
}
