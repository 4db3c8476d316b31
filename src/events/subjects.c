/* Subjects: keys by number, and a table of numbers by key. A forgotten subject keeps its number for ever (events that
 * are still on their way must find it dead, not another's), but its key is gone: the same identity gets a new number. */
#include <string.h>

#include "base/mem.h"
#include "events/store.h"

void subjects__init(struct subjects *s)
{
	*s = (struct subjects){.cap = 1024, .n_slots = 2048};
	s->keys = mem_zalloc(s->cap * sizeof *s->keys);
	s->slots = mem_zalloc(s->n_slots * sizeof *s->slots);
	pthread_mutex_init(&s->lock, NULL);
}

void subjects__release(struct subjects *s)
{
	mem_free(s->keys);
	mem_free(s->slots);
	pthread_mutex_destroy(&s->lock);
}

static bool is_none(struct subject_key key)
{
	return (key.a | key.b) == 0;
}

static size_t home(const struct subjects *s, struct subject_key key)
{
	return (key.a ^ key.b >> 7) & (s->n_slots - 1);
}

/* A forgotten subject's slot still holds its number; its key matches nothing, so it is only passed by. */
static size_t place(const struct subjects *s, struct subject_key key)
{
	size_t mask = s->n_slots - 1, i = home(s, key);
	for (; s->slots[i]; i = (i + 1) & mask) {
		struct subject_key at = s->keys[s->slots[i]];
		if (at.a == key.a && at.b == key.b) break;
	}
	return i;
}

static void grow(struct subjects *s)
{
	if (s->count + 2 >= s->cap) {
		s->keys = mem_realloc(s->keys, (size_t)s->cap * 2 * sizeof *s->keys);
		memset(s->keys + s->cap, 0, s->cap * sizeof *s->keys);
		s->cap *= 2;
	}
	if (((size_t)s->count + 2) * 2 <= s->n_slots) return;
	mem_free(s->slots);
	s->n_slots *= 2;
	s->slots = mem_zalloc(s->n_slots * sizeof *s->slots);
	for (uint32_t i = 1; i <= s->count; i++)
		if (!is_none(s->keys[i])) s->slots[place(s, s->keys[i])] = i;
}

uint32_t subjects__find(struct subjects *s, struct subject_key key)
{
	if (is_none(key)) return 0;
	pthread_mutex_lock(&s->lock);
	uint32_t number = s->slots[place(s, key)];
	pthread_mutex_unlock(&s->lock);
	return number;
}

void subjects__fetch(struct subjects *s, const struct subject_key *keys, size_t n, uint32_t *likely)
{
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < n; i++) __builtin_prefetch(&s->slots[home(s, keys[i])]);
	for (size_t i = 0; i < n; i++) {
		likely[i] = s->slots[home(s, keys[i])];
		__builtin_prefetch(&s->keys[likely[i]]);
	}
	pthread_mutex_unlock(&s->lock);
}

uint32_t subjects__make(struct subjects *s, struct subject_key key, bool *is_new)
{
	if (is_new) *is_new = false;
	if (is_none(key)) return 0;
	pthread_mutex_lock(&s->lock);
	size_t slot = place(s, key);
	uint32_t number = s->slots[slot];
	if (!number) {
		number = ++s->count;
		s->keys[number] = key;
		s->slots[slot] = number;
		grow(s);
		if (is_new) *is_new = true;
	}
	pthread_mutex_unlock(&s->lock);
	return number;
}

void subjects__set(struct subjects *s, uint32_t number, struct subject_key key)
{
	pthread_mutex_lock(&s->lock);
	if (number == s->count + 1) {
		s->count = number;
		s->keys[number] = key;
		if (is_none(key)) atomic_fetch_add(&s->n_dead, 1);
		else s->slots[place(s, key)] = number;
		grow(s);
	}
	pthread_mutex_unlock(&s->lock);
}

void subjects__forget(struct subjects *s, uint32_t number)
{
	pthread_mutex_lock(&s->lock);
	if (number && number <= s->count && !is_none(s->keys[number])) {
		s->keys[number] = (struct subject_key){0, 0};
		atomic_fetch_add(&s->n_dead, 1);
	}
	pthread_mutex_unlock(&s->lock);
}

bool subjects__is_dead(struct subjects *s, uint32_t number)
{
	if (number == 0) return false;
	pthread_mutex_lock(&s->lock);
	bool is_dead = number > s->count || is_none(s->keys[number]);
	pthread_mutex_unlock(&s->lock);
	return is_dead;
}
