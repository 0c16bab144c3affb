/*
 * main/tls/certificate.h - the certificate that the server shows: read from files, and again when they change.
 *
 * Ownership: the object holds what it read; what it hands out is copied or counted.
 * Thread: the main thread until certificate_follow(), the loop's named there until it ends; certificate_reload() any.
 */
#ifndef SW_MAIN_TLS_CERTIFICATE_H
#define SW_MAIN_TLS_CERTIFICATE_H

#include "main/config.h"
#include "net/tls.h"

struct certificate;
struct sw_http_server;
struct sw_loop;

/** The loop must not run any more. NULL is fine. */
void certificate_free(struct certificate *certificate);
/** Read the files that tls_cert and tls_key name. @return 0 (*ret NULL: none is named) or an exit code, said on
 * standard error */
int certificate_open(struct sw_arena *arena, const struct config *config, struct certificate **ret) SW_MUST_CHECK;
struct sw_tls *certificate_tls(const struct certificate *certificate);
/** The certificate itself without its chain, PEM. */
struct sw_str certificate_known(struct sw_arena *arena, const struct certificate *certificate);
/** The file that clients must be given to trust it; absent when an authority signed it that is not beside it. */
struct sw_str certificate_ca_file(struct sw_arena *arena, const struct certificate *certificate);

/**
 * Look once a minute whether the files have changed. Files with a fault are an error in the log, once for each change;
 * what was read before stays.
 * @param changed  called on the loop: another certificate is to be shown
 */
void certificate_follow(struct certificate *certificate, struct sw_loop *loop, void (*changed)(void *owner),
			void *owner);
/** Show it from now on. @param http  a server of that loop, read there; NULL in it: it ends. Thread: any */
void certificate_show(const struct certificate *certificate, struct sw_loop *loop, struct sw_http_server *const *http);
/** Read them now, changed or not. Thread: any, while the loop runs. */
void certificate_reload(struct certificate *certificate);
/** What the timer does. @param again  read them, changed or not. @return true: another is to be shown */
bool certificate_look(struct certificate *certificate, bool again);

#endif
