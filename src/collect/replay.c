/* Who an import touched is a connected set: whoever its events name, whoever is joined or was to be joined with those, and
 * whoever shares an event with them. All records of this set that derive from events go, and all its events that are left are
 * derived again in the order of their arrival. An identity that comes again is born as the customer it was, so that ids hold.
 *
 * What a person entered stays: names, joins, joins taken back, decisions, consent given on the page. So do refusals that
 * came along with an event, since one whose event was not kept (a note in the log) can be derived from nothing.
 *
 * The work is done in a copy of the people in memory, through a copy of the app that shows it: who reads meanwhile sees what
 * was, until the commit. */
#include "collect/replay.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "collect/derive.h"
#include "consent/consent.h"
#include "customer/derive.h"
#include "customer/identity.h"
#include "customer/people.h"
#include "op/app.h"

enum { BY_EDGE = 1, BY_WORD = 2 };

struct place {
	uint64_t arrival;
	size_t part, row;
};
struct was { /* an identity as it stood */
	struct identity identity;
	int64_t source, seen_ms;
	id customer;
	size_t next; /* of the same customer, 1 + index; 0: the last */
};
struct edge {
	uint32_t a, b;
	int64_t made_ms;
	bool by_hand;
};
struct work {
	struct op *op;
	struct app *app, *real; /* the copy that shows the copied people */
	struct app copy;
	struct events_view *view;
	uint32_t import, n; /* subjects 1..n-1 */
	struct derive *derive;
	uint32_t *parent;   /* union-find over subjects */
	uint8_t *is_named;  /* by the import; from choose() on: of the set */
	uint8_t *stays_by_hand, *is_user;
	id *born;
	VEC(struct was) was;
	VEC(struct edge) edges;
	VEC(struct consent_word) words;
	struct map by_born, by_customer; /* id → 1 + index in was: the one, the first */
	VEC(id) ids; /* every customer id that the set had */
};

/* ---- reading ---- */

static enum err each_part(struct work *w, enum err (*visit)(struct work *, size_t part, const struct events_columns *c))
{
	enum { COLUMNS = EVENTS_TIME | EVENTS_ARRIVAL | EVENTS_TYPE | EVENTS_CHANNEL | EVENTS_SOURCE | EVENTS_PURPOSES | EVENTS_IMPORT };
	for (size_t i = 0; i < events_view_parts(w->view); i++) {
		struct events_columns c;
		TRY(events_part_columns(events_view_part(w->view, i), COLUMNS, &c, &w->op->fault));
		TRY(visit(w, i, &c));
	}
	return OK;
}

static enum err record_at(struct work *w, struct arena *a, size_t part, size_t row, const struct events_columns *c, struct events_record *r)
{
	*r = (struct events_record){.event = {.subject = c->subject[row], .import = c->import[row], .source = c->source[row], .purposes = c->purposes[row], .time_ms = c->time_ms[row], .received_ms = w->op->now_ms}};
	r->event.type = events_type_name(w->app->events, c->type[row]);
	r->event.channel = events_channel_name(w->app->events, c->channel[row]);
	return events_part_body(events_view_part(w->view, part), row, a, &r->event.body, &w->op->fault);
}

/* ---- whom it touched ---- */

static uint32_t root_of(struct work *w, uint32_t s)
{
	while (w->parent[s] != s) s = w->parent[s] = w->parent[w->parent[s]];
	return s;
}

static void unite(struct work *w, int64_t a, int64_t b)
{
	if (a > 0 && b > 0 && a < w->n && b < w->n) w->parent[root_of(w, (uint32_t)a)] = root_of(w, (uint32_t)b);
}

/* Its arena is emptied between events: a pass reads all of them. */
static enum err mentions_at(struct work *w, size_t part, size_t row, const struct events_columns *c, bool names)
{
	struct events_record r;
	uint32_t subjects[DERIVE_MENTIONS];
	struct op *op = w->op, reading = {.app = w->app, .now_ms = op->now_ms, .locale = op->locale};
	arena_init(&reading.arena);
	derive_begin(w->derive, &reading);
	enum err e = record_at(w, &reading.arena, part, row, c, &r);
	size_t n = e == OK ? derive_mentions(w->derive, &r, subjects) : 0;
	for (size_t i = 0; i < n; i++) {
		unite(w, subjects[i], r.event.subject);
		if (names && subjects[i] < w->n) w->is_named[subjects[i]] = 1;
	}
	if (names && r.event.subject < w->n) w->is_named[r.event.subject] = 1;
	derive_end_reading(w->derive);
	arena_release(&reading.arena);
	return e;
}

