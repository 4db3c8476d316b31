/* A view: the form is read and the question written (ask), asked of the engine, and its answer shown. A question that
 * the engine refuses comes back as the form with what is wrong. */
#include "journey/journey.h"

#include <math.h>

#include "base/buf.h"
#include "base/datetime.h"
#include "i18n/i18n.h"
#include "json/json.h"
#include "op/app.h"
#include "pulse/findings.h"
#include "pulse/question.h"
#include "setting/setting.h"

enum { QUESTION_BYTES = 64 << 10, ANSWER_BYTES = 64 << 20, CSV_BYTES = 64 << 20 };

/* One row a kind, in the order of the menu. */
static const struct journey_kind *const KINDS[] = {&JOURNEY_MAP, &JOURNEY_FUNNEL, &JOURNEY_RETENTION, &JOURNEY_PATHS, &JOURNEY_FLOW, &JOURNEY_DURATION, &JOURNEY_DRIVER, &JOURNEY_TREND, &JOURNEY_EXPLORE};

static const struct journey_kind *kind_of(str key)
{
	for (size_t i = 0; i < COUNT_OF(KINDS); i++)
		if (str_eq(key, str_of(KINDS[i]->key))) return KINDS[i];
	return NULL;
}

static void put_views(struct journey_asking *k, const struct journey_kind *chosen)
{
	struct arena *a = &k->op->arena;
	k->page->views.v = ARENA_ARRAY(a, struct option, COUNT_OF(KINDS));
	for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
		str label = i18n_format(a, &k->op->locale, str_fmt(a, "journey_view_%s", KINDS[i]->key), NULL, 0);
		k->page->views.v[k->page->views.n++] = (struct option){str_fmt(a, "/journeys/%s", KINDS[i]->key), label, KINDS[i] == chosen};
	}
}

static enum err write_question(struct journey_asking *k, const struct journey_kind *kind)
{
	if (kind->compose) return kind->compose(k);
	struct buf b;
	struct json_writer w = {.out = &b};
	buf_init(&b, QUESTION_BYTES);
	json_begin_object(&w);
	journey_put(&w, "kind", str_of(kind->question ? kind->question : kind->key));
	enum err e = kind->ask(k, &w);
	if (e == OK) e = journey_among_ask(k);
	if (e == OK) journey_among_put(k, &w);
	json_end_object(&w);
	if (e == OK && buf_failed(&b)) e = fail(k->op, ERR_TOO_LARGE, "", "the question is longer than %d bytes", QUESTION_BYTES);
	if (e == OK) k->page->question = str_dup(&k->op->arena, buf_str(&b));
	buf_release(&b);
	return e;
}

static void tell_base(struct journey_asking *k, const struct json_node *answer)
{
	int64_t n;
	struct journey_view *page = k->page;
	page->definition = json_get_str(answer, S("definition"));
	page->took_ms = journey_real(answer, "took_ms");
	str base = json_get_str(answer, S("base"));
	if (json_get_i64(answer, S("n"), &n)) page->n = msg_int(str_eq(base, S("events")) ? "n_touchpoints" : str_eq(base, S("customers")) ? "n_customers" : "journey_n", "n", n);
}

/* The field that a fault is about: its own, or the one within which it lies ("steps.2": the second of that name). */
static struct journey_choice *choice_at(struct journey_view *page, str field)
{
	struct journey_choice *found = NULL;
	int64_t number = 0, seen = 0;
	for (size_t i = 0; i < page->choices.n; i++) {
		struct journey_choice *c = &page->choices.v[i];
		bool is_own = str_eq(field, c->name), is_within = str_starts(field, c->name) && field.n > c->name.n && field.p[c->name.n] == '.';
		if (!is_own && !is_within) continue;
		if (!found || c->name.n > found->name.n) found = c, seen = 1, number = 0;
		else if (str_eq(c->name, found->name)) seen++;
		str rest = str_sub(field, c->name.n + 1, field.n), digits = is_within ? str_cut(&rest, '.') : STR_NONE;
		if (is_within && str_i64(digits, &number) && number == seen) found = c;
	}
	return found;
}

/* A question that cannot be answered as it stands: said on the form, at its field where it has one; nothing else is lost. */
static enum err refuse(struct journey_asking *k, enum err e)
{
	if (e != ERR_INVALID && e != ERR_TOO_LARGE && e != ERR_MALFORMED) return e;
	const struct fault *f = &k->op->fault;
	struct journey_view *page = k->page;
	page->faults.n = (size_t)f->n_fields;
	page->faults.v = ARENA_ARRAY(&k->op->arena, struct form_fault, page->faults.n + 1);
	for (size_t i = 0; i < page->faults.n; i++) {
		str field = str_dup(&k->op->arena, str_of(f->fields[i].name)), why = str_dup(&k->op->arena, str_of(f->fields[i].text));
		struct journey_choice *c = choice_at(page, field);
		page->faults.v[i] = (struct form_fault){c ? c->id : page->is_explored ? S("q") : S(""), msg_str("journey_fault", "field", field)};
		msg_add(&page->faults.v[i].text, (struct msg_arg){.name = "why", .type = MSG_STR, .s = why});
		if (c) c->error = msg_str("question_fault", "why", why);
		if (c && c->is_more) page->is_more_open = true;
		else if (page->is_explored) page->json.error = page->faults.v[i].text;
	}
	return OK;
}

