/* Each language by itself, since its words say nothing of another's texts. A term counts once a text; terms are ranked by Dunning's
 * log-likelihood ratio (G², one degree of freedom), corrected for how many terms were looked at (Benjamini and Hochberg). Words
 * that every text holds are as frequent on both sides and fall out; function words that do not by chance are left out by a list of closed
 * classes (models/function_words.tsv), in five languages. Terms whose texts are mostly the same are one topic.
 * Rejected: clusters of texts (they change with every text, and nobody can say why one is in). */
#include "reading/discover_terms.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/compare.h"
#include "base/datetime.h"
#include "base/map.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "http/asset.h"
#include "i18n/i18n.h"
#include "pulse/kept.h"
#include "reading/explore_sums.h"
#include "reading/reading.h"
#include "text/words.h"

enum { TEXTS_MOST = 10000, DAYS = 364, LEAST = 5, TOPICS_MOST = 30, TERM_BYTES = 60, QUOTE_BYTES = 300, CANDIDATES = 200 };
static const double SURE = 0.05, SAME = 0.6;

struct one_text {
	str text, language, reading;
	int64_t at;
	bool has_topic, is_neg;
};
struct term {
	str shown, language;
	bool is_pair;
	VEC(uint32_t) texts; /* of no topic */
	int64_t others, last;
	double g, q;
};
struct finding {
	struct op *op;
	struct arena *a;
	VEC(struct one_text) texts;
	VEC(struct term) terms;
	struct map places;
};

static bool take(void *arg, const struct reading_text *t)
{
	struct finding *f = arg;
	if (t->is_by_hand || !str_given(t->verdict.language)) return true;
	VEC_PUSH(&f->texts, &f->op->arena,
	         ((struct one_text){str_dup(&f->op->arena, t->text), str_dup(&f->op->arena, t->verdict.language), reading_text_show(f->op, t), t->at, t->verdict.topics.n > 0, str_eq(t->verdict.sentiment, S("neg"))}));
	return true;
}

static int newest_first(const void *a, const void *b)
{
	const struct one_text *x = a, *y = b;
	return x->at != y->at ? (x->at < y->at) - (x->at > y->at) : str_cmp(x->reading, y->reading);
}

static void note(struct finding *f, uint32_t text, str shown, bool is_pair)
{
	const struct one_text *x = &f->texts.v[text];
	struct arena *a = &f->op->arena;
	bool added;
	if (shown.n > TERM_BYTES || memchr(shown.p, '"', shown.n) || memchr(shown.p, '\n', shown.n)) return;
	str key = str_fmt(a, "%.*s\t%.*s", STR_ARG(x->language), STR_ARG(i18n_fold(a, shown)));
	uint64_t *at = map_put(&f->places, key, &added);
	if (added) *at = f->terms.n, *VEC_ADD(&f->terms, a) = (struct term){.shown = shown, .language = x->language, .is_pair = is_pair, .last = -1};
	struct term *t = &f->terms.v[*at];
	if (t->last == (int64_t)text) return; /* once a text */
	t->last = (int64_t)text;
	if (x->has_topic) t->others++;
	else VEC_PUSH(&t->texts, a, text);
}

/* ---- function words ---- */

enum { FUNCTION_WORD = 1, DENIES };
static struct map function_words;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static str word_key(struct arena *a, str language, str word)
{
	return str_fmt(a, "%.*s\t%.*s", STR_ARG(language), STR_ARG(i18n_fold(a, word)));
}

static void load(void)
{
	static struct arena kept; /* for good: what the map's keys lie in */
	const struct asset *list = asset_find(S("models/function_words.tsv"));
	arena_init(&kept);
	map_init(&function_words);
	for (str rest = list ? list->bytes : S(""); rest.n;) {
		str line = str_cut(&rest, '\n'), language = str_cut(&line, '\t');
		while (str_given(line) && line.n && language.p[0] != '#') {
			str word = str_cut(&line, ' ');
			bool denies = word.n && word.p[0] == '!';
			*map_put(&function_words, word_key(&kept, language, str_sub(word, denies, word.n)), NULL) = denies ? DENIES : FUNCTION_WORD;
		}
	}
}

static uint64_t function_of(struct arena *a, str language, str word)
{
	pthread_once(&once, load);
	const uint64_t *kind = map_get(&function_words, word_key(a, language, word));
	return kind ? *kind : 0;
}

