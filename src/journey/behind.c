/* The customers behind a number of any view: the view's own address and which number, `cell`, as the question's `members`. */
#include "audit/audit.h"
#include "base/buf.h"
#include "base/vec.h"
#include "customer/customer.h"
#include "i18n/i18n.h"
#include "journey/journey.h"
#include "json/json.h"
#include "pulse/question.h"

enum { PAGE = 50, CELL_BYTES = 16 << 10, QUESTION_BYTES = 96 << 10, ANSWER_BYTES = 64 << 20, ALL = 10000 };

struct behind_part {
	str label, value;
};
struct behind {
	struct msg title, finding;
	str view;               /* address of the view whose number it is */
	LIST_OF(struct behind_part) parts;
	int64_t customers;
	LIST_OF(struct customer_row) rows;
	str next, export, segment;
	str question, definition;
};
static const struct desc_field PART_FIELDS[] = {
	FIELD(behind_part, label, DESC_STR),
	FIELD(behind_part, value, DESC_STR),
};
static const struct desc PART_DESC = DESC(behind_part, PART_FIELDS);
static const struct desc_field BEHIND_FIELDS[] = {
	FIELD(behind, title, DESC_MSG),
	FIELD(behind, finding, DESC_MSG),
	FIELD(behind, view, DESC_STR, .doc = "the view whose number it is"),
	FIELD(behind, parts, DESC_LIST, .item = DESC_STRUCT, .of = &PART_DESC, .doc = "which number it is, in words"),
	FIELD(behind, customers, DESC_INT, .doc = "all of them"),
	FIELD(behind, rows, DESC_LIST, .item = DESC_STRUCT, .of = &CUSTOMER_ROW_DESC),
	FIELD(behind, next, DESC_STR),
	FIELD(behind, export, DESC_STR),
	FIELD(behind, segment, DESC_STR, .doc = "where a segment is made of them"),
	FIELD(behind, question, DESC_STR, .doc = "what POST /query takes"),
	FIELD(behind, definition, DESC_STR),
};
const struct desc BEHIND_DESC = DESC(behind, BEHIND_FIELDS);

/* ---- where numbers lead ---- */

struct json_node *journey_whole(struct journey_asking *k, int64_t n)
{
	struct json_node *node = ARENA_NEW(&k->op->arena, struct json_node);
	node->type = JSON_NUMBER;
	node->text = str_fmt(&k->op->arena, "%lld", (long long)n);
	return node;
}

const struct json_node *journey_flag(bool is)
{
	static const struct json_node YES = {.type = JSON_TRUE}, NO = {.type = JSON_FALSE};
	return is ? &YES : &NO;
}

const struct json_node *journey_word(struct journey_asking *k, str word)
{
	struct json_node *node = ARENA_NEW(&k->op->arena, struct json_node);
	node->type = JSON_STRING;
	node->text = word;
	return node;
}

str journey_behind_of(struct journey_asking *k, const struct journey_who *who, size_t n)
{
	struct buf b;
	struct json_writer w = {.out = &b};
	if (!op_may(k->op, PERM_READ_CUSTOMERS)) return STR_NONE;
	buf_init(&b, CELL_BYTES);
	json_begin_object(&w);
	for (size_t i = 0; i < n; i++) {
		if (!who[i].value) continue;
		json_key(&w, str_of(who[i].field));
		json_put_tree(&w, who[i].value);
	}
	if (k->group) json_key(&w, S("by")), json_put_tree(&w, k->group);
	json_end_object(&w);
	str tail = http_query_string(k->w->rq), cell = buf_failed(&b) ? STR_NONE : web_url(k->op, buf_str(&b));
	str address = str_fmt(&k->op->arena, "/journeys/%.*s/behind?%.*s%scell=%.*s", STR_ARG(k->page->key), STR_ARG(tail), tail.n ? "&" : "", STR_ARG(cell));
	buf_release(&b);
	return str_given(cell) ? address : STR_NONE;
}

/* ---- which number ---- */

