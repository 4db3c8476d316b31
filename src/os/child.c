/* Between fork and exec only what is safe after a fork of a process with threads: system calls, and tables that stand still. The
 * input lies in memory (memfd), so that a program that reads it by halves cannot make us wait, and may seek in it.
 *
 * Rejected: libseccomp (its filters are built on the heap, which may be locked in the child); namespaces (containers forbid them
 * to the server more often than not). */
#include "os/child.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "os/os.h"

enum { FILES_OPEN = 32, NOT_STARTED = 127, NOT_CONFINED = 126, READ_BYTES = 64 << 10 };

/* ---- in the child: what it may do ---- */

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#else
// cppcheck-suppress preprocessorErrorDirective ; it is told no architecture
#error "child.c: name the architecture of this machine's system calls (linux/audit.h)"
#endif

#define ANSWER(what) BPF_STMT(BPF_RET | BPF_K, what)
#define ALLOW(name) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1), ANSWER(SECCOMP_RET_ALLOW)
#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))

/* What a program needs that starts, reads and computes. All else is refused, not fatal: libraries ask for much that they can do
 * without. Opening is allowed for reading alone, limits are its own alone. */
static struct sock_filter RULES[] = {
	LOAD(arch), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0), ANSWER(SECCOMP_RET_KILL_PROCESS), LOAD(nr),
	ALLOW(read), ALLOW(pread64), ALLOW(readv), ALLOW(write), ALLOW(writev), ALLOW(close), ALLOW(lseek), ALLOW(fcntl), ALLOW(getdents64),
	ALLOW(fstat), ALLOW(newfstatat), ALLOW(statx), ALLOW(faccessat), ALLOW(readlinkat), ALLOW(getcwd), ALLOW(fadvise64),
	ALLOW(mmap), ALLOW(munmap), ALLOW(mremap), ALLOW(mprotect), ALLOW(madvise), ALLOW(brk), ALLOW(futex), ALLOW(getrandom),
	ALLOW(execve), ALLOW(exit), ALLOW(exit_group), ALLOW(rt_sigaction), ALLOW(rt_sigprocmask), ALLOW(rt_sigreturn),
	ALLOW(set_tid_address), ALLOW(set_robust_list), ALLOW(rseq), ALLOW(clock_gettime), ALLOW(gettimeofday), ALLOW(sysinfo), ALLOW(uname),
	ALLOW(getpid), ALLOW(gettid), ALLOW(getuid), ALLOW(geteuid), ALLOW(getgid), ALLOW(getegid), ALLOW(sched_getaffinity),
#ifdef __x86_64__
	ALLOW(arch_prctl), ALLOW(access), ALLOW(readlink), ALLOW(stat), ALLOW(lstat), ALLOW(getrlimit), ALLOW(time),
#endif
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prlimit64, 0, 4), LOAD(args[0]), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1), ANSWER(SECCOMP_RET_ALLOW), ANSWER(SECCOMP_RET_ERRNO | EPERM),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 1, 0), ANSWER(SECCOMP_RET_ERRNO | EPERM),
	LOAD(args[2]), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_WRONLY | O_RDWR | O_CREAT | O_TRUNC, 0, 1), ANSWER(SECCOMP_RET_ERRNO | EPERM), ANSWER(SECCOMP_RET_ALLOW),
};

static void limit(int what, rlim_t most)
{
	struct rlimit r = {most, most};
	if (setrlimit((__rlimit_resource_t)what, &r)) _exit(NOT_CONFINED);
}

static void let_read(int rules, const char *path)
{
	struct landlock_path_beneath_attr beneath = {.allowed_access = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR};
	beneath.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (beneath.parent_fd < 0) return;
	(void)syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
	close(beneath.parent_fd);
}

/* Files: the programs, libraries and fonts of the system, and nothing else. A kernel without Landlock leaves it at the rest. */
static void confine_files(void)
{
	static const char *const SYSTEM[] = {"/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/fonts"};
	struct landlock_ruleset_attr all = {.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1};
	int rules = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);
	if (rules < 0) return;
	for (size_t i = 0; i < COUNT_OF(SYSTEM); i++) let_read(rules, SYSTEM[i]);
	if (syscall(SYS_landlock_restrict_self, rules, 0)) _exit(NOT_CONFINED);
	close(rules);
}

