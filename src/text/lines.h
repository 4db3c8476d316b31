/* lines.h: files of one text a line, read whole (gzip and UTF-16 too: collect/input.h). */
#ifndef TEXT_LINES_H
#define TEXT_LINES_H
#include "base/err.h"
#include "text/learn.h"

struct command_io;
enum { LINES_BYTES = 1 << 30 };

/* "-" is the standard input. ERR_NOT_FOUND, ERR_IO, ERR_TOO_LARGE; give back with mem_free(text.p). */
enum err lines_read(const struct command_io *io, str file, str *out, struct fault *f) NODISCARD;
/* The next line without its end (LF or CRLF); false at the end. */
bool lines_cut(str *rest, str *line);

/* label TAB text, a line each; empty lines are passed over. Labels come in the order in which they appear, behind those that
 * stand in `labels` already. ERR_INVALID "line N" for a line without a tab, an empty label, or one that is too long. */
struct examples {
	struct example *v;
	size_t n;
	str *labels;
	size_t n_labels;
};
enum err examples_read(struct arena *a, str text, const str *labels, size_t n_labels, struct examples *out, struct fault *f) NODISCARD;
/* label TAB word, or label TAB word TAB strength (-1 to 1; 1 when it is not given). The label must be one of `labels`. */
enum err known_words_read(struct arena *a, str text, const str *labels, size_t n_labels, struct known_word **out, size_t *n, struct fault *f) NODISCARD;
#endif
