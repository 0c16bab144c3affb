/* console/app.h - the developer's console: the files of console/dist, as they lie in the program.  Not for other rooms.
 */
#ifndef SW_CONSOLE_APP_H
#define SW_CONSOLE_APP_H

#include "console/console.h"

/* Nothing but our own scripts, styles and answers; no script in a page, and no text that becomes markup. */
#define APP_POLICY                                                                                            \
	"default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " \
	"object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "                    \
	"require-trusted-types-for 'script'; trusted-types 'none'"

/** Made by tools/embed-app; ends with an absent path. */
extern const struct sw_web_file app_files[];

/** A file by its path; for every other path below /console the page itself, which knows its own routes. */
const struct sw_web_file *app_file(const struct sw_web_ask *ask);

#endif
