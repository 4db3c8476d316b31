/* Faults are compiled in always: a relaxed load of one word per call costs nothing beside a system call, and so the
 * program that is tested is the program that ships. */
#include "os/os.h"

#include <dirent.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

static _Atomic unsigned fault_kinds;
static _Atomic long fault_at, fault_times, fault_seen;
static _Atomic int fault_error;
static void (*fault_meet)(void *arg);
static void *fault_meet_arg;

void os_fail_nth(unsigned kinds, long n, long times, int error)
{
	atomic_store(&fault_kinds, 0);
	atomic_store(&fault_seen, 0);
	atomic_store(&fault_at, n);
	atomic_store(&fault_times, times);
	atomic_store(&fault_error, error);
	if (n > 0) atomic_store(&fault_kinds, kinds);
}

void os_on_fault(void (*meet)(void *arg), void *arg)
{
	fault_meet = meet;
	fault_meet_arg = arg;
}

long os_fault_calls(void)
{
	return atomic_load(&fault_seen);
}

static bool fails(unsigned kind)
{
	if (!(atomic_load_explicit(&fault_kinds, memory_order_relaxed) & kind)) return false;
	long seen = atomic_fetch_add(&fault_seen, 1) + 1, at = atomic_load(&fault_at), times = atomic_load(&fault_times);
	if (seen < at || (times >= 0 && seen >= at + times)) return false;
	int error = atomic_load(&fault_error);
	if (fault_meet) fault_meet(fault_meet_arg);
	errno = error;
	return true;
}

static enum err code_of(int error)
{
	switch (error) {
	case ENOSPC:
	case EDQUOT: return ERR_FULL;
	case ENOENT: return ERR_NOT_FOUND;
	case EEXIST: return ERR_CONFLICT;
	default: return ERR_IO;
	}
}

enum err os_fail(struct fault *f, const char *doing, const char *path, int error)
{
	char words[128];
	return fault_set(f, code_of(error), "", "cannot %s %s: %s", doing, path, strerror_r(error, words, sizeof words));
}

int os_open(const char *path, int flags, mode_t mode)
{
	if (fails(OS_OPEN)) return -1;
	int fd;
	do fd = open(path, flags | O_CLOEXEC, mode);
	while (fd < 0 && errno == EINTR);
	return fd;
}

void os_close(int fd)
{
	if (fd >= 0) close(fd);
}

enum err os_write_at(int fd, const void *p, size_t n, off_t at)
{
	bool must_fail = fails(OS_WRITE);
	int error = errno;
	if (must_fail) n /= 2;
	for (size_t done = 0; done < n;) {
		ssize_t wrote = pwrite(fd, (const char *)p + done, n - done, at + (off_t)done);
		if (wrote < 0 && errno == EINTR) continue;
		if (wrote < 0) return code_of(errno);
		if (wrote == 0) return ERR_IO;
		done += (size_t)wrote;
	}
	return must_fail ? code_of(error) : OK;
}

