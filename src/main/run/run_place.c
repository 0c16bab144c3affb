/* What programs need to trust the proxy, in a folder of this user. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/router.h"
#include "base/file.h"
#include "base/hash.h"
#include "loop/clock.h"
#include "main/modules.h"
#include "main/run/run.h"
#include "net/pem.h"

enum { BUNDLE_MAX = 16 * 1024 * 1024 };

void run_place_close(struct run_place *place)
{
	sw_authority_free(place->authority);
}

/* ---- files ---- */

/* @param failed  0 or an errno. @return 0 or an exit code */
static int written(struct sw_str path, int failed)
{
	if (failed)
		fprintf(stderr, "strowger run: %.*s cannot be written: %s (XDG_DATA_HOME names another place)\n",
			SW_FMT(path), strerror(failed));
	return failed ? EXIT_FAILED : 0;
}

/* The authorities that this system trusts, as PEM; "" when there is no such file. */
static struct sw_str system_bundle(struct sw_arena *arena)
{
	const char *const paths[] = { getenv("SSL_CERT_FILE"), "/etc/ssl/certs/ca-certificates.crt",
				      "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
				      "/etc/ssl/cert.pem" };
	for (size_t i = 0; i < SW_COUNTOF(paths); i++) {
		struct sw_str text;
		if (paths[i] && paths[i][0] && !sw_file_read(arena, sw_str_of(paths[i]), BUNDLE_MAX, &text))
			return text;
	}
	return SW_S("");
}

/* The certificates of text that bundle does not have yet. */
static void add_missing(struct sw_buf *bundle, struct sw_str text)
{
	for (struct sw_str one; (one = sw_pem_next(&text)).p;)
		if (sw_str_find(sw_buf_str(bundle), one) < 0)
			sw_buf_add_fmt(bundle, "\n%.*s\n", SW_FMT(one));
}

/* Those of a file that a variable names: a company's own, which its programs trust besides. */
static void add_users(struct sw_arena *arena, struct sw_buf *bundle, const char *variable)
{
	const char *path = getenv(variable);
	struct sw_str text;
	if (path && path[0] && !sw_file_read(arena, sw_str_of(path), BUNDLE_MAX, &text))
		add_missing(bundle, text);
}

/* What programs trust: this system's authorities, the user's, and ours. */
static struct sw_str whole_bundle(struct sw_arena *arena, struct sw_str own)
{
	static const char *const variables[] = { "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "TWILIO_CA_BUNDLE",
						 "NODE_EXTRA_CA_CERTS" };
	struct sw_buf all = { .arena = arena };
	sw_buf_add_str(&all, system_bundle(arena));
	for (size_t i = 0; i < SW_COUNTOF(variables); i++)
		add_users(arena, &all, variables[i]);
	add_missing(&all, own); /* in a shell of strowger env it is there already */
	return sw_buf_str(&all);
}

/* Node has authorities of its own: ours, and what the user gave it besides. */
static struct sw_str node_bundle(struct sw_arena *arena, struct sw_str own)
{
	struct sw_buf all = { .arena = arena };
	sw_buf_add_str(&all, own);
	add_users(arena, &all, "NODE_EXTRA_CA_CERTS");
	return sw_buf_str(&all);
}

/* ---- a trust store for the JVM: the format JKS, which every one of them reads ---- */

static void add_number(struct sw_buf *out, uint64_t n, unsigned bytes)
{
	while (bytes-- > 0)
		sw_buf_add_char(out, (char)(n >> 8 * bytes));
}

static void add_text(struct sw_buf *out, struct sw_str text)
{
	add_number(out, text.n, 2);
	sw_buf_add_str(out, text);
}

static void add_trusted(struct sw_arena *arena, struct sw_buf *out, unsigned n, struct sw_str der)
{
	enum { TRUSTED = 2 };
	add_number(out, TRUSTED, 4);
	add_text(out, sw_str_fmt(arena, "authority-%u", n));
	add_number(out, (uint64_t)sw_wall_us() / 1000, 8);
	add_text(out, SW_S("X.509"));
	add_number(out, der.n, 4);
	sw_buf_add_str(out, der);
}

/* A certificate as DER; absent: it is damaged. */
static struct sw_str der_of(struct sw_arena *arena, struct sw_str pem)
{
	struct sw_buf text = { .arena = arena };
	struct sw_str line, der;
	while (pem.p) {
		line = sw_str_trim(sw_str_cut(&pem, '\n'));
		if (!sw_str_starts(line, SW_S("-----")))
			sw_buf_add_str(&text, line);
	}
	return sw_base64_decode(arena, sw_buf_str(&text), &der) ? SW_STR_NULL : der;
}

