/* survey_ask.c: a page of questions as somebody who answers sees it. What was answered on the other pages goes along in the form, so
 * nothing is kept of those who do not send it in the end. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "i18n/i18n.h"
#include "survey/survey_inner.h"

static const int SECONDS[] = {
#define SURVEY_TYPE(NAME, name, least, most, parts, seconds) seconds,
#include "survey_types.def"
#undef SURVEY_TYPE
};

static const struct desc_field POINT_FIELDS[] = {
	FIELD(ask_point, value, DESC_STR),
	FIELD(ask_point, name, DESC_STR),
	FIELD(ask_point, kind, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(ask_point, field, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(ask_point, face, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(ask_point, is_star, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(ask_point, is_face, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(ask_point, is_selected, DESC_BOOL),
};
static const struct desc POINT_DESC = DESC(ask_point, POINT_FIELDS);
static const struct desc_field ROW_FIELDS[] = {
	FIELD(ask_row, name, DESC_STR),
	FIELD(ask_row, at, DESC_STR, .doc = "its number"),
	FIELD(ask_row, field, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(ask_row, points, DESC_LIST, .item = DESC_STRUCT, .of = &POINT_DESC),
};
static const struct desc ROW_DESC = DESC(ask_row, ROW_FIELDS);
static const struct desc_field QUESTION_FIELDS[] = {
	FIELD(ask_question, at, DESC_INT),
	FIELD(ask_question, id, DESC_STR),
	FIELD(ask_question, type, DESC_STR),
	FIELD(ask_question, text, DESC_STR),
	FIELD(ask_question, lang, DESC_STR),
	FIELD(ask_question, dir, DESC_STR),
	FIELD(ask_question, value, DESC_STR),
	FIELD(ask_question, low, DESC_STR),
	FIELD(ask_question, high, DESC_STR),
	FIELD(ask_question, email, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(ask_question, telephone, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(ask_question, is_agreed, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(ask_question, is_required, DESC_BOOL),
	FIELD(ask_question, is_first_optional, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(ask_question, is_scale, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(ask_question, is_options, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(ask_question, is_number, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(ask_question, is_date, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(ask_question, is_text, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(ask_question, is_matrix, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(ask_question, is_ranking, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(ask_question, is_contact, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(ask_question, is_consent, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(ask_question, points, DESC_LIST, .item = DESC_STRUCT, .of = &POINT_DESC, .doc = "what may be chosen"),
	FIELD(ask_question, rows, DESC_LIST, .item = DESC_STRUCT, .of = &ROW_DESC, .doc = "of a matrix what is judged, of a ranking what is ranked"),
	FIELD(ask_question, fault, DESC_MSG, .flags = DESC_OMIT),
};
static const struct desc QUESTION_DESC = DESC(ask_question, QUESTION_FIELDS);
static const struct desc_field CARRIED_FIELDS[] = {
	FIELD(ask_carried, name, DESC_STR),
	FIELD(ask_carried, value, DESC_STR),
};
static const struct desc CARRIED_DESC = DESC(ask_carried, CARRIED_FIELDS);
static const struct desc_field ANSWER_FIELDS[] = {
	FIELD(survey_answer, state, DESC_STR, .doc = "open, thanks, answered, expired, early, closed, full, flooded, unknown"),
	FIELD(survey_answer, is_open, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(survey_answer, heading, DESC_MSG, .flags = DESC_OMIT),
	FIELD(survey_answer, saying, DESC_MSG, .flags = DESC_OMIT, .doc = "what is said instead of questions"),
	FIELD(survey_answer, is_anonymous, DESC_BOOL),
	FIELD(survey_answer, is_preview, DESC_BOOL, .doc = "nothing is kept"),
	FIELD(survey_answer, is_once, DESC_BOOL, .doc = "the open link of a survey that a browser answers once"),
	FIELD(survey_answer, action, DESC_STR),
	FIELD(survey_answer, steps, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(survey_answer, submission, DESC_STR, .doc = "sent back with the answers"),
	FIELD(survey_answer, from, DESC_INT, .doc = "which question the page begins with; sent back, it asks for the page behind it"),
	FIELD(survey_answer, number, DESC_INT, .doc = "of the page"),
	FIELD(survey_answer, pages, DESC_INT),
	FIELD(survey_answer, place, DESC_MSG, .flags = DESC_PAGE_ONLY),
	FIELD(survey_answer, has_pages, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(survey_answer, has_back, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(survey_answer, is_last, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(survey_answer, may_finish, DESC_BOOL, .doc = "all that is left may be left out"),
	FIELD(survey_answer, n_optional, DESC_INT, .doc = "questions that may be left out, from this page on"),
	FIELD(survey_answer, optional, DESC_MSG, .flags = DESC_PAGE_ONLY),
	FIELD(survey_answer, seconds, DESC_INT, .doc = "which these take, about"),
	FIELD(survey_answer, questions, DESC_LIST, .item = DESC_STRUCT, .of = &QUESTION_DESC),
	FIELD(survey_answer, entry, DESC_PTR, .of = &SURVEY_ENTRY_DESC, .flags = DESC_PAGE_ONLY),
	FIELD(survey_answer, carried, DESC_LIST, .item = DESC_STRUCT, .of = &CARRIED_DESC, .flags = DESC_PAGE_ONLY),
	FIELD(survey_answer, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc SURVEY_ANSWER_DESC = DESC(survey_answer, ANSWER_FIELDS);

/* ---- an order of chance that stays the same throughout a submission ---- */

