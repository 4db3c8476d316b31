/* Models are unpacked when the first text of their language comes, and stay: some megabytes for a workspace that gets texts
 * in all languages, nothing for one that gets none. */
#include "text/text.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/utf8.h"
#include "http/asset.h"
#include "json/json.h"

enum { WORD_SHOWN_BYTES = 80, SIGNALS_SHOWN = 8 };
static const double SHARE_LEAST = 1e-6; /* no model is so sure that the other has no say */
static const double FAILURE_NEG = 12, FAILURE_NEU = 0.4; /* how much likelier, see DESIGN.md */

/* ---- what the product ships ---- */

const char *const TEXT_LANGUAGE_CODES[] = {"en", "th", "zh", "el", "fa", NULL};
static _Atomic(const struct classifier *) sentiments[TEXT_LANGUAGES];
static const struct topics *topics;
static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static str shipped(const char *name)
{
	const struct asset *asset = asset_find(str_of(name));
	return asset ? asset->bytes : STR_NONE;
}

enum err text_topics_new(str text, str rules, struct topics **out, struct fault *f)
{
	struct arena a = {0};
	str all[] = {str_given(text) ? text : shipped("models/topics.tsv"), rules, shipped("models/signals.tsv")};
	enum err e = topics_new(str_join(&a, all, COUNT_OF(all), S("\n")), out, f);
	arena_release(&a);
	return e;
}

static void load_words(void)
{
	struct topics *made;
	struct fault f = {0};
	language_init(shipped("models/words/latin.tsv"));
	if (text_topics_new(STR_NONE, STR_NONE, &made, &f) != OK)
		log_error("topics_not_read", F_STR("where", str_of(f.fields[0].name)));
	else
		topics = made;
}

static const struct classifier *load_sentiment(size_t i)
{
	pthread_mutex_lock(&loading);
	const struct classifier *c = atomic_load(&sentiments[i]);
	if (!c) {
		char name[64];
		struct classifier *made;
		struct fault f = {0};
		snprintf(name, sizeof name, "models/sentiment-%s.model", TEXT_LANGUAGE_CODES[i]);
		if (classifier_decode(shipped(name), &made, &f) == OK) {
			c = made;
			atomic_store(&sentiments[i], c);
		} else {
			log_error("model_not_read", F_STR("name", str_of(name)));
		}
	}
	pthread_mutex_unlock(&loading);
	return c;
}

/* -1: no model reads the language. */
static int number_of(const char *language)
{
	for (int i = 0; i < TEXT_LANGUAGES; i++)
		if (strcmp(language, TEXT_LANGUAGE_CODES[i]) == 0) return i;
	return -1;
}

static const struct classifier *sentiment_of(int language)
{
	const struct classifier *c = atomic_load_explicit(&sentiments[language], memory_order_acquire);
	return c ? c : load_sentiment((size_t)language);
}

/* ---- reading ---- */

#define FAILURE "failure/told"
static const char *const SIGNALS[] = {"emotion/", "effort/", "urgency/", "request/", "sentiment/", "failure/"};

bool text_is_signal(str name)
{
	for (size_t i = 0; i < COUNT_OF(SIGNALS); i++)
		if (str_starts(name, str_of(SIGNALS[i]))) return true;
	return false;
}

enum sentiment { POS, NEG, NEU, ASKED, SENTIMENTS };
static const char *const SENTIMENT_NAMES[] = {"pos", "neg", "neu", "q"};

/* Of a label that the workspace's model was never taught it says no more than that a text it is unsure of may be so. */
static void multiply(const struct classifier *c, const struct judged *j, bool is_own, double shares[SENTIMENTS])
{
	double by[SENTIMENTS], sum = 0, least = 1;
	for (size_t i = 0; i < c->n_labels; i++) least = fmin(least, fmax(j->shares[i], SHARE_LEAST));
	for (int k = 0; k < SENTIMENTS; k++) by[k] = is_own ? least : 0;
	for (size_t i = 0; i < c->n_labels; i++)
		for (int k = 0; k < SENTIMENTS; k++)
			if (str_eq(c->labels[i], str_of(SENTIMENT_NAMES[k]))) by[k] = fmax(j->shares[i], SHARE_LEAST);
	for (int k = 0; k < SENTIMENTS; k++) sum += shares[k] *= by[k];
	for (int k = 0; k < SENTIMENTS; k++) shares[k] /= sum;
}

static const struct topic_found *failure_of(const struct text_reading *r)
{
	for (size_t i = 0; i < r->n_signals; i++)
		if (str_eq(topics_name(r->topics, r->signals[i].topic), S(FAILURE))) return &r->signals[i];
	return NULL;
}

