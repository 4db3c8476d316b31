/* voice_inner.h: what the files of this folder share; nobody else includes it. */
#ifndef VOICE_VOICE_INNER_H
#define VOICE_VOICE_INNER_H
#include "base/rating.h"
#include "feedback/feedback.h"
#include "http/web.h"
#include "json/json.h"
#include "voice/voice.h"

/* Which answers a list, or its file, is to hold. */
enum voice_response_kind { KIND_ALL, KIND_PROMOTERS, KIND_PASSIVES, KIND_DETRACTORS, KIND_TEXTS, VOICE_KINDS };
struct voice_wanted {
	str q, question, language, channel, survey, sort, search, feeling, topic; /* survey: its id as answers name it */
	enum voice_response_kind kind;
	bool is_oldest, is_back, is_filtered;
	int64_t key;
	id after;
};
/* As the address says. ERR_INVALID. */
enum err voice__wanted(struct op *op, const struct web *w, struct voice_wanted *out) NODISCARD;
/* Names of surveys, and that of one as answers name it: its id when it is none of ours. */
enum err voice__survey_names(struct op *op, struct db_rows *out) NODISCARD;
str voice__survey_name(struct op *op, const struct db_rows *names, str survey);
enum err voice__survey_options(struct op *op, const struct db_rows *names, str selected, void *list) NODISCARD;
/* The values of statements that hold {{feedback_wanted}}: of a list its limit and cursor, of others zeros. */
enum { VOICE_WANTED_ARGS = 17 };
const struct db_val *voice__wanted_args(struct op *op, const struct voice_wanted *x, size_t limit);

enum { VOICE_ANSWERS_LEAST = 5 }; /* fewer have no figure: they could be told apart */

/* How a question's answers are summed up. */
struct voice_way {
	bool is_scored;
	enum rating_metric metric;
	enum rating_method method;
};
struct voice_way voice__way(const struct feedback_question *q);
str voice__name(const struct feedback_question *q); /* its wording, else its id */
/* Keys of texts: what the figure is called, and how it comes about. */
const char *voice__measure(struct voice_way way);
const char *voice__definition(struct voice_way way);
/* NPS 39.8, 82.1 %, 4.06; of a difference or a bound too. */
str voice__shown(struct op *op, struct voice_way way, double value);
struct msg voice__weighted(int64_t n, double effective); /* as sure as of how many; empty where weights are all alike */
struct msg voice__interval(struct op *op, struct voice_way way, double low, double high); /* empty without one */
double voice__real(const struct json_node *n, const char *name); /* NaN when null or not there */
/* The answer of a question, as a tree. */
enum err voice__ask(struct op *op, str question, const struct json_node **out) NODISCARD;
/* {"kind":"score",…} of a question, by the weights that its answers carry; interval: absent = none. */
str voice__score(struct op *op, const struct feedback_question *q, struct voice_way way, str interval);
str voice__json(struct op *op, str text); /* as a JSON string */
const struct feedback_question *voice__find(const struct feedback_question *v, size_t n, str asked);
/* What stands first on the overview, each line with where it is seen. */
enum { VOICE_LINES = 4 };
struct voice_line {
	struct msg text;
	str address;
};
struct voice_lines {
	struct voice_line *v;
	size_t n;
};
enum err voice__lines(struct op *op, const struct feedback_question *v, size_t n, struct voice_lines *out) NODISCARD;

/* The overall question, where none is chosen; NULL when none is scored. */
const struct feedback_question *voice__overall(const struct feedback_question *v, size_t n);
/* The scored questions, to choose among. */
struct option *voice__options(struct op *op, const struct feedback_question *v, size_t n, const struct feedback_question *chosen, size_t *out_n);

/* ---- voice_facts.c: what happened to customers before they answered, that an answer may go with ---- */
enum { VOICE_FACTS = 24 };
struct voice_fact {
	str key, name, label; /* in the reader's language; label: where there is little room */
	str predictor;        /* as a question has it */
};
/* Those of which enough is known of the cases that have the outcome, at most `most`. */
enum err voice__facts(struct op *op, str outcome, size_t most, struct voice_fact out[VOICE_FACTS], size_t *n) NODISCARD;
#endif