static bool is_word(str s)
{
	bool has_letter = false;
	for (size_t i = 0; i < s.n; i++) has_letter = has_letter || (unsigned char)s.p[i] >= 0x80 || ((s.p[i] | 32) >= 'a' && (s.p[i] | 32) <= 'z');
	return has_letter && s.n >= 3; /* a letter of other scripts has two bytes or three */
}

static void read_text(struct finding *f, uint32_t text)
{
	struct folded folded;
	size_t n;
	str source = f->texts.v[text].text;
	fold(&f->op->arena, source, &folded);
	const struct span *words = words_of(&f->op->arena, &folded, source, &n);
	for (size_t i = 0; i < n; i++) {
		str word = str_sub(source, words[i].from, words[i].to - words[i].from);
		uint64_t function = function_of(&f->op->arena, f->texts.v[text].language, word);
		if (!is_word(word) || function == FUNCTION_WORD) continue;
		if (!function) note(f, text, word, false);
		if (i + 1 == n) continue;
		str next = str_sub(source, words[i + 1].from, words[i + 1].to - words[i + 1].from);
		bool stands_by = words[i + 1].from - words[i].to <= 1;
		if (stands_by && is_word(next) && !function_of(&f->op->arena, f->texts.v[text].language, next)) note(f, text, str_sub(source, words[i].from, words[i + 1].to - words[i].from), true);
	}
}

/* Twice the sum of observed times the logarithm of observed over expected, over the four cells. */
static double likelihood(int64_t k1, int64_t n1, int64_t k2, int64_t n2)
{
	double seen[] = {(double)k1, (double)(n1 - k1), (double)k2, (double)(n2 - k2)}, share = (double)(k1 + k2) / (double)(n1 + n2), sum = 0;
	double expected[] = {share * (double)n1, (1 - share) * (double)n1, share * (double)n2, (1 - share) * (double)n2};
	for (int i = 0; i < 4; i++)
		if (seen[i] > 0 && expected[i] > 0) sum += seen[i] * log(seen[i] / expected[i]);
	return 2 * sum;
}

static void count_language(const struct finding *f, str language, int64_t *without, int64_t *with)
{
	*without = *with = 0;
	for (size_t i = 0; i < f->texts.n; i++)
		if (str_eq(f->texts.v[i].language, language)) ++*(f->texts.v[i].has_topic ? with : without);
}

static int surest_first(const void *a, const void *b)
{
	const struct term *x = a, *y = b;
	return x->g != y->g ? (x->g < y->g) - (x->g > y->g) : str_cmp(x->shown, y->shown);
}

static void judge(struct finding *f)
{
	double *p = ARENA_ARRAY(&f->op->arena, double, f->terms.n + 1), *q = ARENA_ARRAY(&f->op->arena, double, f->terms.n + 1);
	str counted = S("");
	int64_t without = 0, with = 0;
	for (size_t i = 0; i < f->terms.n; i++) {
		struct term *t = &f->terms.v[i];
		p[i] = NAN;
		if (t->texts.n < LEAST) continue;
		if (!str_eq(counted, t->language)) count_language(f, t->language, &without, &with), counted = t->language;
		if (!with || (double)t->texts.n * (double)with <= (double)t->others * (double)without) continue;
		t->g = likelihood((int64_t)t->texts.n, without, t->others, with);
		p[i] = erfc(sqrt(t->g / 2));
	}
	compare_adjust(p, f->terms.n, q);
	for (size_t i = 0; i < f->terms.n; i++) f->terms.v[i].q = q[i];
	if (f->terms.n) qsort(f->terms.v, f->terms.n, sizeof *f->terms.v, surest_first);
}

static size_t shared(const uint32_t *x, size_t n, const uint32_t *y, size_t m)
{
	size_t both = 0;
	for (size_t i = 0, k = 0; i < n && k < m;) {
		both += x[i] == y[k];
		if (x[i] < y[k]) i++;
		else if (x[i] > y[k]) k++;
		else i++, k++;
	}
	return both;
}

struct group {
	struct discover_topic topic;
	VEC(uint32_t) texts;
};
struct groups {
	VEC(struct group) v;
};

static void add_texts(struct finding *f, struct group *g, const struct term *t)
{
	VEC(uint32_t) all = {0};
	for (size_t i = 0, k = 0; i < g->texts.n || k < t->texts.n;) {
		bool first = k >= t->texts.n || (i < g->texts.n && g->texts.v[i] <= t->texts.v[k]);
		uint32_t next = first ? g->texts.v[i] : t->texts.v[k];
		if (!all.n || all.v[all.n - 1] != next) VEC_PUSH(&all, &f->op->arena, next);
		if (first) i++;
		else k++;
	}
	g->texts.v = all.v;
	g->texts.n = all.n;
}

