/* The page of texts: try one, and how well each model reads, by test texts that taught it nothing. Its figures are those that
 * tools/train-models measured (models/figures.json); of the workspace's own classifiers, what training held back. */
#include <string.h>

#include "http/asset.h"
#include "http/faults.h"
#include "i18n/i18n.h"
#include "json/json.h"
#include "op/app.h"
#include "reading/reading.h"
#include "setting/setting.h"
#include "text/shelf.h"
#include "text/task.h"
#include "text/text.h"
#include "text/text_pages.h"

enum { FIGURES_BYTES = 1 << 20, TRIED_CHARACTERS = 4000 };

static const char *const FEELINGS[] = {"pos", "neg", "neu", "q", NULL};
static const char *const READ_LANGUAGES[] = {"en", "th", "zh", "el", "fa", NULL};

/* ---- a text that is tried ---- */

struct text_topic {
	str name, label;
};
static const struct desc_field TOPIC_FIELDS[] = {
	FIELD(text_topic, name, DESC_STR),
	FIELD(text_topic, label, DESC_STR, .doc = "in the reader's language"),
};
static const struct desc TOPIC_DESC = DESC(text_topic, TOPIC_FIELDS);

struct text_tried {
	str language, script, language_name;
	int sentiment;
	double score;
	LIST_OF(struct text_topic) topics;
	LIST_OF(str) why;
};
static const struct desc_field TRIED_FIELDS[] = {
	FIELD(text_tried, language, DESC_STR, .doc = "ISO 639; und when nothing tells"),
	FIELD(text_tried, script, DESC_STR, .doc = "ISO 15924"),
	FIELD(text_tried, language_name, DESC_STR, .doc = "in the reader's language"),
	FIELD(text_tried, sentiment, DESC_ENUM, .names = FEELINGS, .prefix = "feeling", .doc = "null where no model reads the language"),
	FIELD(text_tried, score, DESC_REAL, .doc = "-1 to 1"),
	FIELD(text_tried, topics, DESC_LIST, .item = DESC_STRUCT, .of = &TOPIC_DESC),
	FIELD(text_tried, why, DESC_LIST, .item = DESC_STR, .doc = "words of the text that led there"),
};
static const struct desc TRIED_DESC = DESC(text_tried, TRIED_FIELDS);

/* ---- figures ---- */

struct text_label {
	int label;
	int64_t n;
	double precision, recall, f1;
};
static const struct desc_field LABEL_FIELDS[] = {
	FIELD(text_label, label, DESC_ENUM, .names = FEELINGS, .prefix = "feeling"),
	FIELD(text_label, n, DESC_INT, .doc = "test texts of this label"),
	FIELD(text_label, precision, DESC_SHARE, .doc = "of the texts judged so, how many were"),
	FIELD(text_label, recall, DESC_SHARE, .doc = "of the texts that were, how many were judged so"),
	FIELD(text_label, f1, DESC_REAL),
};
static const struct desc LABEL_DESC = DESC(text_label, LABEL_FIELDS);

struct text_model {
	str model, set;
	int language;
	int64_t taught_by, n;
	double accuracy, macro_f1;
	struct msg interval;
	LIST_OF(struct text_label) labels;
};
static const struct desc_field MODEL_FIELDS[] = {
	FIELD(text_model, model, DESC_STR),
	FIELD(text_model, set, DESC_STR, .doc = "the test texts' set"),
	FIELD(text_model, language, DESC_ENUM, .names = READ_LANGUAGES, .prefix = "language"),
	FIELD(text_model, taught_by, DESC_INT, .doc = "texts"),
	FIELD(text_model, n, DESC_INT, .doc = "test texts"),
	FIELD(text_model, accuracy, DESC_SHARE),
	FIELD(text_model, macro_f1, DESC_REAL),
	FIELD(text_model, interval, DESC_MSG),
	FIELD(text_model, labels, DESC_LIST, .item = DESC_STRUCT, .of = &LABEL_DESC),
};
static const struct desc MODEL_DESC = DESC(text_model, MODEL_FIELDS);

