#include "text/score.h"

#include <math.h>

#include "base/arena.h"
#include "base/interval.h"

void score_init(struct score *s, struct arena *a, const str *labels, size_t n_labels, size_t n_met)
{
	*s = (struct score){.n_labels = n_labels, .n_met = n_met, .labels = labels, .confusion = ARENA_ARRAY(a, uint32_t, n_labels * n_labels + 1)};
}

void score_add(struct score *s, size_t truth, size_t judged)
{
	s->confusion[truth * s->n_labels + judged]++;
	s->n++;
	s->right += truth == judged;
}

double score_accuracy(const struct score *s)
{
	return s->n ? (double)s->right / (double)s->n : NAN;
}

struct label_score {
	uint32_t truth, judged, right;
	double precision, recall, f1; /* 0 where there is nothing to divide by */
};

static double share(double part, double whole)
{
	return whole > 0 ? part / whole : 0;
}

static struct label_score of_label(const struct score *s, size_t label)
{
	struct label_score r = {.right = s->confusion[label * s->n_labels + label]};
	for (size_t i = 0; i < s->n_labels; i++) {
		r.truth += s->confusion[label * s->n_labels + i];
		r.judged += s->confusion[i * s->n_labels + label];
	}
	r.precision = share(r.right, r.judged);
	r.recall = share(r.right, r.truth);
	r.f1 = share(2.0 * r.right, (double)r.truth + r.judged);
	return r;
}

double score_macro_f1(const struct score *s)
{
	double sum = 0;
	size_t n = 0;
	for (size_t i = 0; i < s->n_labels; i++) {
		struct label_score r = of_label(s, i);
		if (!r.truth && !r.judged) continue;
		sum += r.f1;
		n++;
	}
	return n ? sum / (double)n : NAN;
}

static void put_real(struct json_writer *w, str key, double value)
{
	json_key(w, key);
	json_put_real(w, value);
}

static void put_count(struct json_writer *w, str key, size_t value)
{
	json_key(w, key);
	json_put_i64(w, (int64_t)value);
}

void score_write(const struct score *s, struct json_writer *w)
{
	struct interval sure = interval_wilson((int64_t)s->right, (int64_t)s->n);
	put_count(w, S("n"), s->n);
	put_real(w, S("accuracy"), score_accuracy(s));
	put_real(w, S("low"), sure.low);
	put_real(w, S("high"), sure.high);
	put_real(w, S("macro_f1"), score_macro_f1(s));
	json_key(w, S("labels"));
	json_begin_array(w);
	for (size_t i = 0; i < s->n_labels; i++) {
		struct label_score r = of_label(s, i);
		json_begin_object(w);
		json_key(w, S("label"));
		json_put_str(w, s->labels[i]);
		json_key(w, S("learnt"));
		json_put_bool(w, i < s->n_met);
		put_count(w, S("n"), r.truth);
		put_real(w, S("precision"), r.precision);
		put_real(w, S("recall"), r.recall);
		put_real(w, S("f1"), r.f1);
		json_end_object(w);
	}
	json_end_array(w);
	json_key(w, S("confusion"));
	json_begin_array(w);
	for (size_t i = 0; i < s->n_labels; i++) {
		json_begin_array(w);
		for (size_t j = 0; j < s->n_labels; j++) json_put_i64(w, s->confusion[i * s->n_labels + j]);
		json_end_array(w);
	}
	json_end_array(w);
}
