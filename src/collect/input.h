/* input.h: the bytes of a file as UTF-8 text: gzip is told by its magic, UTF-8 and UTF-16 by their byte order marks.
 * Bytes that are no UTF-8 pass unchanged: whoever knows where a row ends decides (csv.c reads such a row as windows-1252). */
#ifndef COLLECT_INPUT_H
#define COLLECT_INPUT_H
#include "base/err.h"
#include "base/str.h"

struct input;
/* fd is read from where it stands and stays the caller's. */
struct input *input_of_fd(int fd);
struct input *input_of_text(str bytes); /* bytes must outlive it */
void input_free(struct input *in);
/* Up to n more bytes; *got 0 is the end. ERR_IO; ERR_MALFORMED: the gzip stream is damaged or cut. */
enum err input_read(struct input *in, char *to, size_t n, size_t *got, struct fault *f) NODISCARD;
/* The first byte of the text that is no white space, without reading past it; 0 when there is none. */
enum err input_first(struct input *in, char *out, struct fault *f) NODISCARD;
/* The text was UTF-16 and has been converted: what it says of its own encoding holds no longer. After the first read. */
bool input_was_wide(const struct input *in);
/* What a gzip file may unpack to (0 = no limit); input_read then fails with ERR_TOO_LARGE. */
void input_limit(struct input *in, uint64_t unpacked_bytes);
/* How much of the file itself was consumed, for progress. */
uint64_t input_consumed(const struct input *in);

/* Lines of at most max_bytes, without their line end, for NDJSON. *line has JSON_PADDING readable bytes behind it and is
 * valid until the next call. LINE_TOO_LONG: the line is skipped; *line is its beginning. */
enum input_line { LINE_READ, LINE_TOO_LONG, LINE_END, LINE_FAILED };
struct lines;
struct lines *lines_new(struct input *in, size_t max_bytes); /* borrows in */
void lines_free(struct lines *l);
enum input_line lines_next(struct lines *l, str *line, int64_t *number, struct fault *f);
#endif
