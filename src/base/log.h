/*
 * base/log.h - logfmt lines on standard error:
 *
 *	time=2026-11-21T09:51:24.123456Z level=info room=net msg="listening" url=http://127.0.0.1:8080
 *
 *	sw_info("net", "listening", SW_KS("url", url), SW_KI("loops", n));
 *
 * Secrets and bodies are not logged: the caller redacts by field type (core/schema.h).
 * Libraries do not log above debug; the one who decides what to do logs, once.
 * A line is one write(2).  Thread: any.
 */
#ifndef SW_BASE_LOG_H
#define SW_BASE_LOG_H

#include "base/str.h"

enum sw_log_level { SW_LOG_DEBUG, SW_LOG_INFO, SW_LOG_WARN, SW_LOG_ERROR, SW_LOG_OFF };

struct sw_kv {
	const char *key; /* NULL ends the list */
	enum { SW_KV_STR, SW_KV_INT } kind;
	struct sw_str s;
	int64_t i;
};

/* clang-format off */
#define SW_KS(key_, str_) { .key = (key_), .kind = SW_KV_STR, .s = (str_) }
#define SW_KC(key_, cstr_) { .key = (key_), .kind = SW_KV_STR, .s = sw_str_of(cstr_) }
#define SW_KI(key_, int_) { .key = (key_), .kind = SW_KV_INT, .i = (int64_t)(int_) }
#define SW_KERR(err_) { .key = "err", .kind = SW_KV_STR, .s = sw_str_of(sw_err_name(err_)) }
/* clang-format on */

/** Lowest level written; default info. */
void sw_log_set_level(enum sw_log_level level);
/** Level by name ("debug", "info", "warn", "error", "off"). @return 0, SW_EINVAL */
int sw_log_parse_level(struct sw_str name, enum sw_log_level *ret) SW_MUST_CHECK;
/** True when a line of this level would be written. */
bool sw_log_wants(enum sw_log_level level);
/** kv ends with a row whose key is NULL. */
void sw_log_write(enum sw_log_level level, const char *room, const char *msg, const struct sw_kv *kv);

/* Lines that strangers can cause, which must not fill a disk: a few a second, and how many were left out before. */
struct sw_log_turns {
	_Atomic int64_t second;
	_Atomic int used;
	_Atomic int64_t left_out;
};
enum { SW_LOG_TURNS_PER_S = 5 };
/** May such a line be written now? *ret_left_out: those that were not since the last one. Thread: any. */
bool sw_log_turn(struct sw_log_turns *turns, int64_t *ret_left_out);

#ifdef __CPPCHECK__ /* does not know __VA_OPT__ */
void sw_debug(const char *room, ...), sw_info(const char *room, ...), sw_warn(const char *room, ...);
void sw_error_log(const char *room, ...);
#undef SW_KS
#undef SW_KC
#undef SW_KI
#undef SW_KERR
#define SW_KS(key_, str_) (str_).n
#define SW_KC(key_, cstr_) (cstr_)
#define SW_KI(key_, int_) (int_)
#define SW_KERR(err_) (err_)
#else
#define SW_LOG_AT(level, room, msg, ...)                                                                           \
	do {                                                                                                       \
		if (sw_log_wants(level))                                                                           \
			sw_log_write(level, room, msg, (const struct sw_kv[]){ __VA_ARGS__ __VA_OPT__(, ){ 0 } }); \
	} while (0)
#define sw_debug(room, msg, ...) SW_LOG_AT(SW_LOG_DEBUG, room, msg __VA_OPT__(, ) __VA_ARGS__)
#define sw_info(room, msg, ...) SW_LOG_AT(SW_LOG_INFO, room, msg __VA_OPT__(, ) __VA_ARGS__)
#define sw_warn(room, msg, ...) SW_LOG_AT(SW_LOG_WARN, room, msg __VA_OPT__(, ) __VA_ARGS__)
#define sw_error_log(room, msg, ...) SW_LOG_AT(SW_LOG_ERROR, room, msg __VA_OPT__(, ) __VA_ARGS__)
#endif

#endif
