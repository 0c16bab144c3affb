#include "main/server.h"

#include <errno.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/list.h"
#include "base/log.h"
#include "base/num.h"
#include "base/time.h"
#include "carrier/smpp/smpp.h"
#include "core/alert/alert.h"
#include "core/limit/limit.h"
#include "core/secret.h"
#include "core/webhook.h"
#include "carrier/carrier_api.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "main/command.h"
#include "main/lint.h"
#include "main/modules.h"
#include "main/open.h"
#include "main/secret.h"
#include "main/tls/certificate.h"
#include "net/courier.h"
#include "net/metrics.h"
#include "net/publish.h"
#include "product/event/event_follow.h"
#include "product/message/message.h"
#include "product/usage/usage_count.h"
#include "store/attempt.h"

enum {
	LOOPS_MAX = 64,
	DRAIN_S = 2,
	ADDRESS_RATE_MAX = 1000000000,
	EVENT_DAYS_MAX = 3650,
	DAYS_MAX = 3660,
	REPLAY_RATE_MAX = 1000,
	HSTS_DAYS = 180
};

/* One HTTP loop and its listener. */
struct front {
	struct sw_mail mail, cancel; /* ask it to drain, and to hurry */
	struct sw_loop *loop;
	struct sw_http_server *http;
	struct server *server;
};

struct server {
	struct sw_arena *arena; /* of the command */
	const struct config *config;
	struct sw_str dir; /* of the store; absent in memory */
	struct sw_core core;
	struct sw_account account;
	bool created, fronts_run, due_runs, carriers_run, noted;
	/* settings as values: */
	struct sw_str address;
	int64_t port, loops_wanted;
	struct sw_tier tiers[SW_TIERS_MAX];
	struct sw_tier_config tier_config;
	int64_t address_rate_s;
	struct sw_attempt_config attempts;
	int64_t dead_letter_days, replay_rate, alert_days, event_days;
	struct sw_courier *courier;
	struct sw_publish *publish;
	struct sw_loop *carrier_loop;
	struct sw_carrier *carriers[SW_CARRIERS_MAX];
	unsigned carriers_n;
	struct sw_api *api;
	struct front fronts[LOOPS_MAX];
	struct sw_loop *loops[LOOPS_MAX];
	unsigned loops_n;
	sem_t drained;
	struct sw_str url, ca_file;
	struct certificate *certificate; /* NULL: plain HTTP */
};

/* ---- ending, in the order that things depend on each other ---- */

static void on_drained(void *arg)
{
	struct server *server = arg;
	sem_post(&server->drained);
}

static void deliver_drain(struct sw_mail *mail)
{
	struct front *front = SW_CONTAINER(mail, struct front, mail);
	struct sw_http_server *http = front->http;
	front->http = NULL;
	sw_http_server_drain(http, on_drained, front->server);
}

static void deliver_cancel(struct sw_mail *mail)
{
	struct front *front = SW_CONTAINER(mail, struct front, cancel);
	sw_loop_cancel_tasks(front->loop);
}

/* Requests get a while to end by themselves; then those that only wait for something to happen are cut short. */
static void drain_fronts(struct server *server)
{
	struct timespec limit;
	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += DRAIN_S;
	unsigned open = 0;
	for (unsigned i = 0; i < server->loops_n; i++) {
		if (!server->fronts[i].http)
			continue;
		open++;
		server->fronts[i].mail.deliver = deliver_drain;
		sw_loop_post(server->fronts[i].loop, &server->fronts[i].mail);
	}
	bool cut = false;
	for (unsigned i = 0; i < open;) {
		int got = cut ? sem_wait(&server->drained) : sem_timedwait(&server->drained, &limit);
		if (got == 0)
			i++;
		else if (errno == ETIMEDOUT && !cut) {
			cut = true;
			for (unsigned k = 0; k < server->loops_n; k++) {
				server->fronts[k].cancel.deliver = deliver_cancel;
				sw_loop_post(server->fronts[k].loop, &server->fronts[k].cancel);
			}
		}
	}
}

static void end_loop(struct sw_loop *loop, bool runs)
{
	if (loop && runs) {
		sw_loop_stop(loop);
		sw_loop_join(loop);
	}
}

/* Together: a task of one may wait for another, as the loader of what is due does for whom it deals rows to. */
static void finish_loops(struct server *server, struct sw_loop *carriers)
{
	struct sw_loop **all = SW_ARENA_ARRAY(server->arena, struct sw_loop *, server->loops_n + 1);
	unsigned n = 0;
	for (; n < server->loops_n; n++)
		all[n] = server->fronts[n].loop;
	if (carriers)
		all[n++] = carriers;
	sw_loops_finish(all, n);
}

