/* followup_mention.c: a follow-up of what was said in public. It keeps the mention and none of its words, so that it goes with them; its
 * customer is whoever a person joined the mention to, as long as they are joined. */
#include <math.h>

#include "audit/audit.h"
#include "base/datetime.h"
#include "followup/followup_inner.h"
#include "http/faults.h"
#include "i18n/i18n.h"
#include "i18n/zone.h"
#include "listen/listen.h"
#include "setting/setting.h"

enum { NOTE_CHARACTERS = 2000, DAYS_DEFAULT = 2, DAY_BYTES = 10 };

struct mention_followups {
	str address, mention, quote, url;
	int64_t at;
	bool has_open;
	LIST_OF(struct followup_row) rows;
	LIST_OF(struct option) owners;
	struct input due, note;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field PAGE_FIELDS[] = {
	FIELD(mention_followups, address, DESC_STR),
	FIELD(mention_followups, mention, DESC_STR, .doc = "its address"),
	FIELD(mention_followups, quote, DESC_STR),
	FIELD(mention_followups, url, DESC_STR, .doc = "where it was said"),
	FIELD(mention_followups, at, DESC_TIME),
	FIELD(mention_followups, has_open, DESC_BOOL),
	FIELD(mention_followups, rows, DESC_LIST, .item = DESC_STRUCT, .of = &FOLLOWUP_ROW_DESC),
	FIELD(mention_followups, owners, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(mention_followups, due, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(mention_followups, note, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(mention_followups, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc FOLLOWUP_MENTION_DESC = DESC(mention_followups, PAGE_FIELDS);
struct mention_input {
	str owner, due, note;
};
static const struct desc_field INPUT_FIELDS[] = {
	FIELD(mention_input, owner, DESC_STR, .flags = DESC_OMIT, .doc = "id of a person; absent: nobody yet"),
	FIELD(mention_input, due, DESC_STR, .doc = "the last day, such as 2011-12-25"),
	FIELD(mention_input, note, DESC_STR, .flags = DESC_OMIT),
};
const struct desc FOLLOWUP_MENTION_INPUT_DESC = {"followup_mention_input", sizeof(struct mention_input), INPUT_FIELDS, COUNT_OF(INPUT_FIELDS)};

enum { AT, NETWORK, URL, TEXT, RATING, RATING_MAX };

static enum err make_page(struct op *op, const struct web *w, id *mention, struct db_rows *of, struct mention_followups **out)
{
	struct mention_followups *page = *out = ARENA_NEW(&op->arena, struct mention_followups);
	struct db_rows r;
	TRY(web_id(op, w, "id", "men", mention));
	TRY(op_query(op, SQL_followup_mention, DB_ARGS(db_id(*mention)), of));
	if (!of->n) return fail(op, ERR_NOT_FOUND, "id", "there is no such mention");
	TRY(op_query(op, SQL_followup_of_mention, DB_ARGS(db_id(*mention)), &r));
	page->mention = str_fmt(&op->arena, "/listening/mentions/%.*s", STR_ARG(id_show(&op->arena, S("men"), *mention)));
	page->address = str_fmt(&op->arena, "%.*s/follow-up", STR_ARG(page->mention));
	page->at = db_rows_int(of, 0, AT);
	page->url = db_rows_text(of, 0, URL);
	page->quote = db_rows_text(of, 0, TEXT);
	page->rows.v = ARENA_ARRAY(&op->arena, struct followup_row, r.n + 1);
	page->rows.n = r.n;
	for (size_t i = 0; i < r.n; i++) {
		followup__fill(op, &r, i, &page->rows.v[i]);
		page->has_open |= page->rows.v[i].state != FOLLOWUP_CLOSED;
	}
	page->due.value = str_sub(datetime_show(&op->arena, op->now_ms + DAYS_DEFAULT * DAY_MS), 0, DAY_BYTES);
	return followup__owners(op, op->actor.kind == ACTOR_PERSON ? op->actor.id : 0, &page->owners.v, &page->owners.n);
}

enum err followup_mention_get(struct op *op, struct web *w, struct answer *a)
{
	struct mention_followups *page;
	struct db_rows of;
	id mention;
	TRY(make_page(op, w, &mention, &of, &page));
	return answer_with(a, &FOLLOWUP_MENTION_DESC, page);
}

static void check(const struct op *op, const struct mention_input *in, struct mention_followups *page, struct faults *f, id *owner, int64_t *due_ms)
{
	bool has_zone, is_known = !in->owner.n;
	*owner = 0;
	for (size_t i = 0; i < page->owners.n && in->owner.n; i++) {
		page->owners.v[i].is_selected = str_eq(page->owners.v[i].value, in->owner);
		if (page->owners.v[i].is_selected) is_known = id_read(S("per"), in->owner, owner);
	}
	if (!is_known) faults_add(f, "owner", NULL, msg_of("fault_choice"));
	page->due.value = str_given(in->due) ? in->due : S("");
	page->note.value = str_given(in->note) ? in->note : S("");
	if (page->due.value.n != DAY_BYTES || !datetime_parse(page->due.value, due_ms, &has_zone)) {
		faults_add(f, "due", &page->due, msg_of("fault_invalid"));
	} else {
		*due_ms = zone_to_utc(setting_zone(op->app), *due_ms + DAY_MS); /* until its end */
		if (*due_ms <= op->now_ms) faults_add(f, "due", &page->due, msg_of("followup_due_past"));
	}
	faults_text(f, "note", &page->note, false, NOTE_CHARACTERS);
}

static struct db_val real_or_null(const struct db_rows *r, size_t column)
{
	double d = db_rows_real(r, 0, column);
	return isnan(d) ? db_null() : db_real(d);
}

static enum err add(struct op *op, id mention, const struct db_rows *of, id owner, int64_t due_ms, str note, id *made)
{
	bool is_review = str_eq(db_rows_text(of, 0, NETWORK), S("review"));
	str event = is_review ? S("Review Posted") : S("Mention Posted");
	*made = id_new();
	TRY(op_run(op, SQL_followup_add,
	           DB_ARGS(db_id(*made), db_int(0), db_int(0), db_int(0), db_text(event), db_text(db_rows_text(of, 0, NETWORK)), db_null(), real_or_null(of, RATING), real_or_null(of, RATING_MAX),
	                   db_int(db_rows_int(of, 0, AT)), db_id(owner), db_int(op->now_ms), db_int(due_ms), db_text(i18n_fold(&op->arena, event)), db_id(mention)),
	           NULL));
	TRY(audit_write(op, "followup_made", "followup", *made, STR_NONE, id_show(&op->arena, S("men"), mention)));
	TRY(followup__publish(op, *made, WEBHOOK_followup_opened, *made));
	followup__tell_pages(op);
	if (!note.n) return OK;
	struct followup_row f;
	TRY(followup__get(op, *made, &f));
	struct followup_act act = followup__as_it_is(&f, "note");
	act.text = note;
	return followup__do(op, &f, &act);
}

enum err followup_mention_post(struct op *op, struct web *w, struct answer *a)
{
	struct mention_followups *page;
	struct mention_input in;
	struct faults f = {0};
	struct db_rows of;
	id mention, owner, made;
	int64_t due_ms = 0;
	TRY(web_input(op, w, &FOLLOWUP_MENTION_INPUT_DESC, &in));
	TRY(make_page(op, w, &mention, &of, &page));
	if (page->has_open) return fail(op, ERR_CONFLICT, "id", "a follow-up of this mention is open already");
	check(op, &in, page, &f, &owner, &due_ms);
	if (f.n) {
		faults_keep(op, &f, &page->faults.v, &page->faults.n);
		return answer_refused(op, a, &FOLLOWUP_MENTION_DESC, page);
	}
	TRY(add(op, mention, &of, owner, due_ms, page->note.value, &made));
	a->notice = msg_of("notice_followup_made");
	return answer_redirect(a, str_fmt(&op->arena, "/follow-ups/%.*s", STR_ARG(id_show(&op->arena, S("fup"), made))));
}
