/* hospes train, evaluate and classify: a workspace's own classifiers. They run in the caller's process even beside a server:
 * training takes all of a core and hundreds of megabytes for minutes, which a server has no part in. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/mem.h"
#include "http/options.h"
#include "text/classifier.h"
#include "text/learn.h"
#include "text/lines.h"
#include "text/score.h"
#include "text/task.h"
#include "text/text.h"

enum { DONE = 0, FAILED = 1, USAGE = 2, FLUSH_BYTES = 1 << 16, OUTPUT_BYTES = 64 << 20 };

struct task_words {
	str data, task, file, words, features, trust;
};

static bool read_words(const struct command_io *io, int argc, const str *argv, const char *usage, struct task_words *out)
{
	str rest[16], ignored = STR_NONE;
	int n;
	*out = (struct task_words){.data = str_of(getenv("HOSPES_DATA"))};
	const struct command_option options[] = {{"data", &out->data, NULL}, {"task", &out->task, NULL}, {"database", &ignored, NULL}, {"words", &out->words, NULL}, {"features", &out->features, NULL}, {"trust", &out->trust, NULL}};
	size_t n_options = COUNT_OF(options) - 3 * !str_eq(argv[0], S("train")); /* the last three are for training alone */
	if (argc <= 16 && options_read(io, argc, argv, options, n_options, rest, &n) && n == 1 && str_given(out->data) && str_given(out->task)) {
		out->file = rest[0];
		return true;
	}
	command_print(io->err, "usage: hospes %.*s --data DIR --task NAME %s\n", STR_ARG(argv[0]), usage);
	return false;
}

static void free_text(str text)
{
	union {
		const char *shown;
		char *own;
	} bytes = {text.p};
	mem_free(bytes.own);
}

static bool is_wanted(void *arg)
{
	return !socket_client_gone(arg);
}

/* ---- train ---- */

static void write_trained(const struct command_io *io, str task, const struct classifier *c)
{
	struct buf out;
	struct json_writer w = {&out, false};
	buf_init(&out, OUTPUT_BYTES);
	json_begin_object(&w);
	json_key(&w, S("task"));
	json_put_str(&w, task);
	json_key(&w, S("version"));
	json_put_i64(&w, c->version);
	json_key(&w, S("n"));
	json_put_i64(&w, c->texts);
	json_key(&w, S("labels"));
	json_put_i64(&w, (int64_t)c->n_labels);
	json_key(&w, S("features"));
	json_put_i64(&w, (int64_t)c->n_features);
	json_key(&w, S("held_back"));
	json_begin_object(&w);
	json_key(&w, S("n"));
	json_put_i64(&w, c->held_out);
	json_key(&w, S("accuracy"));
	json_put_real(&w, c->held_out ? (double)c->held_out_right / c->held_out : NAN);
	json_end_object(&w);
	json_end_object(&w);
	buf_byte(&out, '\n');
	command_write(io->out, buf_str(&out));
	buf_release(&out);
}

static enum err read_known(const struct command_io *io, const struct task_words *k, struct arena *a, struct lesson *l, struct fault *f)
{
	struct known_word *words;
	str text;
	if (!str_given(k->words)) return OK;
	TRY(lines_read(io, k->words, &text, f));
	str kept = str_dup(a, text);
	free_text(text);
	TRY(known_words_read(a, kept, l->labels, l->n_labels, &words, &l->n_words, f));
	l->words = words;
	return OK;
}

static enum err train(const struct command_io *io, const struct task_words *k, struct arena *a, str text, struct fault *f)
{
	struct examples all;
	struct classifier *c;
	union {
		const struct command_io *shown;
		void *own;
	} arg = {io};
	TRY(task_check_name(k->task, f));
	TRY(examples_read(a, text, NULL, 0, &all, f));
	struct lesson lesson = {.examples = all.v, .n = all.n, .labels = all.labels, .n_labels = all.n_labels, .go_on = is_wanted, .arg = arg.own};
	int64_t most = 0;
	if (str_given(k->features) && (!str_i64(k->features, &most) || most < 1)) return fault_set(f, ERR_INVALID, "--features", "must be a number above 0");
	lesson.most_features = (size_t)most;
	if (str_given(k->trust) && (!str_f64(k->trust, &lesson.trust) || !(lesson.trust > 0 && lesson.trust <= 100))) return fault_set(f, ERR_INVALID, "--trust", "must be a number above 0, at most 100");
	TRY(read_known(io, k, a, &lesson, f));
	TRY(learn(&lesson, &c, f));
	enum err e = task_store(k->data, k->task, c, f);
	if (e == OK) write_trained(io, k->task, c);
	classifier_free(c);
	return e;
}

