/* All queries of all topics are looked for in one pass: the text's words, their beginnings and, in scripts without spaces,
 * every stretch of letters are looked up in one table of terms. Only queries of which a term was met are then tried. So the
 * time goes with the text, not with the number of queries. */
#include "text/topic.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/vec.h"
#include "text/words.h"

enum { TERM_LETTERS = 40, HITS_MOST = 1024, STEPS_MOST = 4096, BEGINNING_LEAST = 2, EXACT_SEED = 0x2545f491, BEGINNING_SEED = 0x6c62272e, JOINED_SEED = 0x1b873593 };
enum relation { ANYWHERE, NEXT, NEAR };

struct term {
	uint32_t hash;
	uint32_t query;
	uint8_t place;    /* in the query */
	bool is_excluded;
	uint8_t relation; /* to the term before it */
	uint8_t distance;
	uint8_t length;   /* letters */
};
struct query {
	uint32_t topic, first, n; /* its terms */
	uint32_t wanted;          /* one bit a term that must stand there */
};
struct topics {
	struct arena arena;
	VEC(str) names;
	VEC(struct query) queries;
	VEC(struct term) terms;
	uint32_t *slots, *next; /* hash → first term + 1; terms of one hash */
	size_t n_slots;
	size_t joined_longest;
};

static uint32_t mix(uint32_t h, uint32_t c)
{
	h = (h ^ c) * 0x01000193u;
	return h ^ h >> 15;
}

/* ---- reading queries ---- */

static const struct {
	const char *key, *text;
} REASONS[] = {
	{"topics_fault_many_words", "has more than 16 words in a query"},
	{"topics_fault_long_word", "has a word that is too long"},
	{"topics_fault_beginning", "needs at least two letters before *"},
	{"topics_fault_excludes", "excludes more than one word at once"},
	{"topics_fault_empty_word", "has an empty word in a query"},
	{"topics_fault_distance", "has a distance that is no number from 1 to 100"},
	{"topics_fault_distance_before", "has a distance without a word before it"},
	{"topics_fault_quotation", "has a quotation without its end"},
	{"topics_fault_distance_behind", "has a distance without a word behind it"},
	{"topics_fault_no_word", "has no query: a word that must stand in the text"},
};

const char *topic_reason_key(const char *text)
{
	for (size_t i = 0; i < COUNT_OF(REASONS); i++)
		if (strstr(text, REASONS[i].text)) return REASONS[i].key;
	return "fault_invalid";
}

struct parsing {
	struct topics *topics;
	struct query *query;
	struct fault *f;
	size_t line;
	struct arena scratch;
	int relation, distance;
	bool is_excluded;
};

static enum err refuse(struct parsing *p, const char *reason)
{
	char where[32];
	snprintf(where, sizeof where, "line %zu", p->line);
	return fault_set(p->f, ERR_INVALID, where, "%s", reason);
}

static enum err add_term(struct parsing *p, const struct folded *t, size_t from, size_t to, bool is_beginning)
{
	struct topics *topics = p->topics;
	bool is_joined = words_are_joined(t->c[from]);
	if (p->query->n == QUERY_TERMS) return refuse(p, "has more than 16 words in a query");
	if (to - from > TERM_LETTERS) return refuse(p, "has a word that is too long");
	if (is_beginning && to - from < BEGINNING_LEAST) return refuse(p, "needs at least two letters before *");
	uint32_t h = is_joined ? JOINED_SEED : is_beginning ? BEGINNING_SEED : EXACT_SEED;
	for (size_t i = from; i < to; i++) h = mix(h, t->c[i]);
	struct term term = {.hash = h, .query = (uint32_t)topics->queries.n, .place = (uint8_t)p->query->n, .is_excluded = p->is_excluded, .relation = (uint8_t)p->relation, .distance = (uint8_t)p->distance, .length = (uint8_t)(to - from)};
	if (p->query->n == 0 || p->is_excluded) term.relation = ANYWHERE;
	if (!p->is_excluded) p->query->wanted |= 1u << p->query->n;
	if (is_joined && to - from > topics->joined_longest) topics->joined_longest = to - from;
	p->query->n++;
	VEC_PUSH(&topics->terms, &topics->arena, term);
	return OK;
}

/* One word of a query, or several in quotes: what the folded piece is cut into stands behind each other. */
static enum err add_words(struct parsing *p, str piece)
{
	struct folded t;
	size_t before = p->query->n;
	fold(&p->scratch, piece, &t);
	for (size_t i = 0; i < t.n;) {
		size_t from = i++;
		if (t.class[from] == FOLD_SPACE) continue;
		if (t.class[from] == FOLD_LETTER)
			while (i < t.n && t.class[i] == FOLD_LETTER && words_are_joined(t.c[i]) == words_are_joined(t.c[from])) i++;
		size_t to = i;
		bool is_beginning = i < t.n && t.c[i] == '*';
		i += is_beginning;
		TRY(add_term(p, &t, from, to, is_beginning));
		p->relation = NEXT;
	}
	if (p->is_excluded && p->query->n > before + 1) return refuse(p, "excludes more than one word at once");
	p->relation = ANYWHERE;
	p->is_excluded = false;
	return p->query->n > before ? OK : refuse(p, "has an empty word in a query");
}

