#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

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

static int make_key_file(const char *path, char hex[65])
{
	uint8_t key[SW_SEAL_KEY_BYTES];
	sw_random_bytes(key, sizeof(key));
	sw_hex_encode(key, sizeof(key), hex);
	hex[64] = '\n';
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return SW_EIO;
	bool ok = write(fd, hex, 65) == 65 && fsync(fd) == 0;
	close(fd);
	return ok ? 0 : SW_EIO;
}

static int read_key_file(const char *path, char hex[65])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? SW_ENOTFOUND : SW_EIO;
	ssize_t n = read(fd, hex, 65);
	close(fd);
	return n >= 64 ? 0 : SW_EINVAL;
}

/* A store that has accounts was made with a key: a new one would open nothing. */
static bool has_account(struct sw_store *store, struct sw_arena *arena)
{
	struct sw_rows rows;
	return sw_query_now(store, arena, CORE_SQL(SQL_SETTING_GET), &rows, SW_T(SW_S("first_account"))) || rows.n > 0;
}

int sw_core_load_key(struct sw_core *core, struct sw_arena *arena, struct sw_str dir, struct sw_str *ret_why)
{
	char hex[65];
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
	int err = read_key_file(path.p, hex);
	if (err == SW_ENOTFOUND && core->store && has_account(core->store, arena)) {
		*ret_why =
			sw_str_fmt(arena,
				   "%.*s is missing: restore it from your backup, or set STROWGER_KEY; without it no "
				   "account of this store can sign in",
				   SW_FMT(path));
		return SW_ENOTFOUND;
	}
	if (err == SW_ENOTFOUND && core->store)
		err = make_key_file(path.p, hex);
	if (err)
		return err;
	return sw_hex_decode((struct sw_str){ hex, 64 }, core->seal_key, sizeof(core->seal_key));
}
