#include "text/learn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/mem.h"
#include "text/svm.h"
#include "text/words.h"

enum { FEATURES_HELD = 96 << 20, NUMBERS_HELD = 512 << 20, HOLD_ONE_IN = 5, TEXT_BYTES = 64 << 10, RARITY_UNIT = 16, WORDS_KNOWN = 2, RARITY_MOST = 255, WEIGHT_MOST = 32512, COARSE = 256, CERTAINTY_STEPS = 40 };
/* Longer sequences read more, where there are texts enough to fill them. */
static const struct recipe RECIPES[] = {{1, 5, 2}, {1, 4, 2}};
enum { QUICK_NUMBERS = 16 << 20 }; /* of weights touched in a pass: up to here a second recipe is tried */

/* What a known word comes to: one feature. */
struct belief {
	uint32_t hash, label;
	float strength;
};

/* The texts' features, one array behind another; rows are numbered once it is known which features are kept. */
struct corpus {
	struct recipe recipe;
	uint32_t *hashes;   /* distinct within a text, ascending */
	size_t n_hashes, cap;
	size_t *begins;     /* n + 1 */
	struct node *nodes;
	struct vector *vectors;
	uint32_t *kept;     /* ascending hashes of features */
	unsigned char *rarity;
	size_t n_kept;
	struct belief *beliefs;
	size_t n_beliefs, cap_beliefs;
	const struct vector **chosen; /* room for those of a training */
	float *weights;
};

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static size_t distinct(uint32_t *v, size_t n)
{
	size_t k = 0;
	qsort(v, n, sizeof *v, by_number);
	for (size_t i = 0; i < n; i++)
		if (!k || v[k - 1] != v[i]) v[k++] = v[i];
	return k;
}

static enum err read_texts(struct corpus *k, const struct lesson *l, struct fault *f)
{
	struct arena a = {0};
	k->begins = mem_alloc((l->n + 1) * sizeof *k->begins);
	for (size_t i = 0; i < l->n; i++) {
		struct folded text;
		size_t n;
		fold(&a, str_sub(l->examples[i].text, 0, TEXT_BYTES), &text);
		const struct feature *features = features_of(&a, &k->recipe, &text, &n);
		if (k->n_hashes + n > k->cap) {
			k->cap = 2 * (k->n_hashes + n);
			k->hashes = mem_realloc(k->hashes, k->cap * sizeof *k->hashes);
		}
		for (size_t j = 0; j < n; j++) k->hashes[k->n_hashes + j] = features[j].hash;
		k->begins[i] = k->n_hashes;
		k->n_hashes += distinct(k->hashes + k->n_hashes, n);
		arena_reset(&a);
		if (k->n_hashes > FEATURES_HELD) break;
	}
	k->begins[l->n] = k->n_hashes;
	arena_release(&a);
	return k->n_hashes > FEATURES_HELD ? fault_set(f, ERR_TOO_LARGE, "FILE", "holds more text than can be learnt from at once: give a part of it") : OK;
}

static void add_belief(struct corpus *k, struct belief b)
{
	if (k->n_beliefs == k->cap_beliefs) {
		k->cap_beliefs = 2 * k->cap_beliefs + 64;
		k->beliefs = mem_realloc(k->beliefs, k->cap_beliefs * sizeof *k->beliefs);
	}
	k->beliefs[k->n_beliefs++] = b;
}

/* Between spaces a known word is one feature, the longest sequence of words in it. In scripts without spaces it is what
 * its letters come to, in pieces where it is long. */
static void read_word(struct corpus *k, struct arena *a, const struct known_word *word)
{
	struct folded text;
	fold(a, word->text, &text);
	size_t n, n_letters = text.n > 2 ? text.n - 2 : 0, longest = 0, pieces = 0;
	bool is_joined = n_letters && words_are_joined(text.c[1]);
	struct recipe recipe = {0, 0, WORDS_KNOWN};
	if (is_joined) recipe = (struct recipe){.letters_least = (uint8_t)(n_letters < k->recipe.letters_most ? n_letters : k->recipe.letters_most), .letters_most = k->recipe.letters_most};
	recipe.letters_most = recipe.letters_least;
	const struct feature *features = features_of(a, &recipe, &text, &n);
	for (size_t i = 0; i < n; i++) {
		longest = features[i].to - features[i].from > longest ? features[i].to - features[i].from : longest;
		pieces += features[i].from > 0 && features[i].to < text.n;
	}
	if (!is_joined && longest < n_letters) return; /* of more words than are looked at together */
	for (size_t i = 0; i < n; i++) {
		if (!is_joined && features[i].to - features[i].from < longest) continue;
		if (is_joined && (features[i].from == 0 || features[i].to >= text.n)) continue; /* with the space beside it */
		add_belief(k, (struct belief){features[i].hash, word->label, is_joined ? word->strength / (float)pieces : word->strength});
	}
}

