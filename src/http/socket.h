/* socket.h: the command socket of a directory (DIR/hospes.sock, mode 0600). A command beside a running server sends
 * its arguments and its own standard input, output, error and working directory (as file descriptors); the server runs
 * the command on them and answers with the exit code. So each command is written once. */
#ifndef HTTP_SOCKET_H
#define HTTP_SOCKET_H
#include "base/err.h"

struct command_io {
	int in, out, err; /* file descriptors */
	int cwd;          /* directory of the caller, for openat */
	int caller;       /* connection to the caller's process; -1 when the command runs in the caller itself */
	bool is_terminal; /* err is a terminal: progress bars */
};
typedef int socket_run(void *arg, int argc, const str *argv, const struct command_io *io);

struct socket_server;
/* Serves each connection on a thread of its own (at most 16). Only the directory's owner and root are heard. */
enum err socket_serve(struct socket_server **out, const char *path, socket_run *run, void *arg, struct fault *f) NODISCARD;
void socket_stop(struct socket_server *s); /* waits for running commands */
/* The caller was interrupted or died: a long command asks now and then, and ends. */
bool socket_client_gone(const struct command_io *io);
/* ERR_NOT_FOUND when nobody listens; ERR_IO when the server ended before the command was done. */
enum err socket_call(const char *path, int argc, char **argv, int *exit_code, struct fault *f) NODISCARD;
#endif
