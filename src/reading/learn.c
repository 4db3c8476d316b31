/* A fifth of the labels is kept back; the model that the others teach is tried on it beside the shipped one, as texts will be read.
 * Only when that is better is a model taught by all of them and kept. Its file is not that of `hospes train --task sentiment-…`,
 * so what a person taught by hand is never replaced. */
#include "reading/learn.h"

#include <math.h>
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "audit/audit.h"
#include "base/log.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "consent/consent.h"
#include "http/options.h"
#include "op/app.h"
#include "reading/reading.h"
#include "setting/setting.h"
#include "text/learn.h"
#include "text/shelf.h"
#include "text/task.h"
#include "text/text.h"

enum { LABELS_READ = 100000, EXAMPLES_MOST = 20000, EXAMPLES_LEAST = 200, OF_A_LABEL = 20, TEXT_BYTES = 4000, KEPT_BACK = 5, NICE = 10, CAN_TELL = 2 };

static const str LABELS[] = {{"pos", 3}, {"neg", 3}, {"neu", 3}};
enum { LABEL_POS, LABEL_NEG, LABEL_NEU, LABEL_N };

struct learn_input {
	bool automatic;
};
static const struct desc_field LEARN_INPUT_FIELDS[] = {FIELD(learn_input, automatic, DESC_BOOL, .doc = "learn each day, and now; false: no more")};
const struct desc LEARN_INPUT_DESC = DESC(learn_input, LEARN_INPUT_FIELDS);

/* ---- labels ---- */

struct labels {
	struct arena *arena;
	id before; /* text of the row before */
	struct of_language {
		VEC(struct example) examples;
		size_t of[LABEL_N];
	} by[TEXT_LANGUAGES];
};
enum column { DOC, TEXT, LANGUAGE, TYPE, NUMBER, LEAST, MOST, CORRECTED };

static double real_or(const struct db_val *v, double otherwise)
{
	return v->type == DB_NULL || isnan(v->d) ? otherwise : v->d;
}

static int label_of_score(const struct db_val *row)
{
	double n = row[NUMBER].d;
	if (str_eq(row[TYPE].s, S("nps"))) return n >= 9 ? LABEL_POS : n >= 7 ? LABEL_NEU : LABEL_NEG;
	double least = real_or(&row[LEAST], 1), most = real_or(&row[MOST], str_eq(row[TYPE].s, S("ces")) ? 7 : 5);
	double share = most > least ? (n - least) / (most - least) : 0.5;
	return share > 0.7 ? LABEL_POS : share < 0.4 ? LABEL_NEG : LABEL_NEU;
}

static int label_of(const struct db_val *row)
{
	if (row[CORRECTED].type != DB_NULL)
		for (int i = 0; i < LABEL_N; i++)
			if (str_eq(row[CORRECTED].s, LABELS[i])) return i;
	return row[NUMBER].type == DB_NULL ? -1 : label_of_score(row);
}

static bool take(void *arg, const struct db_val *row, size_t columns)
{
	struct labels *l = arg;
	int label = label_of(row);
	(void)columns;
	if (row[DOC].i == l->before || label < 0) return true;
	l->before = row[DOC].i;
	for (size_t i = 0; i < TEXT_LANGUAGES; i++) {
		struct of_language *x = &l->by[i];
		if (!str_eq(row[LANGUAGE].s, str_of(TEXT_LANGUAGE_CODES[i])) || x->examples.n == EXAMPLES_MOST) continue;
		struct example e = {str_dup(l->arena, utf8_cut(row[TEXT].s, TEXT_BYTES)), (uint32_t)label};
		VEC_PUSH(&x->examples, l->arena, e);
		x->of[label]++;
	}
	return true;
}

static enum err read_labels(struct op *op, void *arg)
{
	const struct db_val args[] = {db_int(LABELS_READ), db_int(PURPOSE_BIT(PURPOSE_ANALYTICS)), db_int(PURPOSE_ANALYTICS), db_int(READING_SENTIMENT)};
	TRY(op_each(op, SQL_feedback_labelled, args, COUNT_OF(args), take, arg));
	TRY(op_each(op, SQL_mention_labelled, args, COUNT_OF(args), take, arg));
	return op_each(op, SQL_verbatim_labelled, args, COUNT_OF(args), take, arg);
}

