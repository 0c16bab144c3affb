/* Any URL, and any reference in a document at it: refused, or ASCII without blanks that is taken apart the same again.
 */
#include "base/arena.h"
#include "wire/signature/signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(struct sw_arena *arena, struct sw_str text)
{
	struct sw_hook_url once, twice;
	if (sw_hook_url_split(arena, text, &once))
		return;
	for (size_t i = 0; i < once.url.n; i++)
		SW_BUG_ON((unsigned char)once.url.p[i] >= 0x80 || once.url.p[i] <= ' ');
	SW_BUG_ON(sw_hook_url_split(arena, once.url, &twice) || !sw_str_eq(once.url, twice.url) || twice.fragment.p);
	struct sw_str digest = sw_hook_url_add_digest(arena, once.url, text);
	SW_BUG_ON(!sw_str_eq(digest, sw_hook_url_add_digest(arena, digest, text)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sw_str reference = { (const char *)data, size }, base = sw_str_cut(&reference, '\n'), url;
	struct sw_hook_url ignored;
	struct sw_arena arena;
	sw_arena_init(&arena);
	look(&arena, base);
	if (reference.p && !sw_hook_url_split(&arena, base, &ignored) &&
	    !sw_hook_url_resolve(&arena, base, reference, &url))
		look(&arena, url);
	sw_arena_done(&arena);
	return 0;
}
