/*
 * carrier/option.h - what carriers' URLs have in common: SCHEME://USER:PASSWORD@HOST:PORT?NAME=VALUE&...
 *
 * A kind's options are one table that ends with an empty row; each fills a member of the kind's own struct.
 * Thread: any.
 */
#ifndef SW_CARRIER_OPTION_H
#define SW_CARRIER_OPTION_H

#include "base/buf.h"
#include "wire/form/form.h"

enum sw_option_kind {
	SW_OPTION_NUMBER, /* int64_t */
	SW_OPTION_WORD,   /* int64_t: the number of the word */
	SW_OPTION_TEXT,   /* struct sw_str */
	SW_OPTION_ONE_OF, /* struct sw_str: the word itself */
};

struct sw_option {
	const char *name;
	enum sw_option_kind kind;
	size_t at;
	int64_t min, max; /* NUMBER; TEXT: octets */
	const char *const *words;
	const char *def; /* as in the URL; NULL: none */
	const char *doc;
};

/** Every default into the struct; a number that has none becomes `without`. */
void sw_options_default(const struct sw_option *table, void *options, int64_t without);
/**
 * The option of that name into the struct; texts are borrowed.
 * @param ret_want  in the arena: what it may be
 * @return 0, SW_ENOTFOUND (no such option), SW_EINVAL
 */
int sw_option_take(struct sw_arena *arena, const struct sw_option *table, const struct sw_form_pair *pair,
		   void *options, struct sw_str *ret_want) SW_MUST_CHECK;
/**
 * What stands behind the '?', each pair by take(): it returns as sw_option_take() does.
 * @param ret_why  in the arena: which option is wrong and what it may be, or which there are
 * @param more     names that are not in the table; may be NULL
 * @return 0, SW_EINVAL
 */
int sw_options_parse(struct sw_arena *arena, const char *scheme, const struct sw_option *table, struct sw_str query,
		     void *options,
		     int (*take)(struct sw_arena *arena, const struct sw_form_pair *pair, void *options,
				 struct sw_str *ret_want),
		     const char *more, struct sw_str *ret_why) SW_MUST_CHECK;
/** The table as lines of Markdown. */
void sw_options_describe(const struct sw_option *table, struct sw_buf *out);

struct sw_authority {
	struct sw_str user, password, host; /* decoded; password: "" when there is none */
	int port;
};

/** "user:password@host:port"; the user and the host must be there. @return 0, SW_EINVAL */
int sw_authority_parse(struct sw_arena *arena, struct sw_str text, int port, struct sw_authority *ret) SW_MUST_CHECK;

#endif