/* ---- teaching ---- */

struct teaching {
	struct app *app;
	size_t language;
	const struct of_language *labels;
	bool is_better;
	enum err e;
	struct fault f;
};

static bool is_kept_back(const struct example *e)
{
	return str_hash(e->text) % KEPT_BACK == 0;
}

static int judged_as(struct arena *a, str text, const struct text_own *own)
{
	struct text_reading r;
	text_read(a, text, own, &r);
	for (int i = 0; i < LABEL_N; i++)
		if (str_eq(r.sentiment, LABELS[i])) return i;
	return str_given(r.sentiment) ? LABEL_NEU : -1;
}

/* Wins less losses of reading with the model, against the spread of chance (McNemar). */
static bool is_better(const struct teaching *t, const struct classifier *c)
{
	struct text_own with = {.language = str_of(TEXT_LANGUAGE_CODES[t->language])}, without = with;
	struct arena a = {0};
	int wins = 0, losses = 0;
	with.sentiments[t->language] = c;
	for (size_t i = 0; i < t->labels->examples.n; i++) {
		const struct example *e = &t->labels->examples.v[i];
		if (!is_kept_back(e)) continue;
		bool is_right = judged_as(&a, e->text, &with) == (int)e->label, was_right = judged_as(&a, e->text, &without) == (int)e->label;
		wins += is_right && !was_right;
		losses += was_right && !is_right;
		arena_reset(&a);
	}
	arena_release(&a);
	return wins - losses > CAN_TELL * sqrt(wins + losses);
}

static enum err teach_by(const struct teaching *t, bool all, struct arena *a, struct classifier **out, struct fault *f)
{
	struct example *v = ARENA_ARRAY(a, struct example, t->labels->examples.n + 1);
	size_t n = 0, n_labels = t->labels->of[LABEL_NEU] < OF_A_LABEL ? LABEL_NEU : LABEL_N;
	for (size_t i = 0; i < t->labels->examples.n; i++) {
		const struct example *e = &t->labels->examples.v[i];
		if ((all || !is_kept_back(e)) && e->label < n_labels) v[n++] = *e;
	}
	struct lesson lesson = {.examples = v, .n = n, .labels = LABELS, .n_labels = n_labels};
	return learn(&lesson, out, f);
}

static void *teach(void *arg)
{
	struct teaching *t = arg;
	struct arena a = {0};
	struct classifier *c = NULL;
	char task[SENTIMENT_TASK_BYTES];
	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE); /* of this thread alone */
	t->e = teach_by(t, false, &a, &c, &t->f);
	t->is_better = t->e == OK && is_better(t, c);
	if (t->is_better) {
		classifier_free(c);
		c = NULL;
		t->e = teach_by(t, true, &a, &c, &t->f);
		if (t->e == OK) t->e = task_store(t->app->dir, str_of(sentiment_task(task, t->language, true)), c, &t->f);
	}
	classifier_free(c);
	arena_release(&a);
	return NULL;
}

static bool has_enough(const struct of_language *x)
{
	return x->examples.n >= EXAMPLES_LEAST && x->of[LABEL_POS] >= OF_A_LABEL && x->of[LABEL_NEG] >= OF_A_LABEL;
}

/* Whether there is anything that the model in use has not seen. */
static bool is_news(const struct app *app, size_t language, const struct of_language *x)
{
	char task[SENTIMENT_TASK_BYTES];
	struct classifier *c;
	struct fault f = {0};
	if (task_load(app->dir, str_of(sentiment_task(task, language, true)), &c, &f) != OK) return true;
	bool is_same = c->texts + (size_t)(c->n_labels < LABEL_N) * x->of[LABEL_NEU] == x->examples.n;
	classifier_free(c);
	return !is_same;
}

