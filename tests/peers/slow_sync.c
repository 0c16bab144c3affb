/*
 * slow_sync - a disk that takes its time, for tests and benches of overload: LD_PRELOAD=.../libslow_sync.so
 *
 * SLOW_SYNC_MS is how long fsync and fdatasync take longer; a file named by SLOW_SYNC_FILE, while it is there, says it
 * instead (a number), so that a test can make the disk slow and quick again.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static long delay_ms(void)
{
	const char *name = getenv("SLOW_SYNC_FILE"), *value = getenv("SLOW_SYNC_MS");
	char text[16] = "";
	FILE *file = name ? fopen(name, "re") : NULL;
	if (file) {
		if (fgets(text, sizeof(text), file))
			value = text;
		fclose(file);
	} else if (name) {
		return 0;
	}
	return value ? strtol(value, NULL, 10) : 0;
}

static int slow(const char *name, int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
	long ms = delay_ms();
	struct timespec delay = { ms / 1000, ms % 1000 * 1000000 };
	if (ms > 0)
		nanosleep(&delay, NULL);
	return real(fd);
}

__attribute__((visibility("default"))) int fsync(int fd)
{
	return slow("fsync", fd);
}

__attribute__((visibility("default"))) int fdatasync(int fd)
{
	return slow("fdatasync", fd);
}