static void confine(const struct child_limits *limits)
{
	const struct sock_fprog program = {COUNT_OF(RULES), RULES};
	limit(RLIMIT_CPU, (rlim_t)limits->seconds);
	limit(RLIMIT_AS, limits->memory_bytes);
	limit(RLIMIT_FSIZE, 0);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_NOFILE, FILES_OPEN);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) _exit(NOT_CONFINED);
	confine_files();
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) _exit(NOT_CONFINED);
}

static _Noreturn void become(const char *const *argv, int in, int out, const struct child_limits *limits)
{
	static char *const NO_ENVIRONMENT[] = {NULL};
	sigset_t none;
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (setsid() < 0 || chdir("/") || dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 || nothing < 0 || dup2(nothing, STDERR_FILENO) < 0) _exit(NOT_CONFINED);
	if (syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0)) _exit(NOT_CONFINED);
	confine(limits);
	execve(argv[0], (char *const *)(uintptr_t)argv, NO_ENVIRONMENT);
	_exit(NOT_STARTED);
}

/* ---- in the server ---- */

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Until it closes its output, or a limit is met. */
static void take_output(struct arena *a, int from, int64_t end, const struct child_limits *limits, struct child_result *out)
{
	char *p = arena_alloc(a, limits->out_bytes + 1);
	size_t n = 0;
	for (;;) {
		int64_t left = end - now_ms();
		struct pollfd x = {.fd = from, .events = POLLIN};
		int ready = left > 0 ? poll(&x, 1, (int)left) : 0;
		if (ready < 0 && errno == EINTR) continue;
		out->is_out_of_time = ready == 0;
		if (ready <= 0) break;
		size_t room = limits->out_bytes + 1 - n;
		ssize_t got = read(from, p + n, room < READ_BYTES ? room : READ_BYTES);
		if (got < 0 && errno == EINTR) continue;
		if (got <= 0) break;
		n += (size_t)got;
		out->is_cut = n > limits->out_bytes;
		if (out->is_cut) break;
	}
	out->out = (str){p, n > limits->out_bytes ? limits->out_bytes : n};
}

static int input_of(str in)
{
	int fd = memfd_create("in", MFD_CLOEXEC);
	if (fd >= 0 && (os_write_at(fd, in.p, in.n, 0) != OK || lseek(fd, 0, SEEK_SET) != 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Closing its output is not ending: it has until `end`. */
static int end_of(pid_t child, int64_t end, struct child_result *out)
{
	const struct timespec moment = {.tv_nsec = 2000000};
	int status = 0;
	bool is_stopped = false;
	for (pid_t ended = 0; ended != child;) {
		if (!is_stopped && (out->is_cut || out->is_out_of_time || now_ms() >= end)) {
			out->is_out_of_time |= !out->is_cut;
			is_stopped = true;
			kill(child, SIGKILL);
		}
		ended = waitpid(child, &status, is_stopped ? 0 : WNOHANG);
		if (ended == 0) nanosleep(&moment, NULL);
		if (ended < 0 && errno != EINTR) return -1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

enum err child_run(struct arena *a, const char *const *argv, str in, const struct child_limits *limits, struct child_result *out, struct fault *f)
{
	int ends[2] = {-1, -1}, input = -1;
	*out = (struct child_result){.out = S("")};
	if (access(argv[0], X_OK)) return os_fail(f, "run", argv[0], errno);
	if (pipe2(ends, O_CLOEXEC)) return os_fail(f, "run", argv[0], errno);
	input = input_of(in);
	pid_t child = input < 0 ? -1 : fork();
	int error = errno;
	if (child == 0) become(argv, input, ends[1], limits);
	close(ends[1]);
	if (input >= 0) close(input);
	if (child < 0) {
		close(ends[0]);
		return os_fail(f, "run", argv[0], error);
	}
	int64_t end = now_ms() + (int64_t)limits->seconds * 1000;
	take_output(a, ends[0], end, limits, out);
	close(ends[0]);
	out->exit_code = end_of(child, end, out);
	if (out->exit_code == NOT_CONFINED) return fault_set(f, ERR_IO, "", "cannot run %s: the system does not let it be confined", argv[0]);
	if (out->exit_code == NOT_STARTED) return fault_set(f, ERR_NOT_FOUND, "", "cannot run %s", argv[0]);
	return OK;
}
