/*
 * core/auth/login.h - failed sign-ins slow down.
 *
 * Every failure counts in three places: for the key at its address, for the key wherever it comes from, and for the
 * address.  Each place forgives a number of failures at once and then one more per interval (the table in login.c,
 * GCRA); past that, attempts are refused without a look at the secret.  A pair of key and address that signed in well
 * lately is not refused: nobody who guesses can lock out an owner who comes from where he always comes from.
 *
 * The tables have a fixed size; the entry that matters least gives way.  Keyed hashes: a stranger cannot choose whom he
 * collides with.  Lost on restart.
 *
 * Thread: any; atomics, no locks.  Times are monotonic microseconds.
 */
#ifndef SW_CORE_LOGIN_H
#define SW_CORE_LOGIN_H

#include "base/str.h"

struct sw_login_rule {
	const char *what;
	int64_t burst;       /* failures at once */
	int64_t interval_ms; /* and then one more per interval */
};

enum sw_login_place { SW_LOGIN_PAIR, SW_LOGIN_KEY, SW_LOGIN_ADDRESS, SW_LOGIN_PLACES };
extern const struct sw_login_rule sw_login_rules[SW_LOGIN_PLACES];

/**
 * May this address try this key now?  key: SID as given, "" when there is none; address: of the peer, never of a
 * header.
 * @return 0, or the seconds to wait; *ret_place says whose limit it is
 */
int64_t sw_login_delay_s(struct sw_str key, struct sw_str address, int64_t now_us, enum sw_login_place *ret_place);
void sw_login_failed(struct sw_str key, struct sw_str address, int64_t now_us);
void sw_login_good(struct sw_str key, struct sw_str address, int64_t now_us);

#endif