void server_stop(struct server *server)
{
	for (unsigned i = 0; i < server->loops_n && !server->fronts_run; i++)
		sw_loop_start(
			server->fronts[i].loop); /* a start that failed half way: listeners are closed on their loops */
	if (server->due_runs)
		sw_due_stop(server->core.store); /* what falls due from now on waits for the next start */
	drain_fronts(server);
	for (unsigned i = 0; i < server->carriers_n && server->carriers_run; i++)
		sw_carrier_stop(
			server->carriers[i]); /* from here on nothing comes from them to the loops that end next */
	for (unsigned i = 0; i < server->loops_n; i++)
		end_loop(server->fronts[i].loop, true);
	if (server->courier)
		sw_courier_stop(server->courier); /* ends what tasks wait for */
	if (server->publish)
		sw_publish_stop(server->publish);
	finish_loops(server, NULL); /* suspended tasks end here: the store and the carriers still answer */
	end_loop(server->carrier_loop, server->carriers_run);
	finish_loops(server, server->carrier_loop); /* what carriers said meanwhile, and what they were answered */
	for (unsigned i = 0; i < server->carriers_n; i++)
		sw_carrier_close(server->carriers[i]);
	if (server->core.store)
		sw_quota_settle_now(&server->core);
	certificate_free(server->certificate);
	for (unsigned i = 0; i < server->loops_n; i++)
		sw_loop_free(server->fronts[i].loop);
	sw_loop_free(server->carrier_loop);
	sw_courier_free(server->courier);
	sw_publish_free(server->publish);
	sw_api_free(server->api);
	sw_attempt_close(server->core.attempts);
	if (server->noted) /* before the store is free for another server, whose note it then is */
		note_remove(server->arena, server->dir);
	if (server->core.store)
		sw_store_close(server->core.store);
	free(server);
}

/* ---- starting ---- */

static int complain(const char *what, struct sw_str why)
{
	fprintf(stderr, "strowger: %s: %.*s\n", what, SW_FMT(why));
	return EXIT_FAILED;
}

static int wrong_setting(const char *flag, const char *want)
{
	fprintf(stderr, "strowger: %s must be %s\n", flag, want);
	return EXIT_USAGE;
}

static int read_tiers(struct server *server)
{
	const struct config *config = server->config;
	struct sw_str why;
	for (unsigned i = 0; i < config->tiers_n; i++) {
		if (sw_tier_parse(server->arena, config->tiers[i].name, config->tiers[i].text, &server->tiers[i], &why))
			return complain("the configuration", why);
		server->tiers[i].source = SW_TIER_CONFIGURED;
	}
	server->tier_config = (struct sw_tier_config){ server->tiers, config->tiers_n, config->tier };
	if (!sw_tier_declared(&server->tier_config, config->tier))
		return wrong_setting("--tier",
				     "free, growth, scale, or declared by tier.NAME in the configuration file");
	return 0;
}

/* "500M" */
static int read_bytes(struct sw_str text, int64_t *ret)
{
	static const char units[] = "kMGT";
	const char *unit = text.n ? strchr(units, text.p[text.n - 1]) : NULL;
	if (sw_num_parse(sw_str_sub(text, 0, text.n - (unit != NULL)), ret) || *ret < 0 || *ret > 1 << 20)
		return unit || *ret < 0 ? SW_EINVAL : sw_num_parse(text, ret);
	for (const char *u = units; unit && u <= unit; u++)
		*ret *= 1024;
	return 0;
}

static int read_retention(struct server *server)
{
	const struct config *config = server->config;
	int64_t days;
	if (read_bytes(config->attempts_bytes, &server->attempts.max_bytes))
		return wrong_setting("--attempts-bytes", "bytes, such as 0, 500M or 20G");
	if (sw_num_parse(config->attempts_days, &days) || days < 1 || days > DAYS_MAX)
		return wrong_setting("--attempts-days", "a number from 1 to 3660");
	server->attempts.max_age_us = days * SW_US_PER_DAY;
	if (sw_num_parse(config->dead_letter_days, &server->dead_letter_days) || server->dead_letter_days < 0 ||
	    server->dead_letter_days > DAYS_MAX)
		return wrong_setting("--dead-letter-days", "a number from 0 to 3660");
	if (sw_num_parse(config->replay_rate, &server->replay_rate) || server->replay_rate < 1 ||
	    server->replay_rate > REPLAY_RATE_MAX)
		return wrong_setting("--replay-rate", "a number from 1 to 1000");
	return 0;
}

