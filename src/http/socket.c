/* socket.c: a stream socket. The caller sends one message: a head {magic, bytes} with four descriptors beside it
 * (standard input, output, error, working directory), then its arguments, each ending in NUL. The server answers with
 * four bytes, the exit code, when the command has run; a caller that is killed closes its end, which the command may ask
 * about (socket_client_gone). The path is bound under another name and then renamed over the old one: the holder of the
 * directory's lock is alone in doing so, and there is never a moment without a socket. */
#include "http/socket.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/mem.h"

enum { DESCRIPTORS = 4, MOST_COMMANDS = 16, MOST_ARGUMENTS = 1024, MOST_BYTES = 1 << 20, BACKLOG = 32, HEAD_TIMEOUT_S = 5 };
static const uint32_t MAGIC = 0x31707368; /* "hsp1" */

struct head {
	uint32_t magic, bytes;
};

struct socket_server {
	int fd, stop[2];
	char *path, *fresh; /* fresh: the name under which it is bound first */
	socket_run *run;
	void *arg;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t idle;
	int running;
};

struct call {
	struct socket_server *server;
	int fd;
};

static bool read_all(int fd, void *room, size_t n)
{
	for (size_t got = 0; got < n;) {
		ssize_t r = read(fd, (char *)room + got, n - got);
		if (r < 0 && errno == EINTR) continue;
		if (r <= 0) return false;
		got += (size_t)r;
	}
	return true;
}

static bool write_all(int fd, const void *bytes, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t r = send(fd, (const char *)bytes + done, n - done, MSG_NOSIGNAL);
		if (r < 0 && errno == EINTR) continue;
		if (r <= 0) return false;
		done += (size_t)r;
	}
	return true;
}

static void close_all(const int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fds[i] >= 0) close(fds[i]);
}

/* A socket's address holds 107 bytes and a directory's path may be longer: then the address goes through a descriptor of
 * the folder, which *folder holds until the call is made (-1 when it is not needed). */
static enum err address_of(const char *path, struct sockaddr_un *out, int *folder, struct fault *f)
{
	*out = (struct sockaddr_un){.sun_family = AF_UNIX};
	*folder = -1;
	size_t n = strlen(path);
	if (n < sizeof out->sun_path) {
		memcpy(out->sun_path, path, n);
		return OK;
	}
	const char *name = strrchr(path, '/');
	struct arena a;
	arena_init(&a);
	*folder = name ? open(str_c(&a, (str){path, (size_t)(name - path)}), O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	arena_release(&a);
	if (*folder < 0 || snprintf(out->sun_path, sizeof out->sun_path, "/proc/self/fd/%d%s", *folder, name) >= (int)sizeof out->sun_path) {
		close_all(folder, 1);
		return fault_set(f, ERR_IO, "data", "the socket of this directory cannot be reached");
	}
	return OK;
}

static enum err system_fault(struct fault *f, const char *what)
{
	char words[128];
	return fault_set(f, ERR_IO, "socket", "%s: %s", what, strerror_r(errno, words, sizeof words));
}

/* ---- the server's side ---- */

/* Receives the head; descriptors that came are in fds, the others -1. False when it is not a caller's message. */
static bool take_head(int fd, struct head *head, int fds[DESCRIPTORS])
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int) * DESCRIPTORS)];
	} control;
	struct iovec part = {head, sizeof *head};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof control.room};
	ssize_t n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC | MSG_WAITALL);
	size_t got = 0;
	for (struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&m) : NULL; c; c = CMSG_NXTHDR(&m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
		got = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds, CMSG_DATA(c), got * sizeof(int));
	}
	return n == (ssize_t)sizeof *head && got == DESCRIPTORS && head->magic == MAGIC && head->bytes > 0 && head->bytes <= MOST_BYTES;
}

static bool is_trusted(int fd)
{
	struct ucred who;
	socklen_t n = sizeof who;
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 && (who.uid == 0 || who.uid == geteuid());
}

