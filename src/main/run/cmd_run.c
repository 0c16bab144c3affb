/* strowger run: any program, its SDK led to this server; and strowger env, the same for a shell. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
#include <uv.h>

#include "base/log.h"
#include "base/num.h"
#include "loop/loop.h"
#include "main/run/run.h"

enum { EXIT_NO_PROGRAM = 127, PORT = 8079 };

static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 };

/* A program and the proxy beside it. */
struct run {
	struct run_place place;
	struct client client;
	struct run_settings settings;
	struct sw_loop *loop;
	struct run_proxy *proxy;
	uv_process_t process;
	uv_signal_t signals[SW_COUNTOF(signals)];
	bool running;
	int code;
};

/* ---- words ---- */

struct words {
	struct sw_strs command; /* behind "--" */
	int64_t port;
};

static int read_port(const struct command *command, struct sw_strs *words, int64_t *ret)
{
	struct sw_str port = command_option(words, "port");
	if (port.p && (sw_num_parse(port, ret) || *ret < 1 || *ret > 65535))
		return command_usage(command, "--port must be a number from 1 to 65535");
	return 0;
}

static int read_words(const struct sw_strs *given, struct run_settings *settings, struct words *ret)
{
	struct sw_strs words = *given;
	size_t own = 0;
	while (own < words.n && !sw_str_is(words.v[own], "--"))
		own++;
	bool separated = own < words.n;
	*ret = (struct words){ .port = separated ? 0 : PORT };
	if (separated)
		ret->command = (struct sw_strs){ words.v + own + 1, words.n - own - 1 };
	words.n = own;
	settings->keep_credentials = command_flag(&words, "keep-credentials");
	settings->offline = command_flag(&words, "offline");
	int code = read_port(&command_run, &words, &ret->port);
	if (!code && words.n)
		code = command_usage(&command_run, "'%.*s' is not understood; a program stands behind --",
				     SW_FMT(words.v[0]));
	if (!code && separated && !ret->command.n)
		code = command_usage(&command_run, "no program stands behind --");
	return code;
}

/* ---- the program ---- */

/* In the foreground of a terminal its keys reach the program too; a second SIGINT would mean more than the first. */
static bool terminal_tells(void)
{
	int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
	bool tells = fd >= 0 && tcgetpgrp(fd) == getpgrp();
	if (fd >= 0)
		close(fd);
	return tells;
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct run *run = handle->data;
	if (!run->running)
		sw_loop_stop(run->loop);
	else if ((number != SIGINT && number != SIGQUIT) || !terminal_tells())
		uv_process_kill(&run->process, number);
}

static void on_exit_(uv_process_t *process, int64_t status, int number)
{
	struct run *run = process->data;
	run->code = number ? 128 + number : (int)status;
	run->running = false;
	sw_loop_stop(run->loop);
}

static int start_program(struct sw_arena *arena, struct run *run, const struct sw_strs *command)
{
	char **words = SW_ARENA_ARRAY(arena, char *, command->n + 1);
	for (size_t i = 0; i < command->n; i++)
		words[i] = (char *)sw_str_cstr(arena, command->v[i]);
	uv_stdio_container_t files[3];
	for (int i = 0; i < 3; i++)
		files[i] = (uv_stdio_container_t){ .flags = UV_INHERIT_FD, .data.fd = i };
	const uv_process_options_t options = {
		.file = words[0],
		.args = words,
		.env = run_environment(arena, &run->settings),
		.stdio = files,
		.stdio_count = 3,
		.exit_cb = on_exit_,
	};
	run->process.data = run;
	int err = uv_spawn(sw_loop_uv(run->loop), &run->process, &options);
	if (err)
		fprintf(stderr, "strowger run: %s cannot be started: %s\n", words[0], uv_strerror(err));
	run->running = !err;
	return err ? EXIT_NO_PROGRAM : 0;
}

