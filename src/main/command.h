/* main/command.h - one command, one file: a table row and its function. */
#ifndef SW_MAIN_COMMAND_H
#define SW_MAIN_COMMAND_H

#include "main/config.h"
#include "store/store.h"

/* Exit codes, as sysexits has them where it fits. */
enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_UNAVAILABLE = 69 };

struct command {
	const char *name, *arguments, *doc;
	int (*run)(struct sw_arena *arena, const struct config *config, const struct sw_strs *words);
};

extern const struct command command_account, command_serve, command_send, command_sim, command_tail, command_check,
	command_openapi, command_migrate, command_version, command_completion, command_listen, command_run, command_env,
	command_help, command_reference, command_cert, command_import;
extern const struct command *const commands[];

/** The word behind --name, or its =value, taken out of words; absent when it is not there. What stands behind "--" is
 * not looked at. */
struct sw_str command_option(struct sw_strs *words, const char *name);
/** True and taken out when --name stands there. */
bool command_flag(struct sw_strs *words, const char *name);
/** Say on standard error what is wrong. @return EXIT_USAGE */
int command_usage(const struct command *command, const char *format, ...) SW_PRINTF(2, 3);

/** Write what a command has to say to standard output, and free it. @return an exit code */
int command_print(struct sw_buf *out);
/** A stranger's text for a terminal, in the arena: nothing in it moves the cursor. */
struct sw_str command_tame(struct sw_arena *arena, struct sw_str text);

/* Where examples find the server when nobody says; what a server serves has its own address there. */
#define EXAMPLES_BASE "http://127.0.0.1:8080"

/** `check --data`. @return an exit code */
int check_data(struct sw_arena *arena, const struct config *config);

/** Open the store that the settings name; says on standard error why not. @return 0 or an exit code */
int command_open_store(struct sw_arena *arena, const struct config *config, bool read_only,
		       struct sw_store **ret) SW_MUST_CHECK;

/* A call to a running server, for send and tail. */
struct client {
	struct sw_str server, sid, token;
	struct sw_str ca_file; /* of its authority; absent: the system's */
	struct sw_str known;   /* its very certificate, as its note says; absent: the authorities decide */
};
struct sw_fetch_identity;
struct sw_fetched;
struct client_request {
	const char *method;
	struct sw_str url;  /* whole */
	struct sw_str form; /* absent: no body */
	struct sw_str sid;  /* for the header Strowger-Sid; absent: none */
};
/** One request with the client's credentials. @return as sw_http_call_now() (net/courier.h) */
int client_ask(struct sw_arena *arena, const struct client *client, const struct client_request *request,
	       struct sw_fetched *ret) SW_MUST_CHECK;
/** From the settings, else from the files beside the store. @return 0 or an exit code */
int client_open(struct sw_arena *arena, const struct config *config, struct client *ret) SW_MUST_CHECK;
/** Say on standard error what is wrong with its ca_file, if anything. name: of the setting. @return 0 or an exit code
 */
int client_check_ca(struct sw_arena *arena, const struct client *client, const char *name) SW_MUST_CHECK;
/** @param form  absent: GET. @return the HTTP status, or -1 (said on standard error) */
int client_call(struct sw_arena *arena, const struct client *client, const char *path, struct sw_str form,
		struct sw_str *ret_body) SW_MUST_CHECK;
/** Whom a request to the server trusts. @return ret, or NULL: the system's authorities */
const struct sw_fetch_identity *client_trust(struct sw_arena *arena, const struct client *client,
					     struct sw_fetch_identity *ret);
/** The value of the header Authorization. */
struct sw_str client_basic(struct sw_arena *arena, const struct client *client);

#endif
