#include "settings.h"
#include "loop.h"

#include <stdlib.h>
#include <string.h>

struct settings settings = {
	.listen = "127.0.0.1",
	.trace_slots = 1 << 20,
	.seed = 1,
	.version = 0x34,
	.id_start = 1,
	.receipts = 1,
	.receipt_copies = 1,
	.receipt_delay_ms = { 100, 100 },
	.reverse_batch = 10,
	.state = { 1, { STATE_DELIVERED } },
	.deliver_window = 100,
	.deliver_timeout_ms = 30000,
	.deliver_retry_ms = 1000,
	.deliver_tries = 100,
};

const struct id_format id_formats[] = {
	{ "decimal", "%lu", "%lu", "12345" },
	{ "zeros", "%010lu", "%010lu", "0000012345 both times" },
	{ "zeros-bare", "%010lu", "%lu", "leading zeros in the answer, none in the receipt" },
	{ "hex", "%08lx", "%08lx", "00003039 both times" },
	{ "HEX", "%08lX", "%08lX", "the same in capitals" },
	{ "HEX-hex", "%lX", "%lx", "capitals in the answer, small letters in the receipt" },
	{ "hex-decimal", "%lx", "%010lu", "hexadecimal in the answer, decimal in the receipt" },
	{ "decimal-hex", "%lu", "%lx", "decimal in the answer, hexadecimal in the receipt" },
	{ 0 },
};

static const char *const state_names[] = { "",        "ENROUTE", "DELIVRD", "EXPIRED", "DELETED",
					   "UNDELIV", "ACCEPTD", "UNKNOWN", "REJECTD" };
static const char *const switches[] = { "off", "on", NULL };
static const char *const orders[] = { "fifo", "reversed", NULL };
static const char *const forms[] = { "both", "text", "tlv", NULL };

enum kind { TEXT, NUMBER, RANGE, WORD, FORMAT, STATES };

struct setting {
	const char *name;
	enum kind kind;
	size_t offset;
	long min, max; /* of TEXT: its size */
	const char *const *words;
	const char *help;
};