struct drawn {
	uint64_t chance;
	size_t i;
};

static const unsigned char NO_KEY[crypto_shorthash_KEYBYTES]; /* nothing is hidden by it */

static int by_chance(const void *x, const void *y)
{
	const struct drawn *a = x, *b = y;
	return a->chance != b->chance ? (a->chance > b->chance) - (a->chance < b->chance) : (a->i > b->i) - (a->i < b->i);
}

static size_t *order_of(const struct sitting *x, bool is_shuffled, str about, size_t n)
{
	struct drawn *drawn = ARENA_ARRAY(&x->op->arena, struct drawn, n + 1);
	size_t *order = ARENA_ARRAY(&x->op->arena, size_t, n + 1);
	for (size_t i = 0; i < n; i++) {
		str what = str_fmt(&x->op->arena, "%.*s %.*s %zu", STR_ARG(x->submission), STR_ARG(about), i);
		drawn[i].i = i;
		if (is_shuffled) crypto_shorthash((unsigned char *)&drawn[i].chance, (const unsigned char *)what.p, what.n, NO_KEY);
	}
	qsort(drawn, n, sizeof *drawn, by_chance);
	for (size_t i = 0; i < n; i++) order[i] = drawn[i].i;
	return order;
}

/* ---- a question ---- */

struct drawing {
	const struct sitting *x;
	const struct survey_question *q;
	const struct survey_text *t;
	const struct survey_given *g; /* NULL: nothing yet */
	struct ask_question *out;
};

static str field(const struct drawing *d, const char *member)
{
	return str_fmt(&d->x->op->arena, "answers[%lld].%s", (long long)d->out->at, member);
}

static str number(const struct drawing *d, size_t i)
{
	return str_fmt(&d->x->op->arena, "%zu", i);
}

static bool was_chosen(const struct drawing *d, str value)
{
	return d->g && survey__is(d->q, d->g, value);
}

static void add_point(struct drawing *d, str value, str name)
{
	bool is_several = d->q->type == SURVEY_CHOICES;
	d->out->points.v[d->out->points.n++] =
		(struct ask_point){.value = value, .name = name, .kind = is_several ? S("checkbox") : S("radio"), .field = field(d, is_several ? "options[]" : "value"), .face = STR_NONE, .is_selected = was_chosen(d, value)};
}

static str word(const struct sitting *x, const char *kind, const char *name)
{
	return i18n_pattern(x->lang, str_fmt(&x->op->arena, "survey_%s_%s", kind, name));
}

