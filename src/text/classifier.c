/* A file is a head (magic, format, sizes, checksum) and one zstd frame, since most weights are small numbers. Hashes are
 * stored ascending as differences. Weights are whole numbers of 16 bits: half the memory of floats, and no figure of any
 * test set moved. A feature is found by one probe of a table of its own; equal features of a text count once (its words
 * repeated say no more), which a small table on the stack of the arena sees to. */
#include "text/classifier.h"

#include <math.h>
#include <string.h>
#include <xxhash.h>
#include <zstd.h>

#include "base/arena.h"
#include "base/mem.h"
#include "text/words.h"

enum { AHEAD = 8, FORMAT = 1, ZSTD_LEVEL = 19, FEATURES_MOST = 1 << 26, RARITY_UNIT = 16, FILE_LABEL_BYTES = 1 << 10 };
static const double LEAST_REASON = 0.25; /* of the strongest */
static const char MAGIC[8] = {'H', 'O', 'S', 'P', 'T', 'E', 'X', 'T'};

struct head { /* little endian, as are all of its numbers */
	char magic[8];
	uint32_t format, unused;
	uint64_t raw_bytes, hash; /* of what the frame unpacks to */
};
struct counts {
	struct recipe recipe;
	uint32_t version, texts, held_out, held_out_right, n_labels, n_features;
	float certainty;
	int64_t trained_ms;
};

void classifier_free(struct classifier *c)
{
	if (!c) return;
	for (size_t i = 0; c->labels && i < c->n_labels; i++) {
		union {
			const char *shown;
			char *own;
		} label = {c->labels[i].p};
		mem_free(label.own);
	}
	mem_free(c->labels);
	mem_free(c->bias);
	mem_free(c->step);
	mem_free(c->hashes);
	mem_free(c->rarity);
	mem_free(c->weights);
	mem_free(c->slots);
	mem_free(c);
}

/* ---- the table of features ---- */

void classifier_index(struct classifier *c)
{
	c->n_slots = 16;
	while (c->n_slots < 2 * c->n_features) c->n_slots *= 2;
	c->slots = mem_zalloc(c->n_slots * sizeof *c->slots);
	for (size_t i = 0; i < c->n_features; i++) {
		size_t at = c->hashes[i] & (c->n_slots - 1);
		while (c->slots[at]) at = (at + 1) & (c->n_slots - 1);
		c->slots[at] = (uint64_t)c->hashes[i] << 32 | (i + 1);
	}
}

/* The feature plus one, 0 when it was never met. */
static uint32_t look_up(const struct classifier *c, uint32_t hash)
{
	size_t at = hash & (c->n_slots - 1);
	while (c->slots[at] && c->slots[at] >> 32 != hash) at = (at + 1) & (c->n_slots - 1);
	return (uint32_t)c->slots[at];
}

/* ---- files ---- */

void classifier_encode(const struct classifier *c, struct buf *out)
{
	struct buf raw;
	struct counts counts = {c->recipe, c->version, c->texts, c->held_out, c->held_out_right, (uint32_t)c->n_labels, (uint32_t)c->n_features, c->certainty, c->trained_ms};
	buf_init(&raw, CLASSIFIER_BYTES);
	buf_add_bytes(&raw, &counts, sizeof counts);
	for (size_t i = 0; i < c->n_labels; i++) {
		uint32_t n = (uint32_t)c->labels[i].n;
		buf_add_bytes(&raw, &n, sizeof n);
		buf_add(&raw, c->labels[i]);
	}
	buf_add_bytes(&raw, c->bias, c->n_outputs * sizeof *c->bias);
	buf_add_bytes(&raw, c->step, c->n_outputs * sizeof *c->step);
	for (size_t i = 0; i < c->n_features; i++) {
		uint32_t gap = c->hashes[i] - (i ? c->hashes[i - 1] : 0);
		for (; gap >= 0x80; gap >>= 7) buf_byte(&raw, (char)(gap | 0x80));
		buf_byte(&raw, (char)gap);
	}
	buf_add_bytes(&raw, c->rarity, c->n_features);
	for (size_t k = 0; k < c->n_outputs; k++)
		for (size_t i = 0; i < c->n_features; i++) buf_add_bytes(&raw, &c->weights[i * c->n_outputs + k], sizeof *c->weights);
	size_t bound = ZSTD_compressBound(raw.n);
	struct head head = {.format = FORMAT, .raw_bytes = raw.n, .hash = XXH3_64bits(raw.p, raw.n)};
	memcpy(head.magic, MAGIC, sizeof MAGIC);
	buf_add_bytes(out, &head, sizeof head);
	char *room = buf_room(out, bound);
	size_t packed = room ? ZSTD_compress(room, bound, raw.p, raw.n, ZSTD_LEVEL) : 0;
	if (room) buf_wrote(out, ZSTD_isError(packed) ? 0 : packed);
	buf_release(&raw);
}

