/* nats:, tls: - JetStream by libnats. Acknowledgements come on one inbox; the library's threads only send mails. */
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/num.h"
#include "base/time.h"
#include "loop/clock.h"
#include "net/publish/nats_impl.h"

enum {
	ADDRESSES_MAX = 32,
	BACKOFF_US = 250 * 1000,
	BACKOFF_MAX_US = 5 * 1000 * 1000,
	RECONNECTS = 8,
	RECONNECT_MS = 200
};

/* ---- what the library's threads say ---- */

enum said { SAID_ACK, SAID_UNHEARD, SAID_LOST, SAID_BACK, SAID_CLOSED, SAID_ERROR };

struct news {
	struct sw_mail mail;
	struct sw_outlet *outlet;
	enum said said;
	uint64_t token;
	natsConnection *connection; /* compared only */
	size_t n;
	char text[];
};

static void on_news(struct sw_mail *mail);

static void tell(struct nats *nats, enum said said, natsConnection *connection, uint64_t token, struct sw_str text)
{
	struct news *news = malloc(sizeof(*news) + text.n + 1);
	SW_BUG_ON(!news);
	*news = (struct news){ { .deliver = on_news }, nats->outlet, said, token, connection, text.n };
	if (text.n)
		memcpy(news->text, text.p, text.n);
	news->text[text.n] = '\0';
	sw_loop_post(nats->outlet->loop, &news->mail);
}

static void on_ack(natsConnection *connection, natsSubscription *sub, natsMsg *msg, void *closure)
{
	struct sw_str subject = sw_str_of(natsMsg_GetSubject(msg));
	struct sw_str body = { natsMsg_GetData(msg), (size_t)natsMsg_GetDataLength(msg) };
	size_t at = subject.n;
	uint64_t token;
	(void)sub;
	while (at && subject.p[at - 1] != '.')
		at--;
	if (sw_num_parse_hex(sw_str_from(subject, at), &token) == 0)
		tell(closure, natsMsg_IsNoResponders(msg) ? SAID_UNHEARD : SAID_ACK, connection, token,
		     sw_str_sub(body, 0, 4096));
	natsMsg_Destroy(msg);
}

static void on_lost(natsConnection *connection, void *closure)
{
	const char *why = NULL;
	(void)natsConnection_GetLastError(connection, &why);
	tell(closure, SAID_LOST, connection, 0, sw_str_of(why));
}

static void on_back(natsConnection *connection, void *closure)
{
	tell(closure, SAID_BACK, connection, 0, SW_STR_NULL);
}

static void on_closed(natsConnection *connection, void *closure)
{
	struct nats *nats = closure;
	const char *why = NULL;
	(void)natsConnection_GetLastError(connection, &why);
	tell(nats, SAID_CLOSED, connection, 0, sw_str_of(why));
	sem_post(nats->ended);
}

static void on_error(natsConnection *connection, natsSubscription *sub, natsStatus s, void *closure)
{
	const char *why = NULL;
	(void)sub;
	(void)natsConnection_GetLastError(connection, &why);
	if (s == NATS_NOT_PERMITTED)
		tell(closure, SAID_ERROR, connection, 0, sw_str_of(why));
}

static void on_complete(void *closure)
{
	sem_post(((struct nats *)closure)->ended);
}

/* ---- a connection ---- */

/* The callbacks that come last are waited for: then nobody but us knows the outlet. */
static void disconnect(struct nats *nats)
{
	if (!nats->connection)
		return;
	natsConnection_Close(nats->connection);
	for (int i = 0; i < (nats->acks ? 2 : 1); i++)
		while (sem_wait(nats->ended) != 0)
			;
	natsSubscription_Destroy(nats->acks);
	natsConnection_Destroy(nats->connection);
	nats->acks = NULL;
	nats->connection = NULL;
}

