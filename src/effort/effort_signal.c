/* effort_signal.c: signals are computed, never stored: what frictions, drivers, scores, texts and talk triggers already say, brought
 * into one form. A signal says since when it could have been seen; nothing is decided from it. */
#include "effort/effort_signal.h"

#include <math.h>
#include <stdlib.h>

#include "base/datetime.h"
#include "base/vec.h"
#include "collect/touchpoint.h"
#include "i18n/i18n.h"
#include "i18n/zone.h"
#include "journey/frictions.h"
#include "pulse/findings.h"
#include "pulse/kept.h"
#include "pulse/question.h"
#include "reading/reading.h"
#include "setting/setting.h"
#include "trigger/trigger.h"
#include "voice/voice.h"

enum { FRICTIONS_MOST = 5, TOPICS_MOST = 5, SCORES_MOST = 40, LEAST = 10, SLICE_DAYS = 30 };
static const double SURE = 0.05;
const char *const SIGNAL_KIND_NAMES[] = {"friction", "driver", "score", "complaint", "praise", "story", NULL};
static const char *const UNITS[] = {"number", "share", "mean", "a_day", NULL};

static const struct desc_field FIELDS[] = {
	FIELD(effort_signal, kind, DESC_ENUM, .names = SIGNAL_KIND_NAMES, .prefix = "effort_signal"),
	FIELD(effort_signal, key, DESC_STR),
	FIELD(effort_signal, name, DESC_STR),
	FIELD(effort_signal, about, DESC_STR),
	FIELD(effort_signal, stage, DESC_ENUM, .names = STAGES),
	FIELD(effort_signal, expected, DESC_ENUM, .names = EFFORT_EXPECTED),
	FIELD(effort_signal, value, DESC_REAL),
	FIELD(effort_signal, low, DESC_REAL),
	FIELD(effort_signal, high, DESC_REAL),
	FIELD(effort_signal, now, DESC_REAL),
	FIELD(effort_signal, before, DESC_REAL),
	FIELD(effort_signal, unit, DESC_ENUM, .names = UNITS),
	FIELD(effort_signal, n, DESC_INT),
	FIELD(effort_signal, before_n, DESC_INT),
	FIELD(effort_signal, customers, DESC_INT),
	FIELD(effort_signal, money, DESC_REAL),
	FIELD(effort_signal, money_low, DESC_REAL),
	FIELD(effort_signal, money_high, DESC_REAL),
	FIELD(effort_signal, first_day, DESC_DATE, .doc = "since when it could have been seen"),
	FIELD(effort_signal, figure, DESC_STR, .doc = "a question whose number an effort taken from it is followed by"),
	FIELD(effort_signal, address, DESC_STR, .doc = "the customers, answers or quotes behind it"),
	FIELD(effort_signal, strength_low, DESC_REAL),
	FIELD(effort_signal, strength_high, DESC_REAL),
};
const struct desc EFFORT_SIGNAL_DESC = DESC(effort_signal, FIELDS);

struct found {
	VEC(struct effort_signal) v;
	struct effort_window window;
	int64_t first_day;
};

static struct effort_signal *add(struct op *op, struct found *f, enum signal_kind kind, str subject)
{
	struct effort_signal *s = VEC_ADD(&f->v, &op->arena);
	*s = (struct effort_signal){.kind = kind, .key = str_fmt(&op->arena, "%s:%.*s", SIGNAL_KIND_NAMES[kind], STR_ARG(subject)), .name = subject, .about = S(""), .figure = S(""), .address = S(""), .expected = EFFORT_RISES,
		.value = NAN, .low = NAN, .high = NAN, .now = NAN, .before = NAN, .money = NAN, .money_low = NAN, .money_high = NAN, .n = DESC_NULL_INT, .before_n = DESC_NULL_INT, .customers = DESC_NULL_INT,
		.first_day = DESC_NULL_INT};
	return s;
}

