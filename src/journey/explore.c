/* explore: any question. Its fields are rows of tables/question_fields.def; the question that they make stands beside them as JSON, to
 * be changed there. The address holds either: the fields, or `q`, the question itself, of which the fields are filled again.
 *
 * A field that holds names takes JSON as well ({"event":…,"where":…}), so that what a question may say can be said in it. */
#include "base/buf.h"
#include "i18n/i18n.h"
#include "journey/journey.h"
#include "json/json.h"
#include "op/op.h"
#include "pulse/findings.h"

enum { QUESTION_BYTES = 64 << 10, STEPS_MOST = 20, STEPS_FREE = 2, VALUES_MOST = 8 };
enum type { EVENTS, STEPS, TEXT, DIMENSION, CHOICE, FLAG, NUMBER, LENGTH, JSON };

#define QUESTION_FIELD(kind, name, type, label, values, fallback) {kind, name, type, label, values, fallback},
static const struct row {
	const char *kind, *name;
	enum type type;
	const char *label, *values, *fallback;
} ROWS[] = {
#include "question_fields.def"
};
#undef QUESTION_FIELD

static const char *const UNITS[] = {"days", "hours", "minutes", "seconds"};
static const struct {
	const char *kind, *label;
	const struct journey_kind *view; /* that shows the answer; NULL: explore_show.c */
	const char *needs;               /* a field without which there is nothing to ask; NULL: none */
} KINDS[] = {
	{"trend", "journey_view_trend", &JOURNEY_TREND, NULL}, {"funnel", "journey_view_funnel", &JOURNEY_FUNNEL, NULL}, {"retention", "journey_view_retention", &JOURNEY_RETENTION, NULL},
	{"paths", "journey_view_paths", &JOURNEY_PATHS, NULL}, {"flow", "journey_view_flow", &JOURNEY_FLOW, NULL}, {"duration", "journey_view_duration", &JOURNEY_DURATION, NULL},
	{"driver", "journey_view_driver", &JOURNEY_DRIVER, NULL}, {"journey", "journey_view_map", &JOURNEY_MAP, NULL}, {"segment", "segment", NULL, NULL},
	{"timeline", "timeline_title", NULL, "customer"}, {"score", "question_score", NULL, NULL}, {"drivers", "question_drivers", NULL, "outcome"},
};

struct value { /* of a field: as it was sent, or as the question has it */
	bool is_said;
	str text, unit;
};
struct exploring {
	struct journey_asking *k;
	str kind;
	const struct json_node *question; /* that was sent as JSON; NULL: fields were */
};

static str words(struct journey_asking *k, const char *key)
{
	return i18n_format(&k->op->arena, &k->op->locale, str_of(key), NULL, 0);
}

/* ---- what stands in a field ---- */

static str json_text(struct journey_asking *k, const struct json_node *v)
{
	struct buf b;
	struct json_writer w = {.out = &b};
	buf_init(&b, QUESTION_BYTES);
	json_put_tree(&w, v);
	str out = str_dup(&k->op->arena, buf_str(&b));
	buf_release(&b);
	return out;
}

static const struct json_node *node_of(const struct json_node *question, str path)
{
	while (question && path.n) question = json_get(question, str_cut(&path, '.'));
	return question;
}

static struct value value_of_node(struct journey_asking *k, const struct row *row, const struct json_node *v)
{
	struct value out = {.is_said = v && v->type != JSON_NULL};
	if (!out.is_said) return out;
	out.text = v->type == JSON_STRING ? v->text : json_text(k, v);
	for (size_t i = 0; row->type == LENGTH && v->type == JSON_OBJECT && v->n == 1 && i < COUNT_OF(UNITS); i++)
		if (str_eq(v->child->key, str_of(UNITS[i])) && v->child->type == JSON_NUMBER) out = (struct value){true, v->child->text, str_of(UNITS[i])};
	if (row->type == FLAG) out.text = v->type == JSON_TRUE ? S("true") : v->type == JSON_FALSE ? S("false") : out.text;
	return out;
}

static str heard(struct journey_asking *k, const char *which)
{
	str way[2];
	if (str_eq(str_of(which), S("$usual"))) return journey_usual_event(k);
	size_t n = journey_usual_way(k, way, 2);
	return !n ? S("") : str_eq(str_of(which), S("$second")) && n > 1 ? way[1] : way[0];
}

static struct value fallback_of(struct journey_asking *k, const struct row *row)
{
	struct value out = {.text = str_of(row->fallback)};
	if (row->fallback[0] == '$') out.text = heard(k, row->fallback);
	if (row->type == CHOICE) {
		str values = str_of(row->values);
		out.text = str_cut(&values, '|');
	}
	if (row->type == LENGTH && out.text.n) {
		out.unit = out.text;
		out.text = str_cut(&out.unit, ' ');
	}
	return out;
}

