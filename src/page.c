/* The page's template is rendered with two contexts: the envelope (`page`: who reads, where, in which language) and the
 * answer itself. A notice for the next page travels in a short-lived cookie, sealed so that no other site can speak in
 * our name. */
#include "page.h"

#include <pthread.h>
#include <sodium.h>
#include <string.h>

#include "alert/alert.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "http/asset.h"
#include "http/router.h"
#include "mail/mail.h"
#include "op/app.h"
#include "page_mail.h"
#include "routes.h"
#include "setting/setting.h"
#include "template/template.h"

enum { PAGE_BYTES = 16 << 20, NOTICE_BYTES = 3000, NOTICE_SECONDS = 60, LIST_MOST = 16, BAR_MOST = 5 };

struct page_link {
	str key, label, address;
	bool is_current;
	bool begins_rest; /* a phone shows it and those after it when asked for more */
};
struct page_person {
	id id;
	str name, email;
	int role;
};
struct page_bell {
	int64_t n;
	struct msg says;
	bool has_any;
};
struct notice {
	struct msg text;
	str undo;
};
struct page {
	str lang, dir, theme, accent, organisation;
	bool is_made_up;
	struct page_person *person;
	struct page_bell *bell; /* NULL: not for them */
	LIST_OF(struct page_link) nav, tabs, languages;
	str domain; /* whose tabs these are */
	str csrf, path, json;
	bool is_wall;  /* shown on a wall: large, without navigation, asked for again by itself */
	str wall;      /* where this page is shown so */
	str mail;      /* where it is asked for by mail; absent: not this page, or mail is not set up */
	struct notice *notice;
	LIST_OF(str) topics, styles, scripts;
	int64_t drawn_after; /* of what is published live */
	str live_worker, charts, answering, chatting, icons, favicon, manifest;
};
struct envelope {
	struct page page;
};

static const struct desc_field LINK_FIELDS[] = {
	FIELD(page_link, key, DESC_STR),
	FIELD(page_link, label, DESC_STR),
	FIELD(page_link, address, DESC_STR),
	FIELD(page_link, is_current, DESC_BOOL),
	FIELD(page_link, begins_rest, DESC_BOOL),
};
static const struct desc LINK_DESC = DESC(page_link, LINK_FIELDS);
static const struct desc_field PERSON_FIELDS[] = {
	FIELD(page_person, id, DESC_ID, .prefix = "per"),
	FIELD(page_person, name, DESC_STR),
	FIELD(page_person, email, DESC_STR),
	FIELD(page_person, role, DESC_ENUM, .names = ROLES, .prefix = "role"),
};
static const struct desc PERSON_DESC = DESC(page_person, PERSON_FIELDS);
static const struct desc_field BELL_FIELDS[] = {
	FIELD(page_bell, n, DESC_INT),
	FIELD(page_bell, says, DESC_MSG),
	FIELD(page_bell, has_any, DESC_BOOL),
};
static const struct desc BELL_DESC = DESC(page_bell, BELL_FIELDS);
static const struct desc_field NOTICE_FIELDS[] = {
	FIELD(notice, text, DESC_MSG),
	FIELD(notice, undo, DESC_STR),
};
static const struct desc NOTICE_DESC = DESC(notice, NOTICE_FIELDS);
static const struct desc_field PAGE_FIELDS[] = {
	FIELD(page, lang, DESC_STR),
	FIELD(page, dir, DESC_STR),
	FIELD(page, theme, DESC_STR),
	FIELD(page, accent, DESC_STR),
	FIELD(page, organisation, DESC_STR),
	FIELD(page, is_made_up, DESC_BOOL),
	FIELD(page, person, DESC_PTR, .of = &PERSON_DESC),
	FIELD(page, bell, DESC_PTR, .of = &BELL_DESC),
	FIELD(page, nav, DESC_LIST, .item = DESC_STRUCT, .of = &LINK_DESC),
	FIELD(page, tabs, DESC_LIST, .item = DESC_STRUCT, .of = &LINK_DESC),
	FIELD(page, domain, DESC_STR),
	FIELD(page, languages, DESC_LIST, .item = DESC_STRUCT, .of = &LINK_DESC),
	FIELD(page, csrf, DESC_STR),
	FIELD(page, path, DESC_STR),
	FIELD(page, json, DESC_STR),
	FIELD(page, is_wall, DESC_BOOL),
	FIELD(page, wall, DESC_STR),
	FIELD(page, mail, DESC_STR),
	FIELD(page, notice, DESC_PTR, .of = &NOTICE_DESC),
	FIELD(page, topics, DESC_LIST, .item = DESC_STR),
	FIELD(page, drawn_after, DESC_INT),
	FIELD(page, styles, DESC_LIST, .item = DESC_STR),
	FIELD(page, scripts, DESC_LIST, .item = DESC_STR),
	FIELD(page, live_worker, DESC_STR),
	FIELD(page, charts, DESC_STR),
	FIELD(page, answering, DESC_STR),
	FIELD(page, chatting, DESC_STR),
	FIELD(page, icons, DESC_STR),
	FIELD(page, favicon, DESC_STR),
	FIELD(page, manifest, DESC_STR),
};
static const struct desc PAGE_DESC = DESC(page, PAGE_FIELDS);
static const struct desc_field ENVELOPE_FIELDS[] = {FIELD(envelope, page, DESC_STRUCT, .of = &PAGE_DESC)};
static const struct desc ENVELOPE_DESC = DESC(envelope, ENVELOPE_FIELDS);

