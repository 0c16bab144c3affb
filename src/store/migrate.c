/* Raising the schema: each migration in a transaction of its own, remembered with the checksum of its text. */
#include "base/hash.h"
#include "base/log.h"
#include "base/num.h"
#include "loop/clock.h"
#include "store/driver.h"

static const char history[] = "CREATE TABLE IF NOT EXISTS migration ("
			      " room TEXT NOT NULL, number BIGINT NOT NULL, name TEXT NOT NULL,"
			      " checksum TEXT NOT NULL, applied_us BIGINT NOT NULL, PRIMARY KEY (room, number))";

struct runner {
	const struct sw_schema_ops *ops;
	void *conn;
	struct sw_arena *arena;
	struct sw_buf *why;
	struct sw_rows done; /* room, number, checksum */
};

static struct sw_str checksum(struct sw_arena *arena, const char *sql)
{
	uint8_t digest[32];
	char *hex = sw_arena_bytes(arena, 2 * sizeof(digest));
	sw_sha256(sw_str_of(sql), digest);
	sw_hex_encode(digest, sizeof(digest), hex);
	return (struct sw_str){ hex, 2 * sizeof(digest) };
}

static const struct sw_migration *find(const struct sw_migration *list, struct sw_str room, int64_t number)
{
	for (; list && list->room; list++)
		if (list->number == number && sw_str_is(room, list->room))
			return list;
	return NULL;
}

/* What the database has must be what the program knows, word for word. */
static int check_history(struct runner *run, const struct sw_migration *list)
{
	for (size_t i = 0; i < run->done.n; i++) {
		struct sw_row row = run->done.row[i];
		const struct sw_migration *known = find(list, sw_row_str(row, 0), sw_row_int(row, 1));
		if (!known) {
			sw_buf_add_fmt(run->why,
				       "the database is newer than this program (it has migration %.*s/%04d); "
				       "start the newer program again or restore a backup",
				       SW_FMT(sw_row_str(row, 0)), (int)sw_row_int(row, 1));
			return SW_ECORRUPT;
		}
		if (!sw_str_eq(checksum(run->arena, known->sql), sw_row_str(row, 2))) {
			sw_buf_add_fmt(run->why,
				       "migration %s/%04u_%s was changed after it had been applied to this database",
				       known->room, known->number, known->name);
			return SW_ECORRUPT;
		}
	}
	return 0;
}

/* The attempt log has its rows in a database of its own; without a URL (checks) everything is in one. */
static bool belongs(const struct sw_migration *migration, const struct sw_store_config *config)
{
	bool attempts = strcmp(migration->room, "attempt") == 0, store = strcmp(migration->room, "store") == 0;
	return !config->url || store || attempts == config->attempts;
}

static bool is_done(const struct runner *run, const struct sw_migration *migration)
{
	for (size_t i = 0; i < run->done.n; i++)
		if (sw_row_int(run->done.row[i], 1) == migration->number &&
		    sw_str_is(sw_row_str(run->done.row[i], 0), migration->room))
			return true;
	return false;
}

static int apply(struct runner *run, const struct sw_migration *migration)
{
	struct sw_buf record = { .arena = run->arena };
	/* Names are the program's own: no quoting needed. */
	sw_buf_add_fmt(&record,
		       "INSERT INTO migration (room, number, name, checksum, applied_us) VALUES ('%s', %u, '%s', '",
		       migration->room, migration->number, migration->name);
	sw_buf_add_str(&record, checksum(run->arena, migration->sql));
	sw_buf_add_fmt(&record, "', %lld)", (long long)sw_wall_us());
	sw_buf_add(&record, "", 1);

	int err = run->ops->exec(run->conn, "BEGIN", run->why);
	if (!err)
		err = run->ops->exec(run->conn, migration->sql, run->why);
	if (!err)
		err = run->ops->exec(run->conn, record.p, run->why);
	if (!err)
		err = run->ops->exec(run->conn, "COMMIT", run->why);
	if (err) {
		(void)run->ops->exec(run->conn, "ROLLBACK", NULL);
		sw_buf_add_fmt(run->why, " (migration %s/%04u_%s)", migration->room, migration->number,
			       migration->name);
	}
	return err;
}

int sw_migrate(const struct sw_schema_ops *ops, void *conn, struct sw_arena *arena,
	       const struct sw_store_config *config, struct sw_buf *why)
{
	struct runner run = { .ops = ops, .conn = conn, .arena = arena, .why = why };
	int err = ops->exec(conn, history, why);
	if (!err)
		err = ops->select(conn, arena, "SELECT room, number, checksum FROM migration", "tit", &run.done, why);
	if (!err)
		err = check_history(&run, config->migrations);
	unsigned applied = 0;
	for (const struct sw_migration *m = config->migrations; !err && m && m->room; m++) {
		if (!belongs(m, config) || is_done(&run, m))
			continue;
		if (config->no_migrate) {
			sw_buf_add_fmt(why, "the database lacks migration %s/%04u_%s; run `strowger migrate`", m->room,
				       m->number, m->name);
			return SW_EINVAL;
		}
		err = apply(&run, m);
		applied++;
	}
	if (!err && applied && config->url)
		sw_info("store", "schema raised", SW_KI("migrations", applied));
	return err;
}