static struct sw_str trust_store(struct sw_arena *arena, struct sw_str bundle)
{
	static const char check[] = "\0c\0h\0a\0n\0g\0e\0i\0tMighty Aphrodite"; /* the usual password, as UTF-16 */
	struct sw_buf entries = { .arena = arena }, out = { .arena = arena }, hashed = { .arena = arena };
	uint8_t digest[20];
	unsigned n = 0;
	for (struct sw_str one; (one = sw_pem_next(&bundle)).p;) {
		struct sw_str der = der_of(arena, one);
		if (der.p)
			add_trusted(arena, &entries, n++, der);
	}
	add_number(&out, 0xfeedfeed, 4);
	add_number(&out, 2, 4);
	add_number(&out, n, 4);
	sw_buf_add_str(&out, sw_buf_str(&entries));
	sw_buf_add(&hashed, check, sizeof(check) - 1);
	sw_buf_add_str(&hashed, sw_buf_str(&out));
	sw_sha1(sw_buf_str(&hashed), digest);
	sw_buf_add(&out, digest, sizeof(digest));
	return sw_buf_str(&out);
}

/* ---- the folder ---- */

/* Names for a JVM that has no name server: the address is never reached, the proxy reads the name in the TLS. */
static struct sw_str hosts(struct sw_arena *arena)
{
	struct sw_core core = { 0 };
	struct sw_api *api = sw_api_new(&core, sw_modules);
	struct sw_buf out = { .arena = arena };
	const struct sw_endpoint *e;
	sw_buf_add_cstr(&out, "127.0.0.1 localhost\n::1 localhost\n");
	for (size_t i = 0; (e = sw_api_endpoint(api, i)); i++) {
		struct sw_str line = sw_str_fmt(arena, "192.0.2.1 %s.%.*s\n", e->product ? e->product : "api",
						SW_FMT(sw_hosted_names[0]));
		if (sw_str_find(sw_buf_str(&out), line) < 0)
			sw_buf_add_str(&out, line);
	}
	sw_api_free(api);
	return sw_buf_str(&out);
}

static struct sw_str home(struct sw_arena *arena)
{
	const char *data = getenv("XDG_DATA_HOME"), *user = getenv("HOME");
	if (data && data[0] == '/')
		return sw_str_fmt(arena, "%s/strowger/run", data);
	return user && user[0] == '/' ? sw_str_fmt(arena, "%s/.local/share/strowger/run", user) : SW_STR_NULL;
}

static int open_authority(struct sw_arena *arena, struct run_place *place)
{
	struct sw_str file = sw_str_fmt(arena, "%.*s/authority.pem", SW_FMT(place->dir)), why;
	size_t n = 0;
	while (sw_hosted_names[n].p)
		n++;
	int err = sw_authority_open(arena, file, sw_hosted_names, n, &place->authority, &why);
	if (err)
		fprintf(stderr, "strowger run: %.*s\n", SW_FMT(why));
	return err ? EXIT_FAILED : 0;
}

/* Python's requests, under the SDK, asks this package alone where authorities are: docs/decisions/0010. */
#define certifi                                                      \
	"import os\n\n\n"                                            \
	"def where():\n    return os.environ['SSL_CERT_FILE']\n\n\n" \
	"def contents():\n    with open(where()) as file:\n        return file.read()\n"

int run_place_open(struct sw_arena *arena, struct run_place *ret)
{
	*ret = (struct run_place){ .dir = home(arena) };
	if (!ret->dir.p) {
		fprintf(stderr, "strowger run: neither HOME nor XDG_DATA_HOME says where to keep certificates\n");
		return EXIT_FAILED;
	}
	ret->php = sw_str_fmt(arena, "%.*s/php", SW_FMT(ret->dir));
	ret->python = sw_str_fmt(arena, "%.*s/python", SW_FMT(ret->dir));
	int code = written(ret->php, sw_folder_make(arena, ret->php, 0700));
	if (!code)
		code = written(ret->python,
			       sw_folder_make(arena, sw_str_fmt(arena, "%.*s/certifi", SW_FMT(ret->python)), 0700));
	if (!code)
		code = open_authority(arena, ret);
	if (code)
		return code;
	struct sw_str own = sw_authority_pem(arena, ret->authority);
	struct sw_str all = whole_bundle(arena, own);
	ret->bundle = sw_str_fmt(arena, "%.*s/bundle.pem", SW_FMT(ret->dir));
	const struct {
		const char *name;
		struct sw_str text, *path;
	} files[] = {
		{ "ca.pem", own, &(struct sw_str){ 0 } },
		{ "node.pem", node_bundle(arena, own), &ret->node },
		{ "bundle.pem", all, &ret->bundle },
		{ "trust.jks", trust_store(arena, all), &ret->trust_store },
		{ "hosts", hosts(arena), &ret->hosts },
		{ "php/strowger.ini",
		  sw_str_fmt(arena, "curl.cainfo=\"%.*s\"\nopenssl.cafile=\"%.*s\"\n", SW_FMT(ret->bundle),
			     SW_FMT(ret->bundle)),
		  &(struct sw_str){ 0 } },
		{ "python/certifi/__init__.py", SW_S(certifi), &(struct sw_str){ 0 } },
		{ "python/certifi/core.py", SW_S(certifi), &(struct sw_str){ 0 } },
	};
	for (size_t i = 0; i < SW_COUNTOF(files) && !code; i++) {
		*files[i].path = sw_str_fmt(arena, "%.*s/%s", SW_FMT(ret->dir), files[i].name);
		code = written(*files[i].path, sw_file_write(arena, *files[i].path, files[i].text, 0600));
	}
	if (code)
		run_place_close(ret);
	return code;
}