/* ---- templates ---- */

struct pages {
	pthread_mutex_t lock;
	struct map compiled; /* page name → struct template* */
	struct arena names;
	str layout; /* stands where pages name "layout" */
};

struct pages *pages_new(str layout)
{
	struct pages *p = MEM_NEW(struct pages);
	p->layout = layout;
	pthread_mutex_init(&p->lock, NULL);
	return p;
}

void pages_free(struct pages *p)
{
	str name;
	uint64_t t;
	if (!p) return;
	for (size_t i = 0; map_next(&p->compiled, &i, &name, &t);) template_free((struct template *)(uintptr_t)t);
	map_release(&p->compiled);
	arena_release(&p->names);
	mem_free(p);
}

static str load_page(void *arg, str name)
{
	char path[200];
	const struct pages *p = arg;
	if (str_eq(name, S("layout"))) name = p->layout;
	int n = snprintf(path, sizeof path, "pages/%.*s.html", STR_ARG(name));
	const struct asset *asset = n > 0 && (size_t)n < sizeof path ? asset_find((str){path, (size_t)n}) : NULL;
	return asset ? asset->bytes : STR_NONE;
}

/* Pages that hold HTML made elsewhere, and of what: articles by cmark, without raw HTML. */
static const char *const UNESCAPED[] = {"knowledge/article", "knowledge/edit"};

static bool may_unescape(str page)
{
	for (size_t i = 0; i < COUNT_OF(UNESCAPED); i++)
		if (str_eq(page, str_of(UNESCAPED[i]))) return true;
	return false;
}

static enum err page_template(struct pages *p, str name, const struct template **out, struct fault *f)
{
	bool is_development = getenv("HOSPES_PAGES_DIR") != NULL;
	pthread_mutex_lock(&p->lock);
	uint64_t *known = map_get(&p->compiled, name);
	enum err e = OK;
	if (known && !is_development) {
		*out = (const struct template *)(uintptr_t)*known;
	} else {
		struct template *made;
		struct template_options options = {.type = TEMPLATE_HTML, .loader = load_page, .loader_arg = p, .may_unescape = may_unescape(name)};
		str source = load_page(p, name);
		e = str_given(source) ? template_new(name, source, &options, &made, f) : fault_set(f, ERR_INTERNAL, "page", "%.*s is missing", STR_ARG(name));
		if (e == OK) {
			*map_put(&p->compiled, str_dup(&p->names, name), NULL) = (uint64_t)(uintptr_t)made;
			*out = made;
		}
	}
	pthread_mutex_unlock(&p->lock);
	return e;
}

