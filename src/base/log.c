#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/num.h"
#include "base/time.h"

static const char *const names[] = { "debug", "info", "warn", "error", "off" };
static atomic_int lowest = SW_LOG_INFO;

void sw_log_set_level(enum sw_log_level level)
{
	atomic_store(&lowest, (int)level);
}

int sw_log_parse_level(struct sw_str name, enum sw_log_level *ret)
{
	for (unsigned i = 0; i < SW_COUNTOF(names); i++)
		if (sw_str_is(name, names[i])) {
			*ret = (enum sw_log_level)i;
			return 0;
		}
	return SW_EINVAL;
}

bool sw_log_wants(enum sw_log_level level)
{
	return (int)level >= atomic_load_explicit(&lowest, memory_order_relaxed);
}

static bool needs_quotes(struct sw_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == '"' || s.p[i] == '=' || s.p[i] == '\\' || s.p[i] == 0x7f)
			return true;
	return s.n == 0;
}

static void add_value(struct sw_buf *line, struct sw_str s)
{
	if (!needs_quotes(s)) {
		sw_buf_add_str(line, s);
		return;
	}
	sw_buf_add_char(line, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c == '"' || c == '\\')
			sw_buf_add_char(line, '\\');
		if (c == '\n')
			sw_buf_add_cstr(line, "\\n");
		else if (c < ' ' || c == 0x7f)
			sw_buf_add_fmt(line, "\\x%02x", c);
		else
			sw_buf_add_char(line, (char)c);
	}
	sw_buf_add_char(line, '"');
}

void sw_log_write(enum sw_log_level level, const char *room, const char *msg, const struct sw_kv *kv)
{
	struct sw_buf line = { 0 };
	struct timespec now;
	char text[SW_TIME_BUF];
	clock_gettime(CLOCK_REALTIME, &now);
	sw_buf_add_cstr(&line, "time=");
	sw_buf_add_str(&line, sw_time_rfc3339(now.tv_sec * SW_US_PER_S + now.tv_nsec / 1000, text));
	sw_buf_add_fmt(&line, " level=%s room=%s msg=", names[level], room);
	add_value(&line, sw_str_of(msg));
	for (; kv->key; kv++) {
		sw_buf_add_fmt(&line, " %s=", kv->key);
		if (kv->kind == SW_KV_INT)
			sw_buf_add_int(&line, kv->i);
		else
			add_value(&line, kv->s);
	}
	sw_buf_add_char(&line, '\n');
	ssize_t wrote = write(STDERR_FILENO, line.p, line.n); /* a log that cannot be written has nobody to tell */
	(void)wrote;
	sw_buf_done(&line);
}

bool sw_log_turn(struct sw_log_turns *turns, int64_t *ret_left_out)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (atomic_exchange(&turns->second, now.tv_sec) != now.tv_sec)
		atomic_store(&turns->used, 0);
	if (atomic_fetch_add(&turns->used, 1) >= SW_LOG_TURNS_PER_S) {
		atomic_fetch_add(&turns->left_out, 1);
		return false;
	}
	*ret_left_out = atomic_exchange(&turns->left_out, 0);
	return true;
}
