#include "net/authority.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/random.h"
#include "base/time.h"

enum { YEARS = 10, RENEW_DAYS = 30, DAY_S = 86400, CLOCK_SKEW_S = 86400 };

struct sw_authority {
	X509 *certificate;
	EVP_PKEY *key;
};

void sw_authority_free(struct sw_authority *authority)
{
	if (!authority)
		return;
	X509_free(authority->certificate);
	EVP_PKEY_free(authority->key);
	free(authority);
}

/* ---- as text ---- */

static struct sw_str take_text(struct sw_arena *arena, BIO *bio)
{
	char *text;
	long n = BIO_get_mem_data(bio, &text);
	struct sw_str copy = sw_str_dup(arena, (struct sw_str){ text, (size_t)n });
	BIO_free(bio);
	return copy;
}

static struct sw_str certificate_pem(struct sw_arena *arena, X509 *certificate)
{
	BIO *bio = BIO_new(BIO_s_mem());
	SW_BUG_ON(!bio || PEM_write_bio_X509(bio, certificate) != 1);
	return take_text(arena, bio);
}

static struct sw_str key_pem(struct sw_arena *arena, EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	SW_BUG_ON(!bio || PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1);
	return take_text(arena, bio);
}

struct sw_str sw_authority_pem(struct sw_arena *arena, const struct sw_authority *authority)
{
	return certificate_pem(arena, authority->certificate);
}

struct sw_str sw_authority_der(struct sw_arena *arena, const struct sw_authority *authority)
{
	BIO *bio = BIO_new(BIO_s_mem());
	SW_BUG_ON(!bio || i2d_X509_bio(bio, authority->certificate) != 1);
	return take_text(arena, bio);
}

/* ---- certificates ---- */

static bool is_number(struct sw_arena *arena, struct sw_str name, size_t *ret_bytes)
{
	unsigned char bytes[16];
	const char *text = sw_str_cstr(arena, name);
	*ret_bytes = inet_pton(AF_INET, text, bytes) == 1 ? 4 : 16;
	return *ret_bytes == 4 || inet_pton(AF_INET6, text, bytes) == 1;
}

/* Letters, digits, '-' and '.': nothing that OpenSSL's configuration language would read as more than a name. */
static bool is_name(struct sw_arena *arena, struct sw_str name)
{
	size_t bytes;
	if (is_number(arena, name, &bytes))
		return true;
	bool ok = name.n > 0 && name.n < 254 && name.p[0] != '.' && name.p[0] != '-';
	for (size_t i = 0; i < name.n && ok; i++)
		ok = (name.p[i] >= 'a' && name.p[i] <= 'z') || (name.p[i] >= '0' && name.p[i] <= '9') ||
		     name.p[i] == '-' || name.p[i] == '.';
	return ok;
}

static EVP_PKEY *make_key(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	SW_BUG_ON(!key);
	return key;
}