struct reading {
	const unsigned char *p;
	size_t left;
};

static bool take(struct reading *r, void *out, size_t n)
{
	if (r->left < n) return false;
	if (n) memcpy(out, r->p, n);
	r->p += n;
	r->left -= n;
	return true;
}

static bool take_gap(struct reading *r, uint64_t *out)
{
	unsigned char byte;
	*out = 0;
	for (int shift = 0; shift < 35; shift += 7) {
		if (!take(r, &byte, 1)) return false;
		*out |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) return true;
	}
	return false;
}

static bool take_labels(struct reading *r, struct classifier *c)
{
	c->labels = mem_zalloc(c->n_labels * sizeof *c->labels);
	for (size_t i = 0; i < c->n_labels; i++) {
		uint32_t n;
		if (!take(r, &n, sizeof n) || n > FILE_LABEL_BYTES || n > r->left) return false;
		char *label = mem_alloc(n + 1);
		label[n] = 0;
		c->labels[i] = (str){label, n};
		if (!take(r, label, n)) return false;
	}
	return true;
}

static bool take_outputs(struct reading *r, struct classifier *c)
{
	c->bias = mem_alloc(c->n_outputs * sizeof *c->bias);
	c->step = mem_alloc(c->n_outputs * sizeof *c->step);
	if (!take(r, c->bias, c->n_outputs * sizeof *c->bias) || !take(r, c->step, c->n_outputs * sizeof *c->step)) return false;
	for (size_t k = 0; k < c->n_outputs; k++)
		if (!isfinite(c->bias[k]) || !isfinite(c->step[k])) return false;
	return true;
}

static bool take_hashes(struct reading *r, struct classifier *c)
{
	uint64_t gap, last = 0;
	c->hashes = mem_alloc((c->n_features + 1) * sizeof *c->hashes);
	for (size_t i = 0; i < c->n_features; i++) {
		if (!take_gap(r, &gap) || (i && !gap) || last + gap > UINT32_MAX) return false;
		last += gap;
		c->hashes[i] = (uint32_t)last;
	}
	return true;
}

static bool take_weights(struct reading *r, struct classifier *c)
{
	c->rarity = mem_alloc(c->n_features + 1);
	c->weights = mem_alloc((c->n_features * c->n_outputs + 1) * sizeof *c->weights);
	if (!take(r, c->rarity, c->n_features)) return false;
	for (size_t k = 0; k < c->n_outputs; k++)
		for (size_t i = 0; i < c->n_features; i++)
			if (!take(r, &c->weights[i * c->n_outputs + k], sizeof *c->weights)) return false;
	return true;
}

static bool is_sound(const struct counts *n, size_t left)
{
	const struct recipe *r = &n->recipe;
	size_t outputs = n->n_labels == 2 ? 1 : n->n_labels;
	return n->n_labels >= 2 && n->n_labels <= LABELS_MOST && n->n_features <= FEATURES_MOST && isfinite(n->certainty) && r->letters_most <= LETTERS_MOST && r->words_most <= WORDS_MOST &&
	       r->letters_least <= r->letters_most && (r->letters_least || !r->letters_most) && n->n_features * (2 + 2 * outputs) <= left;
}

static void set_counts(const struct counts *n, struct classifier *c)
{
	*c = (struct classifier){.recipe = n->recipe, .version = n->version, .trained_ms = n->trained_ms, .texts = n->texts, .held_out = n->held_out, .held_out_right = n->held_out_right,
	                         .n_labels = n->n_labels, .n_outputs = n->n_labels == 2 ? 1 : n->n_labels, .certainty = n->certainty, .n_features = n->n_features};
}