/* ---- notices ---- */

static str sealed(struct op *op, str text)
{
	unsigned char mac[crypto_shorthash_siphashx24_BYTES];
	crypto_shorthash_siphashx24(mac, (const unsigned char *)text.p, text.n, op->app->secret + 8);
	str body = str_base64url(&op->arena, text.p, text.n), tag = str_base64url(&op->arena, mac, sizeof mac);
	return str_fmt(&op->arena, "%.*s.%.*s", STR_ARG(body), STR_ARG(tag));
}

static bool unseal(struct op *op, str cookie, str *text)
{
	unsigned char mac[crypto_shorthash_siphashx24_BYTES];
	str rest = cookie, body = str_cut(&rest, '.'), tag;
	if (!str_from_base64(&op->arena, body, text) || !str_from_base64(&op->arena, rest, &tag) || tag.n != sizeof mac) return false;
	crypto_shorthash_siphashx24(mac, (const unsigned char *)text->p, text->n, op->app->secret + 8);
	return sodium_memcmp(mac, tag.p, sizeof mac) == 0;
}

/* What a notice says, already in the reader's words: the cookie needs no keys and no types. */
struct said {
	str text, undo;
};
static const struct desc_field SAID_FIELDS[] = {FIELD(said, text, DESC_STR), FIELD(said, undo, DESC_STR)};
static const struct desc SAID_DESC = DESC(said, SAID_FIELDS);

static void leave_notice(struct op *op, struct web *w, const struct answer *a)
{
	if (!a->notice.key) return;
	struct said said = {i18n_msg(&op->arena, &op->locale, &a->notice), a->undo};
	str json = json_of(&op->arena, &SAID_DESC, &said);
	if (json.n < NOTICE_BYTES) http_set_cookie(w->rq, "notice", sealed(op, json), NOTICE_SECONDS, true);
}

static struct notice *take_notice(struct op *op, struct web *w)
{
	str cookie = http_cookie(w->rq, "notice"), json;
	struct said said;
	if (!cookie.n || !unseal(op, cookie, &json) || json_into(&op->arena, &SAID_DESC, json, &said, NULL) != OK) return NULL;
	http_set_cookie(w->rq, "notice", S(""), 0, true);
	struct notice *n = ARENA_NEW(&op->arena, struct notice);
	n->text = msg_str("notice_text", "text", said.text);
	n->undo = said.undo;
	return n;
}

/* ---- the envelope ---- */

static const struct section {
	enum { SECTION_DOMAIN, SECTION_TAB, SECTION_PART } kind;
	const char *domain, *address, *words;
	enum permission permission;
} SECTIONS[] = {
#define DOMAIN(name, address, words, permission) {SECTION_DOMAIN, #name, address, #words, PERM_##permission},
#define TAB(name, address, words, permission) {SECTION_TAB, #name, address, #words, PERM_##permission},
#define PART(name, address) {SECTION_PART, #name, address, NULL, 0},
#include "sections.def"
#undef DOMAIN
#undef TAB
#undef PART
};

/* The one with the longest address that the path begins with; among tabs alone, or the first that says the domain. */
static const struct section *section_of(str path, const char *domain)
{
	const struct section *best = NULL;
	for (size_t i = 0; i < COUNT_OF(SECTIONS); i++) {
		const struct section *x = &SECTIONS[i];
		bool is_asked = domain ? x->kind == SECTION_TAB && str_eq(str_of(x->domain), str_of(domain)) : true;
		if (is_asked && str_starts(path, str_of(x->address)) && (!best || strlen(x->address) > strlen(best->address))) best = x;
	}
	return best;
}

static struct page_link section_link(const struct op *op, const struct section *x, bool is_current)
{
	return (struct page_link){str_of(x->domain), i18n_pattern(op->locale.lang, str_of(x->words)), str_of(x->address), is_current, false};
}