static struct locale locale_of(const struct sitting *x)
{
	struct locale l = x->op->locale;
	l.lang = x->lang;
	return l;
}

static void add_scale(struct drawing *d, int least, int most)
{
	struct locale l = locale_of(d->x);
	bool is_five = least == 1 && most == 5;
	const char *ends = d->q->type == SURVEY_RATING ? SURVEY_TYPES[SURVEY_CSAT] : SURVEY_TYPES[d->q->type];
	for (int i = least; i <= most; i++) {
		add_point(d, str_fmt(&d->x->op->arena, "%d", i), i18n_int(&d->x->op->arena, &l, i));
		struct ask_point *p = &d->out->points.v[d->out->points.n - 1];
		p->is_star = d->q->look == SURVEY_STARS && least == 1;
		p->is_face = d->q->look == SURVEY_FACES && is_five;
		p->face = p->value;
	}
	d->out->is_scale = true;
	d->out->low = word(d->x, "low", ends);
	d->out->high = word(d->x, "high", ends);
}

static void add_options(struct drawing *d)
{
	size_t n;
	str *options = survey_lines(&d->x->op->arena, d->t->options, &n);
	const size_t *order = order_of(d->x, d->q->is_shuffled, d->q->id, n);
	for (size_t i = 0; i < n; i++) add_point(d, number(d, order[i] + 1), options[order[i]]);
}

static void add_columns(struct drawing *d)
{
	struct locale l = locale_of(d->x);
	size_t n;
	str *options = survey_lines(&d->x->op->arena, d->t->options, &n);
	size_t most = n ? n : (size_t)survey_points(d->q);
	for (size_t i = 0; i < most; i++) add_point(d, number(d, i + 1), n ? options[i] : i18n_int(&d->x->op->arena, &l, (int64_t)i + 1));
	if (n) return;
	d->out->low = word(d->x, "low", SURVEY_TYPES[SURVEY_CSAT]);
	d->out->high = word(d->x, "high", SURVEY_TYPES[SURVEY_CSAT]);
}

static void add_matrix(struct drawing *d)
{
	struct arena *a = &d->x->op->arena;
	size_t n;
	str *rows = survey_lines(a, d->t->rows, &n);
	const size_t *order = order_of(d->x, d->q->is_shuffled, d->q->id, n);
	add_columns(d);
	d->out->rows.v = ARENA_ARRAY(a, struct ask_row, n + 1);
	for (size_t i = 0; i < n; i++) {
		size_t at = order[i] + 1;
		struct ask_row *row = &d->out->rows.v[d->out->rows.n++];
		*row = (struct ask_row){.name = rows[order[i]], .at = number(d, at), .field = str_fmt(a, "answers[%lld].cells[%zu]", (long long)d->out->at, order[i])};
		row->points.v = ARENA_ARRAY(a, struct ask_point, d->out->points.n + 1);
		row->points.n = d->out->points.n;
		for (size_t k = 0; k < row->points.n; k++) {
			row->points.v[k] = d->out->points.v[k];
			row->points.v[k].field = str_fmt(a, "%.*s.column", STR_ARG(row->field));
			row->points.v[k].is_selected = d->g && survey__cell(d->g, at) == (int64_t)k + 1;
		}
	}
}

/* A rank for each option, in a select: it works by keyboard and without a script. */
static void add_ranks(struct drawing *d)
{
	struct locale l = locale_of(d->x);
	struct arena *a = &d->x->op->arena;
	size_t n;
	str *options = survey_lines(a, d->t->options, &n);
	const size_t *order = order_of(d->x, d->q->is_shuffled, d->q->id, n);
	d->out->rows.v = ARENA_ARRAY(a, struct ask_row, n + 1);
	for (size_t i = 0; i < n; i++) {
		struct ask_row *row = &d->out->rows.v[d->out->rows.n++];
		int64_t given = d->g ? survey__cell(d->g, order[i] + 1) : 0;
		*row = (struct ask_row){.name = options[order[i]], .at = number(d, order[i] + 1), .field = str_fmt(a, "answers[%lld].cells[%zu]", (long long)d->out->at, order[i])};
		row->points.v = ARENA_ARRAY(a, struct ask_point, n + 1);
		for (size_t k = 1; k <= n; k++) row->points.v[row->points.n++] = (struct ask_point){.value = number(d, k), .name = i18n_int(a, &l, (int64_t)k), .is_selected = given == (int64_t)k};
	}
}