static enum err name_part(struct work *w, size_t part, const struct events_columns *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->import[i] == w->import) TRY(mentions_at(w, part, i, c, true));
	return OK;
}

static enum err unite_part(struct work *w, size_t part, const struct events_columns *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->import[i] != w->import) TRY(mentions_at(w, part, i, c, false));
	return OK;
}

static bool unite_rows(void *arg, const struct db_val *row, size_t n)
{
	(void)n;
	unite(arg, row[0].i, row[1].i);
	return true;
}

static bool see_user(void *arg, const struct db_val *row, size_t n)
{
	(void)n;
	struct work *w = arg;
	if (row[0].i > 0 && row[0].i < w->n && str_eq(row[2].s, S("user_id"))) w->is_user[row[0].i] = 1;
	return true;
}

/* A user id is named by no event that is not filed under it; any other identity may stand beside one. */
static bool names_others(const struct work *w)
{
	for (uint32_t s = 1; s < w->n; s++)
		if (w->is_named[s] && !w->is_user[s]) return true;
	return false;
}

static enum err choose(struct work *w)
{
	TRY(op_each(w->op, SQL_identity_each, DB_NO_ARGS, see_user, w));
	TRY(each_part(w, name_part));
	w->is_named[0] = 0;
	if (names_others(w)) TRY(each_part(w, unite_part));
	TRY(op_each(w->op, SQL_replay_pairs, DB_NO_ARGS, unite_rows, w));
	uint32_t *last = ARENA_ARRAY(&w->op->arena, uint32_t, people_customers(w->app->people) + 1);
	for (uint32_t s = 1; s < w->n; s++) {
		uint32_t customer = people_customer(w->app->people, s);
		if (customer && last[customer]) unite(w, s, last[customer]);
		if (customer) last[customer] = s;
	}
	uint8_t *is_chosen = ARENA_ARRAY(&w->op->arena, uint8_t, w->n);
	for (uint32_t s = 1; s < w->n; s++)
		if (w->is_named[s]) is_chosen[root_of(w, s)] = 1;
	for (uint32_t s = 1; s < w->n; s++) w->is_named[s] = is_chosen[root_of(w, s)];
	return OK;
}

static bool is_of(const struct work *w, int64_t subject)
{
	return subject > 0 && subject < w->n && w->is_named[subject];
}

/* ---- what it had ---- */

static void add_id(struct work *w, id customer)
{
	for (size_t i = w->ids.n; i-- > 0 && w->ids.n - i < 8;) /* mostly the same as just before */
		if (w->ids.v[i] == customer) return;
	if (customer) VEC_PUSH(&w->ids, &w->op->arena, customer);
}

static size_t index_by(const struct map *m, id key)
{
	uint64_t *place = map_get(m, (str){(const char *)&key, sizeof key});
	return place ? (size_t)*place : 0;
}

static void put_by(struct work *w, struct map *m, id key, size_t index)
{
	*map_put(m, str_dup(&w->op->arena, (str){(const char *)&key, sizeof key}), NULL) = index;
}

static bool keep_identity(void *arg, const struct db_val *row, size_t n)
{
	(void)n;
	struct work *w = arg;
	struct arena *a = &w->op->arena;
	if (!is_of(w, row[0].i)) return true;
	struct was was = {{(uint32_t)row[0].i, str_dup(a, row[1].s), str_dup(a, row[2].s), str_dup(a, row[3].s)}, row[4].i, row[5].i, row[6].i, index_by(&w->by_customer, row[6].i)};
	VEC_PUSH(&w->was, a, was);
	w->born[row[0].i] = row[7].i == DESC_NULL_INT ? row[6].i : row[7].i;
	put_by(w, &w->by_customer, was.customer, w->was.n);
	put_by(w, &w->by_born, w->born[row[0].i], w->was.n);
	add_id(w, row[6].i);
	add_id(w, w->born[row[0].i]);
	return true;
}