#define AT(field) offsetof(struct settings, field)
#define TEXT_AT(field) TEXT, AT(field), 0, sizeof((struct settings *)0)->field, NULL
static const struct setting table[] = {
	{ "listen", TEXT_AT(listen), "IPv4 address" },
	{ "port", NUMBER, AT(port), 0, 65535, NULL, "SMPP; 0: a free one" },
	{ "control-port", NUMBER, AT(control_port), 0, 65535, NULL, "commands; 0: a free one" },
	{ "user", TEXT_AT(user), "system_id; none: anybody" },
	{ "password", TEXT_AT(password), "of the user" },
	{ "tls-cert", TEXT_AT(tls_cert), "file (PEM): TLS instead of plain TCP" },
	{ "tls-key", TEXT_AT(tls_key), "file (PEM)" },
	{ "capture", TEXT_AT(capture), "file: a line of JSON per submit_sm" },
	{ "trace", TEXT_AT(trace), "file: moments of each message whose text has #<n>" },
	{ "trace-slots", NUMBER, AT(trace_slots), 1, 1 << 28, NULL, "largest n + 1" },
	{ "seed", NUMBER, AT(seed), 0, 1L << 62, NULL, "of what is random" },
	{ "version", NUMBER, AT(version), 0x33, 0x50, NULL, "interface version told to a bind: 0x33, 0x34, 0x50" },
	{ "refuse-bind", NUMBER, AT(refuse_bind), 0, 0xFFFF, NULL, "status: 0x0D, 0x0E, 0x0F; 0: none" },
	{ "binds-max", NUMBER, AT(binds_max), 0, 10000, NULL, "more are refused with 0x0D; 0: no limit" },
	{ "disconnect-after", NUMBER, AT(disconnect_after), 0, 1L << 40, NULL,
	  "close the connection once so many more submits came, before the last is answered" },
	{ "enquire-every", NUMBER, AT(enquire_every_s), 0, 3600, NULL, "seconds; 0: never" },
	{ "answer-delay", RANGE, AT(answer_delay_ms), 0, 3600000, NULL, "ms, N or N-M" },
	{ "reject-status", NUMBER, AT(reject_status), 0, 0xFFFF, NULL, "refuse submits with it" },
	{ "reject-every", NUMBER, AT(reject_every), 0, 1 << 30, NULL, "but only each n-th; 0 or 1: all" },
	{ "tps", NUMBER, AT(tps), 0, 1 << 30, NULL, "submits a second and bind, more get 0x58; 0: no limit" },
	{ "queue-limit", NUMBER, AT(queue_limit), 0, 1 << 30, NULL,
	  "unanswered ones a bind, more get 0x14; 0: no limit" },
	{ "lose-every", NUMBER, AT(lose_every), 0, 1 << 30, NULL, "each n-th is taken but never answered" },
	{ "id-format", FORMAT, AT(id_format), 0, 0, NULL, "see below" },
	{ "id-start", NUMBER, AT(id_start), 0, 1L << 62, NULL, "the next id" },
	{ "id-reuse", NUMBER, AT(id_reuse), 0, 1 << 30, NULL, "each n-th message gets the id of the one before it" },
	{ "receipts", WORD, AT(receipts), 0, 0, switches, "on, off" },
	{ "receipt-delay", RANGE, AT(receipt_delay_ms), 0, 3600000, NULL, "ms after the answer, N or N-M" },
	{ "receipt-early", WORD, AT(receipt_early), 0, 0, switches, "before the answer" },
	{ "receipt-copies", NUMBER, AT(receipt_copies), 1, 10, NULL, "the same so many times" },
	{ "receipt-order", WORD, AT(receipt_order), 0, 0, orders, "fifo, reversed" },
	{ "reverse-batch", NUMBER, AT(reverse_batch), 2, 100000, NULL, "so many are turned round at a time" },
	{ "receipt-form", WORD, AT(receipt_form), 0, 0, forms, "text, tlv, both" },
	{ "state", STATES, AT(state), 0, 0, NULL, "DELIVRD, or several in order: ENROUTE+UNDELIV" },
	{ "err", NUMBER, AT(error), 0, 999, NULL, "err: of the receipt" },
	{ "deliver-window", NUMBER, AT(deliver_window), 0, 1024, NULL, "unanswered deliver_sm a bind; 0: all wait" },
	{ "deliver-timeout", NUMBER, AT(deliver_timeout_ms), 1, 3600000, NULL, "ms without an answer: offered again" },
	{ "deliver-retry", NUMBER, AT(deliver_retry_ms), 1, 3600000, NULL, "ms after a refusal: offered again" },
	{ "deliver-tries", NUMBER, AT(deliver_tries), 1, 1 << 30, NULL, "then it is given up" },
};
enum { SETTINGS = sizeof table / sizeof *table };

static struct rule rules[RULES_MAX];
static unsigned n_rules;

unsigned state_code(const char *name, size_t n)
{
	for (unsigned i = 1; i < sizeof state_names / sizeof *state_names; i++)
		if (strlen(state_names[i]) == n && strncmp(state_names[i], name, n) == 0)
			return i;
	return 0;
}

const char *state_name(unsigned code)
{
	return state_names[code];
}

long range_pick(const struct range *range)
{
	return range->low + (long)random_below((uint64_t)(range->high - range->low + 1));
}

static bool number(const char *text, char end, long min, long max, long *ret, const char **rest)
{
	char *stop;
	long v = strtol(text, &stop, 0);
	if (stop == text || (*stop && *stop != end) || v < min || v > max)
		return false;
	*ret = v;
	*rest = stop;
	return true;
}

static bool states(const char *text, struct states *ret)
{
	struct states s = { 0 };
	for (; s.n < STATES_MAX; text++) {
		size_t n = strcspn(text, "+");
		unsigned code = state_code(text, n);
		if (!code)
			return false;
		s.of[s.n++] = (uint8_t)code;
		text += n;
		if (!*text) {
			*ret = s;
			return true;
		}
	}
	return false;
}