static void add_nav(struct op *op, const struct web *w, struct page *page)
{
	const struct section *here = section_of(w->path, NULL), *tab = here ? section_of(w->path, here->domain) : NULL;
	page->nav.v = ARENA_ARRAY(&op->arena, struct page_link, COUNT_OF(SECTIONS));
	page->tabs.v = ARENA_ARRAY(&op->arena, struct page_link, COUNT_OF(SECTIONS));
	for (size_t i = 0; i < COUNT_OF(SECTIONS); i++) {
		const struct section *x = &SECTIONS[i];
		bool is_here = here && str_eq(str_of(x->domain), str_of(here->domain));
		if (x->kind == SECTION_PART || !op_may(op, x->permission)) continue;
		if (x->kind == SECTION_DOMAIN) page->nav.v[page->nav.n++] = section_link(op, x, is_here);
		if (x->kind == SECTION_DOMAIN && is_here) page->domain = page->nav.v[page->nav.n - 1].label;
		if (x->kind == SECTION_TAB && is_here) page->tabs.v[page->tabs.n++] = section_link(op, x, x == tab);
	}
	if (page->tabs.n == 1) page->tabs.n = 0; /* nowhere to go */
	if (page->nav.n > BAR_MOST) page->nav.v[BAR_MOST - 1].begins_rest = true;
}

static void add_languages(struct op *op, struct page *page)
{
	page->languages.v = ARENA_ARRAY(&op->arena, struct page_link, LIST_MOST);
	for (size_t i = 0; lang_at(i) && page->languages.n < LIST_MOST; i++) {
		const struct lang *l = lang_at(i);
		page->languages.v[page->languages.n++] = (struct page_link){lang_code(l), lang_own_name(l), STR_NONE, l == op->locale.lang, false};
	}
}

static bool is_of_every_page(str path)
{
	static const char *const OTHERS[] = {"assets/live-worker.js", "assets/survey.js", "assets/chat.js", "assets/hospes.js", "assets/vendor/echarts.min.js"};
	bool is_script = str_starts(path, S("assets/")) && str_ends(path, S(".js"));
	for (size_t i = 0; i < COUNT_OF(OTHERS); i++) is_script &= !str_eq(path, str_of(OTHERS[i]));
	return is_script;
}

static void add_assets(struct op *op, struct page *page)
{
	static const char *const styles[] = {"assets/base.css", "assets/layout.css", "assets/parts.css"};
	struct arena *a = &op->arena;
	page->styles.v = ARENA_ARRAY(a, str, COUNT_OF(styles));
	for (size_t i = 0; i < COUNT_OF(styles); i++) page->styles.v[page->styles.n++] = asset_address(a, str_of(styles[i]));
	page->scripts.v = ARENA_ARRAY(a, str, LIST_MOST);
	page->live_worker = asset_address(a, S("assets/live-worker.js"));
	page->answering = asset_address(a, S("assets/survey.js"));
	page->chatting = asset_address(a, S("assets/chat.js"));
	page->charts = asset_address(a, S("assets/vendor/echarts.min.js"));
	for (size_t i = 0; asset_at(i) && page->scripts.n < LIST_MOST; i++) {
		str path = asset_at(i)->path;
		if (is_of_every_page(path)) page->scripts.v[page->scripts.n++] = asset_address(a, path);
	}
	page->icons = asset_address(a, S("assets/icons.svg"));
	page->favicon = asset_address(a, S("assets/favicon.svg"));
	page->manifest = asset_address(a, S("assets/manifest.webmanifest"));
}

static str known_theme(str cookie)
{
	static const char *const themes[] = {"light", "dark"};
	for (size_t i = 0; i < COUNT_OF(themes); i++)
		if (str_eq(cookie, str_of(themes[i]))) return str_of(themes[i]);
	return S("auto");
}