/* What is wrong with the settings is said before anything is opened or made. */
static int read_settings(struct server *server)
{
	const struct config *config = server->config;
	struct sw_str listen = config->listen;
	size_t at = listen.n;
	while (at > 0 && listen.p[at - 1] != ':')
		at--;
	if (at < 2 || sw_num_parse(sw_str_from(listen, at), &server->port) || server->port < 0 || server->port > 65535)
		return wrong_setting(
			"--listen",
			"ADDRESS:PORT, for example 127.0.0.1:8080, or 0.0.0.0:8080 for every address of this machine");
	server->address = sw_str_sub(listen, 0, at - 1);
	if (sw_str_is(server->address, "localhost"))
		server->address = SW_S("127.0.0.1");
	if (server->address.n > 2 && server->address.p[0] == '[')
		server->address = sw_str_sub(server->address, 1, server->address.n - 2);
	if (sw_num_parse(config->loops, &server->loops_wanted) || server->loops_wanted < 0 ||
	    server->loops_wanted > LOOPS_MAX)
		return wrong_setting("--loops", "a number from 0 to 64");
	if (sw_num_parse(config->address_rate, &server->address_rate_s) || server->address_rate_s < 0 ||
	    server->address_rate_s > ADDRESS_RATE_MAX)
		return wrong_setting("--address-rate", "a number from 0 to 1000000000");
	if (sw_num_parse(config->alert_days, &server->alert_days) ||
	    server->alert_days < sw_alert_limits.keep_days_least || server->alert_days > sw_alert_limits.keep_days_most)
		return wrong_setting("--alert-days", "a number from 1 to 3650");
	if (sw_num_parse(config->event_days, &server->event_days) || server->event_days < 0 ||
	    server->event_days > EVENT_DAYS_MAX)
		return wrong_setting("--event-days", "a number from 0 to 3650");
	if (sw_micros_parse(config->opening_balance, &server->core.opening_micros) || server->core.opening_micros < 0)
		return wrong_setting("--opening-balance", "an amount such as 100 or 99.50");
	int code = read_retention(server);
	if (!code)
		code = read_tiers(server);
	return code ? code : certificate_open(server->arena, config, &server->certificate);
}

static int open_core(struct server *server)
{
	struct sw_str why = SW_S("the store refused");
	struct sw_store *store;
	int code = command_open_store(server->arena, server->config, false, &store);
	if (code)
		return code;
	int64_t opening_micros = server->core.opening_micros;
	sw_core_init(&server->core, store);
	server->core.opening_micros = opening_micros;
	server->core.tiers = &server->tier_config;
	server->core.dead_letter_us = server->dead_letter_days * SW_US_PER_DAY;
	server->core.replay_rate = server->replay_rate;
	server->core.address_rate_s = server->address_rate_s;
	server->core.alert_days = server->alert_days;
	server->core.event_days = server->event_days;
	server->core.virtual_clock = sw_str_is(server->config->virtual_clock, "true");
	if (sw_core_load_key(&server->core, server->arena, server->dir, &why))
		return complain("the installation key", why);
	int err = sw_account_bootstrap_now(&server->core, server->arena, server->config->account_sid,
					   server->config->auth_token, &server->account, &server->created, &why);
	server->core.operator_sid = server->account.sid;
	return err ? complain("the first account", why) : 0;
}

/* Less than the store: what went out, kept beside it. */
static int open_attempts(struct server *server)
{
	struct sw_str why = SW_S("it cannot be opened");
	if (!server->attempts.max_bytes)
		return 0;
	sw_metric_register(&sw_attempt_metrics);
	server->attempts.url = sw_str_cstr(server->arena, server->config->store);
	return sw_attempt_open(server->arena, &server->attempts, &server->core.attempts, &why)
		       ? complain("the attempt log", why)
		       : 0;
}

/* What POST Tokens hands out. */
static int read_ice(struct server *server)
{
	struct sw_str rest = server->config->ice_servers, why;
	struct sw_core *core = &server->core;
	core->ice_servers.v = SW_ARENA_ARRAY(server->arena, struct sw_str, rest.n + 1);
	while (rest.n) {
		struct sw_str url = sw_str_trim(sw_str_cut(&rest, ','));
		if (!sw_str_starts(url, SW_S("stun:")) && !sw_str_starts(url, SW_S("turn:")) &&
		    !sw_str_starts(url, SW_S("turns:")) && !sw_str_starts(url, SW_S("stuns:")))
			return wrong_setting("--ice-servers",
					     "URLs such as stun:HOST:3478 or turn:HOST:3478?transport=udp");
		core->ice_servers.v[core->ice_servers.n++] = url;
	}
	if (sw_secret_read(server->arena, server->config->ice_secret, &core->ice_secret, &why))
		return complain("the setting ice_secret", why);
	return 0;
}

