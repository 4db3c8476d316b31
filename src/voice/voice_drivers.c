/* Drivers: what the answers to one question go with, of the others of its survey; importance against performance. */
#include <math.h>
#include <stdlib.h>

#include "base/buf.h"
#include "i18n/i18n.h"
#include "json/desc.h"
#include "voice/voice_inner.h"

enum { MOST_PREDICTORS = 20, MOST_LMG = 12 };
static const double SURE_ERRORS = 1.96;

struct voice_driver {
	str id, name, label, responses;
	double weight, share, low, high, top2, mean, coefficient;
	struct msg interval, advice, direction;
	int64_t n;
	bool is_priority, is_fact;
};
struct voice_drivers {
	struct msg finding, weighted;
	bool is_empty, is_too_few, is_thin, is_lmg, has_map;
	LIST_OF(struct option) questions, methods, sorts;
	str outcome;
	int64_t cases, incomplete;
	double r2, alpha;
	str alpha_shown;
	LIST_OF(struct voice_driver) rows;
};
static const struct desc_field DRIVER_FIELDS[] = {
	FIELD(voice_driver, id, DESC_STR),
	FIELD(voice_driver, name, DESC_STR),
	FIELD(voice_driver, label, DESC_STR, .doc = "the words that tell it from the other drivers"),
	FIELD(voice_driver, responses, DESC_STR),
	FIELD(voice_driver, weight, DESC_REAL, .doc = "of the variance of the outcome"),
	FIELD(voice_driver, share, DESC_SHARE, .doc = "of what is explained: importance"),
	FIELD(voice_driver, low, DESC_SHARE, .doc = "of the share, by bootstrap"),
	FIELD(voice_driver, high, DESC_SHARE),
	FIELD(voice_driver, interval, DESC_MSG),
	FIELD(voice_driver, top2, DESC_SHARE, .doc = "performance: upper answers in the cases; of what happened, to whom it did not, or who waited no longer than the friction's limit"),
	FIELD(voice_driver, n, DESC_INT, .doc = "cases that have it"),
	FIELD(voice_driver, is_fact, DESC_BOOL, .doc = "no question, but what happened before the answer"),
	FIELD(voice_driver, direction, DESC_MSG, .doc = "of what happened: whether answers are lower or higher with it"),
	FIELD(voice_driver, mean, DESC_REAL),
	FIELD(voice_driver, coefficient, DESC_REAL, .doc = "standardised"),
	FIELD(voice_driver, advice, DESC_MSG),
	FIELD(voice_driver, is_priority, DESC_BOOL, .doc = "more important than most, and answered worse than most"),
};
static const struct desc DRIVER_DESC = DESC(voice_driver, DRIVER_FIELDS);
static const struct desc_field DRIVERS_FIELDS[] = {
	FIELD(voice_drivers, finding, DESC_MSG),
	FIELD(voice_drivers, is_empty, DESC_BOOL, .doc = "nothing was answered"),
	FIELD(voice_drivers, is_too_few, DESC_BOOL, .doc = "fewer than two scored questions, or too few complete cases"),
	FIELD(voice_drivers, is_thin, DESC_BOOL, .doc = "fewer than ten cases a driver"),
	FIELD(voice_drivers, is_lmg, DESC_BOOL),
	FIELD(voice_drivers, has_map, DESC_BOOL, .doc = "every driver has a performance"),
	FIELD(voice_drivers, questions, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(voice_drivers, methods, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(voice_drivers, sorts, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC, .doc = "of: what may explain it"),
	FIELD(voice_drivers, outcome, DESC_STR),
	FIELD(voice_drivers, cases, DESC_INT),
	FIELD(voice_drivers, incomplete, DESC_INT),
	FIELD(voice_drivers, weighted, DESC_MSG, .doc = "where answers carry weights that differ"),
	FIELD(voice_drivers, r2, DESC_SHARE),
	FIELD(voice_drivers, alpha, DESC_REAL),
	FIELD(voice_drivers, alpha_shown, DESC_STR),
	FIELD(voice_drivers, rows, DESC_LIST, .item = DESC_STRUCT, .of = &DRIVER_DESC),
};
const struct desc VOICE_DRIVERS_DESC = DESC(voice_drivers, DRIVERS_FIELDS);

static size_t choose_predictors(const struct feedback_question *v, size_t n, const struct feedback_question *outcome, size_t most, const struct feedback_question **out)
{
	size_t k = 0;
	for (size_t i = 0; i < n && k < most; i++)
		if (&v[i] != outcome && voice__way(&v[i]).is_scored && str_eq(v[i].survey, outcome->survey)) out[k++] = &v[i];
	return k;
}

/* What may explain it: other questions of its survey, then what happened before. */
enum sort { SORT_BOTH, SORT_ANSWERS, SORT_HAPPENED };
struct predictors {
	const struct feedback_question *answers[MOST_PREDICTORS];
	struct voice_fact facts[VOICE_FACTS];
	size_t n_answers, n_facts;
};

static str question_of(struct op *op, const struct feedback_question *outcome, const struct predictors *p, bool is_lmg)
{
	str ids[MOST_PREDICTORS + VOICE_FACTS];
	for (size_t i = 0; i < p->n_answers; i++) ids[i] = voice__json(op, p->answers[i]->id);
	for (size_t i = 0; i < p->n_facts; i++) ids[p->n_answers + i] = p->facts[i].predictor;
	str list = str_join(&op->arena, ids, p->n_answers + p->n_facts, S(",")), about = voice__json(op, outcome->id);
	return str_fmt(&op->arena, "{\"kind\":\"drivers\",\"outcome\":%.*s,\"predictors\":[%.*s],\"method\":\"%s\",\"weighted\":true}", STR_ARG(about), STR_ARG(list), is_lmg ? "lmg" : "relative_weights");
}

static void fill_row(struct op *op, const struct predictors *p, size_t i, const struct json_node *d, double r2, struct voice_driver *out)
{
	*out = (struct voice_driver){.weight = voice__real(d, "weight"), .share = voice__real(d, "share"), .low = voice__real(d, "low") / r2, .high = voice__real(d, "high") / r2, .mean = voice__real(d, "mean"), .coefficient = voice__real(d, "coefficient")};
	json_get_i64(d, S("n"), &out->n);
	out->interval = voice__interval(op, (struct voice_way){true, RATING_CSAT, RATING_TOP2}, out->low, out->high);
	out->is_fact = i >= p->n_answers;
	if (out->is_fact) {
		const struct voice_fact *f = &p->facts[i - p->n_answers];
		out->id = f->key, out->name = f->name, out->label = f->label;
		out->top2 = voice__real(d, "in_target");
		bool is_sure = fabs(out->coefficient) > SURE_ERRORS * voice__real(d, "coefficient_se");
		out->direction = msg_of(!is_sure ? "voice_fact_either" : out->coefficient < 0 ? "voice_fact_lower" : "voice_fact_higher");
		return;
	}
	out->id = p->answers[i]->id, out->name = voice__name(p->answers[i]);
	out->top2 = voice__real(d, "top2");
	out->responses = str_fmt(&op->arena, "/voice/responses?question=%.*s", STR_ARG(web_url(op, out->id)));
}

/* Questions of one survey often begin and end alike ("How satisfied are you with …?"): what is between tells them apart. */
static size_t alike(const struct voice_drivers *page, size_t answers, bool is_end)
{
	str first = page->rows.v[0].name;
	size_t n = first.n;
	for (size_t i = 1; i < answers; i++) {
		str other = page->rows.v[i].name;
		size_t k = 0;
		while (k < n && k < other.n && first.p[is_end ? first.n - 1 - k : k] == other.p[is_end ? other.n - 1 - k : k]) k++;
		n = k;
	}
	/* Whole words, where there are spaces; whole characters anyway. */
	size_t at = n;
	while (at && first.p[is_end ? first.n - at : at - 1] != ' ') at--;
	if (at) return at;
	while (n && ((unsigned char)(is_end ? first.p[first.n - n] : n < first.n ? first.p[n] : 0) & 0xC0) == 0x80) n--;
	return n;
}

static void add_labels(struct voice_drivers *page, size_t answers)
{
	size_t begin = answers > 1 ? alike(page, answers, false) : 0, end = answers > 1 ? alike(page, answers, true) : 0;
	for (size_t i = 0; i < answers; i++) {
		str name = page->rows.v[i].name;
		bool has_room = begin + end < name.n;
		page->rows.v[i].label = has_room ? str_sub(name, begin, name.n - begin - end) : name;
	}
}

static int by_share(const void *x, const void *y)
{
	const struct voice_driver *a = x, *b = y;
	return a->share > b->share ? -1 : a->share < b->share;
}

/* Against the mean of all: most important and worst answered come first. What a price should be nobody says: it has no performance. */
static void advise(struct voice_drivers *page)
{
	double share = 0, top2 = 0;
	size_t n = 0;
	bool has_question = false;
	for (size_t i = 0; i < page->rows.n; i++) {
		const struct voice_driver *d = &page->rows.v[i];
		share += d->share / (double)page->rows.n;
		has_question |= !d->is_fact && isnan(d->top2);
		if (!isnan(d->top2)) top2 += d->top2, n++;
	}
	page->has_map = n > 1 && !has_question;
	for (size_t i = 0; i < page->rows.n && page->has_map; i++) {
		struct voice_driver *d = &page->rows.v[i];
		bool is_important = d->share >= share, is_good = d->top2 >= top2 / (double)n;
		if (isnan(d->top2)) continue;
		d->is_priority = is_important && !is_good;
		d->advice = msg_of(d->is_priority ? "voice_improve" : is_important ? "voice_keep" : is_good ? "voice_watch" : "voice_later");
	}
}

static void tell(struct voice_drivers *page)
{
	const struct voice_driver *first = page->rows.n ? &page->rows.v[0] : NULL;
	for (size_t i = page->rows.n; i-- > 0;)
		if (page->rows.v[i].is_priority) first = &page->rows.v[i];
	if (!first) return;
	const char *key = !first->is_priority ? "voice_drivers_first" : first->is_fact ? "voice_drivers_fact" : "voice_drivers_priority";
	page->finding = msg_str(key, "driver", first->name);
	msg_add(&page->finding, (struct msg_arg){.name = "outcome", .type = MSG_STR, .s = page->outcome});
	msg_add(&page->finding, (struct msg_arg){.name = "share", .type = MSG_SHARE, .d = first->share});
}

static enum err choose(struct op *op, const struct feedback_question *v, size_t n, const struct feedback_question *outcome, enum sort sort, bool is_lmg, struct predictors *p)
{
	size_t most = is_lmg ? MOST_LMG : MOST_PREDICTORS;
	p->n_answers = sort == SORT_HAPPENED ? 0 : choose_predictors(v, n, outcome, most, p->answers);
	p->n_facts = 0;
	return sort == SORT_ANSWERS ? OK : voice__facts(op, outcome->id, most - p->n_answers, p->facts, &p->n_facts);
}

static enum err fill(struct op *op, const struct feedback_question *v, size_t n, const struct feedback_question *outcome, enum sort sort, struct voice_drivers *page)
{
	struct predictors p;
	const struct json_node *answer;
	TRY(choose(op, v, n, outcome, sort, page->is_lmg, &p));
	size_t k = p.n_answers + p.n_facts;
	page->outcome = voice__name(outcome);
	page->is_too_few = k == 0;
	if (k == 0) return OK;
	TRY(voice__ask(op, question_of(op, outcome, &p, page->is_lmg), &answer));
	json_get_i64(answer, S("n"), &page->cases);
	json_get_i64(answer, S("incomplete"), &page->incomplete);
	page->weighted = voice__weighted(page->cases, voice__real(answer, "effective_n"));
	page->r2 = voice__real(answer, "r2");
	page->alpha = voice__real(answer, "alpha");
	page->alpha_shown = isnan(page->alpha) ? STR_NONE : i18n_real(&op->arena, &op->locale, page->alpha, 2);
	page->is_thin = json_is_true(answer, S("is_thin"));
	page->is_too_few = isnan(page->r2);
	if (page->is_too_few) return OK;
	page->rows.v = ARENA_ARRAY(&op->arena, struct voice_driver, k);
	const struct json_node *d = json_get(answer, S("drivers"));
	for (d = d ? d->child : NULL; d && page->rows.n < k; d = d->next, page->rows.n++) fill_row(op, &p, page->rows.n, d, page->r2, &page->rows.v[page->rows.n]);
	add_labels(page, p.n_answers);
	qsort(page->rows.v, page->rows.n, sizeof *page->rows.v, by_share);
	advise(page);
	tell(page);
	return OK;
}

enum err voice_priorities(struct op *op, struct voice_priority **out, size_t *n)
{
	struct voice_drivers page = {0};
	struct feedback_question *v;
	struct db_rows first;
	size_t n_all;
	TRY(feedback_questions(op, &v, &n_all));
	const struct feedback_question *outcome = voice__overall(v, n_all);
	*n = 0;
	if (outcome) TRY(fill(op, v, n_all, outcome, SORT_ANSWERS, &page));
	*out = ARENA_ARRAY(&op->arena, struct voice_priority, page.rows.n + 1);
	for (size_t i = 0; i < page.rows.n; i++) {
		const struct voice_driver *d = &page.rows.v[i];
		if (!d->is_priority || page.is_thin) continue;
		TRY(op_query(op, SQL_feedback_question_first, DB_ARGS(db_text(d->id)), &first));
		(*out)[(*n)++] = (struct voice_priority){d->id, d->name, page.outcome, d->share, d->top2, page.cases, db_rows_int(&first, 0, 0)};
	}
	return OK;
}

static enum err add_sorts(struct op *op, struct web *w, struct voice_drivers *page, int *sort)
{
	static const char *const names[] = {"both", "answers", "happened"};
	str of = web_query(w, "of");
	page->sorts.v = ARENA_ARRAY(&op->arena, struct option, COUNT_OF(names));
	*sort = of.n ? -1 : SORT_BOTH;
	for (int i = 0; i < (int)COUNT_OF(names); i++)
		if (str_eq(of, str_of(names[i]))) *sort = i;
	if (*sort < 0) return fail(op, ERR_INVALID, "of", "must be both, answers or happened");
	for (int i = 0; i < (int)COUNT_OF(names); i++)
		page->sorts.v[page->sorts.n++] = (struct option){str_of(names[i]), i18n_pattern(op->locale.lang, str_fmt(&op->arena, "voice_of_%s", names[i])), i == *sort};
	return OK;
}

enum err voice_drivers_get(struct op *op, struct web *w, struct answer *a)
{
	static const char *const methods[] = {"relative_weights", "lmg"}, *const words[] = {"voice_relative_weights", "voice_lmg"};
	struct voice_drivers *page = ARENA_NEW(&op->arena, struct voice_drivers);
	struct feedback_question *v;
	size_t n;
	str asked = web_query(w, "outcome"), method = web_query(w, "method");
	int sort;
	TRY(feedback_questions(op, &v, &n));
	const struct feedback_question *outcome = asked.n ? voice__find(v, n, asked) : voice__overall(v, n);
	if (asked.n && (!outcome || !voice__way(outcome).is_scored)) return fail(op, ERR_NOT_FOUND, "outcome", "nobody has answered a scored question of this id");
	if (method.n && !str_eq(method, str_of(methods[0])) && !str_eq(method, str_of(methods[1]))) return fail(op, ERR_INVALID, "method", "must be relative_weights or lmg");
	TRY(add_sorts(op, w, page, &sort));
	page->is_lmg = str_eq(method, str_of(methods[1]));
	page->is_empty = n == 0;
	page->r2 = page->alpha = NAN;
	page->questions.v = voice__options(op, v, n, outcome, &page->questions.n);
	page->methods.v = ARENA_ARRAY(&op->arena, struct option, COUNT_OF(methods));
	for (size_t i = 0; i < COUNT_OF(methods); i++) page->methods.v[page->methods.n++] = (struct option){str_of(methods[i]), i18n_pattern(op->locale.lang, str_of(words[i])), page->is_lmg == (i == 1)};
	page->finding = msg_of(n ? "voice_drivers_none" : "voice_none");
	page->is_too_few = true;
	if (outcome) TRY(fill(op, v, n, outcome, (enum sort)sort, page));
	return answer_with(a, &VOICE_DRIVERS_DESC, page);
}
