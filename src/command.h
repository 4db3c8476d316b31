/* command.h: the commands of the program (tables/commands.def) and how their options are read. */
#ifndef COMMAND_H
#define COMMAND_H
#include "http/socket.h"

struct app;
struct arena;
typedef int command_fn(struct app *app, int argc, const str *argv, const struct command_io *io);
enum command_needs { COMMAND_NOTHING, COMMAND_WORKSPACE, COMMAND_SERVER };
struct command {
	const char *name;
	command_fn *run;
	enum command_needs needs;
	const char *usage, *doc;
};
extern const struct command COMMANDS[];
extern const size_t COMMANDS_N;
const struct command *command_find(str name);

enum { COMMAND_DONE = 0, COMMAND_FAILED = 1, COMMAND_USAGE = 2, COMMAND_PARTLY = 3 };
#endif
