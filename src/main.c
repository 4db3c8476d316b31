/* main.c: which command, where it runs (here, or in the server that holds the directory), and the server's life. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/mem.h"
#include "collect/appliers.h"
#include "command.h"
#include "fetch/fetch.h"
#include "http/options.h"
#include "http/socket.h"
#include "i18n/i18n.h"
#include "op/op.h"
#include "pulse/pulse.h"
#include "serve.h"
#include "setting/setting.h"
#include "source/import.h"
#include "team/session.h"

enum { ARGUMENTS = 4096, PATH_BYTES = 4096, CATCH_UP_MS = 60000 };

struct workspace_options {
	str data, database, listen, tls_cert, tls_key;
};

static struct command_io own_io(void)
{
	return (struct command_io){.in = STDIN_FILENO, .out = STDOUT_FILENO, .err = STDERR_FILENO, .cwd = AT_FDCWD, .caller = -1, .is_terminal = isatty(STDERR_FILENO)};
}

static void from_environment(str *value, const char *name)
{
	if (!str_given(*value)) *value = str_of(getenv(name));
}

/* Takes the workspace's options out of argv, so that a command sees only its own. */
static bool take_options(struct workspace_options *o, int argc, str *argv, int *left)
{
	static const char *const names[] = {"data", "database", "listen", "tls-cert", "tls-key"};
	str *values[] = {&o->data, &o->database, &o->listen, &o->tls_cert, &o->tls_key};
	*left = 0;
	for (int i = 0; i < argc; i++) {
		str after = str_starts(argv[i], S("--")) ? str_sub(argv[i], 2, argv[i].n) : STR_NONE, name = str_cut(&after, '=');
		size_t k = 0;
		if (str_eq(argv[i], S("--fetch-inside"))) {
			fetch_allow_inside();
			continue;
		}
		while (k < COUNT_OF(names) && !str_eq(name, str_of(names[k]))) k++;
		if (k == COUNT_OF(names) || !name.n) {
			argv[(*left)++] = argv[i];
			continue;
		}
		if (!str_given(after) && i + 1 == argc) {
			fprintf(stderr, "hospes: --%s needs a value\n", names[k]);
			return false;
		}
		*values[k] = str_given(after) ? after : argv[++i];
	}
	from_environment(&o->data, "HOSPES_DATA");
	from_environment(&o->database, "HOSPES_DATABASE");
	from_environment(&o->listen, "HOSPES_LISTEN");
	return true;
}

static int say_fault(const struct fault *f)
{
	struct command_io io = own_io();
	return command_fault(&io, f);
}

/* ---- the server ---- */

static int run_for_caller(void *arg, int argc, const str *argv, const struct command_io *io)
{
	const struct command *c = argc > 0 ? command_find(argv[0]) : NULL;
	if (!c) {
		command_print(io->err, "hospes: there is no such command\n");
		return COMMAND_USAGE;
	}
	return c->run(arg, argc, argv, io);
}

static void print_link(struct app *app, const struct workspace_options *o, int port)
{
	struct op op;
	str path;
	op_init(&op, app, (struct actor){.kind = ACTOR_SYSTEM}, true);
	if (op_end(&op, session_owner_link(&op, &path)) == OK) {
		str host = o->listen;
		while (host.n && host.p[host.n - 1] != ':') host.n--;
		if (host.n) host.n--;
		if (host.n == 0 || str_eq(host, S("0.0.0.0")) || str_eq(host, S("[::]"))) host = S("127.0.0.1");
		printf("\nHospes is at http%s://%.*s:%d\nSign in as its owner, once, within an hour:\n  http%s://%.*s:%d%.*s\n\n", str_given(o->tls_cert) ? "s" : "", STR_ARG(host), port,
		       str_given(o->tls_cert) ? "s" : "", STR_ARG(host), port, STR_ARG(path));
		fflush(stdout);
	} else {
		say_fault(&op.fault);
	}
	op_release(&op);
}

static void wait_for_signal(sigset_t *set)
{
	int got;
	sigwait(set, &got);
	log_info("stopping", F_INT("signal", got));
}

enum load { LOAD_NOTHING, LOAD_SAMPLE, LOAD_COMPANY };

static bool is_signalled(void)
{
	sigset_t pending;
	return sigpending(&pending) == 0 && (sigismember(&pending, SIGTERM) || sigismember(&pending, SIGINT));
}

static bool show_loading(void *arg, int pct)
{
	struct app *app = arg;
	atomic_store(&app->ready_pct, pct > 99 ? 99 : pct);
	if (isatty(STDOUT_FILENO)) printf("\rLoading: %d %%", pct);
	fflush(stdout);
	return !is_signalled();
}

/* Into an empty directory; one that holds it already is served as it is, and a load that is stopped goes on next time. */
static int load_demo(struct app *app, enum load load, struct fault *f)
{
	enum err e = demo_load(app, load == LOAD_COMPANY, show_loading, app, f);
	if (isatty(STDOUT_FILENO)) printf("\r                              \r");
	if (e != ERR_STATE && !is_signalled()) return e == OK ? COMMAND_DONE : say_fault(f);
	fault_clear(f);
	return COMMAND_DONE;
}

static void print_findings(struct app *app)
{
	struct op op;
	appliers_catch_up(app, CATCH_UP_MS);
	op_init(&op, app, (struct actor){.kind = ACTOR_SYSTEM}, false);
	op.locale = setting_locale(&op);
	fflush(stdout);
	if (op_end(&op, pulse_print(&op, STDOUT_FILENO)) != OK) say_fault(&op.fault);
	op_release(&op);
}