static bool keep_edge(void *arg, const struct db_val *row, size_t n)
{
	(void)n;
	struct work *w = arg;
	if (!is_of(w, row[0].i)) return true;
	struct edge e = {(uint32_t)row[0].i, (uint32_t)row[1].i, row[2].i, str_eq(row[3].s, S("by_hand"))};
	if (e.by_hand) w->stays_by_hand[e.a] |= BY_EDGE;
	if (e.by_hand) w->stays_by_hand[e.b] |= BY_EDGE;
	VEC_PUSH(&w->edges, &w->op->arena, e);
	return true;
}

static const char *how_of(str how)
{
	static const char *const hows[] = {"carried", "stated", "file", "hand"};
	for (size_t i = 0; i < COUNT_OF(hows); i++)
		if (str_eq(how, str_of(hows[i]))) return hows[i];
	return "hand";
}

static bool keep_word(void *arg, const struct db_val *row, size_t n)
{
	(void)n;
	struct work *w = arg;
	struct arena *a = &w->op->arena;
	if (!is_of(w, row[0].i)) return true;
	struct consent_word word = {(uint32_t)row[0].i, (int)row[1].i, row[2].i != 0, row[3].i, how_of(row[4].s), row[5].i, str_dup(a, row[6].s), str_dup(a, row[7].s)};
	if (str_given(word.actor)) w->stays_by_hand[word.subject] |= BY_WORD;
	VEC_PUSH(&w->words, a, word);
	return true;
}

static enum err keep(struct work *w)
{
	TRY(op_each(w->op, SQL_replay_identities, DB_NO_ARGS, keep_identity, w));
	TRY(op_each(w->op, SQL_replay_edges, DB_NO_ARGS, keep_edge, w));
	return op_each(w->op, SQL_replay_words, DB_NO_ARGS, keep_word, w);
}

/* ---- taking it away ---- */

static enum err clear(struct work *w)
{
	static const enum sql all[] = {SQL_trait_forget, SQL_consent_forget, SQL_consent_state_forget, SQL_replay_edge_forget, SQL_replay_suggestion_forget, SQL_identity_source_forget, SQL_replay_illegal_forget, SQL_identity_forget};
	for (size_t i = 0; i < w->was.n; i++) {
		uint32_t subject = w->was.v[i].identity.subject;
		for (size_t k = 0; k < COUNT_OF(all); k++) TRY(op_run(w->op, all[k], DB_ARGS(db_int(subject)), NULL));
		people_forget(w->app->people, subject);
	}
	for (size_t i = 0; i < w->ids.n; i++) TRY(op_run(w->op, SQL_customer_word_remove, DB_ARGS(db_id(w->ids.v[i])), NULL));
	struct db_rows linked; /* by what a person took back or decided */
	TRY(op_query(w->op, SQL_edge_each_linked, DB_NO_ARGS, &linked));
	for (size_t i = 0; i < linked.n; i++)
		if (is_of(w, db_rows_int(&linked, i, 0))) people_set_linked(w->app->people, (uint32_t)db_rows_int(&linked, i, 0), true);
	return OK;
}

/* ---- and making it again ---- */

struct gathering {
	VEC(struct place) places;
};

static int by_arrival(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	return x->arrival < y->arrival ? -1 : x->arrival > y->arrival;
}

/* Who took over the customer of that id: whoever has an identity now that it had; 0 when nobody. */
static uint32_t heir_of(const struct work *w, id customer)
{
	size_t born = index_by(&w->by_born, customer);
	uint32_t now = born ? people_customer(w->app->people, w->was.v[born - 1].identity.subject) : 0;
	if (now) return now;
	size_t i = index_by(&w->by_customer, born ? w->was.v[born - 1].customer : customer);
	for (; i && !now; i = w->was.v[i - 1].next) now = people_customer(w->app->people, w->was.v[i - 1].identity.subject);
	return now;
}

static enum err each_place(struct work *w, const struct place *place, struct events_record *r)
{
	struct events_columns c;
	TRY(events_part_columns(events_view_part(w->view, place->part), EVENTS_TIME | EVENTS_TYPE | EVENTS_CHANNEL | EVENTS_SOURCE | EVENTS_PURPOSES | EVENTS_IMPORT, &c, &w->op->fault));
	return record_at(w, &w->op->arena, place->part, place->row, &c, r);
}

static enum err derive_people(struct work *w, const struct place *places, size_t n)
{
	struct events_record r;
	for (size_t i = 0; i < n; i++) {
		TRY(each_place(w, &places[i], &r));
		TRY(derive_person(w->derive, &r));
	}
	return identity_flush(w->op);
}