static enum err fill(struct op *op, void *arg)
{
	(void)arg;
	return reading_fill_shelf(op);
}

static enum err teach_language(struct op *op, id job, size_t i, const struct of_language *x)
{
	struct teaching t = {.app = op->app, .language = i, .labels = x};
	pthread_t thread;
	if (!has_enough(x) || !is_news(op->app, i, x) || !job_progress(op, job, (int64_t)i, TEXT_LANGUAGES)) return OK;
	if (pthread_create(&thread, NULL, teach, &t)) return ERR_BUSY;
	pthread_join(thread, NULL);
	log_info("sentiment_learnt", F_STR("language", str_of(TEXT_LANGUAGE_CODES[i])), F_INT("labels", (int64_t)x->examples.n), F_INT("is_better", (int64_t)t.is_better));
	if (t.e != OK) {
		op->fault = t.f;
		return t.e;
	}
	return t.is_better ? op_apart(op->app, "learn", fill, NULL) : OK;
}

enum err reading_learn_job(struct op *op, id job, str payload)
{
	struct arena a = {0};
	struct labels *l = ARENA_NEW(&a, struct labels);
	(void)payload;
	l->arena = &a;
	enum err e = setting_bool(op->app, SETTING_learn_from_answers) ? op_apart(op->app, "learn", read_labels, l) : OK;
	for (size_t i = 0; e == OK && i < TEXT_LANGUAGES; i++) e = teach_language(op, job, i, &l->by[i]);
	arena_release(&a);
	return e;
}

enum err reading_learn_post(struct op *op, struct web *w, struct answer *a)
{
	struct learn_input in;
	TRY(web_input(op, w, &LEARN_INPUT_DESC, &in));
	TRY(setting_put(op, SETTING_learn_from_answers, in.automatic ? S("1") : S("0")));
	TRY(audit_write(op, in.automatic ? "learning_on" : "learning_off", "", 0, STR_NONE, STR_NONE));
	if (in.automatic) TRY(job_add(op, "learn", S("{}"), 0, S("schedule"), NULL));
	a->notice = msg_of(in.automatic ? "notice_learning" : "notice_learning_off");
	return answer_redirect(a, S("/texts"));
}

/* ---- hospes labels ---- */

static void print(const struct command_io *io, const struct of_language *x)
{
	for (size_t i = 0; i < x->examples.n; i++) {
		const struct example *e = &x->examples.v[i];
		struct buf b;
		buf_init(&b, TEXT_BYTES + OF_A_LABEL);
		buf_add(&b, LABELS[e->label]);
		buf_byte(&b, '\t');
		for (size_t k = 0; k < e->text.n; k++) buf_byte(&b, (unsigned char)e->text.p[k] < ' ' ? ' ' : e->text.p[k]);
		buf_byte(&b, '\n');
		command_write(io->out, buf_str(&b));
		buf_release(&b);
	}
}

int command_labels(struct app *app, int argc, const str *argv, const struct command_io *io)
{
	str language = STR_NONE, rest[4];
	const struct command_option options[] = {{"language", &language, NULL}};
	int n, code = 0;
	struct op op;
	if (argc > 4 || !options_read(io, argc, argv, options, COUNT_OF(options), rest, &n) || n) {
		command_print(io->err, "usage: hospes labels --data DIR [--language en|th|zh|el|fa]\n");
		return 2;
	}
	op_init(&op, app, (struct actor){.kind = ACTOR_COMMAND, .name = S("command line")}, false);
	struct labels *l = ARENA_NEW(&op.arena, struct labels);
	l->arena = &op.arena;
	enum err e = read_labels(&op, l);
	if (e == OK) e = audit_write_read(&op, "labels_printed", "", 0, STR_NONE);
	if (op_end(&op, e) != OK) code = command_fault(io, &op.fault);
	for (size_t i = 0; !code && i < TEXT_LANGUAGES; i++)
		if (!str_given(language) || str_eq(language, str_of(TEXT_LANGUAGE_CODES[i]))) print(io, &l->by[i]);
	op_release(&op);
	return code;
}
