/* os.h: files, for those layers that must not lose anything: each call does all or says why not, and a test can make
 * the n-th of them fail. Threads are plain pthreads, and need no wrapper. */
#ifndef OS_OS_H
#define OS_OS_H
#include <fcntl.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"

/* ---- faults for tests ------------------------------------------------------------------------------------------------ */
enum { OS_OPEN = 1, OS_WRITE = 2, OS_SYNC = 4, OS_RENAME = 8, OS_ALLOCATE = 16, OS_UNLINK = 32, OS_TRUNCATE = 64, OS_LINK = 128, OS_MAP = 256, OS_READ = 512, OS_ANY = 1023 };
/* The n-th call from now (1 = the next) whose kind is in `kinds` fails with the errno `error`, and so do the `times - 1`
 * calls after it (times < 0: all). A failed write first writes half of its bytes: that is what a real one may do.
 * n = 0 switches faults off. */
void os_fail_nth(unsigned kinds, long n, long times, int error);
/* Called by the thread that meets a fault, before its call fails; NULL: nothing. So a test can look at, or do, what other
 * threads might just then. Set it before os_fail_nth. */
void os_on_fault(void (*meet)(void *arg), void *arg);
long os_fault_calls(void); /* calls of these kinds seen since os_fail_nth */

/* ---- files: -1 or an errno-based error; `f` may be NULL ----------------------------------------------------------------- */
/* ERR_FULL for a full disk or quota, ERR_NOT_FOUND, ERR_CONFLICT (exists), else ERR_IO; names what was done and the path. */
enum err os_fail(struct fault *f, const char *doing, const char *path, int error);
int os_open(const char *path, int flags, mode_t mode);              /* O_CLOEXEC is added; -1 and errno */
void os_close(int fd);
enum err os_write_at(int fd, const void *p, size_t n, off_t at) NODISCARD; /* all n bytes */
/* The bytes that were there: fewer than n only at the end of the file; -1 and errno. */
ssize_t os_read_at(int fd, void *p, size_t n, off_t at);
enum err os_sync(int fd) NODISCARD;                                  /* data and what is needed to read it back */
enum err os_allocate(int fd, off_t from, off_t n) NODISCARD;         /* reserves space; the file grows by zeros */
enum err os_truncate(int fd, off_t n) NODISCARD;
off_t os_size(int fd);                                               /* -1 and errno */
enum err os_rename(const char *from, const char *to) NODISCARD;
enum err os_unlink(const char *path) NODISCARD;                      /* OK when it was not there */
enum err os_link(const char *from, const char *to) NODISCARD;        /* copies where links cannot be */
enum err os_copy(const char *from, const char *to, off_t at_most) NODISCARD; /* at_most < 0: all; synced */
enum err os_mkdir(const char *path) NODISCARD;                       /* OK when it is there; the parent is synced */
enum err os_sync_dir(const char *path) NODISCARD;
/* Writes path.new, syncs it, renames it over path and syncs the directory before and after: the old file or the new,
 * never a part. When it fails it may still be the new one: the last sync failed. */
enum err os_replace(const char *dir, const char *name, str content) NODISCARD;
/* Calls visit for each name in the directory but "." and "..". */
enum err os_list(const char *path, void (*visit)(void *arg, const char *name), void *arg) NODISCARD;

/* How many files the process may have open, after asking for `wanted`. */
long os_files_allow(long wanted);

struct os_map {
	const unsigned char *p; /* NULL for an empty file */
	size_t n;
};
enum err os_map(const char *path, struct os_map *out) NODISCARD; /* read-only, shared; stays when the file is unlinked */
void os_unmap(struct os_map *m);
#endif
