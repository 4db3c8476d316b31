#include "text/lines.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "collect/input.h"
#include "http/socket.h"
#include "os/os.h"

enum { READ_BYTES = 1 << 20 };

static enum err read_all(int fd, str *out, struct fault *f)
{
	struct input *in = input_of_fd(fd);
	size_t n = 0, cap = 0, got = 1;
	char *p = NULL;
	enum err e = OK;
	while (e == OK && got) {
		if (n + READ_BYTES > cap) p = mem_realloc(p, cap = 2 * cap + READ_BYTES);
		e = input_read(in, p + n, READ_BYTES, &got, f);
		n += e == OK ? got : 0;
		if (n > LINES_BYTES) e = fault_set(f, ERR_TOO_LARGE, "FILE", "is larger than %d bytes", LINES_BYTES);
	}
	input_free(in);
	if (e != OK) mem_free(p);
	*out = (str){p, n};
	return e;
}

enum err lines_read(const struct command_io *io, str file, str *out, struct fault *f)
{
	char path[4096];
	if (str_eq(file, S("-"))) return read_all(io->in, out, f);
	if (!file.n || file.n >= sizeof path) return fault_set(f, ERR_INVALID, "FILE", "names no file");
	memcpy(path, file.p, file.n);
	path[file.n] = 0;
	int fd = openat(io->cwd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) return fault_set(f, ERR_NOT_FOUND, "FILE", "cannot open %s: %s", path, strerror(errno));
	enum err e = read_all(fd, out, f);
	os_close(fd);
	return e;
}

bool lines_cut(str *rest, str *line)
{
	if (!rest->n) return false;
	const char *end = memchr(rest->p, '\n', rest->n);
	size_t n = end ? (size_t)(end - rest->p) : rest->n;
	*line = (str){rest->p, n && rest->p[n - 1] == '\r' ? n - 1 : n};
	*rest = end ? (str){end + 1, rest->n - n - 1} : (str){rest->p + n, 0};
	return true;
}

static enum err at_line(struct fault *f, size_t number, const char *reason)
{
	char where[32];
	snprintf(where, sizeof where, "line %zu", number);
	return fault_set(f, ERR_INVALID, where, "%s", reason);
}

static enum err label_of(str line, size_t number, str *out, struct fault *f)
{
	size_t tab;
	if (!str_find(line, '\t', &tab)) return at_line(f, number, "has no tab between label and text");
	if (!tab) return at_line(f, number, "has no label before its tab");
	if (tab > LABEL_BYTES) return at_line(f, number, "has a label that is too long: is it before the tab?");
	*out = str_sub(line, 0, tab);
	return utf8_is_valid(*out) ? OK : at_line(f, number, "has a label that is no UTF-8");
}

struct reading {
	struct arena *arena;
	struct map numbers; /* label → number */
	VEC(struct example) examples;
	VEC(str) labels;
};

static uint32_t number_of(struct reading *r, str label)
{
	bool added;
	uint64_t *number = map_put(&r->numbers, label, &added);
	if (added) {
		*number = r->labels.n;
		VEC_PUSH(&r->labels, r->arena, label);
	}
	return (uint32_t)*number;
}

static enum err read_examples(struct reading *r, str text, struct fault *f)
{
	str line, label;
	for (size_t number = 1; lines_cut(&text, &line); number++) {
		if (!str_trim(line).n) continue;
		TRY(label_of(line, number, &label, f));
		VEC_PUSH(&r->examples, r->arena, ((struct example){str_sub(line, label.n + 1, line.n), number_of(r, label)}));
	}
	return OK;
}

enum err examples_read(struct arena *a, str text, const str *labels, size_t n_labels, struct examples *out, struct fault *f)
{
	struct reading r = {.arena = a};
	map_init(&r.numbers);
	for (size_t i = 0; i < n_labels; i++) number_of(&r, labels[i]);
	enum err e = read_examples(&r, text, f);
	map_release(&r.numbers);
	*out = (struct examples){r.examples.v, r.examples.n, r.labels.v, r.labels.n};
	return e;
}

static enum err known_word_of(str line, size_t number, const str *labels, size_t n_labels, struct known_word *out, struct fault *f)
{
	str label, rest;
	double strength = 1;
	TRY(label_of(line, number, &label, f));
	rest = str_sub(line, label.n + 1, line.n);
	out->text = str_cut(&rest, '\t');
	if (str_given(rest) && (!str_f64(rest, &strength) || !(strength >= -1 && strength <= 1))) return at_line(f, number, "has a strength that is no number from -1 to 1");
	out->strength = (float)strength;
	for (out->label = 0; out->label < n_labels; out->label++)
		if (str_eq(labels[out->label], label)) return OK;
	return at_line(f, number, "has a label that no example has");
}

enum err known_words_read(struct arena *a, str text, const str *labels, size_t n_labels, struct known_word **out, size_t *n, struct fault *f)
{
	VEC(struct known_word) words = {0};
	str line;
	for (size_t number = 1; lines_cut(&text, &line); number++)
		if (str_trim(line).n) TRY(known_word_of(line, number, labels, n_labels, VEC_ADD(&words, a), f));
	*out = words.v;
	*n = words.n;
	return OK;
}
