/* strowger serve: run the platform until it is told to end. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "main/command.h"
#include "main/lint.h"
#include "main/server.h"

/* For a person at a terminal: what to paste first. Secrets go to terminals only, or on the first start. */
static void greet(struct sw_arena *arena, const struct config *config, const struct server *server)
{
	const struct sw_account *account = server_account(server);
	struct sw_str sid = sw_sid_text(arena, account->sid), url = server_url(server);
	struct sw_str ca = server_ca_file(server);
	bool in_memory = !config_store_dir(arena, config).p;
	bool own_store = !sw_str_is(config->store, "sqlite:./data");
	/* A store in memory leaves no note beside it: tail must be told. */
	struct sw_str store =
		in_memory ? sw_str_fmt(arena, " --server %.*s --account-sid %.*s --auth-token %.*s%s%.*s", SW_FMT(url),
				       SW_FMT(sid), SW_FMT(account->token), ca.n ? " --server-ca " : "", SW_FMT(ca))
		: own_store ? sw_str_fmt(arena, " --store %.*s", SW_FMT(config->store))
			    : SW_S("");
	bool shows = isatty(STDOUT_FILENO) || server_created_account(server);
	if (shows)
		printf("\nStrowger " SW_VERSION " is running.\n\n"
		       "  URL          %.*s\n"
		       "  Account SID  %.*s\n"
		       "  Auth token   %.*s\n"
		       "  Numbers      +15005550006  +15005550010\n\n"
		       "Send a first message:\n\n"
		       "  curl%s%.*s -u %.*s:%.*s \\\n"
		       "    %.*s/2010-04-01/Accounts/%.*s/Messages.json \\\n"
		       "    --data-urlencode From=+15005550006 --data-urlencode To=+15005550010 -d Body=hello\n\n"
		       "Watch it arrive: %s tail%.*s\n"
		       "or in a browser:  %.*s/console\n\n",
		       SW_FMT(url), SW_FMT(sid), SW_FMT(account->token), ca.n ? " --cacert " : "", SW_FMT(ca),
		       SW_FMT(sid), SW_FMT(account->token), SW_FMT(url), SW_FMT(sid), program_invocation_name,
		       SW_FMT(store), SW_FMT(url));
	printf("ready %.*s\n", SW_FMT(url));
	fflush(stdout);
}

/* What the configuration should not have: warnings, or with --strict the end. */
static int warn_of(struct sw_arena *arena, const struct config *config)
{
	struct sw_buf found = { .arena = arena };
	bool strict = sw_str_is(config->strict, "true");
	if (!lint(arena, config, &found))
		return EXIT_OK;
	struct sw_str rest = sw_buf_str(&found);
	while (rest.n) {
		struct sw_str line = sw_str_cut(&rest, '\n');
		if (strict)
			fprintf(stderr, "strowger serve: %.*s\n", SW_FMT(line));
		else
			sw_warn("main", "configuration", SW_KS("finding", line));
	}
	if (strict)
		fprintf(stderr, "strowger serve: --strict refuses this configuration\n");
	return strict ? EXIT_USAGE : EXIT_OK;
}

static bool has_terminal(void)
{
	int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* SIGHUP has two meanings: a terminal that closes takes its programs along; otherwise an operator, or certbot, wants
 * the files read again.  By the time of the signal a closed terminal is no more.  (nohup ignores the signal, and an
 * ignored one that is blocked comes all the same.) */
static void wait_for_end(const sigset_t *signals, struct server *server, int *ret_signal)
{
	struct sigaction hangup;
	sigaction(SIGHUP, NULL, &hangup);
	bool had_terminal = hangup.sa_handler != SIG_IGN && has_terminal();
	for (;;) {
		if (sigwait(signals, ret_signal) != 0)
			continue;
		if (*ret_signal != SIGHUP || (had_terminal && !has_terminal()))
			return;
		server_reload(server);
	}
}

static int serve(struct sw_arena *arena, const struct config *config, const struct sw_strs *words)
{
	enum sw_log_level level;
	struct server *server;
	sigset_t signals;
	int got;
	if (words->n)
		return command_usage(&command_serve, "'%.*s' is not understood", SW_FMT(words->v[0]));
	if (sw_log_parse_level(config->log_level, &level))
		return command_usage(&command_serve, "--log-level is debug, info, warn, error or off");
	sw_log_set_level(level);
	int code = warn_of(arena, config);
	if (code)
		return code;
	/* Blocked before any thread starts, so that all of them leave the signals to this one. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	code = server_start(arena, config, &server);
	if (code)
		return code;
	greet(arena, config, server);
	wait_for_end(&signals, server, &got);
	sw_info("main", "ending", SW_KI("signal", got));
	server_stop(server);
	return EXIT_OK;
}

const struct command command_serve = {
	.name = "serve",
	.arguments = "[settings]",
	.doc = "run the platform; strowger --help has the settings",
	.run = serve,
};
