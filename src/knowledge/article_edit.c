/* article_edit.c: writing an article. One form holds its text and all about it; its buttons say what becomes of it: kept, shown, asked to
 * be reviewed, published now or at a time. The text is a draft until it is published; all else holds at once. */
#include "audit/audit.h"
#include "base/datetime.h"
#include "base/utf8.h"
#include "customer/customer.h"
#include "http/faults.h"
#include "i18n/zone.h"
#include "knowledge/article_row.h"
#include "setting/setting.h"

enum { TITLE_CHARACTERS = 200, SLUG_BYTES = 80, CATEGORY_CHARACTERS = 60, VERSIONS_MOST = 50, MISSED_DAYS = 90 };

/* ---- the page ---- */

struct article_version {
	int64_t at;
	str who, title, restore;
};
struct article_sibling {
	str language, name, address, beside;
	bool is_here, is_missing;
	struct msg state;
};
struct article_page {
	struct msg finding;
	str action, language, language_name, dir, of, preview;
	bool is_new, may_write, may_publish, has_preview;
	struct article_row article, beside;
	bool has_beside;
	str beside_html;
	struct input title, body, category, slug, review_on, at;
	LIST_OF(struct option) visibilities;
	LIST_OF(struct option) owners;
	LIST_OF(struct option) languages;
	LIST_OF(str) categories;
	LIST_OF(struct article_sibling) siblings;
	LIST_OF(struct article_version) versions;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field VERSION_FIELDS[] = {
	FIELD(article_version, at, DESC_TIME),
	FIELD(article_version, who, DESC_STR),
	FIELD(article_version, title, DESC_STR),
	FIELD(article_version, restore, DESC_STR, .doc = "a POST there makes it the draft"),
};
static const struct desc VERSION_DESC = DESC(article_version, VERSION_FIELDS);
static const struct desc_field SIBLING_FIELDS[] = {
	FIELD(article_sibling, language, DESC_STR),
	FIELD(article_sibling, name, DESC_STR),
	FIELD(article_sibling, address, DESC_STR),
	FIELD(article_sibling, beside, DESC_STR, .doc = "this article with that one beside it"),
	FIELD(article_sibling, is_here, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(article_sibling, is_missing, DESC_BOOL),
	FIELD(article_sibling, state, DESC_MSG),
};
static const struct desc SIBLING_DESC = DESC(article_sibling, SIBLING_FIELDS);
static const struct desc_field PAGE_FIELDS[] = {
	FIELD(article_page, finding, DESC_MSG),
	FIELD(article_page, action, DESC_STR),
	FIELD(article_page, of, DESC_STR, .doc = "of a new one: the external id of the article that it is a language of"),
	FIELD(article_page, language, DESC_STR),
	FIELD(article_page, language_name, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(article_page, dir, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(article_page, is_new, DESC_BOOL),
	FIELD(article_page, may_write, DESC_BOOL),
	FIELD(article_page, may_publish, DESC_BOOL),
	FIELD(article_page, article, DESC_STRUCT, .of = &ARTICLE_ROW_DESC),
	FIELD(article_page, has_preview, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(article_page, preview, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(article_page, has_beside, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(article_page, beside, DESC_STRUCT, .of = &ARTICLE_ROW_DESC, .doc = "in another language, to write by"),
	FIELD(article_page, beside_html, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(article_page, title, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(article_page, body, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(article_page, category, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(article_page, slug, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(article_page, review_on, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(article_page, at, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(article_page, visibilities, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(article_page, owners, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(article_page, languages, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(article_page, categories, DESC_LIST, .item = DESC_STR),
	FIELD(article_page, siblings, DESC_LIST, .item = DESC_STRUCT, .of = &SIBLING_DESC),
	FIELD(article_page, versions, DESC_LIST, .item = DESC_STRUCT, .of = &VERSION_DESC),
	FIELD(article_page, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc ARTICLE_PAGE_DESC = DESC(article_page, PAGE_FIELDS);

struct article_input {
	str title, body, category, visibility, slug, owner, review_on, language, of, then, at;
};
static const struct desc_field INPUT_FIELDS[] = {
	FIELD(article_input, title, DESC_STR),
	FIELD(article_input, body, DESC_STR, .max = ARTICLE_BODY_BYTES, .doc = "Markdown"),
	FIELD(article_input, category, DESC_STR),
	FIELD(article_input, visibility, DESC_STR, .doc = "public, signed-in or internal"),
	FIELD(article_input, slug, DESC_STR, .doc = "of its address: a-z, 0-9 and -; empty: its id"),
	FIELD(article_input, owner, DESC_STR, .doc = "a person's id; empty: nobody"),
	FIELD(article_input, review_on, DESC_STR, .doc = "such as 2026-12-31"),
	FIELD(article_input, language, DESC_STR, .doc = "of a new one"),
	FIELD(article_input, of, DESC_STR, .max = ARTICLE_ID_BYTES, .doc = "of a new one: external id of the article that it is a language of"),
	FIELD(article_input, then, DESC_STR, .doc = "empty: kept; preview: shown, not kept; review, publish or schedule"),
	FIELD(article_input, at, DESC_STR, .doc = "when it is published, for schedule, in the workspace's time"),
};
const struct desc ARTICLE_INPUT_DESC = DESC(article_input, INPUT_FIELDS);

static str word(struct op *op, const char *key)
{
	return i18n_format(&op->arena, &op->locale, str_of(key), NULL, 0);
}

static str or_empty(str s)
{
	return s.p ? s : S("");
}

static enum err fill_choices(struct op *op, const struct article_input *in, struct article_page *page)
{
	struct db_rows r;
	for (int v = 0; ARTICLE_VISIBILITY[v]; v++) {
		str name = str_of(ARTICLE_VISIBILITY[v]);
		/* Customers cannot sign in: it is offered where a file said so alone. */
		if (v == ARTICLE_SIGNED_IN && !str_eq(name, in->visibility)) continue;
		customer_option(op, &page->visibilities, name, word(op, str_fmt(&op->arena, "article_%s", v == ARTICLE_SIGNED_IN ? "signed_in" : ARTICLE_VISIBILITY[v]).p), in->visibility.n ? str_eq(name, in->visibility) : v == 0);
	}
	TRY(op_query(op, SQL_conversation_people, DB_NO_ARGS, &r));
	customer_option(op, &page->owners, S(""), word(op, "followup_nobody"), !in->owner.n);
	for (size_t i = 0; i < r.n; i++) {
		str of = id_show(&op->arena, S("per"), db_rows_id(&r, i, 0));
		customer_option(op, &page->owners, of, db_rows_text(&r, i, 1), str_eq(of, in->owner));
	}
	for (size_t i = 0; lang_at(i); i++) customer_option(op, &page->languages, lang_code(lang_at(i)), lang_own_name(lang_at(i)), str_eq(lang_code(lang_at(i)), page->language));
	TRY(op_query(op, SQL_article_categories, DB_NO_ARGS, &r));
	page->categories.v = ARENA_ARRAY(&op->arena, str, r.n + 1);
	for (size_t i = 0; i < r.n; i++) page->categories.v[page->categories.n++] = db_rows_text(&r, i, 0);
	return OK;
}

static void add_missing(struct op *op, struct article_page *page, const struct db_rows *there, const struct lang *lang)
{
	if (!there->n) return;
	str code = lang_code(lang), of = id_show(&op->arena, S("art"), page->is_new ? db_rows_id(there, 0, 0) : page->article.id);
	if (page->is_new && str_eq(code, page->language)) return;
	for (size_t i = 0; i < there->n; i++)
		if (str_eq(db_rows_text(there, i, 1), code)) return;
	page->siblings.v[page->siblings.n++] = (struct article_sibling){.language = code, .name = lang_own_name(lang), .is_missing = true, .state = msg_of("article_missing"), .address = str_fmt(&op->arena, "/articles/new?language=%.*s&of=%.*s", STR_ARG(code), STR_ARG(of))};
}

/* Every language of the workspace, and those that it has besides. */
static enum err fill_siblings(struct op *op, struct article_page *page)
{
	struct db_rows r;
	str external = page->is_new ? page->of : page->article.external;
	TRY(op_query(op, SQL_article_siblings, DB_ARGS(db_text(or_empty(external))), &r));
	size_t served = 0;
	while (lang_at(served)) served++;
	page->siblings.v = ARENA_ARRAY(&op->arena, struct article_sibling, r.n + served + 1);
	for (size_t i = 0; i < r.n; i++) {
		str language = db_rows_text(&r, i, 1), shown = id_show(&op->arena, S("art"), db_rows_id(&r, i, 0));
		struct article_sibling *s = &page->siblings.v[page->siblings.n++];
		*s = (struct article_sibling){.language = language, .name = article__language_name(language), .is_here = str_eq(language, page->language), .address = str_fmt(&op->arena, "/articles/%.*s", STR_ARG(shown)),
			.state = msg_of(db_rows_bool(&r, i, 2) ? "article_state_published" : "article_state_draft")};
		if (!s->is_here && !page->is_new) s->beside = str_fmt(&op->arena, "%.*s?beside=%.*s", STR_ARG(page->article.address), STR_ARG(shown));
	}
	for (size_t l = 0; l < served && external.n; l++) add_missing(op, page, &r, lang_at(l));
	return OK;
}

static enum err fill_versions(struct op *op, struct article_page *page)
{
	struct db_rows r;
	TRY(op_query(op, SQL_article_versions, DB_ARGS(db_id(page->article.id)), &r));
	page->versions.v = ARENA_ARRAY(&op->arena, struct article_version, r.n + 1);
	for (size_t i = 0; i < r.n; i++)
		page->versions.v[page->versions.n++] = (struct article_version){db_rows_int(&r, i, 1), db_rows_text(&r, i, 2), db_rows_text(&r, i, 3),
			str_fmt(&op->arena, "%.*s/versions/%s", STR_ARG(page->article.address), id_show(&op->arena, S("ver"), db_rows_id(&r, i, 0)).p)};
	return OK;
}

static enum err set_beside(struct op *op, id beside, struct article_page *page)
{
	TRY(article__get(op, beside, &page->beside));
	page->has_beside = true;
	page->beside_html = article_html(&op->arena, page->beside.body);
	return OK;
}

static void set_inputs(const struct article_input *in, struct article_page *page)
{
	page->title.value = or_empty(in->title);
	page->body.value = or_empty(in->body);
	page->category.value = or_empty(in->category);
	page->slug.value = or_empty(in->slug);
	page->review_on.value = or_empty(in->review_on);
	page->at.value = or_empty(in->at);
}

static enum err make_page(struct op *op, id article, const struct article_input *in, struct article_page **out)
{
	struct article_page *page = *out = ARENA_NEW(&op->arena, struct article_page);
	page->is_new = !article;
	if (article) TRY(article__get(op, article, &page->article));
	page->language = article ? page->article.language : in->language.n ? in->language : lang_code(op->locale.lang);
	page->language_name = article__language_name(page->language);
	page->dir = article__direction(page->language);
	page->of = or_empty(in->of);
	page->action = article ? page->article.address : S("/articles");
	page->may_write = op_may(op, PERM_WRITE_ARTICLES);
	page->may_publish = op_may(op, PERM_PUBLISH_ARTICLES);
	page->finding = article ? page->article.state : msg_str("article_new_in", "language", page->language_name);
	set_inputs(in, page);
	TRY(fill_choices(op, in, page));
	TRY(fill_siblings(op, page));
	return article ? fill_versions(op, page) : OK;
}

static struct article_input input_of(struct op *op, const struct article_row *a)
{
	return (struct article_input){.title = a->title, .body = a->body, .category = a->category, .visibility = str_of(ARTICLE_VISIBILITY[a->visibility]), .slug = a->slug, .owner = a->owner ? id_show(&op->arena, S("per"), a->owner) : S(""),
		.review_on = a->review_on == DESC_NULL_INT ? S("") : date_show(&op->arena, a->review_on), .language = a->language};
}

enum err article_edit_get(struct op *op, struct web *w, struct answer *a)
{
	struct article_page *page;
	struct article_row row;
	str beside = web_query(w, "beside");
	id article, other;
	TRY(web_id(op, w, "id", "art", &article));
	TRY(article__get(op, article, &row));
	struct article_input in = input_of(op, &row);
	TRY(make_page(op, article, &in, &page));
	if (beside.n && !id_read(S("art"), beside, &other)) return fail(op, ERR_INVALID, "beside", "is no article");
	if (beside.n) TRY(set_beside(op, other, page));
	page->has_preview = !page->may_write || !beside.n;
	page->preview = article_html(&op->arena, page->body.value);
	return answer_with(a, &ARTICLE_PAGE_DESC, page);
}

/* With of=art_… it is another language of that article, which stands beside the form. */
enum err article_new_get(struct op *op, struct web *w, struct answer *a)
{
	struct article_page *page;
	struct article_row other;
	struct article_input in = {.language = web_query(w, "language"), .title = or_empty(web_query(w, "title"))};
	id of = 0;
	if (web_query(w, "of").n && !id_read(S("art"), web_query(w, "of"), &of)) return fail(op, ERR_INVALID, "of", "is no article");
	if (of) {
		TRY(article__get(op, of, &other));
		in.of = other.external;
		in.category = other.category;
		in.visibility = str_of(ARTICLE_VISIBILITY[other.visibility]);
	}
	if (in.language.n && !article_is_language(in.language)) return fail(op, ERR_INVALID, "language", "a language's code, such as en or zh-Hant");
	TRY(make_page(op, 0, &in, &page));
	if (of) TRY(set_beside(op, of, page));
	return answer_with(a, &ARTICLE_PAGE_DESC, page);
}

/* ---- what is sent ---- */

struct about {
	int visibility;
	id owner;
	int64_t review_on, publish_at;
	enum { KEEP, PREVIEW, REVIEW, PUBLISH, SCHEDULE } then;
};

static bool is_slug(str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] == '-' && i && i + 1 < s.n))) return false;
	return s.n <= SLUG_BYTES && !str_eq(s, S("search")) && !str_starts(s, S("art_"));
}

static enum err check_slug(struct op *op, id article, struct article_page *page, struct faults *f)
{
	struct db_rows r;
	str slug = page->slug.value = str_lower_ascii(&op->arena, str_trim(page->slug.value));
	if (!slug.n) return OK;
	if (!is_slug(slug)) {
		faults_add(f, "slug", &page->slug, msg_of("fault_slug"));
		return OK;
	}
	TRY(op_query(op, SQL_article_of_slug, DB_ARGS(db_text(slug)), &r));
	if (r.n && db_rows_id(&r, 0, 0) != article) faults_add(f, "slug", &page->slug, msg_of("fault_taken"));
	return OK;
}

static void check_then(struct op *op, const struct article_input *in, struct article_page *page, struct faults *f, struct about *x)
{
	static const char *const thens[] = {"", "preview", "review", "publish", "schedule"};
	bool has_zone;
	int64_t at;
	x->publish_at = DESC_NULL_INT;
	for (int i = 0; i < (int)COUNT_OF(thens); i++)
		if (str_eq(or_empty(in->then), str_of(thens[i]))) x->then = i;
	if (in->then.n && x->then == KEEP) faults_add(f, "then", NULL, msg_of("fault_choice"));
	if (x->then != SCHEDULE) return;
	if (!datetime_parse(or_empty(in->at), &at, &has_zone)) {
		faults_add(f, "at", &page->at, msg_of("fault_moment"));
		return;
	}
	x->publish_at = has_zone ? at : zone_to_utc(setting_zone(op->app), at);
	if (x->publish_at <= op->now_ms) faults_add(f, "at", &page->at, msg_of("fault_moment"));
}

static void check_about(const struct article_input *in, struct article_page *page, struct faults *f, struct about *x)
{
	bool has_zone;
	x->review_on = DESC_NULL_INT;
	for (int v = 0; ARTICLE_VISIBILITY[v]; v++)
		if (str_eq(in->visibility, str_of(ARTICLE_VISIBILITY[v]))) x->visibility = v;
	if (in->visibility.n && !str_eq(in->visibility, str_of(ARTICLE_VISIBILITY[x->visibility]))) faults_add(f, "visibility", NULL, msg_of("fault_choice"));
	bool is_known = !in->owner.n;
	for (size_t i = 0; i < page->owners.n; i++) is_known |= str_eq(page->owners.v[i].value, in->owner);
	if (!is_known || (in->owner.n && !id_read(S("per"), in->owner, &x->owner))) faults_add(f, "owner", NULL, msg_of("fault_choice"));
	if (in->review_on.n && (!datetime_parse(in->review_on, &x->review_on, &has_zone) || x->review_on % DAY_MS)) faults_add(f, "review_on", &page->review_on, msg_of("fault_date"));
}

static enum err check(struct op *op, id article, const struct article_input *in, struct article_page *page, struct faults *f, struct about *x)
{
	faults_text(f, "title", &page->title, true, TITLE_CHARACTERS);
	faults_text(f, "category", &page->category, false, CATEGORY_CHARACTERS);
	if (!str_trim(page->body.value).n) faults_add(f, "body", &page->body, msg_of("fault_required"));
	if (!article && !article_is_language(page->language)) faults_add(f, "language", NULL, msg_of("fault_choice"));
	check_about(in, page, f, x);
	check_then(op, in, page, f, x);
	return check_slug(op, article, page, f);
}

static str who(const struct op *op)
{
	return op->actor.name.n ? op->actor.name : S("Hospes");
}

static enum err publish(struct op *op, id article, str title, str body)
{
	str plain = article_plain(&op->arena, body);
	TRY(op_run(op, SQL_article_publish, DB_ARGS(db_id(article), db_text(title), db_text(body), db_text(plain), db_text(article_folded(&op->arena, title, plain)), db_int(op->now_ms)), NULL));
	TRY(op_run(op, SQL_article_version_add, DB_ARGS(db_id(id_new()), db_id(article), db_int(op->now_ms), db_text(who(op)), db_text(title), db_text(body)), NULL));
	TRY(audit_write(op, "article_published", "article", article, STR_NONE, title));
	return search_note(op, SEARCH_ARTICLE, article);
}

static enum err add(struct op *op, const struct article_page *page, const struct about *x, id *article)
{
	int64_t added;
	*article = id_new();
	str external = page->of.n ? page->of : id_show(&op->arena, S("art"), *article), plain = article_plain(&op->arena, page->body.value);
	TRY(op_run(op, SQL_article_add,
		DB_ARGS(db_id(*article), db_text(external), db_text(page->language), db_text(page->title.value), db_text(page->body.value), db_text(plain), db_text(page->category.value), db_int(x->visibility), db_int(op->now_ms),
			db_text(article_folded(&op->arena, page->title.value, plain))),
		&added));
	if (!added) return fail(op, ERR_CONFLICT, "language", "the article is there in this language");
	return audit_write(op, "article_added", "article", *article, STR_NONE, page->title.value);
}

static enum err keep(struct op *op, id *article, const struct article_page *page, const struct about *x)
{
	bool is_new = !*article;
	if (is_new) TRY(add(op, page, x, article));
	str plain = article_plain(&op->arena, page->body.value);
	TRY(op_run(op, SQL_article_set,
		DB_ARGS(db_id(*article), db_text(page->title.value), db_text(page->body.value), db_text(page->category.value), db_int(x->visibility), db_text(page->slug.value), db_id(x->owner), db_int_or_null(x->review_on), db_int(op->now_ms),
			db_text(article_folded(&op->arena, page->title.value, plain))),
		NULL));
	if (page->slug.value.n) TRY(op_run(op, SQL_article_slug_take, DB_ARGS(db_text(page->slug.value), db_id(*article)), NULL));
	if (!is_new) TRY(search_note(op, SEARCH_ARTICLE, *article)); /* who may see it may have changed */
	return OK;
}

/* A text that is the published one is no draft. */
static bool is_as_published(const struct article_page *page)
{
	return !page->is_new && page->article.is_published && !page->article.is_draft && str_eq(page->article.title, page->title.value) && str_eq(page->article.body, page->body.value);
}

static enum err go_on(struct op *op, id article, const struct article_page *page, const struct about *x, struct answer *a)
{
	a->notice = msg_of("notice_saved");
	if (x->then == PUBLISH) {
		a->notice = msg_of("notice_article_published");
		return publish(op, article, page->title.value, page->body.value);
	}
	if (is_as_published(page) && x->then == KEEP) return op_run(op, SQL_article_draft, DB_ARGS(db_id(article), db_null(), db_null(), db_int(op->now_ms)), NULL);
	if (x->then == REVIEW) a->notice = msg_of("notice_article_review");
	if (x->then == SCHEDULE) TRY(job_add(op, "article_publish", S("{}"), x->publish_at, S("schedule"), NULL));
	return op_run(op, SQL_article_set_review, DB_ARGS(db_id(article), db_bool(x->then == REVIEW), db_int_or_null(x->publish_at)), NULL);
}

static enum err save(struct op *op, struct web *w, struct answer *a, id article)
{
	struct article_input in;
	struct article_page *page;
	struct about x = {0};
	struct faults faults = {0};
	TRY(web_input(op, w, &ARTICLE_INPUT_DESC, &in));
	TRY(make_page(op, article, &in, &page));
	TRY(check(op, article, &in, page, &faults, &x));
	if (faults.n) {
		faults_keep(op, &faults, &page->faults.v, &page->faults.n);
		return answer_refused(op, a, &ARTICLE_PAGE_DESC, page);
	}
	if (x.then == PREVIEW) {
		page->has_preview = true;
		page->preview = article_html(&op->arena, page->body.value);
		return answer_with(a, &ARTICLE_PAGE_DESC, page);
	}
	if (x.then >= PUBLISH) TRY(op_must(op, PERM_PUBLISH_ARTICLES));
	TRY(keep(op, &article, page, &x));
	TRY(go_on(op, article, page, &x, a));
	return answer_redirect(a, str_fmt(&op->arena, "/articles/%s", id_show(&op->arena, S("art"), article).p));
}

enum err article_new_post(struct op *op, struct web *w, struct answer *a)
{
	return save(op, w, a, 0);
}

enum err article_edit_post(struct op *op, struct web *w, struct answer *a)
{
	id article;
	TRY(web_id(op, w, "id", "art", &article));
	return save(op, w, a, article);
}

/* ---- what else is done with it ---- */

enum err article_version_post(struct op *op, struct web *w, struct answer *a)
{
	struct article_row row;
	struct db_rows r;
	id article, version;
	TRY(web_id(op, w, "id", "art", &article));
	TRY(web_id(op, w, "version", "ver", &version));
	TRY(article__get(op, article, &row));
	TRY(op_query(op, SQL_article_version_get, DB_ARGS(db_id(version), db_id(article)), &r));
	if (!r.n) return fail(op, ERR_NOT_FOUND, "version", "there is no such version");
	TRY(op_run(op, SQL_article_draft, DB_ARGS(db_id(article), db_text(db_rows_text(&r, 0, 0)), db_text(db_rows_text(&r, 0, 1)), db_int(op->now_ms)), NULL));
	a->notice = msg_of("notice_article_version");
	return answer_redirect(a, row.address);
}

enum err article_unpublish_post(struct op *op, struct web *w, struct answer *a)
{
	struct article_row row;
	int64_t changed;
	id article;
	TRY(web_id(op, w, "id", "art", &article));
	TRY(article__get(op, article, &row));
	TRY(op_run(op, SQL_article_unpublish, DB_ARGS(db_id(article), db_int(op->now_ms)), &changed));
	if (!changed) return fail(op, ERR_STATE, "id", "is not published");
	TRY(search_note(op, SEARCH_ARTICLE, article));
	TRY(audit_write(op, "article_unpublished", "article", article, STR_NONE, row.title));
	a->notice = msg_of("notice_article_unpublished");
	return answer_redirect(a, row.address);
}

enum err article_remove_post(struct op *op, struct web *w, struct answer *a)
{
	id article;
	TRY(web_id(op, w, "id", "art", &article));
	TRY(audit_remove(op, SQL_article_remove, "article", article));
	TRY(search_note(op, SEARCH_ARTICLE, article));
	a->notice = msg_of("notice_article_removed");
	a->undo = str_fmt(&op->arena, "/articles/%s/restore", id_show(&op->arena, S("art"), article).p);
	return answer_redirect(a, S("/articles"));
}

enum err article_restore_post(struct op *op, struct web *w, struct answer *a)
{
	id article;
	TRY(web_id(op, w, "id", "art", &article));
	TRY(audit_restore(op, SQL_article_restore, "article", article));
	TRY(search_note(op, SEARCH_ARTICLE, article));
	a->notice = msg_of("notice_undone");
	return answer_redirect(a, str_fmt(&op->arena, "/articles/%s", id_show(&op->arena, S("art"), article).p));
}

enum err article_publish_job(struct op *op, id job, str payload)
{
	struct db_rows r;
	struct article_row row;
	(void)job, (void)payload;
	TRY(op_run(op, SQL_article_missed_clean, DB_ARGS(db_int(op->now_ms - MISSED_DAYS * DAY_MS)), NULL));
	TRY(op_query(op, SQL_article_due, DB_ARGS(db_int(op->now_ms)), &r));
	for (size_t i = 0; i < r.n; i++) {
		TRY(article__get(op, db_rows_id(&r, i, 0), &row));
		TRY(publish(op, row.id, row.title, row.body));
	}
	return OK;
}
