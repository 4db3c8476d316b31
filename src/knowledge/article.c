#include "base/utf8.h"
#include "i18n/i18n.h"
#include "knowledge/knowledge.h"

enum { FOLDED_BYTES = 60000, QUESTION_BYTES = 200, MISSED_A_DAY = 2000 };
const char *const ARTICLE_VISIBILITY[] = {"public", "signed-in", "internal", NULL};

bool article_is_language(str language)
{
	size_t letters = 0;
	if (language.n < 2 || language.n > 16) return false;
	for (size_t i = 0; i < language.n; i++) {
		char c = language.p[i];
		bool is_letter = (c | 32) >= 'a' && (c | 32) <= 'z', is_later = i > 1 && ((c >= '0' && c <= '9') || c == '-');
		if (!is_letter && !is_later) return false;
		letters += is_letter;
	}
	return letters >= 2 && language.p[language.n - 1] != '-';
}

static enum err check(struct op *op, const struct article *a)
{
	if (!a->external.n || a->external.n > ARTICLE_ID_BYTES) return fail(op, ERR_INVALID, "id", "a text of 1 to %d bytes", ARTICLE_ID_BYTES);
	if (!article_is_language(a->language)) return fail(op, ERR_INVALID, "language", "a language's code, such as en or zh-Hant");
	if (a->title.n > ARTICLE_TITLE_BYTES) return fail(op, ERR_INVALID, "title", "longer than %d bytes", ARTICLE_TITLE_BYTES);
	if (!str_trim(a->body).n) return fail(op, ERR_INVALID, "body", "an article needs a text");
	if (a->body.n > ARTICLE_BODY_BYTES) return fail(op, ERR_INVALID, "body", "longer than %d bytes", ARTICLE_BODY_BYTES);
	if (a->category.n > ARTICLE_CATEGORY_BYTES) return fail(op, ERR_INVALID, "category", "longer than %d bytes", ARTICLE_CATEGORY_BYTES);
	return OK;
}

enum err article_put(struct op *op, struct article *a, bool *changed)
{
	int64_t n;
	struct db_rows rows;
	TRY(check(op, a));
	str plain = article_plain(&op->arena, a->body);
	TRY(op_run(op, SQL_article_put,
		DB_ARGS(db_id(id_new()), db_text(a->external), db_text(a->language), db_text(a->title), db_text(a->body), db_text(plain), db_text(a->category), db_int(a->visibility), db_bool(a->is_published), db_int(op->now_ms),
			db_text(article_folded(&op->arena, a->title, plain))),
		&n));
	TRY(op_query(op, SQL_article_id, DB_ARGS(db_text(a->external), db_text(a->language)), &rows));
	a->id = db_rows_id(&rows, 0, 0);
	*changed = n > 0;
	return *changed ? search_note(op, SEARCH_ARTICLE, a->id) : OK;
}

str article_folded(struct arena *a, str title, str plain)
{
	return i18n_fold(a, utf8_cut(str_fmt(a, "%.*s\n%.*s", STR_ARG(title), STR_ARG(plain)), FOLDED_BYTES));
}

str article_address(struct op *op, id article, str slug)
{
	return str_fmt(&op->arena, "/help/%.*s", STR_ARG(slug.n ? slug : id_show(&op->arena, S("art"), article)));
}

/* ---- what is not found ---- */

struct missed {
	struct app *app;
	str language, question;
};

static enum err add_missed(struct op *op, void *arg)
{
	const struct missed *m = arg;
	return op_run(op, SQL_article_missed_add, DB_ARGS(db_text(m->language), db_text(m->question), db_int(op->now_ms), db_int(MISSED_A_DAY)), NULL);
}

static void note(void *arg)
{
	const struct missed *m = arg;
	(void)!op_apart(m->app, "help", add_missed, arg);
}

void article_note_missed(struct op *op, str language, str question)
{
	struct missed *m = ARENA_NEW(&op->arena, struct missed);
	*m = (struct missed){op->app, language, utf8_cut(i18n_fold(&op->arena, question), QUESTION_BYTES)};
	if (m->question.n) op_after_commit(op, note, m);
}