static bool is_told(const struct group *g, str shown)
{
	for (size_t i = 0; i < g->topic.n_terms; i++)
		if (str_contains(g->topic.terms[i], shown)) return true;
	return false;
}

/* A pair tells more than either of its words. */
static void add_term(struct finding *f, struct group *g, const struct term *t)
{
	struct discover_topic *x = &g->topic;
	str shown = str_dup(f->a, t->shown);
	add_texts(f, g, t);
	if (is_told(g, shown) || x->n_terms == DISCOVER_TERMS) return;
	size_t at = x->n_terms++;
	if (t->is_pair && !x->is_pair[0]) {
		x->terms[at] = x->terms[0], x->is_pair[at] = x->is_pair[0];
		at = 0;
	}
	x->terms[at] = shown, x->is_pair[at] = t->is_pair;
}

static void put(struct finding *f, struct groups *groups, const struct term *t)
{
	for (size_t i = 0; i < groups->v.n; i++) {
		struct group *g = &groups->v.v[i];
		size_t least = g->texts.n < t->texts.n ? g->texts.n : t->texts.n;
		if (!str_eq(g->topic.language, t->language) || (double)shared(g->texts.v, g->texts.n, t->texts.v, t->texts.n) < SAME * (double)least) continue;
		add_term(f, g, t);
		return;
	}
	if (groups->v.n == TOPICS_MOST) return;
	struct group *g = VEC_ADD(&groups->v, &f->op->arena);
	*g = (struct group){.topic = {.language = str_dup(f->a, t->language), .others = t->others, .q = t->q}};
	add_term(f, g, t);
}

static int most_first(const void *a, const void *b)
{
	const struct group *x = a, *y = b;
	return x->texts.n != y->texts.n ? (x->texts.n < y->texts.n) - (x->texts.n > y->texts.n) : str_cmp(x->topic.terms[0], y->topic.terms[0]);
}

static void tell(struct finding *f, struct group *g, struct discover_topic *out)
{
	*out = g->topic;
	out->n = (int64_t)g->texts.n;
	for (size_t i = 0; i < g->texts.n; i++) { /* newest first */
		const struct one_text *x = &f->texts.v[g->texts.v[i]];
		out->neg += x->is_neg;
		if (out->n_quotes == DISCOVER_QUOTES) continue;
		out->quotes[out->n_quotes] = str_dup(f->a, utf8_cut(x->text, QUOTE_BYTES));
		out->readings[out->n_quotes++] = str_fmt(f->a, "/voice/texts/%.*s", STR_ARG(x->reading));
	}
}

static enum err find(struct op *op, struct arena *a, void *arg, void **out)
{
	struct discovered *d = *out = ARENA_NEW(a, struct discovered);
	struct finding f = {.op = op, .a = a};
	struct groups groups = {0};
	int64_t newest;
	(void)arg;
	TRY(explore_newest(op, &newest));
	if (newest == DESC_NULL_INT) return OK;
	TRY(reading_each(op, newest - DAYS * DAY_MS, newest + 1, take, &f));
	if (f.texts.n) qsort(f.texts.v, f.texts.n, sizeof *f.texts.v, newest_first);
	if (f.texts.n > TEXTS_MOST) f.texts.n = TEXTS_MOST;
	map_init(&f.places);
	for (size_t i = 0; i < f.texts.n; i++) {
		d->without += !f.texts.v[i].has_topic;
		read_text(&f, (uint32_t)i);
	}
	map_release(&f.places);
	judge(&f);
	for (size_t i = 0; i < f.terms.n && i < CANDIDATES && f.terms.v[i].q < SURE; i++) put(&f, &groups, &f.terms.v[i]);
	if (groups.v.n) qsort(groups.v.v, groups.v.n, sizeof *groups.v.v, most_first);
	d->texts = (int64_t)f.texts.n;
	d->n = groups.v.n;
	d->v = ARENA_ARRAY(a, struct discover_topic, d->n + 1);
	for (size_t i = 0; i < d->n; i++) tell(&f, &groups.v.v[i], &d->v[i]);
	return OK;
}

enum err discover_terms(struct op *op, const struct discovered **out)
{
	str state, readings;
	void *found;
	TRY(kept_state(op, &state));
	TRY(reading_state(op, &readings));
	TRY(kept_get(op, str_fmt(&op->arena, "discovered %.*s%.*s", STR_ARG(state), STR_ARG(readings)), find, NULL, &found));
	*out = found;
	return OK;
}