static bool take_all(struct reading *r, struct classifier *c)
{
	struct counts n;
	if (!take(r, &n, sizeof n) || !is_sound(&n, r->left)) return false;
	set_counts(&n, c);
	return take_labels(r, c) && take_outputs(r, c) && take_hashes(r, c) && take_weights(r, c) && r->left == 0;
}

enum err classifier_decode(str bytes, struct classifier **out, struct fault *f)
{
	struct head head;
	*out = NULL;
	if (bytes.n < sizeof head) return fault_set(f, ERR_CORRUPT, "", "is no model of Hospes");
	memcpy(&head, bytes.p, sizeof head);
	if (memcmp(head.magic, MAGIC, sizeof MAGIC) != 0) return fault_set(f, ERR_CORRUPT, "", "is no model of Hospes");
	if (head.format != FORMAT) return fault_set(f, ERR_CORRUPT, "", "was written by another version of Hospes: train it again");
	if (head.raw_bytes > CLASSIFIER_BYTES) return fault_set(f, ERR_TOO_LARGE, "", "is larger than %d bytes", CLASSIFIER_BYTES);
	const char *frame = bytes.p + sizeof head;
	size_t n = bytes.n - sizeof head;
	if (ZSTD_getFrameContentSize(frame, n) != head.raw_bytes) return fault_set(f, ERR_CORRUPT, "", "is damaged: its size does not fit");
	unsigned char *raw = mem_alloc(head.raw_bytes + 1);
	size_t got = ZSTD_decompress(raw, head.raw_bytes, frame, n);
	bool ok = !ZSTD_isError(got) && got == head.raw_bytes && XXH3_64bits(raw, got) == head.hash;
	struct classifier *c = MEM_NEW(struct classifier);
	struct reading r = {raw, ok ? got : 0};
	ok = ok && take_all(&r, c);
	mem_free(raw);
	if (!ok) {
		classifier_free(c);
		return fault_set(f, ERR_CORRUPT, "", "is damaged: its checksum or its layout does not fit");
	}
	classifier_index(c);
	*out = c;
	return OK;
}

bool classifier_peek(str bytes, struct classifier *out)
{
	struct head head;
	struct counts counts;
	if (bytes.n < sizeof head) return false;
	memcpy(&head, bytes.p, sizeof head);
	if (memcmp(head.magic, MAGIC, sizeof MAGIC) != 0 || head.format != FORMAT) return false;
	ZSTD_DStream *stream = ZSTD_createDStream();
	ZSTD_inBuffer in = {bytes.p + sizeof head, bytes.n - sizeof head, 0};
	ZSTD_outBuffer to = {&counts, sizeof counts, 0};
	while (stream && to.pos < to.size && in.pos < in.size)
		if (ZSTD_isError(ZSTD_decompressStream(stream, &to, &in))) break;
	bool ok = to.pos == to.size && is_sound(&counts, SIZE_MAX);
	ZSTD_freeDStream(stream);
	if (ok) set_counts(&counts, out);
	return ok;
}

/* ---- judging ---- */

/* Looks the text's features up, and adds each that is known to the scores once. Returns the length of the text's vector. */
static double add_up(const struct classifier *c, struct arena *a, struct judged *j, double *scores)
{
	size_t n_seen = 16;
	while (n_seen < 2 * j->n) n_seen *= 2;
	uint32_t *seen = ARENA_ARRAY(a, uint32_t, n_seen), *rows = ARENA_ARRAY(a, uint32_t, j->n + 1);
	uint64_t squares = 0;
	for (size_t i = 0; i < j->n; i++) {
		if (i + AHEAD < j->n) __builtin_prefetch(&c->slots[j->features[i + AHEAD].hash & (c->n_slots - 1)]); /* its time is waiting for memory */
		uint32_t row = rows[i] = look_up(c, j->features[i].hash);
		if (!row) continue;
		size_t at = j->features[i].hash & (n_seen - 1);
		while (seen[at] && seen[at] != row) at = (at + 1) & (n_seen - 1);
		if (seen[at]) continue;
		seen[at] = row;
		j->known++;
		double rarity = c->rarity[row - 1];
		squares += (uint64_t)c->rarity[row - 1] * c->rarity[row - 1];
		const int16_t *w = &c->weights[(row - 1) * c->n_outputs];
		for (size_t k = 0; k < c->n_outputs; k++) scores[k] += rarity * w[k];
	}
	j->rows = rows;
	return sqrt((double)squares);
}

