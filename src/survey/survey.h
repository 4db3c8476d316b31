/* survey.h: surveys: what is asked, in which languages, and the page on which it is answered. Every change is a version of its own, and
 * an answer carries the number of its version. An answer is a touchpoint (Survey Answered, one a question; Survey Completed), so every
 * question about journeys can use it; this domain keeps no second copy of it.
 * Invariants: what is open can be answered in every language that it has; a submission is taken once. */
#ifndef SURVEY_SURVEY_H
#define SURVEY_SURVEY_H
#include "http/web.h"

enum survey_type {
#define SURVEY_TYPE(NAME, name, least, most, parts, seconds) SURVEY_##NAME,
#include "survey_types.def"
#undef SURVEY_TYPE
	SURVEY_TYPE_COUNT
};
extern const char *const SURVEY_TYPES[]; /* "nps" …, NULL */
enum survey_state { SURVEY_DRAFT, SURVEY_OPEN, SURVEY_CLOSED };
extern const char *const SURVEY_STATES[];
enum survey_look { SURVEY_NUMBERS, SURVEY_STARS, SURVEY_FACES }; /* how a scale is drawn */
extern const char *const SURVEY_LOOKS[];
enum survey_access { SURVEY_BY_ANYBODY, SURVEY_ONCE_A_BROWSER, SURVEY_BY_OWN_LINKS }; /* by the open link */
extern const char *const SURVEY_ACCESS[];
enum survey_test { SURVEY_IS, SURVEY_IS_NOT, SURVEY_AT_LEAST, SURVEY_AT_MOST, SURVEY_HAS_ANSWER, SURVEY_HAS_NONE };
extern const char *const SURVEY_TESTS[];

