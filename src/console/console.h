/* console/console.h - pages for people, served by the program itself; what other rooms know of it. */
#ifndef SW_CONSOLE_CONSOLE_H
#define SW_CONSOLE_CONSOLE_H

#include "api/api.h"

extern const struct sw_module console_module;

/** All operations with parameters, errors and examples: Markdown. base: where examples find the server */
void console_reference(struct sw_api *api, struct sw_str base, struct sw_buf *out);

typedef int console_write_fn(void *owner, struct sw_str path, struct sw_str text);
/** Every page of /docs, without its search, as files whose links are relative: "index.html",
 * "reference/CreateMessage.html".
 * @return 0, or what write returned */
int console_site(struct sw_api *api, struct sw_str base, console_write_fn *write, void *owner) SW_MUST_CHECK;

#endif
