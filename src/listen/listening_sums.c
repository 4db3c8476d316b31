/* Net sentiment: as NPS, with the adjusted Wald interval (base/rating.h). A topic rises when its mentions of the last seven days
 * are more than its own past explains: among all of this week and the weeks before, each week would hold an equal part by
 * chance (a binomial test, corrected for the number of topics: Benjamini and Hochberg), at least LEAST of them, and the ratio's
 * interval (Wilson's of that part) stays above one. Who rose within the last LISTENING_COOL weeks by the same rule is not told
 * again. */
#include "listen/listening.h"

#include <math.h>
#include <stdlib.h>

#include "base/compare.h"
#include "base/datetime.h"
#include "base/rating.h"
#include "consent/consent.h"
#include "i18n/i18n.h"

enum { LEAST = 5, PAST_LEAST = 2, TOPICS_MOST = 600, AHEAD_MS = 3600000 };
static const double SURE = 0.05;
static const int64_t WEEK_MS = 7 * DAY_MS;

/* ---- one pass ---- */

struct pass {
	struct op *op;
	const struct listening_asked *asked;
	const struct listening_set *sets;
	size_t n_sets, most_rows;
	struct listening_sums *sums;
	struct map topics;
};

enum column { ID, AT, NETWORK, URL, TITLE, TEXT, AUTHOR, LANGUAGE, RATING, RATING_MAX, SENTIMENT, TOPICS, SIGNALS, SOURCE, SOURCE_NAME, CUSTOMER };

static double real_of(const struct db_val *v)
{
	return v->type == DB_NULL ? NAN : v->d;
}

static struct listening_mention read_row(const struct db_val *v)
{
	return (struct listening_mention){.id = v[ID].i, .at = v[AT].i, .network = v[NETWORK].s, .url = v[URL].s, .title = v[TITLE].s, .text = v[TEXT].s, .author = v[AUTHOR].s, .language = v[LANGUAGE].s,
		.sentiment = v[SENTIMENT].s, .topics = v[TOPICS].s, .source = v[SOURCE].type == DB_NULL ? 0 : v[SOURCE].i, .source_name = v[SOURCE_NAME].s, .customer = v[CUSTOMER].type == DB_NULL ? 0 : v[CUSTOMER].i,
		.rating = real_of(&v[RATING]), .rating_max = real_of(&v[RATING_MAX])};
}

static bool is_same_text(struct arena *a, str one, str other)
{
	return str_eq(i18n_fold(a, one), i18n_fold(a, other));
}

static bool fits_field(const struct search_field *f, const struct listening_mention *m)
{
	struct arena a = {0};
	bool fits = str_eq(f->name, S("language")) ? str_eq_nocase(f->value, m->language) : is_same_text(&a, f->value, m->network) || is_same_text(&a, f->value, m->source_name);
	arena_release(&a);
	return fits != f->is_excluded;
}

static bool fits_set(const struct listening_set *set, const struct listening_mention *m)
{
	if (!set->is_asked) return true;
	if (set->query.match.n && !search_has(&set->found, m->id)) return false;
	for (size_t i = 0; i < set->query.n_fields; i++)
		if (!fits_field(&set->query.fields[i], m)) return false;
	return true;
}

static bool has_topic(str topics, str wanted)
{
	while (topics.n) {
		str one = str_cut(&topics, '\n');
		if (str_eq(one, wanted)) return true;
	}
	return false;
}

static bool fits_filters(const struct listening_asked *x, const struct listening_mention *m)
{
	if (x->source && x->source != m->source) return false;
	return !str_given(x->language) || str_eq(x->language, m->language);
}

static void add_topics(struct pass *p, const struct listening_mention *m, int64_t week, bool is_in, bool is_pos, bool is_neg)
{
	for (str rest = m->topics; rest.n;) {
		str name = str_cut(&rest, '\n');
		bool added;
		if (!name.n) continue;
		uint64_t *at = map_get(&p->topics, name);
		if (!at && p->sums->topics.n == TOPICS_MOST) continue;
		if (!at) {
			name = str_dup(&p->op->arena, name);
			at = map_put(&p->topics, name, &added);
			*at = p->sums->topics.n;
			VEC_ADD(&p->sums->topics, &p->op->arena)->name = name;
		}
		struct listening_topic *t = &p->sums->topics.v[*at];
		t->weeks[week]++;
		t->n += is_in;
		t->pos += is_in && is_pos;
		t->neg += is_in && is_neg;
	}
}

