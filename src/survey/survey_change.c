/* survey_change.c: what those who ask do with a survey: change, open, close, remove it, make a link for one customer. */
#include <stdlib.h>

#include "audit/audit.h"
#include "base/datetime.h"
#include "customer/customer.h"
#include "http/edited.h"
#include "json/desc.h"
#include "op/app.h"
#include "survey/survey_form.h"

enum { LINK_DAYS = 30, LINK_DAYS_MOST = 365 };

struct survey_input {
	str name, move;
	bool is_anonymous;
	struct survey_definition definition;
};
static const struct desc_field INPUT_FIELDS[] = {
	FIELD(survey_input, name, DESC_STR, .max = 400),
	FIELD(survey_input, move, DESC_STR, .max = 60, .flags = DESC_OMIT, .doc = "up or down, a space and the id of a question: it changes places with its neighbour"),
	FIELD(survey_input, is_anonymous, DESC_BOOL, .doc = "answers are tied to nobody, and it has no links for single customers"),
	FIELD(survey_input, definition, DESC_STRUCT, .of = &SURVEY_DEFINITION_DESC),
};
const struct desc SURVEY_INPUT_DESC = DESC(survey_input, INPUT_FIELDS);

enum err survey__named(struct op *op, const struct web *w, struct survey *out)
{
	id survey;
	TRY(web_id(op, w, "id", "sur", &survey));
	return survey_get(op, survey, out);
}

static int by_place(const void *x, const void *y)
{
	const struct survey_question *const *a = x, *const *b = y;
	double p = 1e9, q = 1e9;
	(void)str_f64((*a)->place, &p);
	(void)str_f64((*b)->place, &q);
	return p != q ? (p > q) - (p < q) : (*a > *b) - (*a < *b);
}

static bool is_empty(const struct survey_question *q)
{
	for (size_t i = 0; i < q->texts.n; i++)
		if (str_given(str_trim(q->texts.v[i].text))) return false;
	return true;
}

/* Rows of a form that were left empty. */
static void drop_empty(struct survey_question *q)
{
	size_t n = 0;
	for (size_t i = 0; i < q->show_if.n; i++)
		if (str_given(q->show_if.v[i].question)) q->show_if.v[n++] = q->show_if.v[i];
	q->show_if.n = n;
	n = 0;
	for (size_t i = 0; i < q->skips.n; i++) {
		struct survey_skip *s = &q->skips.v[i];
		size_t m = 0;
		for (size_t k = 0; k < s->when.n; k++)
			if (str_given(s->when.v[k].question)) s->when.v[m++] = s->when.v[k];
		s->when.n = m;
		if (str_given(s->to)) q->skips.v[n++] = *s;
	}
	q->skips.n = n;
	n = 0;
	for (size_t i = 0; i < q->quotas.n; i++)
		if (str_given(q->quotas.v[i].value)) q->quotas.v[n++] = q->quotas.v[i];
	q->quotas.n = n;
}

/* In the order of their places; a row of a form without any words is a question taken off, or none. */
static void arrange(struct op *op, struct survey_definition *d)
{
	struct survey_question **sorted = ARENA_ARRAY(&op->arena, struct survey_question *, d->questions.n + 1), *out = ARENA_ARRAY(&op->arena, struct survey_question, d->questions.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < d->questions.n; i++)
		if (!is_empty(&d->questions.v[i])) sorted[n++] = &d->questions.v[i];
	qsort(sorted, n, sizeof *sorted, by_place);
	for (size_t i = 0; i < n; i++) {
		out[i] = *sorted[i];
		out[i].place = STR_NONE;
		drop_empty(&out[i]);
		if (!str_given(out[i].id)) out[i].id = str_fmt(&op->arena, "q%s", id_show(&op->arena, S("x"), id_new()).p + 2);
	}
	d->questions.v = out;
	d->questions.n = n;
}

static void move(struct survey_definition *d, str what)
{
	str question = what, way = str_cut(&question, ' ');
	size_t at = survey__find(d, question), to = str_eq(way, S("up")) ? at - 1 : at + 1;
	if (!str_given(question) || at >= d->questions.n || to >= d->questions.n) return;
	struct survey_question moved = d->questions.v[at];
	d->questions.v[at] = d->questions.v[to];
	d->questions.v[to] = moved;
}

static enum err refuse(struct op *op, const struct web *w, struct answer *a, const struct survey *s)
{
	struct survey_page *page;
	size_t n;
	struct form_fault *faults = web_faults(op, &n);
	fault_clear(&op->fault);
	TRY(survey__make_page(op, w, s, &page));
	page->faults.v = faults;
	page->faults.n = n;
	return answer_refused(op, a, &SURVEY_PAGE_DESC, page);
}

/* Where the version before this change comes back. */
static str undo_of(struct op *op, const struct survey *before)
{
	return str_fmt(&op->arena, "%.*s/versions/%lld/restore", STR_ARG(survey__address(op, before->id)), (long long)before->version);
}

enum err survey_change_post(struct op *op, struct web *w, struct answer *a)
{
	struct survey s;
	TRY(survey__named(op, w, &s));
	struct survey_input in = {.name = s.name};
	enum err e = web_input(op, w, &SURVEY_INPUT_DESC, &in);
	if (e == OK) {
		arrange(op, &in.definition);
		if (str_given(in.move)) move(&in.definition, in.move);
		s.name = str_trim(in.name);
		s.is_anonymous = in.is_anonymous;
		s.definition = in.definition;
		e = str_given(s.name) ? survey_change(op, &s) : fail(op, ERR_INVALID, "name", "a survey has a name");
	}
	if (e == ERR_INVALID && !w->wants_json) return refuse(op, w, a, &s);
	TRY(e);
	a->notice = msg_of("notice_saved");
	a->undo = undo_of(op, &s);
	return answer_redirect(a, survey__address(op, s.id));
}

