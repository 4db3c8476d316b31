/* child.h: another program that reads what strangers made. It gets bytes on its standard input, what it prints is taken, and it
 * can do nothing else: no network, no other process, no file to write, none to read but the system's own (where the kernel has
 * Landlock; always: an allowlist of system calls), and no more time, memory and output than it is given. Where it breaks the
 * rules it ends; we do not. */
#ifndef OS_CHILD_H
#define OS_CHILD_H
#include "base/arena.h"
#include "base/err.h"

struct child_limits {
	int seconds;
	size_t memory_bytes, out_bytes;
};
struct child_result {
	str out;           /* owned by the arena; what came until the end, or until a limit */
	int exit_code;     /* -1: it was ended by a signal */
	bool is_out_of_time, is_cut; /* cut: it would have printed more */
};
/* argv[0] is a path; NULL at the end. ERR_NOT_FOUND: there is no such program. ERR_IO: no process could be made. Everything
 * that the program does wrong is in the result. */
enum err child_run(struct arena *a, const char *const *argv, str in, const struct child_limits *limits, struct child_result *out, struct fault *f) NODISCARD;
#endif
