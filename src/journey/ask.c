/* What the forms of all kinds share: fields read from the address, put on the page, and written into the question. What
 * the address leaves open is chosen from what is heard, so that each view has an answer at once: the events of the
 * earliest stages first, the more frequent one of a stage. */
#include <stdlib.h>
#include <string.h>

#include "collect/collect.h"
#include "i18n/i18n.h"
#include "journey/journey.h"
#include "op/app.h"
#include "order/currency.h"
#include "pulse/findings.h"

enum { CHOICES_MOST = 40, NAME_MOST = 200 };

static str said(struct journey_asking *k, const char *key)
{
	return i18n_format(&k->op->arena, &k->op->locale, str_of(key), NULL, 0);
}

struct journey_choice *journey_choice(struct journey_asking *k, const char *name, str label)
{
	if (!k->page->choices.v) k->page->choices.v = ARENA_ARRAY(&k->op->arena, struct journey_choice, CHOICES_MOST);
	struct journey_choice *c = &k->page->choices.v[k->page->choices.n++];
	c->id = str_fmt(&k->op->arena, "q-%s-%zu", name, k->page->choices.n);
	c->name = str_of(name);
	c->label = label;
	return c;
}

str journey_asked(struct journey_asking *k, const char *name, str fallback)
{
	str value = web_query(k->w, name);
	return value.n ? value : fallback;
}

struct journey_choice *journey_select(struct journey_asking *k, const char *name, const char *label, const char *none, size_t options)
{
	struct journey_choice *c = journey_choice(k, name, said(k, label));
	c->is_select = true;
	c->value = journey_asked(k, name, S(""));
	c->options.v = ARENA_ARRAY(&k->op->arena, struct option, options + 1);
	journey_offer(c, S(""), said(k, none));
	return c;
}

void journey_offer(struct journey_choice *c, str value, str label)
{
	c->options.v[c->options.n++] = (struct option){value, label, str_eq(value, c->value)};
}

/* ---- events ---- */

void journey_put_events(struct journey_asking *k, struct journey_choice *c, str chosen, const char *none)
{
	const struct heard *h = k->heard;
	bool is_known = !chosen.n;
	c->is_select = true;
	c->value = chosen;
	c->options.v = ARENA_ARRAY(&k->op->arena, struct option, h->n + 2);
	if (none) c->options.v[c->options.n++] = (struct option){S(""), said(k, none), !chosen.n};
	for (size_t i = 0; i < h->n; i++) {
		bool is_selected = str_eq(h->v[i].event, chosen);
		is_known |= is_selected;
		c->options.v[c->options.n++] = (struct option){h->v[i].event, h->v[i].event, is_selected};
	}
	if (!is_known) c->options.v[c->options.n++] = (struct option){chosen, chosen, true};
}

str journey_event(struct journey_asking *k, const char *name, const char *label, str fallback, bool is_required)
{
	str chosen = str_given(web_query(k->w, name)) && !is_required ? web_query(k->w, name) : journey_asked(k, name, fallback);
	journey_put_events(k, journey_choice(k, name, said(k, label)), chosen, is_required ? NULL : "journey_any_event");
	return chosen;
}

struct staged {
	str event;
	int stage;
	int64_t events;
};

static int by_stage(const void *x, const void *y)
{
	const struct staged *a = x, *b = y;
	if (a->stage != b->stage) return a->stage < b->stage ? -1 : 1;
	return a->events > b->events ? -1 : a->events < b->events;
}

/* What is heard, by stage and then by how often; events without a stage last. */
static struct staged *stage_order(struct journey_asking *k)
{
	const struct heard *h = k->heard;
	struct staged *v = ARENA_ARRAY(&k->op->arena, struct staged, h->n + 1);
	for (size_t i = 0; i < h->n; i++) {
		bool has_row;
		struct touchpoint_kind kind = collect_filing(k->op->app, h->v[i].event, &has_row);
		v[i] = (struct staged){h->v[i].event, has_row && kind.stage ? (int)kind.stage : STAGE_COUNT, h->v[i].events};
	}
	qsort(v, h->n, sizeof *v, by_stage);
	return v;
}

/* The most frequent event of each stage, in order; when only one stage is filed, the most frequent events of all. */
size_t journey_usual_way(struct journey_asking *k, str *out, size_t most)
{
	const struct staged *v = stage_order(k);
	size_t n = 0;
	for (size_t i = 0; i < k->heard->n && n < most; i++)
		if (v[i].stage < STAGE_COUNT && (i == 0 || v[i].stage != v[i - 1].stage)) out[n++] = v[i].event;
	for (size_t i = 0; i < k->heard->n && n < 2; i++) {
		bool has = false;
		for (size_t j = 0; j < n; j++) has |= str_eq(out[j], v[i].event);
		if (!has) out[n++] = v[i].event;
	}
	return n;
}