ssize_t os_read_at(int fd, void *p, size_t n, off_t at)
{
	if (fails(OS_READ)) return -1;
	size_t done = 0;
	while (done < n) {
		ssize_t got = pread(fd, (char *)p + done, n - done, at + (off_t)done);
		if (got < 0 && errno == EINTR) continue;
		if (got < 0) return -1;
		if (got == 0) break;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

enum err os_sync(int fd)
{
	if (fails(OS_SYNC)) return code_of(errno);
	return fdatasync(fd) == 0 ? OK : code_of(errno);
}

enum err os_allocate(int fd, off_t from, off_t n)
{
	if (fails(OS_ALLOCATE)) return code_of(errno);
	int r;
	do r = posix_fallocate(fd, from, n);
	while (r == EINTR);
	return r == 0 ? OK : code_of(r);
}

enum err os_truncate(int fd, off_t n)
{
	if (fails(OS_TRUNCATE)) return code_of(errno);
	return ftruncate(fd, n) == 0 ? OK : code_of(errno);
}

off_t os_size(int fd)
{
	struct stat st;
	return fstat(fd, &st) == 0 ? st.st_size : -1;
}

enum err os_rename(const char *from, const char *to)
{
	if (fails(OS_RENAME)) return code_of(errno);
	return rename(from, to) == 0 ? OK : code_of(errno);
}

enum err os_unlink(const char *path)
{
	if (fails(OS_UNLINK)) return code_of(errno);
	return unlink(path) == 0 || errno == ENOENT ? OK : code_of(errno);
}

enum err os_copy(const char *from, const char *to, off_t at_most)
{
	enum { PIECE = 1 << 20 };
	int in = os_open(from, O_RDONLY, 0);
	if (in < 0) return code_of(errno);
	int out = os_open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	enum err e = out < 0 ? code_of(errno) : OK;
	char *piece = mem_alloc(PIECE);
	for (off_t at = 0; e == OK && (at_most < 0 || at < at_most);) {
		size_t want = at_most >= 0 && at_most - at < PIECE ? (size_t)(at_most - at) : PIECE;
		ssize_t got = os_read_at(in, piece, want, at);
		if (got < 0) e = code_of(errno);
		if (got <= 0) break;
		e = os_write_at(out, piece, (size_t)got, at);
		at += got;
	}
	if (e == OK) e = os_sync(out);
	mem_free(piece);
	os_close(in);
	os_close(out);
	return e;
}

enum err os_link(const char *from, const char *to)
{
	if (fails(OS_LINK)) return code_of(errno);
	if (link(from, to) == 0) return OK;
	if (errno != EXDEV && errno != EPERM && errno != EMLINK && errno != EOPNOTSUPP) return code_of(errno);
	return os_copy(from, to, -1);
}

enum err os_mkdir(const char *path)
{
	char parent[4096];
	if (mkdir(path, 0700)) return errno == EEXIST ? OK : code_of(errno);
	if ((size_t)snprintf(parent, sizeof parent, "%s/..", path) >= sizeof parent) return ERR_IO;
	return os_sync_dir(parent); /* else all that is synced in it could go with it */
}

static enum err sync_dir_fd(int fd)
{
	if (fails(OS_SYNC)) return code_of(errno);
	return fsync(fd) == 0 ? OK : code_of(errno);
}

enum err os_sync_dir(const char *path)
{
	int fd = os_open(path, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0) return code_of(errno);
	enum err e = sync_dir_fd(fd);
	os_close(fd);
	return e;
}

static enum err write_whole(const char *path, str content)
{
	int fd = os_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0) return code_of(errno);
	enum err e = os_write_at(fd, content.p, content.n, 0);
	if (e == OK) e = os_sync(fd);
	os_close(fd);
	return e;
}

/* The directory is opened first, so that little can fail after the rename; and synced before it too, so that no file
 * which the new content names can be missing when the new content is there. */
enum err os_replace(const char *dir, const char *name, str content)
{
	char path[4096], temporary[4096];
	if ((size_t)snprintf(path, sizeof path, "%s/%s", dir, name) >= sizeof path) return ERR_IO;
	if ((size_t)snprintf(temporary, sizeof temporary, "%s/%s.new", dir, name) >= sizeof temporary) return ERR_IO;
	int dir_fd = os_open(dir, O_RDONLY | O_DIRECTORY, 0);
	if (dir_fd < 0) return code_of(errno);
	enum err e = write_whole(temporary, content);
	if (e == OK) e = sync_dir_fd(dir_fd);
	if (e == OK) e = os_rename(temporary, path);
	if (e != OK) unlink(temporary);
	else e = sync_dir_fd(dir_fd);
	os_close(dir_fd);
	return e;
}

enum err os_list(const char *path, void (*visit)(void *arg, const char *name), void *arg)
{
	DIR *d = opendir(path);
	if (!d) return code_of(errno);
	for (struct dirent *entry; (entry = readdir(d));)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) visit(arg, entry->d_name);
	closedir(d);
	return OK;
}

enum err os_map(const char *path, struct os_map *out)
{
	*out = (struct os_map){NULL, 0};
	int fd = os_open(path, O_RDONLY, 0);
	if (fd < 0) return code_of(errno);
	off_t n = os_size(fd);
	void *p = MAP_FAILED;
	enum err e = n < 0 ? code_of(errno) : OK;
	if (e == OK && n > 0) {
		p = fails(OS_MAP) ? MAP_FAILED : mmap(NULL, (size_t)n, PROT_READ, MAP_SHARED, fd, 0);
		if (p == MAP_FAILED) e = code_of(errno);
	}
	os_close(fd);
	if (e == OK && n > 0) *out = (struct os_map){p, (size_t)n};
	return e;
}

void os_unmap(struct os_map *m)
{
	if (m->p) munmap((void *)(uintptr_t)m->p, m->n);
	*m = (struct os_map){NULL, 0};
}

long os_files_allow(long wanted)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit)) return 0;
	if (limit.rlim_cur < (rlim_t)wanted) {
		limit.rlim_cur = limit.rlim_max < (rlim_t)wanted ? limit.rlim_max : (rlim_t)wanted;
		if (setrlimit(RLIMIT_NOFILE, &limit)) return 0;
	}
	return limit.rlim_cur > (rlim_t)wanted ? wanted : (long)limit.rlim_cur;
}
