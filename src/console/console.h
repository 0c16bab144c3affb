/* console/console.h - pages for people, served by the program itself; what other rooms know of it. */
#ifndef SW_CONSOLE_CONSOLE_H
#define SW_CONSOLE_CONSOLE_H

#include "api/api.h"

extern const struct sw_module console_module;

#endif