static void of_share(struct effort_signal *s, int64_t k, int64_t n)
{
	struct interval sure = interval_wilson(k, n);
	s->value = (double)k / (double)n, s->low = sure.low, s->high = sure.high, s->n = n;
	s->strength_low = s->low, s->strength_high = s->high;
}

static int64_t day_of(const struct op *op, int64_t ms)
{
	int64_t civil = zone_to_civil(setting_zone(op->app), ms);
	return civil - (civil % DAY_MS + DAY_MS) % DAY_MS;
}

enum err effort__window(struct op *op, struct effort_window *out)
{
	int64_t last;
	*out = (struct effort_window){DESC_NULL_INT, DESC_NULL_INT, DESC_NULL_INT};
	TRY(effort__last_day(op, &last));
	if (last == DESC_NULL_INT) return OK;
	*out = (struct effort_window){last + DAY_MS - EFFORT_WINDOW_DAYS * DAY_MS, last + DAY_MS, last + DAY_MS - 2 * EFFORT_WINDOW_DAYS * DAY_MS};
	return OK;
}

/* ---- frictions ---- */

/* How many met it from a day until before another. */
static enum err met_between(struct op *op, str friction, int64_t from, int64_t to, int64_t *out)
{
	struct effort_figure f;
	struct effort_compared c;
	TRY(effort__figure_read(op, str_fmt(&op->arena, "{\"kind\":\"journey\",\"members\":{\"friction\":\"%.*s\"}}", STR_ARG(friction)), &f));
	TRY(effort__figure_ask(op, &f, (struct effort_asked){from, to, DESC_NULL_INT, DESC_NULL_INT}, &c));
	*out = c.after.k;
	return OK;
}

/* The first day by whose end somebody had met it. Who has met it stays so, so it is looked for by doubling, then by halves: early
 * days are little to read. */
static enum err first_met(struct op *op, str friction, int64_t first, int64_t behind, int64_t *out)
{
	int64_t most = (behind - first) / DAY_MS, low = 1, high = 1, n = 0;
	for (; high < most; low = high + 1, high *= 2) {
		TRY(met_between(op, friction, first, first + high * DAY_MS, &n));
		if (n) break;
	}
	if (high > most) high = most;
	while (low < high) {
		int64_t middle = (low + high) / 2;
		TRY(met_between(op, friction, first, first + middle * DAY_MS, &n));
		if (n) high = middle;
		else low = middle + 1;
	}
	*out = first + (high - 1) * DAY_MS;
	return OK;
}

static enum err find_frictions(struct op *op, struct found *f)
{
	const struct friction_found *v;
	size_t n;
	TRY(journey_frictions(op, &v, &n));
	for (size_t i = 0; i < n && i < FRICTIONS_MOST; i++) {
		if (v[i].customers < LEAST || v[i].money <= 0) continue; /* nothing at stake; of what cannot be told it is shown */
		struct effort_signal *s = add(op, f, SIGNAL_FRICTION, v[i].key);
		of_share(s, v[i].customers, v[i].exposed);
		s->about = v[i].currency, s->customers = v[i].customers, s->money = v[i].money, s->money_low = v[i].low, s->money_high = v[i].high, s->expected = EFFORT_FALLS;
		int stage = effort__choice(v[i].stage, STAGES, 0);
		s->stage = stage < 0 ? 0 : stage;
		s->figure = str_fmt(&op->arena, "{\"kind\":\"journey\",\"members\":{\"friction\":\"%.*s\"}}", STR_ARG(v[i].key));
		s->address = str_fmt(&op->arena, "/journeys/map/behind?cell=%.*s", STR_ARG(web_url(op, str_fmt(&op->arena, "{\"friction\":\"%.*s\"}", STR_ARG(v[i].key)))));
		TRY(first_met(op, v[i].key, f->first_day, f->window.to, &s->first_day));
	}
	return OK;
}

/* ---- scores ---- */

static str answers_address(struct op *op, str question)
{
	return str_fmt(&op->arena, "/voice/responses?question=%.*s", STR_ARG(web_url(op, question)));
}

