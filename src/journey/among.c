/* Of which customers and events a view is, and what it is compared with: the same three fields in every view, added to its
 * question as `where` and `compare`. */
#include "base/datetime.h"
#include "i18n/i18n.h"
#include "journey/journey.h"
#include "json/json.h"
#include "op/app.h"
#include "segment/segment.h"
#include "setting/setting.h"

static const struct {
	const char *test, *member; /* member NULL: one of, or none of, both readings of a number */
} TESTS[] = {{"is", NULL}, {"is_not", NULL}, {"at_least", "at_least"}, {"at_most", "at_most"}, {"contains", "contains"}};

struct journey_among {
	str segment, filter, test, value, compare;
	str compare_name;       /* of the segment that it is compared with */
};

static str words(struct journey_asking *k, const char *key)
{
	return i18n_format(&k->op->arena, &k->op->locale, str_of(key), NULL, 0);
}

static str offer_segments(struct journey_asking *k, struct journey_choice *c, const struct segment *all, size_t n)
{
	str name = STR_NONE;
	for (size_t i = 0; i < n; i++) {
		str shown = id_show(&k->op->arena, S("seg"), all[i].id);
		if (str_eq(shown, c->value)) name = all[i].name;
		journey_offer(c, shown, all[i].name);
	}
	return name;
}

static str ask_test(struct journey_asking *k)
{
	struct journey_choice *c = journey_choice(k, "test", words(k, "segment_test"));
	c->is_select = c->is_more = true;
	c->value = journey_asked(k, "test", str_of(TESTS[0].test));
	c->options.v = ARENA_ARRAY(&k->op->arena, struct option, COUNT_OF(TESTS));
	for (size_t i = 0; i < COUNT_OF(TESTS); i++) {
		str key = str_fmt(&k->op->arena, "segment_test_%s", TESTS[i].test);
		c->options.v[c->options.n++] = (struct option){str_of(TESTS[i].test), i18n_format(&k->op->arena, &k->op->locale, key, NULL, 0), str_eq(c->value, str_of(TESTS[i].test))};
	}
	return c->value;
}

static enum err not_there(struct journey_asking *k, const char *field)
{
	return fail(k->op, ERR_NOT_FOUND, field, "there is no such segment");
}

enum err journey_among_ask(struct journey_asking *k)
{
	struct segment *all;
	size_t n;
	struct journey_among *m = ARENA_NEW(&k->op->arena, struct journey_among);
	k->among = m;
	TRY(segment_all(k->op, &all, &n));
	struct journey_choice *c = journey_select(k, "segment", "journey_among", "journey_everybody", n);
	c->is_more = true;
	if (!str_given(offer_segments(k, c, all, n)) && c->value.n) return not_there(k, "segment");
	m->segment = c->value;
	m->filter = journey_text(k, "filter", "journey_filter", S(""), "journey_property_hint");
	k->page->choices.v[k->page->choices.n - 1].is_more = true;
	m->test = ask_test(k);
	m->value = journey_text(k, "value", "journey_value", S(""), NULL);
	k->page->choices.v[k->page->choices.n - 1].is_more = true;
	if (!k->is_laid_over) {
		c = journey_select(k, "compare", "journey_compare", "journey_over_none", n + 1);
		c->is_more = true;
		journey_offer(c, S("before"), words(k, "journey_over_before"));
		m->compare_name = offer_segments(k, c, all, n);
		m->compare = c->value;
		if (c->value.n && !str_eq(c->value, S("before")) && !str_given(m->compare_name)) return not_there(k, "compare");
	}
	k->page->is_more_open = m->segment.n || m->filter.n || m->compare.n;
	return OK;
}

/* ---- as conditions ---- */

static void put_segment(struct json_writer *w, str segment)
{
	json_begin_object(w);
	journey_put(w, "segment", segment);
	json_end_object(w);
}

static void put_value(struct json_writer *w, str value)
{
	double number;
	if (str_f64(value, &number)) json_put_real(w, number);
	else json_put_str(w, value);
}

