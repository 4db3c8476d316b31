/* hospes import --as articles, and hospes search. */
#include <stdio.h>
#include <string.h>

#include "audit/audit.h"
#include "base/buf.h"
#include "base/mem.h"
#include "http/options.h"
#include "json/json.h"
#include "knowledge/knowledge.h"
#include "op/app.h"
#include "source/import.h"
#include "text/lines.h"

enum { DONE = 0, FAILED = 1, USAGE = 2, PARTLY = 3, ROWS_AT_ONCE = 200, LINE_BYTES = 4 << 20, RESULTS = 10, OUTPUT_BYTES = 64 << 20, REASON_BYTES = FAULT_FIELD + FAULT_TEXT + 4 };

struct reading {
	str rest;
	int64_t line, rows, kept, known, rejected;
	struct import_rejects *rejects;
	bool is_over;
};

static bool read_text(struct op *op, const struct json_node *o, const char *name, bool is_needed, str *out)
{
	const struct json_node *v = json_get(o, str_of(name));
	*out = S("");
	if (!v || v->type == JSON_NULL) return !is_needed || fail(op, ERR_INVALID, name, "must be there") == OK;
	if (v->type != JSON_STRING && v->type != JSON_NUMBER) return fail(op, ERR_INVALID, name, "is no text") == OK;
	*out = v->text;
	return true;
}

static enum err read_article(struct op *op, str line, struct article *a)
{
	const struct json_node *o;
	str visibility, state;
	*a = (struct article){.is_published = true};
	TRY(json_tree(&op->arena, line, LINE_BYTES, &o, &op->fault));
	if (o->type != JSON_OBJECT) return fail(op, ERR_MALFORMED, "", "a line is an object with id, language, title, body and category");
	if (!read_text(op, o, "id", true, &a->external) || !read_text(op, o, "language", true, &a->language) || !read_text(op, o, "title", false, &a->title) || !read_text(op, o, "body", true, &a->body) ||
	    !read_text(op, o, "category", false, &a->category) || !read_text(op, o, "visibility", false, &visibility) || !read_text(op, o, "state", false, &state))
		return ERR_INVALID;
	if (visibility.n) {
		while (a->visibility < ARTICLE_VISIBILITIES && !str_eq(visibility, str_of(ARTICLE_VISIBILITY[a->visibility]))) a->visibility++;
		if (a->visibility == ARTICLE_VISIBILITIES) return fail(op, ERR_INVALID, "visibility", "not public, signed-in or internal");
	}
	a->is_published = !state.n || str_eq(state, S("published"));
	if (!a->is_published && !str_eq(state, S("draft"))) return fail(op, ERR_INVALID, "state", "not published or draft");
	return OK;
}

static void reject(struct reading *r, const struct fault *f, str line)
{
	char reason[REASON_BYTES];
	r->rejected++;
	import_rejects_add(r->rejects, r->line, fault_text(f, reason, sizeof reason), line);
}

/* Some rows in one transaction; only what is wrong with the database ends it. */
static enum err put_some(struct op *op, void *arg)
{
	struct reading *r = arg;
	str line;
	for (int n = 0; n < ROWS_AT_ONCE; n++) {
		if (!lines_cut(&r->rest, &line)) {
			r->is_over = true;
			break;
		}
		r->line++;
		if (!str_trim(line).n) continue;
		struct article a;
		bool changed = false;
		r->rows++;
		enum err e = read_article(op, line, &a);
		if (e == OK) e = article_put(op, &a, &changed);
		if (e == ERR_INVALID || e == ERR_MALFORMED || e == ERR_TOO_LARGE) {
			reject(r, &op->fault, line);
			op->fault = (struct fault){0};
			continue;
		}
		if (e != OK) return e;
		r->kept += changed;
		r->known += !changed;
	}
	return OK;
}

static enum err note_import(struct op *op, void *arg)
{
	const struct reading *r = arg;
	return audit_write(op, "articles_imported", "article", 0, STR_NONE, str_fmt(&op->arena, "%lld", (long long)r->kept));
}

