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
#include "text/shelf.h"
#include "text/text.h"
#include "want/want_inner.h"

enum { SIGNALS = 8, MONTHS_MOST = 240, LINES_HELD = 200, SEARCH_BYTES = 200 };

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

struct reading {
	struct op *op;
	struct want *out;
	const struct text_own *own;
	struct lines needs, searches, feelings;
	struct want_month months[MONTHS_MOST];
	size_t n_months;
};

static void impress(struct reading *r, int64_t at, double value)
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

static void read_text(struct reading *r, int64_t at, str event, str text, str url)
{
	struct arena *a = &r->op->arena;
	struct text_reading *t = ARENA_NEW(a, struct text_reading);
	str names[SIGNALS];
	if (!text.n) return;
	if (want__is_sensitive(a, text)) {
		r->out->left_out++;
		return;
	}
	text_read(a, text, r->own, t);
	struct want_evidence e = {at, event, utf8_cut(text, WANT_QUOTE_BYTES), url};
	bool is_pos = str_eq(t->sentiment, S("pos")), is_neg = str_eq(t->sentiment, S("neg"));
	for (size_t i = 0; i < t->n_found; i++) add(&r->needs, topics_name(t->topics, t->found[i].topic), &e, is_pos, is_neg);
	size_t n = text_signals(t, "request", names, SIGNALS);
	for (size_t i = 0; i < n; i++) add(&r->needs, str_fmt(a, "request_%.*s", STR_ARG(names[i])), &e, false, false);
	n = text_signals(t, "emotion", names, SIGNALS);
	for (size_t i = 0; i < n; i++) add(&r->feelings, names[i], &e, is_pos, is_neg);
	if (str_given(t->sentiment)) impress(r, at, t->score);
}

static void read_touchpoint(struct reading *r, const struct customer_touchpoint *t)
{
	static const char *const words[] = {"text", "comment", "message", "review", "body", "subject"};
	str query = want__detail(t, "query");
	if (t->text.n) read_text(r, t->time, t->event, t->text, STR_NONE);
	for (size_t i = 0; i < COUNT_OF(words) && !t->text.n; i++) read_text(r, t->time, t->event, want__detail(t, words[i]), STR_NONE);
	if (query.n && want__is_sensitive(&r->op->arena, query)) r->out->left_out++;
	else if (query.n) add(&r->searches, i18n_fold(&r->op->arena, utf8_cut(query, SEARCH_BYTES)), &(struct want_evidence){t->time, t->event, query, STR_NONE}, false, false);
	if (t->mood == MOOD_UNKNOWN) return;
	str mood = str_of(CUSTOMER_MOODS[t->mood]);
	bool is_safe = !want__is_sensitive(&r->op->arena, t->text);
	if (!is_safe) return;
	add(&r->feelings, str_fmt(&r->op->arena, "mood_%.*s", STR_ARG(mood)), &(struct want_evidence){t->time, t->event, utf8_cut(t->text, WANT_QUOTE_BYTES), STR_NONE}, t->mood == MOOD_HAPPY, t->mood == MOOD_UNHAPPY);
	impress(r, t->time, t->mood == MOOD_HAPPY ? 1 : t->mood == MOOD_UNHAPPY ? -1 : 0);
}

static void put_months(struct reading *r)
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

/* Mentions that were joined to them stand among what they wrote, by their time. */
enum err want__texts(struct op *op, id customer, const struct want__past *past, struct want *out)
{
	struct reading *r = ARENA_NEW(&op->arena, struct reading);
	struct db_rows mentions;
	size_t next = 0;
	r->own = text_own_of(op);
	r->op = r->needs.op = r->searches.op = r->feelings.op = op;
	r->needs.prefix = "topic";
	r->searches.prefix = "search";
	r->feelings.prefix = "emotion";
	r->out = out;
	TRY(op_query(op, SQL_want_mentions, DB_ARGS(db_id(customer)), &mentions));
	for (size_t i = 0; i <= past->n; i++) {
		int64_t until = i < past->n ? past->v[i]->time : INT64_MAX;
		for (; next < mentions.n && db_rows_int(&mentions, next, 0) <= until; next++)
			read_text(r, db_rows_int(&mentions, next, 0), S("Mention Posted"), db_rows_text(&mentions, next, 1), db_rows_text(&mentions, next, 2));
		if (i < past->n) read_touchpoint(r, past->v[i]);
	}
	give(&r->needs, &out->needs);
	give(&r->searches, &out->searches);
	give(&r->feelings, &out->feelings);
	put_months(r);
	return OK;
}
