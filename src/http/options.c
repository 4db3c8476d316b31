#include "http/options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"

enum { TEXT_BYTES = 16 << 20 };

static const struct command_option *find(const struct command_option *options, size_t n, str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(name, str_of(options[i].name))) return &options[i];
	return NULL;
}

bool options_read(const struct command_io *io, int argc, const str *argv, const struct command_option *options, size_t n, str *rest, int *n_rest)
{
	bool ended = false;
	*n_rest = 0;
	for (int i = 1; i < argc; i++) {
		if (ended || !str_starts(argv[i], S("--"))) {
			rest[(*n_rest)++] = argv[i];
			continue;
		}
		if (argv[i].n == 2) {
			ended = true;
			continue;
		}
		str after = str_sub(argv[i], 2, argv[i].n), name = str_cut(&after, '=');
		const struct command_option *o = find(options, n, name);
		if (!o) {
			command_print(io->err, "hospes: unknown option --%.*s\n", STR_ARG(name));
			return false;
		}
		if (o->flag && !str_given(after)) {
			*o->flag = true;
		} else if (!o->flag && str_given(after)) {
			*o->value = after;
		} else if (!o->flag && i + 1 < argc) {
			*o->value = argv[++i];
		} else {
			command_print(io->err, o->flag ? "hospes: --%.*s takes no value\n" : "hospes: --%.*s needs a value\n", STR_ARG(name));
			return false;
		}
	}
	return true;
}

void command_write(int fd, str text)
{
	while (text.n) {
		ssize_t n = write(fd, text.p, text.n);
		if (n < 0 && errno == EINTR) continue;
		if (n <= 0) return;
		text = str_sub(text, (size_t)n, text.n);
	}
}

void command_print(int fd, const char *format, ...)
{
	char *text;
	va_list args;
	va_start(args, format);
	int n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0) return;
	command_write(fd, (str){text, (size_t)n});
	free(text);
}

int command_fault(const struct command_io *io, const struct fault *f)
{
	char room[FAULT_TEXT + FAULT_FIELD + 4];
	command_print(io->err, "hospes: %s\n", fault_text(f, room, sizeof room));
	return 1;
}
