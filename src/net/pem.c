#include "net/pem.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/hash.h"
#include "base/time.h"

enum { CERTIFICATES_MAX = 32, DIGEST = 32 };

/* OpenSSL would ask for it at the terminal. */
static int no_passphrase(char *buf, int size, int rwflag, void *user)
{
	(void)buf;
	(void)size;
	(void)rwflag;
	(void)user;
	return -1;
}

static BIO *open_text(struct sw_str text)
{
	BIO *bio = BIO_new_mem_buf(text.p, (int)text.n);
	SW_BUG_ON(!bio);
	return bio;
}

static X509 *next(BIO *bio)
{
	return PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);
}

static int64_t time_of(const ASN1_TIME *time)
{
	static const char epoch_text[] = "19700101000000Z";
	ASN1_TIME *epoch = ASN1_TIME_new();
	int days = 0, seconds = 0;
	SW_BUG_ON(!epoch || !ASN1_TIME_set_string(epoch, epoch_text) || !ASN1_TIME_diff(&days, &seconds, epoch, time));
	ASN1_TIME_free(epoch);
	return (int64_t)days * SW_US_PER_DAY + seconds * SW_US_PER_S;
}

static struct sw_str name_of(struct sw_arena *arena, const X509_NAME *name)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p;
	SW_BUG_ON(!bio);
	X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
	long n = BIO_get_mem_data(bio, &p);
	struct sw_str text = sw_str_dup(arena, (struct sw_str){ p, n > 0 ? (size_t)n : 0 });
	BIO_free(bio);
	return text;
}

static void describe(struct sw_arena *arena, X509 *certificate, struct sw_pem *ret)
{
	unsigned char digest[DIGEST];
	unsigned n = 0;
	char *hex = sw_arena_bytes(arena, 2 * DIGEST);
	SW_BUG_ON(!X509_digest(certificate, EVP_sha256(), digest, &n) || n != DIGEST);
	sw_hex_encode(digest, n, hex);
	ret->fingerprint = (struct sw_str){ hex, 2 * DIGEST };
	ret->subject = name_of(arena, X509_get_subject_name(certificate));
	ret->issuer = name_of(arena, X509_get_issuer_name(certificate));
	ret->from_us = time_of(X509_get0_notBefore(certificate));
	ret->until_us = time_of(X509_get0_notAfter(certificate));
}

struct sw_str sw_pem_next(struct sw_str *text)
{
	static const char first[] = "-----BEGIN CERTIFICATE-----", last[] = "-----END CERTIFICATE-----";
	ptrdiff_t from = sw_str_find(*text, sw_str_of(first));
	struct sw_str rest = from < 0 ? SW_S("") : sw_str_from(*text, (size_t)from);
	ptrdiff_t n = sw_str_find(rest, sw_str_of(last));
	if (n < 0)
		return SW_STR_NULL;
	struct sw_str one = sw_str_sub(rest, 0, (size_t)n + sizeof(last) - 1);
	*text = sw_str_from(rest, one.n);
	return one;
}

const char *sw_pem_certificates(struct sw_arena *arena, struct sw_str text, struct sw_pem *ret)
{
	BIO *bio = open_text(text);
	X509 *certificate;
	*ret = (struct sw_pem){ 0 };
	while (ret->n <= CERTIFICATES_MAX && (certificate = next(bio))) {
		if (ret->n++ == 0)
			describe(arena, certificate, ret);
		X509_free(certificate);
	}
	unsigned long error = ERR_peek_last_error();
	bool ended = ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
	BIO_free(bio);
	ERR_clear_error();
	if (ret->n > CERTIFICATES_MAX)
		return "has more than 32 certificates";
	if (!ended)
		return "has a certificate that is damaged";
	return ret->n ? NULL : "has no certificate: it begins with -----BEGIN CERTIFICATE-----";
}

const char *sw_pem_key(struct sw_str key_text, struct sw_str certificates)
{
	BIO *bio = open_text(key_text);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	bio = open_text(certificates);
	X509 *certificate = next(bio);
	BIO_free(bio);
	bool fits = key && certificate && X509_check_private_key(certificate, key) == 1;
	const char *wrong = !key           ? "is no private key in PEM, or has a passphrase: it must have none"
			    : !certificate ? "has no certificate beside it"
			    : !fits        ? "is not the key of the certificate"
					   : NULL;
	EVP_PKEY_free(key);
	X509_free(certificate);
	ERR_clear_error();
	return wrong;
}
