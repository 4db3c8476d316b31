/* help_api.c: the help that customers read, without sign-in and without JavaScript. */
#include "base/buf.h"
#include "base/datetime.h"
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
	str address, vote;
	bool is_question, is_how_to, is_voted;
	int64_t changed_at;
	LIST_OF(struct help_link) languages;
	LIST_OF(struct help_link) related;
};
static const struct desc_field ARTICLE_FIELDS[] = {
	FIELD(help_article, id, DESC_STR, .doc = "as it was imported"),
	FIELD(help_article, title, DESC_STR),
	FIELD(help_article, body, DESC_STR, .doc = "Markdown"),
	FIELD(help_article, category, DESC_STR),
	FIELD(help_article, language, DESC_STR),
	FIELD(help_article, dir, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(help_article, html, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(help_article, address, DESC_STR),
	FIELD(help_article, vote, DESC_STR, .doc = "a POST there says whether it helped"),
	FIELD(help_article, is_question, DESC_BOOL, .doc = "its title asks, its text answers: schema.org's FAQPage"),
	FIELD(help_article, is_how_to, DESC_BOOL, .doc = "it has numbered steps: schema.org's HowTo"),
	FIELD(help_article, is_voted, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(help_article, changed_at, DESC_TIME),
	FIELD(help_article, related, DESC_LIST, .item = DESC_STRUCT, .of = &LINK_DESC),
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
			article_address(op, db_rows_id(&rows, i, 0), db_rows_text(&rows, i, 4)), home->lang, direction(home->lang)};
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
	if (s->is_nothing) article_note_missed(op, s->lang, s->q);
	return answer_with(a, &HELP_SEARCH_DESC, s);
}

/* Others that its title finds. */
static enum err fill_related(struct op *op, struct help_article *page)
{
	enum { RELATED = 3 };
	struct help_results found;
	page->related.v = ARENA_ARRAY(&op->arena, struct help_link, RELATED + 1);
	TRY(help_find(op, page->language, page->title, RELATED + 1, &found));
	for (size_t i = 0; i < found.n && page->related.n < RELATED; i++)
		if (!str_eq(found.v[i].address, page->address)) page->related.v[page->related.n++] = (struct help_link){title_of(op, found.v[i].title, found.v[i].passage), found.v[i].address, page->language, page->dir};
	return OK;
}

static bool is_question(str title)
{
	static const char *const MARKS[] = {"?", "\xef\xbc\x9f", "\xd8\x9f", ";"}; /* full width, Arabic, Greek */
	str t = str_trim(title);
	for (size_t i = 0; i < COUNT_OF(MARKS); i++)
		if (str_ends(t, str_of(MARKS[i]))) return true;
	return false;
}

/* By its id, its slug, or one that it had. ERR_NOT_FOUND. *moved: where it is now. */
static enum err find_article(struct op *op, const struct web *w, id *article, str *moved)
{
	struct db_rows r;
	str key = web_parameter(w, "id");
	*moved = STR_NONE;
	if (id_read(S("art"), key, article)) return OK;
	TRY(op_query(op, SQL_article_of_slug, DB_ARGS(db_text(key)), &r));
	if (!r.n) return fail(op, ERR_NOT_FOUND, "id", "there is no such article");
	*article = db_rows_id(&r, 0, 0);
	if (!str_eq(db_rows_text(&r, 0, 1), key)) *moved = article_address(op, *article, db_rows_text(&r, 0, 1));
	return OK;
}

enum err help_article_get(struct op *op, struct web *w, struct answer *a)
{
	enum { MOVED_PERMANENTLY = 301 };
	struct help_article *page = ARENA_NEW(&op->arena, struct help_article);
	struct db_rows row, rows;
	id article;
	str moved;
	TRY(find_article(op, w, &article, &moved));
	TRY(op_query(op, SQL_article_public, DB_ARGS(db_id(article)), &row));
	if (!row.n) return fail(op, ERR_NOT_FOUND, "id", "there is no such article");
	str slug = db_rows_text(&row, 0, 7);
	if (!moved.p && slug.n && !str_eq(slug, web_parameter(w, "id"))) moved = article_address(op, article, slug);
	if (moved.p) {
		a->status = MOVED_PERMANENTLY;
		return answer_redirect(a, moved);
	}
	*page = (struct help_article){.id = db_rows_text(&row, 0, 0), .body = db_rows_text(&row, 0, 2), .category = db_rows_text(&row, 0, 3), .language = db_rows_text(&row, 0, 4), .changed_at = db_rows_int(&row, 0, 5)};
	page->title = title_of(op, db_rows_text(&row, 0, 1), db_rows_text(&row, 0, 6));
	page->dir = direction(page->language);
	page->html = article_html(&op->arena, page->body);
	page->address = article_address(op, article, slug);
	page->vote = str_fmt(&op->arena, "/help/%s/vote", id_show(&op->arena, S("art"), article).p);
	page->is_question = is_question(page->title);
	page->is_how_to = !page->is_question && str_contains(page->html, S("<ol"));
	page->is_voted = web_query(w, "voted").n;
	TRY(op_query(op, SQL_article_languages, DB_ARGS(db_text(page->id)), &rows));
	page->languages.v = ARENA_ARRAY(&op->arena, struct help_link, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++) {
		str code = db_rows_text(&rows, i, 1);
		if (db_rows_id(&rows, i, 0) != article)
			page->languages.v[page->languages.n++] = (struct help_link){language_name(code), article_address(op, db_rows_id(&rows, i, 0), db_rows_text(&rows, i, 3)), code, direction(code)};
	}
	TRY(fill_related(op, page));
	return answer_with(a, &HELP_ARTICLE_DESC, page);
}

/* ---- what readers say ---- */

struct vote_input {
	str helped, text;
};
enum { VOTE_BYTES = 2000 };
static const struct desc_field VOTE_FIELDS[] = {
	FIELD(vote_input, helped, DESC_STR, .flags = DESC_REQUIRED, .doc = "yes or no"),
	FIELD(vote_input, text, DESC_STR, .max = VOTE_BYTES, .doc = "what was missing"),
};
const struct desc HELP_VOTE_DESC = DESC(vote_input, VOTE_FIELDS);

enum err help_vote_post(struct op *op, struct web *w, struct answer *a)
{
	enum { VOTES_A_DAY = 5000 };
	struct vote_input in;
	struct db_rows row;
	id article;
	TRY(web_id(op, w, "id", "art", &article));
	TRY(web_input(op, w, &HELP_VOTE_DESC, &in));
	bool is_helpful = str_eq(in.helped, S("yes"));
	if (!is_helpful && !str_eq(in.helped, S("no"))) return fail(op, ERR_INVALID, "helped", "must be yes or no");
	TRY(op_query(op, SQL_article_public, DB_ARGS(db_id(article)), &row));
	if (!row.n) return fail(op, ERR_NOT_FOUND, "id", "there is no such article");
	TRY(op_run(op, SQL_article_vote_add, DB_ARGS(db_id(id_new()), db_id(article), db_int(op->now_ms), db_bool(is_helpful), db_text(in.text.p ? str_trim(in.text) : S("")), db_int(VOTES_A_DAY)), NULL));
	return answer_redirect(a, str_fmt(&op->arena, "%.*s?voted=1", STR_ARG(article_address(op, article, db_rows_text(&row, 0, 7)))));
}

/* ---- for those who search the web ---- */

enum err help_sitemap_get(struct op *op, struct web *w, struct answer *a)
{
	enum { SITEMAP_BYTES = 16 << 20 };
	struct db_rows r;
	struct buf b;
	str origin = web_origin(op, w);
	TRY(op_query(op, SQL_article_sitemap, DB_NO_ARGS, &r));
	buf_init(&b, SITEMAP_BYTES);
	buf_add(&b, S("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n"));
	for (size_t i = 0; i < r.n; i++) {
		str day = date_show(&op->arena, db_rows_int(&r, i, 2));
		buf_fmt(&b, "<url><loc>%.*s%.*s</loc><lastmod>%.*s</lastmod></url>\n", STR_ARG(origin), STR_ARG(article_address(op, db_rows_id(&r, i, 0), db_rows_text(&r, i, 1))), STR_ARG(day));
	}
	buf_add(&b, S("</urlset>\n"));
	a->text = str_dup(&op->arena, buf_str(&b));
	a->content_type = S("application/xml; charset=utf-8");
	buf_release(&b);
	return OK;
}