static void add_answers(struct drawing *d)
{
	int least, most;
	if (survey_scale(d->q, &least, &most)) {
		add_scale(d, least, most);
		return;
	}
	switch (d->q->type) {
	case SURVEY_CHOICE:
	case SURVEY_CHOICES: add_options(d); break;
	case SURVEY_MATRIX: add_matrix(d); break;
	case SURVEY_RANKING: add_ranks(d); break;
	case SURVEY_BOOLEAN:
		add_point(d, S("true"), i18n_pattern(d->x->lang, S("survey_yes")));
		add_point(d, S("false"), i18n_pattern(d->x->lang, S("survey_no")));
		break;
	default: break;
	}
}

static str shown(str given)
{
	return str_given(given) ? given : S("");
}

static void add_question(struct sitting *x, struct survey_answer *page, size_t i)
{
	const struct survey_question *q = &x->s->definition.questions.v[i];
	struct ask_question *out = &page->questions.v[page->questions.n++];
	struct drawing d = {.x = x, .q = q, .t = survey__shown(x, q), .g = x->given[i], .out = out};
	const struct survey_given *g = d.g;
	*out = (struct ask_question){.at = (int64_t)i, .id = q->id, .type = str_of(SURVEY_TYPES[q->type]), .text = survey__text(x, d.t->text), .lang = lang_code(x->lang), .dir = lang_is_rtl(x->lang) ? S("rtl") : S("ltr"),
	                             .value = g ? shown(g->value) : S(""), .email = g ? shown(g->email) : S(""), .telephone = g ? shown(g->telephone) : S(""), .is_agreed = g && g->is_agreed, .low = STR_NONE, .high = STR_NONE,
	                             .is_required = q->is_required, .is_options = q->type == SURVEY_CHOICE || q->type == SURVEY_CHOICES || q->type == SURVEY_BOOLEAN, .is_number = q->type == SURVEY_NUMBER,
	                             .is_date = q->type == SURVEY_DATE, .is_text = q->type == SURVEY_TEXT, .is_matrix = q->type == SURVEY_MATRIX, .is_ranking = q->type == SURVEY_RANKING,
	                             .is_contact = q->type == SURVEY_CONTACT, .is_consent = q->type == SURVEY_CONSENT};
	out->points.v = ARENA_ARRAY(&x->op->arena, struct ask_point, SURVEY_OPTIONS + 2);
	add_answers(&d);
}

/* ---- what goes along ---- */

static void carry(const struct sitting *x, struct survey_answer *page, size_t i, str member, str value)
{
	if (!str_given(value)) return;
	page->carried.v[page->carried.n++] = (struct ask_carried){str_fmt(&x->op->arena, "answers[%zu].%.*s", i, STR_ARG(member)), value};
}

static void carry_question(const struct sitting *x, struct survey_answer *page, size_t i)
{
	struct arena *a = &x->op->arena;
	const struct survey_given *g = x->given[i];
	carry(x, page, i, S("question"), x->s->definition.questions.v[i].id);
	carry(x, page, i, S("value"), g->value);
	carry(x, page, i, S("email"), g->email);
	carry(x, page, i, S("telephone"), g->telephone);
	if (g->is_agreed) carry(x, page, i, S("is_agreed"), S("true"));
	for (size_t k = 0; k < g->options.n && k < SURVEY_OPTIONS; k++) carry(x, page, i, S("options[]"), g->options.v[k]);
	for (size_t k = 0; k < g->cells.n && k < SURVEY_OPTIONS; k++) {
		if (g->cells.v[k].column < 1) continue;
		carry(x, page, i, str_fmt(a, "cells[%zu].row", k), str_fmt(a, "%lld", (long long)g->cells.v[k].row));
		carry(x, page, i, str_fmt(a, "cells[%zu].column", k), str_fmt(a, "%lld", (long long)g->cells.v[k].column));
	}
}