/* What stands in the address, in the words of the views. */
static const struct {
	const char *field, *label;
} LABELS[] = {
	{"by", "journey_group"}, {"time", "journey_time"}, {"start", "behind_start"}, {"end", "journey_end"}, {"cell", "behind_cell"}, {"step", "journey_step_head"}, {"reached", "journey_reached"},
	{"from", "journey_from"}, {"to", "journey_to"}, {"back", "behind_back"}, {"again", "journey_table_rework"}, {"repeated", "journey_table_repeated"}, {"events", "journey_path"},
	{"ended", "behind_ended"}, {"longer_s", "behind_longer"}, {"candidate", "journey_before_it"}, {"had", "journey_had_it"}, {"stage", "stage"}, {"way", "behind_way"}, {"friction", "journey_friction"},
};

static str words(struct op *op, str key)
{
	return i18n_format(&op->arena, &op->locale, key, NULL, 0);
}

static str value_words(struct journey_asking *k, const struct json_node *question, str field, const struct json_node *v)
{
	struct arena *a = &k->op->arena;
	str text = S("");
	double seconds;
	if (v->type == JSON_TRUE || v->type == JSON_FALSE) return words(k->op, v->type == JSON_TRUE ? S("yes") : S("no"));
	if (str_eq(field, S("time")) || str_eq(field, S("start"))) return journey_day(k, v->text, json_get_str(question, S("interval")));
	if (str_eq(field, S("longer_s")) && str_f64(v->text, &seconds)) return i18n_duration(a, &k->op->locale, (int64_t)(seconds * 1000));
	if (str_eq(field, S("way"))) return words(k->op, str_fmt(a, "behind_way_%.*s", STR_ARG(v->text)));
	if (str_eq(field, S("stage"))) return journey_stage_name(k, NULL, v->text);
	for (const struct json_node *e = v->type == JSON_ARRAY ? v->child : NULL; e; e = e->next) text = str_fmt(a, "%.*s%s%.*s", STR_ARG(text), text.n ? " → " : "", STR_ARG(e->text));
	return v->type == JSON_ARRAY ? text : journey_value(k, v);
}

static void put_parts(struct journey_asking *k, const struct json_node *cell, struct behind *page)
{
	const struct json_node *question;
	if (json_tree(&k->op->arena, k->page->question, QUESTION_BYTES, &question, NULL) != OK) return;
	page->parts.v = ARENA_ARRAY(&k->op->arena, struct behind_part, COUNT_OF(LABELS));
	for (size_t i = 0; i < COUNT_OF(LABELS); i++) {
		str field = str_of(LABELS[i].field);
		const struct json_node *v = json_get(cell, field);
		if (v) page->parts.v[page->parts.n++] = (struct behind_part){words(k->op, str_of(LABELS[i].label)), value_words(k, question, field, v)};
	}
}

/* The view's question with whose number it is, and where the list goes on. */
static enum err ask(struct op *op, struct web *w, struct journey_asking *k, const struct json_node **cell)
{
	str asked = web_query(w, "cell");
	if (json_tree(&op->arena, asked.n ? asked : S("{}"), CELL_BYTES, cell, NULL) != OK || (*cell)->type != JSON_OBJECT) {
		fault_clear(&op->fault);
		return fail(op, ERR_INVALID, "cell", "says which number is meant, like {\"start\":\"2011-01-01\",\"cell\":1}");
	}
	*k = (struct journey_asking){.op = op, .w = w, .is_alone = true};
	TRY(journey_question(k));
	return k->page->is_empty || k->page->is_unasked ? fail(op, ERR_NOT_FOUND, "kind", "nothing is heard yet") : OK;
}

static str with_members(struct journey_asking *k, const struct json_node *cell, size_t limit, int64_t cursor)
{
	struct buf b;
	struct json_writer w = {.out = &b};
	str question = k->page->question;
	const struct json_node *node;
	buf_init(&b, QUESTION_BYTES);
	json_begin_object(&w);
	if (json_tree(&k->op->arena, question, QUESTION_BYTES, &node, NULL) == OK)
		for (const struct json_node *m = node->child; m; m = m->next) {
			if (str_eq(m->key, S("members")) || str_eq(m->key, S("compare"))) continue;
			json_key(&w, m->key);
			json_put_tree(&w, m);
		}
	json_key(&w, S("members"));
	json_begin_object(&w);
	for (const struct json_node *m = cell->child; m; m = m->next) {
		if (str_eq(m->key, S("limit")) || str_eq(m->key, S("cursor"))) continue;
		json_key(&w, m->key);
		json_put_tree(&w, m);
	}
	if (limit) json_key(&w, S("limit")), json_put_i64(&w, (int64_t)limit);
	if (cursor) json_key(&w, S("cursor")), json_put_i64(&w, cursor);
	json_end_object(&w);
	json_end_object(&w);
	str out = str_dup(&k->op->arena, buf_str(&b));
	buf_release(&b);
	return out;
}