static void read_words(struct corpus *k, const struct lesson *l)
{
	struct arena a = {0};
	for (size_t i = 0; i < l->n_words; i++) {
		read_word(k, &a, &l->words[i]);
		arena_reset(&a);
	}
	arena_release(&a);
}

/* Features of at least two texts, and those of known words. */
static void keep_frequent(struct corpus *k, size_t n_texts)
{
	size_t n_all = k->n_hashes + 2 * k->n_beliefs;
	uint32_t *all = mem_alloc((n_all + 1) * sizeof *all);
	memcpy(all, k->hashes, k->n_hashes * sizeof *all);
	for (size_t i = 0; i < k->n_beliefs; i++) all[k->n_hashes + 2 * i] = all[k->n_hashes + 2 * i + 1] = k->beliefs[i].hash;
	qsort(all, n_all, sizeof *all, by_number);
	k->kept = all;
	k->rarity = mem_alloc(n_all + 1);
	for (size_t i = 0, end; i < n_all; i = end) {
		for (end = i + 1; end < n_all && all[end] == all[i];) end++;
		if (end - i < 2) continue;
		double rarity = RARITY_UNIT * (1 + log((double)(n_texts + 1) / (double)(end - i + 1)));
		k->kept[k->n_kept] = all[i];
		k->rarity[k->n_kept++] = (unsigned char)(rarity < 1 ? 1 : rarity > RARITY_MOST ? RARITY_MOST : rarity + 0.5);
	}
}

static size_t row_of(const struct corpus *k, uint32_t hash)
{
	size_t low = 0, high = k->n_kept;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (k->kept[mid] < hash)
			low = mid + 1;
		else
			high = mid;
	}
	return low < k->n_kept && k->kept[low] == hash ? low + 1 : 0;
}

/* Every text as a vector of length one, its features ascending. */
static void make_vectors(struct corpus *k, const struct lesson *l)
{
	k->nodes = mem_alloc((k->n_hashes + 1) * sizeof *k->nodes);
	k->vectors = mem_alloc((l->n + 1) * sizeof *k->vectors);
	struct node *node = k->nodes;
	for (size_t i = 0; i < l->n; i++) {
		struct node *first = node;
		float squares = 0;
		for (size_t j = k->begins[i]; j < k->begins[i + 1]; j++) {
			size_t row = row_of(k, k->hashes[j]);
			if (!row) continue;
			float value = k->rarity[row - 1];
			squares += value * value;
			*node++ = (struct node){(uint32_t)row, value};
		}
		for (struct node *p = first; p < node; p++) p->value /= sqrtf(squares);
		k->vectors[i] = (struct vector){first, (size_t)(node - first), l->examples[i].label};
	}
	mem_free(k->hashes);
	k->hashes = NULL;
}

static void corpus_release(struct corpus *k)
{
	mem_free(k->hashes);
	mem_free(k->begins);
	mem_free(k->nodes);
	mem_free(k->vectors);
	mem_free(k->kept);
	mem_free(k->beliefs);
	mem_free(k->chosen);
	mem_free(k->weights);
	mem_free(k->rarity);
}

/* ---- holding back ---- */

static bool is_held_back(size_t i, size_t turn)
{
	uint32_t number = (uint32_t)i;
	return XXH3_64bits(&number, sizeof number) % HOLD_ONE_IN == turn;
}

/* Where that is quick, each fifth is held back in its turn: one fifth of little text says little. */
static bool is_quick(const struct corpus *k, const struct lesson *l)
{
	return k->begins[l->n] * svm_stride(l->n_labels) <= QUICK_NUMBERS;
}