static enum sw_publish_error error_of(natsStatus s)
{
	switch (s) {
	case NATS_CONNECTION_AUTH_FAILED:
	case NATS_NOT_PERMITTED:
		return SW_PUBLISH_AUTH;
	case NATS_SSL_ERROR:
	case NATS_SECURE_CONNECTION_WANTED:
	case NATS_SECURE_CONNECTION_REQUIRED:
		return SW_PUBLISH_TLS;
	default:
		return SW_PUBLISH_UNREACHABLE;
	}
}

static natsStatus set_tls(struct nats *nats, natsOptions *options, struct sw_arena *arena)
{
	static const char system_file[] = "/etc/ssl/certs/ca-certificates.crt";
	const struct sw_publish_url *url = &nats->outlet->url;
	struct sw_str name = url->server_name.n ? url->server_name : url->hosts[0].name;
	struct sw_str file = nats->outlet->publish->config.ca_file;
	natsStatus s = natsOptions_SetSecure(options, true);
	if (s == NATS_OK)
		s = natsOptions_SetExpectedHostname(options, sw_str_cstr(arena, name));
	if (s == NATS_OK && (file.n || access(system_file, R_OK) == 0))
		s = natsOptions_LoadCATrustedCertificates(options, file.n ? sw_str_cstr(arena, file) : system_file);
	return s;
}

static natsStatus set_options(struct nats *nats, natsOptions *options, struct sw_arena *arena, const char **servers,
			      int n)
{
	const struct sw_publish_url *url = &nats->outlet->url;
	natsStatus s = natsOptions_SetServers(options, servers, n);
	s |= natsOptions_SetName(options, "strowger");
	s |= natsOptions_SetTimeout(options, sw_publish_limits.connect_us / 1000);
	s |= natsOptions_SetMaxReconnect(options, RECONNECTS);
	s |= natsOptions_SetReconnectWait(options, RECONNECT_MS);
	s |= natsOptions_SetPingInterval(options, 5000);
	s |= natsOptions_SetMaxPingsOut(options, 2);
	s |= natsOptions_SetWriteDeadline(options, sw_publish_limits.connect_us / 1000);
	/* Addresses that a customer's server makes up are not checked by anybody. */
	s |= natsOptions_SetIgnoreDiscoveredServers(options, !nats->outlet->trusted);
	s |= natsOptions_SetDisconnectedCB(options, on_lost, nats);
	s |= natsOptions_SetReconnectedCB(options, on_back, nats);
	s |= natsOptions_SetClosedCB(options, on_closed, nats);
	s |= natsOptions_SetErrorHandler(options, on_error, nats);
	if (s == NATS_OK && url->password.p)
		s = natsOptions_SetUserInfo(options, sw_str_cstr(arena, url->user), sw_str_cstr(arena, url->password));
	else if (s == NATS_OK && url->user.p)
		s = natsOptions_SetToken(options, sw_str_cstr(arena, url->user));
	return s == NATS_OK && url->tls ? set_tls(nats, options, arena) : s;
}

static natsStatus listen_for_acks(struct nats *nats)
{
	char subject[72];
	snprintf(nats->inbox, sizeof(nats->inbox), "_INBOX.strowger.%016llx",
		 (unsigned long long)((uintptr_t)nats ^ (uint64_t)sw_mono_us()));
	natsInbox *unique = NULL;
	natsStatus s = natsInbox_Create(&unique);
	if (s == NATS_OK)
		snprintf(nats->inbox, sizeof(nats->inbox), "%s", (const char *)unique);
	natsInbox_Destroy(unique);
	snprintf(subject, sizeof(subject), "%s.*", nats->inbox);
	if (s == NATS_OK)
		s = natsConnection_Subscribe(&nats->acks, nats->connection, subject, on_ack, nats);
	if (s == NATS_OK)
		s = natsSubscription_SetOnCompleteCB(nats->acks, on_complete, nats);
	return s;
}

