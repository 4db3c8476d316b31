/* survey_inner.h: what the files of src/survey share; nobody else includes it. */
#ifndef SURVEY_INNER_H
#define SURVEY_INNER_H
#include "collect/intake.h"
#include "survey/survey.h"

/* ---- what was answered ---- */
struct survey_cell {
	int64_t row, column; /* from 1; of a ranking an option and its rank */
};
struct survey_given {
	str question, value, email, telephone;
	bool is_agreed;
	LIST_OF(str) options; /* numbers of those chosen */
	LIST_OF(struct survey_cell) cells;
};
extern const struct desc SURVEY_GIVEN_DESC;
enum { SURVEY_TEXT_CHARACTERS = 5000, SURVEY_SUBMISSION_MOST = 40 };

/* One thing to be kept of an answer: a row of a matrix, an option, or all of it. */
struct survey_kept {
	size_t part;       /* tells it from the others of the question in message ids */
	str suffix, label; /* behind the question's id and wording; absent: it is the question's own */
	str type, field;   /* of the feedback record; field: number, choice, text, date or boolean */
	str text;
	double number;
	int least, most;   /* 0, 0: no scale */
};
/* What was chosen for a row; 0: nothing. */
int64_t survey__cell(const struct survey_given *g, size_t row);
/* Whether there is an answer, and whether a condition or a quota's value fits it. */
bool survey__is_answered(const struct survey_question *q, const struct survey_given *g);
bool survey__is(const struct survey_question *q, const struct survey_given *g, str value);
/* The key of what is wrong with an answer, NULL when nothing is; *n things to be kept. first: the words that all languages are counted by. */
const char *survey__read(struct op *op, const struct survey_question *q, const struct survey_text *first, const struct survey_given *g, struct survey_kept **out, size_t *n);
/* What a reader sees of an answer inside another question; absent when there is none. */
str survey__said(struct op *op, const struct survey_question *q, const struct survey_text *shown, const struct survey_given *g);

/* ---- the pages of those who ask ---- */
str survey__address(struct op *op, id survey);
/* That of the route's :id. */
enum err survey__named(struct op *op, const struct web *w, struct survey *out) NODISCARD;
/* Its words in the reader's language, else in any. */
str survey__title(struct op *op, const struct survey_question *q);
/* Whether a question has all its words in a language. */
bool survey__is_whole(const struct survey_question *q, str lang);

/* The list again, with what is wrong with a file (in op's fault). */
enum err survey__refuse_file(struct op *op, struct answer *a) NODISCARD;

/* ---- branching ---- */
size_t survey__find(const struct survey_definition *d, str question); /* questions.n when there is none */
/* Which questions are asked of somebody who gave these answers (NULL: none), in the order of the questions. */
void survey__walk(const struct survey_definition *d, const struct survey_given *const *given, bool *asked);
/* Where pages begin, first questions' indexes: where the definition says so, and where what is asked hangs on an answer of the same page. */
size_t survey__pages(const struct survey_definition *d, size_t *starts);
/* Conditions, skips, pipes and quotas that cannot work, endless branches, questions never reached: ERR_INVALID with the first. */
enum err survey__check_branches(struct op *op, const struct survey_definition *d) NODISCARD;
/* Questions that no answers lead to. Says so only where it is certain. */
void survey__reach(struct arena *a, const struct survey_definition *d, bool *reached);

/* ---- piping: {answer:ID|otherwise} and {name|otherwise} in a text ---- */
struct survey_pipe {
	bool is_name;
	str question, otherwise, whole;
};
/* The next one at or after *at, which moves behind it. */
bool survey__pipe_next(str text, size_t *at, struct survey_pipe *out);

/* ---- links by team ---- */
struct survey_group { /* of those who serve */
	id id;
	str team, place;
	int staff; /* of SURVEY_STAFF */
	int64_t people;
};
extern const char *const SURVEY_STAFF[]; /* "employee", "contractor", "partner", NULL */
enum err survey__group(struct op *op, id survey, id group, struct survey_group *out) NODISCARD; /* ERR_NOT_FOUND */
enum err survey__qr(struct op *op, struct answer *a, str address) NODISCARD;