/* Where nothing at all was said, what is usual; a field that was emptied stays so. */
static struct value value_of(const struct exploring *x, const struct row *row)
{
	struct journey_asking *k = x->k;
	if (x->question) return value_of_node(k, row, node_of(x->question, str_of(row->name)));
	str sent = web_query(k->w, row->name);
	if (!str_given(sent)) return fallback_of(k, row);
	const char *unit = str_c(&k->op->arena, str_fmt(&k->op->arena, "%s.unit", row->name));
	return (struct value){true, str_trim(sent), row->type == LENGTH ? journey_asked(k, unit, str_of(UNITS[0])) : STR_NONE};
}

static size_t steps_of(const struct exploring *x, str *out)
{
	const struct form_field *fields;
	struct journey_asking *k = x->k;
	size_t n = 0, all = http_query_fields(k->w->rq, &fields);
	const struct json_node *steps = x->question ? json_get(x->question, S("steps")) : NULL;
	for (const struct json_node *s = steps ? steps->child : NULL; s && n < STEPS_MOST; s = s->next) out[n++] = s->type == JSON_STRING ? s->text : json_text(k, s);
	for (size_t i = 0; i < all && n < STEPS_MOST && !x->question; i++)
		if (str_eq(fields[i].name, S("steps")) && str_trim(fields[i].value).n) out[n++] = str_trim(fields[i].value);
	return n || x->question || str_given(web_query(k->w, "steps")) ? n : journey_usual_way(k, out, 5);
}

/* ---- the form ---- */

static void offer_values(struct journey_asking *k, const struct row *row, struct journey_choice *c)
{
	str values = str_of(row->values);
	bool is_known = false;
	c->is_select = true;
	c->options.v = ARENA_ARRAY(&k->op->arena, struct option, VALUES_MOST + 1);
	do {
		str value = str_cut(&values, '|');
		str key = str_fmt(&k->op->arena, "journey_%s_%.*s", row->name, STR_ARG(value));
		is_known |= str_eq(value, c->value);
		journey_offer(c, value, !value.n ? S("–") : i18n_has(k->op->locale.lang, key) ? i18n_format(&k->op->arena, &k->op->locale, key, NULL, 0) : value);
	} while (str_given(values) && values.n && c->options.n < VALUES_MOST);
	if (!is_known) journey_offer(c, c->value, c->value); /* as the question has it */
}

static void offer_flag(struct journey_asking *k, struct journey_choice *c)
{
	c->is_select = true;
	c->options.v = ARENA_ARRAY(&k->op->arena, struct option, 3);
	journey_offer(c, S(""), S("–"));
	journey_offer(c, S("true"), words(k, "yes"));
	journey_offer(c, S("false"), words(k, "no"));
}

static void offer_units(struct journey_asking *k, struct journey_choice *c, str unit)
{
	c->is_length = true;
	c->units.v = ARENA_ARRAY(&k->op->arena, struct option, COUNT_OF(UNITS));
	for (size_t i = 0; i < COUNT_OF(UNITS); i++)
		c->units.v[c->units.n++] = (struct option){str_of(UNITS[i]), words(k, str_c(&k->op->arena, str_fmt(&k->op->arena, "question_%s", UNITS[i]))), str_eq(unit, str_of(UNITS[i]))};
}

static void put_field(struct journey_asking *k, const struct row *row, struct value v)
{
	struct journey_choice *c = journey_choice(k, row->name, words(k, row->label));
	c->value = v.text.n ? v.text : S("");
	switch (row->type) {
	case CHOICE: offer_values(k, row, c); break;
	case FLAG: offer_flag(k, c); break;
	case LENGTH: offer_units(k, c, v.unit); break;
	case JSON: c->is_code = true; break;
	case EVENTS:
	case STEPS: c->is_text = true, c->list = S("events"); break;
	case DIMENSION: c->is_text = true, c->list = S("dimensions"); break;
	case TEXT: c->is_text = true, c->list = row->values[0] ? S("measures") : STR_NONE; break;
	case NUMBER: c->is_text = true; break;
	}
}

static void put_steps(struct journey_asking *k, const struct row *row, const str *steps, size_t n)
{
	for (size_t i = 0; i < n + STEPS_FREE && i < STEPS_MOST; i++) {
		struct msg label = msg_int(i < n ? "journey_step" : "journey_step_more", "n", (int64_t)i + 1);
		put_field(k, row, (struct value){true, i < n ? steps[i] : S(""), STR_NONE});
		k->page->choices.v[k->page->choices.n - 1].label = i18n_msg(&k->op->arena, &k->op->locale, &label);
	}
}

