#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "i18n/i18n.h"
#include "pulse/question.h"
#include "voice/voice_inner.h"

struct voice_way voice__way(const struct feedback_question *q)
{
	struct rating_scale scale = {q->scale_min, q->scale_max};
	for (int i = 0; RATING_METRICS[i]; i++)
		if (str_eq(q->type, str_of(RATING_METRICS[i]))) return (struct voice_way){true, (enum rating_metric)i, i == RATING_CES ? RATING_MEAN : RATING_TOP2};
	if (!str_eq(q->type, S("rating"))) return (struct voice_way){0};
	bool has_top = !isnan(q->scale_min) && !isnan(q->scale_max) && !isnan(rating_top_from(scale));
	return (struct voice_way){true, RATING_CSAT, has_top ? RATING_TOP2 : RATING_MEAN};
}

str voice__name(const struct feedback_question *q)
{
	return str_given(q->wording) ? q->wording : q->id;
}

str voice__shown(struct op *op, struct voice_way way, double value)
{
	if (isnan(value)) return S("–");
	if (way.metric == RATING_NPS) return i18n_real(&op->arena, &op->locale, value, 1);
	return way.method == RATING_TOP2 ? i18n_share(&op->arena, &op->locale, value) : i18n_real(&op->arena, &op->locale, value, 2);
}

struct msg voice__interval(struct op *op, struct voice_way way, double low, double high)
{
	if (isnan(low)) return (struct msg){0};
	struct msg m = msg_str("voice_interval", "low", voice__shown(op, way, low));
	msg_add(&m, (struct msg_arg){.name = "high", .type = MSG_STR, .s = voice__shown(op, way, high)});
	return m;
}

/* Weights that differ by less than this of n are rounding. */
static const double LEAST_DIFFERENCE = 0.5;

struct msg voice__weighted(int64_t n, double effective)
{
	return (double)n - effective > LEAST_DIFFERENCE ? msg_int("voice_weighted", "n", llround(effective)) : (struct msg){0};
}

static bool is_plain_mean(struct voice_way way)
{
	return way.metric == RATING_CSAT && way.method == RATING_MEAN;
}

const char *voice__measure(struct voice_way way)
{
	static const char *const measures[] = {[RATING_NPS] = "voice_nps", [RATING_CSAT] = "voice_csat", [RATING_CES] = "voice_ces"};
	return is_plain_mean(way) ? "voice_mean" : measures[way.metric];
}

const char *voice__definition(struct voice_way way)
{
	static const char *const definitions[] = {[RATING_NPS] = "voice_nps_means", [RATING_CSAT] = "voice_csat_means", [RATING_CES] = "voice_ces_means"};
	return is_plain_mean(way) ? "voice_mean_means" : definitions[way.metric];
}

double voice__real(const struct json_node *n, const char *name)
{
	const struct json_node *v = json_get(n, str_of(name));
	double d;
	return v && v->type == JSON_NUMBER && str_f64(v->text, &d) ? d : NAN;
}

enum err voice__ask(struct op *op, str question, const struct json_node **out)
{
	str answer;
	TRY(question_answer(op, question, &answer));
	return json_tree(&op->arena, answer, answer.n + 1, out, &op->fault);
}

str voice__json(struct op *op, str text)
{
	struct buf b;
	struct json_writer w = {.out = &b};
	buf_init(&b, 1 << 16);
	json_put_str(&w, text);
	str out = str_dup(&op->arena, buf_str(&b));
	buf_release(&b);
	return out;
}

str voice__score(struct op *op, const struct feedback_question *q, struct voice_way way, str interval)
{
	static const char *const methods[] = {[RATING_TOP2] = ",\"method\":\"top2\"", [RATING_MEAN] = ",\"method\":\"mean\""};
	str asked = voice__json(op, q->id), unit = str_given(interval) ? str_fmt(&op->arena, ",\"interval\":\"%.*s\"", STR_ARG(interval)) : S("");
	return str_fmt(&op->arena, "{\"kind\":\"score\",\"metric\":\"%s\",\"question\":%.*s%s,\"weighted\":true,\"min_n\":%d%.*s}", RATING_METRICS[way.metric], STR_ARG(asked),
		way.metric == RATING_NPS ? "" : methods[way.method], VOICE_ANSWERS_LEAST, STR_ARG(unit));
}

const struct feedback_question *voice__find(const struct feedback_question *v, size_t n, str asked)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(v[i].id, asked)) return &v[i];
	return NULL;
}

struct option *voice__options(struct op *op, const struct feedback_question *v, size_t n, const struct feedback_question *chosen, size_t *out_n)
{
	struct option *out = ARENA_ARRAY(&op->arena, struct option, n + 1);
	*out_n = 0;
	for (size_t i = 0; i < n; i++)
		if (voice__way(&v[i]).is_scored) out[(*out_n)++] = (struct option){v[i].id, voice__name(&v[i]), &v[i] == chosen};
	return out;
}

/* Of customers, unless only staff answered; NPS before others; one that enough answered, so that a survey that has just begun does not
 * push aside what thousands said; then that with the most scored questions beside it, which may say why. */
const struct feedback_question *voice__overall(const struct feedback_question *v, size_t n)
{
	const struct feedback_question *best = NULL;
	size_t most = 0;
	for (size_t i = 0; i < n; i++) {
		enum { SOME = 30, MANY = 300, MANY_FIRST = 1000, NPS_FIRST = 4 * MANY_FIRST, CUSTOMERS_FIRST = 2 * NPS_FIRST };
		size_t known = (v[i].answers >= SOME) + (v[i].answers >= MANY);
		size_t beside = 1 + known * MANY_FIRST + (str_eq(v[i].type, S("nps")) ? NPS_FIRST : 0) + (v[i].is_of_staff ? 0 : CUSTOMERS_FIRST);
		for (size_t k = 0; k < n; k++) beside += k != i && voice__way(&v[k]).is_scored && str_given(v[i].survey) && str_eq(v[k].survey, v[i].survey);
		if (!voice__way(&v[i]).is_scored || beside <= most) continue;
		best = &v[i];
		most = beside;
	}
	return best;
}