static int serve(struct app *app, const struct workspace_options *o, enum load load)
{
	struct fault f = {0};
	struct server *server;
	struct socket_server *commands = NULL;
	char path[PATH_BYTES];
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	struct serve_options options = {o->listen, o->tls_cert, o->tls_key};
	if (serve_start(&server, app, &options, &f) != OK) return say_fault(&f);
	int code = load ? load_demo(app, load, &f) : COMMAND_DONE;
	snprintf(path, sizeof path, "%.*s/hospes.sock", STR_ARG(app->dir));
	if (code == COMMAND_DONE && socket_serve(&commands, path, run_for_caller, app, &f) != OK) code = say_fault(&f);
	if (code == COMMAND_DONE && !is_signalled()) {
		atomic_store(&app->ready_pct, 100);
		if (load) print_findings(app);
		print_link(app, o, serve_port(server));
		wait_for_signal(&set);
	}
	if (commands) socket_stop(commands);
	serve_stop(server);
	return code;
}

/* Stacks below 2 MiB: of larger ones the kernel backs the end of each by one huge page, 2 MiB a thread where 20 KiB are
 * used, and there are some 20 threads. */
static void small_stacks(void)
{
	enum { STACK_BYTES = 1536 << 10 };
	pthread_attr_t attributes;
	if (pthread_attr_init(&attributes)) return;
	if (pthread_attr_setstacksize(&attributes, STACK_BYTES) == 0) pthread_setattr_default_np(&attributes);
	pthread_attr_destroy(&attributes);
}

/* Signals are taken by one thread in sigwait; every other thread is started with them blocked. */
static void block_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int run_server(const struct workspace_options *o, enum load load)
{
	static struct app app;
	struct fault f = {0};
	struct app_options options = {o->data, o->database};
	struct workspace_options with_listen = *o;
	if (!str_given(with_listen.listen)) with_listen.listen = S("127.0.0.1:8480");
	if (geteuid() == 0) fputs("hospes: warning: running as root; a user of its own is safer\n", stderr);
	if (load) log_set_level(LOG_WARN); /* a person reads this terminal */
	block_signals();
	small_stacks();
	if (app_open(&app, &options, &f) != OK) return say_fault(&f);
	int code = serve(&app, &with_listen, load);
	app_close(&app);
	return code;
}

/* ---- commands ---- */

static int run_here(const struct command *c, const struct workspace_options *o, int argc, const str *argv)
{
	static struct app app;
	struct fault f = {0};
	struct command_io io = own_io();
	struct app_options options = {o->data, o->database};
	signal(SIGPIPE, SIG_IGN);
	if (app_open(&app, &options, &f) != OK) return say_fault(&f);
	int code = c->run(&app, argc, argv, &io);
	app_close(&app);
	return code;
}

/* In the server that holds the directory, when there is one. */
static bool run_there(const struct workspace_options *o, int argc, const str *argv, int *code)
{
	char path[PATH_BYTES], *words[ARGUMENTS];
	struct fault f = {0};
	struct arena a = {0};
	snprintf(path, sizeof path, "%.*s/hospes.sock", STR_ARG(o->data));
	if (access(path, F_OK)) return false;
	for (int i = 0; i < argc; i++) {
		char *word = arena_alloc(&a, argv[i].n + 1);
		memcpy(word, argv[i].p, argv[i].n);
		words[i] = word;
	}
	enum err e = socket_call(path, argc, words, code, &f);
	arena_release(&a);
	if (e == ERR_NOT_FOUND) return false;
	if (e != OK) *code = say_fault(&f);
	return true;
}

int main(int argc, char **argv)
{
	static str words[ARGUMENTS];
	struct workspace_options o = {0};
	int n;
	i18n_init();
	umask(077); /* what is written holds people's data */
	if (argc < 2 || argc > ARGUMENTS) {
		struct command_io io = own_io();
		str help = S("help");
		command_find(help)->run(NULL, 1, &help, &io);
		return COMMAND_USAGE;
	}
	for (int i = 1; i < argc; i++) words[i - 1] = str_of(argv[i]);
	const struct command *c = command_find(words[0]);
	if (!c) {
		fprintf(stderr, "hospes: there is no command %s; hospes help lists them\n", argv[1]);
		return COMMAND_USAGE;
	}
	if (c->needs != COMMAND_SERVER) log_set_level(LOG_WARN);
	if (c->needs == COMMAND_NOTHING) {
		struct command_io io = own_io();
		return c->run(NULL, argc - 1, words, &io);
	}
	if (!take_options(&o, argc - 1, words, &n)) return COMMAND_USAGE;
	if (!str_given(o.data)) {
		fprintf(stderr, "usage: hospes %s %s\n", c->name, c->usage);
		return COMMAND_USAGE;
	}
	if (c->needs == COMMAND_SERVER) {
		bool is_demo = str_eq(words[0], S("demo")), is_company = is_demo && n == 2 && str_eq(words[1], S("--company"));
		if (n > (is_company ? 2 : 1)) {
			fprintf(stderr, "usage: hospes %s %s\n", c->name, c->usage);
			return COMMAND_USAGE;
		}
		return run_server(&o, is_company ? LOAD_COMPANY : is_demo ? LOAD_SAMPLE : LOAD_NOTHING);
	}
	int code;
	if (run_there(&o, n, words, &code)) return code;
	return run_here(c, &o, n, words);
}
