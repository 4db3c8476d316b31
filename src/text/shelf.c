#include "text/shelf.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "op/app.h"
#include "op/op.h"
#include "text/task.h"
#include "text/text.h"

struct held {
	struct text_own own; /* first: what is given out */
	struct topics *topics;
	struct classifier *sentiments[TEXT_LANGUAGES];
	int readers;         /* and one for the shelf */
};
struct text_shelf {
	pthread_mutex_t lock;
	struct held *now;
};

const char *sentiment_task(char out[SENTIMENT_TASK_BYTES], size_t language, bool is_learnt)
{
	snprintf(out, SENTIMENT_TASK_BYTES, "sentiment-%s%s", TEXT_LANGUAGE_CODES[language], is_learnt ? "-auto" : "");
	return out;
}

static void held_free(struct held *h)
{
	if (!h) return;
	topics_free(h->topics);
	for (size_t i = 0; i < TEXT_LANGUAGES; i++) classifier_free(h->sentiments[i]);
	mem_free(h);
}

struct text_shelf *text_shelf_new(void)
{
	struct text_shelf *s = MEM_NEW(struct text_shelf);
	pthread_mutex_init(&s->lock, NULL);
	return s;
}

void text_shelf_free(struct text_shelf *s)
{
	if (!s) return;
	held_free(s->now);
	pthread_mutex_destroy(&s->lock);
	mem_free(s);
}

/* Only labels of sentiment make a model of sentiment: a task of that name may be anything. */
static bool is_sentiment(const struct classifier *c)
{
	for (size_t i = 0; i < c->n_labels; i++)
		if (!str_eq(c->labels[i], S("pos")) && !str_eq(c->labels[i], S("neg")) && !str_eq(c->labels[i], S("neu"))) return false;
	return true;
}

static struct classifier *load(str dir, size_t language, bool is_learnt)
{
	char task[SENTIMENT_TASK_BYTES];
	struct classifier *c;
	struct fault f = {0};
	enum err e = task_load(dir, str_of(sentiment_task(task, language, is_learnt)), &c, &f);
	if (e != OK && e != ERR_NOT_FOUND) log_warn("model_not_read", F_STR("name", str_of(task)));
	if (e == OK && is_sentiment(c)) return c;
	classifier_free(c);
	return NULL;
}

static void load_models(struct held *h, str dir)
{
	for (size_t i = 0; i < TEXT_LANGUAGES; i++) {
		h->sentiments[i] = load(dir, i, false);
		if (!h->sentiments[i]) h->sentiments[i] = load(dir, i, true);
		h->own.sentiments[i] = h->sentiments[i];
	}
}

static void let_go(struct text_shelf *s, struct held *h)
{
	pthread_mutex_lock(&s->lock);
	bool is_last = h && --h->readers == 0;
	pthread_mutex_unlock(&s->lock);
	if (is_last) held_free(h);
}

enum err text_shelf_fill(struct text_shelf *s, str dir, str topics, str rules, struct fault *f)
{
	struct held *h = MEM_NEW(struct held), *before;
	h->readers = 1;
	enum err e = str_given(topics) || str_given(rules) ? text_topics_new(topics, rules, &h->topics, f) : OK;
	if (e != OK) {
		held_free(h);
		return e;
	}
	h->own.topics = h->topics;
	load_models(h, dir);
	pthread_mutex_lock(&s->lock);
	before = s->now;
	s->now = h;
	pthread_mutex_unlock(&s->lock);
	if (before) let_go(s, before);
	return OK;
}

const struct text_own *text_own_take(const struct app *app)
{
	struct text_shelf *s = app->texts;
	if (!s) return NULL;
	pthread_mutex_lock(&s->lock);
	struct held *h = s->now;
	if (h) h->readers++;
	pthread_mutex_unlock(&s->lock);
	return h ? &h->own : NULL;
}

void text_own_give(const struct app *app, const struct text_own *own)
{
	union {
		const struct text_own *shown;
		struct held *own;
	} h = {own};
	if (own) let_go(app->texts, h.own);
}

struct lent {
	const struct app *app;
	const struct text_own *own;
};

static void give_back(void *arg)
{
	const struct lent *l = arg;
	text_own_give(l->app, l->own);
}

const struct text_own *text_own_of(struct op *op)
{
	struct lent *l = ARENA_NEW(&op->arena, struct lent);
	*l = (struct lent){op->app, text_own_take(op->app)};
	if (l->own) op_defer(op, give_back, l);
	return l->own;
}
