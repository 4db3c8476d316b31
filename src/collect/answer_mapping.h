/* answer_mapping.h: which columns of a file hold answers, to which question, and what may stand in a cell. Part of mapping.h. */
#ifndef COLLECT_ANSWER_MAPPING_H
#define COLLECT_ANSWER_MAPPING_H
#include "collect/mapping.h"

struct json_node;
struct json_writer;

enum answer_type { ANSWER_NPS, ANSWER_CSAT, ANSWER_CES, ANSWER_RATING, ANSWER_CHOICE, ANSWER_TEXT, ANSWER_NUMBER, ANSWER_DATE, ANSWER_BOOLEAN, ANSWER_TYPE_COUNT };
extern const char *const ANSWER_TYPES[]; /* "nps", "csat", "ces", "rating", "choice", "text", "number", "date", "boolean", NULL */

struct mapping_answer {
	str question, wording, group, version; /* question: its id; the others absent unless given */
	enum answer_type type;
	bool has_scale;
	double low, high;
	const str *blanks; /* cells that are no answer; an empty one never is */
	size_t n_blanks;
};
#define ANSWER_MAPPING_MEMBERS "customer", "time", "weight", "language", "channel", "location", "submission", "survey", "answers"

/* Whether a header names a score: NPS, CSAT, CES. */
bool answer_mapping_is_score(str header);
void answer_mapping_guess(struct arena *a, struct mapping *m, const struct csv_row *rows, size_t n);
/* "answer:nps": the column answers the question of its header. */
enum err answer_mapping_set(struct arena *a, const struct mapping *m, struct mapping_column *c, str type, struct fault *f) NODISCARD;
/* The members of files of responses; where there are any, nothing guessed is left. ERR_INVALID names the member. */
enum err answer_mapping_overlay(struct arena *a, const struct json_node *root, struct mapping *m, struct fault *f) NODISCARD;
void answer_mapping_write(const struct mapping *m, struct json_writer *w);

/* What a cell says. */
enum answer_cell { ANSWER_IS_BLANK, ANSWER_IS_READ, ANSWER_IS_BAD };
struct answer_value {
	bool has_number, is_true;
	struct decimal number;
	int64_t time_ms; /* of a date */
	str text;        /* of choice and text */
};
/* *reason: not_a_number, not_whole, off_scale, not_a_date, not_yes_or_no, text_too_long. */
enum answer_cell answer_mapping_cell(const struct mapping *m, const struct mapping_answer *answer, str cell, struct answer_value *out, const char **reason);
#endif