static str most_frequent(struct journey_asking *k)
{
	const struct heard *h = k->heard;
	size_t best = 0;
	for (size_t i = 1; i < h->n; i++)
		if (h->v[i].events > h->v[best].events) best = i;
	return h->n ? h->v[best].event : S("Order Completed");
}

static bool is_heard(struct journey_asking *k, str event)
{
	for (size_t i = 0; i < k->heard->n; i++)
		if (str_eq(k->heard->v[i].event, event)) return true;
	return false;
}

str journey_usual_event(struct journey_asking *k)
{
	return is_heard(k, S("Order Completed")) ? S("Order Completed") : most_frequent(k);
}

/* ---- other fields ---- */

str journey_choose(struct journey_asking *k, const char *name, const char *label, const char *const *values)
{
	str asked = journey_asked(k, name, str_of(values[0]));
	struct journey_choice *c = journey_choice(k, name, said(k, label));
	c->is_select = true;
	c->options.v = ARENA_ARRAY(&k->op->arena, struct option, 16);
	for (size_t i = 0; values[i]; i++) {
		bool is_selected = str_eq(asked, str_of(values[i]));
		if (is_selected) c->value = str_of(values[i]);
		str words = str_fmt(&k->op->arena, "journey_%s_%s", name, values[i]);
		c->options.v[c->options.n++] = (struct option){str_of(values[i]), i18n_format(&k->op->arena, &k->op->locale, words, NULL, 0), is_selected};
	}
	if (c->value.n) return c->value;
	c->options.v[0].is_selected = true;
	return c->value = str_of(values[0]);
}

int64_t journey_number(struct journey_asking *k, const char *name, const char *label, int64_t fallback, int64_t most)
{
	int64_t n = fallback;
	str asked = web_query(k->w, name);
	if (asked.n && (!str_i64(asked, &n) || n < 1 || n > most)) n = fallback;
	struct journey_choice *c = journey_choice(k, name, said(k, label));
	c->is_number = true;
	c->value = str_fmt(&k->op->arena, "%lld", (long long)n);
	return n;
}

str journey_text(struct journey_asking *k, const char *name, const char *label, str fallback, const char *hint)
{
	struct journey_choice *c = journey_choice(k, name, said(k, label));
	c->is_text = true;
	c->value = str_trim(journey_asked(k, name, fallback));
	if (hint) c->hint = said(k, hint);
	if (c->value.n > NAME_MOST) c->value.n = NAME_MOST;
	return c->value;
}

enum err journey_currency(struct journey_asking *k, const char *each, str *out)
{
	struct order_currencies all;
	str asked = web_query(k->w, "currency");
	*out = S("");
	TRY(order_currencies(k->op, &k->op->arena, &all));
	if (all.n < 2) return OK;
	struct journey_choice *c = journey_choice(k, "currency", said(k, "currency"));
	c->is_select = true;
	c->options.v = ARENA_ARRAY(&k->op->arena, struct option, all.n + 1);
	if (each) c->options.v[c->options.n++] = (struct option){S(""), said(k, each), false};
	for (size_t i = 0; i < all.n; i++) {
		if (!all.v[i].n) continue;
		bool is_selected = str_eq(asked, all.v[i]);
		if (is_selected) *out = all.v[i];
		c->options.v[c->options.n++] = (struct option){all.v[i], i18n_currency_name(&k->op->arena, &k->op->locale, all.v[i]), is_selected};
	}
	c->value = *out;
	return OK;
}

str journey_by(struct journey_asking *k)
{
	static const char *const DIMENSIONS[] = {"none", "channel", "source", "family", "stage", "property", NULL};
	str by = journey_choose(k, "by", "journey_by", DIMENSIONS);
	if (str_eq(by, S("none"))) return STR_NONE;
	if (!str_eq(by, S("property"))) return by;
	str name = journey_text(k, "property", "journey_property", S("country"), "journey_property_hint");
	return name.n ? name : STR_NONE;
}

/* ---- writing ---- */

void journey_put(struct json_writer *w, const char *key, str text)
{
	json_key(w, str_of(key));
	json_put_str(w, text);
}

void journey_put_time(struct json_writer *w, const char *key, const char *unit, int64_t n)
{
	json_key(w, str_of(key));
	json_begin_object(w);
	json_key(w, str_of(unit));
	json_put_i64(w, n);
	json_end_object(w);
}

void journey_put_by(struct journey_asking *k, struct json_writer *w, int64_t top)
{
	str by = journey_by(k);
	if (!by.n) return;
	journey_put(w, "by", by);
	/* The rest of all currencies would be in several. */
	if (!top || str_eq(by, S("currency"))) return;
	json_key(w, S("top"));
	json_put_i64(w, top);
}
