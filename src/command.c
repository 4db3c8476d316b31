/* Commands that need no domain of their own; the others stand in their domains. */
#include "command.h"

#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "backup.h"
#include "base/arena.h"
#include "collect/appliers.h"
#include "collect/collect.h"
#include "consent/consent.h"
#include "conversation/conversation.h"
#include "customer/change.h"
#include "events/events.h"
#include "http/options.h"
#include "knowledge/knowledge.h"
#include "op/app.h"
#include "openapi.h"
#include "pulse/pulse.h"
#include "pulse/question.h"
#include "reading/learn.h"
#include "source/import.h"
#include "team/command_user.h"
#include "text/text.h"

enum { CATCH_UP_MS = 60000, OPENAPI_BYTES = 8 << 20 };

static int needs_server(struct app *app, int argc, const str *argv, const struct command_io *io)
{
	(void)app;
	(void)argc;
	command_print(io->err, "hospes: %.*s cannot run inside another server\n", STR_ARG(argv[0]));
	return COMMAND_FAILED;
}
/* main.c runs these itself: they are the server. */
#define command_serve needs_server
#define command_demo needs_server

static int usage(const struct command_io *io, str name)
{
	const struct command *c = command_find(name);
	command_print(io->err, "usage: hospes %s %s\n", c->name, c->usage);
	return COMMAND_USAGE;
}

/* ---- query ---- */

static int command_query(struct app *app, int argc, const str *argv, const struct command_io *io)
{
	if (argc != 2) return usage(io, S("query"));
	struct op op;
	str answer;
	appliers_catch_up(app, CATCH_UP_MS);
	op_init(&op, app, (struct actor){.kind = ACTOR_COMMAND, .name = S("command line")}, false);
	enum err e = op_end(&op, question_answer(&op, argv[1], &answer));
	int code = COMMAND_DONE;
	if (e == OK) {
		command_write(io->out, answer);
		command_write(io->out, S("\n"));
	} else {
		code = command_fault(io, &op.fault);
	}
	op_release(&op);
	return code;
}

/* ---- import ---- */

/* What is no touchpoint has a reader of its own. */
static const struct {
	const char *as;
	int (*run)(struct app *app, const struct command_io *io, const str *names, size_t n);
} RECORDS[] = {{"articles", article_import}, {"mail", conversation_import}};

static int command_import_any(struct app *app, int argc, const str *argv, const struct command_io *io)
{
	str as = STR_NONE, rest[256];
	const struct command_option options[] = {{"as", &as, NULL}};
	int n;
	for (int i = 1; i < argc && !str_given(as); i++)
		if (str_eq(argv[i], S("--as")) && i + 1 < argc) as = argv[i + 1];
		else if (str_starts(argv[i], S("--as="))) as = str_sub(argv[i], 5, argv[i].n);
	for (size_t k = 0; k < COUNT_OF(RECORDS); k++) {
		if (!str_eq(as, str_of(RECORDS[k].as))) continue;
		if (argc > (int)COUNT_OF(rest) || !options_read(io, argc, argv, options, COUNT_OF(options), rest, &n) || n == 0) return usage(io, S("import"));
		return RECORDS[k].run(app, io, rest, (size_t)n);
	}
	return command_import(app, argc, argv, io);
}

/* ---- key ---- */

struct key_words {
	str kind, name, consent, role;
};

static enum err made_key(struct op *op, enum key_kind kind, const struct key_words *k, const struct source *s, enum role role, str *text)
{
	TRY(key_add(op, kind, k->name, s->number, role, text));
	return audit_write(op, "key_made", kind == KEY_WRITE ? "source" : "key", s->id, STR_NONE, k->name);
}

static enum err add_key(struct op *op, const struct key_words *k, str *text)
{
	bool is_write = str_eq(k->kind, S("write"));
	if (!is_write && !str_eq(k->kind, S("secret"))) return fail(op, ERR_INVALID, "--kind", "must be write or secret");
	if (!str_given(k->name)) return fail(op, ERR_INVALID, "--name", "must be given");
	if (!is_write) {
		for (int role = ROLE_AGENT; role <= ROLE_OWNER; role++)
			if (str_eq(k->role, str_of(ROLES[role]))) return made_key(op, KEY_SECRET, k, &(struct source){0}, (enum role)role, text);
		return fail(op, ERR_INVALID, "--role", "must be owner, manager, analyst or agent");
	}
	bool is_assured = str_eq(k->consent, S("assured"));
	if (!is_assured && !str_eq(k->consent, S("carried"))) return fail(op, ERR_INVALID, "--consent", "must be assured or carried");
	struct source source;
	TRY(source_ensure(op, k->name, SOURCE_SERVER, is_assured, is_assured ? PURPOSES_ASSURED_DEFAULT : 0, &source));
	if (source.is_assured != is_assured)
		return fail(op, ERR_CONFLICT, "--name", "the source of this name is %s: choose another name", source.is_assured ? "assured" : "carried");
	return made_key(op, KEY_WRITE, k, &source, ROLE_NONE, text);
}