static bool may_subscribe(const struct op *op, const struct web *w)
{
	return op_may(op, PERM_SUBSCRIBE) && w->match && page_is_mailable(&ROUTES[w->match->route]) && mail_is_on(op->app);
}

static struct page_bell *bell(struct op *op, const struct web *w)
{
	struct page_bell *b = ARENA_NEW(&op->arena, struct page_bell);
	*b = (struct page_bell){w->unseen_alerts, w->unseen_alerts ? msg_int("bell_some", "n", w->unseen_alerts) : msg_of("bell_none"), w->unseen_alerts > 0};
	return b;
}

static struct envelope *envelope(struct op *op, struct web *w, const struct answer *a)
{
	struct envelope *e = ARENA_NEW(&op->arena, struct envelope);
	struct page *page = &e->page;
	str organisation = setting_text(op, SETTING_organisation), query = http_query_string(w->rq);
	page->lang = lang_code(op->locale.lang);
	page->dir = lang_is_rtl(op->locale.lang) ? S("rtl") : S("ltr");
	page->theme = known_theme(w->is_framed ? http_query(w->rq, "theme") : http_cookie(w->rq, "theme"));
	page->accent = setting_text(op, SETTING_colour);
	page->organisation = organisation.n ? organisation : STR_NONE;
	page->is_made_up = setting_bool(op->app, SETTING_company_loaded);
	page->csrf = w->csrf;
	page->path = query.n ? str_fmt(&op->arena, "%.*s?%.*s", STR_ARG(w->path), STR_ARG(query)) : w->path;
	if (op->actor.kind == ACTOR_PERSON) {
		page->person = ARENA_NEW(&op->arena, struct page_person);
		*page->person = (struct page_person){op->actor.id, str_given(w->person_name) ? w->person_name : op->actor.name, op->actor.name, (int)op->actor.role};
		if (a) page->json = str_fmt(&op->arena, query.n ? "%.*s.json?%.*s" : "%.*s.json", STR_ARG(w->path), STR_ARG(query));
		page->is_wall = str_eq(web_query(w, "wall"), S("1"));
		if (a) page->wall = web_address_with(op, w, "wall", S("1"));
		if (a && may_subscribe(op, w)) page->mail = str_fmt(&op->arena, "/subscriptions/new?page=%.*s", STR_ARG(web_url(op, page->path)));
		page->notice = take_notice(op, w);
		add_nav(op, w, page);
		if (op_may(op, PERM_READ_FIGURES)) page->bell = bell(op, w);
	}
	if (a) {
		page->drawn_after = (int64_t)w->drawn_after;
		page->topics.v = ARENA_ARRAY(&op->arena, str, ANSWER_TOPICS + 1);
		for (size_t i = 0; i < a->n_topics; i++) page->topics.v[page->topics.n++] = a->topics[i];
		if (page->bell) page->topics.v[page->topics.n++] = ALERT_TOPIC;
	}
	add_languages(op, page);
	add_assets(op, page);
	return e;
}

static enum err draw(struct pages *p, struct op *op, struct web *w, const char *name, const struct answer *a, const struct desc *d, const void *value, struct buf *out)
{
	const struct template *t;
	TRY(page_template(p, str_of(name), &t, &op->fault));
	struct envelope *e = envelope(op, w, a);
	struct template_value values[] = {{.desc = &ENVELOPE_DESC, .value = e}, {.desc = d, .value = value}};
	return template_render(t, &op->locale, values, d ? 2 : 1, out, &op->fault);
}

enum err page_draw(struct pages *p, struct op *op, struct web *w, const struct web_route *route, const struct answer *a, struct buf *out)
{
	return draw(p, op, w, a->page ? a->page : route->page, a, a->desc, a->value, out);
}

static enum err render(struct pages *p, struct op *op, struct web *w, const char *name, const struct answer *a, const struct desc *d, const void *value, int status)
{
	struct buf b;
	buf_init(&b, PAGE_BYTES);
	enum err result = draw(p, op, w, name, a, d, value, &b);
	if (result == OK) {
		http_set_header(w->rq, "Cache-Control", S("private, no-store"));
		http_reply(w->rq, status, S("text/html; charset=utf-8"), buf_str(&b));
	}
	buf_release(&b);
	return result;
}

