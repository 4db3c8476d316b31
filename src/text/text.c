/* Models are unpacked when the first text of their language comes, and stay: some megabytes for a workspace that gets texts
 * in all languages, nothing for one that gets none. */
#include "text/text.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/utf8.h"
#include "http/asset.h"
#include "json/json.h"

enum { WORD_SHOWN_BYTES = 80 };

/* ---- what the product ships ---- */

static const char *const LANGUAGES[] = {"en", "th", "zh", "el", "fa"};
static _Atomic(const struct classifier *) sentiments[COUNT_OF(LANGUAGES)];
static const struct topics *topics;
static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static str shipped(const char *name)
{
	const struct asset *asset = asset_find(str_of(name));
	return asset ? asset->bytes : STR_NONE;
}

static void load_words(void)
{
	struct topics *made;
	struct fault f = {0};
	language_init(shipped("models/words/latin.tsv"));
	if (topics_new(shipped("models/topics.tsv"), &made, &f) != OK)
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
		snprintf(name, sizeof name, "models/sentiment-%s.model", LANGUAGES[i]);
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

static const struct classifier *sentiment_of(const char *language)
{
	for (size_t i = 0; i < COUNT_OF(LANGUAGES); i++) {
		if (strcmp(language, LANGUAGES[i]) != 0) continue;
		const struct classifier *c = atomic_load_explicit(&sentiments[i], memory_order_acquire);
		return c ? c : load_sentiment(i);
	}
	return NULL;
}

/* ---- reading ---- */

static void read_sentiment(struct arena *a, str text, struct text_reading *r)
{
	/* a text without letters may hold emoji: every model has them */
	const struct classifier *c = sentiment_of(strcmp(r->language.script, "Zyyy") == 0 ? LANGUAGES[0] : r->language.code);
	struct judged judged;
	if (!c) return;
	classifier_judge(c, a, r->folded, &judged);
	if (!judged.known) return;
	r->sentiment = c->labels[judged.label];
	for (size_t i = 0; i < c->n_labels; i++) {
		if (str_eq(c->labels[i], S("pos"))) r->score += judged.shares[i];
		if (str_eq(c->labels[i], S("neg"))) r->score -= judged.shares[i];
	}
	r->n_reasons = classifier_reasons(c, a, &judged, r->folded, text, judged.label, r->reasons, TEXT_REASONS);
}

void text_read(struct arena *a, str text, const struct classifier *own, struct text_reading *out)
{
	struct folded *folded = ARENA_NEW(a, struct folded);
	pthread_once(&once, load_words);
	text = str_sub(text, 0, TEXT_READ_BYTES);
	fold(a, text, folded);
	*out = (struct text_reading){.folded = folded, .topics = topics};
	language_of(text, folded, &out->language);
	read_sentiment(a, text, out);
	if (topics) out->found = topics_of(topics, a, folded, &out->n_found);
	if (own) {
		struct judged judged;
		classifier_judge(own, a, folded, &judged);
		out->label = own->labels[judged.label];
		out->probability = judged.shares[judged.label];
	}
}

/* ---- writing ---- */

static str word_at(const struct text_reading *r, str text, uint32_t from, uint32_t to)
{
	return utf8_cut(str_sub(text, r->folded->at[from], r->folded->at[to] - r->folded->at[from]), WORD_SHOWN_BYTES);
}

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
