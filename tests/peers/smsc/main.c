/* An SMSC to test against: see ../README.md and --help. */
#include "smsc.h"

#include <stdlib.h>
#include <string.h>

static void arguments(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *name = argv[i], *why;
		if (strcmp(name, "--help") == 0) {
			settings_help(stdout);
			control_help(stdout);
			exit(0);
		}
		if (strncmp(name, "--", 2) != 0 || i + 1 == argc)
			die("%s: see --help", name);
		char *value = argv[++i];
		why = strcmp(name, "--rule") == 0 ? settings_rule(value) : settings_set(name + 2, value);
		if (why)
			die("%s %s: %s", name, value, why);
	}
}

static void turn(void)
{
	sessions_flush();
	record_flush();
}

int main(int argc, char **argv)
{
	arguments(argc, argv);
	random_seed((uint64_t)settings.seed);
	loop_open();
	record_open();
	int port = (int)settings.control_port;
	control_open(listen_on("127.0.0.1", &port));
	sessions_open();
	printf("ready %ld %d\n", settings.port, port);
	fflush(stdout);
	loop_run(turn);
	return 0;
}