/* ---- answers ---- */

static void reply_json(struct op *op, struct web *w, const struct desc *d, const void *value, int status)
{
	http_set_header(w->rq, "Cache-Control", S("private, no-store"));
	http_set_header(w->rq, "Vary", S("Accept"));
	if (!d) {
		http_reply(w->rq, 204, STR_NONE, S(""));
		return;
	}
	http_reply(w->rq, status, S("application/json"), json_of(&op->arena, d, value));
}

void page_reply(struct pages *p, struct op *op, struct web *w, const struct web_route *route, struct answer *a)
{
	int status = a->status ? a->status : 200;
	const char *name = a->page ? a->page : route->page;
	if (str_given(a->download_name)) {
		http_set_header(w->rq, "Content-Disposition", str_fmt(&op->arena, "attachment; filename*=UTF-8''%.*s", STR_ARG(web_url(op, a->download_name))));
	}
	if (a->file) {
		http_reply_file(w->rq, a->file, a->content_type, a->download_name);
		return;
	}
	if (a->open_file) {
		http_reply_open_file(w->rq, a->open_file, a->content_type, a->download_name);
		return;
	}
	if (str_given(a->text)) {
		http_set_header(w->rq, "Cache-Control", S("private, no-store"));
		http_reply(w->rq, status, a->content_type, a->text);
		return;
	}
	if (str_given(a->location) && (!w->wants_json || a->status == 308)) {
		leave_notice(op, w, a);
		http_reply_redirect(w->rq, a->status >= 300 && a->status < 400 ? a->status : 303, a->location);
		return;
	}
	if (str_given(a->location)) http_set_header(w->rq, "Location", a->location);
	if (w->wants_json || !name) {
		reply_json(op, w, a->desc, a->value, status);
		return;
	}
	enum err e = render(p, op, w, name, a, a->desc, a->value, status);
	if (e != OK) {
		char room[400];
		log_error("page_not_rendered", F_STR("page", str_of(name)), F_STR("why", str_of(fault_text(&op->fault, room, sizeof room))));
		page_reply_error(p, op, w, ERR_INTERNAL, PERM_COUNT);
	}
}

/* ---- errors ---- */