/* ---- evaluate ---- */

static enum err evaluate(const struct command_io *io, const struct task_words *k, struct arena *a, str text, struct fault *f)
{
	struct classifier *c;
	struct examples all = {0};
	struct score score;
	struct buf out;
	struct json_writer w = {&out, false};
	TRY(task_load(k->data, k->task, &c, f));
	enum err e = examples_read(a, text, c->labels, c->n_labels, &all, f);
	if (e == OK && all.n_labels > LABELS_MOST) e = fault_set(f, ERR_TOO_LARGE, "FILE", "holds more than %d labels: is the label before the tab?", LABELS_MOST);
	if (e == OK && !all.n) e = fault_set(f, ERR_INVALID, "FILE", "holds no example");
	if (e == OK) {
		struct arena each = {0};
		struct judged judged;
		score_init(&score, a, all.labels, all.n_labels, c->n_labels);
		for (size_t i = 0; i < all.n; i++) {
			struct folded folded;
			fold(&each, str_sub(all.v[i].text, 0, TEXT_READ_BYTES), &folded);
			classifier_judge(c, &each, &folded, &judged);
			score_add(&score, all.v[i].label, judged.label);
			arena_reset(&each);
		}
		arena_release(&each);
		buf_init(&out, OUTPUT_BYTES);
		json_begin_object(&w);
		json_key(&w, S("task"));
		json_put_str(&w, k->task);
		json_key(&w, S("version"));
		json_put_i64(&w, c->version);
		score_write(&score, &w);
		json_end_object(&w);
		buf_byte(&out, '\n');
		command_write(io->out, buf_str(&out));
		buf_release(&out);
	}
	classifier_free(c);
	return e;
}

/* ---- classify ---- */

static void write_judged(struct json_writer *w, const struct classifier *c, const struct judged *j)
{
	json_begin_object(w);
	json_key(w, S("label"));
	json_put_str(w, c->labels[j->label]);
	json_key(w, S("probability"));
	json_put_real(w, j->shares[j->label]);
	json_key(w, S("probabilities"));
	json_begin_object(w);
	for (size_t i = 0; i < c->n_labels; i++) {
		json_key(w, c->labels[i]);
		json_put_real(w, j->shares[i]);
	}
	json_end_object(w);
	json_end_object(w);
	buf_byte(w->out, '\n');
	w->needs_comma = false;
}

static enum err classify(const struct command_io *io, const struct task_words *k, struct arena *a, str text, struct fault *f)
{
	struct classifier *c;
	struct buf out;
	struct json_writer w = {&out, false};
	struct arena each = {0};
	str line;
	TRY(task_load(k->data, k->task, &c, f));
	(void)a;
	buf_init(&out, OUTPUT_BYTES);
	while (lines_cut(&text, &line)) {
		struct folded folded;
		struct judged judged;
		fold(&each, str_sub(line, 0, TEXT_READ_BYTES), &folded);
		classifier_judge(c, &each, &folded, &judged);
		write_judged(&w, c, &judged);
		arena_reset(&each);
		if (out.n < FLUSH_BYTES) continue;
		command_write(io->out, buf_str(&out));
		buf_clear(&out);
	}
	command_write(io->out, buf_str(&out));
	buf_release(&out);
	arena_release(&each);
	classifier_free(c);
	return OK;
}

/* ---- commands ---- */

typedef enum err task_command(const struct command_io *io, const struct task_words *k, struct arena *a, str text, struct fault *f);

static int run(const struct command_io *io, int argc, const str *argv, const char *usage, task_command *command)
{
	struct task_words k;
	struct arena a = {0};
	struct fault f = {0};
	str text;
	if (!read_words(io, argc, argv, usage, &k)) return USAGE;
	if (lines_read(io, k.file, &text, &f) != OK) return command_fault(io, &f);
	enum err e = command(io, &k, &a, text, &f);
	free_text(text);
	arena_release(&a);
	return e == OK ? DONE : command_fault(io, &f);
}

int command_train(struct app *app, int argc, const str *argv, const struct command_io *io)
{
	(void)app;
	return run(io, argc, argv, "[--words WORDS.tsv [--trust N]] [--features N] FILE.tsv", train);
}

int command_evaluate(struct app *app, int argc, const str *argv, const struct command_io *io)
{
	(void)app;
	return run(io, argc, argv, "FILE.tsv", evaluate);
}

int command_classify(struct app *app, int argc, const str *argv, const struct command_io *io)
{
	(void)app;
	return run(io, argc, argv, "FILE", classify);
}