/* Scores of each held-back text, a row a text, one an output. */
struct trial {
	float *scores;
	uint32_t *truth;
	size_t n, n_outputs, stride, right;
};

static void try_out(struct trial *t, const float *weights, const struct corpus *k, const struct lesson *l, size_t turn)
{
	for (size_t i = 0; i < l->n; i++) {
		if (!is_held_back(i, turn)) continue;
		float *row = t->scores + t->n * t->stride;
		size_t best = 0;
		svm_scores(weights, t->stride, &k->vectors[i], row);
		for (size_t j = 1; j < t->n_outputs; j++)
			if (row[j] > row[best]) best = j;
		if (t->n_outputs == 1) best = row[0] >= 0 ? 0 : 1;
		t->truth[t->n++] = l->examples[i].label;
		t->right += best == l->examples[i].label;
	}
}

/* The mean of the log of the share that the true label gets: higher is better. */
static double likelihood(const struct trial *t, double certainty)
{
	double sum = 0;
	for (size_t i = 0; i < t->n; i++) {
		const float *row = t->scores + i * t->stride;
		if (t->n_outputs == 1) {
			sum -= log1p(exp((t->truth[i] ? 1 : -1) * (double)row[0] * certainty));
			continue;
		}
		float own = row[t->truth[i]];
		double others = 0;
		for (size_t j = 0; j < t->n_outputs; j++) others += j == t->truth[i] ? 0 : exp(certainty * (double)(row[j] - own));
		sum -= log1p(others);
	}
	return t->n ? sum / (double)t->n : 0;
}

static double best_certainty(const struct trial *t)
{
	double best = 1, highest = -HUGE_VAL;
	for (int i = 0; i < CERTAINTY_STEPS; i++) {
		double certainty = pow(2, -2 + 8.0 * i / CERTAINTY_STEPS), l = likelihood(t, certainty);
		if (l <= highest) continue;
		highest = l;
		best = certainty;
	}
	return best;
}

struct choice {
	double trust; /* in known words */
	double c;
};
static const double TRUSTS[] = {0, 3, 6, 12}, STRICTNESSES[] = {0.1, 0.2, 0.35, 0.5, 0.8, 1.2};

struct chosen {
	struct choice choice;
	double certainty;
	size_t held_back, right;
};

/* The weights before any text is read. */
static void believe(const struct corpus *k, size_t n_labels, double trust, float *weights)
{
	size_t stride = svm_stride(n_labels);
	memset(weights, 0, (k->n_kept + 1) * stride * sizeof *weights);
	for (size_t i = 0; i < k->n_beliefs; i++) {
		const struct belief *b = &k->beliefs[i];
		size_t at = row_of(k, b->hash);
		float *row = weights + at * stride;
		if (!at) continue; /* thinned away */
		if (n_labels == 2)
			row[0] += (float)trust * (b->label ? -b->strength : b->strength);
		else
			row[b->label] += (float)trust * b->strength;
	}
}

static enum err solve(const struct corpus *k, const struct lesson *l, const struct vector **vectors, size_t n, const struct choice *choice, float *weights, struct fault *f)
{
	struct svm s = {vectors, n, k->n_kept + 1, l->n_labels, choice->c, l->go_on, l->arg};
	believe(k, l->n_labels, choice->trust, weights);
	return svm_solve(&s, weights) ? OK : fault_set(f, ERR_STATE, "", "was broken off");
}

/* Learns without each held-back part and tries that part with what was learnt. */
static enum err try_choice(struct trial *t, const struct corpus *k, const struct lesson *l, const struct choice *choice, const struct vector **vectors, float *weights, struct fault *f)
{
	t->n = t->right = 0;
	for (size_t turn = 0; turn < (is_quick(k, l) ? HOLD_ONE_IN : 1); turn++) {
		size_t n = 0;
		for (size_t i = 0; i < l->n; i++)
			if (!is_held_back(i, turn)) vectors[n++] = &k->vectors[i];
		if (n == l->n) continue;
		TRY(solve(k, l, vectors, n, choice, weights, f));
		try_out(t, weights, k, l, turn);
	}
	return OK;
}