static int open_carriers(struct server *server)
{
	server->carrier_loop = sw_loop_new("carrier");
	const struct sw_carrier_env env = { &server->core, server->courier, server->carrier_loop };
	for (unsigned i = 0; i < server->config->carriers; i++) {
		struct sw_str why, url, name = server->config->carrier[i].name;
		if (secret_fill(server->arena, server->config->carrier[i].url, &url, &why) ||
		    sw_carrier_open(server->arena, sw_carrier_kinds, name, url, &env, &server->carriers[i], &why))
			return complain(
				sw_str_cstr(server->arena, sw_str_fmt(server->arena, "carrier %.*s", SW_FMT(name))),
				why);
		server->carriers_n++;
	}
	return 0;
}

/* Their URLs, before anything is made: a carrier that is not started keeps nothing and reaches nobody. */
static int try_carriers(struct sw_arena *arena, const struct config *config)
{
	const struct sw_carrier_env env = { .loop = sw_loop_new("carrier") };
	int code = 0;
	for (unsigned i = 0; i < config->carriers && !code; i++) {
		struct sw_carrier *carrier;
		struct sw_str why, url, name = config->carrier[i].name;
		if (secret_fill(arena, config->carrier[i].url, &url, &why) ||
		    sw_carrier_open(arena, sw_carrier_kinds, name, url, &env, &carrier, &why))
			code = complain(sw_str_cstr(arena, sw_str_fmt(arena, "carrier %.*s", SW_FMT(name))), why);
		else
			sw_carrier_close(carrier);
	}
	sw_loop_free(env.loop);
	return code;
}

int server_check(struct sw_arena *arena, const struct config *config)
{
	struct server *server = calloc(1, sizeof(*server));
	SW_BUG_ON(!server);
	server->arena = arena;
	server->config = config;
	int code = read_settings(server);
	if (!code && !sw_str_starts(config->store, SW_S("sqlite:")))
		code = complain("the store", sw_str_fmt(arena, "%.*s: only sqlite:DIR and sqlite::memory: are there",
							SW_FMT(config->store)));
	if (!code)
		code = try_carriers(arena, config);
	certificate_free(server->certificate);
	free(server);
	return code;
}

static int open_front(struct server *server)
{
	struct front *front = &server->fronts[server->loops_n];
	*front = (struct front){ .loop = sw_loop_new("http"), .server = server };
	server->loops[server->loops_n++] = front->loop;
	const struct sw_http_server_config http = {
		.address = server->address,
		.port = (int)server->port,
		.join = server->loops_n > 1,
		.limits = &sw_http_default_limits,
		.on_request = sw_api_on_request,
		.error_body = sw_api_error_body,
		.owner = server->api,
		.tls = server->certificate ? certificate_tls(server->certificate) : NULL,
		.hsts_s = is_loopback(server->address) ? 0 : HSTS_DAYS * SW_US_PER_DAY / SW_US_PER_S,
	};
	int err = sw_http_server_open(front->loop, &http, &front->http);
	if (err == SW_EBUSY)
		return complain("cannot listen", sw_str_fmt(server->arena,
							    "another program has %.*s; end it, or choose another "
							    "address with --listen (port 0: any free one)",
							    SW_FMT(server->config->listen)));
	if (err)
		return complain("cannot listen",
				sw_str_fmt(server->arena, "%.*s: %s", SW_FMT(server->config->listen),
					   err == SW_EINVAL ? "the address must be an IP number of this machine"
							    : sw_err_text(err)));
	server->port = sw_http_server_port(front->http);
	return 0;
}

static int open_fronts(struct server *server)
{
	int code = 0;
	int64_t n = server->loops_wanted ? server->loops_wanted : sysconf(_SC_NPROCESSORS_ONLN);
	for (int64_t i = 0; i < n && i < LOOPS_MAX && !code; i++)
		code = open_front(server);
	bool six = sw_str_index(server->address, ':') >= 0;
	server->url = sw_str_fmt(server->arena, "http%s://%s%.*s%s:%lld", server->certificate ? "s" : "",
				 six ? "[" : "", SW_FMT(server->address), six ? "]" : "", (long long)server->port);
	return code;
}

/* ---- the certificate ---- */

