#include "main/tls/certificate.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/list.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/time.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "main/command.h"
#include "net/http_server.h"
#include "net/pem.h"

enum { FILE_BYTES = 1024 * 1024, WARN_DAYS = 14 };
#define LOOK_US (60 * SW_US_PER_S)

enum { CERTIFICATE_END, CERTIFICATE_READS, CERTIFICATE_READS_FAILED, CERTIFICATE_METRICS };

static const struct sw_metric rows[CERTIFICATE_METRICS] = {
	[CERTIFICATE_END] = { "strowger_tls_certificate_end_seconds",
			      "When the certificate that is shown ends, seconds since 1970.", SW_GAUGE },
	[CERTIFICATE_READS] = { "strowger_tls_certificate_reads_total", "Times the certificate's files were read.",
				SW_COUNTER },
	[CERTIFICATE_READS_FAILED] = { "strowger_tls_certificate_reads_failed_total",
				       "Times they had a fault, so that the certificate before stayed.", SW_COUNTER },
};
static struct sw_metric_set metrics = SW_METRIC_SET(rows);

/* By what one sees that a file is another, or was written again. */
struct mark {
	dev_t device;
	ino_t inode;
	off_t bytes;
	struct timespec time;
};

struct certificate {
	struct sw_arena *arena; /* of the paths */
	struct sw_arena *read;  /* of what was read */
	struct sw_str cert_file, key_file;
	struct mark mark[2];
	struct sw_pem pem;
	struct sw_str known;
	struct sw_tls *tls;
	int64_t warned_us;
	struct sw_loop *loop;
	struct sw_timer timer;
	void (*changed)(void *owner);
	void *owner;
};

void certificate_free(struct certificate *certificate)
{
	if (!certificate)
		return;
	sw_timer_stop(&certificate->timer);
	sw_tls_free(certificate->tls);
	if (certificate->read)
		sw_arena_free(certificate->read);
	sw_arena_free(certificate->arena);
	free(certificate);
}

/* ---- reading ---- */

/* What one needs to know of the files, before they are read: a change meanwhile is seen the next time. */
static void look_at(struct sw_arena *arena, const struct certificate *c, struct mark ret[2])
{
	const struct sw_str paths[2] = { c->cert_file, c->key_file };
	memset(ret, 0, 2 * sizeof(*ret));
	for (int i = 0; i < 2; i++) {
		struct stat st;
		if (stat(sw_str_cstr(arena, paths[i]), &st) != 0)
			continue;
		ret[i].device = st.st_dev;
		ret[i].inode = st.st_ino;
		ret[i].bytes = st.st_size;
		ret[i].time = st.st_mtim;
	}
}

static bool is_same(const struct mark *a, const struct mark *b)
{
	return a->device == b->device && a->inode == b->inode && a->bytes == b->bytes &&
	       a->time.tv_sec == b->time.tv_sec && a->time.tv_nsec == b->time.tv_nsec;
}

static int read_text(struct sw_arena *arena, const char *setting, struct sw_str path, struct sw_str *ret,
		     struct sw_str *ret_why)
{
	int failed = sw_file_read(arena, path, FILE_BYTES, ret);
	if (failed)
		*ret_why = sw_str_fmt(arena, "%s: the file %.*s cannot be read: %s", setting, SW_FMT(path),
				      strerror(failed));
	return failed ? SW_EIO : 0;
}

static int blame(struct sw_arena *arena, const char *setting, struct sw_str path, const char *why,
		 struct sw_str *ret_why)
{
	*ret_why = sw_str_fmt(arena, "%s: the file %.*s %s", setting, SW_FMT(path), why);
	return SW_EINVAL;
}

