#include "main/tls/certificate.h"

#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/log.h"
#include "base/test.h"
#include "net/authority.h"

/* A folder with an authority and what it issued. */
struct place {
	struct sw_arena *arena;
	struct sw_str authority_file, cert, key;
	struct sw_authority *authority;
	struct config config;
};

static void put(struct place *p, struct sw_str path, struct sw_str text)
{
	SW_CHECK_INT(sw_file_write(p->arena, path, text, 0600), 0);
}

static void issue(struct place *p, struct sw_str *ret_cert, struct sw_str *ret_key)
{
	const struct sw_str name = SW_S("localhost");
	sw_authority_issue(p->arena, p->authority, &name, 1, 100, ret_cert, ret_key);
}

static void place_open(struct place *p)
{
	struct sw_str why, cert, key;
	const struct sw_str name = SW_S("localhost");
	const char *dir = sw_test_folder();
	*p = (struct place){ .arena = sw_arena_new() };
	p->authority_file = sw_str_fmt(p->arena, "%s/authority.pem", dir);
	p->cert = sw_str_fmt(p->arena, "%s/cert.pem", dir);
	p->key = sw_str_fmt(p->arena, "%s/key.pem", dir);
	SW_BUG_ON(sw_authority_open(p->arena, p->authority_file, &name, 1, &p->authority, &why));
	issue(p, &cert, &key);
	put(p, p->cert, cert);
	put(p, p->key, key);
	p->config = (struct config){ .tls_cert = p->cert, .tls_key = p->key };
	sw_log_set_level(SW_LOG_OFF);
}

static void place_close(struct place *p)
{
	sw_authority_free(p->authority);
	sw_arena_free(p->arena);
}

SW_TEST(a_certificate_is_read_again_when_its_files_change)
{
	struct place p;
	struct certificate *c;
	struct sw_str cert, key;
	place_open(&p);
	SW_CHECK_INT(certificate_open(p.arena, &p.config, &c), 0);
	struct sw_tls *first = sw_tls_hold(certificate_tls(c));
	struct sw_str known = certificate_known(p.arena, c);
	SW_CHECK(sw_str_starts(known, SW_S("-----BEGIN CERTIFICATE-----\n")));
	SW_CHECK(sw_str_ends(known, SW_S("-----END CERTIFICATE-----\n")));
	SW_CHECK(!certificate_look(c, false));
	SW_CHECK(certificate_tls(c) == first);
	SW_CHECK(certificate_look(c, true));
	SW_CHECK(certificate_tls(c) != first);

	issue(&p, &cert, &key);
	put(&p, p.cert, cert); /* its key is not there yet: a renewal on the way */
	struct sw_tls *second = sw_tls_hold(certificate_tls(c));
	SW_CHECK(!certificate_look(c, false));
	SW_CHECK(certificate_tls(c) == second);
	put(&p, p.key, key);
	SW_CHECK(certificate_look(c, false));
	SW_CHECK(certificate_tls(c) != second);
	SW_CHECK(!sw_str_eq(certificate_known(p.arena, c), known));

	put(&p, p.cert, SW_S("nonsense"));
	SW_CHECK(!certificate_look(c, false) && !certificate_look(c, false) && !certificate_look(c, true));
	unlink(sw_str_cstr(p.arena, p.cert));
	SW_CHECK(!certificate_look(c, false));
	put(&p, p.cert, cert);
	SW_CHECK(certificate_look(c, false));
	sw_tls_free(first);
	sw_tls_free(second);
	certificate_free(c);
	place_close(&p);
}