static void keep_row(struct pass *p, const struct listening_mention *m)
{
	struct arena *a = &p->op->arena;
	struct listening_mention *row = VEC_ADD(&p->sums->rows, a);
	*row = *m;
	str *const texts[] = {&row->network, &row->url, &row->title, &row->text, &row->author, &row->language, &row->sentiment, &row->topics, &row->source_name};
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (str_given(*texts[i])) *texts[i] = str_dup(a, *texts[i]);
}

static void count(struct pass *p, const struct listening_mention *m)
{
	struct listening_sums *s = p->sums;
	bool is_pos = str_eq(m->sentiment, S("pos")), is_neg = str_eq(m->sentiment, S("neg")), is_neu = str_eq(m->sentiment, S("neu"));
	s->n++;
	s->pos += is_pos;
	s->neg += is_neg;
	s->neu += is_neu;
	if (!isnan(m->rating) && m->rating_max > 0) {
		s->rated++;
		s->rating_sum += m->rating / m->rating_max;
	}
	bool is_behind = m->at < p->asked->before_at || (m->at == p->asked->before_at && m->id < p->asked->before);
	if (is_behind && s->rows.n < p->most_rows) keep_row(p, m);
}

static bool visit(void *arg, const struct db_val *row, size_t columns)
{
	struct pass *p = arg;
	struct listening_mention m = read_row(row);
	int64_t age = p->asked->now_ms - m.at, week = age < 0 ? 0 : age / WEEK_MS;
	bool is_in = age < p->asked->days * DAY_MS, is_pos = str_eq(m.sentiment, S("pos")), is_neg = str_eq(m.sentiment, S("neg"));
	(void)columns;
	if (week >= LISTENING_WEEKS || !fits_filters(p->asked, &m)) return true;
	if ((size_t)week + 1 > p->sums->weeks_heard) p->sums->weeks_heard = (size_t)week + 1;
	for (size_t i = 0; is_in && i < p->n_sets; i++) p->sums->of_sets[i] += fits_set(&p->sets[i], &m);
	if (!fits_set(&p->asked->words, &m) || (str_given(p->asked->feeling) && !str_eq(p->asked->feeling, m.sentiment))) return true;
	add_topics(p, &m, week, is_in, is_pos, is_neg);
	if (str_given(p->asked->topic) && !has_topic(m.topics, p->asked->topic)) return true;
	struct listening_week *w = &p->sums->weeks[week];
	w->n++;
	w->pos += is_pos;
	w->neg += is_neg;
	w->neu += str_eq(m.sentiment, S("neu"));
	if (is_in) count(p, &m);
	return true;
}

enum err listening_sum(struct op *op, const struct listening_asked *x, const struct listening_set *sets, size_t n_sets, size_t most_rows, struct listening_sums **out)
{
	struct listening_sums *s = *out = ARENA_NEW(&op->arena, struct listening_sums);
	struct pass p = {.op = op, .asked = x, .sets = sets, .n_sets = n_sets, .most_rows = most_rows, .sums = s};
	s->of_sets = ARENA_ARRAY(&op->arena, int64_t, n_sets + 1);
	map_init(&p.topics);
	enum err e = op_each(op, SQL_mention_each, DB_ARGS(db_int(PURPOSE_ANALYTICS), db_int(x->now_ms - LISTENING_WEEKS * WEEK_MS), db_int(x->now_ms + AHEAD_MS)), visit, &p);
	map_release(&p.topics);
	return e;
}

/* ---- figures ---- */