/* Servers by address, checked; the operator's own by name, which the library looks up each time. */
static int list_servers(struct nats *nats, struct sw_arena *arena, const char **servers,
			enum sw_publish_error *ret_error, struct sw_str *ret_why)
{
	struct sw_outlet *outlet = nats->outlet;
	struct sw_str addresses[ADDRESSES_MAX];
	size_t n = 0;
	if (!outlet->trusted)
		n = sw_publish_resolve(outlet, arena, addresses, ADDRESSES_MAX, ret_error, ret_why);
	else
		for (; n < outlet->url.hosts_n; n++) {
			struct sw_str name = outlet->url.hosts[n].name;
			addresses[n] = sw_str_fmt(arena, sw_str_index(name, ':') >= 0 ? "[%.*s]:%d" : "%.*s:%d",
						  SW_FMT(name), outlet->url.hosts[n].port);
		}
	for (size_t i = 0; i < n; i++)
		servers[i] = sw_str_cstr(
			arena, sw_str_fmt(arena, "%s://%.*s", outlet->url.tls ? "tls" : "nats", SW_FMT(addresses[i])));
	return (int)n;
}

static void connect_now(struct nats *nats, struct sw_arena *arena)
{
	const char *servers[ADDRESSES_MAX];
	enum sw_publish_error error = SW_PUBLISH_UNREACHABLE;
	struct sw_str why = SW_STR_NULL;
	natsOptions *options = NULL;
	int n = list_servers(nats, arena, servers, &error, &why);
	natsStatus s = n ? natsOptions_Create(&options) : NATS_NO_SERVER;
	if (s == NATS_OK)
		s = set_options(nats, options, arena, servers, n);
	if (s == NATS_OK)
		s = natsConnection_Connect(&nats->connection, options);
	natsOptions_Destroy(options);
	if (s == NATS_OK) {
		s = listen_for_acks(nats);
		if (s != NATS_OK)
			disconnect(nats);
	}
	if (s == NATS_OK) {
		nats->backoff_us = BACKOFF_US;
		sw_outlet_connected(nats->outlet);
		return;
	}
	if (n) {
		error = error_of(s);
		why = sw_str_fmt(arena, "%s NATS says: %s.", sw_publish_error_text(error), natsStatus_GetText(s));
	}
	nats->retry_at_us = sw_mono_us() + nats->backoff_us;
	nats->backoff_us = nats->backoff_us * 2 < BACKOFF_MAX_US ? nats->backoff_us * 2 : BACKOFF_MAX_US;
	sw_outlet_lost(nats->outlet, error, sw_str_cstr(arena, why));
}

/* ---- sending ---- */

static struct nats_slot *find_slot(struct nats *nats, uint64_t token)
{
	struct nats_slot *slot = &nats->slots[token % NATS_SLOTS];
	return slot->entry && slot->token == token ? slot : NULL;
}

bool nats_subject(const struct nats *nats, const struct sw_publish_item *item, char out[NATS_SUBJECT_BYTES])
{
	int n = snprintf(out, NATS_SUBJECT_BYTES, item->subject.n ? "%.*s.%.*s" : "%.*s%.*s",
			 SW_FMT(nats->outlet->url.place), SW_FMT(item->subject));
	return n > 0 && n < NATS_SUBJECT_BYTES;
}

static natsStatus publish(struct nats *nats, const struct sw_entry *entry)
{
	const struct sw_publish_item *item = entry->item;
	char subject[NATS_SUBJECT_BYTES], reply[96];
	natsMsg *msg = NULL;
	snprintf(reply, sizeof(reply), "%s.%llx", nats->inbox, (unsigned long long)entry->token);
	if (!nats_subject(nats, item, subject))
		return NATS_INVALID_SUBJECT;
	natsStatus s = natsMsg_Create(&msg, subject, reply, item->body.p, (int)item->body.n);
	if (s == NATS_OK) /* texts of a job end with a NUL */
		s = natsMsgHeader_Set(msg, "Nats-Msg-Id", item->id.p);
	if (s == NATS_OK && item->content_type.n)
		s = natsMsgHeader_Set(msg, "Content-Type", item->content_type.p);
	if (s == NATS_OK)
		s = natsConnection_PublishMsg(nats->connection, msg);
	natsMsg_Destroy(msg);
	return s;
}