static bool take_arguments(int fd, struct arena *a, uint32_t bytes, str *argv, int *argc)
{
	char *text = arena_alloc(a, bytes + 1);
	if (!read_all(fd, text, bytes) || text[bytes - 1] != 0) return false;
	for (char *at = text; at < text + bytes; at += strlen(at) + 1) {
		if (*argc == MOST_ARGUMENTS) return false;
		argv[(*argc)++] = str_of(at);
	}
	return true;
}

static void serve_call(struct socket_server *s, int fd)
{
	int fds[DESCRIPTORS] = {-1, -1, -1, -1}, argc = 0;
	struct head head;
	struct arena a;
	arena_init(&a);
	str *argv = ARENA_ARRAY(&a, str, MOST_ARGUMENTS);
	struct timeval patience = {.tv_sec = HEAD_TIMEOUT_S};
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (is_trusted(fd) && take_head(fd, &head, fds) && take_arguments(fd, &a, head.bytes, argv, &argc)) {
		struct command_io io = {.in = fds[0], .out = fds[1], .err = fds[2], .cwd = fds[3], .caller = fd, .is_terminal = isatty(fds[2])};
		int32_t code = s->run(s->arg, argc, argv, &io);
		(void)write_all(fd, &code, sizeof code); /* a caller that is gone needs no code */
	} else {
		log_warn("command_refused", F_STR("reason", S("not a message of hospes, or another user's")));
	}
	close_all(fds, DESCRIPTORS);
	arena_release(&a);
}

static void *call_thread(void *arg)
{
	struct call c = *(struct call *)arg;
	mem_free(arg);
	serve_call(c.server, c.fd);
	close(c.fd);
	pthread_mutex_lock(&c.server->lock);
	c.server->running--;
	pthread_cond_broadcast(&c.server->idle);
	pthread_mutex_unlock(&c.server->lock);
	return NULL;
}

static void start_call(struct socket_server *s, int fd)
{
	pthread_mutex_lock(&s->lock);
	while (s->running == MOST_COMMANDS) pthread_cond_wait(&s->idle, &s->lock); /* the others wait in the backlog */
	s->running++;
	pthread_mutex_unlock(&s->lock);
	struct call *c = MEM_NEW(struct call);
	*c = (struct call){s, fd};
	pthread_attr_t detached;
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	pthread_t t;
	if (pthread_create(&t, &detached, call_thread, c) != 0) call_thread(c);
	pthread_attr_destroy(&detached);
}

static void *accept_calls(void *arg)
{
	struct socket_server *s = arg;
	for (;;) {
		struct pollfd both[] = {{.fd = s->fd, .events = POLLIN}, {.fd = s->stop[0], .events = POLLIN}};
		if (poll(both, 2, -1) < 0) continue; /* EINTR */
		if (both[1].revents) return NULL;
		int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0) start_call(s, fd);
		else if (errno == EMFILE || errno == ENFILE) (void)poll(&both[1], 1, 100);
	}
}

/* Mode 0600 from its first moment: Linux gives the name the mode that the socket has before it is bound. */
static enum err bind_socket(struct socket_server *s, struct fault *f)
{
	struct sockaddr_un at;
	int folder;
	TRY(address_of(s->fresh, &at, &folder, f));
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	unlink(s->fresh);
	bool ok = s->fd >= 0 && fchmod(s->fd, 0600) == 0 && bind(s->fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(s->fd, BACKLOG) == 0 &&
	          rename(s->fresh, s->path) == 0;
	enum err e = ok ? OK : system_fault(f, s->path);
	close_all(&folder, 1);
	return e;
}

static void server_free(struct socket_server *s)
{
	close_all((int[]){s->fd, s->stop[0], s->stop[1]}, 3);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->idle);
	mem_free(s->path);
	mem_free(s->fresh);
	mem_free(s);
}