struct listening_net listening_net_of(int64_t pos, int64_t neg, int64_t neu)
{
	struct rating_sums sums = {0};
	struct rating_scale scale = rating_scale_of(RATING_NPS);
	const struct {
		int64_t n;
		double as;
	} parts[] = {{pos, 10}, {neg, 0}, {neu, 8}};
	if (pos + neg + neu == 0) return (struct listening_net){NAN, NAN, NAN};
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		for (int64_t k = 0; k < parts[i].n; k++) rating_add(&sums, RATING_NPS, scale, parts[i].as, 1);
	struct rating r = rating_of(&sums, RATING_NPS, RATING_MEAN);
	return (struct listening_net){r.value.value, r.value.low, r.value.high};
}

/* P(X >= k), X of n with chance p. */
static double tail(int64_t k, int64_t n, double p)
{
	double sum = 0;
	for (int64_t i = k; i <= n; i++) {
		double term = exp(lgamma((double)n + 1) - lgamma((double)i + 1) - lgamma((double)(n - i) + 1) + (double)i * log(p) + (double)(n - i) * log1p(-p));
		sum += term;
		if (i > k + 10 && term < sum * 1e-12) break;
	}
	return sum < 1 ? sum : 1;
}

/* Of the week that lies `ago` weeks back. */
static void judge(const struct listening_topic *t, size_t ago, size_t past, struct listening_rise *out, double *p)
{
	int64_t before = 0;
	*out = (struct listening_rise){.topic = t, .now = t->weeks[ago], .usual = NAN, .ratio = NAN, .low = NAN, .high = NAN, .q = NAN};
	*p = NAN;
	if (past < PAST_LEAST) return;
	for (size_t i = 1; i <= past; i++) before += t->weeks[ago + i];
	out->usual = (double)before / (double)past;
	if (!before || !out->now) return; /* nothing to be measured by, or nothing now */
	struct interval part = interval_wilson(out->now, out->now + before);
	out->ratio = (double)out->now / out->usual;
	out->low = part.low / (1 - part.low) * (double)past;
	out->high = part.high / (1 - part.high) * (double)past;
	*p = tail(out->now, out->now + before, 1 / (double)(past + 1));
}

static void judge_week(const struct listening_sums *s, size_t ago, struct listening_rise *out, double *p, double *q)
{
	size_t past = s->weeks_heard > ago + 2 ? s->weeks_heard - ago - 2 : 0; /* the oldest week may be cut */
	if (past > LISTENING_PAST) past = LISTENING_PAST;
	for (size_t i = 0; i < s->topics.n; i++) judge(&s->topics.v[i], ago, past, &out[i], &p[i]);
	compare_adjust(p, s->topics.n, q);
	for (size_t i = 0; i < s->topics.n; i++) {
		out[i].q = q[i];
		out[i].is_rising = out[i].now >= LEAST && q[i] < SURE && out[i].low > 1;
	}
}

static int first_told(const void *a, const void *b)
{
	const struct listening_rise *x = a, *y = b;
	int rank = (y->is_rising && !y->is_cooling) - (x->is_rising && !x->is_cooling);
	if (rank) return rank;
	if (x->topic->n != y->topic->n) return x->topic->n < y->topic->n ? 1 : -1;
	return str_cmp(x->topic->name, y->topic->name);
}

size_t listening_rises(struct arena *a, const struct listening_sums *s, struct listening_rise **out)
{
	size_t n = s->topics.n;
	struct listening_rise *now = ARENA_ARRAY(a, struct listening_rise, n + 1), *then = ARENA_ARRAY(a, struct listening_rise, n + 1);
	double *p = ARENA_ARRAY(a, double, n + 1), *q = ARENA_ARRAY(a, double, n + 1);
	judge_week(s, 0, now, p, q);
	for (size_t ago = 1; ago <= LISTENING_COOL; ago++) {
		judge_week(s, ago, then, p, q);
		for (size_t i = 0; i < n; i++) now[i].is_cooling = now[i].is_cooling || then[i].is_rising;
	}
	qsort(now, n, sizeof *now, first_told);
	while (n && !now[n - 1].topic->n) n--;
	*out = now;
	return n;
}