/* What fields suggest. */
static void suggest(struct journey_asking *k)
{
	static const char *const DIMENSIONS[] = {"event", "channel", "source", "family", "stage", "trait:country", "country"};
	struct journey_view *page = k->page;
	page->events.v = ARENA_ARRAY(&k->op->arena, str, k->heard->n + 1);
	for (size_t i = 0; i < k->heard->n; i++) page->events.v[page->events.n++] = k->heard->v[i].event;
	page->dimensions.v = ARENA_ARRAY(&k->op->arena, str, COUNT_OF(DIMENSIONS));
	for (size_t i = 0; i < COUNT_OF(DIMENSIONS); i++) page->dimensions.v[page->dimensions.n++] = str_of(DIMENSIONS[i]);
	page->measures.v = ARENA_ARRAY(&k->op->arena, str, VALUES_MOST);
	for (size_t i = 0; i < COUNT_OF(ROWS); i++)
		for (str values = str_of(ROWS[i].values); ROWS[i].type == TEXT && values.n && page->measures.n < VALUES_MOST;) page->measures.v[page->measures.n++] = str_cut(&values, '|');
}

/* ---- as a question ---- */

static bool is_json(str text)
{
	return text.n && (text.p[0] == '{' || text.p[0] == '[' || text.p[0] == '"');
}

/* What is no JSON after all goes as its text, and the engine says what is wrong with it. */
static void put_json(struct journey_asking *k, struct json_writer *w, str text)
{
	const struct json_node *node;
	if (json_tree(&k->op->arena, text, QUESTION_BYTES, &node, NULL) == OK) json_put_tree(w, node);
	else json_put_str(w, text);
}

static void put_value(struct journey_asking *k, struct json_writer *w, const struct row *row, struct value v)
{
	double number;
	if (is_json(v.text) || row->type == JSON) put_json(k, w, v.text);
	else if (row->type == FLAG) json_put_raw(w, str_eq(v.text, S("true")) ? S("true") : S("false"));
	else if (row->type == NUMBER && str_f64(v.text, &number)) put_json(k, w, v.text);
	else if (row->type == LENGTH) {
		json_begin_object(w);
		json_key(w, v.unit.n ? v.unit : str_of(UNITS[0]));
		if (str_f64(v.text, &number)) put_json(k, w, v.text);
		else json_put_str(w, v.text);
		json_end_object(w);
	} else json_put_str(w, v.text);
}

static void put_member(struct journey_asking *k, struct json_writer *w, const struct row *row, struct value v, str *within)
{
	str name = str_of(row->name), outer = str_cut(&name, '.');
	if (!str_given(name)) name = outer, outer = S("");
	if (within->n && !str_eq(*within, outer)) json_end_object(w), *within = S("");
	if (!v.text.n) return;
	if (outer.n && !within->n) json_key(w, outer), json_begin_object(w), *within = outer;
	json_key(w, name);
	put_value(k, w, row, v);
}

static void put_steps_of(struct journey_asking *k, struct json_writer *w, const struct row *row, const str *steps, size_t n)
{
	json_key(w, S("steps"));
	json_begin_array(w);
	for (size_t i = 0; i < n; i++) put_value(k, w, row, (struct value){true, steps[i], STR_NONE});
	json_end_array(w);
}

/* What is empty stands apart, so that the answer is not far below; not so what is asked for, and what it is broken down by. */
static bool is_needed(const struct exploring *x, const struct row *row)
{
	bool is_needed = str_eq(str_of(row->name), S("by"));
	for (size_t i = 0; i < COUNT_OF(KINDS); i++) is_needed |= KINDS[i].needs && str_eq(x->kind, str_of(KINDS[i].kind)) && str_eq(str_of(row->name), str_of(KINDS[i].needs));
	return is_needed;
}

/* The form's fields and, where they are the question, what they say. */
static void put_fields(struct exploring *x, struct json_writer *w)
{
	struct journey_asking *k = x->k;
	str within = S(""), steps[STEPS_MOST];
	for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
		const struct row *row = &ROWS[i];
		if (row->kind[0] && !str_eq(str_of(row->kind), x->kind)) continue;
		if (row->type == STEPS) {
			size_t n = steps_of(x, steps);
			put_steps(k, row, steps, n);
			put_steps_of(k, w, row, steps, n);
			continue;
		}
		struct value v = value_of(x, row);
		put_field(k, row, v);
		k->page->choices.v[k->page->choices.n - 1].is_more = !v.text.n && !is_needed(x, row);
		if (str_eq(str_of(row->name), S("where"))) k->own_where = v.text;
		else put_member(k, w, row, v, &within);
	}
	if (within.n) json_end_object(w);
}

static void put_kinds(struct exploring *x)
{
	struct journey_asking *k = x->k;
	struct journey_view *page = k->page;
	page->ask = x->kind;
	page->kinds.v = ARENA_ARRAY(&k->op->arena, struct option, COUNT_OF(KINDS));
	for (size_t i = 0; i < COUNT_OF(KINDS); i++)
		page->kinds.v[page->kinds.n++] = (struct option){str_fmt(&k->op->arena, "/journeys/explore?ask=%s", KINDS[i].kind), words(k, KINDS[i].label), str_eq(x->kind, str_of(KINDS[i].kind))};
}

