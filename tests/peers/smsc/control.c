#include "smsc.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 70000 };

struct client {
	struct source source; /* first */
	size_t n;
	char line[LINE_MAX_BYTES];
};

struct command {
	const char *name, *help;
	/* @return what is wrong, or NULL; what it writes follows "ok " */
	const char *(*run)(char *words, FILE *out);
};

static const char *run_set(char *words, FILE *out)
{
	(void)out;
	char *name = strsep(&words, " ");
	return name && words ? settings_set(name, words) : "set NAME VALUE";
}

static const char *run_rule(char *words, FILE *out)
{
	(void)out;
	return settings_rule(words ? words : (char[]){ "" });
}

static const char *run_stats(char *words, FILE *out)
{
	(void)words;
	record_stats(out);
	return NULL;
}

static const char *run_reset(char *words, FILE *out)
{
	(void)words, (void)out;
	record_reset();
	return NULL;
}

static const char *inbound(int (*send)(char *, const char **), char *words, FILE *out)
{
	const char *why;
	int n = send(words, &why);
	if (n < 0)
		return why;
	fprintf(out, "%d", n);
	return NULL;
}

static const char *run_mo(char *words, FILE *out)
{
	return inbound(mo_raw, words, out);
}

static const char *run_mot(char *words, FILE *out)
{
	return inbound(mo_text, words, out);
}

static const char *run_receipt(char *words, FILE *out)
{
	(void)out;
	char *id = strsep(&words, " "), *state = strsep(&words, " ");
	return id && state && message_false_receipt(id, state, words) ? NULL : "receipt ID STATE [ERR], after a bind";
}

static const char *run_garbage(char *words, FILE *out)
{
	(void)out;
	return words && garbage(words) ? NULL : "garbage KIND";
}

static const char *run_flood(char *words, FILE *out)
{
	(void)out;
	return words && garbage_flood((unsigned)strtoul(words, NULL, 0)) ? NULL
									 : "flood N, while one is bound to receive";
}

static const char *run_disconnect(char *words, FILE *out)
{
	(void)words, (void)out;
	for (struct session *s = sessions_first(); s; s = s->next)
		session_close(s);
	return NULL;
}

static const char *run_unbind(char *words, FILE *out)
{
	(void)words, (void)out;
	for (struct session *s = sessions_first(); s; s = s->next)
		if (!s->dead && s->mode)
			session_reply(s, CMD_UNBIND, ESME_ROK, ++s->sequence);
	return NULL;
}

static const char *run_down(char *words, FILE *out)
{
	sessions_listen(false);
	return run_disconnect(words, out);
}

static const char *run_up(char *words, FILE *out)
{
	(void)words, (void)out;
	sessions_listen(true);
	return NULL;
}

static const char *run_stall(char *words, FILE *out)
{
	(void)out;
	static const char *const kinds[] = { "off", "reading", "answering" };
	for (unsigned i = 0; words && i < 3; i++) {
		if (strcmp(kinds[i], words) == 0) {
			sessions_stall((enum stall)i);
			return NULL;
		}
	}
	return "stall off|reading|answering";
}

static const char *run_quit(char *words, FILE *out)
{
	(void)words, (void)out;
	loop_end();
	return NULL;
}

static const struct command commands[] = {
	{ "set", "NAME VALUE: a setting from now on", run_set },
	{ "rule", "PREFIX ...: as --rule; `rule clear` forgets all", run_rule },
	{ "stats", "counters, as JSON", run_stats },
	{ "reset", "counters to 0", run_reset },
	{ "mo", "FROM TO data_coding esm_class HEX|- [TLVHEX]: an inbound message as it stands", run_mo },
	{ "mot",
	  "FROM TO [split=udh8|udh16|sar|payload] [coding=0|3|8] [ref=N] [missing=N] [twice=N] [order=reversed] TEXT",
	  run_mot },
	{ "receipt", "ID STATE [ERR]: a receipt for anything", run_receipt },
	{ "garbage", "KIND, to every bind", run_garbage },
	{ "flood", "N: so many deliver_sm past the window", run_flood },
	{ "stall", "off|reading|answering", run_stall },
	{ "unbind", "ask every bind to end", run_unbind },
	{ "disconnect", "close every connection", run_disconnect },
	{ "down", "the same, and take no new ones", run_down },
	{ "up", "take new ones again", run_up },
	{ "quit", "end", run_quit },
};
enum { COMMANDS = sizeof commands / sizeof *commands };

void control_help(FILE *to)
{
	fputs("On the control port a command a line; the reply is a line, `ok ...` or `error ...`:\n", to);
	for (int i = 0; i < COMMANDS; i++)
		fprintf(to, "  %-12s %s\n", commands[i].name, commands[i].help);
	fputs("kinds of garbage:\n", to);
	garbage_help(to);
}

static void obey(struct client *client, char *line)
{
	char *reply = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&reply, &n);
	if (!out)
		die("out of memory");
	fputs("ok ", out);
	const char *name = strsep(&line, " "), *why = "no such command; see --help";
	for (int i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			why = commands[i].run(line, out);
	if (why) {
		rewind(out);
		fprintf(out, "error %s", why);
	}
	fputc('\n', out);
	fclose(out);
	/* Replies are short and the client waits for each: it has room, or it is gone. */
	if (send(client->source.fd, reply, n, MSG_NOSIGNAL) < 0)
		shutdown(client->source.fd, SHUT_RDWR);
	free(reply);
}

static void on_client(struct source *source, uint32_t events)
{
	(void)events;
	struct client *client = (struct client *)source;
	ssize_t got = recv(source->fd, client->line + client->n, sizeof client->line - client->n, 0);
	if (got <= 0) {
		loop_remove(source);
		close(source->fd);
		free(client);
		return;
	}
	client->n += (size_t)got;
	char *end;
	while ((end = memchr(client->line, '\n', client->n))) {
		size_t used = (size_t)(end - client->line) + 1;
		*end = 0;
		if (end > client->line && end[-1] == '\r')
			end[-1] = 0;
		obey(client, client->line);
		client->n -= used;
		memmove(client->line, client->line + used, client->n);
	}
	if (client->n == sizeof client->line)
		client->n = 0;
}

static void on_accept(struct source *source, uint32_t events)
{
	(void)events;
	int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	struct client *client = allocate(sizeof *client);
	client->source = (struct source){ .fd = fd, .ready = on_client };
	loop_add(&client->source, EPOLLIN);
}

void control_open(int fd)
{
	static struct source listener;
	listener = (struct source){ .fd = fd, .ready = on_accept };
	loop_add(&listener, EPOLLIN);
}
