/* What customers wrote, searched for and felt. Every text is first held against models/sensitive.tsv: what touches it leads to
 * nothing, not even to a count of its topic. */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/datetime.h"
#include "base/log.h"
#include "base/map.h"
#include "base/utf8.h"
#include "consent/consent.h"
#include "http/asset.h"
#include "i18n/i18n.h"
#include "reading/reading.h"
#include "text/topic.h"
#include "want/want_inner.h"

enum { TEXTS_MOST = 3000, MONTHS_MOST = 240, LINES_HELD = 200, SEARCH_BYTES = 200 };

static struct topics *sensitive;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void)
{
	const struct asset *list = asset_find(S("models/sensitive.tsv"));
	struct fault f = {0};
	if (!list || topics_new(list->bytes, &sensitive, &f) != OK) log_error("sensitive_not_read", F_STR("where", str_of(f.fields[0].name)));
}

/* Without the list nothing is safe. */
bool want__is_sensitive(struct arena *a, str text)
{
	struct folded folded;
	size_t n;
	pthread_once(&once, load);
	if (!text.n) return false;
	if (!sensitive) return true;
	fold(a, text, &folded);
	(void)topics_of(sensitive, a, &folded, &n);
	return n > 0;
}

/* ---- lines ---- */

struct lines {
	struct op *op;
	const char *prefix; /* of the words that name a line */
	struct want_line v[LINES_HELD];
	size_t n;
};

static struct want_line *line_of(struct lines *l, str name)
{
	for (size_t i = 0; i < l->n; i++)
		if (str_eq(l->v[i].name, name)) return &l->v[i];
	if (l->n == LINES_HELD) return NULL;
	struct want_line *x = &l->v[l->n++];
	*x = (struct want_line){.name = str_dup(&l->op->arena, name), .last_at = DESC_NULL_INT};
	x->evidence.v = ARENA_ARRAY(&l->op->arena, struct want_evidence, WANT_EVIDENCE);
	return x;
}

/* Oldest come first, so the latest stand at the end; they are shown latest first. */
static void add(struct lines *l, str name, const struct want_evidence *e, bool is_pos, bool is_neg)
{
	struct want_line *x = line_of(l, name);
	if (!x) return;
	x->n++;
	x->pos += is_pos;
	x->neg += is_neg;
	x->last_at = e->at;
	size_t keep = x->evidence.n < WANT_EVIDENCE ? x->evidence.n++ : WANT_EVIDENCE - 1;
	for (size_t i = keep; i > 0; i--) x->evidence.v[i] = x->evidence.v[i - 1];
	x->evidence.v[0] = *e;
}

static int most_first(const void *a, const void *b)
{
	const struct want_line *x = a, *y = b;
	if (x->n != y->n) return x->n < y->n ? 1 : -1;
	return x->last_at < y->last_at ? 1 : x->last_at > y->last_at ? -1 : str_cmp(x->name, y->name);
}

static void give(struct lines *l, void *list)
{
	LIST_OF(struct want_line) *out = list;
	struct op *op = l->op;
	qsort(l->v, l->n, sizeof *l->v, most_first);
	out->n = l->n < WANT_LINES ? l->n : WANT_LINES;
	out->v = ARENA_ARRAY(&op->arena, struct want_line, out->n + 1);
	for (size_t i = 0; i < out->n; i++) {
		out->v[i] = l->v[i];
		str key = str_fmt(&op->arena, "%s_%.*s", l->prefix, STR_ARG(l->v[i].name));
		out->v[i].label = i18n_has(op->locale.lang, key) ? i18n_pattern(op->locale.lang, key) : l->v[i].name;
	}
}

/* ---- one text ---- */

struct drawing {
	struct op *op;
	struct want *out;
	struct lines needs, searches, feelings;
	struct want_month months[MONTHS_MOST];
	size_t n_months;
};

static void impress(struct drawing *r, int64_t at, double value)
{
	struct civil c = civil_of_ms(at);
	int64_t month = civil_to_days(c.year, c.month, 1) * DAY_MS;
	struct want_month *m = r->n_months ? &r->months[r->n_months - 1] : NULL;
	if (!m || m->month != month) {
		if (r->n_months == MONTHS_MOST) return;
		m = &r->months[r->n_months++];
		*m = (struct want_month){.month = month};
	}
	m->n++;
	m->mean += (value - m->mean) / (double)m->n;
}

