#include <math.h>

#include "audit/audit.h"
#include "customer/customer.h"
#include "followup/followup.h"
#include "http/edited.h"
#include "http/faults.h"
#include "i18n/i18n.h"
#include "improvement/improvement_inner.h"
#include "json/json.h"
#include "mail/mail.h"
#include "op/app.h"

enum { TITLE_CHARACTERS = 150, NOTE_BYTES = 8000, LANGUAGES = 16 };

struct improvement_row {
	struct improvement x;
	str address;
	struct msg progress;
};
static const struct desc_field IMPROVEMENT_FIELDS[] = {
	FIELD(improvement, id, DESC_ID, .prefix = "imv"),
	FIELD(improvement, title, DESC_STR),
	FIELD(improvement, note, DESC_STR),
	FIELD(improvement, state, DESC_ENUM, .names = IMPROVEMENT_STATES, .prefix = "improvement_state"),
	FIELD(improvement, owner, DESC_ID, .prefix = "per"),
	FIELD(improvement, owner_name, DESC_STR),
	FIELD(improvement, is_public, DESC_BOOL),
	FIELD(improvement, made_at, DESC_TIME),
	FIELD(improvement, mended_at, DESC_TIME),
	FIELD(improvement, telling_at, DESC_TIME),
	FIELD(improvement, customers, DESC_INT, .doc = "who raised it"),
	FIELD(improvement, told, DESC_INT),
	FIELD(improvement, first_at, DESC_TIME, .doc = "the first touchpoint that raised it"),
};
static const struct desc IMPROVEMENT_DESC = DESC(improvement, IMPROVEMENT_FIELDS);
static const struct desc_field ROW_FIELDS[] = {
	FIELD(improvement_row, x, DESC_STRUCT, .of = &IMPROVEMENT_DESC),
	FIELD(improvement_row, address, DESC_STR),
	FIELD(improvement_row, progress, DESC_MSG),
};
static const struct desc ROW_DESC = DESC(improvement_row, ROW_FIELDS);

