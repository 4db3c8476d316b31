/* trigger_measure.c: one pass over the events (given, heard), one over the texts as they stand (told, and with what feeling). What a person
 * of ours wrote down is no telling. */
#include "base/datetime.h"
#include "consent/consent.h"
#include "customer/people.h"
#include "events/events.h"
#include "i18n/i18n.h"
#include "op/app.h"
#include "pulse/kept.h"
#include "reading/reading.h"
#include "trigger/trigger_inner.h"

enum { PHRASES_MOST = 60, GESTURE = 1, HEARD = 2 };

struct asked {
	const struct talk_trigger *v;
	size_t n;
};
struct looked {
	struct op *op;
	const struct asked *asked;
	const struct people *people;
	uint32_t n_customers;
	str (*words)[PHRASES_MOST]; /* folded */
	size_t *n_words;
	bool *is_given;           /* trigger × code of type */
	size_t n_codes;
	int gesture_code;
	uint8_t *told, *given;    /* trigger × customer */
	uint8_t *seen;            /* of a customer: GESTURE, HEARD */
	uint16_t *heard_in, *told_in; /* customer, trigger × customer: a bit a step */
	int64_t end_ms;           /* of the steps */
	struct trigger_counts *counts;
	int64_t gestures;
};

static void read_words(struct looked *l, size_t t)
{
	for (str rest = l->asked->v[t].words; str_given(rest) && l->n_words[t] < PHRASES_MOST;) {
		str word = i18n_fold(&l->op->arena, str_trim(str_cut(&rest, '\n')));
		if (word.n) l->words[t][l->n_words[t]++] = word;
	}
	for (str rest = l->asked->v[t].given_by; str_given(rest);) {
		uint16_t code;
		str event = str_trim(str_cut(&rest, '\n'));
		if (event.n && events_type_code(l->op->app->events, event, &code) && code < l->n_codes) l->is_given[t * l->n_codes + code] = true;
	}
}

static uint16_t step_bit(const struct looked *l, int64_t at_ms)
{
	int64_t ago = (l->end_ms - 1 - at_ms) / (TRIGGER_STEP_DAYS * DAY_MS);
	return at_ms < l->end_ms && ago < TRIGGER_STEPS ? (uint16_t)(1u << (TRIGGER_STEPS - 1 - ago)) : 0;
}

static bool tells(const struct looked *l, size_t t, str folded)
{
	for (size_t i = 0; i < l->n_words[t]; i++)
		if (str_contains(folded, l->words[t][i])) return true;
	return false;
}

static bool is_asked(const struct looked *l, uint32_t customer)
{
	return customer && customer <= l->n_customers && !(people_denied(l->people, customer) & PURPOSE_BIT(PURPOSE_ANALYTICS)) && people_is_known(l->people, customer);
}

static bool look_at_text(void *arg, const struct reading_text *x)
{
	struct looked *l = arg;
	uint32_t customer = people_customer(l->people, x->subject);
	struct arena scratch;
	if (x->is_by_hand || !is_asked(l, customer)) return true;
	arena_init(&scratch);
	str folded = i18n_fold(&scratch, x->text);
	for (size_t t = 0; t < l->asked->n; t++) {
		if (!tells(l, t, folded)) continue;
		size_t at = t * (l->n_customers + 1) + customer;
		l->seen[customer] |= HEARD;
		struct trigger_counts *c = &l->counts[t];
		l->told[at] = 1;
		l->told_in[at] |= step_bit(l, x->at), l->heard_in[customer] |= step_bit(l, x->at);
		c->texts++;
		if (c->first_ms == DESC_NULL_INT || x->at < c->first_ms) c->first_ms = x->at;
		c->pos += str_eq(x->verdict.sentiment, S("pos"));
		c->neg += str_eq(x->verdict.sentiment, S("neg"));
	}
	arena_release(&scratch);
	return true;
}

static void look_at(struct looked *l, const struct events_columns *c, size_t row)
{
	uint32_t customer = people_customer(l->people, c->subject[row]);
	if (!(c->purposes[row] & PURPOSE_BIT(PURPOSE_ANALYTICS)) || !is_asked(l, customer)) return;
	l->seen[customer] |= HEARD;
	l->heard_in[customer] |= step_bit(l, c->time_ms[row]);
	if (c->type[row] == l->gesture_code) l->gestures++, l->seen[customer] |= GESTURE;
	for (size_t t = 0; t < l->asked->n; t++)
		if (c->type[row] < l->n_codes && l->is_given[t * l->n_codes + c->type[row]]) l->given[t * (l->n_customers + 1) + customer] = 1;
}

static enum err look_in(struct looked *l, struct events_part *part)
{
	struct events_columns c;
	TRY(events_part_columns(part, EVENTS_TIME | EVENTS_TYPE | EVENTS_PURPOSES, &c, &l->op->fault));
	for (size_t i = 0; i < c.n; i++) look_at(l, &c, i);
	return OK;
}

static void sum_steps(const struct looked *l, size_t t, uint32_t customer)
{
	uint16_t told = l->told_in[t * (l->n_customers + 1) + customer];
	for (int i = 0; i < TRIGGER_STEPS; i++) {
		l->counts[t].steps[i].customers += l->heard_in[customer] >> i & 1;
		l->counts[t].steps[i].told += told >> i & 1;
	}
}