static int write_note(struct sw_arena *arena, const struct server *server)
{
	struct sw_str known = server->certificate ? certificate_known(arena, server->certificate) : SW_S("");
	return note_write(arena, server->dir, &server->core, server->url, &server->account, known);
}

/* On the first loop. */
static void on_certificate(void *owner)
{
	struct server *server = owner;
	struct sw_arena arena;
	for (unsigned i = 0; i < server->loops_n; i++)
		certificate_show(server->certificate, server->fronts[i].loop, &server->fronts[i].http);
	sw_arena_init(&arena);
	if (server->dir.p && write_note(&arena, server))
		sw_warn("main", "the note server.run could not be written: send and tail will not trust this server");
	sw_arena_done(&arena);
}

void server_reload(struct server *server)
{
	if (server->certificate)
		certificate_reload(server->certificate);
	else
		sw_info("main", "SIGHUP: without tls_cert there is nothing to read again");
}

static int run(struct server *server)
{
	const struct message_roads message_road = {
		.core = &server->core,
		.carriers = server->carriers,
		.carriers_n = server->carriers_n,
		.loops = server->loops,
		.loops_n = server->loops_n,
		.courier = server->courier,
		.api = server->api,
	};
	message_set_roads(&message_road);
	sw_carriers_serve(server->carriers, server->carriers_n);
	sw_loop_start(server->carrier_loop);
	server->carriers_run = true;
	server->core.public_url = server->config->public_url.n ? server->config->public_url : server->url;
	event_follow(server->loops, server->loops_n, &server->core, server->api);
	usage_follow(server->loops[0], &server->core, server->api);
	if (server->certificate) {
		server->ca_file = certificate_ca_file(server->arena, server->certificate);
		certificate_follow(server->certificate, server->loops[0], on_certificate, server);
	}
	server->noted = server->dir.p && write_note(server->arena, server) == 0;
	if (server->dir.p && !server->noted)
		sw_warn("main", "the note server.run could not be written: send and tail will need settings");
	for (unsigned i = 0; i < server->loops_n; i++)
		sw_loop_start(server->fronts[i].loop);
	server->fronts_run = true;
	int err = sw_due_start(server->core.store, sw_module_dues(server->arena), server->loops, server->loops_n);
	if (err)
		return complain("the due queue", sw_str_of(sw_err_text(err)));
	server->due_runs = true;
	for (unsigned i = 0; i < server->carriers_n; i++)
		sw_carrier_start(server->carriers[i]);
	return 0;
}

int server_start(struct sw_arena *arena, const struct config *config, struct server **ret)
{
	struct server *server = calloc(1, sizeof(*server));
	SW_BUG_ON(!server);
	server->arena = arena;
	sem_init(&server->drained, 0, 0);
	server->config = config;
	server->dir = config_store_dir(arena, config);
	int code = read_settings(server);
	if (!code)
		code = try_carriers(arena, config);
	/* A server for this machine alone: developers' own endpoints are here.  Others' URLs stay out of it. */
	const bool private = sw_str_is(config->allow_private, "true");
	const struct sw_courier_config courier = {
		.allow_private = private,
		.allow_loopback = private || is_loopback(server->address),
	};
	const struct sw_publish_config publish = { .allow_private = courier.allow_private,
						   .allow_loopback = courier.allow_loopback };
	if (!code)
		code = open_core(server);
	if (!code)
		code = open_attempts(server);
	if (!code)
		code = read_ice(server);
	if (!code) {
		sw_net_register_metrics();
		sw_metric_register(&sw_webhook_metrics);
		server->courier = server->core.courier = sw_courier_new(&courier);
		server->publish = server->core.publish = sw_publish_new(&publish);
		code = open_carriers(server);
	}
	if (!code) {
		sw_metric_register(&sw_carrier_metrics);
		sw_metric_register(&sw_carrier_smpp_metrics);
		server->api = sw_api_new(&server->core, sw_modules);
		server->core.events = sw_api_events(server->api);
		code = open_fronts(server);
	}
	if (!code)
		code = run(server);
	if (code && server->created) /* the next start will not say it: it finds the account there */
		fprintf(stderr, "strowger: the store has its first account now: %.*s, auth token %.*s\n",
			SW_FMT(sw_sid_text(arena, server->account.sid)), SW_FMT(server->account.token));
	if (code)
		server_stop(server);
	else
		*ret = server;
	return code;
}

struct sw_str server_url(const struct server *server)
{
	return server->url;
}

struct sw_str server_ca_file(const struct server *server)
{
	return server->ca_file;
}

const struct sw_account *server_account(const struct server *server)
{
	return &server->account;
}

bool server_created_account(const struct server *server)
{
	return server->created;
}
