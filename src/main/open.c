/* What several commands open: the store, and the way to a running server. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "main/command.h"
#include "main/modules.h"
#include "main/open.h"
#include "net/courier.h"
#include "net/pem.h"

enum { FILE_MAX = 64 * 1024, CA_MAX = 16 * 1024 * 1024 };

int store_open(struct sw_arena *arena, const struct config *config, bool read_only, struct sw_store **ret,
	       struct sw_str *ret_why)
{
	const struct sw_store_config store = {
		.url = sw_str_cstr(arena, config->store),
		.tables = sw_module_tables(arena),
		.queries = sw_module_queries(arena),
		.migrations = sw_migrations,
		.read_only = read_only,
	};
	return sw_store_open(arena, &store, ret, ret_why);
}

/* ---- the note that a running server leaves beside its store ---- */

static struct sw_str note_path(struct sw_arena *arena, struct sw_str dir)
{
	return sw_str_fmt(arena, "%.*s/server.run", SW_FMT(dir));
}

int note_write(struct sw_arena *arena, struct sw_str dir, const struct sw_core *core, struct sw_str url,
	       const struct sw_account *account, struct sw_str certificate)
{
	struct sw_str sealed = sw_base64_encode(arena, sw_secret_seal(core, arena, account->sid, account->token));
	struct sw_str text = sw_str_fmt(arena, "%.*s\n%.*s\n%.*s\n%.*s", SW_FMT(url),
					SW_FMT(sw_sid_text(arena, account->sid)), SW_FMT(sealed), SW_FMT(certificate));
	return sw_file_write(arena, note_path(arena, dir), text, 0600) ? SW_EIO : 0;
}

void note_remove(struct sw_arena *arena, struct sw_str dir)
{
	unlink(note_path(arena, dir).p);
}

static int note_read(struct sw_arena *arena, struct sw_str dir, struct client *ret)
{
	struct sw_str rest, why, sealed;
	if (sw_file_read(arena, note_path(arena, dir), FILE_MAX, &rest))
		return SW_ENOTFOUND;
	struct sw_core core = { 0 };
	struct sw_sid sid;
	struct sw_str url = sw_str_cut(&rest, '\n'), account = sw_str_cut(&rest, '\n'), token = sw_str_cut(&rest, '\n');
	if (sw_core_load_key(&core, arena, dir, &why) || sw_sid_parse(account, "AC", &sid) ||
	    sw_base64_decode(arena, token, &sealed) || sw_unseal(arena, core.seal_key, account, sealed, &token))
		return SW_ECORRUPT;
	if (!ret->server.n)
		ret->server = url;
	if (sw_str_eq(ret->server, url) && rest.n && !ret->ca_file.n)
		ret->known = rest;
	if (!ret->sid.n)
		ret->sid = account;
	if (!ret->token.n)
		ret->token = token;
	return 0;
}

/* ---- the client ---- */

int client_check_ca(struct sw_arena *arena, const struct client *client, const char *name)
{
	struct sw_str text;
	struct sw_pem pem;
	if (!client->ca_file.n)
		return 0;
	int failed = sw_file_read(arena, client->ca_file, CA_MAX, &text);
	const char *why = failed ? strerror(failed) : sw_pem_certificates(arena, text, &pem);
	if (why)
		fprintf(stderr, "strowger: %s: the file %.*s %s%s\n", name, SW_FMT(client->ca_file),
			failed ? "cannot be read: " : "", why);
	return why ? EXIT_FAILED : 0;
}

int client_open(struct sw_arena *arena, const struct config *config, struct client *ret)
{
	struct sw_str dir = config_store_dir(arena, config);
	*ret = (struct client){ .server = config->server,
				.sid = config->account_sid,
				.token = config->auth_token,
				.ca_file = config->server_ca };
	bool whole = ret->server.n && ret->sid.n && ret->token.n;
	if (!whole && dir.p && note_read(arena, dir, ret) == 0)
		whole = true;
	if (whole)
		return client_check_ca(arena, ret, "server_ca");
	fprintf(stderr,
		"strowger: no server is running on %.*s; start one with `strowger serve`, or set all of "
		"STROWGER_SERVER, STROWGER_ACCOUNT_SID and STROWGER_AUTH_TOKEN\n",
		SW_FMT(config->store));
	return EXIT_UNAVAILABLE;
}

struct sw_str client_basic(struct sw_arena *arena, const struct client *client)
{
	struct sw_str basic =
		sw_base64_encode(arena, sw_str_fmt(arena, "%.*s:%.*s", SW_FMT(client->sid), SW_FMT(client->token)));
	return sw_str_fmt(arena, "Basic %.*s", SW_FMT(basic));
}

const struct sw_fetch_identity *client_trust(struct sw_arena *arena, const struct client *client,
					     struct sw_fetch_identity *ret)
{
	*ret = (struct sw_fetch_identity){ .owner = SW_S("command"),
					   .authorities = client->known,
					   .exact = client->known.n > 0 };
	if (client->ca_file.n && sw_file_read(arena, client->ca_file, CA_MAX, &ret->authorities))
		ret->authorities = SW_S("#"); /* gone since it was looked at: nobody is trusted */
	return ret->authorities.n ? ret : NULL;
}

int client_ask(struct sw_arena *arena, const struct client *client, const struct client_request *request,
	       struct sw_fetched *ret)
{
	struct sw_fetch_identity trust;
	struct sw_http_header headers[3] = { { SW_S("Authorization"), client_basic(arena, client) } };
	size_t n = 1;
	if (request->form.p)
		headers[n++] =
			(struct sw_http_header){ SW_S("Content-Type"), SW_S("application/x-www-form-urlencoded") };
	if (request->sid.p)
		headers[n++] = (struct sw_http_header){ SW_S("Strowger-Sid"), request->sid };
	const struct sw_fetch fetch = {
		.method = sw_str_of(request->method),
		.url = request->url,
		.headers = headers,
		.headers_n = n,
		.body = request->form,
		.total_timeout_ms = 60000,
		.response_max_bytes = 16 * 1024 * 1024,
		.trusted = true,
		.identity = client_trust(arena, client, &trust),
	};
	return sw_http_call_now(&fetch, arena, ret);
}

int client_call(struct sw_arena *arena, const struct client *client, const char *path, struct sw_str form,
		struct sw_str *ret_body)
{
	struct sw_fetched fetched;
	const struct client_request request = {
		.method = form.p ? "POST" : "GET",
		.url = sw_str_fmt(arena, "%.*s%s", SW_FMT(client->server), path),
		.form = form,
	};
	int err = client_ask(arena, client, &request, &fetched);
	if (err) {
		fprintf(stderr, "strowger: %.*s does not answer: %.*s\n", SW_FMT(client->server), SW_FMT(fetched.why));
		return -1;
	}
	if (fetched.status == 401)
		fprintf(stderr,
			"strowger: the server at %.*s refused the SID and token of %.*s: the token of the server's "
			"start may "
			"have been replaced since; --auth-token takes another\n",
			SW_FMT(client->server), SW_FMT(client->sid));
	*ret_body = fetched.body;
	return fetched.status;
}
