/* help_api.c: the help that customers read, without sign-in and without JavaScript. */
#include "base/utf8.h"
#include "i18n/i18n.h"
#include "knowledge/knowledge.h"

enum { RESULTS = 10, LISTED_MOST = 2000 };

struct help_link {
	str title, address, language, dir;
};
struct help_category {
	str name;
	LIST_OF(struct help_link) articles;
};
struct help_home {
	str lang;
	bool is_empty;
	LIST_OF(struct help_category) categories;
	LIST_OF(struct help_link) others; /* languages that have articles, when this one has none */
};
static const struct desc_field LINK_FIELDS[] = {
	FIELD(help_link, title, DESC_STR),
	FIELD(help_link, address, DESC_STR),
	FIELD(help_link, language, DESC_STR),
	FIELD(help_link, dir, DESC_STR, .flags = DESC_PAGE_ONLY),
};
static const struct desc LINK_DESC = DESC(help_link, LINK_FIELDS);
static const struct desc_field CATEGORY_FIELDS[] = {
	FIELD(help_category, name, DESC_STR),
	FIELD(help_category, articles, DESC_LIST, .item = DESC_STRUCT, .of = &LINK_DESC),
};
static const struct desc CATEGORY_DESC = DESC(help_category, CATEGORY_FIELDS);
static const struct desc_field HOME_FIELDS[] = {
	FIELD(help_home, lang, DESC_STR, .doc = "of the articles"),
	FIELD(help_home, is_empty, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(help_home, categories, DESC_LIST, .item = DESC_STRUCT, .of = &CATEGORY_DESC),
	FIELD(help_home, others, DESC_LIST, .item = DESC_STRUCT, .of = &LINK_DESC, .doc = "other languages that have articles"),
};
const struct desc HELP_DESC = DESC(help_home, HOME_FIELDS);

struct help_search {
	str q, lang;
	bool is_asked, is_nothing;
	LIST_OF(struct help_result) results;
};
static const struct desc_field RESULT_FIELDS[] = {
	FIELD(help_result, id, DESC_STR, .doc = "as it was imported"),
	FIELD(help_result, score, DESC_REAL, .doc = "BM25; above 0, comparable within this answer"),
	FIELD(help_result, title, DESC_STR),
	FIELD(help_result, passage, DESC_STR, .doc = "the part of the text that holds most of what was asked"),
	FIELD(help_result, category, DESC_STR),
	FIELD(help_result, address, DESC_STR),
};
static const struct desc RESULT_DESC = DESC(help_result, RESULT_FIELDS);
static const struct desc_field FOUND_FIELDS[] = {
	FIELD(help_search, q, DESC_STR),
	FIELD(help_search, lang, DESC_STR),
	FIELD(help_search, is_asked, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(help_search, is_nothing, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(help_search, results, DESC_LIST, .item = DESC_STRUCT, .of = &RESULT_DESC, .doc = "the best first, 10 at most"),
};
const struct desc HELP_SEARCH_DESC = DESC(help_search, FOUND_FIELDS);

struct help_article {
	str id, title, body, category, language, dir, html;
	int64_t changed_at;
	LIST_OF(struct help_link) languages;
};
static const struct desc_field ARTICLE_FIELDS[] = {
	FIELD(help_article, id, DESC_STR, .doc = "as it was imported"),
	FIELD(help_article, title, DESC_STR),
	FIELD(help_article, body, DESC_STR, .doc = "Markdown"),
	FIELD(help_article, category, DESC_STR),
	FIELD(help_article, language, DESC_STR),
	FIELD(help_article, dir, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(help_article, html, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(help_article, changed_at, DESC_TIME),
	FIELD(help_article, languages, DESC_LIST, .item = DESC_STRUCT, .of = &LINK_DESC, .doc = "in which it can be read, too"),
};
const struct desc HELP_ARTICLE_DESC = DESC(help_article, ARTICLE_FIELDS);

/* As asked (lang), else the reader's own. */
static enum err language_of(struct op *op, const struct web *w, str *out)
{
	str asked = web_query(w, "lang");
	*out = str_given(asked) && asked.n ? asked : lang_code(op->locale.lang);
	return article_is_language(*out) ? OK : fail(op, ERR_INVALID, "lang", "a language's code, such as en or zh-Hant");
}

/* Articles without a title are called by how they begin. */
static str title_of(struct op *op, str title, str plain)
{
	enum { BEGINNING_BYTES = 90 };
	if (title.n) return title;
	plain = str_trim(plain);
	str line = str_cut(&plain, '\n');
	return line.n <= BEGINNING_BYTES ? line : str_fmt(&op->arena, "%.*s…", STR_ARG(utf8_cut(line, BEGINNING_BYTES)));
}

static str direction(str language)
{
	static const char *const RIGHT_TO_LEFT[] = {"ar", "fa", "he", "ur", "ps", "ckb", "yi"};
	str rest = language, primary = str_cut(&rest, '-');
	for (size_t i = 0; i < COUNT_OF(RIGHT_TO_LEFT); i++)
		if (str_eq_nocase(primary, str_of(RIGHT_TO_LEFT[i]))) return S("rtl");
	return S("ltr");
}

static str language_name(str code)
{
	const struct lang *lang = lang_find(code);
	return lang ? lang_own_name(lang) : code;
}

static enum err list_articles(struct op *op, struct help_home *home)
{
	struct db_rows rows;
	TRY(op_query(op, SQL_article_public_list, DB_ARGS(db_text(home->lang), db_int(LISTED_MOST)), &rows));
	home->categories.v = ARENA_ARRAY(&op->arena, struct help_category, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++) {
		str category = db_rows_text(&rows, i, 2);
		struct help_category *c = home->categories.n ? &home->categories.v[home->categories.n - 1] : NULL;
		if (!c || !str_eq(c->name, category)) {
			c = &home->categories.v[home->categories.n++];
			*c = (struct help_category){.name = category, .articles = {ARENA_ARRAY(&op->arena, struct help_link, rows.n - i), 0}};
		}
		c->articles.v[c->articles.n++] = (struct help_link){title_of(op, db_rows_text(&rows, i, 1), db_rows_text(&rows, i, 3)),
			str_fmt(&op->arena, "/help/%s", id_show(&op->arena, S("art"), db_rows_id(&rows, i, 0)).p), home->lang, direction(home->lang)};
	}
	return OK;
}

enum err help_home_get(struct op *op, struct web *w, struct answer *a)
{
	struct help_home *home = ARENA_NEW(&op->arena, struct help_home);
	struct db_rows rows;
	TRY(language_of(op, w, &home->lang));
	TRY(list_articles(op, home));
	TRY(op_query(op, SQL_article_public_languages, DB_NO_ARGS, &rows));
	home->is_empty = !home->categories.n;
	home->others.v = ARENA_ARRAY(&op->arena, struct help_link, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++) {
		str code = db_rows_text(&rows, i, 0);
		if (!str_eq(code, home->lang))
			home->others.v[home->others.n++] = (struct help_link){language_name(code), str_fmt(&op->arena, "/help?lang=%.*s", STR_ARG(code)), code, direction(code)};
	}
	return answer_with(a, &HELP_DESC, home);
}

enum err help_search_get(struct op *op, struct web *w, struct answer *a)
{
	enum { QUESTION_BYTES = 2000 };
	struct help_search *s = ARENA_NEW(&op->arena, struct help_search);
	struct help_results found = {0};
	TRY(language_of(op, w, &s->lang));
	s->q = str_trim(web_query(w, "q"));
	if (!str_given(s->q)) s->q = S("");
	if (s->q.n > QUESTION_BYTES) return fail(op, ERR_TOO_LARGE, "q", "longer than %d bytes", QUESTION_BYTES);
	s->is_asked = s->q.n > 0;
	if (s->is_asked) TRY(help_find(op, s->lang, s->q, RESULTS, &found));
	for (size_t i = 0; i < found.n; i++) found.v[i].title = title_of(op, found.v[i].title, found.v[i].passage);
	s->results.v = found.v;
	s->results.n = found.n;
	s->is_nothing = s->is_asked && !found.n;
	return answer_with(a, &HELP_SEARCH_DESC, s);
}

enum err help_article_get(struct op *op, struct web *w, struct answer *a)
{
	struct help_article *page = ARENA_NEW(&op->arena, struct help_article);
	struct db_rows row, rows;
	id article;
	TRY(web_id(op, w, "id", "art", &article));
	TRY(op_query(op, SQL_article_public, DB_ARGS(db_id(article)), &row));
	if (!row.n) return fail(op, ERR_NOT_FOUND, "id", "there is no such article");
	*page = (struct help_article){.id = db_rows_text(&row, 0, 0), .body = db_rows_text(&row, 0, 2), .category = db_rows_text(&row, 0, 3), .language = db_rows_text(&row, 0, 4), .changed_at = db_rows_int(&row, 0, 5)};
	page->title = title_of(op, db_rows_text(&row, 0, 1), db_rows_text(&row, 0, 6));
	page->dir = direction(page->language);
	page->html = article_html(&op->arena, page->body);
	TRY(op_query(op, SQL_article_languages, DB_ARGS(db_text(page->id)), &rows));
	page->languages.v = ARENA_ARRAY(&op->arena, struct help_link, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++) {
		str code = db_rows_text(&rows, i, 1);
		if (db_rows_id(&rows, i, 0) != article)
			page->languages.v[page->languages.n++] = (struct help_link){language_name(code), str_fmt(&op->arena, "/help/%s", id_show(&op->arena, S("art"), db_rows_id(&rows, i, 0)).p), code, direction(code)};
	}
	return answer_with(a, &HELP_ARTICLE_DESC, page);
}