/* The customers behind a number are asked for by the view's own question. */
static void take_addresses(struct journey_table *t)
{
	for (size_t r = 0; r < t->rows.n; r++)
		for (size_t c = 0; c < t->rows.v[r].cells.n; c++) t->rows.v[r].cells.v[c].address = STR_NONE;
}

static void add_name(struct journey_asking *k, struct journey_table *t, str ending, str name)
{
	t->id = str_fmt(&k->op->arena, "%.*s_%.*s", STR_ARG(t->id), STR_ARG(ending));
	t->title = str_fmt(&k->op->arena, "%.*s · %.*s", STR_ARG(t->title), STR_ARG(name));
}

/* Of kinds whose groups are answers of their own: all, and then the first table of each group. */
static void show_answer(struct journey_asking *k, const struct journey_kind *kind, const struct json_node *answer)
{
	const struct json_node *all = json_get(answer, S("all")), *groups = journey_at(answer, "groups");
	struct journey_view *page = k->page;
	bool is_split = json_get(answer, S("by")) && all && groups;
	kind->show(k, is_split ? all : answer);
	struct msg finding = page->finding;
	str finding_text = page->finding_text;
	size_t n = 0;
	for (const struct json_node *g = is_split ? groups->child : NULL; g; g = g->next) {
		size_t first = page->tables.n;
		bool is_rest = json_is_true(g, S("other"));
		k->group = json_get(g, S("by"));
		kind->show(k, g);
		k->group = NULL;
		if (page->tables.n == first) continue;
		page->tables.n = first + 1;
		if (is_rest) take_addresses(&page->tables.v[first]); /* all values past `top` have no one name */
		add_name(k, &page->tables.v[first], str_fmt(&k->op->arena, "%zu", ++n), journey_group(k, g));
	}
	page->finding = finding;
	page->finding_text = finding_text;
}

/* The same tables once more, of what it is compared with. */
static void show_compared(struct journey_asking *k, const struct journey_kind *kind, const struct json_node *answer)
{
	const struct json_node *other = journey_at(answer, "compare");
	struct journey_view *page = k->page;
	struct msg finding = page->finding;
	str finding_text = page->finding_text;
	size_t first = page->tables.n;
	if (!other || other->type != JSON_OBJECT) return;
	show_answer(k, kind, other);
	page->finding = finding;
	page->finding_text = finding_text;
	str name = i18n_msg(&k->op->arena, &k->op->locale, &k->compared_name);
	for (size_t i = first; i < page->tables.n; i++) {
		struct journey_table *t = &page->tables.v[i];
		take_addresses(t);
		add_name(k, t, S("compared"), name);
	}
}

static str points(struct journey_asking *k, const struct json_node *d, const char *key)
{
	double tenths = round(journey_real(d, key) * 1000);
	return i18n_real(&k->op->arena, &k->op->locale, tenths == 0 ? 0 : tenths / 10, 1); /* none is not below none */
}

/* How much each share differs from that of what it is compared with, and how surely. The first one is the whole. */
static void show_change(struct journey_asking *k, const struct json_node *answer)
{
	const struct json_node *change = json_get(answer, S("change")), *list = change ? json_get(change, S("steps")) : NULL;
	int64_t first = list ? 1 : 0, place = first;
	if (change && !list) list = json_get(change, S("cells"));
	if (!list || list->n < 2) return;
	struct journey_table *t = journey_table(k, "change", list->n);
	journey_head(k, t, "journey_change_of", false);
	journey_head(k, t, "journey_change_points", true);
	journey_head(k, t, "journey_surely", true);
	for (const struct json_node *d = list->child->next; d; d = d->next) {
		place++;
		if (d->type != JSON_OBJECT) continue;
		journey_row(k, t, i18n_int(&k->op->arena, &k->op->locale, place));
		journey_cell(k, t, points(k, d, "difference"));
		str low = points(k, d, "low"), high = points(k, d, "high");
		journey_cell(k, t, str_fmt(&k->op->arena, "%.*s … %.*s", STR_ARG(low), STR_ARG(high)));
	}
}