static void carry_rest(const struct sitting *x, struct survey_answer *page, size_t at)
{
	enum { MEMBERS = 5 + 3 * SURVEY_OPTIONS };
	size_t n = x->s->definition.questions.n, start = x->starts[at], end = survey__page_end(x, at);
	page->carried.v = ARENA_ARRAY(&x->op->arena, struct ask_carried, n * MEMBERS + 1);
	for (size_t i = 0; i < n; i++)
		if ((i < start || i >= end) && x->given[i]) carry_question(x, page, i);
}

/* ---- the page ---- */

/* Those that must be answered come first, in their order; the others in theirs, or in one of chance. */
static void add_questions(struct sitting *x, struct survey_answer *page, size_t at)
{
	size_t from = x->starts[at], n = survey__page_end(x, at) - from;
	const size_t *order = order_of(x, x->s->definition.is_shuffled, S("questions"), n);
	bool is_shuffled = x->s->definition.is_shuffled;
	page->questions.v = ARENA_ARRAY(&x->op->arena, struct ask_question, n + 1);
	for (int required = 1; required >= 0; required--)
		for (size_t k = 0; k < n; k++) {
			size_t i = from + (is_shuffled && !required ? order[k] : k);
			bool is_required = x->s->definition.questions.v[i].is_required;
			if (x->asked[i] && (is_shuffled ? is_required == required : required)) add_question(x, page, i);
		}
}

/* What is left from this page on. Pages to come are counted as if they were asked: nobody knows yet. */
static void count_rest(const struct sitting *x, struct survey_answer *page, size_t at)
{
	bool must = false;
	page->is_last = true;
	for (size_t i = x->starts[at]; i < x->s->definition.questions.n; i++) {
		const struct survey_question *q = &x->s->definition.questions.v[i];
		bool is_later = i >= survey__page_end(x, at);
		if (!x->asked[i] && !(is_later && (q->show_if.n || q->skips.n))) continue;
		if (is_later) page->is_last = false;
		if (is_later && q->is_required) must = true;
		if (q->is_required) continue;
		page->n_optional++;
		page->seconds += SECONDS[q->type];
	}
	page->may_finish = !page->is_last && !must;
}

static void mark_first_optional(struct survey_answer *page)
{
	for (size_t i = 0; i < page->questions.n; i++) {
		if (page->questions.v[i].is_required) continue;
		page->questions.v[i].is_first_optional = true;
		return;
	}
}

struct survey_answer *survey__draw(struct sitting *x, size_t at, str action)
{
	enum { MINUTE = 60 };
	struct survey_answer *page = ARENA_NEW(&x->op->arena, struct survey_answer);
	*page = (struct survey_answer){.state = S("open"), .is_open = true, .is_anonymous = x->s->is_anonymous, .is_preview = x->mode == SURVEY_AS_PREVIEW, .action = action, .submission = x->submission,
	                               .from = (int64_t)x->starts[at], .number = (int64_t)at + 1, .pages = (int64_t)x->n_pages, .has_pages = x->n_pages > 1};
	add_questions(x, page, at);
	carry_rest(x, page, at);
	count_rest(x, page, at);
	mark_first_optional(page);
	for (size_t p = 0; p < at; p++) page->has_back |= survey__page_is_asked(x, p);
	page->optional = page->seconds < MINUTE ? msg_int("survey_optional", "seconds", page->seconds) : msg_int("survey_optional_minutes", "minutes", (page->seconds + MINUTE / 2) / MINUTE);
	page->place = msg_int("survey_page_of", "page", page->number);
	msg_add(&page->place, (struct msg_arg){.name = "pages", .type = MSG_INT, .i = page->pages});
	page->faults.v = ARENA_ARRAY(&x->op->arena, struct form_fault, x->s->definition.questions.n + 2);
	return page;
}
