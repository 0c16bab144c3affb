/*
 * main/run/run.h - strowger run: any program, its SDK led here.
 *
 * run_place.c  the authority, and what programs of each kind need to trust it
 * run_env.c    the environment that leads a program to the proxy
 * run_proxy.c  the proxy: connections and what flows through them
 * run_http.c   what a client asks of a proxy (RFC 9110 section 9.3.6, RFC 9112 section 3.2.2)
 * run_upstream.c  the proxy of this machine, on the way to other hosts
 * run_socks.c  the same by SOCKS 5 (RFC 1928), for programs of the JVM
 *
 * The proxy listens on loopback only.  It speaks TLS in the name of the hosted services and passes what comes on to the
 * server; every other host is reached untouched.
 */
#ifndef SW_MAIN_RUN_RUN_H
#define SW_MAIN_RUN_RUN_H

#include "base/arena.h"
#include "main/command.h"
#include "net/authority.h"

/* The folder of this user, with the authority and what is made of it. */
struct run_place {
	struct sw_authority *authority;
	struct sw_str dir, node, bundle, trust_store, php, python, hosts; /* paths */
};
void run_place_close(struct run_place *place);
/** @return 0 or an exit code; says on standard error what is wrong */
int run_place_open(struct sw_arena *arena, struct run_place *ret) SW_MUST_CHECK;

struct run_settings {
	const struct run_place *place;
	const struct client *client;
	int port;
	bool keep_credentials; /* leave the account to the program */
	bool offline;          /* no name server is there: the JVM takes names from a file */
};
/* A variable to set; value absent: to unset. */
struct run_variable {
	const char *name;
	struct sw_str value;
};
#define RUN_VARIABLES_MAX 32
size_t run_variables(struct sw_arena *arena, const struct run_settings *settings,
		     struct run_variable ret[RUN_VARIABLES_MAX]);
/** The environment of this process with those in it, for exec. */
char **run_environment(struct sw_arena *arena, const struct run_settings *settings);

struct sw_loop;
struct run_proxy;
struct run_proxy_config {
	const struct client *client; /* the server: a URL of scheme, host and port; whom to trust there */
	struct sw_authority *authority;
	int port; /* 0: any free one */
};
/** @return 0 or an exit code; says on standard error what is wrong */
int run_proxy_open(struct sw_loop *loop, const struct run_proxy_config *config, struct run_proxy **ret) SW_MUST_CHECK;
int run_proxy_port(const struct run_proxy *proxy);
/** Its connections end. */
void run_proxy_close(struct run_proxy *proxy);

#endif
