#include "core/webhook/certificate.h"

#include <pthread.h>

#include "base/time.h"
#include "core/cache.h"
#include "core/core_sql.h"
#include "loop/clock.h"
#include "loop/task.h"
#include "net/pem.h"

enum { PEM_MAX = 16384, HOST_MAX = 253 };

/* clang-format off */
/* Of an authority that signs nothing: its key was thrown away. */
#define AUTHORITY \
	"-----BEGIN CERTIFICATE-----\n" \
	"MIIBjzCCATWgAwIBAgIUSqk/WUZnc/WVKG67SeP/9AeUdpEwCgYIKoZIzj0EAwIw\n" \
	"HDEaMBgGA1UEAwwRRXhhbXBsZSBBdXRob3JpdHkwIBcNMjYxMTIyMDMzNzI2WhgP\n" \
	"MjEyNjEwMjkwMzM3MjZaMBwxGjAYBgNVBAMMEUV4YW1wbGUgQXV0aG9yaXR5MFkw\n" \
	"EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEBSiltFpEqwY3GxCDqHQ48jPxOMexn5Ub\n" \
	"HYrhadFXoXP5uBy5zIlF5d3oaLlX2/ujeSDDYI4DW3GoyKPHF5htcqNTMFEwHQYD\n" \
	"VR0OBBYEFPgdzl/WdiryOmpSdrr5NHoEObumMB8GA1UdIwQYMBaAFPgdzl/Wdiry\n" \
	"OmpSdrr5NHoEObumMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIg\n" \
	"d7Dl+ZnbIo0+JFI2S41sONPZUlVvJlXdhCSKXAO60+YCIQDo1yTFryGrHgARuvWR\n" \
	"Yh01lN2YGJuOHYOJI8ZIkGP2YQ==\n" \
	"-----END CERTIFICATE-----"

#define SHOWN(name_, doc_) { .name = name_, .doc = doc_, .type = SW_STR }
static const struct sw_field fields[] = {
	{ .name = "sid", .doc = "Identifier.", .type = SW_SID, .kinds = "WC" },
	{ .name = "account_sid", .doc = "Account whose webhooks use it.", .type = SW_SID, .kinds = "AC" },
	{ .name = "host", .doc = "Host of the URLs, without port, in small letters: hooks.example.com.", .type = SW_STR, .flags = SW_CREATE | SW_REQUIRED | SW_UNIQUE, .max = HOST_MAX, .used_by = "core.webhook", .example = "hooks.example.com" },
	{ .name = "certificate", .doc = "Client certificate in PEM, the chain behind it; empty: none is shown.", .type = SW_STR, .flags = SW_WRITE | SW_EMPTY_OK, .max = PEM_MAX, .used_by = "net.courier" },
	{ .name = "private_key", .doc = "Its key in PEM, without a passphrase; never shown again.", .type = SW_STR, .flags = SW_WRITE | SW_EMPTY_OK | SW_SECRET | SW_HIDDEN, .max = PEM_MAX, .used_by = "net.courier" },
	{ .name = "ca_certificates", .doc = "Authorities in PEM that the host's certificate must come from, and no other; empty: those of the system.", .type = SW_STR, .flags = SW_WRITE | SW_EMPTY_OK, .max = PEM_MAX, .used_by = "net.courier", .example = AUTHORITY },
	SHOWN("subject", "Whom the client certificate is for."),
	SHOWN("issuer", "Who signed it."),
	SHOWN("fingerprint", "SHA-256 of it."),
	{ .name = "date_expires", .doc = "When it expires.", .type = SW_TIME },
	{ .name = "date_created", .doc = "When it was created.", .type = SW_TIME },
	{ .name = "date_updated", .doc = "When it last changed.", .type = SW_TIME },
	{ 0 },
};
/* clang-format on */

/* ---- what may be stored ---- */

static struct sw_str text(const struct sw_resource_change *c, const char *name)
{
	struct sw_str value = sw_resource_text(c->type, c->object, name);
	return value.p ? value : SW_S("");
}

