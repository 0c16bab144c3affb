/*
 * The HTTP server alone: one loop, a fixed 201 of 710 bytes to every request.
 * http_bench [PORT [CERTIFICATE KEY]]; prints the port, ends on SIGTERM.  Driven by bench/http-vs-nginx, and with PEM
 * files for TLS by bench/https-vs-http.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "loop/loop.h"
#include "net/http_server.h"
#include "net/metrics.h"
#include "net/tls.h"

static struct sw_loop *loop;
static char body[710];

static void on_request(void *owner, struct sw_http_request *request)
{
	(void)owner;
	struct sw_http_reply reply = { .status = 201,
				       .content_type = SW_S("application/json"),
				       .body = { body, sizeof(body) } };
	sw_http_reply(request, &reply);
}

static struct sw_http_server *server;

static void on_drained(void *arg)
{
	sw_loop_stop(arg);
}

static void on_end(struct sw_mail *mail)
{
	(void)mail;
	sw_http_server_drain(server, on_drained, loop);
}

/* Posting is an atomic exchange and a write: allowed in a signal handler. */
static void on_term(int number)
{
	static struct sw_mail mail = { .deliver = on_end };
	signal(number, SIG_DFL);
	sw_loop_post(loop, &mail);
}

static struct sw_str read_file(struct sw_arena *arena, const char *path)
{
	char *text = sw_arena_bytes(arena, 64 * 1024);
	FILE *file = fopen(path, "re");
	size_t n = file ? fread(text, 1, 64 * 1024, file) : 0;
	if (file)
		fclose(file);
	return (struct sw_str){ text, n };
}

static struct sw_tls *read_tls(const char *certificate, const char *key)
{
	struct sw_arena *arena = sw_arena_new();
	struct sw_tls *tls;
	const char *why;
	if (sw_tls_server_new(arena, read_file(arena, certificate), read_file(arena, key), &tls, &why)) {
		fprintf(stderr, "http_bench: %s %s\n", certificate, why);
		exit(1);
	}
	sw_arena_free(arena);
	return tls;
}

int main(int argc, char **argv)
{
	struct sw_http_server_config config = { .address = SW_S("127.0.0.1"),
						.port = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 0,
						.tls = argc > 3 ? read_tls(argv[2], argv[3]) : NULL,
						.on_request = on_request };
	memset(body, 'j', sizeof(body));
	sw_net_register_metrics();
	loop = sw_loop_new("http");
	int err = sw_http_server_open(loop, &config, &server);
	if (err) {
		fprintf(stderr, "http_bench: %s\n", sw_err_text(err));
		return 1;
	}
	signal(SIGTERM, on_term);
	printf("%d\n", sw_http_server_port(server));
	fflush(stdout);
	sw_loop_run(loop);
	sw_loop_free(loop);
	return 0;
}