/* An earlier version, as a new one: so that can be undone, too. */
enum err survey_version_restore_post(struct op *op, struct web *w, struct answer *a)
{
	struct survey s;
	int64_t number;
	TRY(survey__named(op, w, &s));
	if (!str_i64(web_parameter(w, "number"), &number)) return fail(op, ERR_NOT_FOUND, "number", "there is no such version");
	TRY(survey_version(op, s.id, number, &s.definition));
	enum err e = survey_change(op, &s);
	if (e == ERR_INVALID && !w->wants_json) return refuse(op, w, a, &s);
	TRY(e);
	a->notice = msg_int("notice_survey_version", "number", number);
	a->undo = undo_of(op, &s);
	return answer_redirect(a, survey__address(op, s.id));
}

static enum err set_state(struct op *op, struct web *w, struct answer *a, enum survey_state state, const char *notice)
{
	struct survey s;
	TRY(survey__named(op, w, &s));
	enum err e = survey_set_state(op, s.id, state);
	if (e == ERR_INVALID && !w->wants_json) return refuse(op, w, a, &s);
	TRY(e);
	a->notice = msg_of(notice);
	return answer_redirect(a, survey__address(op, s.id));
}

enum err survey_open_post(struct op *op, struct web *w, struct answer *a)
{
	return set_state(op, w, a, SURVEY_OPEN, "notice_survey_opened");
}

enum err survey_close_post(struct op *op, struct web *w, struct answer *a)
{
	return set_state(op, w, a, SURVEY_CLOSED, "notice_survey_closed");
}

static enum err remove_one(struct op *op, id survey)
{
	return audit_remove(op, SQL_survey_remove, "survey", survey);
}

static enum err restore_one(struct op *op, id survey)
{
	return audit_restore(op, SQL_survey_restore, "survey", survey);
}

static const struct edited EDITED = {.prefix = "sur", .list = "/surveys", .removed = "notice_survey_removed", .has_page = true, .remove = remove_one, .restore = restore_one};

enum err survey_remove_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_remove(op, w, a, &EDITED);
}

enum err survey_restore_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_restore(op, w, a, &EDITED);
}

/* ---- a link for one customer ---- */

struct survey_link_input {
	str customer;
	int64_t days;
};
struct survey_link_made {
	str link;
	int64_t expires_at;
};
static const struct desc_field LINK_INPUT_FIELDS[] = {
	FIELD(survey_link_input, customer, DESC_STR, .max = 600, .doc = "id or identity (kind:value)"),
	FIELD(survey_link_input, days, DESC_INT, .min = 1, .max = LINK_DAYS_MOST, .doc = "it works so long; 30 when not given"),
};
const struct desc SURVEY_LINK_INPUT_DESC = DESC(survey_link_input, LINK_INPUT_FIELDS);
static const struct desc_field LINK_FIELDS[] = {
	FIELD(survey_link_made, link, DESC_STR),
	FIELD(survey_link_made, expires_at, DESC_TIME),
};
const struct desc SURVEY_LINK_DESC = DESC(survey_link_made, LINK_FIELDS);

static enum err make_link(struct op *op, const struct web *w, const struct survey *s, const struct survey_link_input *in, struct survey_link_made *out)
{
	id customer;
	if (s->state != SURVEY_OPEN) return fail(op, ERR_STATE, "", "only an open survey has links");
	if (s->is_anonymous) return fail(op, ERR_STATE, "", "an anonymous survey has no links for single customers");
	TRY(customer_by_identity(op, in->customer, &customer));
	if (!customer) return fail(op, ERR_INVALID, "customer", "there is no such customer");
	int64_t days = in->days == DESC_NULL_INT || !in->days ? LINK_DAYS : in->days;
	*out = (struct survey_link_made){.expires_at = (op->now_ms / 1000) * 1000 + days * DAY_MS};
	out->link = survey_address(op, w, survey_link_make(op, s->id, customer, out->expires_at));
	return audit_write(op, "survey_link_made", "customer", customer, STR_NONE, s->name);
}

enum err survey_link_post(struct op *op, struct web *w, struct answer *a)
{
	struct survey_link_input in = {.days = DESC_NULL_INT};
	struct survey_link_made *made = ARENA_NEW(&op->arena, struct survey_link_made);
	struct survey s;
	TRY(survey__named(op, w, &s));
	TRY(web_input(op, w, &SURVEY_LINK_INPUT_DESC, &in));
	enum err e = make_link(op, w, &s, &in, made);
	if (w->wants_json) return e == OK ? answer_with(a, &SURVEY_LINK_DESC, made) : e;
	if (e != OK && e != ERR_INVALID) return e;
	struct survey_page *page;
	fault_clear(&op->fault);
	TRY(survey__make_page(op, w, &s, &page));
	page->customer.value = in.customer;
	if (e == OK) {
		page->personal = made->link;
		return answer_with(a, &SURVEY_PAGE_DESC, page);
	}
	page->customer.error = msg_of("survey_no_customer");
	return answer_refused(op, a, &SURVEY_PAGE_DESC, page);
}