static void extend(X509 *certificate, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509V3_set_ctx(&ctx, issuer, certificate, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	SW_BUG_ON(!extension || X509_add_ext(certificate, extension, -1) != 1);
	X509_EXTENSION_free(extension);
}

/* "DNS:a,DNS:b,IP:127.0.0.1" */
static const char *name_list(struct sw_arena *arena, const struct sw_str *name, size_t names)
{
	struct sw_buf out = { .arena = arena };
	for (size_t i = 0; i < names; i++)
		sw_buf_add_fmt(&out, "%s%s:%.*s", i ? "," : "",
			       is_number(arena, name[i], &(size_t){ 0 }) ? "IP" : "DNS", SW_FMT(name[i]));
	return sw_str_cstr(arena, sw_buf_str(&out));
}

/* A kind of name that is not mentioned would be free, so both are: "invalid" is nobody's (RFC 6761). */
static const char *constraints(struct sw_arena *arena, const struct sw_str *name, size_t names)
{
	struct sw_buf out = { .arena = arena };
	bool numbers = false, texts = false;
	sw_buf_add_cstr(&out, "critical");
	for (size_t i = 0; i < names; i++) {
		size_t bytes;
		bool number = is_number(arena, name[i], &bytes);
		numbers = numbers || number;
		texts = texts || !number;
		sw_buf_add_fmt(&out, ",permitted;%s:%.*s%s", number ? "IP" : "DNS", SW_FMT(name[i]),
			       !number      ? ""
			       : bytes == 4 ? "/255.255.255.255"
					    : "/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	}
	if (!numbers)
		sw_buf_add_cstr(&out, ",excluded;IP:0.0.0.0/0.0.0.0,excluded;IP:0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0");
	if (!texts)
		sw_buf_add_cstr(&out, ",permitted;DNS:invalid");
	return sw_str_cstr(arena, sw_buf_str(&out));
}

static X509 *begin(struct sw_str title, EVP_PKEY *key, int64_t days)
{
	unsigned char serial[16];
	X509 *certificate = X509_new();
	SW_BUG_ON(!certificate);
	sw_random_bytes(serial, sizeof(serial));
	serial[0] &= 0x7f; /* positive */
	BIGNUM *number = BN_bin2bn(serial, sizeof(serial), NULL);
	BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
	BN_free(number);
	X509_set_version(certificate, X509_VERSION_3);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -CLOCK_SKEW_S);
	X509_gmtime_adj(X509_getm_notAfter(certificate), (long)(days * DAY_S));
	X509_set_pubkey(certificate, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
				   (const unsigned char *)title.p, (int)title.n, -1, 0);
	return certificate;
}

static void sign(X509 *certificate, const X509 *issuer, EVP_PKEY *key)
{
	X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
	SW_BUG_ON(X509_sign(certificate, key, EVP_sha256()) <= 0);
}

static void make(struct sw_arena *arena, struct sw_authority *authority, const struct sw_str *name, size_t names)
{
	/* Its name tells it from another's: programs that trust several look it up by that. */
	struct sw_str title =
		sw_str_fmt(arena, "Strowger of this machine %08llx", (unsigned long long)sw_random_below(UINT32_MAX));
	authority->key = make_key();
	X509 *c = authority->certificate = begin(title, authority->key, YEARS * 365);
	X509_set_issuer_name(c, X509_get_subject_name(c));
	extend(c, c, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
	extend(c, c, NID_key_usage, "critical,keyCertSign,cRLSign");
	extend(c, c, NID_subject_key_identifier, "hash");
	extend(c, c, NID_name_constraints, constraints(arena, name, names));
	sign(c, c, authority->key);
}

void sw_authority_issue(struct sw_arena *arena, struct sw_authority *authority, const struct sw_str *name, size_t names,
			int days, struct sw_str *ret_certificate, struct sw_str *ret_key)
{
	EVP_PKEY *key = make_key();
	X509 *c = begin(SW_S("Strowger: see the names below"), key, days); /* no name: those are constrained */
	extend(c, authority->certificate, NID_basic_constraints, "critical,CA:FALSE");
	extend(c, authority->certificate, NID_key_usage, "critical,digitalSignature");
	extend(c, authority->certificate, NID_ext_key_usage, "serverAuth");
	extend(c, authority->certificate, NID_authority_key_identifier, "keyid");
	extend(c, authority->certificate, NID_subject_alt_name, name_list(arena, name, names));
	sign(c, authority->certificate, authority->key);
	*ret_certificate = certificate_pem(arena, c);
	*ret_key = key_pem(arena, key);
	X509_free(c);
	EVP_PKEY_free(key);
}

/* ---- the file ---- */

/* It began, which one made under a wrong clock did not, and it does not end soon. */
static bool lasts(const X509 *certificate)
{
	int days = 0, seconds = 0;
	return X509_cmp_current_time(X509_get0_notBefore(certificate)) < 0 &&
	       ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(certificate)) == 1 && days >= RENEW_DAYS;
}

/* Are the constraints in the certificate those that we would write? */
static bool is_for(struct sw_arena *arena, const X509 *certificate, const struct sw_str *name, size_t names)
{
	int at = X509_get_ext_by_NID(certificate, NID_name_constraints, -1);
	X509_EXTENSION *wanted = X509V3_EXT_conf_nid(NULL, NULL, NID_name_constraints, constraints(arena, name, names));
	SW_BUG_ON(!wanted);
	const ASN1_OCTET_STRING *have = at < 0 ? NULL : X509_EXTENSION_get_data(X509_get_ext(certificate, at));
	bool same = have && ASN1_OCTET_STRING_cmp(have, X509_EXTENSION_get_data(wanted)) == 0;
	X509_EXTENSION_free(wanted);
	return same;
}

/* @return false: not there, or not one */
static bool load(const char *path, struct sw_authority *authority)
{
	FILE *file = fopen(path, "re");
	if (!file)
		return false;
	authority->certificate = PEM_read_X509(file, NULL, NULL, NULL);
	authority->key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	fclose(file);
	ERR_clear_error();
	return authority->certificate && authority->key &&
	       X509_check_private_key(authority->certificate, authority->key) == 1;
}

static void forget(struct sw_authority *authority)
{
	X509_free(authority->certificate);
	EVP_PKEY_free(authority->key);
	*authority = (struct sw_authority){ 0 };
}

/* Only when nobody was quicker, unless it is known to be of no use. @return 0 or an errno */
static int save(struct sw_arena *arena, const struct sw_authority *authority, const char *path, bool over)
{
	struct sw_str text = sw_str_fmt(arena, "%.*s%.*s", SW_FMT(sw_authority_pem(arena, authority)),
					SW_FMT(key_pem(arena, authority->key)));
	return sw_file_keep(arena, sw_str_of(path), text, 0600, over);
}

/* @return 0 or an errno */
static int renew(struct sw_arena *arena, struct sw_authority *authority, const char *path, const struct sw_str *name,
		 size_t names, bool over)
{
	forget(authority);
	make(arena, authority, name, names);
	int failed = save(arena, authority, path, over);
	if (failed != EEXIST)
		return failed;
	forget(authority); /* another process was quicker */
	return load(path, authority) ? 0 : EIO;
}

int sw_authority_open(struct sw_arena *arena, struct sw_str file, const struct sw_str *name, size_t names,
		      struct sw_authority **ret, struct sw_str *ret_why)
{
	struct sw_authority found = { 0 };
	const char *path = sw_str_cstr(arena, file);
	for (size_t i = 0; i < names; i++)
		if (!is_name(arena, name[i])) {
			*ret_why = sw_str_fmt(arena, "'%.*s' is not a host's name in small letters, nor an IP number",
					      SW_FMT(name[i]));
			return SW_EINVAL;
		}
	SW_BUG_ON(!names || names > SW_AUTHORITY_NAMES);
	bool there = access(path, F_OK) == 0;
	bool good = there && load(path, &found) && lasts(found.certificate) &&
		    is_for(arena, found.certificate, name, names);
	int failed = good ? 0 : renew(arena, &found, path, name, names, there);
	if (failed) {
		forget(&found);
		*ret_why = sw_str_fmt(arena, "%s cannot be written: %s", path, strerror(failed));
		return SW_EIO;
	}
	struct sw_authority *authority = malloc(sizeof(*authority));
	SW_BUG_ON(!authority);
	*authority = found;
	*ret = authority;
	return 0;
}