static void nats_drop(struct sw_outlet *outlet, struct sw_entry *entry)
{
	struct nats_slot *slot = find_slot(outlet->state, entry->token);
	if (slot)
		slot->entry = NULL;
}

/* What could not be written now is sent again later, or its time ends. */
static void try_once(struct nats *nats, struct sw_entry *entry)
{
	entry->tried_us = sw_mono_us();
	natsStatus s = publish(nats, entry);
	if (s != NATS_MAX_PAYLOAD && s != NATS_INVALID_SUBJECT && s != NATS_INVALID_ARG)
		return;
	sw_entry_end(nats->outlet, entry, s == NATS_MAX_PAYLOAD ? SW_PUBLISH_TOO_LARGE : SW_PUBLISH_BAD_ITEM, NULL);
}

static void nats_send(struct sw_outlet *outlet, struct sw_entry *entry)
{
	struct nats *nats = outlet->state;
	while (nats->slots[nats->next_token % NATS_SLOTS].entry)
		nats->next_token++;
	entry->token = nats->next_token++;
	nats->slots[entry->token % NATS_SLOTS] = (struct nats_slot){ entry->token, entry };
	try_once(nats, entry);
}

/* Again what was tried longer ago; each of it has its time limit. */
static void send_again(struct nats *nats, int64_t tried_before_us)
{
	struct sw_list *sent = &nats->outlet->sent;
	for (struct sw_list *at = sent->next, *next; at != sent; at = next) {
		struct sw_entry *entry = SW_CONTAINER(at, struct sw_entry, node);
		next = at->next;
		if (entry->tried_us >= tried_before_us)
			continue;
		sw_count(&sw_publish_metrics, SW_PUBLISH_AGAIN, 1);
		try_once(nats, entry);
	}
}

/* ---- news, on the outlet's thread ---- */

/* Nobody listens on the subject: no stream, or none that is up. */
static void take_unheard(struct nats *nats, struct sw_entry *entry)
{
	char why[SW_PUBLISH_WHY_BYTES] = "", subject[NATS_SUBJECT_BYTES];
	entry->late_why = "No stream answers on the subject: its servers may not be up.";
	if (!nats->connection || !nats_subject(nats, entry->item, subject))
		return;
	enum nats_stream found = nats_find_stream(nats, subject, why);
	if (found == NATS_STREAM_NONE)
		sw_entry_end(nats->outlet, entry, SW_PUBLISH_NO_PLACE, why);
	else /* again in a quarter of a second: it has a leader soon */
		entry->tried_us = sw_mono_us() - sw_publish_limits.resend_us + BACKOFF_US;
}

/* "Permissions Violation for Publish to "events.x"": those of that subject. */
static void take_refusal(struct nats *nats, struct sw_str text)
{
	char subject[NATS_SUBJECT_BYTES + 2];
	struct sw_list *sent = &nats->outlet->sent;
	for (struct sw_list *at = sent->next, *next; at != sent; at = next) {
		struct sw_entry *entry = SW_CONTAINER(at, struct sw_entry, node);
		next = at->next;
		subject[0] = '"';
		if (!nats_subject(nats, entry->item, subject + 1))
			continue;
		memcpy(subject + strlen(subject), "\"", 2);
		if (sw_str_find(text, sw_str_of(subject)) < 0)
			continue;
		sw_entry_end(nats->outlet, entry, SW_PUBLISH_AUTH, NULL);
	}
}

static void take_news(struct nats *nats, const struct news *news)
{
	struct sw_outlet *outlet = nats->outlet;
	struct nats_slot *slot = find_slot(nats, news->token);
	struct sw_str text = { news->text, news->n };
	bool present = news->connection == nats->connection;
	switch (news->said) {
	case SAID_ACK:
		if (slot)
			nats_take_ack(nats, slot->entry, text);
		break;
	case SAID_UNHEARD:
		if (slot && present)
			take_unheard(nats, slot->entry);
		break;
	case SAID_LOST:
		if (present)
			sw_outlet_lost(outlet, SW_PUBLISH_UNREACHABLE, "The connection to the NATS server was lost.");
		break;
	case SAID_BACK:
		if (present) {
			sw_outlet_connected(outlet);
			send_again(nats, INT64_MAX);
		}
		break;
	case SAID_CLOSED:
		if (present) {
			disconnect(nats);
			sw_outlet_lost(outlet, SW_PUBLISH_UNREACHABLE, "The connection to the NATS server was lost.");
		}
		break;
	case SAID_ERROR:
		take_refusal(nats, text);
		break;
	}
}