static void watch_signals(struct run *run)
{
	for (size_t i = 0; i < SW_COUNTOF(signals); i++) {
		run->signals[i].data = run;
		uv_signal_init(sw_loop_uv(run->loop), &run->signals[i]);
		uv_signal_start(&run->signals[i], on_signal, signals[i]);
	}
}

static void stop(struct run *run, bool spawned)
{
	for (size_t i = 0; i < SW_COUNTOF(signals); i++)
		uv_close((uv_handle_t *)&run->signals[i], NULL);
	if (spawned)
		uv_close((uv_handle_t *)&run->process, NULL);
}

static int run_with_proxy(struct sw_arena *arena, struct run *run, const struct words *words)
{
	const struct run_proxy_config config = { .client = &run->client,
						 .authority = run->place.authority,
						 .port = (int)words->port };
	bool spawned = false;
	int code = run_proxy_open(run->loop, &config, &run->proxy);
	if (code)
		return code;
	run->settings.port = run_proxy_port(run->proxy);
	watch_signals(run);
	if (words->command.n) {
		code = start_program(arena, run, &words->command);
		spawned = true; /* also when it failed, the handle is libuv's */
	} else {
		printf("ready http://127.0.0.1:%d\n", run->settings.port);
		fprintf(stderr, "in a shell: eval \"$(strowger env --port %d)\"\n", run->settings.port);
		fflush(stdout);
	}
	if (!code)
		sw_loop_run(run->loop);
	stop(run, spawned);
	run_proxy_close(run->proxy);
	return code ? code : run->code;
}

static int run_program(struct sw_arena *arena, const struct config *config, const struct sw_strs *given)
{
	struct run run = { 0 };
	struct words words;
	int code = read_words(given, &run.settings, &words);
	if (!code)
		code = client_open(arena, config, &run.client);
	if (!code)
		code = run_place_open(arena, &run.place);
	if (code)
		return code;
	sw_log_set_level(SW_LOG_ERROR);
	signal(SIGPIPE, SIG_IGN);
	run.settings.place = &run.place;
	run.settings.client = &run.client;
	run.loop = sw_loop_new("run");
	code = run_with_proxy(arena, &run, &words);
	sw_loop_free(run.loop);
	run_place_close(&run.place);
	return code;
}

/* ---- the environment for a shell ---- */

static void print_variable(const struct run_variable *variable)
{
	if (!variable->value.p) {
		printf("unset %s\n", variable->name);
		return;
	}
	printf("export %s='", variable->name);
	for (size_t i = 0; i < variable->value.n; i++)
		if (variable->value.p[i] == '\'')
			fputs("'\\''", stdout);
		else
			putchar(variable->value.p[i]);
	puts("'");
}

static int print_environment(struct sw_arena *arena, const struct config *config, const struct sw_strs *given)
{
	struct sw_strs words = *given;
	struct run_place place;
	struct client client;
	struct run_variable variables[RUN_VARIABLES_MAX];
	struct run_settings settings = { .place = &place, .client = &client };
	int64_t port = PORT;
	settings.keep_credentials = command_flag(&words, "keep-credentials");
	settings.offline = command_flag(&words, "offline");
	int code = read_port(&command_env, &words, &port);
	if (!code && words.n)
		code = command_usage(&command_env, "'%.*s' is not understood", SW_FMT(words.v[0]));
	if (!code)
		code = client_open(arena, config, &client);
	if (!code)
		code = run_place_open(arena, &place);
	if (code)
		return code;
	settings.port = (int)port;
	size_t n = run_variables(arena, &settings, variables);
	for (size_t i = 0; i < n; i++)
		print_variable(&variables[i]);
	run_place_close(&place);
	return EXIT_OK;
}

const struct command command_run = {
	.name = "run",
	.arguments = "[--keep-credentials] [--offline] [--port N] -- COMMAND",
	.doc = "run any program, its SDK led to this server (without COMMAND: for strowger env)",
	.run = run_program,
};

const struct command command_env = {
	.name = "env",
	.arguments = "[--keep-credentials] [--offline] [--port N]",
	.doc = "the environment that leads a shell's programs to a strowger run",
	.run = print_environment,
};