static void sum_up(const struct looked *l, struct trigger_measured *m)
{
	for (uint32_t k = 1; k <= l->n_customers; k++) {
		m->gesture_customers += (l->seen[k] & GESTURE) != 0;
		for (size_t t = 0; t < l->asked->n; t++) {
			size_t at = t * (l->n_customers + 1) + k;
			l->counts[t].customers += (l->seen[k] & HEARD) != 0;
			l->counts[t].told += l->told[at];
			l->counts[t].given += l->given[at];
			l->counts[t].told_given += l->told[at] & l->given[at];
			sum_steps(l, t, k);
		}
	}
	m->gestures = l->gestures;
	m->of = l->counts;
}

static void set_steps(struct looked *l, struct events_view *view)
{
	for (size_t i = 0; i < events_view_parts(view); i++) {
		int64_t newest = events_part_max_ms(events_view_part(view, i));
		if (!i || newest >= l->end_ms) l->end_ms = newest + 1;
	}
	for (size_t t = 0; t < l->asked->n; t++)
		for (int i = 0; i < TRIGGER_STEPS; i++) l->counts[t].steps[i].from_ms = l->end_ms - (TRIGGER_STEPS - i) * TRIGGER_STEP_DAYS * DAY_MS;
}

/* counts lie in `a`, the rest with the op. */
static enum err walk(struct op *op, struct arena *a, const struct asked *asked, struct looked *out)
{
	struct events_view *view;
	uint16_t gesture;
	struct looked l = {.op = op, .asked = asked, .people = op->app->people, .n_customers = people_customers(op->app->people), .n_codes = events_type_count(op->app->events)};
	size_t cells = asked->n * ((size_t)l.n_customers + 1) + 1;
	l.gesture_code = events_type_code(op->app->events, S("Gesture Made"), &gesture) ? gesture : -1;
	l.words = arena_alloc(&op->arena, (asked->n + 1) * sizeof *l.words);
	l.n_words = ARENA_ARRAY(&op->arena, size_t, asked->n + 1);
	l.is_given = ARENA_ARRAY(&op->arena, bool, asked->n * l.n_codes + 1);
	l.told = ARENA_ARRAY(&op->arena, uint8_t, cells);
	l.given = ARENA_ARRAY(&op->arena, uint8_t, cells);
	l.seen = ARENA_ARRAY(&op->arena, uint8_t, (size_t)l.n_customers + 1);
	l.heard_in = ARENA_ARRAY(&op->arena, uint16_t, (size_t)l.n_customers + 1);
	l.told_in = ARENA_ARRAY(&op->arena, uint16_t, cells);
	l.counts = ARENA_ARRAY(a, struct trigger_counts, asked->n + 1);
	for (size_t t = 0; t < asked->n; t++) l.counts[t].first_ms = DESC_NULL_INT, read_words(&l, t);
	TRY(events_view_open(op->app->events, &view, &op->fault));
	enum err e = OK;
	set_steps(&l, view);
	for (size_t i = 0; e == OK && i < events_view_parts(view); i++) e = look_in(&l, events_view_part(view, i));
	events_view_close(view);
	if (e == OK) e = reading_each(op, INT64_MIN, INT64_MAX, look_at_text, &l);
	*out = l;
	return e;
}

static enum err look(struct op *op, struct arena *a, void *arg, void **out)
{
	struct trigger_measured *m = *out = ARENA_NEW(a, struct trigger_measured);
	struct looked l;
	TRY(walk(op, a, arg, &l));
	sum_up(&l, m);
	return OK;
}

static bool is_behind(const struct looked *l, uint32_t customer, enum trigger_who which)
{
	bool told = l->told[customer], given = l->given[customer];
	switch (which) {
	case TRIGGER_TOLD: return told;
	case TRIGGER_GIVEN: return given;
	case TRIGGER_TOLD_GIVEN: return told && given;
	case TRIGGER_SILENT: break;
	}
	return given && !told;
}

enum err trigger__who(struct op *op, const struct talk_trigger *t, enum trigger_who which, id **out, size_t *n)
{
	struct asked asked = {t, 1};
	struct looked l;
	TRY(walk(op, &op->arena, &asked, &l));
	*out = ARENA_ARRAY(&op->arena, id, (size_t)l.n_customers + 1);
	*n = 0;
	for (uint32_t k = 1; k <= l.n_customers; k++)
		if (is_behind(&l, k, which)) (*out)[(*n)++] = people_id(l.people, k);
	return OK;
}

enum err trigger__measure(struct op *op, const struct talk_trigger *v, size_t n, const struct trigger_measured **out)
{
	str state, readings, key;
	void *found;
	struct asked asked = {v, n};
	TRY(kept_state(op, &state));
	TRY(reading_state(op, &readings));
	key = str_fmt(&op->arena, "triggers %.*s%.*s", STR_ARG(state), STR_ARG(readings));
	for (size_t i = 0; i < n; i++) key = str_fmt(&op->arena, "%.*s\n\n%.*s\n\n%.*s", STR_ARG(key), STR_ARG(v[i].words), STR_ARG(v[i].given_by));
	TRY(kept_get(op, key, look, &asked, &found));
	*out = found;
	return OK;
}
