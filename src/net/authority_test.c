#include "net/authority.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/test.h"

struct place {
	struct sw_arena *arena;
	const char *folder;
	struct sw_str file;
};

static void place_open(struct place *place)
{
	*place = (struct place){ .arena = sw_arena_new(), .folder = sw_test_folder() };
	place->file = sw_str_fmt(place->arena, "%s/authority.pem", place->folder);
}

static void place_close(struct place *place)
{
	sw_arena_free(place->arena);
}

static struct sw_authority *authority_for(struct place *place, const char *name)
{
	struct sw_authority *authority = NULL;
	struct sw_str why = SW_S("");
	SW_CHECK_INT(sw_authority_open(place->arena, place->file, &(struct sw_str){ name, strlen(name) }, 1, &authority,
				       &why),
		     0);
	SW_CHECK_STR(why, "");
	return authority;
}

/* What two ends make of each other. */
struct talk {
	struct sw_tls_session *client, *server;
	int client_err, server_err;
};

static void carry(struct sw_tls_session *from, struct sw_tls_session *to)
{
	struct sw_buf wire = { 0 };
	sw_tls_take(from, &wire);
	sw_tls_feed(to, sw_buf_str(&wire));
	sw_buf_done(&wire);
}

static void shake(struct talk *talk)
{
	talk->client_err = talk->server_err = SW_EMORE;
	for (int i = 0; i < 4; i++) {
		if (talk->client_err == SW_EMORE)
			talk->client_err = sw_tls_shake(talk->client);
		carry(talk->client, talk->server);
		if (talk->server_err == SW_EMORE)
			talk->server_err = sw_tls_shake(talk->server);
		carry(talk->server, talk->client);
	}
}

/* A client that trusts the authority asks for host and is shown a certificate for shown. */
static struct talk meet(struct place *place, struct sw_authority *authority, const char *shown, const char *host)
{
	struct sw_str chain, key, why, ca = sw_str_fmt(place->arena, "%s/ca.pem", place->folder);
	struct sw_str pem = sw_authority_pem(place->arena, authority);
	struct sw_tls *serves = NULL, *trusts = NULL;
	const char *wrong = NULL;
	FILE *file = fopen(sw_str_cstr(place->arena, ca), "we");
	SW_CHECK(file && fwrite(pem.p, 1, pem.n, file) == pem.n && fclose(file) == 0);
	sw_authority_issue(place->arena, authority, &(struct sw_str){ shown, strlen(shown) }, 1, 30, &chain, &key);
	SW_CHECK_INT(sw_tls_server_new(place->arena, chain, key, &serves, &wrong), 0);
	SW_CHECK_INT(sw_tls_new(place->arena, ca, true, &trusts, &why), 0);
	struct talk talk = { sw_tls_session_new(trusts, host), sw_tls_session_new(serves, NULL), 0, 0 };
	sw_tls_free(trusts);
	sw_tls_free(serves);
	shake(&talk);
	return talk;
}

static void part(struct talk *talk)
{
	sw_tls_session_free(talk->client);
	sw_tls_session_free(talk->server);
}

SW_TEST(an_authority_signs_for_its_names_and_what_is_below)
{
	struct place place;
	place_open(&place);
	struct sw_authority *authority = authority_for(&place, "example.org");
	struct talk talk = meet(&place, authority, "api.example.org", "api.example.org");
	SW_CHECK_INT(talk.client_err, 0);
	SW_CHECK_INT(talk.server_err, 0);
	char text[16];
	size_t n = 0;
	SW_CHECK_INT(sw_tls_write(talk.client, SW_S("hello")), 0);
	carry(talk.client, talk.server);
	SW_CHECK_INT(sw_tls_read(talk.server, text, sizeof(text), &n), 0);
	SW_CHECK_STR(((struct sw_str){ text, n }), "hello");
	SW_CHECK_INT(sw_tls_read(talk.server, text, sizeof(text), &n), SW_EMORE);
	sw_tls_bye(talk.client);
	carry(talk.client, talk.server);
	SW_CHECK_INT(sw_tls_read(talk.server, text, sizeof(text), &n), SW_ECLOSED);
	part(&talk);
	sw_authority_free(authority);
	place_close(&place);
}

SW_TEST(whoever_trusts_an_authority_trusts_it_for_nothing_else)
{
	static const char *const strange[] = { "example.com", "evilexample.org", "127.0.0.1", "::1" };
	struct place place;
	place_open(&place);
	struct sw_authority *authority = authority_for(&place, "example.org");
	for (unsigned i = 0; i < SW_COUNTOF(strange); i++) {
		struct talk talk = meet(&place, authority, strange[i], strange[i]);
		SW_CHECK_INT(talk.client_err, SW_EPERM);
		SW_CHECK_INT(talk.server_err, SW_EPERM); /* the client said so */
		part(&talk);
	}
	struct talk talk = meet(&place, authority, "a.example.org", "b.example.org");
	SW_CHECK_INT(talk.client_err, SW_EPERM);
	part(&talk);
	sw_authority_free(authority);
	authority = authority_for(&place, "127.0.0.1");
	talk = meet(&place, authority, "127.0.0.1", "127.0.0.1");
	SW_CHECK_INT(talk.client_err, 0);
	part(&talk);
	talk = meet(&place, authority, "example.org", "example.org");
	SW_CHECK_INT(talk.client_err, SW_EPERM);
	part(&talk);
	sw_authority_free(authority);
	place_close(&place);
}

SW_TEST(an_authority_is_kept_for_its_owner_alone)
{
	struct place place;
	struct stat stat_;
	place_open(&place);
	struct sw_authority *first = authority_for(&place, "example.org"),
			    *second = authority_for(&place, "example.org");
	struct sw_str pem = sw_authority_pem(place.arena, first);
	SW_CHECK(sw_str_eq(pem, sw_authority_pem(place.arena, second)));
	SW_CHECK(stat(sw_str_cstr(place.arena, place.file), &stat_) == 0 && (stat_.st_mode & 0777) == 0600);
	struct sw_authority *other = authority_for(&place, "example.com");
	SW_CHECK(!sw_str_eq(pem, sw_authority_pem(place.arena, other)));
	sw_authority_free(first);
	sw_authority_free(second);
	sw_authority_free(other);
	FILE *file = fopen(sw_str_cstr(place.arena, place.file), "we");
	SW_CHECK(file && fputs("not a certificate", file) >= 0 && fclose(file) == 0);
	sw_authority_free(authority_for(&place, "example.org"));
	place_close(&place);
}

SW_TEST(what_is_no_name_is_refused)
{
	static const char *const wrong[] = { "",     "Example.org", "a,DNS:b", "*.example.org",
					     ".org", "a b",         "-a",      "critical,x" };
	struct place place;
	place_open(&place);
	for (unsigned i = 0; i < SW_COUNTOF(wrong); i++) {
		struct sw_authority *authority = NULL;
		struct sw_str why = SW_STR_NULL;
		SW_CHECK_INT(sw_authority_open(place.arena, place.file, &(struct sw_str){ wrong[i], strlen(wrong[i]) },
					       1, &authority, &why),
			     SW_EINVAL);
		SW_CHECK(why.n > 0);
	}
	struct sw_authority *authority = NULL;
	struct sw_str why = SW_STR_NULL;
	SW_CHECK_INT(sw_authority_open(place.arena, SW_S("/nowhere/at/all"), &(struct sw_str){ "example.org", 11 }, 1,
				       &authority, &why),
		     SW_EIO);
	SW_CHECK(sw_str_find(why, SW_S("No such file")) > 0);
	place_close(&place);
}