struct error_page {
	int64_t status;
	struct msg title, text;
	str reference, address;
	bool is_gone;
	LIST_OF(struct form_fault) reasons;
};
static const struct desc_field ERROR_FIELDS[] = {
	FIELD(error_page, status, DESC_INT),   FIELD(error_page, title, DESC_MSG),   FIELD(error_page, text, DESC_MSG),
	FIELD(error_page, reference, DESC_STR), FIELD(error_page, address, DESC_STR), FIELD(error_page, is_gone, DESC_BOOL),
	FIELD(error_page, reasons, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
static const struct desc ERROR_DESC = {"error", sizeof(struct error_page), ERROR_FIELDS, COUNT_OF(ERROR_FIELDS)};

static void put_faults(struct json_writer *w, const struct fault *f)
{
	json_key(w, S("errors"));
	json_begin_array(w);
	for (int i = 0; i < f->n_fields; i++) {
		json_begin_object(w);
		json_key(w, S("field"));
		json_put_str(w, str_of(f->fields[i].name));
		json_key(w, S("text"));
		json_put_str(w, str_of(f->fields[i].text));
		json_end_object(w);
	}
	json_end_array(w);
}

static void reply_problem(struct op *op, struct web *w, enum err e, int status)
{
	bool is_ours = status >= 500 && e != ERR_BUSY && e != ERR_FULL && e != ERR_NOT_READY; /* internals are for the log alone */
	struct buf b;
	struct json_writer j = {.out = &b};
	char room[FAULT_TEXT + FAULT_FIELD + 4];
	buf_init(&b, 64 << 10);
	json_begin_object(&j);
	json_key(&j, S("type"));
	json_put_str(&j, str_fmt(&op->arena, "/problems/%s", err_slug(e)));
	json_key(&j, S("title"));
	json_put_str(&j, i18n_pattern(lang_find(S("en")), str_of(err_key(e))));
	json_key(&j, S("status"));
	json_put_i64(&j, status);
	json_key(&j, S("detail"));
	json_put_str(&j, is_ours ? S("the server could not do this; its log says why") : str_of(fault_text(&op->fault, room, sizeof room)));
	if (!is_ours) put_faults(&j, &op->fault);
	json_end_object(&j);
	http_reply(w->rq, status, S("application/problem+json"), buf_str(&b));
	buf_release(&b);
}

/* The least role that has a permission: who can give it. */
static str role_that_may(struct op *op, enum permission wanted)
{
	for (int role = ROLE_AGENT; role <= ROLE_OWNER; role++)
		if (wanted < PERM_COUNT && role_permissions((enum role)role) >> wanted & 1)
			return i18n_pattern(op->locale.lang, str_fmt(&op->arena, "role_%s", ROLES[role]));
	return STR_NONE;
}

/* Why what was sent is not taken, as far as the reader's language has words for it. */
static void add_reasons(struct op *op, struct error_page *page)
{
	const struct fault *f = &op->fault;
	page->reasons.v = ARENA_ARRAY(&op->arena, struct form_fault, FAULT_FIELDS);
	for (int i = 0; i < f->n_fields; i++)
		if (i18n_knows_reason(op->locale.lang, str_of(f->fields[i].text)))
			page->reasons.v[page->reasons.n++] = (struct form_fault){str_dup(&op->arena, str_of(f->fields[i].name)), msg_reason(op, "as_written", "text", f->fields[i].text)};
}

static void reply_error_page(struct pages *p, struct op *op, struct web *w, enum err e, int status, enum permission wanted)
{
	struct error_page *page = ARENA_NEW(&op->arena, struct error_page);
	page->status = status;
	page->is_gone = e == ERR_GONE;
	page->title = msg_of(err_key(e));
	page->text = msg_of(str_fmt(&op->arena, "%s_text", err_key(e)).p);
	if (e == ERR_INVALID || e == ERR_STATE || e == ERR_CONFLICT) add_reasons(op, page);
	if (e == ERR_DENIED) page->text = msg_str("error_denied_who", "role", role_that_may(op, wanted));
	if (status >= 500) page->reference = id_show(&op->arena, S("ref"), id_new());
	if (status >= 500) log_info("error_shown", F_STR("reference", page->reference), F_STR("slug", str_of(err_slug(e))));
	fault_clear(&op->fault);
	if (render(p, op, w, "error/show", NULL, &ERROR_DESC, page, status) == OK) return;
	http_reply(w->rq, status, S("text/plain; charset=utf-8"), str_of(err_slug(e)));
}

void page_reply_error(struct pages *p, struct op *op, struct web *w, enum err e, enum permission wanted)
{
	int status = err_status(e);
	if (status == 503) http_set_header(w->rq, "Retry-After", S("5"));
	if (e == ERR_UNAUTHENTICATED && !w->wants_json) {
		str query = http_query_string(w->rq);
		str here = str_eq(http_method(w->rq), S("GET")) ? str_fmt(&op->arena, query.n ? "%.*s?%.*s" : "%.*s", STR_ARG(w->path), STR_ARG(query)) : S("/");
		http_reply_redirect(w->rq, 303, str_fmt(&op->arena, "/sign-in?to=%.*s", STR_ARG(web_url(op, here))));
		return;
	}
	if (e == ERR_UNAUTHENTICATED) http_set_header(w->rq, "WWW-Authenticate", S("Bearer"));
	if (w->wants_json)
		reply_problem(op, w, e, status);
	else
		reply_error_page(p, op, w, e, status, wanted);
}