static enum err choose(const struct corpus *k, const struct lesson *l, const struct vector **vectors, float *weights, struct chosen *out, struct fault *f)
{
	struct trial t = {.n_outputs = svm_outputs(l->n_labels), .stride = svm_stride(l->n_labels)};
	enum err e = OK;
	t.scores = mem_alloc((l->n + 1) * t.stride * sizeof *t.scores);
	t.truth = mem_alloc((l->n + 1) * sizeof *t.truth);
	*out = (struct chosen){.choice = {l->trust, STRICTNESSES[3]}, .certainty = 2};
	for (size_t i = 0; e == OK && i < COUNT_OF(TRUSTS) * COUNT_OF(STRICTNESSES); i++) {
		struct choice choice = {TRUSTS[i / COUNT_OF(STRICTNESSES)], STRICTNESSES[i % COUNT_OF(STRICTNESSES)]};
		if (l->trust > 0 && choice.trust > 0) break;
		if (l->trust > 0) choice.trust = l->trust;
		if (choice.trust > 0 && !k->n_beliefs) break;
		e = try_choice(&t, k, l, &choice, vectors, weights, f);
		if (e != OK || !t.n) break;
		if (t.right > out->right || !out->held_back) *out = (struct chosen){choice, best_certainty(&t), t.n, t.right};
	}
	mem_free(t.scores);
	mem_free(t.truth);
	return e;
}

/* ---- making it small ---- */

static int by_size(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;
	return (x < y) - (x > y);
}

/* What a feature says at most: its largest weight, times how rare it is. */
static void importance_of(const struct corpus *k, const float *weights, size_t stride, float *out)
{
	for (size_t i = 0; i < k->n_kept; i++) {
		float most = 0;
		for (size_t j = 0; j < stride; j++) most = fmaxf(most, fabsf(weights[(i + 1) * stride + j]));
		out[i] = most * (float)k->rarity[i];
	}
}

/* Leaves the texts those features alone that say most, their vectors of length one again. */
static void thin(struct corpus *k, const struct lesson *l, const float *weights)
{
	if (!l->most_features || k->n_kept <= l->most_features) return;
	float *importance = mem_alloc(2 * k->n_kept * sizeof *importance), *sorted = importance + k->n_kept;
	uint32_t *row = mem_zalloc((k->n_kept + 1) * sizeof *row);
	importance_of(k, weights, svm_stride(l->n_labels), importance);
	memcpy(sorted, importance, k->n_kept * sizeof *sorted);
	qsort(sorted, k->n_kept, sizeof *sorted, by_size);
	size_t n = 0;
	for (size_t i = 0; i < k->n_kept && n < l->most_features; i++) {
		if (importance[i] < sorted[l->most_features - 1]) continue;
		k->kept[n] = k->kept[i];
		k->rarity[n] = k->rarity[i];
		row[i + 1] = (uint32_t)++n;
	}
	k->n_kept = n;
	struct node *to = k->nodes;
	for (size_t i = 0; i < l->n; i++) {
		struct vector *v = &k->vectors[i];
		struct node *first = to;
		float squares = 0;
		for (size_t j = 0; j < v->n; j++) {
			if (!row[v->nodes[j].row]) continue;
			squares += v->nodes[j].value * v->nodes[j].value;
			*to++ = (struct node){row[v->nodes[j].row], v->nodes[j].value};
		}
		for (struct node *p = first; p < to; p++) p->value /= sqrtf(squares);
		*v = (struct vector){first, (size_t)(to - first), v->label};
	}
	mem_free(importance);
	mem_free(row);
}

/* ---- the result ---- */

/* Whole numbers for weights, so that the largest of an output is WEIGHT_MOST. */
static void quantise(struct classifier *c, const float *weights, size_t stride, size_t output, float unit)
{
	float most = 1e-9F;
	for (size_t i = 1; i <= c->n_features; i++) most = fmaxf(most, fabsf(weights[i * stride + output]));
	c->step[output] = most / WEIGHT_MOST;
	c->bias[output] = weights[output];
	for (size_t i = 0; i < c->n_features; i++) c->weights[i * c->n_outputs + output] = (int16_t)(lrintf(weights[(i + 1) * stride + output] / most * WEIGHT_MOST / unit) * (long)unit);
}

