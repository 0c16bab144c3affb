#include "carrier/twilio/twilio_impl.h"

#include "base/arena.h"
#include "carrier/option.h"
#include "core/sid.h"

enum { PORT_PLAIN = 80, PORT_TLS = 443 };

static const char *const off_on[] = { "off", "on", NULL };

#define OF(member) offsetof(struct twilio_options, member)

/* clang-format off */
static const struct sw_option options[] = {
	{ "window", SW_OPTION_NUMBER, OF(window), 1, TWILIO_WINDOW_MAX, NULL, "10", "Messages under way at once." },
	{ "rate", SW_OPTION_NUMBER, OF(rate), 0, 10000, NULL, "0", "Messages a second; 0: as many as the other server takes." },
	{ "timeout_ms", SW_OPTION_NUMBER, OF(timeout_ms), 100, 60000, NULL, "10000", "How long a whole answer may take." },
	{ "receipts", SW_OPTION_WORD, OF(receipts), 0, 0, off_on, "on", "`off`: no StatusCallback is asked for, and messages stay `sent`; for a server that the other one cannot reach." },
	{ "tls_ca", SW_OPTION_TEXT, OF(tls_ca), 1, 4096, NULL, NULL, "PEM file of the authority that signed the other server's certificate; else the system's authorities." },
	{ 0 },
};
/* clang-format on */

static int take_pair(struct sw_arena *arena, const struct sw_form_pair *pair, void *all, struct sw_str *ret_want)
{
	return sw_option_take(arena, options, pair, all, ret_want);
}

static int take_authority(struct sw_arena *arena, struct sw_str text, bool tls, struct twilio_options *o,
			  struct sw_str *ret_why)
{
	struct sw_authority a;
	struct sw_sid sid;
	int port = tls ? PORT_TLS : PORT_PLAIN;
	if (sw_authority_parse(arena, text, port, &a) || !a.password.n || sw_str_index(a.host, '/') >= 0)
		return SW_EINVAL;
	if (sw_sid_parse(a.user, "AC", &sid)) {
		*ret_why = SW_S("twilio: the user must be an account's SID, AC and 32 hex digits, with its auth token: "
				"API keys sign no callbacks");
		return SW_EINVAL;
	}
	bool v6 = sw_str_index(a.host, ':') >= 0;
	o->sid = a.user;
	o->token = a.password;
	o->server = sw_str_fmt(arena, "%s://%s%.*s%s", tls ? "https" : "http", v6 ? "[" : "", SW_FMT(a.host),
			       v6 ? "]" : "");
	if (a.port != port)
		o->server = sw_str_fmt(arena, "%.*s:%d", SW_FMT(o->server), a.port);
	return 0;
}

int twilio_options_parse(struct sw_arena *arena, struct sw_str url, struct twilio_options *ret, struct sw_str *ret_why)
{
	struct sw_str query = sw_str_dup(arena, url), scheme = sw_str_cut(&query, ':');
	struct sw_str authority = sw_str_cut(&query, '?');
	bool slashes = sw_str_starts(authority, SW_S("//"));
	*ret = (struct twilio_options){ 0 };
	*ret_why = SW_STR_NULL;
	sw_options_default(options, ret, 0);
	authority = sw_str_from(authority, 2);
	if (authority.n && authority.p[authority.n - 1] == '/')
		authority.n--;
	if (!slashes || take_authority(arena, authority, sw_str_is(scheme, "twilio"), ret, ret_why)) {
		if (!ret_why->p)
			*ret_why = sw_str_fmt(arena, "twilio: the URL is %.*s://SID:TOKEN@HOST:PORT?OPTIONS",
					      SW_FMT(scheme));
		return SW_EINVAL;
	}
	return sw_options_parse(arena, "twilio", options, query, ret, take_pair, NULL, ret_why);
}