/* One page of them; *cursor 0: no more. */
static enum err find(struct journey_asking *k, const struct json_node *cell, size_t limit, int64_t *cursor, id *out, size_t *n, const struct json_node **answer)
{
	str text;
	TRY(question_answer(k->op, with_members(k, cell, limit, *cursor), &text));
	TRY(json_tree(&k->op->arena, text, ANSWER_BYTES, answer, &k->op->fault));
	const struct json_node *members = json_get(*answer, S("members")), *ids = json_get(members, S("customers"));
	*n = 0;
	for (const struct json_node *c = ids ? ids->child : NULL; c; c = c->next) *n += id_read(S("cus"), c->text, &out[*n]);
	if (!json_get_i64(members, S("cursor"), cursor)) *cursor = 0;
	return OK;
}

/* ---- the page ---- */

enum err journey_behind_get(struct op *op, struct web *w, struct answer *a)
{
	struct behind *page = ARENA_NEW(&op->arena, struct behind);
	struct journey_asking k;
	const struct json_node *cell, *answer;
	id found[PAGE];
	size_t n;
	str from = web_query(w, "cursor");
	int64_t cursor = 0;
	if (from.n && (!str_i64(from, &cursor) || cursor < 0 || cursor > UINT32_MAX)) return fail(op, ERR_INVALID, "cursor", "not a place in this list");
	TRY(ask(op, w, &k, &cell));
	TRY(find(&k, cell, PAGE, &cursor, found, &n, &answer));
	page->title = k.page->title;
	(void)json_get_i64(json_get(answer, S("members")), S("total"), &page->customers);
	page->finding = msg_int("behind_finding", "n", page->customers);
	put_parts(&k, cell, page);
	TRY(customer_rows_get(op, found, n, &page->rows.v, &page->rows.n));
	str all = str_dup(&op->arena, web_address_with(op, w, "cell", STR_NONE)), tail = all;
	(void)str_cut(&tail, '?');
	page->view = str_fmt(&op->arena, "/journeys/%.*s%s%.*s", STR_ARG(k.page->key), tail.n ? "?" : "", STR_ARG(tail));
	if (cursor) page->next = web_address_with(op, w, "cursor", str_fmt(&op->arena, "%lld", (long long)cursor));
	page->question = with_members(&k, cell, 0, 0);
	page->definition = json_get_str(answer, S("definition"));
	str query = http_query_string(w->rq);
	if (op_may(op, PERM_EXPORT_CUSTOMERS)) page->export = str_fmt(&op->arena, "/journeys/%.*s/behind.csv?%.*s", STR_ARG(k.page->key), STR_ARG(query));
	if (op_may(op, PERM_WRITE_FIGURES)) page->segment = str_fmt(&op->arena, "/segments/new?condition=%.*s", STR_ARG(web_url(op, str_fmt(&op->arena, "{\"behind\":%.*s}", STR_ARG(page->question)))));
	return answer_with(a, &BEHIND_DESC, page);
}

enum err journey_behind_csv(struct op *op, struct web *w, struct answer *a)
{
	struct journey_asking k;
	const struct json_node *cell, *answer;
	VEC(id) all = {0};
	id *found = ARENA_ARRAY(&op->arena, id, ALL);
	size_t n;
	int64_t cursor = 0;
	TRY(ask(op, w, &k, &cell));
	do {
		TRY(find(&k, cell, ALL, &cursor, found, &n, &answer));
		for (size_t i = 0; i < n; i++) VEC_PUSH(&all, &op->arena, found[i]);
	} while (cursor);
	TRY(audit_write_read(op, "customers_exported", "", 0, STR_NONE));
	return customer_rows_csv(op, all.v, all.n, k.page->key, a);
}