static enum err find_drivers(struct op *op, struct found *f)
{
	struct voice_priority *v;
	struct voice_figure *figures;
	size_t n, n_figures;
	TRY(voice_priorities(op, &v, &n));
	TRY(voice_figures(op, &figures, &n_figures));
	for (size_t i = 0; i < n; i++) {
		if (v[i].cases < LEAST || isnan(v[i].top2)) continue;
		struct effort_signal *s = add(op, f, SIGNAL_DRIVER, v[i].id);
		of_share(s, llround((1 - v[i].top2) * (double)v[i].cases), v[i].cases);
		s->name = v[i].name, s->about = v[i].outcome, s->now = v[i].share, s->unit = UNIT_SHARE, s->first_day = day_of(op, v[i].first_ms), s->address = answers_address(op, v[i].id);
		for (size_t k = 0; k < n_figures; k++)
			if (str_eq(figures[k].id, v[i].id)) s->figure = figures[k].question;
	}
	return OK;
}

/* The first day since which, in months counted back, the score has been below what it was before. */
static enum err low_since(struct op *op, const struct effort_figure *figure, double before, const struct effort_window *w, int64_t *out)
{
	*out = w->from;
	for (int64_t to = w->to; to > w->before_from; to -= SLICE_DAYS * DAY_MS) {
		struct effort_compared c;
		TRY(effort__figure_ask(op, figure, (struct effort_asked){to - SLICE_DAYS * DAY_MS, to, DESC_NULL_INT, DESC_NULL_INT}, &c));
		if (!(c.after.value < before)) break;
		*out = to - SLICE_DAYS * DAY_MS;
	}
	return OK;
}

static enum err find_scores(struct op *op, struct found *f)
{
	struct voice_figure *v;
	size_t n;
	TRY(voice_figures(op, &v, &n));
	if (n > SCORES_MOST) n = SCORES_MOST;
	struct effort_figure *figures = ARENA_ARRAY(&op->arena, struct effort_figure, n + 1);
	struct effort_compared *c = ARENA_ARRAY(&op->arena, struct effort_compared, n + 1);
	double *p = ARENA_ARRAY(&op->arena, double, n + 1), *q = ARENA_ARRAY(&op->arena, double, n + 1);
	for (size_t i = 0; i < n; i++) {
		TRY(effort__figure_read(op, v[i].question, &figures[i]));
		TRY(effort__figure_ask(op, &figures[i], (struct effort_asked){f->window.from, f->window.to, f->window.before_from, f->window.from}, &c[i]));
		p[i] = c[i].after.n < LEAST || c[i].before.n < LEAST ? NAN : c[i].difference.p;
	}
	compare_adjust(p, n, q);
	for (size_t i = 0; i < n; i++) {
		if (!(q[i] < SURE) || c[i].difference.difference >= 0) continue;
		struct effort_signal *s = add(op, f, SIGNAL_SCORE, v[i].id);
		s->name = v[i].name, s->figure = v[i].question, s->address = answers_address(op, v[i].id), s->unit = c[i].after.unit;
		s->value = c[i].difference.difference, s->low = c[i].difference.low, s->high = c[i].difference.high;
		s->now = c[i].after.value, s->before = c[i].before.value, s->n = c[i].after.n, s->before_n = c[i].before.n;
		s->strength_low = -s->high, s->strength_high = -s->low;
		TRY(low_since(op, &figures[i], s->before, &f->window, &s->first_day));
	}
	return OK;
}

/* ---- texts and stories ---- */

static void put_topic(struct op *op, struct found *f, enum signal_kind kind, const struct effort_topic *t, int64_t now, int64_t before)
{
	struct effort_signal *s = add(op, f, kind, t->name);
	of_share(s, t->now, now);
	s->before = before ? (double)t->before / (double)before : NAN, s->before_n = before, s->customers = t->customers, s->unit = UNIT_SHARE, s->first_day = day_of(op, t->first_ms);
	s->address = str_fmt(&op->arena, "/efforts/quotes?feeling=%s&topic=%.*s", kind == SIGNAL_PRAISE ? "pos" : "neg", STR_ARG(web_url(op, t->name)));
}

