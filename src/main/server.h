/*
 * main/server.h - the running server: every loop, thread and listener, started and ended in order.
 * Thread: the main thread.
 */
#ifndef SW_MAIN_SERVER_H
#define SW_MAIN_SERVER_H

#include "core/account.h"
#include "main/config.h"

struct server;

/** Open everything and listen; requests are served when it returns. @return 0 or an exit code, said on standard error
 */
int server_start(struct sw_arena *arena, const struct config *config, struct server **ret) SW_MUST_CHECK;
/** What server_start() would refuse of these settings, without opening or making anything. @return 0 or an exit code */
int server_check(struct sw_arena *arena, const struct config *config) SW_MUST_CHECK;
/** Accept no more, finish what runs, end every thread, close the store. */
void server_stop(struct server *server);

/** Read again what may change while it runs: the certificate. */
void server_reload(struct server *server);

struct sw_str server_url(const struct server *server);
/** The file by which clients trust the certificate; absent: the system's authorities will do, or plain HTTP. */
struct sw_str server_ca_file(const struct server *server);
const struct sw_account *server_account(const struct server *server);
bool server_created_account(const struct server *server);

#endif