static enum err import_one(struct app *app, const struct command_io *io, str name, struct reading *sum, struct fault *f)
{
	struct import_rejects rejects;
	struct arena a = {0};
	str text;
	TRY(lines_read(io, name, &text, f));
	import_rejects_init(&rejects, io->cwd, str_c(&a, str_fmt(&a, "%.*s.rejected.ndjson", STR_ARG(name))), true);
	struct reading r = {.rest = text, .rejects = &rejects};
	enum err e = OK;
	while (e == OK && !r.is_over) e = op_apart(app, "import", put_some, &r);
	if (e == OK && r.kept) e = op_apart(app, "import", note_import, &r);
	if (e != OK) (void)fault_set(f, e, str_c(&a, name), "could not be kept");
	enum err ended = import_rejects_end(&rejects, f);
	mem_free((void *)(uintptr_t)text.p);
	arena_release(&a);
	sum->rows += r.rows;
	sum->kept += r.kept;
	sum->known += r.known;
	sum->rejected += r.rejected;
	return e == OK ? ended : e;
}

int article_import(struct app *app, const struct command_io *io, const str *names, size_t n)
{
	struct fault f = {0};
	struct reading sum = {0};
	enum err e = OK;
	for (size_t i = 0; e == OK && i < n; i++) e = import_one(app, io, names[i], &sum, &f);
	if (e == OK) e = search_catch_up(app, &f);
	if (e != OK) return command_fault(io, &f);
	command_print(io->out, "%lld rows: %lld articles kept, %lld known already, %lld rejected\n", (long long)sum.rows, (long long)sum.kept, (long long)sum.known, (long long)sum.rejected);
	return sum.rejected ? PARTLY : DONE;
}

/* ---- search ---- */
static enum err search_op(struct op *op, str language, str question, struct buf *out)
{
	struct help_results found;
	struct json_writer w = {.out = out};
	if (!article_is_language(language)) return fail(op, ERR_INVALID, "--language", "a language's code, such as en or zh-Hant");
	TRY(help_find(op, language, question, RESULTS, &found));
	json_begin_object(&w);
	json_key(&w, S("results"));
	json_begin_array(&w);
	for (size_t i = 0; i < found.n; i++) {
		const struct help_result *r = &found.v[i];
		json_begin_object(&w);
		json_key(&w, S("id"));
		json_put_str(&w, r->id);
		json_key(&w, S("score"));
		json_put_real(&w, r->score);
		json_key(&w, S("title"));
		json_put_str(&w, r->title);
		json_key(&w, S("passage"));
		json_put_str(&w, r->passage);
		json_end_object(&w);
	}
	json_end_array(&w);
	json_end_object(&w);
	buf_byte(out, '\n');
	return OK;
}

int command_search(struct app *app, int argc, const str *argv, const struct command_io *io)
{
	str language = S("en"), rest[64];
	const struct command_option options[] = {{"language", &language, NULL}};
	int n, code = DONE;
	struct fault f = {0};
	if (argc > (int)COUNT_OF(rest) || !options_read(io, argc, argv, options, COUNT_OF(options), rest, &n) || n == 0) {
		command_print(io->err, "usage: hospes search --data DIR [--language en] QUESTION\n");
		return USAGE;
	}
	if (search_catch_up(app, &f) != OK) return command_fault(io, &f);
	struct op op;
	struct buf out;
	op_init(&op, app, (struct actor){.kind = ACTOR_COMMAND, .name = S("command line")}, false);
	buf_init(&out, OUTPUT_BYTES);
	str question = rest[0];
	for (int i = 1; i < n; i++) question = str_fmt(&op.arena, "%.*s %.*s", STR_ARG(question), STR_ARG(rest[i]));
	if (op_end(&op, search_op(&op, language, question, &out)) == OK) command_write(io->out, buf_str(&out));
	else code = command_fault(io, &op.fault);
	buf_release(&out);
	op_release(&op);
	return code;
}
