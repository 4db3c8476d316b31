/* Answers of the kinds that have no view of their own. */
#include <math.h>

#include "i18n/i18n.h"
#include "journey/journey.h"
#include "json/json.h"
#include "op/op.h"

enum { COLUMNS_MOST = 20 };

static str words(struct journey_asking *k, const char *key)
{
	return i18n_format(&k->op->arena, &k->op->locale, str_of(key), NULL, 0);
}

/* ---- segment ---- */

static void put_size(struct journey_asking *k, const struct json_node *answer)
{
	struct journey_table *t = journey_table(k, "size", 1);
	journey_head(k, t, "segment", false);
	journey_head(k, t, "journey_customers", true);
	journey_head(k, t, "journey_share", true);
	journey_row(k, t, words(k, "journey_all"));
	struct journey_cell *size = journey_cell(k, t, journey_count(k, answer, "customers"));
	if (journey_real(answer, "customers") > 0) size->address = journey_behind(k, {"limit", NULL});
	journey_bar(k, journey_cell(k, t, journey_share(k, journey_real(answer, "share"), 1)), journey_real(answer, "share"));
}

static void put_overlap(struct journey_asking *k, const struct json_node *overlap)
{
	if (!overlap || !overlap->n) return;
	struct journey_table *t = journey_table(k, "overlap", overlap->n);
	journey_head(k, t, "segment", false);
	journey_head(k, t, "journey_customers", true);
	journey_head(k, t, "question_both", true);
	journey_head(k, t, "journey_share", true);
	for (const struct json_node *o = overlap->child; o; o = o->next) {
		journey_row(k, t, json_get_str(o, S("what")));
		journey_cell(k, t, journey_count(k, o, "customers"));
		journey_cell(k, t, journey_count(k, o, "both"));
		journey_bar(k, journey_cell(k, t, journey_share(k, journey_real(o, "share"), 1)), journey_real(o, "share"));
	}
}

static void put_sizes(struct journey_asking *k, const struct json_node *rows)
{
	const struct json_node *question;
	if (!rows || json_tree(&k->op->arena, k->page->question, k->page->question.n + 1, &question, NULL) != OK) return;
	struct journey_table *t = journey_table(k, "trend", rows->n);
	t->chart = S("line");
	journey_head(k, t, "journey_time", false);
	journey_series(k, t, "journey_customers");
	for (const struct json_node *r = rows->child; r; r = r->next) {
		str time = json_get_str(r, S("time"));
		journey_row(k, t, journey_day(k, time, json_get_str(question, S("interval"))))->time = time;
		journey_draw(k, journey_cell(k, t, journey_count(k, r, "value")), journey_real(r, "value"));
	}
}

void journey_show_segment(struct journey_asking *k, const struct json_node *answer)
{
	double share = journey_real(answer, "share");
	put_size(k, answer);
	put_overlap(k, journey_at(answer, "overlap"));
	put_sizes(k, journey_at(answer, "rows"));
	k->page->finding = msg_int("segment_size", "customers", (int64_t)journey_real(answer, "customers"));
	msg_add(&k->page->finding, (struct msg_arg){.name = "share", .type = MSG_SHARE, .d = share});
}

/* ---- any other kind: each of its lists, a column a name ---- */

static bool is_shown(const struct json_node *v)
{
	return v->type != JSON_OBJECT && v->type != JSON_ARRAY;
}

static str figure(struct journey_asking *k, const struct json_node *v)
{
	double d;
	if (v->type == JSON_NULL) return S("–");
	if (v->type == JSON_TRUE || v->type == JSON_FALSE) return words(k, v->type == JSON_TRUE ? "yes" : "no");
	if (v->type != JSON_NUMBER || !str_f64(v->text, &d)) return v->text;
	return d == floor(d) && fabs(d) < 9e15 ? i18n_int(&k->op->arena, &k->op->locale, (int64_t)d) : i18n_real(&k->op->arena, &k->op->locale, d, 4);
}

static void put_list(struct journey_asking *k, const struct json_node *list)
{
	struct journey_table *t = journey_table(k, "list", list->n);
	size_t n = 0;
	t->id = list->key;
	for (const struct json_node *m = list->child->child; m && n < COLUMNS_MOST; m = m->next)
		if (is_shown(m)) journey_head_text(t, m->key)->is_number = n++ && m->type == JSON_NUMBER;
	for (const struct json_node *row = list->child; row; row = row->next) {
		bool is_first = true;
		for (size_t i = 0; i < t->heads.n; i++) {
			const struct json_node *v = json_get(row, t->heads.v[i].text);
			str text = v && is_shown(v) ? figure(k, v) : S("–");
			if (is_first) journey_row(k, t, text);
			else journey_cell(k, t, text);
			is_first = false;
		}
	}
}

void journey_show_lists(struct journey_asking *k, const struct json_node *answer)
{
	for (const struct json_node *m = answer->child; m; m = m->next)
		if (m->type == JSON_ARRAY && m->child && m->child->type == JSON_OBJECT) put_list(k, m);
	k->page->finding = msg_of(k->page->tables.n ? "question_lists" : "journey_finding_none");
}

/* ---- time line ---- */

void journey_show_timeline(struct journey_asking *k, const struct json_node *answer)
{
	const struct json_node *events = journey_at(answer, "events"), *first = events ? events->child : NULL;
	struct journey_table *t = journey_table(k, "timeline", events ? events->n : 0);
	journey_head(k, t, "journey_time", false);
	for (const struct json_node *m = first ? first->child : NULL; m && t->heads.n < COLUMNS_MOST; m = m->next) {
		if (str_eq(m->key, S("event"))) journey_head(k, t, "journey_event", false);
		else if (str_eq(m->key, S("channel"))) journey_head(k, t, "channel", false);
		else if (!str_starts(m->key, S("time"))) journey_head_text(t, m->key)->is_number = m->type == JSON_NUMBER;
	}
	for (const struct json_node *e = first; e; e = e->next) {
		int64_t ms = 0;
		(void)json_get_i64(e, S("time_ms"), &ms);
		journey_row(k, t, i18n_time(&k->op->arena, &k->op->locale, ms));
		for (const struct json_node *m = e->child; m; m = m->next)
			if (!str_starts(m->key, S("time"))) journey_cell(k, t, m->type == JSON_NULL ? S("–") : journey_value(k, m));
	}
	k->page->finding = msg_int(first ? "n_touchpoints" : "journey_finding_none", "n", events ? (int64_t)events->n : 0);
}