/* Who says that it came late or broken is hardly at ease, however plainly it is said; what the models are sure of stands. */
static void weigh_failure(double shares[SENTIMENTS])
{
	double sum = 0;
	shares[NEG] *= FAILURE_NEG;
	shares[NEU] *= FAILURE_NEU;
	for (int k = 0; k < SENTIMENTS; k++) sum += shares[k];
	for (int k = 0; k < SENTIMENTS; k++) shares[k] /= sum;
}

static str word_at(const struct text_reading *r, str text, uint32_t from, uint32_t to)
{
	return utf8_cut(str_sub(text, r->folded->at[from], r->folded->at[to] - r->folded->at[from]), WORD_SHOWN_BYTES);
}

static int likeliest(const double shares[SENTIMENTS])
{
	int best = 0;
	for (int k = 1; k < SENTIMENTS; k++)
		if (shares[k] > shares[best]) best = k;
	return best;
}

static size_t label_number(const struct classifier *c, str name)
{
	size_t i = 0;
	while (i < c->n_labels && !str_eq(c->labels[i], name)) i++;
	return i;
}

/* The workspace's own model speaks beside the shipped one: each says how sure it is, so their shares are multiplied. */
static void read_sentiment(struct arena *a, str text, const struct text_own *own, struct text_reading *r)
{
	/* a text without letters may hold emoji: every model has them */
	int language = number_of(strcmp(r->language.script, "Zyyy") == 0 ? TEXT_LANGUAGE_CODES[0] : r->language.code);
	const struct classifier *models[2] = {language < 0 ? NULL : sentiment_of(language), language < 0 || !own ? NULL : own->sentiments[language]}, *why = NULL;
	struct judged judged[2];
	double shares[SENTIMENTS] = {1, 1, 1, 1};
	int speaking = -1;
	for (int m = 0; m < 2; m++) {
		if (!models[m]) continue;
		classifier_judge(models[m], a, r->folded, &judged[m]);
		if (!judged[m].known) continue;
		multiply(models[m], &judged[m], m == 1, shares);
		why = models[m];
		speaking = m;
	}
	if (!why) return;
	const struct topic_found *failure = failure_of(r);
	if (failure) weigh_failure(shares);
	r->sentiment = str_of(SENTIMENT_NAMES[likeliest(shares)]);
	r->score = shares[POS] - shares[NEG];
	size_t label = label_number(why, r->sentiment);
	if (label == why->n_labels && speaking == 1 && models[0] && judged[0].known) why = models[0], speaking = 0, label = label_number(why, r->sentiment);
	if (label < why->n_labels) r->n_reasons = classifier_reasons(why, a, &judged[speaking], r->folded, text, label, r->reasons, TEXT_REASONS);
	if (!failure || !str_eq(r->sentiment, str_of(SENTIMENT_NAMES[NEG])) || r->n_reasons) return;
	r->reasons[0] = (struct reason){.word = word_at(r, text, failure->from, failure->to), .weight = 1};
	r->n_reasons = 1;
}

/* One pass for both files: topics stand first, as in them. */
static void read_topics(struct arena *a, struct text_reading *r)
{
	size_t n, k = 0;
	const struct topic_found *found = topics_of(r->topics, a, r->folded, &n);
	while (k < n && !text_is_signal(topics_name(r->topics, found[k].topic))) k++;
	r->found = found;
	r->n_found = k;
	r->signals = found + k;
	r->n_signals = n - k;
}

/* A rule that somebody wrote stands above the models. */
static void follow_rules(str text, struct text_reading *r)
{
	for (size_t i = 0; i < r->n_signals; i++) {
		str rest = topics_name(r->topics, r->signals[i].topic);
		if (!str_eq(str_cut(&rest, '/'), S("sentiment"))) continue;
		r->sentiment = rest;
		r->score = str_eq(rest, S("pos")) ? 1 : str_eq(rest, S("neg")) ? -1 : 0;
		r->reasons[0] = (struct reason){.word = word_at(r, text, r->signals[i].from, r->signals[i].to), .weight = 1};
		r->n_reasons = 1;
		return;
	}
}

const struct topics *text_topics_shipped(void)
{
	pthread_once(&once, load_words);
	return topics;
}

void text_read(struct arena *a, str text, const struct text_own *own, struct text_reading *out)
{
	struct folded *folded = ARENA_NEW(a, struct folded);
	pthread_once(&once, load_words);
	text = str_sub(text, 0, TEXT_READ_BYTES);
	fold(a, text, folded);
	*out = (struct text_reading){.folded = folded, .topics = own && own->topics ? own->topics : topics};
	language_of(text, folded, &out->language);
	if (own && str_given(own->language)) snprintf(out->language.code, sizeof out->language.code, "%.*s", STR_ARG(own->language));
	if (out->topics) read_topics(a, out);
	read_sentiment(a, text, own, out);
	follow_rules(text, out);
	out->n_entities = entities_of(folded, out->entities);
	if (own && own->classifier) {
		struct judged judged;
		classifier_judge(own->classifier, a, folded, &judged);
		out->label = own->classifier->labels[judged.label];
		out->probability = judged.shares[judged.label];
	}
}