static enum err come_again(struct work *w, const struct was *was)
{
	return identity_note(w->op, &was->identity, (uint16_t)was->source, was->seen_ms);
}

/* What stands by hand holds an identity; a word that was said on a page holds those whose customer would else be gone. */
static enum err hold_by_hand(struct work *w)
{
	uint8_t *is_orphan = ARENA_ARRAY(&w->op->arena, uint8_t, w->was.n + 1);
	for (size_t i = 0; i < w->was.n; i++)
		if (w->stays_by_hand[w->was.v[i].identity.subject] & BY_EDGE) TRY(come_again(w, &w->was.v[i]));
	for (size_t i = 0; i < w->was.n; i++) is_orphan[i] = (w->stays_by_hand[w->was.v[i].identity.subject] & BY_WORD) && !heir_of(w, w->was.v[i].customer);
	for (size_t i = 0; i < w->was.n; i++) {
		if (!is_orphan[i]) continue;
		uint32_t heir = heir_of(w, w->was.v[i].customer);
		TRY(come_again(w, &w->was.v[i]));
		if (!heir) continue;
		uint32_t *subjects;
		if (people_subjects(w->app->people, heir, &w->op->arena, &subjects)) TRY(identity_rejoin(w->op, w->was.v[i].identity.subject, subjects[0]));
	}
	return identity_flush(w->op);
}

static enum err join_again(struct work *w)
{
	for (size_t i = 0; i < w->edges.n; i++) {
		const struct edge *e = &w->edges.v[i];
		if (e->by_hand) TRY(identity_rejoin(w->op, e->a, e->b));
		else TRY(op_run(w->op, SQL_replay_edge_date, DB_ARGS(db_int(e->a), db_int(e->b), db_int(e->made_ms)), NULL));
	}
	return OK;
}

static const struct was *was_of(const struct work *w, uint32_t subject)
{
	for (size_t low = 0, high = w->was.n; low < high;) {
		size_t middle = (low + high) / 2;
		uint32_t there = w->was.v[middle].identity.subject;
		if (there == subject) return &w->was.v[middle];
		if (there < subject) low = middle + 1;
		else high = middle;
	}
	return NULL;
}

/* A page's word was said of the whole profile: a grant does not go with an identity that was of it through the import alone. */
static bool holds(const struct work *w, const struct consent_word *word)
{
	const struct was *was = was_of(w, word->subject);
	uint32_t now = people_customer(w->app->people, word->subject);
	return was && now && (!word->is_granted || now == heir_of(w, was->customer));
}

static enum err say_until(struct work *w, size_t *next, int64_t time_ms)
{
	bool changed;
	for (; *next < w->words.n && w->words.v[*next].at_ms <= time_ms; ++*next)
		if (holds(w, &w->words.v[*next])) TRY(consent_say(w->op, &w->words.v[*next], &changed));
	return OK;
}

/* When everybody is known: what people said on pages stands between what came with events, by its time. */
static enum err derive_consents(struct work *w, const struct place *places, size_t n)
{
	struct events_record r;
	size_t word = 0;
	for (size_t i = 0; i < n; i++) {
		TRY(each_place(w, &places[i], &r));
		TRY(say_until(w, &word, r.event.time_ms));
		TRY(derive_consent(w->derive, &r));
	}
	return say_until(w, &word, INT64_MAX);
}

static enum err derive_all(struct work *w, const struct place *places, size_t n)
{
	derive_begin(w->derive, w->op);
	TRY(derive_people(w, places, n));
	TRY(hold_by_hand(w));
	TRY(join_again(w));
	TRY(derive_consents(w, places, n));
	return derive_end(w->derive);
}

static enum err gather(struct work *w, struct gathering *g)
{
	for (size_t p = 0; p < events_view_parts(w->view); p++) {
		struct events_columns c;
		TRY(events_part_columns(events_view_part(w->view, p), EVENTS_TIME | EVENTS_ARRIVAL | EVENTS_IMPORT, &c, &w->op->fault));
		for (size_t i = 0; i < c.n; i++) {
			if (c.import[i] == w->import || !is_of(w, c.subject[i])) continue;
			people_hear(w->app->people, c.subject[i], c.time_ms[i]);
			VEC_PUSH(&g->places, &w->op->arena, ((struct place){c.arrival[i], p, i}));
		}
	}
	if (g->places.n) qsort(g->places.v, g->places.n, sizeof *g->places.v, by_arrival);
	return OK;
}

