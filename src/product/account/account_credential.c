/* Credentials of other clouds, public keys, and numbers that no guard stops: declared, not programmed. */
#include "product/account/account.h"

#define NO_CLOUD .inert = "Kept sealed; nothing here writes to that cloud yet."
#define NO_VALIDATION .inert = "Kept; requests are not signed with client certificates yet."

/* clang-format off */
#define OWN(path) \
	{ .name = "account_sid", .doc = "Account that owns it: the caller's, or one of its subaccounts.", .type = SW_SID, .kinds = "AC", .flags = SW_CREATE, .used_by = "api.enter_account" }, \
	{ .name = "date_created", .doc = "When it was created.", .type = SW_TIME }, \
	{ .name = "date_updated", .doc = "When it last changed.", .type = SW_TIME }, \
	{ .name = "friendly_name", .doc = "A name for people, at most 64 characters.", .type = SW_STR, .flags = SW_WRITE, .max = 64, .used_by = "credential.list", .example = "Our shop" }, \
	{ .name = "sid", .doc = "Identifier.", .type = SW_SID, .kinds = "CR" }, \
	{ .name = "url", .doc = "Where it is.", .type = SW_PATTERN, .pattern = path "/{sid}" }

static const struct sw_field aws_fields[] = {
	OWN("/v1/Credentials/AWS"),
	{ .name = "credentials", .doc = "Access key id and secret, as ID:SECRET; never shown again.", .type = SW_STR, .flags = SW_CREATE | SW_REQUIRED | SW_SECRET | SW_HIDDEN, .max = 256, NO_CLOUD, .example = "AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" },
	{ 0 },
};
/* Its other half was thrown away. */
#define PUBLIC_KEY \
	"-----BEGIN PUBLIC KEY-----\n" \
	"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAx+ABgqdR59y87Yt6RghN\n" \
	"NMxOzPwoLd3HjtLXWzSCQhJt89BzKckYG7qlQE5O9pUQhPgnjWRRp0VpnIB+FMwn\n" \
	"hXd+7MD1IOLMsyRd17sGGuCTqv4G1ZZ3pJJsg0J/6LzukdUywGO7aEeroZVrhcQh\n" \
	"1OYMPJn1tkKhMoS/57dCxEy1fy7EjCYkoNHFJYmkf6ItzgLH7orq4moitFG/AeZt\n" \
	"AZhyOjXf3jNoUDy+rB8AbVxW7qvK51evvrzssB8HIgpjZbeNC00k4/bJ2flbNa+d\n" \
	"Dr9P3dWWRmrFvhlI8h831//qtjWF3eZaoYgoiu6kVzelbkbWbwEgA5HJhzOleF/k\n" \
	"/wIDAQAB\n" \
	"-----END PUBLIC KEY-----"

static const struct sw_field public_key_fields[] = {
	OWN("/v1/Credentials/PublicKeys"),
	{ .name = "public_key", .doc = "The key in PEM.", .type = SW_STR, .flags = SW_CREATE | SW_REQUIRED | SW_HIDDEN, .max = 8192, NO_VALIDATION, .example = PUBLIC_KEY },
	{ 0 },
};
static const struct sw_field safelist_fields[] = {
	{ .name = "sid", .doc = "Identifier.", .type = SW_SID, .kinds = "GN" },
	{ .name = "phone_number", .doc = "Number, E.164, or the first digits of a thousand numbers.", .type = SW_PHONE, .flags = SW_CREATE | SW_REQUIRED | SW_UNIQUE, .inert = "No guard against fraud stops numbers yet, so there is none to pass.", .example = "+15005550010" },
	{ 0 },
};
/* clang-format on */

const struct sw_resource account_credential_aws = {
	.name = "CredentialAws",
	.plural = "AWS credentials",
	.doc = "Credentials for AWS.",
	.kind = "CR",
	.stored_as = "credential_aws",
	.path = "/v1/Credentials/AWS",
	.list_key = "credentials",
	.product = "accounts",
	.style = SW_STYLE_V1,
	.sdk = "credentials.aws",
	.fields = aws_fields,
};

const struct sw_resource account_credential_public_key = {
	.name = "CredentialPublicKey",
	.plural = "public keys",
	.doc = "A public key.",
	.kind = "CR",
	.stored_as = "credential_public_key",
	.path = "/v1/Credentials/PublicKeys",
	.list_key = "credentials",
	.product = "accounts",
	.style = SW_STYLE_V1,
	.sdk = "credentials.publicKey",
	.fields = public_key_fields,
};

const struct sw_resource account_safelist = {
	.name = "Safelist",
	.plural = "safe numbers",
	.doc = "A number that guards against fraud let pass.",
	.kind = "GN",
	.path = "/v1/SafeList/Numbers",
	.product = "accounts",
	.style = SW_STYLE_V1,
	.flags = SW_BY_KEY,
	.without = SW_NO_UPDATE,
	.sdk = "safelist",
	.fields = safelist_fields,
};