enum { SURVEY_QUESTIONS = 30, SURVEY_OPTIONS = 20, SURVEY_CONDITIONS = 5, SURVEY_POINTS = 10 };
struct survey_text {
	str lang, text;
	str options; /* of choices, rankings and matrices: a line each, in the same order in every language */
	str rows;    /* of a matrix: the same */
};
/* Of the answer to an earlier question. Without an answer only SURVEY_HAS_NONE holds. */
struct survey_condition {
	str question;
	int test;
	str value; /* a number, a date, true or false, the number of an option (of a ranking: which stands first); several with commas: any of them */
};
struct survey_skip {
	LIST_OF(struct survey_condition) when; /* all of them; none: always */
	str to;                                /* the id of a later question, or "end" */
};
struct survey_quota {
	str value; /* the number of an option, a point, true or false */
	int64_t most;
};
struct survey_question {
	str id;    /* stays when the question is moved or reworded */
	str place; /* only sent: where it shall stand */
	int type, look;
	int64_t points; /* of a rating, or of a matrix without options; DESC_NULL_INT: 5 */
	bool is_required, begins_page, is_shuffled;
	str purpose; /* of a consent: what is agreed to */
	LIST_OF(struct survey_condition) show_if; /* it is asked when all hold */
	LIST_OF(struct survey_skip) skips;        /* the first that holds */
	LIST_OF(struct survey_quota) quotas;
	LIST_OF(struct survey_text) texts;
};
struct survey_definition {
	LIST_OF(struct survey_question) questions;
	int access;
	bool is_shuffled; /* questions of a page that may be left out, among themselves */
	int64_t opens_on, closes_on; /* days of the workspace, both included; DESC_NULL_INT: open as long as it is open */
	int64_t most;                /* answered so often it closes by itself; DESC_NULL_INT: never */
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
extern const struct desc SURVEYS_DESC, SURVEY_PAGE_DESC, SURVEY_INPUT_DESC, SURVEY_NEW_DESC, SURVEY_LINK_DESC, SURVEY_LINK_INPUT_DESC, SURVEY_TICKETS_INPUT_DESC, SURVEY_ANSWER_DESC, SURVEY_SENT_DESC, SURVEY_FILE_DESC, SURVEY_GROUPS_DESC, SURVEY_GROUP_INPUT_DESC;

enum err survey_all(struct op *op, struct survey **out, size_t *n) NODISCARD;
enum err survey_get(struct op *op, id survey, struct survey *out) NODISCARD; /* ERR_NOT_FOUND */
/* As it was in a version; ERR_NOT_FOUND. */
enum err survey_version(struct op *op, id survey, int64_t number, struct survey_definition *out) NODISCARD;
/* s->id is set, unless it is given. ERR_INVALID with the fields. */
enum err survey_add(struct op *op, struct survey *s) NODISCARD;
enum err survey_change(struct op *op, const struct survey *s) NODISCARD;
/* Counts among its own the responses that came under its id from elsewhere, as from a file. */
enum err survey_count_answers(struct op *op, id survey) NODISCARD;
/* Opening: ERR_INVALID naming the question and language that hold it back. */
enum err survey_set_state(struct op *op, id survey, enum survey_state state) NODISCARD;

/* Of nps 0 to 10, csat 1 to 5, ces 1 to 7, of a rating its own; false for questions without a scale. */
bool survey_scale(const struct survey_question *q, int *least, int *most);
/* Points of a rating, or of a matrix that is rated. */
int survey_points(const struct survey_question *q);
bool survey_has_options(int type);
bool survey_has_rows(int type);
/* The text of a language; NULL when it has none. */
const struct survey_text *survey_text(const struct survey_question *q, str lang);
/* The lines of the options, or of the rows; *n of them. */
str *survey_lines(struct arena *a, str text, size_t *n);
/* How many questions have all their words in a language. */
size_t survey_complete(const struct survey_definition *d, str lang);
/* Whether it can be saved (ids, types, lengths), and whether it can be opened (at least one language whole, and none half). */
enum err survey_check_draft(struct op *op, const struct survey_definition *d) NODISCARD;
enum err survey_check_open(struct op *op, const struct survey *s) NODISCARD;

/* The wording of a question before anything is answered, as somebody who is called so (may be absent) reads it. */
/* The words of a question, or of a part of it (areas.2: a row of a matrix, an option of a ranking), in the reader's language, else in the
 * survey's first; absent when the survey does not ask it any more. */
str survey_words(struct op *op, const struct survey *s, str question);
str survey_asked(struct op *op, const struct survey *s, const struct survey_question *q, const struct lang *lang, str called);

/* Addresses: /s/sur_… for anybody, /s/sur_….CUSTOMER.EXPIRES.SEAL for one customer, once, until it expires; /s/sur_….one.RANDOM.EXPIRES.SEAL
 * for one answer of whoever holds it. */
struct survey_link {
	id survey, customer; /* customer 0: anybody's */
	id group;            /* of those who serve, whose link it is; 0: none */
	int64_t expires_ms;
	str submission;      /* of a customer's link: its seal */
	str ticket;          /* of a link for one answer: all of it, which names nobody */
};
/* A path of ours as people outside reach it: at the address that is set for mails, else at the one this request came to. */
str survey_address(struct op *op, const struct web *w, str path);
enum survey_flood { SURVEY_FLOOD_ANSWERS, SURVEY_FLOOD_ASKED, SURVEY_FLOOD_OPENED, SURVEY_FLOOD_STARTED };
/* Counts one from the address that w came from, of somebody without a name, unless too many came in this hour (Retry-After is set then). */
enum err survey_count_flood(struct op *op, const struct web *w, id survey, enum survey_flood what, bool *flooded) NODISCARD;
str survey_link_make(struct op *op, id survey, id customer, int64_t expires_ms);
/* /s/sur_….grp_…: of a team, for anybody in it. */
str survey_link_for_group(struct op *op, id survey, id group);
/* Where the same page is tried, a draft too, and nothing is kept. Only under a site's address (/site/…/s/…). */
str survey_trial_path(struct op *op, id survey);
/* ERR_NOT_FOUND when it is forged or malformed. Expiry is the caller's matter. */
enum err survey_link_read(struct op *op, str token, struct survey_link *out) NODISCARD;

/* Handlers. */
web_handler survey_list_get, survey_post, survey_show_get, survey_change_post, survey_open_post, survey_close_post, survey_remove_post, survey_restore_post, survey_qr_get,
	survey_link_post, survey_tickets_post, survey_version_restore_post, survey_entry_get, survey_entry_post, survey_answer_get, survey_answer_post, survey_preview_get, survey_preview_post, survey_export_get, survey_import_post, survey_groups_get, survey_groups_post,
	survey_group_remove_post, survey_group_restore_post, survey_group_qr_get;
#endif
