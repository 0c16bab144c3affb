/* strowger import: an account's configuration from another server of this API, and a report of it. */
#include <stdio.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/num.h"
#include "core/secret.h"
#include "main/import/import.h"
#include "main/lint.h"
#include "main/modules.h"

enum { NOT_THERE = 404 }; /* the other server does not offer such a thing: there is none to copy */

/* How the resources of one kind fared. */
struct tally {
	struct import_rows rows;
	struct sw_str fault; /* they cannot be listed; absent: they were */
	unsigned outcomes[IMPORT_OUTCOMES];
};

static const char *const outcome_names[] = {
	[IMPORT_CREATED] = "created", [IMPORT_CHANGED] = "changed", [IMPORT_SAME] = "same",
	[IMPORT_KEPT] = "kept",       [IMPORT_REFUSED] = "refused",
};

/* ---- what was asked for ---- */

/* "api.": the other products' hosts stand beside it. */
static bool is_by_host(struct sw_str url)
{
	return sw_str_starts(sw_str_from(url, (size_t)sw_str_find(url, SW_S("://")) + 3), SW_S("api."));
}

/* @return what is wrong; NULL: nothing */
static const char *read_from(struct sw_str url, struct import_end *ret)
{
	struct sw_str rest;
	bool tls = sw_str_starts(url, SW_S("https://"));
	if (!tls && !sw_str_starts(url, SW_S("http://")))
		return "it must begin with https:// or http://";
	if (sw_str_ends(url, SW_S("/")))
		url = sw_str_sub(url, 0, url.n - 1);
	rest = sw_str_from(url, tls ? 8 : 7);
	for (size_t i = 0; i < rest.n; i++)
		if (sw_str_index(SW_S("/?#@ "), rest.p[i]) >= 0)
			return "it needs a host and nothing else, such as https://api.example.com";
	if (!rest.n || (rest.p[0] == '[' && sw_str_index(rest, ']') < 0))
		return "it names no host";
	if (!tls && !is_loopback(rest))
		fprintf(stderr, "strowger import: the token goes to %.*s in the clear; use https where you can\n",
			SW_FMT(url));
	ret->client.server = url;
	ret->by_host = is_by_host(url);
	return NULL;
}

static int read_words(struct sw_arena *arena, struct sw_strs *words, struct import *import)
{
	struct client *client = &import->from.client;
	struct sw_str from = command_option(words, "from"), token = command_option(words, "token"), why;
	const char *fault;
	client->sid = command_option(words, "sid");
	client->ca_file = command_option(words, "from-ca");
	import->dry_run = command_flag(words, "dry-run");
	import->keep = command_flag(words, "keep");
	if (words->n)
		return command_usage(&command_import, "'%.*s' is not understood", SW_FMT(words->v[0]));
	if (!from.n || !client->sid.n || !token.n)
		return command_usage(&command_import, "give --from URL, --sid SID and --token TOKEN");
	if ((fault = read_from(from, &import->from)))
		return command_usage(&command_import, "--from %.*s: %s", SW_FMT(from), fault);
	struct sw_sid sid;
	if (sw_sid_parse(client->sid, "AC", &sid))
		return command_usage(&command_import, "--sid must be an account's: AC and 32 hexadecimal digits");
	if (sw_secret_read(arena, token, &client->token, &why))
		return command_usage(&command_import, "--token: %.*s", SW_FMT(why));
	return client->ca_file.n ? client_check_ca(arena, client, "--from-ca") : EXIT_OK;
}

/* ---- who is asked ---- */

/* @return an exit code */
static int greet(struct import *import, const struct import_end *end, const char *which, const char *hint)
{
	struct import_reply reply;
	struct sw_str url =
		import_url(import->arena, end, "api", SW_S("/2010-04-01/Accounts/{AccountSid}.json"), SW_S(""));
	import_ask(import->arena, end, "GET", url, SW_STR_NULL, SW_STR_NULL, &reply);
	if (import_well(&reply)) {
		struct sw_str name = command_tame(import->arena, sw_json_get_str(reply.json, "friendly_name"));
		printf("%-5s %.*s  %.*s  %.*s\n", which, SW_FMT(end->client.server), SW_FMT(end->client.sid),
		       SW_FMT(name));
		fflush(stdout);
		return EXIT_OK;
	}
	fprintf(stderr, "strowger import: %.*s %s: %.*s%s\n", SW_FMT(end->client.server),
		reply.status ? "refuses" : "does not answer", SW_FMT(command_tame(import->arena, reply.why)),
		reply.status == 401 ? hint : "");
	return reply.status ? EXIT_FAILED : EXIT_UNAVAILABLE;
}

/* ---- progress, for people who look ---- */

static void show_progress(struct sw_str what, size_t done, size_t all)
{
	enum { WIDTH = 30 };
	char bar[WIDTH + 1];
	if (!isatty(STDERR_FILENO))
		return;
	for (size_t i = 0; i < WIDTH; i++)
		bar[i] = all && i * all < done * WIDTH ? '#' : '.';
	bar[WIDTH] = 0;
	fprintf(stderr, "\r\033[K[%s] %zu of %zu  %.*s", bar, done, all, SW_FMT(what));
}

static void end_progress(void)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
}

/* ---- the work ---- */