static enum err read_piece(struct parsing *p, str *rest)
{
	if (rest->p[0] == '~') {
		str number = str_cut(rest, ' ');
		int64_t distance;
		if (!str_i64(str_sub(number, 1, number.n), &distance) || distance < 1 || distance > 100) return refuse(p, "has a distance that is no number from 1 to 100");
		if (!p->query->n) return refuse(p, "has a distance without a word before it");
		p->relation = NEAR;
		p->distance = (int)distance;
		return OK;
	}
	if (rest->p[0] == '-' && rest->n > 1) {
		p->is_excluded = true;
		*rest = str_sub(*rest, 1, rest->n);
	}
	if (rest->p[0] == '"') {
		size_t end;
		*rest = str_sub(*rest, 1, rest->n);
		if (!str_find(*rest, '"', &end)) return refuse(p, "has a quotation without its end");
		str words = str_sub(*rest, 0, end);
		*rest = str_sub(*rest, end + 1, rest->n);
		return add_words(p, words);
	}
	return add_words(p, str_cut(rest, ' '));
}

static enum err read_query(struct parsing *p, str text, uint32_t topic)
{
	struct query q = {.topic = topic, .first = (uint32_t)p->topics->terms.n};
	p->query = &q;
	p->relation = ANYWHERE;
	p->is_excluded = false;
	for (text = str_trim(text); text.n; text = str_trim(text)) TRY(read_piece(p, &text));
	if (p->relation == NEAR) return refuse(p, "has a distance without a word behind it");
	if (!q.wanted) return refuse(p, "has no query: a word that must stand in the text");
	VEC_PUSH(&p->topics->queries, &p->topics->arena, q);
	return p->topics->queries.n > QUERIES_MOST ? fault_set(p->f, ERR_TOO_LARGE, "", "more than %d queries", QUERIES_MOST) : OK;
}

static enum err topic_number(struct parsing *p, str name, uint32_t *out)
{
	struct topics *t = p->topics;
	if (!name.n || name.n > TOPIC_NAME_BYTES) return refuse(p, "has no name of a topic before its tab, or a long one");
	for (*out = 0; *out < t->names.n; ++*out)
		if (str_eq(t->names.v[*out], name)) return OK;
	if (t->names.n == TOPICS_MOST) return fault_set(p->f, ERR_TOO_LARGE, "", "more than %d topics", TOPICS_MOST);
	VEC_PUSH(&t->names, &t->arena, str_dup(&t->arena, name));
	return OK;
}

static void index_terms(struct topics *t)
{
	t->n_slots = 64;
	while (t->n_slots < 2 * t->terms.n) t->n_slots *= 2;
	t->slots = ARENA_ARRAY(&t->arena, uint32_t, t->n_slots);
	t->next = ARENA_ARRAY(&t->arena, uint32_t, t->terms.n + 1);
	for (size_t i = 0; i < t->terms.n; i++) {
		size_t at = t->terms.v[i].hash & (t->n_slots - 1);
		while (t->slots[at] && t->terms.v[t->slots[at] - 1].hash != t->terms.v[i].hash) at = (at + 1) & (t->n_slots - 1);
		t->next[i] = t->slots[at];
		t->slots[at] = (uint32_t)i + 1;
	}
}

enum err topics_new(str text, struct topics **out, struct fault *f)
{
	struct topics *t = MEM_NEW(struct topics);
	struct parsing p = {.topics = t, .f = f};
	enum err e = OK;
	while (e == OK && text.n) {
		str line = str_cut(&text, '\n'), rest = str_trim(line);
		uint32_t topic = 0;
		p.line++;
		if (!rest.n || rest.p[0] == '#') continue;
		str name = str_trim(str_cut(&rest, '\t'));
		e = str_given(rest) ? topic_number(&p, name, &topic) : refuse(&p, "has no tab between a topic and its query");
		if (e == OK) e = read_query(&p, rest, topic);
		arena_reset(&p.scratch);
	}
	arena_release(&p.scratch);
	*out = NULL;
	if (e != OK) {
		topics_free(t);
		return e;
	}
	index_terms(t);
	*out = t;
	return OK;
}

void topics_free(struct topics *t)
{
	if (!t) return;
	arena_release(&t->arena);
	mem_free(t);
}

size_t topics_count(const struct topics *t)
{
	return t->names.n;
}

str topics_name(const struct topics *t, size_t topic)
{
	return t->names.v[topic];
}

/* ---- looking ---- */

/* Where a term was met: as a place among words, and in the folded text. */
struct hit {
	uint32_t term, place, end, from, to;
};
struct search {
	const struct topics *topics;
	struct arena *arena;
	VEC(struct hit) hits;
};