static enum err find_topics(struct op *op, struct found *f)
{
	const struct effort_texts *texts;
	int64_t now, before;
	size_t n, put = 0;
	TRY(effort__texts(op, &f->window, &texts));
	struct effort_topic *bad = effort__topics(&op->arena, texts, false, &n, &now, &before);
	double *p = ARENA_ARRAY(&op->arena, double, n + 1), *q = ARENA_ARRAY(&op->arena, double, n + 1);
	for (size_t i = 0; i < n; i++) p[i] = bad[i].now < LEAST || !before ? NAN : compare_shares(bad[i].now, now, bad[i].before, before).p;
	compare_adjust(p, n, q);
	for (size_t i = 0; i < n && put < TOPICS_MOST; i++)
		if (q[i] < SURE && (double)bad[i].now * (double)before > (double)bad[i].before * (double)now) put_topic(op, f, SIGNAL_COMPLAINT, &bad[i], now, before), put++;
	struct effort_topic *good = effort__topics(&op->arena, texts, true, &n, &now, &before);
	put = 0;
	for (size_t i = 0; i < n && put < TOPICS_MOST; i++)
		if (good[i].now >= LEAST && good[i].before >= LEAST) put_topic(op, f, SIGNAL_PRAISE, &good[i], now, before), put++;
	return OK;
}

static enum err find_stories(struct op *op, struct found *f)
{
	struct trigger_story *v;
	size_t n;
	TRY(trigger_stories(op, &v, &n));
	for (size_t i = 0; i < n; i++) {
		if (v[i].told < LEAST) continue;
		struct effort_signal *s = add(op, f, SIGNAL_STORY, id_show(&op->arena, S("tlk"), v[i].id));
		of_share(s, v[i].told, v[i].customers);
		s->name = v[i].promise, s->customers = v[i].told, s->first_day = day_of(op, v[i].first_ms);
		s->address = str_fmt(&op->arena, "/talk-triggers/%.*s/customers", STR_ARG(id_show(&op->arena, S("tlk"), v[i].id)));
	}
	return OK;
}

/* ---- all ---- */

struct kept_signals {
	struct effort_signal *v;
	size_t n;
};

static void keep_texts(struct arena *a, struct effort_signal *s)
{
	str *const texts[] = {&s->key, &s->name, &s->about, &s->figure, &s->address};
	for (size_t i = 0; i < COUNT_OF(texts); i++) *texts[i] = str_dup(a, *texts[i]);
}

static enum err find(struct op *op, struct arena *a, void *arg, void **out)
{
	static enum err (*const FINDERS[])(struct op *, struct found *) = {find_frictions, find_drivers, find_scores, find_topics, find_stories};
	struct kept_signals *k = *out = ARENA_NEW(a, struct kept_signals);
	struct found f = {0};
	const struct heard *heard;
	(void)arg;
	TRY(effort__window(op, &f.window));
	if (f.window.from == DESC_NULL_INT) return OK;
	TRY(heard_get(op, &heard));
	f.first_day = day_of(op, heard->first_ms);
	for (size_t i = 0; i < COUNT_OF(FINDERS); i++) TRY(FINDERS[i](op, &f));
	k->v = ARENA_ARRAY(a, struct effort_signal, f.v.n + 1);
	k->n = f.v.n;
	for (size_t i = 0; i < f.v.n; i++) {
		k->v[i] = f.v.v[i];
		keep_texts(a, &k->v[i]);
	}
	return OK;
}

enum err effort__signals(struct op *op, const struct effort_signal **out, size_t *n)
{
	str readings, state;
	void *found;
	TRY(kept_state(op, &state));
	TRY(reading_state(op, &readings));
	TRY(kept_get(op, str_fmt(&op->arena, "effort signals %.*s%.*s %lld", STR_ARG(state), STR_ARG(readings), (long long)effort__today(op)), find, NULL, &found));
	*out = ((struct kept_signals *)found)->v;
	*n = ((struct kept_signals *)found)->n;
	return OK;
}