static bool is_host(struct sw_str host)
{
	bool six = sw_str_starts(host, SW_S("[")) && sw_str_ends(host, SW_S("]"));
	for (size_t i = six; i < host.n - six; i++) {
		char ch = host.p[i];
		bool alnum = (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9');
		if (!alnum && ch != '-' && ch != '.' && ch != '_' && !(six && ch == ':'))
			return false;
	}
	return host.n > 0 && !sw_str_ends(host, SW_S("."));
}

static int fail(struct sw_error *err, const char *name, const char *wrong)
{
	return sw_fail(err, 20001, "The parameter '%s' %s.", name, wrong);
}

static int check_client(const struct sw_resource_change *c, struct sw_error *err)
{
	struct sw_arena *arena = sw_task_arena(c->task);
	struct sw_str certificate = text(c, "certificate"), key = text(c, "private_key");
	struct sw_pem pem = { .until_us = SW_NONE };
	const char *wrong = certificate.n ? sw_pem_certificates(arena, certificate, &pem) : NULL;
	if (wrong)
		return fail(err, "certificate", wrong);
	if (certificate.n && pem.until_us < sw_wall_us())
		return fail(err, "certificate", "has expired");
	wrong = certificate.n ? sw_pem_key(key, certificate) : key.n ? "has no certificate beside it" : NULL;
	if (wrong)
		return fail(err, "private_key", wrong);
	sw_resource_set_text(c->type, c->object, "subject", pem.subject);
	sw_resource_set_text(c->type, c->object, "issuer", pem.issuer);
	sw_resource_set_text(c->type, c->object, "fingerprint", pem.fingerprint);
	sw_resource_set(c->type, c->object, "date_expires", &pem.until_us);
	return 0;
}

static int check_room_wait(const struct sw_resource_change *c, struct sw_error *err)
{
	struct sw_rows rows;
	struct sw_query *query = sw_query_new(sw_task_arena(c->task), &sw_resource_list);
	sw_query_where(query, "bucket", SW_OP_EQ, SW_I(c->account->bucket));
	sw_query_where(query, "account_sid", SW_OP_EQ, SW_ID(c->account->sid.id));
	sw_query_where(query, "kind", SW_OP_EQ, SW_T(sw_resource_kind(c->type)));
	sw_query_page(query, &(struct sw_page_key){ .limit = SW_CERTIFICATES_MAX });
	int failed = sw_query_run_wait(c->task, c->core->store, query, &rows);
	if (failed)
		return sw_fail_internal(err, failed);
	return rows.n < SW_CERTIFICATES_MAX
		       ? 0
		       : sw_fail(err, 20409, "The account has certificates for %d hosts already, as many as it may.",
				 SW_CERTIFICATES_MAX);
}

static int check(const struct sw_resource_change *c, struct sw_error *err)
{
	struct sw_pem pem;
	struct sw_str authorities = text(c, "ca_certificates");
	const char *wrong = authorities.n ? sw_pem_certificates(sw_task_arena(c->task), authorities, &pem) : NULL;
	if (!is_host(text(c, "host")))
		return fail(err, "host", "must be a host's name or address in small letters, without scheme and port");
	if (wrong)
		return fail(err, "ca_certificates", wrong);
	if (!authorities.n && !text(c, "certificate").n && !text(c, "private_key").n)
		return fail(err, "certificate",
			    "is missing: give it with its private_key, or ca_certificates, or both");
	int failed = check_client(c, err);
	return failed || c->before ? failed : check_room_wait(c, err);
}

const struct sw_resource sw_webhook_certificate = {
	.name = "WebhookCertificate",
	.plural = "webhook certificates",
	.doc = "What is shown to a host of webhooks, and whom one trusts there.",
	.kind = "WC",
	.path = "/v1/webhook_certificates",
	.style = SW_STYLE_NATIVE,
	.flags = SW_BY_NAME,
	.fields = fields,
	.check = check,
};

/* ---- finding ---- */

struct of_host {
	struct sw_str host;
	struct sw_fetch_identity identity;
};

/* All of an account, in the cache; there are few, and most accounts have none. */
struct known {
	struct sw_cached cached;
	size_t n;
	struct of_host *of;
};

static const struct sw_resource_type *type;

static void compile(void)
{
	static struct sw_arena arena;
	sw_arena_init(&arena);
	type = sw_resource_compile(&arena, &sw_webhook_certificate);
}

static struct sw_str kept(struct known *k, const void *object, const char *name)
{
	return sw_str_dup(&k->cached.arena, sw_resource_text(type, object, name));
}

static int load_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
		     struct known *k)
{
	struct sw_rows rows;
	struct sw_query *query = sw_query_new(sw_task_arena(task), &sw_resource_list);
	sw_query_where(query, "bucket", SW_OP_EQ, SW_I(account->bucket));
	sw_query_where(query, "account_sid", SW_OP_EQ, SW_ID(account->sid.id));
	sw_query_where(query, "kind", SW_OP_EQ, SW_T(sw_resource_kind(type)));
	sw_query_page(query, &(struct sw_page_key){ .limit = SW_CERTIFICATES_MAX });
	int err = sw_query_run_wait(task, core->store, query, &rows);
	k->of = err || !rows.n ? NULL : SW_ARENA_ARRAY(&k->cached.arena, struct of_host, rows.n);
	for (size_t i = 0; !err && i < rows.n; i++) {
		struct sw_stored stored;
		err = sw_resource_read(sw_task_arena(task), core, type, account, rows.row[i], &stored);
		if (err)
			break;
		k->of[k->n].host = kept(k, stored.object, "host");
		k->of[k->n++].identity = (struct sw_fetch_identity){
			.owner = sw_sid_text(&k->cached.arena, account->sid),
			.certificate = kept(k, stored.object, "certificate"),
			.private_key = kept(k, stored.object, "private_key"),
			.authorities = kept(k, stored.object, "ca_certificates"),
		};
	}
	k->cached.exists = k->n > 0;
	return err;
}

/* Of a URL that is about to be sent: it has no user and is ASCII. */
static struct sw_str host_of(struct sw_arena *arena, struct sw_str url)
{
	static const struct sw_str scheme = { "https://", 8 };
	size_t n = 0;
	if (!sw_str_eq_nocase(sw_str_sub(url, 0, scheme.n), scheme))
		return SW_STR_NULL; /* nothing is shown without TLS */
	struct sw_str rest = sw_str_from(url, scheme.n);
	bool six = rest.n && rest.p[0] == '[';
	while (n < rest.n && !strchr(six ? "]/?#" : ":/?#", rest.p[n]))
		n++;
	return sw_str_lower(arena, sw_str_sub(rest, 0, n + (six && n < rest.n)));
}

int sw_certificate_find_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
			     struct sw_str url, const struct sw_fetch_identity **ret)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct sw_str host = host_of(sw_task_arena(task), url);
	*ret = NULL;
	if (!host.p)
		return 0;
	pthread_once(&once, compile);
	struct sw_str name = sw_resource_cache_name(sw_task_arena(task), type, account);
	const struct known *k = sw_cache_find(task, name);
	if (!k) {
		struct known *fresh = SW_CACHE_NEW(struct known, name);
		int err = load_wait(task, core, account, fresh);
		k = sw_cache_settle(task, name, fresh, err);
		if (err)
			return err;
	}
	for (size_t i = 0; i < k->n; i++)
		if (sw_str_eq(k->of[i].host, host))
			*ret = &k->of[i].identity;
	return 0;
}