static const struct desc_field TASK_FIELDS[] = {
	FIELD(task, name, DESC_STR),
	FIELD(task, version, DESC_INT),
	FIELD(task, labels, DESC_INT),
	FIELD(task, taught_by, DESC_INT, .doc = "texts"),
	FIELD(task, held_back, DESC_INT, .doc = "of these, how many were kept back to measure"),
	FIELD(task, accuracy, DESC_SHARE, .doc = "of those kept back; they also chose how strict it is"),
	FIELD_AS(task, trained_ms, "trained_at", DESC_TIME),
};
static const struct desc TASK_DESC = DESC(task, TASK_FIELDS);

/* ---- the page ---- */

struct texts {
	struct msg finding;
	struct input text;
	struct text_tried *tried;
	LIST_OF(struct text_model) models;
	LIST_OF(struct task) tasks;
	LIST_OF(struct reading_agreement) agreements;
	bool is_learning, may_write;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field TEXTS_FIELDS[] = {
	FIELD(texts, finding, DESC_MSG),
	FIELD(texts, text, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(texts, tried, DESC_PTR, .of = &TRIED_DESC, .doc = "the reading of a text that was sent"),
	FIELD(texts, models, DESC_LIST, .item = DESC_STRUCT, .of = &MODEL_DESC),
	FIELD(texts, tasks, DESC_LIST, .item = DESC_STRUCT, .of = &TASK_DESC, .doc = "classifiers of the workspace's own"),
	FIELD(texts, is_learning, DESC_BOOL, .doc = "from scored answers and corrections, each day"),
	FIELD(texts, may_write, DESC_BOOL),
	FIELD(texts, agreements, DESC_LIST, .item = DESC_STRUCT, .of = &READING_AGREEMENT_DESC, .doc = "how often people who looked saw it otherwise"),
	FIELD(texts, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc TEXTS_DESC = DESC(texts, TEXTS_FIELDS);

struct text_input {
	str text;
};
static const struct desc_field TEXT_INPUT_FIELDS[] = {FIELD(text_input, text, DESC_STR, .doc = "read, and not kept")};
const struct desc TEXT_INPUT_DESC = DESC(text_input, TEXT_INPUT_FIELDS);

static int number_of(const char *const *names, str name)
{
	for (int i = 0; names[i]; i++)
		if (str_eq(name, str_of(names[i]))) return i;
	return -1;
}

static double real_of(const struct json_node *object, str key)
{
	const struct json_node *node = json_get(object, key);
	double value;
	return node && str_f64(node->text, &value) ? value : NAN;
}

static int64_t count_of(const struct json_node *object, str key)
{
	int64_t value;
	return json_get_i64(object, key, &value) ? value : 0;
}

static void read_labels(struct arena *a, const struct json_node *list, struct text_model *m)
{
	m->labels.v = ARENA_ARRAY(a, struct text_label, (list ? list->n : 0) + 1);
	for (const struct json_node *l = list ? list->child : NULL; l; l = l->next) {
		int64_t n = count_of(l, S("n"));
		if (!n) continue; /* the set has no text of it */
		m->labels.v[m->labels.n++] = (struct text_label){number_of(FEELINGS, json_get_str(l, S("label"))), n, real_of(l, S("precision")), real_of(l, S("recall")), real_of(l, S("f1"))};
	}
}

static enum err read_models(struct op *op, struct texts *page)
{
	const struct json_node *root, *list;
	const struct asset *figures = asset_find(S("models/figures.json"));
	TRY(json_tree(&op->arena, figures ? figures->bytes : S("{}"), FIGURES_BYTES, &root, &op->fault));
	list = json_get(root, S("figures"));
	page->models.v = ARENA_ARRAY(&op->arena, struct text_model, (list ? list->n : 0) + 1);
	for (const struct json_node *f = list ? list->child : NULL; f; f = f->next) {
		struct text_model *m = &page->models.v[page->models.n++];
		*m = (struct text_model){.model = json_get_str(f, S("model")), .set = json_get_str(f, S("set")), .language = number_of(READ_LANGUAGES, json_get_str(f, S("language"))),
		                         .taught_by = count_of(f, S("taught_by")), .n = count_of(f, S("n")), .accuracy = real_of(f, S("accuracy")), .macro_f1 = real_of(f, S("macro_f1"))};
		m->interval = msg_of("interval_share");
		msg_add(&m->interval, (struct msg_arg){.name = "low", .type = MSG_SHARE, .d = real_of(f, S("low"))});
		msg_add(&m->interval, (struct msg_arg){.name = "high", .type = MSG_SHARE, .d = real_of(f, S("high"))});
		read_labels(&op->arena, json_get(f, S("labels")), m);
	}
	return OK;
}

static struct msg tell(struct op *op, const struct texts *page)
{
	const struct text_model *worst = NULL;
	for (size_t i = 0; i < page->models.n; i++)
		if (!worst || page->models.v[i].accuracy < worst->accuracy) worst = &page->models.v[i];
	if (!worst || worst->language < 0) return msg_of("texts_none");
	struct msg m = msg_of("texts_finding");
	msg_add(&m, (struct msg_arg){.name = "language", .type = MSG_KEY, .s = str_fmt(&op->arena, "language_%s", READ_LANGUAGES[worst->language])});
	msg_add(&m, (struct msg_arg){.name = "share", .type = MSG_SHARE, .d = worst->accuracy});
	msg_add(&m, (struct msg_arg){.name = "n", .type = MSG_INT, .i = worst->n});
	return m;
}

static enum err make_page(struct op *op, struct texts **out)
{
	struct texts *page = ARENA_NEW(&op->arena, struct texts);
	TRY(read_models(op, page));
	TRY(task_list(&op->arena, op->app->dir, &page->tasks.v, &page->tasks.n, &op->fault));
	TRY(reading_agreements(op, &page->agreements.v, &page->agreements.n));
	page->is_learning = setting_bool(op->app, SETTING_learn_from_answers);
	page->may_write = op_may(op, PERM_WRITE_SETTINGS);
	page->finding = tell(op, page);
	*out = page;
	return OK;
}

enum err text_list(struct op *op, struct web *w, struct answer *a)
{
	struct texts *page;
	(void)w;
	TRY(make_page(op, &page));
	return answer_with(a, &TEXTS_DESC, page);
}

/* ---- trying ---- */

/* Each step of a path by itself. */
str text_topic_label(struct op *op, str name)
{
	str out = STR_NONE;
	while (str_given(name)) {
		str step = str_cut(&name, '/'), key = str_fmt(&op->arena, "topic_%.*s", STR_ARG(step));
		str label = i18n_has(op->locale.lang, key) ? i18n_pattern(op->locale.lang, key) : step;
		out = str_given(out) ? str_fmt(&op->arena, "%.*s / %.*s", STR_ARG(out), STR_ARG(label)) : label;
	}
	return out;
}

static struct text_tried *try_text(struct op *op, str text)
{
	struct text_tried *t = ARENA_NEW(&op->arena, struct text_tried);
	struct text_reading *r = ARENA_NEW(&op->arena, struct text_reading);
	text_read(&op->arena, text, text_own_of(op), r);
	t->language = str_of(r->language.code);
	t->script = str_of(r->language.script);
	t->language_name = i18n_language_name(&op->arena, &op->locale, t->language, t->script);
	t->sentiment = number_of(FEELINGS, r->sentiment);
	t->score = str_given(r->sentiment) ? r->score : NAN;
	t->topics.v = ARENA_ARRAY(&op->arena, struct text_topic, r->n_found + 1);
	for (size_t i = 0; i < r->n_found; i++) {
		str name = topics_name(r->topics, r->found[i].topic);
		t->topics.v[t->topics.n++] = (struct text_topic){name, text_topic_label(op, name)};
	}
	t->why.v = ARENA_ARRAY(&op->arena, str, TEXT_WHY);
	t->why.n = text_why(r, text, t->why.v);
	return t;
}

enum err text_try(struct op *op, struct web *w, struct answer *a)
{
	struct text_input in;
	struct texts *page;
	struct faults *faults = ARENA_NEW(&op->arena, struct faults);
	TRY(web_input(op, w, &TEXT_INPUT_DESC, &in));
	TRY(make_page(op, &page));
	page->text.value = in.text;
	faults_text(faults, "text", &page->text, true, TRIED_CHARACTERS);
	if (faults->n) {
		page->faults.v = faults->v;
		page->faults.n = faults->n;
		return answer_refused(op, a, &TEXTS_DESC, page);
	}
	page->tried = try_text(op, in.text);
	return answer_with(a, &TEXTS_DESC, page);
}
