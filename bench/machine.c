/* What this machine can do, so that a figure can be read beside its limit: memory read a second by one thread, and what
 * the disk takes of appended, synced bytes. machine DIRECTORY */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "os/os.h"

enum { MEMORY_BYTES = 256 << 20, ROUNDS = 8, SYNC_US = 1000000 };

static double memory_bytes_per_s(void)
{
	uint64_t *p = mem_alloc(MEMORY_BYTES), sum[4] = {0};
	memset(p, 1, MEMORY_BYTES);
	int64_t best = INT64_MAX;
	for (int round = 0; round < ROUNDS; round++) {
		int64_t start = clock_mono_us();
		for (size_t i = 0; i < MEMORY_BYTES / sizeof *p; i += 4)
			for (size_t k = 0; k < 4; k++) sum[k] += p[i + k];
		int64_t took = clock_mono_us() - start;
		if (took < best) best = took;
	}
	volatile uint64_t used = sum[0] + sum[1] + sum[2] + sum[3];
	(void)used;
	mem_free(p);
	return MEMORY_BYTES / ((double)best / 1e6);
}

/* False when the directory cannot be written. */
static bool measure_disk(const char *dir, size_t piece)
{
	char path[4096], *bytes = mem_zalloc(piece);
	off_t room = 1 << 30, at = 0;
	snprintf(path, sizeof path, "%s/machine.tmp", dir);
	int fd = os_open(path, O_RDWR | O_CREAT | O_TRUNC, 0600), syncs = 0;
	bool ok = fd >= 0 && os_allocate(fd, 0, room) == OK;
	int64_t start = clock_mono_us();
	while (ok && clock_mono_us() - start < SYNC_US && at + (off_t)piece < room) {
		ok = os_write_at(fd, bytes, piece, at) == OK && os_sync(fd) == OK;
		at += (off_t)piece;
		syncs++;
	}
	double s = (double)(clock_mono_us() - start) / 1e6;
	if (ok) printf("append + fdatasync of %zu KiB: %.0f/s, %.0f MB/s\n", piece >> 10, syncs / s, (double)at / s / 1e6);
	if (fd >= 0) os_close(fd);
	ok = os_unlink(path) == OK && ok;
	mem_free(bytes);
	return ok;
}

int main(int argc, char **argv)
{
	printf("%ld processors; memory read by one: %.1f GB/s\n", sysconf(_SC_NPROCESSORS_ONLN), memory_bytes_per_s() / 1e9);
	const char *dir = argc > 1 ? argv[1] : ".";
	return measure_disk(dir, 4 << 10) && measure_disk(dir, 64 << 10) && measure_disk(dir, 1 << 20) ? 0 : 1;
}
