#include "knowledge/knowledge.h"

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
	TRY(op_run(op, SQL_article_put,
		DB_ARGS(db_id(id_new()), db_text(a->external), db_text(a->language), db_text(a->title), db_text(a->body), db_text(article_plain(&op->arena, a->body)), db_text(a->category), db_int(a->visibility), db_bool(a->is_published),
			db_int(op->now_ms)),
		&n));
	TRY(op_query(op, SQL_article_id, DB_ARGS(db_text(a->external), db_text(a->language)), &rows));
	a->id = db_rows_id(&rows, 0, 0);
	*changed = n > 0;
	return *changed ? search_note(op, SEARCH_ARTICLE, a->id) : OK;
}