/* All of it, or what was there stays. @param ret_why  in the arena */
static int read_files(struct sw_arena *arena, struct certificate *c, struct sw_str *ret_why)
{
	struct sw_str chain, key;
	struct sw_pem pem;
	struct sw_tls *tls;
	const char *why;
	look_at(arena, c, c->mark);
	if (read_text(arena, "tls_cert", c->cert_file, &chain, ret_why) ||
	    read_text(arena, "tls_key", c->key_file, &key, ret_why))
		return SW_EIO;
	why = sw_pem_certificates(arena, chain, &pem);
	if (why)
		return blame(arena, "tls_cert", c->cert_file, why, ret_why);
	why = sw_pem_key(key, chain);
	if (why)
		return blame(arena, "tls_key", c->key_file, why, ret_why);
	if (sw_tls_server_new(arena, chain, key, &tls, &why))
		return blame(arena, "tls_cert", c->cert_file, why, ret_why);
	sw_tls_free(c->tls);
	c->tls = tls;
	if (c->read)
		sw_arena_free(c->read);
	c->read = sw_arena_new();
	sw_count(&metrics, CERTIFICATE_END, (pem.until_us - c->pem.until_us) / SW_US_PER_S);
	c->pem = pem;
	c->pem.subject = sw_str_dup(c->read, pem.subject);
	c->pem.issuer = sw_str_dup(c->read, pem.issuer);
	c->pem.fingerprint = sw_str_dup(c->read, pem.fingerprint);
	struct sw_str first = sw_pem_next(&chain);
	c->known = sw_str_fmt(c->read, "%.*s\n", SW_FMT(first));
	c->warned_us = 0;
	return 0;
}

/* Once a day. */
static void warn_of_end(struct certificate *c)
{
	char text[SW_TIME_BUF];
	int64_t now_us = sw_wall_us();
	if (now_us < c->pem.until_us - WARN_DAYS * SW_US_PER_DAY ||
	    (c->warned_us && now_us < c->warned_us + SW_US_PER_DAY))
		return;
	c->warned_us = now_us;
	sw_warn("main",
		now_us < c->pem.until_us ? "the certificate ends soon: renew it"
					 : "the certificate has ended: clients refuse it",
		SW_KS("file", c->cert_file), SW_KS("until", sw_time_iso(c->pem.until_us, text)));
}

static void tell(const struct certificate *c)
{
	char text[SW_TIME_BUF];
	sw_info("main", "certificate", SW_KS("file", c->cert_file), SW_KS("subject", c->pem.subject),
		SW_KS("sha256", c->pem.fingerprint), SW_KS("until", sw_time_iso(c->pem.until_us, text)));
}

int certificate_open(struct sw_arena *arena, const struct config *config, struct certificate **ret)
{
	struct sw_str why;
	*ret = NULL;
	if (!config->tls_cert.n && !config->tls_key.n)
		return 0;
	if (!config->tls_cert.n || !config->tls_key.n) {
		fprintf(stderr, "strowger: --tls-cert and --tls-key go together: the files of a certificate and of its "
				"key\n");
		return EXIT_USAGE;
	}
	struct certificate *c = calloc(1, sizeof(*c));
	SW_BUG_ON(!c);
	c->arena = sw_arena_new();
	c->cert_file = sw_str_dup(c->arena, config->tls_cert);
	c->key_file = sw_str_dup(c->arena, config->tls_key);
	if (!metrics.base)
		sw_metric_register(&metrics);
	if (read_files(arena, c, &why)) {
		fprintf(stderr, "strowger: %.*s\n", SW_FMT(why));
		certificate_free(c);
		return EXIT_FAILED;
	}
	*ret = c;
	return 0;
}

/* ---- what it is ---- */

struct sw_tls *certificate_tls(const struct certificate *certificate)
{
	return certificate->tls;
}

struct sw_str certificate_known(struct sw_arena *arena, const struct certificate *certificate)
{
	return sw_str_dup(arena, certificate->known);
}

