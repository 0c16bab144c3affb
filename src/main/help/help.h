/*
 * main/help/help.h - what the program says of itself, made from the tables of commands and settings: --help, the man
 * page, completion.  A command or setting is told of once, in its own row.
 */
#ifndef SW_MAIN_HELP_H
#define SW_MAIN_HELP_H

#include "main/command.h"

struct help_row {
	const char *name, *doc;
};
extern const struct help_row help_settings[];  /* those that config.c's table does not have; end with NULL, as all */
extern const struct help_row help_exits[];     /* exit codes */
extern const struct help_row help_variables[]; /* of the environment, apart from settings */
extern const struct help_row help_files[];

/** A setting's name as it stands in flags. */
void help_add_flag(struct sw_buf *out, const char *setting);
/** What --help prints. */
void help_text(struct sw_buf *out);
/** The same and more as the man page strowger.1. */
void help_man(struct sw_buf *out);

#endif
