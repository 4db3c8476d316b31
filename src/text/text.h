/* text.h: reading what people write, on the server itself: language, feeling, topics, and the words that led there. */
#ifndef TEXT_TEXT_H
#define TEXT_TEXT_H
#include "base/err.h"
#include "text/classifier.h"
#include "text/entity.h"
#include "text/language.h"
#include "text/topic.h"

struct app;
struct command_io;
struct buf;
enum { TEXT_READ_BYTES = 64 << 10 }; /* of a longer text its beginning is read */
enum { TEXT_REASONS = 3, TEXT_WHY = 5 };

struct text_reading {
	struct language language;
	str sentiment;  /* "pos", "neg", "neu", in Thai also "q" (a question); absent where no model reads the language */
	double score;   /* -1 to 1: the share of pos less that of neg */
	struct reason reasons[TEXT_REASONS]; /* words of the text that led to the sentiment */
	size_t n_reasons;
	const struct topics *topics;
	const struct topic_found *found; /* with the place in the text that led there */
	size_t n_found;
	const struct topic_found *signals; /* what is felt, how hard and urgent it is, what is asked for (models/signals.tsv) */
	size_t n_signals;
	struct entity entities[ENTITIES_MOST];
	size_t n_entities;
	str label;         /* of the classifier given; absent without one */
	double probability;
	const struct folded *folded;
};
/* What a workspace has of its own; each may be NULL. */
enum { TEXT_LANGUAGES = 5 };
extern const char *const TEXT_LANGUAGE_CODES[]; /* "en", "th", …, NULL: those whose sentiment is read */
struct text_own {
	const struct classifier *classifier;
	const struct classifier *sentiments[TEXT_LANGUAGES]; /* asked beside the shipped ones */
	const struct topics *topics; /* in place of the shipped ones */
	str language;                /* a person said so; absent: found */
};
/* Topics of one's own (absent: the shipped ones) and rules of one's own (signals, and sentiment/pos, sentiment/neg, sentiment/neu,
 * which stand above the models), with the shipped signals behind them. As topics_new. */
enum err text_topics_new(str text, str rules, struct topics **out, struct fault *f) NODISCARD;
/* Those that the product ships, signals behind topics. */
const struct topics *text_topics_shipped(void);
/* Whether the name of a topic is one of these (emotion/…, effort/…, urgency/…, request/…, sentiment/…). */
bool text_is_signal(str name);
/* Reads a text of any bytes; never fails. What out holds lives in the arena, and points into text. `own` may be NULL.
 * Thread safe. */
void text_read(struct arena *a, str text, const struct text_own *own, struct text_reading *out);
/* The words that led to sentiment and topics, each once: at most TEXT_WHY of them, the number given back. */
size_t text_why(const struct text_reading *r, str text, str *out);
/* The signals of a kind ("emotion", "effort", "urgency", "request") without it: at most `most`, the number given back. */
size_t text_signals(const struct text_reading *r, const char *kind, str *out, size_t most);
/* One line of JSON, as hospes text prints it. */
void text_write(const struct text_reading *r, str text, struct buf *out);

/* Commands. */
int command_text(struct app *app, int argc, const str *argv, const struct command_io *io);
int command_train(struct app *app, int argc, const str *argv, const struct command_io *io);
int command_evaluate(struct app *app, int argc, const str *argv, const struct command_io *io);
int command_classify(struct app *app, int argc, const str *argv, const struct command_io *io);
#endif