static void meet(struct search *s, uint32_t hash, struct hit where)
{
	const struct topics *t = s->topics;
	size_t at = hash & (t->n_slots - 1);
	while (t->slots[at] && t->terms.v[t->slots[at] - 1].hash != hash) at = (at + 1) & (t->n_slots - 1);
	for (uint32_t i = t->slots[at]; i && s->hits.n < HITS_MOST; i = t->next[i - 1]) {
		where.term = i - 1;
		VEC_PUSH(&s->hits, s->arena, where);
	}
}

static void meet_word(struct search *s, const struct folded *t, uint32_t from, uint32_t to, uint32_t place)
{
	uint32_t exact = EXACT_SEED, beginning = BEGINNING_SEED;
	for (uint32_t i = from; i < to && i < from + TERM_LETTERS; i++) {
		exact = mix(exact, t->c[i]);
		beginning = mix(beginning, t->c[i]);
		if (i + 1 - from >= BEGINNING_LEAST) meet(s, beginning, (struct hit){0, place, place + 1, from, to});
	}
	if (to - from <= TERM_LETTERS) meet(s, exact, (struct hit){0, place, place + 1, from, to});
}

static void meet_letters(struct search *s, const struct folded *t, uint32_t from, uint32_t to, uint32_t place)
{
	for (uint32_t i = from; i < to; i++) {
		uint32_t h = JOINED_SEED;
		for (uint32_t k = i; k < to && k < i + s->topics->joined_longest; k++) {
			h = mix(h, t->c[k]);
			meet(s, h, (struct hit){0, place + (i - from), place + (k + 1 - from), i, k + 1});
		}
	}
}

static void meet_all(struct search *s, const struct folded *t)
{
	uint32_t place = 0;
	for (uint32_t i = 0; i < t->n;) {
		uint32_t from = i++;
		if (t->class[from] == FOLD_SPACE) continue;
		bool is_joined = words_are_joined(t->c[from]);
		if (t->class[from] == FOLD_LETTER)
			while (i < t->n && t->class[i] == FOLD_LETTER && words_are_joined(t->c[i]) == is_joined) i++;
		if (is_joined)
			meet_letters(s, t, from, i, place);
		else
			meet_word(s, t, from, i, place);
		place += is_joined ? i - from : 1;
	}
}

static bool stands(const struct hit *before, const struct hit *h, const struct term *term)
{
	if (term->relation == NEXT) return h->place == before->end;
	uint32_t apart = h->place >= before->end ? h->place - before->end : before->place >= h->end ? before->place - h->end : 0;
	return apart <= term->distance;
}

/* Tries ways to place the terms from `at` on, hits of the query in hand; not all of them in a text made to have many. */
static bool fits(const struct topics *t, const struct query *q, const struct hit *hits, size_t n, size_t at, const struct hit *before, int *steps)
{
	while (at < q->n && t->terms.v[q->first + at].is_excluded) at++;
	if (at == q->n) return true;
	const struct term *term = &t->terms.v[q->first + at];
	for (size_t i = 0; i < n && ++*steps < STEPS_MOST; i++) {
		if (hits[i].term != q->first + at) continue;
		if (term->relation != ANYWHERE && !stands(before, &hits[i], term)) continue;
		if (fits(t, q, hits, n, at + 1, &hits[i], steps)) return true;
	}
	return false;
}

static int by_query(const struct topics *t, const struct hit *a, const struct hit *b)
{
	uint32_t x = t->terms.v[a->term].query, y = t->terms.v[b->term].query;
	return x != y ? (x > y) - (x < y) : (a->from > b->from) - (a->from < b->from);
}

/* Hits are few: they are sorted by insertion. */
static void sort_hits(const struct topics *t, struct hit *v, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct hit h = v[i];
		size_t k = i;
		for (; k && by_query(t, &v[k - 1], &h) > 0; k--) v[k] = v[k - 1];
		v[k] = h;
	}
}

static bool is_true(const struct topics *t, const struct query *q, const struct hit *hits, size_t n)
{
	uint32_t met = 0;
	int steps = 0;
	for (size_t i = 0; i < n; i++) {
		const struct term *term = &t->terms.v[hits[i].term];
		if (term->is_excluded) return false;
		met |= 1u << term->place;
	}
	return (met & q->wanted) == q->wanted && fits(t, q, hits, n, 0, NULL, &steps);
}

struct topic_found *topics_of(const struct topics *t, struct arena *a, const struct folded *text, size_t *n)
{
	struct search s = {.topics = t, .arena = a};
	meet_all(&s, text);
	sort_hits(t, s.hits.v, s.hits.n);
	struct topic_found *out = ARENA_ARRAY(a, struct topic_found, t->names.n + 1);
	*n = 0;
	for (size_t i = 0, end; i < s.hits.n; i = end) {
		uint32_t number = t->terms.v[s.hits.v[i].term].query;
		const struct query *q = &t->queries.v[number];
		for (end = i + 1; end < s.hits.n && t->terms.v[s.hits.v[end].term].query == number;) end++;
		size_t k = 0;
		while (k < *n && out[k].topic != q->topic) k++;
		if (k == *n && is_true(t, q, s.hits.v + i, end - i)) out[(*n)++] = (struct topic_found){q->topic, s.hits.v[i].from, s.hits.v[i].to};
	}
	return out;
}
