/*
 * base/err.h - the error enum used inside the program, and bug traps.
 *
 * Functions return 0 or a negative enum sw_err and are warn-unused (SW_MUST_CHECK).
 * What an API caller sees is struct sw_error (core/error.h), filled only from the
 * catalogue.  A programmer's error is SW_BUG_ON: always on, aborts.
 *
 * Thread: any.
 */
#ifndef SW_BASE_ERR_H
#define SW_BASE_ERR_H

#define SW_MUST_CHECK __attribute__((warn_unused_result))
#define SW_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define SW_NORETURN __attribute__((noreturn))
#define SW_COUNTOF(array) (sizeof(array) / sizeof((array)[0]))

/* One list: number, name, text.  Names, values and texts cannot part. */
#define SW_ERR_MAP(X)                                          \
	X(1, EINVAL, "invalid argument or malformed input")    \
	X(2, ENOTFOUND, "not found")                           \
	X(3, EEXIST, "exists already")                         \
	X(4, EAGAIN, "not now, try again later")               \
	X(5, ECANCELED, "the wait was cancelled")              \
	X(6, ECLOSED, "closed")                                \
	X(7, ETIMEDOUT, "timed out")                           \
	X(8, ELIMIT, "a declared limit was reached")           \
	X(9, EGUARD, "a transaction's guard failed")           \
	X(10, ENOSPC, "the disk is full")                      \
	X(11, EIO, "input or output failed")                   \
	X(12, EPERM, "not permitted")                          \
	X(13, EMORE, "more input is needed")                   \
	X(14, EUNSUPPORTED, "not supported")                   \
	X(15, ECORRUPT, "stored data is damaged")              \
	X(16, EBUSY, "busy")                                   \
	X(17, ECONFLICT, "changed by somebody else meanwhile") \
	X(18, EAPI, "refused; the reason is in struct sw_error")

enum sw_err {
	SW_OK = 0,
#define SW_ERR_ENUM(number, name, text) SW_##name = -(number),
	SW_ERR_MAP(SW_ERR_ENUM)
#undef SW_ERR_ENUM
};

/** @return the name ("SW_EINVAL") of an error; static; "SW_E?" when unknown */
const char *sw_err_name(int err);
/** @return one sentence about an error; static */
const char *sw_err_text(int err);

/** Report a programmer's error on standard error and abort. */
SW_NORETURN void sw_bug(const char *file, int line, const char *what);

#define SW_BUG_ON(condition)                                    \
	do {                                                    \
		if (__builtin_expect(!!(condition), 0))         \
			sw_bug(__FILE__, __LINE__, #condition); \
	} while (0)

#endif