static void on_news(struct sw_mail *mail)
{
	struct news *news = SW_CONTAINER(mail, struct news, mail);
	struct sw_outlet *outlet = news->outlet;
	if (outlet->state) { /* it is gone when the outlet has closed */
		take_news(outlet->state, news);
		sw_outlet_pump(outlet);
	}
	free(news);
}

/* ---- the kind ---- */

static void nats_open(struct sw_outlet *outlet)
{
	struct nats *nats = calloc(1, sizeof(*nats));
	SW_BUG_ON(!nats);
	nats->outlet = outlet;
	nats->backoff_us = BACKOFF_US;
	sw_arena_init(&nats->scratch);
	nats->ended = malloc(sizeof(sem_t));
	SW_BUG_ON(!nats->ended || sem_init(nats->ended, 0, 0));
	outlet->state = nats;
}

static bool nats_ready(struct sw_outlet *outlet)
{
	struct nats *nats = outlet->state;
	struct sw_arena arena;
	if (nats->connection)
		return outlet->connected; /* else the library looks for a server */
	if (sw_mono_us() >= nats->retry_at_us && !outlet->ending) {
		sw_arena_init(&arena);
		connect_now(nats, &arena);
		sw_arena_done(&arena);
	}
	if (nats->connection) {
		send_again(nats, INT64_MAX);
		return true;
	}
	/* Whoever publishes decides when to come again. */
	sw_outlet_fail_all(outlet, outlet->trouble ? outlet->trouble : SW_PUBLISH_CLOSED,
			   outlet->trouble ? outlet->why : NULL);
	return false;
}

static void nats_tick(struct sw_outlet *outlet)
{
	struct nats *nats = outlet->state;
	if (nats_ready(outlet))
		send_again(nats, sw_mono_us() - sw_publish_limits.resend_us);
}

static void nats_close(struct sw_outlet *outlet)
{
	struct nats *nats = outlet->state;
	disconnect(nats);
	sem_destroy(nats->ended);
	free(nats->ended);
	sw_arena_done(&nats->scratch);
	free(nats);
}

static const char *nats_check(const struct sw_publish_url *url)
{
	bool token = false;
	for (size_t i = 0; i < url->place.n; i++) {
		char c = url->place.p[i];
		if (c == '*' || c == '>' || (c == '.' && !token))
			return "The subject has wildcards or empty parts.";
		token = c != '.';
	}
	for (size_t i = 0; i < url->stream.n; i++)
		if (strchr(".*>/\\", url->stream.p[i]))
			return "The stream's name has one of the characters . * > / \\ in it.";
	if (!token)
		return "The subject has wildcards or empty parts.";
	return url->tls && url->hosts_n > 1 && !url->server_name.n
		       ? "With several hosts over TLS, say which name their certificates carry: ?server_name=NAME."
		       : NULL;
}

static const char *const nats_options[] = { "stream", "replicas", "max_age_h", "server_name", NULL };

#define NATS_KIND(scheme_, tls_)                                                                                  \
	{                                                                                                         \
		.scheme = (scheme_), .tls = (tls_), .port = 4222, .needs_host = true, .needs_place = true,        \
		.place = "subject", .options = nats_options, .check = nats_check, .open = nats_open,              \
		.ready = nats_ready, .send = nats_send, .tick = nats_tick, .drop = nats_drop, .close = nats_close \
	}

const struct sw_publish_kind sw_publish_nats = NATS_KIND("nats", false);
const struct sw_publish_kind sw_publish_nats_tls = NATS_KIND("tls", true);