static double logistic(double x)
{
	return 1 / (1 + exp(-x));
}

/* Scores of labels become shares: by the logistic function for two, by the softmax for more. */
static size_t shares_of(const struct classifier *c, const double *scores, double *out)
{
	size_t best = 0;
	if (c->n_outputs == 1) {
		out[0] = logistic(scores[0] * (double)c->certainty);
		out[1] = 1 - out[0];
		return scores[0] >= 0 ? 0 : 1;
	}
	double sum = 0;
	for (size_t k = 1; k < c->n_labels; k++)
		if (scores[k] > scores[best]) best = k;
	for (size_t k = 0; k < c->n_labels; k++) sum += out[k] = exp((scores[k] - scores[best]) * (double)c->certainty);
	for (size_t k = 0; k < c->n_labels; k++) out[k] /= sum;
	return best;
}

void classifier_judge(const struct classifier *c, struct arena *a, const struct folded *text, struct judged *out)
{
	double *scores = ARENA_ARRAY(a, double, c->n_outputs);
	*out = (struct judged){.shares = ARENA_ARRAY(a, double, c->n_labels)};
	out->features = features_of(a, &c->recipe, text, &out->n);
	double length = add_up(c, a, out, scores);
	for (size_t k = 0; k < c->n_outputs; k++) scores[k] = (length > 0 ? scores[k] * (double)c->step[k] / length : 0) + (double)c->bias[k];
	out->label = shares_of(c, scores, out->shares);
}

/* ---- reasons ---- */

/* What a feature says for a label against the other, or against the mean of all others. */
static double speaks_for(const struct classifier *c, size_t feature, size_t label)
{
	const int16_t *w = &c->weights[feature * c->n_outputs];
	if (c->n_outputs == 1) return (label ? -1 : 1) * w[0] * (double)c->step[0];
	double others = 0, own = w[label] * (double)c->step[label];
	for (size_t k = 0; k < c->n_labels; k++) others += w[k] * (double)c->step[k];
	return own - (others - own) / (double)(c->n_labels - 1);
}

static bool is_shown(const struct reason *shown, size_t n, str word)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq_nocase(shown[i].word, word)) return true;
	return false;
}

static void insert(struct reason *out, size_t *n, size_t most, struct reason r)
{
	if (is_shown(out, *n, r.word) || (*n == most && out[most - 1].weight >= r.weight)) return;
	size_t at = *n < most ? (*n)++ : most - 1;
	for (; at && out[at - 1].weight < r.weight; at--) out[at] = out[at - 1];
	out[at] = r;
}

/* Each character gets its part of what the features over it say. */
static double *heat_of(const struct classifier *c, struct arena *a, const struct judged *j, size_t letters, size_t label)
{
	double *heat = ARENA_ARRAY(a, double, letters + 1);
	for (size_t i = 0; i < j->n; i++) {
		if (!j->rows[i]) continue;
		const struct feature *f = &j->features[i];
		double part = speaks_for(c, j->rows[i] - 1, label) * c->rarity[j->rows[i] - 1] / (double)(f->to - f->from);
		for (uint32_t k = f->from; k < f->to; k++) heat[k] += part;
	}
	return heat;
}

size_t classifier_reasons(const struct classifier *c, struct arena *a, const struct judged *judged, const struct folded *text, str source, size_t label, struct reason *out, size_t most)
{
	const double *heat = heat_of(c, a, judged, text->n, label);
	size_t n_words, n = 0, k = 0;
	const struct span *words = words_of(a, text, source, &n_words);
	for (size_t i = 0; i < n_words; i++) {
		double weight = 0;
		while (k < text->n && text->at[k] < words[i].from) k++;
		for (; k < text->n && text->at[k] < words[i].to; k++) weight += heat[k];
		if (weight > 0) insert(out, &n, most, (struct reason){str_sub(source, words[i].from, words[i].to - words[i].from), weight});
	}
	while (n && out[n - 1].weight < LEAST_REASON * out[0].weight) n--;
	return n;
}
