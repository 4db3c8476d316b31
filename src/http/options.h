/* options.h: the options of a command, and where its words go. */
#ifndef HTTP_OPTIONS_H
#define HTTP_OPTIONS_H
#include "http/socket.h"

/* One option: "--name VALUE" or "--name=VALUE" into *value, or "--name" into *flag. */
struct command_option {
	const char *name;
	str *value;
	bool *flag;
};
/* Takes the options out of argv[1..]; what is left goes to rest (room for argc) in order, "--" ends options. Says what is
 * wrong on io->err and returns false. */
bool options_read(const struct command_io *io, int argc, const str *argv, const struct command_option *options, size_t n, str *rest, int *n_rest);
/* Writes to a descriptor of the caller; short writes are finished, a closed one is passed over. */
void command_print(int fd, const char *format, ...) PRINTF_LIKE(2, 3);
void command_write(int fd, str text);
/* "hospes: field: text" on io->err; returns 1, the exit code of a failure. */
int command_fault(const struct command_io *io, const struct fault *f);
#endif