static enum err prepare(struct journey_asking *k, const struct journey_kind *kind)
{
	struct op *op = k->op;
	struct journey_view *page = k->page = ARENA_NEW(&op->arena, struct journey_view);
	page->key = str_of(kind->key);
	page->title = msg_of(str_c(&op->arena, str_fmt(&op->arena, "journey_view_%s", kind->key)));
	page->explains = msg_of(str_c(&op->arena, str_fmt(&op->arena, "journey_explains_%s", kind->key)));
	put_views(k, kind);
	TRY(heard_get(op, &k->heard));
	TRY(period_read(op, k->w, k->heard->first_ms, k->heard->last_ms, &k->period));
	page->periods.v = period_options(op, &k->period, &page->periods.n);
	page->from = period_first_day(op, k->period.shown);
	page->to = period_last_day(op, k->period.shown);
	page->took_ms = NAN;
	page->is_empty = k->heard->n == 0;
	return write_question(k, kind);
}

enum err journey_question(struct journey_asking *k)
{
	const struct journey_kind *kind = kind_of(web_parameter(k->w, "kind"));
	return kind ? prepare(k, kind) : fail(k->op, ERR_NOT_FOUND, "kind", "there is no such view");
}

static enum err make(struct op *op, struct web *w, struct journey_asking *k)
{
	const struct journey_kind *kind = kind_of(web_parameter(w, "kind"));
	const struct json_node *answer;
	*k = (struct journey_asking){.op = op, .w = w};
	TRY(journey_question(k));
	struct journey_view *page = k->page;
	if (page->json.error.key) {
		page->faults.v = ARENA_ARRAY(&op->arena, struct form_fault, 1);
		page->faults.v[page->faults.n++] = (struct form_fault){S("q"), page->json.error};
	}
	if (page->is_empty || page->is_unasked) return OK;
	enum err e = question_answer(op, page->question, &page->answer);
	if (e != OK) return refuse(k, e);
	TRY(json_tree(&op->arena, page->answer, ANSWER_BYTES, &answer, &op->fault));
	page->is_asked = true;
	tell_base(k, answer);
	show_answer(k, kind, answer);
	show_compared(k, kind, answer);
	show_change(k, answer);
	const struct json_node *all = json_get(answer, S("all"));
	if (kind->more) TRY(kind->more(k, all && all->type == JSON_OBJECT && json_get(answer, S("by")) ? all : answer));
	str tail = http_query_string(w->rq);
	for (size_t i = 0; i < page->tables.n; i++)
		if (page->tables.v[i].left > 0) page->tables.v[i].left_note = msg_int("journey_left", "left", page->tables.v[i].left);
	page->csv = str_fmt(&op->arena, "/journeys/%s/table.csv%s%.*s", kind->key, tail.n ? "?" : "", STR_ARG(tail));
	return OK;
}

enum err journey_home(struct op *op, struct web *w, struct answer *a)
{
	(void)op;
	(void)w;
	return answer_redirect(a, str_fmt(&op->arena, "/journeys/%s", KINDS[0]->key));
}

enum err journey_view_get(struct op *op, struct web *w, struct answer *a)
{
	struct journey_asking k;
	TRY(make(op, w, &k));
	if (k.page->faults.n) return answer_refused(op, a, &JOURNEY_VIEW_DESC, k.page);
	return answer_with(a, &JOURNEY_VIEW_DESC, k.page);
}

/* ---- as CSV ---- */

static void put_table(struct buf *b, const struct journey_table *t)
{
	for (size_t i = 0; i < t->heads.n; i++) {
		if (i) buf_byte(b, ',');
		buf_csv(b, t->heads.v[i].text);
	}
	buf_add(b, S("\r\n"));
	for (size_t r = 0; r < t->rows.n; r++) {
		buf_csv(b, t->rows.v[r].name);
		for (size_t c = 0; c < t->rows.v[r].cells.n; c++) {
			buf_byte(b, ',');
			buf_csv(b, t->rows.v[r].cells.v[c].text);
		}
		buf_add(b, S("\r\n"));
	}
}

enum err journey_view_csv(struct op *op, struct web *w, struct answer *a)
{
	struct journey_asking k;
	struct buf b;
	TRY(make(op, w, &k));
	if (k.page->faults.n) return fail(op, ERR_INVALID, "", "the question cannot be answered as it stands; the page says why");
	buf_init(&b, CSV_BYTES);
	for (size_t i = 0; i < k.page->tables.n; i++) {
		if (i) buf_add(&b, S("\r\n"));
		put_table(&b, &k.page->tables.v[i]);
	}
	a->text = str_dup(&op->arena, buf_str(&b));
	a->content_type = S("text/csv; charset=utf-8");
	a->download_name = str_fmt(&op->arena, "%.*s.csv", STR_ARG(k.page->key));
	buf_release(&b);
	return OK;
}
