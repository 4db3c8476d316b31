/* listen_api.c: the pages of what is listened to: all sources, one with what its trial gave. */
#include <math.h>

#include "audit/audit.h"
#include "base/datetime.h"
#include "collect/collect.h"
#include "customer/customer.h"
#include "fetch/fetch.h"
#include "http/edited.h"
#include "http/faults.h"
#include "i18n/i18n.h"
#include "json/json.h"
#include "listen/heard.h"
#include "listen/listen.h"
#include "listen/mention_map.h"
#include "op/app.h"

enum { NAME_CHARACTERS = 100, TAG_CHARACTERS = 100, MOST_SOURCES = 200, PREVIEW_BYTES = 1 << 17 };
static const int64_t EVERY_S[] = {900, 3600, 21600, 86400};
static const char *const EVERY[] = {"quarter", "hour", "six_hours", "day"};
static const int EVERY_USUAL[] = {[LISTEN_FEED] = 1, [LISTEN_MASTODON] = 0, [LISTEN_PAGE] = 3, [LISTEN_HOOK] = 3};

/* ---- one row ---- */

struct listen_row {
	id id;
	str name, address, link;
	int kind, state;
	int64_t heard, heard_at, next_at;
	struct msg outcome;
	str detail;
	bool is_bad;
};
static const struct desc_field ROW_FIELDS[] = {
	FIELD(listen_row, id, DESC_ID, .prefix = "lis"),
	FIELD(listen_row, name, DESC_STR),
	FIELD(listen_row, address, DESC_STR, .doc = "of its page here"),
	FIELD(listen_row, link, DESC_STR, .doc = "what is listened to"),
	FIELD(listen_row, kind, DESC_ENUM, .names = LISTEN_KINDS, .prefix = "listen_kind"),
	FIELD(listen_row, state, DESC_ENUM, .names = LISTEN_STATES, .prefix = "listen_state"),
	FIELD(listen_row, heard, DESC_INT, .doc = "mentions kept"),
	FIELD(listen_row, heard_at, DESC_TIME),
	FIELD(listen_row, next_at, DESC_TIME, .doc = "null while it is not asked"),
	FIELD(listen_row, outcome, DESC_MSG, .doc = "how the last try went"),
	FIELD(listen_row, detail, DESC_STR, .doc = "in the words of the other side or of the reader"),
	FIELD(listen_row, is_bad, DESC_BOOL),
};
static const struct desc ROW_DESC = DESC(listen_row, ROW_FIELDS);

static str address_of(struct op *op, id source)
{
	return str_fmt(&op->arena, "/listening/sources/%s", id_show(&op->arena, S("lis"), source).p);
}

static struct msg outcome_of(struct op *op, const struct listen_source *s)
{
	if (s->kind == LISTEN_HOOK) return msg_of(s->heard_at == DESC_NULL_INT && !s->heard ? "listen_outcome_hook_waits" : "listen_outcome_done");
	if (!s->outcome.n) return msg_of("listen_outcome_waits");
	return msg_of(str_fmt(&op->arena, "listen_outcome_%.*s", STR_ARG(s->outcome)).p);
}

static struct listen_row row_of(struct op *op, const struct listen_source *s)
{
	struct listen_row r = {.id = s->id, .name = s->name, .address = address_of(op, s->id), .kind = s->kind, .state = s->state, .heard = s->heard, .heard_at = s->heard_at, .outcome = outcome_of(op, s), .detail = str_given(s->detail) ? i18n_reason(&op->arena, &op->locale, s->detail) : STR_NONE};
	r.is_bad = s->failures > 0;
	r.link = s->kind == LISTEN_MASTODON && s->tag.n ? str_fmt(&op->arena, "%.*s/tags/%.*s", STR_ARG(s->address), STR_ARG(web_url(op, s->tag))) : s->address.n ? s->address : STR_NONE;
	r.next_at = s->state == LISTEN_ON && s->kind != LISTEN_HOOK ? s->next_at : DESC_NULL_INT;
	return r;
}

/* ---- the list ---- */

