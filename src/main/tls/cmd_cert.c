/* strowger cert: a certificate for names of one's own network, by an authority that can sign for nothing else. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/log.h"
#include "base/time.h"
#include "main/command.h"
#include "net/authority.h"
#include "net/pem.h"

enum { DAYS = 397 }; /* what browsers still take */

struct place {
	struct sw_str dir, authority, cert, key, ca; /* paths */
};

static struct place place_of(struct sw_arena *arena, struct sw_str dir)
{
	while (dir.n > 1 && dir.p[dir.n - 1] == '/')
		dir = sw_str_sub(dir, 0, dir.n - 1);
	return (struct place){
		.dir = dir,
		.authority = sw_str_fmt(arena, "%.*s/authority.pem", SW_FMT(dir)),
		.cert = sw_str_fmt(arena, "%.*s/cert.pem", SW_FMT(dir)),
		.key = sw_str_fmt(arena, "%.*s/key.pem", SW_FMT(dir)),
		.ca = sw_str_fmt(arena, "%.*s/ca.pem", SW_FMT(dir)),
	};
}

static bool is_there(struct sw_arena *arena, struct sw_str path)
{
	return access(sw_str_cstr(arena, path), F_OK) == 0;
}

static int complain(struct sw_str path, int failed)
{
	fprintf(stderr, "strowger cert: %.*s cannot be written: %s (--out DIR names another place)\n", SW_FMT(path),
		strerror(failed));
	return EXIT_FAILED;
}

/* @return 0 or an exit code */
static int prepare(struct sw_arena *arena, const struct place *place)
{
	const struct sw_str files[] = { place->cert, place->key, place->ca };
	if (!is_there(arena, place->authority))
		for (size_t i = 0; i < SW_COUNTOF(files); i++)
			if (is_there(arena, files[i])) {
				fprintf(stderr,
					"strowger cert: %.*s is there, and not made by this command; choose another "
					"folder with --out DIR\n",
					SW_FMT(files[i]));
				return EXIT_FAILED;
			}
	int failed = sw_folder_make(arena, place->dir, 0700);
	return failed ? complain(place->dir, failed) : 0;
}

static int make(struct sw_arena *arena, const struct place *place, const struct sw_strs *names, const char **ret_note)
{
	struct sw_authority *authority;
	struct sw_str why, cert, key, before = SW_S("");
	int err = sw_authority_open(arena, place->authority, names->v, names->n, &authority, &why);
	if (err) {
		fprintf(stderr, "strowger cert: %.*s\n", SW_FMT(why));
		return err == SW_EINVAL ? EXIT_USAGE : EXIT_FAILED;
	}
	struct sw_str ca = sw_authority_pem(arena, authority);
	if (sw_file_read(arena, place->ca, 64 * 1024, &before))
		before = SW_S("");
	*ret_note = sw_str_eq(before, ca) ? " (the same as before)"
		    : before.n            ? " (a new one: it is for other names, or the old one ends soon)"
					  : "";
	sw_authority_issue(arena, authority, names->v, names->n, DAYS, &cert, &key);
	sw_authority_free(authority);
	const struct {
		struct sw_str path, text;
		unsigned mode;
	} files[] = { { place->ca, ca, 0644 }, { place->key, key, 0600 }, { place->cert, cert, 0644 } };
	for (size_t i = 0; i < SW_COUNTOF(files); i++) {
		int failed = sw_file_write(arena, files[i].path, files[i].text, files[i].mode);
		if (failed)
			return complain(files[i].path, failed);
	}
	return 0;
}

static void explain(struct sw_arena *arena, const struct place *place, const struct sw_strs *names, const char *note)
{
	const struct sw_str name = names->v[0];
	bool six = sw_str_index(name, ':') >= 0;
	struct sw_str url = sw_str_fmt(arena, "https://%s%.*s%s:8080", six ? "[" : "", SW_FMT(name), six ? "]" : "");
	printf("%.*s  the certificate, for %zu name%s and %d days\n"
	       "%.*s  its key; for nobody else\n"
	       "%.*s  the authority that signed it, for clients to trust%s\n"
	       "%.*s  its key; the same command renews the certificate with it\n\n",
	       SW_FMT(place->cert), names->n, names->n > 1 ? "s" : "", DAYS, SW_FMT(place->key), SW_FMT(place->ca),
	       note, SW_FMT(place->authority));
	printf("The server  strowger serve --tls-cert %.*s --tls-key %.*s\n", SW_FMT(place->cert), SW_FMT(place->key));
	printf("curl        curl --cacert %.*s %.*s/healthz\n", SW_FMT(place->ca), SW_FMT(url));
	printf("Node        NODE_EXTRA_CA_CERTS=%.*s node app.js\n", SW_FMT(place->ca));
	printf("Python      REQUESTS_CA_BUNDLE=%.*s python app.py; the SDK: client.http_client.session.verify = "
	       "'%.*s'\n",
	       SW_FMT(place->ca), SW_FMT(place->ca));
	printf("strowger    strowger send --server %.*s --server-ca %.*s ...\n", SW_FMT(url), SW_FMT(place->ca));
	printf("Browsers    import %.*s as an authority for websites; it can sign for these names only\n",
	       SW_FMT(place->ca));
}

static int cert(struct sw_arena *arena, const struct config *config, const struct sw_strs *given)
{
	struct sw_strs words = *given;
	struct sw_str out = command_option(&words, "out");
	const char *note;
	(void)config;
	for (size_t i = 0; i < words.n; i++)
		if (sw_str_starts(words.v[i], SW_S("-")))
			return command_usage(&command_cert, "'%.*s' is not understood", SW_FMT(words.v[i]));
	if (!words.n)
		return command_usage(&command_cert, "give the names by which clients know the server, such as "
						    "localhost 127.0.0.1 my-host.lan");
	if (words.n > SW_AUTHORITY_NAMES)
		return command_usage(&command_cert, "at most %d names go into one certificate", SW_AUTHORITY_NAMES);
	if (out.p && !out.n)
		return command_usage(&command_cert, "--out needs a folder");
	const struct place place = place_of(arena, out.p ? out : SW_S("tls"));
	int code = prepare(arena, &place);
	if (!code)
		code = make(arena, &place, &words, &note);
	if (!code)
		explain(arena, &place, &words, note);
	return code;
}

const struct command command_cert = {
	.name = "cert",
	.arguments = "NAME... [--out DIR]",
	.doc = "make a certificate for names of your own network, and say how to use it",
	.run = cert,
};
