/* reading.h: how texts were read (answers, mentions), and what people say of it. A person's word about a reading is kept with
 * who and when, stands in the reading's place in every figure, and no later reading replaces it; it can be taken back.
 * Invariant: what stands with a text is the newest correction of each aspect, else what the program read. */
#ifndef READING_READING_H
#define READING_READING_H
#include "http/web.h"
#include "text/verdict.h"

enum reading_aspect { READING_SENTIMENT, READING_TOPICS, READING_EMOTIONS, READING_LANGUAGE, READING_ASPECTS };
extern const char *const READING_ASPECT_NAMES[]; /* "sentiment", …, NULL */

struct reading {
	id doc;
	int kind; /* row of the kinds of texts */
	int64_t at;
	str text, language_before;
	struct text_verdict verdict; /* as it stands */
};
/* Of an id as shown (fbk_…, men_…), if it may be seen for the purpose of analysis. ERR_NOT_FOUND. */
enum err reading_find(struct op *op, str shown, struct reading *out) NODISCARD;
str reading_show(struct op *op, const struct reading *r); /* its id, as shown */

/* A text as it stands: read once, when it came, with what people said of that. Strings live until the visit ends. */
struct reading_text {
	id doc;
	int kind;
	int64_t at;
	uint32_t subject; /* 0: nobody's, or anonymous */
	bool is_by_hand;  /* one of ours wrote it down */
	str event, channel, survey, url, text;
	struct text_verdict verdict;
};
typedef bool reading_visit(void *arg, const struct reading_text *t); /* false ends the visits of its kind */
/* All from a time until before another that may be seen for analysis, kind by kind, oldest first. */
enum err reading_each(struct op *op, int64_t from, int64_t to, reading_visit *visit, void *arg) NODISCARD;
/* The newest `most` of a customer, oldest first. */
enum err reading_of(struct op *op, id customer, size_t most, struct reading_text **out, size_t *n) NODISCARD;
/* What findings over texts depend on beside the state of the data (pulse/kept.h); one part of their key. */
enum err reading_state(struct op *op, str *out) NODISCARD;
str reading_text_show(struct op *op, const struct reading_text *t); /* its id, as shown */

/* value: pos, neg or neu; a language; else names, each with a line's end. The same as read confirms it. */
enum err reading_correct(struct op *op, const struct reading *r, enum reading_aspect aspect, str value, id *correction) NODISCARD;
/* Only the newest of its text and aspect: ERR_STATE; ERR_NOT_FOUND. *of: the id of its text, as shown. */
enum err reading_take_back(struct op *op, id correction, str *of) NODISCARD;
/* What texts are read with from now on: the workspace's topics, rules and models. */
enum err reading_fill_shelf(struct op *op) NODISCARD;
/* Drops corrections whose text is gone. */
enum err reading_tidy(struct op *op) NODISCARD;

/* How the words of a touchpoint stand: those of an answer, a mention or any other that was applied. *is_read false: it has none, or they
 * may not be kept. Rows and texts live in `a`; root is the touchpoint's body. */
struct event;
struct json_node;
enum err reading_of_event(struct op *op, struct arena *a, const struct event *e, const struct json_node *root, struct text_verdict *out, bool *is_read) NODISCARD;

/* How often people looked, and how often they saw it otherwise: of the newest corrections. */
struct reading_agreement {
	int aspect;
	str language, language_name;
	int64_t looked_at, disagreed;
	double share;
};
enum err reading_agreements(struct op *op, struct reading_agreement **out, size_t *n) NODISCARD;

/* Handlers. */
extern const struct desc READING_DESC, READING_INPUT_DESC, READING_AGREEMENT_DESC;
web_handler reading_get, reading_post, reading_undo_post;
#endif