static bool word(const char *text, const char *const *words, long *ret)
{
	for (long i = 0; words[i]; i++) {
		if (strcmp(words[i], text) == 0) {
			*ret = i;
			return true;
		}
	}
	return false;
}

static bool format(const char *text, long *ret)
{
	for (long i = 0; id_formats[i].name; i++) {
		if (strcmp(id_formats[i].name, text) == 0) {
			*ret = i;
			return true;
		}
	}
	return false;
}

static bool assign(const struct setting *s, const char *value)
{
	void *field = (char *)&settings + s->offset;
	const char *rest;
	struct range r;
	switch (s->kind) {
	case TEXT:
		return snprintf(field, (size_t)s->max, "%s", value) < s->max;
	case NUMBER:
		return number(value, 0, s->min, s->max, field, &rest);
	case RANGE:
		if (!number(value, '-', s->min, s->max, &r.low, &rest))
			return false;
		r.high = r.low;
		if (*rest && !number(rest + 1, 0, r.low, s->max, &r.high, &rest))
			return false;
		memcpy(field, &r, sizeof r);
		return true;
	case WORD:
		return word(value, s->words, field);
	case FORMAT:
		return format(value, field);
	case STATES:
		return states(value, field);
	}
	return false;
}

static const struct setting *find(const char *name)
{
	for (int i = 0; i < SETTINGS; i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

const char *settings_set(const char *name, const char *value)
{
	const struct setting *s = find(name);
	return !s ? "no such setting" : assign(s, value) ? NULL : "no such value";
}

static bool rule_word(struct rule *r, const char *text)
{
	const char *rest;
	long v;
	if (strncmp(text, "status=", 7) == 0 && number(text + 7, 0, 1, 0xFFFF, &v, &rest))
		return (r->status = (uint32_t)v);
	if (strncmp(text, "err=", 4) == 0)
		return number(text + 4, 0, 0, 999, &r->error, &rest);
	if (strncmp(text, "state=", 6) == 0)
		return (r->has_states = states(text + 6, &r->states));
	if (strcmp(text, "receipts=off") == 0)
		return (r->no_receipt = true);
	if (strcmp(text, "lose=on") == 0)
		return (r->lose = true);
	return false;
}

const char *settings_rule(char *words)
{
	struct rule r = { .error = -1 };
	char *save, *text = strtok_r(words, " ", &save);
	if (text && strcmp(text, "clear") == 0) {
		n_rules = 0;
		return NULL;
	}
	if (!text || n_rules == RULES_MAX || snprintf(r.prefix, sizeof r.prefix, "%s", text) >= PREFIX_MAX)
		return "rule PREFIX [status=N] [state=S] [err=N] [receipts=off] [lose=on], or rule clear";
	while ((text = strtok_r(NULL, " ", &save)))
		if (!rule_word(&r, text))
			return "a word of a rule is wrong";
	rules[n_rules++] = r;
	return NULL;
}

const struct rule *settings_rule_of(const char *destination)
{
	const struct rule *best = NULL;
	for (unsigned i = 0; i < n_rules; i++) {
		size_t n = strlen(rules[i].prefix);
		if (strncmp(destination, rules[i].prefix, n) == 0 && (!best || n >= strlen(best->prefix)))
			best = &rules[i];
	}
	return best;
}

void settings_help(FILE *to)
{
	fputs("usage: smsc [--NAME VALUE]... [--rule 'PREFIX ...']...\n"
	      "An SMSC to test against; prints `ready PORT CONTROLPORT`.\n\n",
	      to);
	for (int i = 0; i < SETTINGS; i++)
		fprintf(to, "  --%-17s %s\n", table[i].name, table[i].help);
	fputs("\nid-format:\n", to);
	for (int i = 0; id_formats[i].name; i++)
		fprintf(to, "  %-12s %s\n", id_formats[i].name, id_formats[i].help);
	fputs("\nrule: PREFIX [status=0x0B] [state=UNDELIV] [err=5] [receipts=off] [lose=on]; the longest prefix of "
	      "the "
	      "number decides\n\n",
	      to);
}