/* A number may have been sent as one or as its text. */
static void put_either(struct json_writer *w, const struct journey_among *m)
{
	double number;
	json_key(w, S("in"));
	json_begin_array(w);
	json_put_str(w, m->value);
	if (str_f64(m->value, &number)) json_put_real(w, number);
	json_end_array(w);
}

static void put_filter(struct json_writer *w, const struct journey_among *m)
{
	size_t test = 0;
	for (size_t i = 0; i < COUNT_OF(TESTS); i++)
		if (str_eq(m->test, str_of(TESTS[i].test))) test = i;
	bool is_not = str_eq(m->test, S("is_not"));
	json_begin_object(w);
	if (is_not) json_key(w, S("not")), json_begin_object(w);
	journey_put(w, "name", m->filter);
	if (!TESTS[test].member) put_either(w, m);
	else {
		json_key(w, str_of(TESTS[test].member));
		if (str_eq(m->test, S("contains"))) json_put_str(w, m->value);
		else put_value(w, m->value);
	}
	if (is_not) json_end_object(w);
	json_end_object(w);
}

/* What is no JSON goes as its text, and the engine says what is wrong with it. */
static void put_json(struct journey_asking *k, struct json_writer *w, str text)
{
	const struct json_node *node;
	if (json_tree(&k->op->arena, text, text.n + 1, &node, NULL) == OK) json_put_tree(w, node);
	else json_put_str(w, text);
}

static void put_where(struct journey_asking *k, struct json_writer *w, str segment)
{
	const struct journey_among *m = k->among;
	bool has_filter = m->filter.n && m->value.n;
	if (!segment.n && !k->own_segment.n && !k->own_where.n && !has_filter) return;
	json_key(w, S("where"));
	json_begin_object(w);
	json_key(w, S("all"));
	json_begin_array(w);
	if (segment.n) put_segment(w, segment);
	if (k->own_segment.n) put_segment(w, k->own_segment);
	if (k->own_where.n) put_json(k, w, k->own_where);
	if (has_filter) put_filter(w, m);
	json_end_array(w);
	json_end_object(w);
}

void journey_among_where(struct journey_asking *k, struct json_writer *w)
{
	put_where(k, w, k->among->segment);
}

void journey_span_put(struct journey_asking *k, struct json_writer *w, struct span s)
{
	journey_put(w, "from", date_show(&k->op->arena, period_first_day(k->op, s)));
	journey_put(w, "to", date_show(&k->op->arena, zone_to_civil(setting_zone(k->op->app), s.to_ms)));
}

struct msg journey_span_name(struct journey_asking *k, struct span s)
{
	struct msg m = msg_of("journey_over_span");
	msg_add(&m, (struct msg_arg){.name = "from", .type = MSG_DATE, .i = period_first_day(k->op, s)});
	msg_add(&m, (struct msg_arg){.name = "to", .type = MSG_DATE, .i = period_last_day(k->op, s)});
	return m;
}

/* Of all data, its last months are compared, as everywhere. */
void journey_among_put(struct journey_asking *k, struct json_writer *w)
{
	const struct journey_among *m = k->among;
	bool is_before = str_eq(m->compare, S("before")) && k->period.is_compared;
	put_where(k, w, m->segment);
	if (is_before && k->period.is_all) journey_span_put(k, w, k->period.now);
	else if (!k->period.is_all) journey_span_put(k, w, k->period.shown);
	if (!m->compare.n || k->is_alone) return;
	if (str_eq(m->compare, S("before")) && !is_before) {
		k->page->compared = msg_of("compared_nothing");
		return;
	}
	json_key(w, S("compare"));
	json_begin_object(w);
	if (is_before) journey_span_put(k, w, k->period.before);
	else put_where(k, w, m->compare);
	json_end_object(w);
	k->compared_name = is_before ? journey_span_name(k, k->period.before) : msg_str("journey_compared_segment", "name", m->compare_name);
	k->page->compared = msg_str("journey_compared", "what", i18n_msg(&k->op->arena, &k->op->locale, &k->compared_name));
}
