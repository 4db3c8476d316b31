/* hospes text: one text a line in, one line of JSON out, in order. Lines are read in portions; each portion is shared among
 * the cores. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "http/options.h"
#include "json/json.h"
#include "text/lines.h"
#include "text/task.h"
#include "text/text.h"

enum { DONE = 0, USAGE = 2, PARTLY = 3, FILES = 64, WORKERS = 8, PORTION_BYTES = 1 << 20, OUTPUT_BYTES = 512 << 20, NDJSON_BYTES = 16 << 20 };

/* ---- a portion of lines by one worker ---- */

struct portion {
	str lines;
	size_t first; /* number of its first line */
	bool is_json;
	const struct text_own *own;
	struct buf out;
	size_t rejected;
	bool has_thread;
	pthread_t thread;
};

static void reject(struct portion *p, size_t number, str reason)
{
	struct json_writer w = {&p->out, false};
	p->rejected++;
	json_begin_object(&w);
	json_key(&w, S("error"));
	json_begin_object(&w);
	json_key(&w, S("line"));
	json_put_i64(&w, (int64_t)number);
	json_key(&w, S("reason"));
	json_put_str(&w, reason);
	json_end_object(&w);
	json_end_object(&w);
	buf_byte(&p->out, '\n');
}

static bool text_of_json(struct arena *a, str line, str *text, str *reason)
{
	const struct json_node *object;
	struct fault f = {0};
	char room[FAULT_TEXT + FAULT_FIELD + 4];
	if (json_tree(a, line, NDJSON_BYTES, &object, &f) != OK) {
		*reason = str_dup(a, str_of(fault_text(&f, room, sizeof room)));
		return false;
	}
	*text = object->type == JSON_OBJECT ? json_get_str(object, S("text")) : STR_NONE;
	*reason = S("is no object with \"text\", a string");
	return str_given(*text);
}

static void *read_portion(void *arg)
{
	struct portion *p = arg;
	struct arena a = {0};
	str rest = p->lines, line;
	for (size_t number = p->first; lines_cut(&rest, &line); number++) {
		struct text_reading r;
		str text = line, reason;
		arena_reset(&a);
		if (p->is_json && str_trim(line).n && !text_of_json(&a, line, &text, &reason)) {
			reject(p, number, reason);
			continue;
		}
		text_read(&a, text, p->own, &r);
		text_write(&r, text, &p->out);
	}
	arena_release(&a);
	return NULL;
}

/* ---- a file ---- */

/* Cuts the next portion off: whole lines. */
static str cut_portion(str *rest)
{
	size_t n = rest->n < PORTION_BYTES ? rest->n : PORTION_BYTES;
	while (n < rest->n && rest->p[n - 1] != '\n') n++;
	str portion = str_sub(*rest, 0, n);
	*rest = str_sub(*rest, n, rest->n);
	return portion;
}

static size_t count_lines(str text)
{
	size_t n = 0;
	for (size_t i = 0; i < text.n; i++) n += text.p[i] == '\n';
	return n;
}

static bool is_ndjson(str text)
{
	str line = STR_NONE, reason;
	struct arena a = {0};
	while (lines_cut(&text, &line) && !str_trim(line).n) line = STR_NONE;
	bool is = str_starts(str_trim(line), S("{")) && text_of_json(&a, line, &line, &reason);
	arena_release(&a);
	return is;
}

struct job {
	const struct command_io *io;
	const struct text_own *own;
	size_t workers, rejected;
};

static void read_file(struct job *job, str text)
{
	struct portion portions[WORKERS];
	bool is_json = is_ndjson(text);
	size_t number = 1;
	while (text.n && !socket_client_gone(job->io)) {
		size_t n = 0;
		for (; n < job->workers && text.n; n++) {
			portions[n] = (struct portion){.lines = cut_portion(&text), .first = number, .is_json = is_json, .own = job->own};
			buf_init(&portions[n].out, OUTPUT_BYTES);
			number += count_lines(portions[n].lines);
			portions[n].has_thread = n > 0 && pthread_create(&portions[n].thread, NULL, read_portion, &portions[n]) == 0;
		}
		for (size_t i = 0; i < n; i++)
			if (!portions[i].has_thread) read_portion(&portions[i]);
		for (size_t i = 0; i < n; i++) {
			if (portions[i].has_thread) pthread_join(portions[i].thread, NULL);
			command_write(job->io->out, buf_str(&portions[i].out));
			job->rejected += portions[i].rejected;
			buf_release(&portions[i].out);
		}
	}
}

static void free_text(str text)
{
	union {
		const char *shown;
		char *own;
	} bytes = {text.p};
	mem_free(bytes.own);
}

static enum err read_files(struct job *job, const str *files, int n, struct fault *f)
{
	for (int i = 0; i < n; i++) {
		str text;
		TRY(lines_read(job->io, files[i], &text, f));
		read_file(job, text);
		free_text(text);
	}
	return OK;
}

static enum err read_topics(const struct command_io *io, str file, struct topics **out, struct fault *f)
{
	str text;
	TRY(lines_read(io, file, &text, f));
	enum err e = text_topics_new(text, STR_NONE, out, f);
	free_text(text);
	return e;
}

/* A task of a directory, or the file of a model. */
static enum err load_model(str data, str model, struct classifier **out, struct fault *f)
{
	if (str_ends(model, S(".model"))) return task_load_file(model, out, f);
	if (!str_given(data)) return fault_set(f, ERR_INVALID, "--model", "a task of --data DIR, or the file of a model (DIR/models/TASK.model)");
	return task_load(data, model, out, f);
}

int command_text(struct app *app, int argc, const str *argv, const struct command_io *io)
{
	str data = str_of(getenv("HOSPES_DATA")), model = STR_NONE, topic_file = STR_NONE, ignored = STR_NONE, rest[FILES];
	const struct command_option options[] = {{"data", &data, NULL}, {"model", &model, NULL}, {"topics", &topic_file, NULL}, {"database", &ignored, NULL}};
	struct fault f = {0};
	struct classifier *classifier = NULL;
	struct topics *topics = NULL;
	int n;
	(void)app;
	if (argc > FILES || !options_read(io, argc, argv, options, COUNT_OF(options), rest, &n) || n < 1) {
		command_print(io->err, "usage: hospes text [--data DIR] [--model MODEL] [--topics TOPICS.tsv] FILE…\n");
		return USAGE;
	}
	enum err e = str_given(model) ? load_model(data, model, &classifier, &f) : OK;
	if (e == OK && str_given(topic_file)) e = read_topics(io, topic_file, &topics, &f);
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	struct text_own own = {.classifier = classifier, .topics = topics};
	struct job job = {io, &own, cores < 1 ? 1 : cores > WORKERS ? WORKERS : (size_t)cores, 0};
	if (e == OK) e = read_files(&job, rest, n, &f);
	classifier_free(classifier);
	topics_free(topics);
	if (e != OK) return command_fault(io, &f);
	if (job.rejected) command_print(io->err, "hospes: %zu lines could not be read: their answers say why\n", job.rejected);
	return job.rejected ? PARTLY : DONE;
}
