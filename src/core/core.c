#include <errno.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/random.h"
#include "base/time.h"
#include "core/alert/alert.h"
#include "core/callback.h"
#include "core/core.h"
#include "core/core_sql.h"
#include "core/webhook/dead.h"

void sw_core_init(struct sw_core *core, struct sw_store *store)
{
	core->store = store;
	core->currency = SW_S("USD");
	core->opening_micros = INT64_C(100) * 1000000;
	core->dead_letter_us = 30 * SW_US_PER_DAY;
	core->replay_rate = 50;
	core->alert_days = 30;
	sw_callback_use(core);
	sw_replay_use(core);
	sw_alert_use(core);
}

enum { KEY_HEX = 2 * SW_SEAL_KEY_BYTES, KEY_FILE_MAX = 4096 };

static int make_key_file(struct sw_arena *arena, struct sw_str path, struct sw_str *ret)
{
	uint8_t key[SW_SEAL_KEY_BYTES];
	char hex[KEY_HEX];
	sw_random_bytes(key, sizeof(key));
	sw_hex_encode(key, sizeof(key), hex);
	*ret = sw_str_fmt(arena, "%.*s\n", KEY_HEX, hex);
	return sw_file_keep(arena, path, *ret, 0600, false) ? SW_EIO : 0;
}

static int read_key_file(struct sw_arena *arena, struct sw_str path, struct sw_str *ret)
{
	int failed = sw_file_read(arena, path, KEY_FILE_MAX, ret);
	if (failed)
		return failed == ENOENT ? SW_ENOTFOUND : SW_EIO;
	return ret->n >= KEY_HEX ? 0 : SW_EINVAL;
}

/* A store that has accounts was made with a key: a new one would open nothing. */
static bool has_account(struct sw_store *store, struct sw_arena *arena)
{
	struct sw_rows rows;
	return sw_query_now(store, arena, CORE_SQL(SQL_SETTING_GET), &rows, SW_T(SW_S("first_account"))) || rows.n > 0;
}

int sw_core_load_key(struct sw_core *core, struct sw_arena *arena, struct sw_str dir, struct sw_str *ret_why)
{
	struct sw_str hex;
	const char *given = getenv("STROWGER_KEY");
	if (given && given[0]) {
		*ret_why = SW_S("STROWGER_KEY must be 64 hex digits");
		return sw_hex_decode(sw_str_of(given), core->seal_key, sizeof(core->seal_key));
	}
	if (!dir.p) { /* a store in memory: nothing outlives the process */
		sw_random_bytes(core->seal_key, sizeof(core->seal_key));
		return 0;
	}
	struct sw_str path = sw_str_fmt(arena, "%.*s/install.key", SW_FMT(dir));
	*ret_why = sw_str_fmt(arena, "the installation key %.*s must hold 64 hex digits and be readable by this user",
			      SW_FMT(path));
	int err = read_key_file(arena, path, &hex);
	if (err == SW_ENOTFOUND && core->store && has_account(core->store, arena)) {
		*ret_why =
			sw_str_fmt(arena,
				   "%.*s is missing: restore it from your backup, or set STROWGER_KEY; without it no "
				   "account of this store can sign in",
				   SW_FMT(path));
		return SW_ENOTFOUND;
	}
	if (err == SW_ENOTFOUND && core->store)
		err = make_key_file(arena, path, &hex);
	if (err)
		return err;
	return sw_hex_decode(sw_str_sub(hex, 0, KEY_HEX), core->seal_key, sizeof(core->seal_key));
}
