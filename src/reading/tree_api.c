#include <stdio.h>
#include <string.h>

#include "audit/audit.h"
#include "http/faults.h"
#include "i18n/i18n.h"
#include "reading/reading_inner.h"
#include "reading/reread.h"
#include "reading/topics.h"
#include "reading/tree.h"
#include "text/text.h"
#include "text/text_pages.h"

enum { NAME_CHARACTERS = 80, QUERIES_BYTES = 32 << 10, LOOKED_AT = 1000, EXAMPLES = 5, INDENTS = 4 };

static const struct {
	const char *rule, *kind, *name; /* and the words for them */
} RULES[] = {
	{"sentiment/pos", "rule_sentiment", "feeling_pos"},
	{"sentiment/neu", "rule_sentiment", "feeling_neu"},
	{"sentiment/neg", "rule_sentiment", "feeling_neg"},
	{"emotion/valued", "rule_emotion", "emotion_valued"},
	{"emotion/relieved", "rule_emotion", "emotion_relieved"},
	{"emotion/delighted", "rule_emotion", "emotion_delighted"},
	{"emotion/ignored", "rule_emotion", "emotion_ignored"},
	{"emotion/left_out", "rule_emotion", "emotion_left_out"},
	{"emotion/let_down", "rule_emotion", "emotion_let_down"},
	{"emotion/confused", "rule_emotion", "emotion_confused"},
	{"emotion/angry", "rule_emotion", "emotion_angry"},
	{"effort/high", "rule_effort", "effort_high"},
	{"effort/low", "rule_effort", "effort_low"},
	{"urgency/high", "rule_urgency", "urgency_high"},
	{"request/refund", "rule_request", "topic_request_refund"},
	{"request/person", "rule_request", "topic_request_person"},
	{"request/call_back", "rule_request", "topic_request_call_back"},
	{"request/cancel", "rule_request", "topic_request_cancel"},
};

/* ---- the page ---- */

struct topic_row {
	str name, label, queries;
	int64_t depth, n;
};
static const struct desc_field ROW_FIELDS[] = {
	FIELD(topic_row, name, DESC_STR, .doc = "its path: delivery/late"),
	FIELD(topic_row, label, DESC_STR, .doc = "in the reader's language"),
	FIELD(topic_row, queries, DESC_STR, .doc = "a line each"),
	FIELD(topic_row, depth, DESC_INT, .doc = "how many topics stand above it"),
	FIELD(topic_row, n, DESC_INT, .doc = "queries"),
};
static const struct desc ROW_DESC = DESC(topic_row, ROW_FIELDS);

struct topic_rule {
	str rule, label, query;
};
static const struct desc_field RULE_FIELDS[] = {
	FIELD(topic_rule, rule, DESC_STR, .doc = "what the text is then: sentiment/neg, emotion/angry, …"),
	FIELD(topic_rule, label, DESC_STR),
	FIELD(topic_rule, query, DESC_STR),
};
static const struct desc RULE_ROW_DESC = {"topic_rule_row", sizeof(struct topic_rule), RULE_FIELDS, COUNT_OF(RULE_FIELDS)};