static int command_key(struct app *app, int argc, const str *argv, const struct command_io *io)
{
	struct key_words k = {.consent = S("assured"), .role = S("owner")};
	const struct command_option options[] = {{"kind", &k.kind, NULL}, {"name", &k.name, NULL}, {"consent", &k.consent, NULL}, {"role", &k.role, NULL}};
	str rest[8], text;
	int n;
	if (argc > 12 || !options_read(io, argc, argv, options, COUNT_OF(options), rest, &n) || n != 1 || !str_eq(rest[0], S("add"))) return usage(io, S("key"));
	struct op op;
	op_init(&op, app, (struct actor){.kind = ACTOR_COMMAND, .name = S("command line")}, true);
	int code = COMMAND_DONE;
	if (op_end(&op, add_key(&op, &k, &text)) == OK)
		command_print(io->out, "%.*s\n", STR_ARG(text));
	else
		code = command_fault(io, &op.fault);
	op_release(&op);
	return code;
}

/* ---- keeping ---- */

static int command_compact(struct app *app, int argc, const str *argv, const struct command_io *io)
{
	bool now = false;
	const struct command_option options[] = {{"now", NULL, &now}};
	str rest[4];
	int n;
	struct fault f = {0};
	if (argc > 3 || !options_read(io, argc, argv, options, COUNT_OF(options), rest, &n) || n || !now) return usage(io, S("compact"));
	appliers_catch_up(app, CATCH_UP_MS);
	if (events_compact_now(app->events, &f) != OK || db_compact(app->records, &f) != OK) return command_fault(io, &f);
	command_print(io->out, "compacted\n");
	return COMMAND_DONE;
}

static void print_finding(void *arg, str line)
{
	const struct command_io *io = arg;
	command_print(io->err, "%.*s\n", STR_ARG(line));
}

static int command_verify(struct app *app, int argc, const str *argv, const struct command_io *io)
{
	str data = STR_NONE, ignored = STR_NONE, rest[8];
	int n;
	struct fault f = {0};
	struct arena a = {0};
	(void)app;
	const struct command_option options[] = {{"data", &data, NULL}, {"database", &ignored, NULL}};
	if (!str_given(data)) data = str_of(getenv("HOSPES_DATA"));
	if (argc > 6 || !options_read(io, argc, argv, options, COUNT_OF(options), rest, &n) || n || !str_given(data)) return usage(io, S("verify"));
	union {
		const struct command_io *shown;
		void *own;
	} arg = {io};
	enum err e = events_verify(str_fmt(&a, "%.*s/events", STR_ARG(data)).p, print_finding, arg.own, &f);
	arena_release(&a);
	if (e != OK) return command_fault(io, &f);
	command_print(io->out, "every file is whole\n");
	return COMMAND_DONE;
}

/* ---- about the program ---- */

static int command_openapi(struct app *app, int argc, const str *argv, const struct command_io *io)
{
	struct buf b;
	(void)app;
	(void)argc;
	(void)argv;
	buf_init(&b, OPENAPI_BYTES);
	openapi_write(&b);
	command_write(io->out, buf_str(&b));
	buf_release(&b);
	return COMMAND_DONE;
}

static int command_version(struct app *app, int argc, const str *argv, const struct command_io *io)
{
	(void)app;
	(void)argc;
	(void)argv;
	command_print(io->out, "hospes " HOSPES_VERSION "\n");
	return COMMAND_DONE;
}

static int command_help(struct app *app, int argc, const str *argv, const struct command_io *io)
{
	(void)app;
	const struct command *c = argc > 1 ? command_find(argv[1]) : NULL;
	if (argc > 1 && !c) {
		command_print(io->err, "hospes: there is no command %.*s\n", STR_ARG(argv[1]));
		return COMMAND_USAGE;
	}
	if (c) {
		command_print(io->out, "hospes %s %s\n  %s.\n", c->name, c->usage, c->doc);
		return COMMAND_DONE;
	}
	command_print(io->out, "hospes, the customer-experience server\n\n");
	for (size_t i = 0; i < COMMANDS_N; i++) command_print(io->out, "  hospes %-8s %s\n      %s.\n", COMMANDS[i].name, COMMANDS[i].usage, COMMANDS[i].doc);
	command_print(io->out, "\n--data, --database and --listen may stand in HOSPES_DATA, HOSPES_DATABASE and HOSPES_LISTEN.\n");
	return COMMAND_DONE;
}

const struct command COMMANDS[] = {
#define COMMAND(name_, function, needs_, usage_, doc_) {#name_, function, COMMAND_##needs_, usage_, doc_},
#include "commands.def"
#undef COMMAND
};
const size_t COMMANDS_N = COUNT_OF(COMMANDS);

const struct command *command_find(str name)
{
	for (size_t i = 0; i < COMMANDS_N; i++)
		if (str_eq(name, str_of(COMMANDS[i].name))) return &COMMANDS[i];
	return NULL;
}