/* Each line of names that begins with a prefix, without it. */
static void add_names(struct drawing *r, struct lines *to, str names, const char *kind, const char *prefix, const struct want_evidence *e, bool is_pos, bool is_neg)
{
	while (str_given(names) && names.n) {
		str name = str_cut(&names, '\n'), rest = name;
		if (kind && !str_eq(str_cut(&rest, '/'), str_of(kind))) continue;
		if (rest.n) add(to, prefix ? str_fmt(&r->op->arena, "%s_%.*s", prefix, STR_ARG(rest)) : rest, e, is_pos, is_neg);
	}
}

static void take_text(struct drawing *r, const struct reading_text *t)
{
	if (want__is_sensitive(&r->op->arena, t->text)) {
		r->out->left_out++;
		return;
	}
	const struct text_verdict *v = &t->verdict;
	struct want_evidence e = {t->at, t->event, utf8_cut(t->text, WANT_QUOTE_BYTES), t->url.n ? t->url : STR_NONE,
		str_fmt(&r->op->arena, "/voice/texts/%.*s", STR_ARG(reading_text_show(r->op, t)))};
	bool is_pos = str_eq(v->sentiment, S("pos")), is_neg = str_eq(v->sentiment, S("neg"));
	add_names(r, &r->needs, v->topics, NULL, NULL, &e, is_pos, is_neg);
	add_names(r, &r->needs, v->signals, "request", "request", &e, false, false);
	add_names(r, &r->feelings, v->signals, "emotion", NULL, &e, is_pos, is_neg);
	if (!isnan(v->score)) impress(r, t->at, v->score);
}

static void take_touchpoint(struct drawing *r, const struct customer_touchpoint *t)
{
	str query = want__detail(t, "query");
	if (query.n && want__is_sensitive(&r->op->arena, query)) r->out->left_out++;
	else if (query.n) add(&r->searches, i18n_fold(&r->op->arena, utf8_cut(query, SEARCH_BYTES)), &(struct want_evidence){t->time, t->event, query, STR_NONE, STR_NONE}, false, false);
	if (t->mood == MOOD_UNKNOWN) return;
	str mood = str_of(CUSTOMER_MOODS[t->mood]);
	bool is_safe = !want__is_sensitive(&r->op->arena, t->text);
	if (!is_safe) return;
	add(&r->feelings, str_fmt(&r->op->arena, "mood_%.*s", STR_ARG(mood)), &(struct want_evidence){t->time, t->event, utf8_cut(t->text, WANT_QUOTE_BYTES), STR_NONE, STR_NONE}, t->mood == MOOD_HAPPY, t->mood == MOOD_UNHAPPY);
	impress(r, t->time, t->mood == MOOD_HAPPY ? 1 : t->mood == MOOD_UNHAPPY ? -1 : 0);
}

static void put_months(struct drawing *r)
{
	struct op *op = r->op;
	r->out->months.v = ARENA_ARRAY(&op->arena, struct want_month, r->n_months + 1);
	r->out->months.n = r->n_months;
	for (size_t i = 0; i < r->n_months; i++) {
		r->out->months.v[i] = r->months[i];
		r->out->months.v[i].label = i18n_month(&op->arena, &op->locale, r->months[i].month);
		r->out->months.v[i].shown = i18n_real(&op->arena, &op->locale, r->months[i].mean, 2);
	}
}

/* What they wrote stands among what they did, by its time. */
enum err want__texts(struct op *op, id customer, const struct want__past *past, struct want *out)
{
	struct drawing *r = ARENA_NEW(&op->arena, struct drawing);
	struct reading_text *texts;
	size_t n, next = 0;
	r->op = r->needs.op = r->searches.op = r->feelings.op = op;
	r->needs.prefix = "topic";
	r->searches.prefix = "search";
	r->feelings.prefix = "emotion";
	r->out = out;
	TRY(reading_of(op, customer, TEXTS_MOST, &texts, &n));
	for (size_t i = 0; i <= past->n; i++) {
		int64_t until = i < past->n ? past->v[i]->time : INT64_MAX;
		for (; next < n && texts[next].at <= until; next++) take_text(r, &texts[next]);
		if (i < past->n) take_touchpoint(r, past->v[i]);
	}
	give(&r->needs, &out->needs);
	give(&r->searches, &out->searches);
	give(&r->feelings, &out->feelings);
	put_months(r);
	return OK;
}