struct improvements {
	struct msg finding;
	bool may_write;
	LIST_OF(struct improvement_row) rows;
	struct input title;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field IMPROVEMENTS_FIELDS[] = {
	FIELD(improvements, finding, DESC_MSG),
	FIELD(improvements, may_write, DESC_BOOL),
	FIELD(improvements, rows, DESC_LIST, .item = DESC_STRUCT, .of = &ROW_DESC),
	FIELD(improvements, title, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(improvements, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc IMPROVEMENTS_DESC = DESC(improvements, IMPROVEMENTS_FIELDS);

struct improvement_edit {
	str lang, own_name, dir, said, did;
	int64_t at;
};
static const struct desc_field EDIT_FIELDS[] = {
	FIELD(improvement_edit, lang, DESC_STR),
	FIELD(improvement_edit, own_name, DESC_STR),
	FIELD(improvement_edit, dir, DESC_STR),
	FIELD(improvement_edit, said, DESC_STR),
	FIELD(improvement_edit, did, DESC_STR),
	FIELD(improvement_edit, at, DESC_INT),
};
static const struct desc EDIT_DESC = DESC(improvement_edit, EDIT_FIELDS);
struct improvement_voice {
	str address, person, customer_address, quote, event;
	int64_t touched_at;
	struct msg told;
};
static const struct desc_field VOICE_FIELDS[] = {
	FIELD(improvement_voice, address, DESC_STR),
	FIELD(improvement_voice, person, DESC_STR),
	FIELD(improvement_voice, customer_address, DESC_STR),
	FIELD(improvement_voice, quote, DESC_STR),
	FIELD(improvement_voice, event, DESC_STR),
	FIELD(improvement_voice, touched_at, DESC_TIME),
	FIELD(improvement_voice, told, DESC_MSG),
};
static const struct desc VOICE_ROW_DESC = DESC(improvement_voice, VOICE_FIELDS);
struct improvement_page {
	struct msg finding;
	struct improvement x;
	str address;
	bool may_write, may_read, can_tell;
	struct msg why_not;
	LIST_OF(struct improvement_edit) texts;
	LIST_OF(struct option) states, owners;
	LIST_OF(struct improvement_voice) voices;
	struct input title;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field PAGE_FIELDS[] = {
	FIELD(improvement_page, finding, DESC_MSG),
	FIELD_AS(improvement_page, x, "improvement", DESC_STRUCT, .of = &IMPROVEMENT_DESC),
	FIELD(improvement_page, address, DESC_STR),
	FIELD(improvement_page, may_write, DESC_BOOL),
	FIELD(improvement_page, can_tell, DESC_BOOL),
	FIELD(improvement_page, why_not, DESC_MSG),
	FIELD(improvement_page, texts, DESC_LIST, .item = DESC_STRUCT, .of = &EDIT_DESC),
	FIELD(improvement_page, states, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(improvement_page, owners, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(improvement_page, voices, DESC_LIST, .item = DESC_STRUCT, .of = &VOICE_ROW_DESC),
	FIELD(improvement_page, title, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(improvement_page, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc IMPROVEMENT_PAGE_DESC = DESC(improvement_page, PAGE_FIELDS);

struct improvement_new {
	str title;
};
static const struct desc_field NEW_FIELDS[] = {FIELD(improvement_new, title, DESC_STR, .max = 4 * TITLE_CHARACTERS)};
const struct desc IMPROVEMENT_NEW_DESC = DESC(improvement_new, NEW_FIELDS);
struct improvement_input {
	str title, note, state, owner;
	bool is_public;
	LIST_OF(struct improvement_text) texts;
};
static const struct desc_field INPUT_FIELDS[] = {
	FIELD(improvement_input, title, DESC_STR, .max = 4 * TITLE_CHARACTERS),
	FIELD(improvement_input, note, DESC_STR, .max = NOTE_BYTES),
	FIELD(improvement_input, state, DESC_STR, .doc = "found, working, mended or left"),
	FIELD(improvement_input, owner, DESC_STR, .doc = "id of a person"),
	FIELD(improvement_input, is_public, DESC_BOOL, .doc = "shown on the public list once it is mended"),
	FIELD(improvement_input, texts, DESC_LIST, .item = DESC_STRUCT, .of = &IMPROVEMENT_TEXT_DESC),
};
const struct desc IMPROVEMENT_INPUT_DESC = DESC(improvement_input, INPUT_FIELDS);

static str address_of(struct op *op, id improvement)
{
	return str_fmt(&op->arena, "/improvements/%.*s", STR_ARG(id_show(&op->arena, S("imv"), improvement)));
}

static struct msg progress_of(const struct improvement *x)
{
	struct msg m = msg_int(x->state == IMPROVEMENT_MENDED ? "improvement_told_of" : "improvement_raised_by", "n", x->customers);
	if (x->state == IMPROVEMENT_MENDED) msg_add(&m, (struct msg_arg){.name = "told", .type = MSG_INT, .i = x->told});
	return m;
}

/* ---- the list ---- */

static enum err make_list(struct op *op, struct improvements **out)
{
	struct improvements *page = *out = ARENA_NEW(&op->arena, struct improvements);
	struct improvement *v;
	size_t n, open = 0;
	TRY(improvement__all(op, &v, &n));
	page->rows.v = ARENA_ARRAY(&op->arena, struct improvement_row, n + 1);
	page->rows.n = n;
	for (size_t i = 0; i < n; i++) {
		page->rows.v[i] = (struct improvement_row){v[i], address_of(op, v[i].id), progress_of(&v[i])};
		open += v[i].state < IMPROVEMENT_MENDED;
	}
	page->finding = n ? msg_int("improvements_open", "n", (int64_t)open) : msg_of("improvements_none");
	page->may_write = op_may(op, PERM_WRITE_FIGURES);
	return OK;
}

enum err improvement_list_get(struct op *op, struct web *w, struct answer *a)
{
	struct improvements *page;
	(void)w;
	TRY(make_list(op, &page));
	return answer_with(a, &IMPROVEMENTS_DESC, page);
}

enum err improvement_post(struct op *op, struct web *w, struct answer *a)
{
	struct improvement_new in;
	struct improvements *page;
	struct faults f = {0};
	TRY(web_input(op, w, &IMPROVEMENT_NEW_DESC, &in));
	TRY(make_list(op, &page));
	page->title.value = str_trim(in.title);
	if (!faults_text(&f, "title", &page->title, true, TITLE_CHARACTERS)) {
		faults_keep(op, &f, &page->faults.v, &page->faults.n);
		return answer_refused(op, a, &IMPROVEMENTS_DESC, page);
	}
	id improvement = id_new();
	TRY(op_run(op, SQL_improvement_add, DB_ARGS(db_id(improvement), db_text(page->title.value), db_text(S("")), db_id(op->actor.kind == ACTOR_PERSON ? op->actor.id : 0), db_int(op->now_ms)), NULL));
	TRY(audit_write(op, "improvement_added", "improvement", improvement, STR_NONE, page->title.value));
	return answer_redirect(a, address_of(op, improvement));
}

/* ---- one ---- */

static void fill_texts(struct op *op, struct improvement_page *page)
{
	page->texts.v = ARENA_ARRAY(&op->arena, struct improvement_edit, LANGUAGES);
	for (size_t i = 0; lang_at(i) && i < LANGUAGES; i++) {
		const struct lang *lang = lang_at(i);
		struct improvement_edit e = {.lang = lang_code(lang), .own_name = lang_own_name(lang), .dir = lang_is_rtl(lang) ? S("rtl") : S("ltr"), .said = S(""), .did = S(""), .at = (int64_t)i};
		for (size_t k = 0; k < page->x.texts.n; k++)
			if (str_eq(page->x.texts.v[k].lang, e.lang)) e.said = page->x.texts.v[k].said, e.did = page->x.texts.v[k].did;
		page->texts.v[page->texts.n++] = e;
	}
}

static enum err fill_voices(struct op *op, struct improvement_page *page)
{
	struct db_rows r;
	if (!op_may(op, PERM_READ_CUSTOMERS)) return OK;
	TRY(op_query(op, SQL_improvement_followups, DB_ARGS(db_id(page->x.id)), &r));
	page->voices.v = ARENA_ARRAY(&op->arena, struct improvement_voice, r.n + 1);
	page->voices.n = r.n;
	for (size_t i = 0; i < r.n; i++) {
		id customer = db_rows_id(&r, i, 4);
		str how = db_rows_text(&r, i, 6);
		page->voices.v[i] = (struct improvement_voice){str_fmt(&op->arena, "/follow-ups/%.*s", STR_ARG(id_show(&op->arena, S("fup"), db_rows_id(&r, i, 0)))), db_rows_text(&r, i, 5),
			customer ? customer_address(op, customer) : STR_NONE, db_rows_text(&r, i, 2), db_rows_text(&r, i, 3), db_rows_int(&r, i, 1),
			how.n ? msg_of(str_fmt(&op->arena, "improvement_told_%.*s", STR_ARG(how)).p) : (struct msg){0}};
	}
	return OK;
}

static enum err fill_owners(struct op *op, struct improvement_page *page)
{
	struct db_rows people;
	struct msg nobody = msg_of("followup_nobody");
	TRY(op_query(op, SQL_followup_people, DB_NO_ARGS, &people));
	customer_option(op, &page->owners, S(""), i18n_msg(&op->arena, &op->locale, &nobody), !page->x.owner);
	for (size_t i = 0; i < people.n; i++) customer_option(op, &page->owners, id_show(&op->arena, S("per"), db_rows_id(&people, i, 0)), db_rows_text(&people, i, 1), db_rows_id(&people, i, 0) == page->x.owner);
	return OK;
}

static struct msg why_not_tell(struct op *op, const struct improvement *x)
{
	if (x->state != IMPROVEMENT_MENDED) return msg_of("improvement_not_mended");
	if (!improvement__text(x->texts.v, x->texts.n, S(""))) return msg_of("improvement_no_text");
	if (!mail_is_on(op->app)) return msg_of("followup_mail_off");
	return (struct msg){0};
}

static enum err make_page(struct op *op, id improvement, struct improvement_page **out)
{
	struct improvement_page *page = *out = ARENA_NEW(&op->arena, struct improvement_page);
	TRY(improvement__get(op, improvement, &page->x));
	page->address = address_of(op, improvement);
	page->title.value = page->x.title;
	fill_texts(op, page);
	for (int i = 0; IMPROVEMENT_STATES[i]; i++) {
		struct msg m = msg_of(str_fmt(&op->arena, "improvement_state_%s", IMPROVEMENT_STATES[i]).p);
		customer_option(op, &page->states, str_of(IMPROVEMENT_STATES[i]), i18n_msg(&op->arena, &op->locale, &m), i == page->x.state);
	}
	TRY(fill_owners(op, page));
	TRY(fill_voices(op, page));
	page->may_write = op_may(op, PERM_WRITE_FIGURES);
	page->why_not = why_not_tell(op, &page->x);
	if (!page->why_not.key && page->x.customers && page->x.told >= page->x.customers) page->why_not = msg_of("improvement_all_told");
	page->can_tell = !page->why_not.key && op_may(op, PERM_WRITE_CUSTOMERS) && op_may(op, PERM_WRITE_FIGURES);
	page->finding = progress_of(&page->x);
	return OK;
}

enum err improvement_show_get(struct op *op, struct web *w, struct answer *a)
{
	struct improvement_page *page;
	id improvement;
	TRY(web_id(op, w, "id", "imv", &improvement));
	TRY(make_page(op, improvement, &page));
	return answer_with(a, &IMPROVEMENT_PAGE_DESC, page);
}

static str texts_json(struct op *op, const struct improvement_input *in)
{
	static const struct desc_field fields[] = {FIELD(improvement_texts, texts, DESC_LIST, .item = DESC_STRUCT, .of = &IMPROVEMENT_TEXT_DESC)};
	static const struct desc desc = DESC(improvement_texts, fields);
	struct improvement_texts kept = {.texts = {ARENA_ARRAY(&op->arena, struct improvement_text, in->texts.n + 1), 0}};
	for (size_t i = 0; i < in->texts.n; i++) {
		struct improvement_text t = in->texts.v[i];
		if (!lang_find(t.lang) || (!t.said.n && !t.did.n)) continue;
		kept.texts.v[kept.texts.n++] = (struct improvement_text){lang_code(lang_find(t.lang)), t.said.n ? str_trim(t.said) : S(""), t.did.n ? str_trim(t.did) : S("")};
	}
	return json_of(&op->arena, &desc, &kept);
}

enum err improvement_change_post(struct op *op, struct web *w, struct answer *a)
{
	struct improvement_input in;
	struct improvement_page *page;
	struct faults f = {0};
	id improvement, owner = 0;
	int state = -1;
	TRY(web_id(op, w, "id", "imv", &improvement));
	TRY(web_input(op, w, &IMPROVEMENT_INPUT_DESC, &in));
	TRY(make_page(op, improvement, &page));
	page->title.value = str_trim(in.title);
	for (int i = 0; IMPROVEMENT_STATES[i]; i++)
		if (str_eq(in.state, str_of(IMPROVEMENT_STATES[i]))) state = i;
	faults_text(&f, "title", &page->title, true, TITLE_CHARACTERS);
	if (state < 0) faults_add(&f, "state", NULL, msg_of("fault_choice"));
	bool is_owner = !in.owner.n;
	for (size_t i = 1; i < page->owners.n && in.owner.n; i++) is_owner |= str_eq(page->owners.v[i].value, in.owner) && id_read(S("per"), in.owner, &owner);
	if (!is_owner) faults_add(&f, "owner", NULL, msg_of("fault_choice"));
	if (f.n) {
		faults_keep(op, &f, &page->faults.v, &page->faults.n);
		return answer_refused(op, a, &IMPROVEMENT_PAGE_DESC, page);
	}
	int64_t mended = state != IMPROVEMENT_MENDED ? DESC_NULL_INT : page->x.mended_at != DESC_NULL_INT ? page->x.mended_at : op->now_ms;
	TRY(op_run(op, SQL_improvement_change,
	           DB_ARGS(db_id(improvement), db_text(page->title.value), db_text(in.note.n ? in.note : S("")), db_int(state), db_id(owner), db_text(texts_json(op, &in)), db_bool(in.is_public), db_int_or_null(mended)), NULL));
	TRY(audit_write(op, "improvement_changed", "improvement", improvement, str_of(IMPROVEMENT_STATES[page->x.state]), str_of(IMPROVEMENT_STATES[state])));
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, page->address);
}

enum err improvement_tell_post(struct op *op, struct web *w, struct answer *a)
{
	struct improvement_page *page;
	id improvement;
	TRY(web_id(op, w, "id", "imv", &improvement));
	TRY(op_must(op, PERM_WRITE_CUSTOMERS));
	TRY(make_page(op, improvement, &page));
	if (why_not_tell(op, &page->x).key) return fail(op, ERR_STATE, "id", "it has to be mended, worded in a language, and mail set up");
	str shown = id_show(&op->arena, S("imv"), improvement);
	TRY(op_run(op, SQL_improvement_begin_telling, DB_ARGS(db_id(improvement), db_int(op->now_ms)), NULL));
	TRY(job_add(op, "improvement_tell", str_fmt(&op->arena, "{\"improvement\":\"%.*s\"}", STR_ARG(shown)), 0, shown, NULL));
	TRY(audit_write(op, "improvement_told", "improvement", improvement, STR_NONE, STR_NONE));
	a->notice = msg_int("notice_improvement_told", "n", page->x.customers - page->x.told);
	return answer_redirect(a, page->address);
}

/* ---- the public list ---- */

struct public_item {
	str said, did, lang, dir;
	int64_t mended_at;
};
static const struct desc_field ITEM_FIELDS[] = {
	FIELD(public_item, said, DESC_STR),
	FIELD(public_item, did, DESC_STR),
	FIELD(public_item, lang, DESC_STR),
	FIELD(public_item, dir, DESC_STR),
	FIELD(public_item, mended_at, DESC_TIME),
};
static const struct desc ITEM_DESC = DESC(public_item, ITEM_FIELDS);
struct public_list {
	LIST_OF(struct public_item) rows;
};
static const struct desc_field PUBLIC_FIELDS[] = {FIELD(public_list, rows, DESC_LIST, .item = DESC_STRUCT, .of = &ITEM_DESC)};
const struct desc IMPROVEMENT_PUBLIC_DESC = DESC(public_list, PUBLIC_FIELDS);

enum err improvement_public_get(struct op *op, struct web *w, struct answer *a)
{
	struct public_list *page = ARENA_NEW(&op->arena, struct public_list);
	struct db_rows r;
	(void)w;
	TRY(op_query(op, SQL_improvement_public, DB_NO_ARGS, &r));
	page->rows.v = ARENA_ARRAY(&op->arena, struct public_item, r.n + 1);
	for (size_t i = 0; i < r.n; i++) {
		struct improvement_text *v;
		size_t n;
		TRY(improvement__read_texts(op, db_rows_text(&r, i, 0), &v, &n));
		const struct improvement_text *t = improvement__text(v, n, lang_code(op->locale.lang));
		if (t) page->rows.v[page->rows.n++] = (struct public_item){t->said, t->did, t->lang, lang_is_rtl(lang_find(t->lang)) ? S("rtl") : S("ltr"), db_rows_int(&r, i, 1)};
	}
	return answer_with(a, &IMPROVEMENT_PUBLIC_DESC, page);
}

/* ---- what is alike for all that is edited ---- */

static enum err remove_one(struct op *op, id improvement)
{
	return audit_remove(op, SQL_improvement_remove, "improvement", improvement);
}

static enum err restore_one(struct op *op, id improvement)
{
	return audit_restore(op, SQL_improvement_restore, "improvement", improvement);
}

static const struct edited EDITED = {"imv", "/improvements", "notice_improvement_removed", true, remove_one, restore_one, NULL};

enum err improvement_remove_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_remove(op, w, a, &EDITED);
}

enum err improvement_restore_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_restore(op, w, a, &EDITED);
}
