/*
 * Credentials for STUN and TURN servers, which run elsewhere: none is part of this program.
 *
 * The scheme is the usual one of TURN servers that share a secret with an application (coturn's use-auth-secret, "A
 * REST API For Access To TURN Services", draft-uberti-behave-turn-rest-00): the user name is the second in which it
 * ends and a name, the password the base64 of HMAC-SHA1(secret, user name).  Nothing is stored.
 */
#include "product/identity/identity.h"

#include "base/hash.h"
#include "base/time.h"
#include "loop/clock.h"

struct ice {
	struct sw_sid account_sid;
	int64_t ttl, date_created, date_updated;
	struct sw_str username, password, ice_servers;
};

/* clang-format off */
#define I struct ice
static const struct sw_field params[] = {
	ACCOUNT_PATH(I),
	{ .name = "ttl", .doc = "Seconds that the credentials are good for, 1 to 86400.", .type = SW_INT, SW_INT_AT(I, ttl), .min = 1, .max = 86400, .def = "86400", .used_by = "turn" },
	{ 0 },
};
static const struct sw_field fields[] = {
	{ .name = "account_sid", .doc = "The account.", .type = SW_SID, .kinds = "AC", SW_SID_AT(I, account_sid) },
	{ .name = "date_created", .doc = "When they were made.", .type = SW_TIME, SW_INT_AT(I, date_created) },
	{ .name = "date_updated", .doc = "When they were made.", .type = SW_TIME, SW_INT_AT(I, date_updated) },
	{ .name = "ice_servers", .doc = "Servers with their credentials, as a browser's RTCPeerConnection takes them; empty when none is configured.", .type = SW_JSON, .flags = SW_SECRET, SW_TEXT_AT(I, ice_servers) },
	{ .name = "password", .doc = "Password for the TURN servers; null when none is configured.", .type = SW_STR, .flags = SW_SECRET, SW_TEXT_AT(I, password) },
	{ .name = "ttl", .doc = "Seconds that they are good for.", .type = SW_INT, .flags = SW_AS_TEXT, SW_INT_AT(I, ttl) },
	{ .name = "username", .doc = "User name for the TURN servers; null when none is configured.", .type = SW_STR, SW_TEXT_AT(I, username) },
	{ 0 },
};
/* clang-format on */

static struct sw_str servers(const struct sw_call *c, const struct ice *ice)
{
	struct sw_buf text = { .arena = c->arena };
	struct sw_json_out out = { .buf = &text };
	sw_json_array(&out);
	for (size_t i = 0; i < c->core->ice_servers.n; i++) {
		struct sw_str url = c->core->ice_servers.v[i];
		sw_json_object(&out);
		sw_json_add_str(&out, "url", url);
		sw_json_add_str(&out, "urls", url);
		if (sw_str_starts(url, SW_S("turn")) && ice->username.p) {
			sw_json_add_str(&out, "username", ice->username);
			sw_json_add_str(&out, "credential", ice->password);
		}
		sw_json_end_object(&out);
	}
	sw_json_end_array(&out);
	return sw_buf_str(&text);
}

static int create(struct sw_call *c, struct sw_error *err)
{
	const struct ice *args = c->args;
	struct ice *ice = c->result;
	uint8_t mac[20];
	(void)err;
	*ice = (struct ice){ .account_sid = c->account->sid, .ttl = args->ttl, .date_created = sw_wall_us() };
	ice->date_updated = ice->date_created;
	if (c->core->ice_secret.n && c->core->ice_servers.n) {
		ice->username =
			sw_str_fmt(c->arena, "%lld:%.*s", (long long)(ice->date_created / SW_US_PER_S + args->ttl),
				   SW_FMT(sw_sid_text(c->arena, c->account->sid)));
		sw_hmac_sha1(c->core->ice_secret, ice->username, mac);
		ice->password = sw_base64_encode(c->arena, (struct sw_str){ (const char *)mac, sizeof(mac) });
	}
	ice->ice_servers = servers(c, ice);
	return 0;
}

/* clang-format off */
const struct sw_endpoint identity_ice_endpoints[] = {
	{ "POST", "/2010-04-01/Accounts/{AccountSid}/Tokens.json", "CreateToken", "Make credentials for the STUN and TURN servers of this installation.", SW_STYLE_2010, "api", params, sizeof(struct ice), fields, sizeof(struct ice), 201, create, .flags = SW_READS, .rate_class = "write" },
	{ 0 },
};
/* clang-format on */