/* ---- writing ---- */

static bool is_reason(const struct text_reading *r, str word)
{
	for (size_t i = 0; i < r->n_reasons; i++)
		if (str_eq(r->reasons[i].word, word)) return true;
	return false;
}

size_t text_why(const struct text_reading *r, str text, str *out)
{
	size_t n = 0;
	for (size_t i = 0; i < r->n_reasons; i++) out[n++] = utf8_cut(r->reasons[i].word, WORD_SHOWN_BYTES);
	for (size_t i = 0; i < r->n_found && i < TEXT_WHY - TEXT_REASONS; i++) {
		str word = word_at(r, text, r->found[i].from, r->found[i].to);
		if (!is_reason(r, word)) out[n++] = word;
	}
	return n;
}

size_t text_signals(const struct text_reading *r, const char *kind, str *out, size_t most)
{
	size_t n = 0;
	for (size_t i = 0; i < r->n_signals && n < most; i++) {
		str rest = topics_name(r->topics, r->signals[i].topic);
		if (str_eq(str_cut(&rest, '/'), str_of(kind))) out[n++] = rest;
	}
	return n;
}

static void write_signals(const struct text_reading *r, struct json_writer *w)
{
	static const struct {
		const char *kind, *key;
		bool is_list;
	} MEMBERS[] = {{"emotion", "emotions", true}, {"effort", "effort", false}, {"urgency", "urgency", false}, {"request", "requests", true}};
	str names[SIGNALS_SHOWN];
	for (size_t i = 0; i < COUNT_OF(MEMBERS); i++) {
		size_t n = text_signals(r, MEMBERS[i].kind, names, SIGNALS_SHOWN);
		json_key(w, str_of(MEMBERS[i].key));
		if (!MEMBERS[i].is_list) {
			json_put_str(w, n ? names[0] : STR_NONE);
			continue;
		}
		json_begin_array(w);
		for (size_t k = 0; k < n; k++) json_put_str(w, names[k]);
		json_end_array(w);
	}
}

static void write_entities(const struct text_reading *r, str text, struct json_writer *w)
{
	json_key(w, S("entities"));
	json_begin_array(w);
	for (size_t i = 0; i < r->n_entities; i++) {
		json_begin_object(w);
		json_key(w, S("type"));
		json_put_str(w, str_of(ENTITY_KINDS[r->entities[i].kind]));
		json_key(w, S("text"));
		json_put_str(w, word_at(r, text, r->entities[i].from, r->entities[i].to));
		json_end_object(w);
	}
	json_end_array(w);
}

void text_write(const struct text_reading *r, str text, struct buf *out)
{
	struct json_writer w = {out, false};
	str why[TEXT_WHY];
	size_t n_why = text_why(r, text, why);
	text = str_sub(text, 0, TEXT_READ_BYTES);
	json_begin_object(&w);
	json_key(&w, S("language"));
	json_put_str(&w, str_of(r->language.code));
	json_key(&w, S("script"));
	json_put_str(&w, str_of(r->language.script));
	json_key(&w, S("sentiment"));
	if (str_given(r->sentiment)) {
		json_begin_object(&w);
		json_key(&w, S("label"));
		json_put_str(&w, r->sentiment);
		json_key(&w, S("score"));
		json_put_real(&w, (double)(int)(r->score * 1000 + (r->score < 0 ? -0.5 : 0.5)) / 1000);
		json_end_object(&w);
	} else {
		json_put_null(&w);
	}
	json_key(&w, S("topics"));
	json_begin_array(&w);
	for (size_t i = 0; i < r->n_found; i++) json_put_str(&w, topics_name(r->topics, r->found[i].topic));
	json_end_array(&w);
	write_signals(r, &w);
	write_entities(r, text, &w);
	if (str_given(r->label)) {
		json_key(&w, S("model"));
		json_begin_object(&w);
		json_key(&w, S("label"));
		json_put_str(&w, r->label);
		json_key(&w, S("probability"));
		json_put_real(&w, r->probability);
		json_end_object(&w);
	}
	json_key(&w, S("why"));
	json_begin_array(&w);
	for (size_t i = 0; i < n_why; i++) json_put_str(&w, why[i]);
	json_end_array(&w);
	json_end_object(&w);
	buf_byte(out, '\n');
}