enum err socket_serve(struct socket_server **out, const char *path, socket_run *run, void *arg, struct fault *f)
{
	size_t n = strlen(path);
	struct socket_server *s = MEM_NEW(struct socket_server);
	*s = (struct socket_server){.fd = -1, .stop = {-1, -1}, .run = run, .arg = arg, .path = mem_zalloc(n + 1), .fresh = mem_zalloc(n + 2)};
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->idle, NULL);
	memcpy(s->path, path, n);
	memcpy(s->fresh, path, n);
	s->fresh[n] = '~';
	enum err e = pipe2(s->stop, O_CLOEXEC) == 0 ? bind_socket(s, f) : system_fault(f, "no pipe");
	if (!e && pthread_create(&s->thread, NULL, accept_calls, s) != 0) e = system_fault(f, "no thread");
	if (e) server_free(s);
	else *out = s;
	return e;
}

void socket_stop(struct socket_server *s)
{
	if (!s) return;
	(void)!write(s->stop[1], "", 1);
	pthread_join(s->thread, NULL);
	unlink(s->path);
	pthread_mutex_lock(&s->lock);
	while (s->running) pthread_cond_wait(&s->idle, &s->lock);
	pthread_mutex_unlock(&s->lock);
	server_free(s);
}

bool socket_client_gone(const struct command_io *io)
{
	struct pollfd p = {.fd = io->caller, .events = POLLRDHUP};
	return io->caller >= 0 && poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

/* ---- the caller's side ---- */

static bool send_head(int fd, const struct head *head, const int fds[DESCRIPTORS])
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int) * DESCRIPTORS)];
	} control = {.room = {0}};
	struct iovec part = {(void *)(uintptr_t)head, sizeof *head};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof control.room};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int) * DESCRIPTORS);
	memcpy(CMSG_DATA(c), fds, sizeof(int) * DESCRIPTORS);
	return sendmsg(fd, &m, MSG_NOSIGNAL) == (ssize_t)sizeof *head;
}

static enum err send_call(int fd, int argc, char **argv, struct fault *f)
{
	struct head head = {.magic = MAGIC};
	size_t bytes = 0;
	for (int i = 0; i < argc; i++) bytes += strlen(argv[i]) + 1;
	if (!argc || argc > MOST_ARGUMENTS || bytes > MOST_BYTES) return fault_set(f, ERR_TOO_LARGE, "", "too many arguments");
	head.bytes = (uint32_t)bytes;
	int cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC), null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int fds[DESCRIPTORS] = {0, 1, 2, cwd};
	for (int i = 0; i < 3; i++)
		if (fcntl(i, F_GETFD) < 0) fds[i] = null; /* started with it closed */
	bool ok = cwd >= 0 && null >= 0 && send_head(fd, &head, fds);
	for (int i = 0; ok && i < argc; i++) ok = write_all(fd, argv[i], strlen(argv[i]) + 1);
	enum err e = ok ? OK : system_fault(f, "the running server does not take the command");
	close_all((int[]){cwd, null}, 2);
	return e;
}

enum err socket_call(const char *path, int argc, char **argv, int *exit_code, struct fault *f)
{
	struct sockaddr_un at;
	int folder;
	TRY(address_of(path, &at, &folder, f));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	enum err e = OK;
	int32_t code = 0;
	if (connect(fd, (struct sockaddr *)&at, sizeof at) != 0) {
		bool is_absent = errno == ENOENT || errno == ECONNREFUSED;
		e = is_absent && fd >= 0 ? fault_set(f, ERR_NOT_FOUND, "", "no server runs on this directory") : system_fault(f, path);
	} else {
		e = send_call(fd, argc, argv, f);
		if (!e && !read_all(fd, &code, sizeof code)) e = fault_set(f, ERR_IO, "", "the running server ended, or refused, before the command was done");
	}
	close_all((int[]){fd, folder}, 2);
	*exit_code = code;
	return e;
}
