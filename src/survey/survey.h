/* survey.h: surveys: what is asked, in which languages, and the page on which it is answered. Every change is a version of its own, and
 * an answer carries the number of its version. An answer is a touchpoint (Survey Answered, one a question; Survey Completed), so every
 * question about journeys can use it; this domain keeps no second copy of it.
 * Invariants: what is open can be answered in every language that it has; a submission is taken once. */
#ifndef SURVEY_SURVEY_H
#define SURVEY_SURVEY_H
#include "http/web.h"

enum survey_type { SURVEY_NPS, SURVEY_CSAT, SURVEY_CES, SURVEY_CHOICE, SURVEY_CHOICES, SURVEY_BOOLEAN, SURVEY_NUMBER, SURVEY_DATE, SURVEY_TEXT, SURVEY_TYPE_COUNT };
extern const char *const SURVEY_TYPES[]; /* "nps" …, NULL */
enum survey_state { SURVEY_DRAFT, SURVEY_OPEN, SURVEY_CLOSED };
extern const char *const SURVEY_STATES[];
/* Of nps 0 to 10, csat 1 to 5, ces 1 to 7; false for types without a scale. */
bool survey_scale(int type, int *least, int *most);

enum { SURVEY_QUESTIONS = 30, SURVEY_OPTIONS = 20 };
struct survey_text {
	str lang, text;
	str options; /* of choices: a line each, in the same order in every language */
};
struct survey_question {
	str id;    /* stays when the question is moved or reworded */
	str place; /* only sent: where it shall stand */
	int type;
	bool is_required;
	LIST_OF(struct survey_text) texts;
};
struct survey_definition {
	LIST_OF(struct survey_question) questions;
};
struct survey {
	id id;
	str name;
	int state;
	bool is_anonymous;
	int64_t version, changed_at, submissions;
	str json;
	struct survey_definition definition;
};
extern const struct desc SURVEY_DEFINITION_DESC, SURVEY_QUESTION_DESC, SURVEY_TEXT_DESC;
extern const struct desc SURVEYS_DESC, SURVEY_PAGE_DESC, SURVEY_INPUT_DESC, SURVEY_NEW_DESC, SURVEY_LINK_DESC, SURVEY_LINK_INPUT_DESC, SURVEY_ANSWER_DESC, SURVEY_ANSWER_INPUT_DESC;

enum err survey_all(struct op *op, struct survey **out, size_t *n) NODISCARD;
enum err survey_get(struct op *op, id survey, struct survey *out) NODISCARD; /* ERR_NOT_FOUND */
/* s->id is set. ERR_INVALID with the fields. */
enum err survey_add(struct op *op, struct survey *s) NODISCARD;
enum err survey_change(struct op *op, const struct survey *s) NODISCARD;
/* Opening: ERR_INVALID naming the question and language that hold it back. */
enum err survey_set_state(struct op *op, id survey, enum survey_state state) NODISCARD;

/* The text of a language; NULL when it has none. */
const struct survey_text *survey_text(const struct survey_question *q, str lang);
/* The lines of the options; *n of them. */
str *survey_options(struct arena *a, const struct survey_text *t, size_t *n);
/* How many questions have all their words in a language. */
size_t survey_complete(const struct survey_definition *d, str lang);
/* Whether it can be saved (ids, types, lengths), and whether it can be opened (at least one language whole, and none half). */
enum err survey_check_draft(struct op *op, const struct survey_definition *d) NODISCARD;
enum err survey_check_open(struct op *op, const struct survey_definition *d) NODISCARD;

/* Addresses: /s/sur_… for anybody, /s/sur_….CUSTOMER.EXPIRES.SEAL for one customer, once, until it expires. */
struct survey_link {
	id survey, customer; /* customer 0: anybody's */
	int64_t expires_ms;
	str submission;      /* of a customer's link: its seal */
};
/* A path of ours as people outside reach it: at the address that is set for mails, else at the one this request came to. */
str survey_address(struct op *op, const struct web *w, str path);
str survey_link_make(struct op *op, id survey, id customer, int64_t expires_ms);
/* ERR_NOT_FOUND when it is forged or malformed. Expiry is the caller's matter. */
enum err survey_link_read(struct op *op, str token, struct survey_link *out) NODISCARD;

/* Handlers. */
web_handler survey_list_get, survey_post, survey_show_get, survey_change_post, survey_open_post, survey_close_post, survey_remove_post, survey_restore_post, survey_qr_get,
	survey_link_post, survey_answer_get, survey_answer_post;
#endif