static struct classifier *assemble(struct corpus *k, const struct lesson *l, const float *weights, const struct chosen *chosen)
{
	struct classifier *c = MEM_NEW(struct classifier);
	c->recipe = k->recipe;
	c->trained_ms = clock_now_ms();
	c->texts = (uint32_t)l->n;
	c->held_out = (uint32_t)chosen->held_back;
	c->held_out_right = (uint32_t)chosen->right;
	c->certainty = (float)chosen->certainty;
	c->n_labels = l->n_labels;
	c->n_outputs = svm_outputs(l->n_labels);
	c->n_features = k->n_kept;
	c->hashes = k->kept;
	c->rarity = k->rarity;
	k->kept = NULL;
	k->rarity = NULL;
	c->labels = mem_zalloc(c->n_labels * sizeof *c->labels);
	for (size_t i = 0; i < c->n_labels; i++) {
		char *label = mem_alloc(l->labels[i].n + 1);
		if (l->labels[i].n) memcpy(label, l->labels[i].p, l->labels[i].n);
		label[l->labels[i].n] = 0;
		c->labels[i] = (str){label, l->labels[i].n};
	}
	c->bias = mem_zalloc(c->n_outputs * sizeof *c->bias);
	c->step = mem_zalloc(c->n_outputs * sizeof *c->step);
	c->weights = mem_zalloc((c->n_features * c->n_outputs + 1) * sizeof *c->weights);
	for (size_t j = 0; j < c->n_outputs; j++) quantise(c, weights, svm_stride(l->n_labels), j, l->most_features ? COARSE : 1);
	classifier_index(c);
	return c;
}

static enum err check(const struct lesson *l, struct fault *f)
{
	if (l->n_labels < 2) return fault_set(f, ERR_INVALID, "FILE", "holds %s: at least two are needed", l->n_labels ? "one label only" : "no example");
	if (l->n_labels > LABELS_MOST) return fault_set(f, ERR_TOO_LARGE, "FILE", "holds more than %d labels: is the label before the tab?", LABELS_MOST);
	return OK;
}

/* Reads the texts by the recipe and chooses how strict to be with it. The caller releases k. */
static enum err prepare(struct corpus *k, const struct lesson *l, const struct recipe *recipe, struct chosen *chosen, struct fault *f)
{
	k->recipe = *recipe;
	TRY(read_texts(k, l, f));
	read_words(k, l);
	keep_frequent(k, l->n);
	if ((k->n_kept + l->n) * svm_stride(l->n_labels) > NUMBERS_HELD) return fault_set(f, ERR_TOO_LARGE, "FILE", "holds too many labels for so much text: give a part of it");
	k->weights = mem_alloc((k->n_kept + 1) * svm_stride(l->n_labels) * sizeof *k->weights);
	k->chosen = mem_alloc((l->n + 1) * sizeof(struct vector *));
	make_vectors(k, l);
	return choose(k, l, k->chosen, k->weights, chosen, f);
}

/* Leaves the recipe that got most of the held-back texts right in *k. */
static enum err choose_recipe(struct corpus *k, const struct lesson *l, struct chosen *chosen, struct fault *f)
{
	enum err e = prepare(k, l, &RECIPES[0], chosen, f);
	for (size_t i = 1; e == OK && is_quick(k, l) && i < COUNT_OF(RECIPES); i++) {
		struct corpus other = {0};
		struct chosen by_other;
		e = prepare(&other, l, &RECIPES[i], &by_other, f);
		if (e == OK && by_other.right > chosen->right) {
			struct corpus worse = *k;
			*k = other;
			other = worse;
			*chosen = by_other;
		}
		corpus_release(&other);
	}
	return e;
}

enum err learn(const struct lesson *l, struct classifier **out, struct fault *f)
{
	struct corpus k = {0};
	struct chosen chosen;
	*out = NULL;
	TRY(check(l, f));
	enum err e = choose_recipe(&k, l, &chosen, f);
	for (size_t i = 0; e == OK && i < l->n; i++) k.chosen[i] = &k.vectors[i];
	if (e == OK) e = solve(&k, l, k.chosen, l->n, &chosen.choice, k.weights, f);
	if (e == OK && l->most_features) {
		thin(&k, l, k.weights);
		e = solve(&k, l, k.chosen, l->n, &chosen.choice, k.weights, f);
	}
	if (e == OK) *out = assemble(&k, l, k.weights, &chosen);
	corpus_release(&k);
	return e;
}