/* ---- what is left of the customers it had ---- */

static enum err settle_id(struct work *w, id customer)
{
	uint32_t number, *subjects;
	if (people_find(w->app->people, customer, &number) && people_subjects(w->app->people, number, &w->op->arena, &subjects)) {
		TRY(op_run(w->op, SQL_customer_unmerge, DB_ARGS(db_id(customer)), NULL));
		TRY(customer_refresh_consent(w->op, number));
		return customer_refresh(w->op, number);
	}
	uint32_t heir = heir_of(w, customer);
	if (!heir) return op_run(w->op, SQL_customer_forget, DB_ARGS(db_id(customer)), NULL);
	return op_run(w->op, SQL_customer_merge_into, DB_ARGS(db_id(customer), db_id(people_id(w->app->people, heir))), NULL);
}

/* Names entered by hand are of one identity; when that goes, another of the same customer takes them. */
static enum err settle_names(struct work *w)
{
	for (size_t i = 0; i < w->was.n; i++) {
		uint32_t subject = w->was.v[i].identity.subject;
		if (people_customer(w->app->people, subject)) continue;
		size_t k = index_by(&w->by_customer, w->was.v[i].customer);
		while (k && !people_customer(w->app->people, w->was.v[k - 1].identity.subject)) k = w->was.v[k - 1].next;
		if (k) TRY(op_run(w->op, SQL_replay_name_move, DB_ARGS(db_int(subject), db_int(w->was.v[k - 1].identity.subject)), NULL));
		TRY(op_run(w->op, SQL_customer_name_remove_subject, DB_ARGS(db_int(subject)), NULL));
		TRY(op_run(w->op, SQL_replay_edge_forget_all, DB_ARGS(db_int(subject)), NULL));
	}
	return OK;
}

static enum err settle(struct work *w)
{
	TRY(settle_names(w));
	for (size_t i = 0; i < w->ids.n; i++) TRY(settle_id(w, w->ids.v[i]));
	return OK;
}

/* ---- all of it ---- */

static enum err replay(struct work *w)
{
	struct gathering g = {0};
	TRY(choose(w));
	TRY(keep(w));
	TRY(clear(w));
	TRY(gather(w, &g));
	identity_reborn(w->op, w->born, w->n);
	TRY(derive_all(w, g.places.v, g.places.n));
	return settle(w);
}

static void result(struct work *w, struct replay *out)
{
	out->subjects = ARENA_ARRAY(&w->op->arena, uint32_t, w->n);
	for (uint32_t s = 1; s < w->n; s++)
		if (w->is_named[s]) out->subjects[out->n++] = s;
}

enum err replay_without(struct op *op, struct events_view *view, uint32_t import, struct replay *out)
{
	struct work *w = ARENA_NEW(&op->arena, struct work);
	struct app *real = op->app;
	*out = (struct replay){0};
	*w = (struct work){.op = op, .real = real, .view = view, .import = import, .n = events_subject_count(real->events) + 1};
	memcpy(&w->copy, real, sizeof w->copy);
	TRY(people_copy(op, &out->heard));
	w->copy.people = out->heard;
	w->app = op->app = &w->copy;
	w->parent = ARENA_ARRAY(&op->arena, uint32_t, w->n);
	for (uint32_t s = 0; s < w->n; s++) w->parent[s] = s;
	w->is_named = ARENA_ARRAY(&op->arena, uint8_t, w->n);
	w->is_user = ARENA_ARRAY(&op->arena, uint8_t, w->n);
	w->stays_by_hand = ARENA_ARRAY(&op->arena, uint8_t, w->n);
	w->born = ARENA_ARRAY(&op->arena, id, w->n);
	op->locale = derive_locale(op);
	w->derive = derive_new(w->app);
	map_init(&w->by_born);
	map_init(&w->by_customer);
	enum err e = replay(w);
	map_release(&w->by_born);
	map_release(&w->by_customer);
	derive_free(w->derive);
	if (e == OK) result(w, out);
	return e;
}

void replay_release(struct replay *r)
{
	people_free(r->heard);
	r->heard = NULL;
}