static void put_dates(struct exploring *x)
{
	static const char *const ENDS[] = {"from", "to"};
	for (size_t i = 0; i < COUNT_OF(ENDS); i++) {
		struct journey_choice *c = journey_choice(x->k, ENDS[i], words(x->k, i ? "question_to" : "question_from"));
		c->is_text = true;
		c->hint = words(x->k, "question_date_hint");
		c->value = x->question ? json_get_str(x->question, str_of(ENDS[i])) : journey_asked(x->k, ENDS[i], S(""));
		c->is_more = !c->value.n;
	}
}

/* A member a line, to be read and changed. */
static str laid_out(struct journey_asking *k, str question)
{
	const struct json_node *node;
	str out = S("{");
	if (json_tree(&k->op->arena, question, QUESTION_BYTES, &node, NULL) != OK || node->type != JSON_OBJECT) return question;
	for (const struct json_node *m = node->child; m; m = m->next) {
		struct json_node key = {.type = JSON_STRING, .text = m->key};
		str name = json_text(k, &key), value = json_text(k, m);
		out = str_fmt(&k->op->arena, "%.*s\n  %.*s: %.*s%s", STR_ARG(out), STR_ARG(name), STR_ARG(value), m->next ? "," : "");
	}
	return str_fmt(&k->op->arena, "%.*s\n}", STR_ARG(out));
}

static str kind_in(str asked)
{
	for (size_t i = 0; i < COUNT_OF(KINDS); i++)
		if (str_eq(asked, str_of(KINDS[i].kind))) return asked;
	return str_of(KINDS[0].kind);
}

static enum err write_fields(struct exploring *x, str *out)
{
	struct journey_asking *k = x->k;
	struct buf b;
	struct json_writer w = {.out = &b};
	buf_init(&b, QUESTION_BYTES);
	json_begin_object(&w);
	journey_put(&w, "kind", x->kind);
	put_fields(x, &w);
	put_dates(x);
	enum err e = journey_among_ask(k);
	if (e == OK) journey_among_put(k, &w);
	json_end_object(&w);
	if (e == OK && buf_failed(&b)) e = fail(k->op, ERR_TOO_LARGE, "", "the question is longer than %d bytes", QUESTION_BYTES);
	if (e == OK) *out = str_dup(&k->op->arena, buf_str(&b));
	buf_release(&b);
	return e;
}

/* Whether the form waits for what only the reader can say. */
static bool is_wanting(const struct exploring *x)
{
	for (size_t i = 0; i < COUNT_OF(KINDS); i++)
		if (KINDS[i].needs && str_eq(x->kind, str_of(KINDS[i].kind))) return !x->question && !str_trim(web_query(x->k->w, KINDS[i].needs)).n;
	return false;
}

static enum err compose(struct journey_asking *k)
{
	struct exploring x = {.k = k};
	struct journey_view *page = k->page;
	str sent = str_trim(web_query(k->w, "q")), asked;
	page->is_explored = true;
	page->periods.n = 0;
	page->json.value = sent;
	suggest(k);
	if (sent.n && json_tree(&k->op->arena, sent, QUESTION_BYTES, &x.question, &k->op->fault) != OK) {
		page->json.error = msg_reason(k->op, "question_no_json", "why", k->op->fault.fields[0].text);
		fault_clear(&k->op->fault);
		x.question = NULL;
		sent = S("");
	}
	x.kind = kind_in(x.question ? json_get_str(x.question, S("kind")) : web_query(k->w, "ask"));
	put_kinds(&x);
	TRY(write_fields(&x, &asked));
	page->question = sent.n ? sent : asked;
	if (!page->json.error.key) page->json.value = laid_out(k, page->question);
	k->own = ARENA_NEW(&k->op->arena, struct journey_design); /* a map of stages as the question has them */
	page->is_unasked = page->json.error.key || is_wanting(&x);
	return OK;
}

/* ---- the answer ---- */

static void show(struct journey_asking *k, const struct json_node *answer)
{
	str kind = json_get_str(answer, S("kind"));
	for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
		if (!str_eq(kind, str_of(KINDS[i].kind))) continue;
		if (KINDS[i].view) KINDS[i].view->show(k, answer);
		else if (str_eq(kind, S("segment"))) journey_show_segment(k, answer);
		else if (str_eq(kind, S("timeline"))) journey_show_timeline(k, answer);
		else journey_show_lists(k, answer);
	}
}

const struct journey_kind JOURNEY_EXPLORE = {.key = "explore", .show = show, .compose = compose};
