/*
 * resolver - names that answer as a test wants, for tests of what may be connected: LD_PRELOAD=.../libresolver.so
 *
 * RESOLVER_FILE has a line a name: "rebind.test 127.0.0.1 169.254.169.254,10.0.0.1": the first time it is asked the
 * first word answers, then the next, the last for ever; a word may be several addresses.  Every name asked for is added
 * to RESOLVER_LOG.  Numbers and "localhost" answer as always; other names do not exist.
 */
#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NAMES_MAX = 64, LINE = 1024 };

typedef int lookup_fn(const char *, const char *, const struct addrinfo *, struct addrinfo **);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	char name[256];
	unsigned asked;
} seen[NAMES_MAX];

static void write_down(const char *name)
{
	const char *path = getenv("RESOLVER_LOG");
	FILE *file = path ? fopen(path, "ae") : NULL;
	if (!file)
		return;
	fprintf(file, "%s\n", name);
	fclose(file);
}

/* How often it was asked before. */
static unsigned count(const char *name)
{
	for (unsigned i = 0; i < NAMES_MAX; i++) {
		if (seen[i].name[0] && strcasecmp(seen[i].name, name) != 0)
			continue;
		snprintf(seen[i].name, sizeof(seen[i].name), "%s", name);
		return seen[i].asked++;
	}
	return 0;
}

/* The answer of this time, into line; NULL: no such name. */
static char *answer(const char *name, char *line)
{
	const char *path = getenv("RESOLVER_FILE");
	FILE *file = path ? fopen(path, "re") : NULL;
	char *found = NULL, *rest = NULL;
	while (file && !found && fgets(line, LINE, file)) {
		char *word = strtok_r(line, " \n", &rest);
		found = word && strcasecmp(word, name) == 0 ? word : NULL;
	}
	if (file)
		fclose(file);
	if (!found)
		return NULL;
	char *word = strtok_r(NULL, " \n", &rest), *next = word;
	for (unsigned n = count(name); n && next; n--)
		if ((next = strtok_r(NULL, " \n", &rest)))
			word = next;
	return word;
}

static int answer_with(lookup_fn *real, char *words, const char *service, const struct addrinfo *hints,
		       struct addrinfo **ret)
{
	struct addrinfo **end = ret;
	char *rest = NULL;
	int err = EAI_NONAME;
	*ret = NULL;
	for (char *word = strtok_r(words, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		err = real(word, service, hints, end);
		if (err)
			return err;
		while (*end)
			end = &(*end)->ai_next; /* each piece has memory of its own: freeaddrinfo takes the whole */
	}
	return err;
}

__attribute__((visibility("default"))) int getaddrinfo(const char *name, const char *service,
						       const struct addrinfo *hints, struct addrinfo **ret)
{
	lookup_fn *real = (lookup_fn *)dlsym(RTLD_NEXT, "getaddrinfo");
	struct addrinfo number = { .ai_flags = AI_NUMERICHOST };
	char line[LINE];
	if (!name || real(name, NULL, &number, ret) == 0 || strcasecmp(name, "localhost") == 0)
		return real(name, service, hints, ret);
	pthread_mutex_lock(&lock);
	write_down(name);
	char *words = answer(name, line);
	pthread_mutex_unlock(&lock);
	return words ? answer_with(real, words, service, hints, ret) : EAI_NONAME;
}