static size_t list_all(struct import *import, const struct import_kind *kinds, size_t n, struct tally *tallies)
{
	size_t all = 0;
	for (size_t i = 0; i < n; i++) {
		if (!kinds[i].list)
			continue;
		show_progress(kinds[i].plural, i, n);
		struct sw_str url = import_url(import->arena, &import->from, kinds[i].list->product,
					       sw_str_of(kinds[i].list->path), SW_S(""));
		int failed = import_list(import->arena, &import->from, url, kinds[i].list->list_key, &tallies[i].rows,
					 &tallies[i].fault);
		if (failed == NOT_THERE)
			tallies[i].fault = SW_STR_NULL;
		else if (!failed && !kinds[i].why_not.p)
			all += tallies[i].rows.n;
	}
	return all;
}

static void copy_all(struct import *import, const struct import_kind *kinds, size_t n, struct tally *tallies,
		     size_t all)
{
	size_t done = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; !kinds[i].why_not.p && k < tallies[i].rows.n; k++) {
			show_progress(kinds[i].plural, done++, all);
			tallies[i].outcomes[import_copy(import, &kinds[i], tallies[i].rows.v[k])]++;
		}
}

/* ---- the report ---- */

static void print_table(const struct import_kind *kinds, size_t n, const struct tally *tallies)
{
	enum { WIDTH = 40 };
	printf("\n%-*s %8s", WIDTH, "", "found");
	for (size_t o = 0; o < IMPORT_OUTCOMES; o++)
		printf(" %8s", outcome_names[o]);
	printf("\n");
	for (size_t i = 0; i < n; i++) {
		if (kinds[i].why_not.p || tallies[i].fault.p || !tallies[i].rows.n)
			continue;
		printf("%-*.*s %8zu", WIDTH, SW_FMT(kinds[i].plural), tallies[i].rows.n);
		for (size_t o = 0; o < IMPORT_OUTCOMES; o++)
			printf(" %8u", tallies[i].outcomes[o]);
		printf("\n");
	}
}

/* @return how many lists could not be read */
static unsigned print_left(struct import *import, const struct import_kind *kinds, size_t n,
			   const struct tally *tallies)
{
	const struct import_absent *row;
	unsigned faults = 0;
	printf("\nnot copied\n");
	for (size_t i = 0; i < n; i++) {
		if (kinds[i].why_not.p && (!kinds[i].list || tallies[i].rows.n))
			printf("  %.*s: %.*s\n", SW_FMT(kinds[i].plural), SW_FMT(kinds[i].why_not));
		else if (tallies[i].fault.p && ++faults)
			printf("  %.*s: the list cannot be read there: %.*s\n", SW_FMT(kinds[i].plural),
			       SW_FMT(command_tame(import->arena, tallies[i].fault)));
	}
	for (size_t i = 0; (row = import_absent_at(kinds, n, i)); i++) {
		struct import_rows rows;
		struct sw_str why,
			url = import_url(import->arena, &import->from, row->product, sw_str_of(row->path), SW_S(""));
		int failed = import_list(import->arena, &import->from, url, row->list_key, &rows, &why);
		if (failed && failed != NOT_THERE && ++faults)
			printf("  %s: the list cannot be read there: %.*s\n", row->plural,
			       SW_FMT(command_tame(import->arena, why)));
		else if (!failed && rows.n > row->own)
			printf("  %zu %s: %s\n", rows.n - row->own, row->plural, row->why);
	}
	return faults;
}

static void print_notes(const struct import *import)
{
	if (import->notes)
		printf("\nrefused, in whole or in part\n");
	for (const struct import_note *note = import->notes; note; note = note->next)
		printf("  %.*s: %.*s\n", SW_FMT(note->about), SW_FMT(note->why));
}

static int run(struct sw_arena *arena, const struct config *config, const struct sw_strs *given)
{
	struct sw_strs words = *given;
	struct import import = { .arena = arena, .last = &import.notes };
	struct import_kind *kinds;
	struct sw_core core = { 0 };
	int code = read_words(arena, &words, &import);
	if (!code)
		code = client_open(arena, config, &import.to.client);
	if (!code)
		code = greet(&import, &import.from, "from", "; the auth token is asked for, not an API key");
	if (!code)
		code = greet(&import, &import.to, "to", "");
	if (code)
		return code;
	struct sw_api *api = sw_api_new(&core, sw_modules);
	size_t n = import_kinds(arena, api, &kinds);
	struct tally *tallies = SW_ARENA_ARRAY(arena, struct tally, n);
	size_t all = list_all(&import, kinds, n, tallies);
	copy_all(&import, kinds, n, tallies, all);
	end_progress();
	print_table(kinds, n, tallies);
	unsigned faults = print_left(&import, kinds, n, tallies);
	print_notes(&import);
	sw_api_free(api);
	printf(import.dry_run ? "\na dry run: nothing was written\n" : "\n");
	return import.notes || faults ? EXIT_FAILED : EXIT_OK;
}

const struct command command_import = {
	.name = "import",
	.arguments = "--from URL --sid SID --token TOKEN [--from-ca FILE] [--dry-run] [--keep]",
	.doc = "copy an account's configuration from another server of this API (TOKEN: also @FILE or $NAME)",
	.run = run,
};
