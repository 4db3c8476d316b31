/* Loaded before the program (LD_PRELOAD): syncs take as many milliseconds longer as the file named by SLOW_DISK says, as
 * long as it is there. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void wait_for_disk(void)
{
	int ms = 0;
	const char *path = getenv("SLOW_DISK");
	FILE *f = path ? fopen(path, "re") : NULL;
	if (!f) return;
	if (fscanf(f, "%d", &ms) != 1) ms = 0;
	fclose(f);
	usleep((useconds_t)ms * 1000);
}

int fsync(int fd)
{
	wait_for_disk();
	return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd);
}

int fdatasync(int fd)
{
	wait_for_disk();
	return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd);
}