struct listen_input {
	str kind, address, tag, name, every;
};
static const struct desc_field INPUT_FIELDS[] = {
	FIELD(listen_input, kind, DESC_STR, .doc = "feed, mastodon, page or hook"),
	FIELD(listen_input, address, DESC_STR, .doc = "of the feed or page; of Mastodon the server's, such as https://mastodon.social; none of a hook"),
	FIELD(listen_input, tag, DESC_STR, .doc = "of Mastodon; empty: all public posts of that server's own people"),
	FIELD(listen_input, name, DESC_STR, .doc = "empty: as it calls itself"),
	FIELD(listen_input, every, DESC_STR, .doc = "quarter, hour, six_hours or day; empty: as is usual for its kind"),
};
const struct desc LISTEN_SOURCE_INPUT_DESC = DESC(listen_input, INPUT_FIELDS);

struct listen_sources {
	struct msg finding;
	LIST_OF(struct listen_row) rows;
	LIST_OF(struct option) kinds, every;
	struct input address, tag, name;
	bool may_write;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field SOURCES_FIELDS[] = {
	FIELD(listen_sources, finding, DESC_MSG),
	FIELD(listen_sources, rows, DESC_LIST, .item = DESC_STRUCT, .of = &ROW_DESC),
	FIELD(listen_sources, kinds, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(listen_sources, every, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(listen_sources, address, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(listen_sources, tag, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(listen_sources, name, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(listen_sources, may_write, DESC_BOOL),
	FIELD(listen_sources, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc LISTEN_SOURCES_DESC = DESC(listen_sources, SOURCES_FIELDS);

static str word(struct op *op, const char *prefix, const char *name)
{
	return i18n_pattern(op->locale.lang, str_fmt(&op->arena, "%s_%s", prefix, name));
}

static struct msg tell(const struct listen_sources *page)
{
	int64_t bad = 0, on = 0;
	for (size_t i = 0; i < page->rows.n; i++) {
		on += page->rows.v[i].state == LISTEN_ON;
		bad += page->rows.v[i].state == LISTEN_ON && page->rows.v[i].is_bad;
	}
	if (!page->rows.n) return msg_of("listen_sources_none");
	struct msg m = msg_int(bad ? "listen_sources_bad" : "listen_sources_some", "n", on);
	msg_add(&m, (struct msg_arg){.name = "bad", .type = MSG_INT, .i = bad});
	return m;
}

static enum err make_list(struct op *op, const struct listen_input *in, struct listen_sources **out)
{
	struct listen_sources *page = ARENA_NEW(&op->arena, struct listen_sources);
	void *rows;
	size_t n;
	TRY(op_structs(op, SQL_listen_source_all, DB_NO_ARGS, &LISTEN_SOURCE_DESC, &rows, &n));
	page->rows.v = ARENA_ARRAY(&op->arena, struct listen_row, n + 1);
	for (size_t i = 0; i < n; i++) page->rows.v[page->rows.n++] = row_of(op, (struct listen_source *)rows + i);
	page->finding = tell(page);
	page->kinds.v = ARENA_ARRAY(&op->arena, struct option, LISTEN_KINDS_N);
	for (int i = 0; LISTEN_KINDS[i]; i++) page->kinds.v[page->kinds.n++] = (struct option){str_of(LISTEN_KINDS[i]), word(op, "listen_kind", LISTEN_KINDS[i]), in->kind.n ? str_eq(in->kind, str_of(LISTEN_KINDS[i])) : i == 0};
	page->every.v = ARENA_ARRAY(&op->arena, struct option, COUNT_OF(EVERY) + 1);
	page->every.v[page->every.n++] = (struct option){S(""), word(op, "listen_every", "usual"), !in->every.n};
	for (size_t i = 0; i < COUNT_OF(EVERY); i++) page->every.v[page->every.n++] = (struct option){str_of(EVERY[i]), word(op, "listen_every", EVERY[i]), str_eq(in->every, str_of(EVERY[i]))};
	page->address.value = in->address;
	page->tag.value = in->tag;
	page->name.value = in->name;
	page->may_write = op_may(op, PERM_WRITE_SOURCES);
	*out = page;
	return OK;
}

enum err listen_sources_get(struct op *op, struct web *w, struct answer *a)
{
	struct listen_sources *page;
	(void)w;
	TRY(make_list(op, &(struct listen_input){.kind = S("")}, &page));
	a->topics[a->n_topics++] = S("listening");
	return answer_with(a, &LISTEN_SOURCES_DESC, page);
}

/* ---- adding ---- */

static int place_of(const char *const *names, size_t n, str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(name, str_of(names[i]))) return (int)i;
	return -1;
}

static bool is_tag(str tag)
{
	for (size_t i = 0; i < tag.n; i++)
		if ((unsigned char)tag.p[i] <= ' ' || tag.p[i] == '/' || tag.p[i] == '?' || tag.p[i] == '#' || tag.p[i] == '%' || tag.p[i] == '.' || tag.p[i] == '&') return false;
	return true;
}

static const char *address_fault(struct op *op, str address)
{
	enum fetch_outcome e = fetch_check(&op->arena, address, true, NULL);
	return !address.n ? "fault_required" : e == FETCH_DONE ? NULL : "listen_fault_address";
}

static enum err check(struct op *op, const struct listen_input *in, struct listen_sources *page, struct faults *f, struct listen_source *s)
{
	struct db_rows same;
	int every = place_of(EVERY, COUNT_OF(EVERY), in->every);
	*s = (struct listen_source){.kind = place_of(LISTEN_KINDS, LISTEN_KINDS_N, in->kind), .address = S(""), .tag = S("")};
	if (s->kind < 0) faults_add(f, "kind", NULL, msg_of("fault_choice"));
	if (in->every.n && every < 0) faults_add(f, "every", NULL, msg_of("fault_choice"));
	faults_text(f, "name", &page->name, s->kind == LISTEN_HOOK, NAME_CHARACTERS);
	if (s->kind < 0 || s->kind == LISTEN_HOOK) return OK;
	s->address = str_trim(in->address);
	const char *fault = address_fault(op, s->address);
	if (fault) faults_add(f, "address", &page->address, msg_of(fault));
	s->every_s = EVERY_S[every < 0 ? EVERY_USUAL[s->kind] : every];
	if (s->kind == LISTEN_MASTODON) {
		s->tag = str_trim(in->tag);
		if (s->tag.n && s->tag.p[0] == '#') s->tag = str_sub(s->tag, 1, s->tag.n);
		faults_text(f, "tag", &page->tag, false, TAG_CHARACTERS);
		if (!is_tag(s->tag)) faults_add(f, "tag", &page->tag, msg_of("listen_fault_tag"));
		while (s->address.n && s->address.p[s->address.n - 1] == '/') s->address.n--;
	}
	if (f->n) return OK;
	TRY(op_query(op, SQL_listen_source_same, DB_ARGS(db_int(s->kind), db_text(s->address), db_text(s->tag.n ? s->tag : S(""))), &same));
	if (same.n) faults_add(f, "address", &page->address, msg_of("listen_fault_same"));
	if (page->rows.n >= MOST_SOURCES) faults_add(f, "", NULL, msg_of("listen_fault_many"));
	return OK;
}

static str own_name(struct op *op, const struct listen_source *s, str given)
{
	str host = STR_NONE;
	if (given.n) return given;
	fetch_check(&op->arena, s->address, true, &host);
	return s->tag.n ? str_fmt(&op->arena, "#%.*s · %.*s", STR_ARG(s->tag), STR_ARG(host)) : host;
}

/* ---- one of them ---- */

struct listen_item {
	str title, text, url, author;
	int64_t at;
	double rating;
};
static const struct desc_field ITEM_FIELDS[] = {
	FIELD(listen_item, title, DESC_STR),
	FIELD(listen_item, text, DESC_STR),
	FIELD(listen_item, url, DESC_STR),
	FIELD(listen_item, author, DESC_STR),
	FIELD(listen_item, at, DESC_TIME),
	FIELD(listen_item, rating, DESC_REAL),
};
static const struct desc ITEM_DESC = DESC(listen_item, ITEM_FIELDS);

struct listen_page {
	struct listen_row source;
	str every, mentions;
	str new_key, hook;
	LIST_OF(struct option) maps;
	bool is_trial, is_waiting, is_on, is_paused, is_hook, is_signed, may_write, has_preview;
	LIST_OF(struct listen_item) items;
	struct msg total;
};
static const struct desc_field PAGE_FIELDS[] = {
	FIELD(listen_page, source, DESC_STRUCT, .of = &ROW_DESC),
	FIELD(listen_page, every, DESC_STR),
	FIELD(listen_page, mentions, DESC_STR, .doc = "address of what was heard"),
	FIELD(listen_page, new_key, DESC_STR, .doc = "of a hook just made; told this once"),
	FIELD(listen_page, hook, DESC_STR, .doc = "where a program sends mentions"),
	FIELD(listen_page, maps, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC, .doc = "how what is sent may name things (map)"),
	FIELD(listen_page, is_trial, DESC_BOOL),
	FIELD(listen_page, is_waiting, DESC_BOOL, .doc = "the trial has not been asked yet"),
	FIELD(listen_page, is_on, DESC_BOOL),
	FIELD(listen_page, is_paused, DESC_BOOL),
	FIELD(listen_page, is_hook, DESC_BOOL),
	FIELD(listen_page, is_signed, DESC_BOOL, .doc = "a secret was agreed: what is sent must be signed with it"),
	FIELD(listen_page, may_write, DESC_BOOL),
	FIELD(listen_page, has_preview, DESC_BOOL),
	FIELD(listen_page, items, DESC_LIST, .item = DESC_STRUCT, .of = &ITEM_DESC, .doc = "the first ones that a trial gave; nothing of it is kept"),
	FIELD(listen_page, total, DESC_MSG, .doc = "the page's own mean rating"),
};
const struct desc LISTEN_SOURCE_PAGE_DESC = DESC(listen_page, PAGE_FIELDS);

static void read_preview(struct op *op, str json, struct listen_page *page)
{
	const struct json_node *root;
	page->has_preview = json.n && json_tree(&op->arena, json, PREVIEW_BYTES, &root, NULL) == OK;
	if (!page->has_preview) return;
	page->items.v = ARENA_ARRAY(&op->arena, struct listen_item, root->n + 1);
	for (const struct json_node *i = root->child; i; i = i->next) {
		struct listen_item *x = &page->items.v[page->items.n++];
		const struct json_node *rating = json_get(i, S("rating"));
		*x = (struct listen_item){json_get_str(i, S("title")), json_get_str(i, S("text")), json_get_str(i, S("url")), json_get_str(i, S("author")), DESC_NULL_INT, NAN};
		if (!json_get_i64(i, S("at"), &x->at)) x->at = DESC_NULL_INT;
		if (rating && rating->type == JSON_NUMBER) x->rating = heard_number(rating->text);
	}
}

static void add_hook(struct op *op, const struct web *w, const struct listen_source *s, struct listen_page *page)
{
	const char *name;
	page->hook = str_fmt(&op->arena, "%.*s%.*s/mentions", STR_ARG(web_origin(op, w)), STR_ARG(address_of(op, s->id)));
	for (size_t i = 0; mention_map_at(i, &name); i++)
		customer_option(op, &page->maps, str_of(name), i ? str_of(name) : word(op, "listen_map", "any"), i == 0);
}

static enum err show(struct op *op, struct web *w, struct answer *a, id source, str new_key)
{
	struct listen_page *page = ARENA_NEW(&op->arena, struct listen_page);
	struct listen_source s;
	TRY(listen_source_find(op, source, &s));
	if (s.kind == LISTEN_HOOK) {
		struct db_rows secret;
		add_hook(op, w, &s, page);
		TRY(op_query(op, SQL_listen_source_secret, DB_ARGS(db_id(source)), &secret));
		page->is_signed = secret.n && db_rows_text(&secret, 0, 0).n;
	}
	page->new_key = new_key;
	a->is_private = str_given(new_key);
	page->source = row_of(op, &s);
	page->is_hook = s.kind == LISTEN_HOOK;
	page->is_trial = s.state == LISTEN_TRIAL;
	page->is_waiting = page->is_trial && s.tried_at == DESC_NULL_INT;
	page->is_on = s.state == LISTEN_ON;
	page->is_paused = s.state == LISTEN_PAUSED;
	page->may_write = op_may(op, PERM_WRITE_SOURCES);
	page->mentions = str_fmt(&op->arena, "/listening?source=%s", id_show(&op->arena, S("lis"), s.id).p);
	for (size_t i = 0; i < COUNT_OF(EVERY_S); i++)
		if (EVERY_S[i] == s.every_s) page->every = word(op, "listen_every", EVERY[i]);
	read_preview(op, s.preview_json, page);
	if (!isnan(s.rating) && s.ratings != DESC_NULL_INT) {
		page->total = msg_str("listen_total", "value", i18n_real(&op->arena, &op->locale, s.rating, 1));
		msg_add(&page->total, (struct msg_arg){.name = "most", .type = MSG_STR, .s = i18n_real(&op->arena, &op->locale, s.rating_max, 1)});
		msg_add(&page->total, (struct msg_arg){.name = "n", .type = MSG_INT, .i = s.ratings});
	}
	a->topics[a->n_topics++] = S("listening");
	return answer_with(a, &LISTEN_SOURCE_PAGE_DESC, page);
}

enum err listen_source_get(struct op *op, struct web *w, struct answer *a)
{
	id source;
	TRY(web_id(op, w, "id", "lis", &source));
	return show(op, w, a, source, STR_NONE);
}

enum err listen_source_post(struct op *op, struct web *w, struct answer *a)
{
	struct listen_input in;
	struct listen_sources *page;
	struct listen_source s;
	struct faults faults = {0};
	TRY(web_input(op, w, &LISTEN_SOURCE_INPUT_DESC, &in));
	TRY(make_list(op, &in, &page));
	TRY(check(op, &in, page, &faults, &s));
	if (faults.n) {
		faults_keep(op, &faults, &page->faults.v, &page->faults.n);
		return answer_refused(op, a, &LISTEN_SOURCES_DESC, page);
	}
	s.id = id_new();
	s.is_named = page->name.value.n > 0 || s.kind == LISTEN_MASTODON;
	s.name = own_name(op, &s, page->name.value);
	TRY(op_run(op, SQL_listen_source_add,
		DB_ARGS(db_id(s.id), db_int(s.kind), db_text(s.name), db_text(s.address), db_text(s.tag.n ? s.tag : S("")), db_bool(s.is_named), db_int(s.every_s), db_int(s.kind == LISTEN_HOOK ? LISTEN_ON : LISTEN_TRIAL),
			db_null(), db_int(op->now_ms)),
		NULL));
	TRY(audit_write(op, "listen_source_added", "listen_source", s.id, STR_NONE, s.name));
	if (s.kind == LISTEN_HOOK) {
		str key;
		TRY(listen_hook_key(op, s.name, &key));
		a->page = "listen/source";
		return show(op, w, a, s.id, key);
	}
	TRY(job_add(op, LISTEN_JOB, S("{}"), 0, S("now"), NULL));
	return answer_redirect(a, address_of(op, s.id));
}

/* ---- what is done with one ---- */

static enum err set_state(struct op *op, struct web *w, struct answer *a, enum listen_state state, const char *what)
{
	struct listen_source s;
	id source;
	TRY(web_id(op, w, "id", "lis", &source));
	TRY(listen_source_find(op, source, &s));
	if (s.state == (int)state) return answer_redirect(a, address_of(op, source));
	TRY(op_run(op, SQL_listen_source_state, DB_ARGS(db_id(source), db_int(state), db_int(s.next_at > op->now_ms && s.failures ? s.next_at : op->now_ms)), NULL));
	TRY(audit_write(op, what, "listen_source", source, STR_NONE, s.name));
	if (state == LISTEN_ON) TRY(job_add(op, LISTEN_JOB, S("{}"), 0, S("now"), NULL));
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, address_of(op, source));
}

enum err listen_start_post(struct op *op, struct web *w, struct answer *a)
{
	return set_state(op, w, a, LISTEN_ON, "listen_source_started");
}

enum err listen_pause_post(struct op *op, struct web *w, struct answer *a)
{
	return set_state(op, w, a, LISTEN_PAUSED, "listen_source_paused");
}

/* Now, unless the other side asked to wait. */
enum err listen_now_post(struct op *op, struct web *w, struct answer *a)
{
	struct listen_source s;
	id source;
	TRY(web_id(op, w, "id", "lis", &source));
	TRY(listen_source_find(op, source, &s));
	if (s.state != LISTEN_ON || s.kind == LISTEN_HOOK) return fail(op, ERR_STATE, "state", "it is not being listened to");
	if (str_eq(s.outcome, S("wait")) && s.next_at > op->now_ms) return fail(op, ERR_STATE, "next_at", "the other side asked to wait until %s", datetime_show(&op->arena, s.next_at).p);
	TRY(op_run(op, SQL_listen_source_now, DB_ARGS(db_id(source), db_int(op->now_ms)), NULL));
	TRY(job_add(op, LISTEN_JOB, S("{}"), 0, S("now"), NULL));
	a->notice = msg_of("notice_listen_now");
	return answer_redirect(a, address_of(op, source));
}

static enum err remove_source(struct op *op, id source)
{
	return audit_remove(op, SQL_listen_source_remove, "listen_source", source);
}

static enum err restore_source(struct op *op, id source)
{
	return audit_restore(op, SQL_listen_source_restore, "listen_source", source);
}

static const struct edited EDITED = {"lis", "/listening/sources", "notice_listen_removed", true, remove_source, restore_source, NULL};

enum err listen_remove_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_remove(op, w, a, &EDITED);
}

enum err listen_restore_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_restore(op, w, a, &EDITED);
}
