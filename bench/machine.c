/* What this machine can do, so that a figure can be read beside its limit: memory read a second by one thread, memory touched
 * for the first time (in a virtual machine the host may have to find it first), and what the disk takes of appended, synced
 * bytes: in new space, and over bytes that were written before. machine DIRECTORY */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "os/os.h"

enum { MEMORY_BYTES = 256 << 20, ROUNDS = 8, SYNC_US = 1000000, PAGE_BYTES = 4096, OVER_BYTES = 64 << 20 };

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

static double first_touch_bytes_per_s(void)
{
	int64_t start = clock_mono_us();
	char *p = mem_alloc(MEMORY_BYTES);
	for (size_t i = 0; i < MEMORY_BYTES; i += PAGE_BYTES) ((volatile char *)p)[i] = 1;
	int64_t took = clock_mono_us() - start;
	mem_free(p);
	return MEMORY_BYTES / ((double)took / 1e6);
}

/* False when the directory cannot be written. */
static bool measure_disk(const char *dir, size_t piece, bool over)
{
	char path[4096], *bytes = mem_zalloc(piece);
	off_t room = over ? OVER_BYTES : 1 << 30, at = 0;
	snprintf(path, sizeof path, "%s/machine.tmp", dir);
	int fd = os_open(path, O_RDWR | O_CREAT | O_TRUNC, 0600), syncs = 0;
	bool ok = fd >= 0 && os_allocate(fd, 0, room) == OK;
	for (off_t to = 0; over && ok && to < room; to += (off_t)piece) ok = os_write_at(fd, bytes, piece, to) == OK;
	if (over && ok) ok = os_sync(fd) == OK;
	int64_t start = clock_mono_us();
	while (ok && clock_mono_us() - start < SYNC_US && (over || at + (off_t)piece < room)) {
		ok = os_write_at(fd, bytes, piece, at % room) == OK && os_sync(fd) == OK;
		at += (off_t)piece;
		syncs++;
	}
	double s = (double)(clock_mono_us() - start) / 1e6;
	if (ok) printf("%s + fdatasync of %zu KiB: %.0f/s, %.0f MB/s\n", over ? "write over" : "append", piece >> 10, syncs / s, (double)at / s / 1e6);
	if (fd >= 0) os_close(fd);
	ok = os_unlink(path) == OK && ok;
	mem_free(bytes);
	return ok;
}

int main(int argc, char **argv)
{
	printf("%ld processors; memory read by one: %.1f GB/s, touched for the first time: %.2f GB/s\n", sysconf(_SC_NPROCESSORS_ONLN), memory_bytes_per_s() / 1e9,
	       first_touch_bytes_per_s() / 1e9);
	const char *dir = argc > 1 ? argv[1] : ".";
	return measure_disk(dir, 4 << 10, false) && measure_disk(dir, 64 << 10, false) && measure_disk(dir, 1 << 20, false) && measure_disk(dir, 1 << 20, true) ? 0 : 1;
}