struct topics_page {
	struct msg finding, reread;
	str person, undo, shown_topic;
	int64_t at, done, total;
	bool is_own, may_write, may_read, is_rereading;
	double share;
	LIST_OF(struct topic_row) topics;
	LIST_OF(struct topic_rule) rules;
	LIST_OF(struct option) rule_kinds;
	struct input name, queries, query;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field PAGE_FIELDS[] = {
	FIELD(topics_page, finding, DESC_MSG),
	FIELD(topics_page, is_own, DESC_BOOL, .doc = "false: those of the product, which the first change makes the workspace's own"),
	FIELD(topics_page, at, DESC_TIME, .doc = "last change"),
	FIELD(topics_page, person, DESC_STR, .doc = "by whom"),
	FIELD(topics_page, undo, DESC_STR, .doc = "where the last change is undone"),
	FIELD(topics_page, may_write, DESC_BOOL),
	FIELD(topics_page, may_read, DESC_BOOL, .doc = "see what a query would find"),
	FIELD(topics_page, is_rereading, DESC_BOOL, .doc = "past texts are being read anew"),
	FIELD(topics_page, done, DESC_INT, .doc = "texts that were, in the newest run"),
	FIELD(topics_page, total, DESC_INT),
	FIELD(topics_page, share, DESC_SHARE),
	FIELD(topics_page, reread, DESC_MSG),
	FIELD(topics_page, topics, DESC_LIST, .item = DESC_STRUCT, .of = &ROW_DESC),
	FIELD(topics_page, rules, DESC_LIST, .item = DESC_STRUCT, .of = &RULE_ROW_DESC, .doc = "they stand above the models"),
	FIELD(topics_page, rule_kinds, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(topics_page, shown_topic, DESC_STR, .doc = "whose form was refused"),
	FIELD(topics_page, name, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(topics_page, queries, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(topics_page, query, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(topics_page, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc TOPICS_DESC = DESC(topics_page, PAGE_FIELDS);

struct topic_input {
	str topic, name, queries;
};
static const struct desc_field INPUT_FIELDS[] = {
	FIELD(topic_input, topic, DESC_STR, .doc = "the one to change; empty: a new one"),
	FIELD(topic_input, name, DESC_STR, .doc = "its name, with those above it: delivery/late; another than before renames or moves it, with all beneath"),
	FIELD(topic_input, queries, DESC_STR, .max = QUERIES_BYTES, .doc = "a line each, as for hospes text --topics"),
};
const struct desc TOPIC_INPUT_DESC = DESC(topic_input, INPUT_FIELDS);
static const struct desc_field NAME_FIELDS[] = {FIELD(topic_input, topic, DESC_STR, .flags = DESC_REQUIRED, .doc = "the topic, with all beneath it")};
const struct desc TOPIC_NAME_DESC = {"topic_name", sizeof(struct topic_input), NAME_FIELDS, COUNT_OF(NAME_FIELDS)};
static const struct desc_field MERGE_FIELDS[] = {
	FIELD(topic_input, topic, DESC_STR, .flags = DESC_REQUIRED),
	FIELD_AS(topic_input, name, "into", DESC_STR, .flags = DESC_REQUIRED, .doc = "the topic that takes its queries and all beneath it"),
};
const struct desc TOPIC_MERGE_DESC = {"topic_merge", sizeof(struct topic_input), MERGE_FIELDS, COUNT_OF(MERGE_FIELDS)};
static const struct desc_field RULE_INPUT_FIELDS[] = {
	FIELD(topic_rule, rule, DESC_STR, .flags = DESC_REQUIRED),
	FIELD(topic_rule, query, DESC_STR, .flags = DESC_REQUIRED),
};
const struct desc TOPIC_RULE_DESC = {"topic_rule", sizeof(struct topic_rule), RULE_INPUT_FIELDS, COUNT_OF(RULE_INPUT_FIELDS)};

static str rule_label(struct op *op, str rule)
{
	for (size_t i = 0; i < COUNT_OF(RULES); i++)
		if (str_eq(rule, str_of(RULES[i].rule)))
			return str_fmt(&op->arena, "%.*s: %.*s", STR_ARG(i18n_pattern(op->locale.lang, str_of(RULES[i].kind))), STR_ARG(i18n_pattern(op->locale.lang, str_of(RULES[i].name))));
	return rule;
}

static void list_topics(struct op *op, const struct tree *t, struct topics_page *page)
{
	page->topics.v = ARENA_ARRAY(&op->arena, struct topic_row, t->topics.n + 1);
	for (size_t i = 0; i < t->topics.n; i++) {
		struct topic_row *x = NULL;
		str name = t->topics.v[i].name;
		for (size_t k = 0; k < page->topics.n && !x; k++)
			if (str_eq(page->topics.v[k].name, name)) x = &page->topics.v[k];
		if (!x) {
			x = &page->topics.v[page->topics.n++];
			*x = (struct topic_row){.name = name, .label = text_topic_label(op, name), .queries = tree_queries(t, &op->arena, name)};
			for (size_t k = 0; k < name.n; k++) x->depth += name.p[k] == '/' && x->depth < INDENTS;
		}
		x->n++;
	}
}

static enum err tell_reread(struct op *op, struct topics_page *page)
{
	struct job_state job;
	enum err e = reread_state(op, &job);
	if (e == ERR_NOT_FOUND) {
		op->fault = (struct fault){0};
		return OK;
	}
	TRY(e);
	page->is_rereading = str_eq(job.state, S("waiting")) || str_eq(job.state, S("running"));
	page->done = str_eq(job.state, S("done")) ? job.total : job.done; /* it is told twice a second at most */
	page->total = job.total;
	page->share = job.total > 0 ? (double)job.done / (double)job.total : 0;
	page->reread = msg_of(page->is_rereading ? "topics_rereading" : str_eq(job.state, S("done")) ? "topics_reread" : "topics_reread_failed");
	return OK;
}

static enum err make_page(struct op *op, const struct tree *t, struct topics_page **out)
{
	struct topics_page *page = *out = ARENA_NEW(&op->arena, struct topics_page);
	*page = (struct topics_page){.is_own = t->version != 0, .at = t->version ? t->at : DESC_NULL_INT, .person = t->person, .may_write = op_may(op, PERM_WRITE_FIGURES), .may_read = op_may(op, PERM_READ_CUSTOMERS), .shown_topic = STR_NONE, .undo = STR_NONE};
	list_topics(op, t, page);
	if (t->version && page->may_write) page->undo = str_fmt(&op->arena, "/voice/topics/%s/undo", id_show(&op->arena, S("tpc"), t->version).p);
	page->rules.n = t->rules.n;
	page->rules.v = ARENA_ARRAY(&op->arena, struct topic_rule, t->rules.n + 1);
	for (size_t i = 0; i < t->rules.n; i++) page->rules.v[i] = (struct topic_rule){t->rules.v[i].name, rule_label(op, t->rules.v[i].name), t->rules.v[i].query};
	page->rule_kinds.v = ARENA_ARRAY(&op->arena, struct option, COUNT_OF(RULES));
	for (size_t i = 0; i < COUNT_OF(RULES); i++) page->rule_kinds.v[page->rule_kinds.n++] = (struct option){str_of(RULES[i].rule), rule_label(op, str_of(RULES[i].rule)), false};
	page->finding = msg_int(page->is_own ? "topics_own" : "topics_shipped", "n", (int64_t)page->topics.n);
	return tell_reread(op, page);
}

enum err topics_get(struct op *op, struct web *w, struct answer *a)
{
	struct tree t;
	struct topics_page *page;
	(void)w;
	TRY(tree_load(op, &t));
	TRY(make_page(op, &t, &page));
	return answer_with(a, &TOPICS_DESC, page);
}

/* ---- what is wrong with a query ---- */

static str document(struct arena *a, const char *name, str queries, size_t *n)
{
	str out = S("");
	for (*n = 0; str_given(queries);) {
		str line = str_trim(str_cut(&queries, '\n'));
		if (!line.n) continue;
		for (size_t i = 0; i < line.n; i++)
			if (line.p[i] == '\t') line = str_sub(line, 0, i);
		out = str_fmt(a, "%.*s%s\t%.*s\n", STR_ARG(out), name, STR_ARG(line));
		++*n;
	}
	return out;
}

/* The fault of the first query that cannot be read: its number and the reason in the reader's words. */
static struct msg fault_of(struct op *op, const struct fault *f)
{
	const char *where = f->fields[0].name, *key = topic_reason_key(f->fields[0].text);
	int64_t line = 0;
	(void)(sscanf(where, "line %lld", (long long *)&line) == 1);
	struct msg m = msg_int("topics_query_fault", "n", line);
	msg_add(&m, (struct msg_arg){.name = "reason", .type = MSG_STR, .s = i18n_pattern(op->locale.lang, str_of(key))});
	return m;
}

static bool check_queries(struct op *op, struct faults *faults, const char *field, struct input *in, str queries)
{
	struct topics *made = NULL;
	struct fault f = {0};
	size_t n;
	str text = document(&op->arena, "x", queries, &n);
	if (!n) return faults_add(faults, field, in, msg_of("fault_required")), false;
	if (topics_new(text, &made, &f) != OK) return faults_add(faults, field, in, fault_of(op, &f)), false;
	topics_free(made);
	return true;
}

static bool is_name(str s)
{
	bool ok = s.n && s.p[0] != '#' && s.p[0] != '/' && s.p[s.n - 1] != '/' && !str_contains(s, S("//")) && !text_is_signal(s);
	for (size_t i = 0; i < s.n; i++) ok &= (unsigned char)s.p[i] >= ' ';
	return ok;
}

/* ---- steps ---- */

static enum err done(struct op *op, struct answer *a, const struct tree *t, const char *what, str subject)
{
	struct tree now;
	TRY(tree_keep(op, t));
	TRY(tree_load(op, &now));
	TRY(audit_write(op, what, "", 0, STR_NONE, subject));
	a->notice = msg_of("notice_topics");
	a->undo = str_fmt(&op->arena, "/voice/topics/%s/undo", id_show(&op->arena, S("tpc"), now.version).p);
	return answer_redirect(a, S("/voice/topics"));
}

static enum err refuse(struct op *op, struct answer *a, const struct tree *t, const struct faults *faults, const struct topics_page *typed)
{
	struct topics_page *page;
	TRY(make_page(op, t, &page));
	page->name = typed->name;
	page->queries = typed->queries;
	page->query = typed->query;
	page->shown_topic = typed->shown_topic;
	faults_keep(op, faults, &page->faults.v, &page->faults.n);
	return answer_refused(op, a, &TOPICS_DESC, page);
}

enum err topic_post(struct op *op, struct web *w, struct answer *a)
{
	struct topic_input in;
	struct tree t;
	struct topics_page typed = {0};
	struct faults faults = {0};
	TRY(web_input(op, w, &TOPIC_INPUT_DESC, &in));
	TRY(tree_load(op, &t));
	bool is_new = !str_given(in.topic) || !in.topic.n;
	str name = str_trim(in.name);
	if (!is_new && !tree_has(&t, in.topic)) return fail(op, ERR_NOT_FOUND, "topic", "there is no such topic");
	typed.name.value = name;
	typed.queries.value = in.queries;
	typed.shown_topic = is_new ? STR_NONE : in.topic;
	if (faults_text(&faults, "name", &typed.name, true, NAME_CHARACTERS) && !is_name(name)) faults_add(&faults, "name", &typed.name, msg_of("topics_name_fault"));
	bool is_moved = is_new || !str_eq(name, in.topic);
	if (is_moved && tree_has(&t, name)) faults_add(&faults, "name", &typed.name, msg_of("topics_name_taken"));
	if (!is_new && str_starts(name, str_fmt(&op->arena, "%.*s/", STR_ARG(in.topic)))) faults_add(&faults, "name", &typed.name, msg_of("topics_beneath_itself"));
	check_queries(op, &faults, "queries", &typed.queries, in.queries);
	if (faults.n) return refuse(op, a, &t, &faults, &typed);
	if (!is_new && is_moved) tree_move(&t, &op->arena, in.topic, name);
	tree_put(&t, &op->arena, name, in.queries);
	return done(op, a, &t, is_new ? "topic_added" : "topic_changed", name);
}

static enum err take_topic(struct op *op, struct web *w, const struct desc *d, struct topic_input *in, struct tree *t)
{
	TRY(web_input(op, w, d, in));
	TRY(tree_load(op, t));
	return tree_has(t, in->topic) ? OK : fail(op, ERR_NOT_FOUND, "topic", "there is no such topic");
}

enum err topic_merge_post(struct op *op, struct web *w, struct answer *a)
{
	struct topic_input in = {0};
	struct tree t;
	TRY(take_topic(op, w, &TOPIC_MERGE_DESC, &in, &t));
	if (!tree_has(&t, in.name)) return fail(op, ERR_INVALID, "into", "there is no such topic");
	if (str_eq(in.name, in.topic) || str_starts(in.name, str_fmt(&op->arena, "%.*s/", STR_ARG(in.topic)))) return fail(op, ERR_INVALID, "into", "must be another topic, not beneath it");
	tree_move(&t, &op->arena, in.topic, in.name);
	return done(op, a, &t, "topic_merged", str_fmt(&op->arena, "%.*s → %.*s", STR_ARG(in.topic), STR_ARG(in.name)));
}

enum err topic_remove_post(struct op *op, struct web *w, struct answer *a)
{
	struct topic_input in = {0};
	struct tree t;
	TRY(take_topic(op, w, &TOPIC_NAME_DESC, &in, &t));
	tree_move(&t, &op->arena, in.topic, S(""));
	return done(op, a, &t, "topic_removed", in.topic);
}

enum err topic_rule_post(struct op *op, struct web *w, struct answer *a)
{
	struct topic_rule in;
	struct tree t;
	struct topics_page typed = {0};
	struct faults faults = {0};
	size_t i = 0;
	TRY(web_input(op, w, &TOPIC_RULE_DESC, &in));
	TRY(tree_load(op, &t));
	typed.query.value = in.query;
	while (i < COUNT_OF(RULES) && !str_eq(in.rule, str_of(RULES[i].rule))) i++;
	if (i == COUNT_OF(RULES)) faults_add(&faults, "rule", NULL, msg_of("fault_invalid"));
	if (str_contains(in.query, S("\n"))) faults_add(&faults, "query", &typed.query, msg_of("fault_invalid"));
	check_queries(op, &faults, "query", &typed.query, in.query);
	if (faults.n) return refuse(op, a, &t, &faults, &typed);
	struct tree_line line = {in.rule, str_trim(in.query)};
	VEC_PUSH(&t.rules, &op->arena, line);
	return done(op, a, &t, "topic_rule_added", in.rule);
}

enum err topic_rule_remove_post(struct op *op, struct web *w, struct answer *a)
{
	struct topic_rule in;
	struct tree t;
	size_t n = 0;
	TRY(web_input(op, w, &TOPIC_RULE_DESC, &in));
	TRY(tree_load(op, &t));
	for (size_t i = 0; i < t.rules.n; i++)
		if (!str_eq(t.rules.v[i].name, in.rule) || !str_eq(t.rules.v[i].query, in.query)) t.rules.v[n++] = t.rules.v[i];
	if (n == t.rules.n) return fail(op, ERR_NOT_FOUND, "rule", "there is no such rule");
	t.rules.n = n;
	return done(op, a, &t, "topic_rule_removed", in.rule);
}

enum err topic_undo_post(struct op *op, struct web *w, struct answer *a)
{
	id version;
	TRY(web_id(op, w, "id", "tpc", &version));
	TRY(tree_undo(op, version));
	TRY(audit_write(op, "topics_undone", "", 0, STR_NONE, STR_NONE));
	a->notice = msg_of("notice_topics_undone");
	return answer_redirect(a, S("/voice/topics"));
}

enum err topic_reread_post(struct op *op, struct web *w, struct answer *a)
{
	(void)w;
	TRY(reread_begin(op));
	a->notice = msg_of("topics_rereading");
	return answer_redirect(a, S("/voice/topics"));
}

/* ---- what it would find ---- */

struct topic_example {
	str text, reading;
	int64_t at;
};
static const struct desc_field EXAMPLE_FIELDS[] = {
	FIELD(topic_example, text, DESC_STR),
	FIELD(topic_example, reading, DESC_STR, .doc = "address of its reading"),
	FIELD(topic_example, at, DESC_TIME),
};
static const struct desc EXAMPLE_DESC = DESC(topic_example, EXAMPLE_FIELDS);

struct topic_preview {
	struct msg finding;
	str queries;
	int64_t looked_at, matched, unfiled;
	LIST_OF(struct topic_example) examples;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field PREVIEW_FIELDS[] = {
	FIELD(topic_preview, finding, DESC_MSG),
	FIELD(topic_preview, queries, DESC_STR),
	FIELD(topic_preview, looked_at, DESC_INT, .doc = "newest texts"),
	FIELD(topic_preview, matched, DESC_INT),
	FIELD(topic_preview, unfiled, DESC_INT, .doc = "of those matched, how many have no topic yet"),
	FIELD(topic_preview, examples, DESC_LIST, .item = DESC_STRUCT, .of = &EXAMPLE_DESC, .doc = "the newest of those matched"),
	FIELD(topic_preview, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc TOPIC_PREVIEW_DESC = DESC(topic_preview, PREVIEW_FIELDS);

static bool fits(const struct topics *topics, str text)
{
	struct arena a = {0};
	struct folded folded;
	size_t n;
	fold(&a, str_sub(text, 0, TEXT_READ_BYTES), &folded);
	(void)topics_of(topics, &a, &folded, &n);
	arena_release(&a);
	return n > 0;
}

static enum err look(struct op *op, const struct topics *topics, struct topic_preview *page)
{
	struct reading *v;
	size_t n;
	TRY(reading__newest(op, LOOKED_AT, &v, &n));
	page->looked_at = (int64_t)n;
	page->examples.v = ARENA_ARRAY(&op->arena, struct topic_example, EXAMPLES);
	for (size_t i = 0; i < n; i++) {
		if (!fits(topics, v[i].text)) continue;
		page->matched++;
		page->unfiled += !v[i].verdict.topics.n;
		if (page->examples.n < EXAMPLES) page->examples.v[page->examples.n++] = (struct topic_example){v[i].text, str_fmt(&op->arena, "/voice/texts/%.*s", STR_ARG(reading_show(op, &v[i]))), v[i].at};
	}
	page->finding = msg_int("topics_would_find", "n", page->matched);
	msg_add(&page->finding, (struct msg_arg){.name = "of", .type = MSG_INT, .i = page->looked_at});
	msg_add(&page->finding, (struct msg_arg){.name = "unfiled", .type = MSG_INT, .i = page->unfiled});
	return OK;
}

enum err topic_preview_get(struct op *op, struct web *w, struct answer *a)
{
	struct topic_preview *page = ARENA_NEW(&op->arena, struct topic_preview);
	struct faults faults = {0};
	struct topics *made = NULL;
	struct fault f = {0};
	size_t n;
	page->queries = web_query(w, "queries");
	if (!str_given(page->queries)) page->queries = web_query(w, "query");
	if (!str_given(page->queries)) page->queries = S("");
	if (page->queries.n > QUERIES_BYTES) return fail(op, ERR_INVALID, "queries", "is longer than %d bytes", QUERIES_BYTES);
	if (!check_queries(op, &faults, "queries", NULL, page->queries)) {
		faults_keep(op, &faults, &page->faults.v, &page->faults.n);
		return answer_with(a, &TOPIC_PREVIEW_DESC, page);
	}
	if (topics_new(document(&op->arena, "x", page->queries, &n), &made, &f) != OK) return ERR_INVALID;
	enum err e = look(op, made, page);
	topics_free(made);
	return e == OK ? answer_with(a, &TOPIC_PREVIEW_DESC, page) : e;
}