struct sw_str certificate_ca_file(struct sw_arena *arena, const struct certificate *certificate)
{
	const struct certificate *c = certificate;
	struct sw_pem ca;
	struct sw_str text;
	if (sw_str_eq(c->pem.subject, c->pem.issuer))
		return c->cert_file;
	/* As `strowger cert` puts it. */
	size_t n = c->cert_file.n;
	while (n > 0 && c->cert_file.p[n - 1] != '/')
		n--;
	struct sw_str beside = sw_str_fmt(arena, "%.*sca.pem", (int)n, c->cert_file.p);
	bool signed_it = sw_file_read(arena, beside, FILE_BYTES, &text) == 0 &&
			 !sw_pem_certificates(arena, text, &ca) && sw_str_eq(ca.subject, c->pem.issuer);
	return signed_it ? beside : SW_STR_NULL;
}

/* ---- while the server runs ---- */

bool certificate_look(struct certificate *certificate, bool again)
{
	struct certificate *c = certificate;
	struct sw_arena arena;
	struct mark now[2];
	struct sw_str why;
	sw_arena_init(&arena);
	look_at(&arena, c, now);
	bool other = again || !is_same(&now[0], &c->mark[0]) || !is_same(&now[1], &c->mark[1]);
	int err = other ? read_files(&arena, c, &why) : 0;
	if (other)
		sw_count(&metrics, err ? CERTIFICATE_READS_FAILED : CERTIFICATE_READS, 1);
	if (err)
		sw_error_log("main", "the certificate was not replaced", SW_KS("why", why));
	else if (other)
		tell(c);
	warn_of_end(c);
	sw_arena_done(&arena);
	return other && !err;
}

static void look(struct certificate *c, bool again)
{
	if (certificate_look(c, again))
		c->changed(c->owner);
}

/* By the monotonic clock: time that a test moves does not change files, and a month has many minutes. */
static void on_timer(struct sw_timer *timer)
{
	struct certificate *c = SW_CONTAINER(timer, struct certificate, timer);
	look(c, false);
	sw_timer_start(c->loop, timer, SW_CLOCK_MONO, sw_mono_us() + LOOK_US, on_timer);
}

void certificate_follow(struct certificate *certificate, struct sw_loop *loop, void (*changed)(void *owner),
			void *owner)
{
	struct certificate *c = certificate;
	c->loop = loop;
	c->changed = changed;
	c->owner = owner;
	tell(c);
	warn_of_end(c);
	sw_timer_start(loop, &c->timer, SW_CLOCK_MONO, sw_mono_us() + LOOK_US, on_timer);
}

struct shown {
	struct sw_mail mail;
	struct sw_http_server *const *http;
	struct sw_tls *tls;
};

static void deliver_shown(struct sw_mail *mail)
{
	struct shown *shown = SW_CONTAINER(mail, struct shown, mail);
	if (*shown->http)
		sw_http_server_set_tls(*shown->http, shown->tls);
	sw_tls_free(shown->tls);
	free(shown);
}

void certificate_show(const struct certificate *certificate, struct sw_loop *loop, struct sw_http_server *const *http)
{
	struct shown *shown = calloc(1, sizeof(*shown));
	SW_BUG_ON(!shown);
	*shown = (struct shown){ .mail.deliver = deliver_shown, .http = http, .tls = sw_tls_hold(certificate->tls) };
	sw_loop_post(loop, &shown->mail);
}

struct errand {
	struct sw_mail mail;
	struct certificate *certificate;
};

static void deliver_reload(struct sw_mail *mail)
{
	struct errand *errand = SW_CONTAINER(mail, struct errand, mail);
	struct certificate *certificate = errand->certificate;
	free(errand);
	look(certificate, true);
}

void certificate_reload(struct certificate *certificate)
{
	struct errand *errand = calloc(1, sizeof(*errand));
	SW_BUG_ON(!errand);
	*errand = (struct errand){ .mail.deliver = deliver_reload, .certificate = certificate };
	sw_loop_post(certificate->loop, &errand->mail);
}
