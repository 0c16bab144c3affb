#include <stdlib.h>

#include "base/arena.h"
#include "base/test.h"
#include "main/lint.h"

/* Each finding alone, and the settings beside which it is none. */
static const struct {
	const char *found; /* NULL: nothing */
	const char *args[6];
} rows[] = {
	{ NULL, { "--store", "sqlite::memory:" } },
	{ NULL, { "--listen", "localhost:0", "--virtual-clock", "--store", "sqlite::memory:" } },
	{ NULL, { "--listen", "[::1]:0", "--carrier", "m=smpp://u:@f@127.0.0.1?rate=5" } },
	{ NULL, { "--carrier", "m=smpps://u:$F@example.net?rate=5" } },
	{ "public-without-tls: 0.0.0.0:80:", { "--listen", "0.0.0.0:80" } },
	{ "public-without-tls: localhost.example.org:80:", { "--listen", "localhost.example.org:80" } },
	{ "public-without-tls: [2001:db8::1]:80:", { "--listen", "[2001:db8::1]:80" } },
	{ NULL, { "--listen", "127.9.9.9:80" } },
	{ NULL, { "--listen", "0.0.0.0:443", "--tls-cert", "c.pem", "--tls-key", "k.pem" } },
	{ "open-tls-key: /etc/passwd:", { "--tls-cert", "c.pem", "--tls-key", "/etc/passwd" } },
	{ "private-targets: allow_private:", { "--allow-private" } },
	{ "public-clock: virtual_clock:", { "--listen", "10.0.0.1:80", "--virtual-clock", "true" } },
	{ "weak-token: auth_token:", { "--auth-token", "letmein" } },
	{ "weak-token: auth_token:", { "--auth-token", "00000000000000000000000000000000" } },
	{ "forgetful-store: sqlite::memory::", { "--listen", "10.0.0.1:80", "--store", "sqlite::memory:" } },
	{ NULL, { "--carrier", "m=smpp://u:@f@127.0.0.1" } },
	{ "carrier-without-limit: m:", { "--carrier", "m=smpps://u:@f@example.net" } },
	{ "carrier-without-limit: m:", { "--carrier", "a=sim:", "--carrier", "m=smpps://u:@f@example.net?rate=0" } },
	{ "carrier-unencrypted: m:", { "--carrier", "m=smpp://u:@f@example.net?rate=5" } },
	{ "carrier-unverified: m:", { "--carrier", "m=smpps://u:@f@example.net?rate=5&tls_verify=off" } },
	{ NULL, { "--carrier", "m=twilio+http://AC1:secret@127.0.0.1:8080" } },
	{ NULL, { "--carrier", "m=twilio://AC1:@f@example.net", "--public-url", "https://us.example.org" } },
	{ NULL, { "--carrier", "m=twilio://AC1:@f@example.net?receipts=off" } },
	{ "carrier-cannot-call: m:", { "--carrier", "m=twilio://AC1:@f@example.net" } },
	{ "carrier-cannot-call: m:",
	  { "--carrier", "m=twilio://AC1:@f@example.net", "--public-url", "http://localhost:80" } },
	{ "carrier-unencrypted: m:", { "--carrier", "m=smpp://u:@f@127.example.net?rate=5" } },
	{ "carrier-unencrypted: m:", { "--carrier", "m=twilio+http://AC1:@f@example.net" } },
	{ "carrier-secret-in-url: m:", { "--carrier", "m=twilio://AC1:secret@example.net" } },
	{ "carrier-secret-in-url: m:", { "--carrier", "m=smpps://u:secret@example.net?rate=5" } },
};

SW_TEST(each_mistake_of_a_configuration_is_named)
{
	unsetenv("STROWGER_KEY");
	for (size_t i = 0; i < SW_COUNTOF(rows); i++) {
		struct sw_arena *arena = sw_arena_new();
		struct sw_buf out = { .arena = arena };
		struct config config;
		struct sw_strs rest;
		struct sw_str why = SW_S("");
		char *argv[6];
		int argc = 0;
		while (argc < 6 && rows[i].args[argc]) {
			argv[argc] = (char *)(uintptr_t)rows[i].args[argc];
			argc++;
		}
		SW_CHECK_INT(config_read(arena, argc, argv, &config, &rest, &why), 0);
		unsigned n = lint(arena, &config, &out);
		bool found = rows[i].found && sw_str_find(sw_buf_str(&out), sw_str_of(rows[i].found)) >= 0;
		if (rows[i].found ? !found : n > 0)
			sw_test_fail(__FILE__, __LINE__, "row %zu: %.*s", i, SW_FMT(sw_buf_str(&out)));
		sw_arena_free(arena);
	}
}

SW_TEST(a_key_of_few_characters_is_weak)
{
	struct sw_arena *arena = sw_arena_new();
	struct sw_buf out = { .arena = arena };
	struct config config;
	struct sw_strs rest;
	struct sw_str why;
	SW_CHECK_INT(config_read(arena, 0, NULL, &config, &rest, &why), 0);
	setenv("STROWGER_KEY", "0101010101010101010101010101010101010101010101010101010101010101", 1);
	SW_CHECK_INT(lint(arena, &config, &out), 1);
	setenv("STROWGER_KEY", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", 1);
	SW_CHECK_INT(lint(arena, &config, &out), 0);
	unsetenv("STROWGER_KEY");
	sw_arena_free(arena);
}