/* ---- a sitting: one submission on its way through the pages ---- */
enum survey_mode { SURVEY_BY_LINK, SURVEY_AS_PREVIEW, SURVEY_BY_HAND };
struct sitting {
	struct op *op;
	const struct survey *s;
	const struct lang *lang;
	enum survey_mode mode;
	const struct survey_group *group; /* whose link it came by; NULL: none */
	id customer; /* 0: nobody's */
	str ticket;  /* the link for one answer by which it came; absent: none */
	bool is_on_site; /* in a page of another site */
	str name;    /* as the customer is called; absent */
	str submission;
	const struct survey_given **given; /* by question; NULL: not answered */
	bool *asked;
	size_t *starts, n_pages;
};
void survey__sit(struct sitting *x);
size_t survey__page_end(const struct sitting *x, size_t page);
bool survey__page_is_asked(const struct sitting *x, size_t page);
const struct survey_text *survey__shown(const struct sitting *x, const struct survey_question *q);
const struct survey_text *survey__first(const struct survey *s, const struct survey_question *q);
/* A text with what it takes from answers; those of a draft that are not there are their "otherwise". */
str survey__text(const struct sitting *x, str text);
const struct lang *survey__language(const struct survey *s, const struct lang *wanted);
/* Appends the answers as touchpoints and notes the submission. The same submission again changes nothing. */
enum err survey__keep(struct sitting *x, int64_t time_ms, str channel) NODISCARD;

/* ---- the page that a sitting has come to ---- */
struct ask_point {
	str value, name;
	str kind, field; /* of its input: radio or checkbox, and its name */
	str face;        /* which of the faces */
	bool is_selected, is_star, is_face;
};
struct ask_row { /* of a matrix; of a ranking an option and its rank */
	str name, at, field;
	LIST_OF(struct ask_point) points;
};
struct ask_question {
	int64_t at;
	str id, type, text, dir, lang, value, low, high, email, telephone;
	bool is_required, is_first_optional, is_scale, is_options, is_number, is_date, is_text, is_matrix, is_ranking, is_contact, is_consent, is_agreed;
	LIST_OF(struct ask_point) points; /* of a matrix: its columns */
	LIST_OF(struct ask_row) rows;
	struct msg fault;
};
struct ask_carried { /* what was answered on other pages goes along */
	str name, value;
};
struct survey_entry { /* by hand: how, of whom, when */
	LIST_OF(struct option) channels;
	struct input customer, at;
	str name, address; /* of the survey */
};
extern const struct desc SURVEY_ENTRY_DESC;
struct survey_answer {
	struct survey_entry *entry; /* NULL: whoever answers does so themselves */
	str state; /* "open", or why nothing is asked */
	struct msg heading, saying; /* instead of questions */
	bool is_open, is_anonymous, is_preview, is_once; /* once: its browser remembers that it was answered */
	str action, submission, rest;
	str steps; /* where the page of a customer's link says how far it came; absent: nowhere */
	int64_t from, number, pages, n_optional, seconds;
	bool has_pages, is_last, may_finish, has_back;
	struct msg optional, place; /* how many may be left out, and how long they take; which page of how many */
	LIST_OF(struct ask_question) questions;
	LIST_OF(struct ask_carried) carried;
	LIST_OF(struct form_fault) faults;
};
/* A page without questions: "thanks" and so on. */
struct survey_answer *survey__said_instead(struct op *op, const char *state);
struct survey_answer *survey__draw(struct sitting *x, size_t page, str action);

/* ---- links for one answer each ---- */
str survey__ticket_make(struct op *op, id survey, int64_t expires_ms);
enum err survey__ticket_used(struct op *op, id survey, str ticket, bool *used) NODISCARD;
/* ERR_CONFLICT when somebody used it meanwhile. */
enum err survey__ticket_use(struct op *op, id survey, str ticket) NODISCARD;

/* ---- limits ---- */
/* Why it is not answered now: "early", "closed"; NULL: it is. */
const char *survey__when(const struct op *op, const struct survey *s);
/* Whether an answer that was given has no place left in its quota. */
enum err survey__is_full(const struct sitting *x, bool *full) NODISCARD;
/* Takes the places. ERR_BUSY when the last went in the meantime: run again from its start, survey__is_full finds it so. */
enum err survey__count_quotas(const struct sitting *x) NODISCARD;

/* Whether the address is that of a trial. */
bool survey__is_trial(struct op *op, const struct web *w);

/* ---- from page to page ---- */
enum survey_go { SURVEY_NEXT, SURVEY_BACK, SURVEY_FINISH };
struct survey_sent {
	str submission;
	int go;
	int64_t from; /* the first question of the page that was sent; DESC_NULL_INT: all was sent at once */
	str customer, channel, at; /* of an entry by hand */
	LIST_OF(struct survey_given) answers;
};
str survey__new_submission(struct op *op);
bool survey__is_submission(str text);
void survey__take(struct sitting *x, const struct survey_sent *in);
/* What is drawn next: the page again with its faults, another one; NULL when all is answered that must be. */
struct survey_answer *survey__go(struct sitting *x, const struct survey_sent *in, str action);
#endif
