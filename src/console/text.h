/* console/text.h - the text files that are in the program: guides, the changelog, the style sheet (docs/meson.build).
 */
#ifndef SW_CONSOLE_TEXT_H
#define SW_CONSOLE_TEXT_H

#include "base/str.h"

struct sw_text_file {
	struct sw_str path; /* in the source: "docs/webhooks.md" */
	struct sw_str text;
};
#define SW_TEXT(...)                                       \
	{                                                  \
		"" __VA_ARGS__, sizeof("" __VA_ARGS__) - 1 \
	}

/* In the order of docs/meson.build; ends with an absent path. */
extern const struct sw_text_file sw_text_files[];

#endif
