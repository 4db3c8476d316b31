#include "http/socket.h"
#include "test.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"

static char folder[] = "/tmp/hospes-socket-XXXXXX";
static char path[300], deep[256];
static _Atomic int saw_client_gone, running;

static int run(void *arg, int argc, const str *argv, const struct command_io *io)
{
	(void)arg;
	running = 1;
	if (str_eq(argv[0], S("wait"))) {
		for (int i = 0; i < 500 && !saw_client_gone; i++) {
			saw_client_gone = socket_client_gone(io);
			usleep(10000);
		}
		return 1;
	}
	char line[64];
	ssize_t n = read(io->in, line, sizeof line);
	assert_true(n >= 0);
	for (int i = 0; i < argc; i++) dprintf(io->out, "<%.*s>", STR_ARG(argv[i]));
	dprintf(io->out, "%.*s", (int)n, line);
	int made = openat(io->cwd, "made", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(made >= 0);
	close(made);
	assert_false(socket_client_gone(io));
	return 3;
}

/* Calls in a child, whose standard input and output are pipes, and returns what it printed. */
static int call(char **argv, int argc, char *printed, size_t room)
{
	int in[2], out[2], status;
	assert_ok(pipe(in));
	assert_ok(pipe(out));
	pid_t pid = fork();
	if (pid == 0) {
		int code = 99;
		struct fault f = {0};
		dup2(in[0], 0);
		dup2(out[1], 1);
		if (chdir(folder) != 0) _exit(98);
		enum err e = socket_call(path, argc, argv, &code, &f);
		_exit(e ? 100 + (int)e : code);
	}
	assert_int_equal(write(in[1], "typed", 5), 5);
	close(in[0]), close(in[1]), close(out[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	ssize_t n = read(out[0], printed, room - 1);
	printed[n > 0 ? n : 0] = 0;
	close(out[0]);
	return WEXITSTATUS(status);
}

static void a_command_runs_on_the_callers_files(void **state)
{
	(void)state;
	struct socket_server *s;
	struct fault f = {0};
	assert_ok(socket_serve(&s, path, run, NULL, &f));
	struct stat st;
	assert_ok(stat(path, &st));
	assert_int_equal(st.st_mode & 0777, 0600);
	char printed[128], *argv[] = {(char *)(uintptr_t) "import", (char *)(uintptr_t) "", (char *)(uintptr_t) "a b"};
	assert_int_equal(call(argv, 3, printed, sizeof printed), 3);
	assert_string_equal(printed, "<import><><a b>typed");
	char made[128];
	snprintf(made, sizeof made, "%s/made", folder);
	assert_ok(unlink(made));
	socket_stop(s);
	assert_int_equal(call(argv, 3, printed, sizeof printed), 100 + ERR_NOT_FOUND);
}

static void a_killed_caller_is_noticed(void **state)
{
	(void)state;
	struct socket_server *s;
	struct fault f = {0};
	running = 0;
	assert_ok(socket_serve(&s, path, run, NULL, &f));
	pid_t pid = fork();
	if (pid == 0) {
		int code;
		char *argv[] = {(char *)(uintptr_t) "wait"};
		_exit(socket_call(path, 1, argv, &code, &f) ? 1 : 0);
	}
	while (!running) usleep(1000);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	socket_stop(s);
	assert_true(saw_client_gone);
}

int main(void)
{
	if (!mkdtemp(folder)) return 1;
	snprintf(deep, sizeof deep, "%s/%0120d", folder, 1); /* longer than a socket's address may be */
	if (mkdir(deep, 0700) != 0) return 1;
	snprintf(path, sizeof path, "%s/hospes.sock", deep);
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_command_runs_on_the_callers_files),
	        cmocka_unit_test(a_killed_caller_is_noticed),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(deep);
	rmdir(folder);
	return failed;
}
