/* Packed values come back as they were, whatever their form; bytes that do not hold together are refused or stay within bounds. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "events/events_testing.h"
#include "events/store.h"

static uint64_t seed = 1;

static uint64_t dice(uint64_t sides)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (seed >> 33) % sides;
}

struct original {
	size_t rows;
	uint8_t *kind;
	int64_t *value;
	int8_t *exponent;
};

static const str TEXTS[] = {{"", 0}, {"a", 1}, {"Athens", 6}, {"\xe5\x8f\xb0", 3}};

/* One of many shapes: dense or sparse, of one kind or several, long runs or none, narrow or wide. */
static struct original make(struct property *p, struct arena *a)
{
	struct original o = {.rows = dice(3) ? dice(3000) + 1 : dice(9) + 1};
	o.kind = ARENA_ARRAY(a, uint8_t, o.rows);
	o.value = ARENA_ARRAY(a, int64_t, o.rows);
	o.exponent = ARENA_ARRAY(a, int8_t, o.rows);
	uint64_t sparse = dice(3) == 0 ? 1 : dice(40) + 1, stays = dice(3) == 0 ? 1 : dice(30) + 1, wide = UINT64_C(1) << dice(60);
	uint8_t only = dice(2) ? (uint8_t)(dice(EVENTS_NULL) + 1) : 0;
	int places = (int)dice(12);
	uint8_t kind = EVENTS_NULL;
	struct decimal number = {0};
	uint32_t code = 0;
	double real = 0;
	for (uint32_t row = 0; row < o.rows; row++) {
		if (row == 0 || dice(stays) == 0) {
			kind = only ? only : (uint8_t)(dice(EVENTS_NULL) + 1);
			char digits[48];
			snprintf(digits, sizeof digits, "%s%llue-%d", dice(4) ? "" : "-", (unsigned long long)dice(wide), places ? (int)dice((uint64_t)places) : 0);
			assert_true(decimal_parse(str_of(digits), &number));
			code = property__code(p, a, TEXTS[dice(COUNT_OF(TEXTS))]);
			real = (double)dice(wide) * 1e300;
		}
		if (dice(sparse)) continue;
		o.kind[row] = kind;
		o.value[row] = kind == EVENTS_TEXT ? (int64_t)code : kind == EVENTS_DECIMAL ? number.mantissa : 0;
		o.exponent[row] = kind == EVENTS_DECIMAL ? number.exponent : 0;
		if (kind == EVENTS_DOUBLE) memcpy(&o.value[row], &real, sizeof real);
		property__put(p, row, kind, o.value[row], o.exponent[row]);
	}
	return o;
}

static void check_row(const struct events_values *v, const struct original *o, uint32_t row, uint32_t slot)
{
	assert_int_equal(events_slot_kind(v, slot), o->kind[row]);
	if (o->kind[row] == EVENTS_DECIMAL) {
		struct decimal d = events_slot_number(v, slot);
		assert_int_equal(d.mantissa, o->value[row]);
		assert_int_equal(d.exponent, o->exponent[row]);
	}
	if (o->kind[row] == EVENTS_TEXT || o->kind[row] == EVENTS_DOUBLE) assert_int_equal(events_raw_at(&v->value, slot), o->value[row]);
}

static void values_come_back_as_they_were(void **state)
{
	(void)state;
	size_t forms[3] = {0}, runs = 0;
	for (int round = 0; round < 2000; round++) {
		struct arena a;
		struct buf packed;
		struct events_values v;
		arena_init(&a);
		buf_init(&packed, 1 << 20);
		struct property *p = property__new(S("x"));
		struct original o = make(p, &a);
		str first = p->n_texts ? p->texts[0] : STR_NONE;
		struct values_in in = property__in(p);
		values__pack(&in, o.rows, &packed);
		assert_true(values__open(buf_str(&packed), o.rows, &v));
		forms[((const struct values_header *)(const void *)packed.p)->present_form]++;
		runs += v.has_runs;
		struct events_walk w;
		uint32_t from = (uint32_t)dice(o.rows);
		events_walk(&w, &v, from);
		for (uint32_t row = 0; row < o.rows; row++) {
			uint32_t slot = events_value_slot(&v, row);
			check_row(&v, &o, row, slot);
			if (row >= from) assert_int_equal(events_walk_next(&w, row), slot);
		}
		if (v.n_texts) assert_str_equal(events_text(&v, 0), first);
		property__free(p);
		buf_release(&packed);
		arena_release(&a);
	}
	assert_true(forms[SET_NONE] > 50 && forms[SET_BITS] > 50 && forms[SET_LOW_BYTES] > 50 && runs > 50);
}

static void what_does_not_hold_together_is_refused_or_stays_within_bounds(void **state)
{
	(void)state;
	size_t refused = 0;
	for (int round = 0; round < 3000; round++) {
		struct arena a;
		struct buf packed;
		arena_init(&a);
		buf_init(&packed, 1 << 20);
		struct property *p = property__new(S("x"));
		struct original o = make(p, &a);
		struct values_in in = property__in(p);
		values__pack(&in, o.rows, &packed);
		char *copy = mem_alloc(packed.n + 8); /* of its own, so that a sanitizer sees what reads beyond */
		memcpy(copy, packed.p, packed.n);
		size_t n = dice(4) ? packed.n : dice(packed.n), at = dice(3) ? dice(packed.n) : dice(sizeof(struct values_header));
		copy[at] = (char)dice(256);
		struct events_values v;
		struct property_arrays arrays;
		if (values__open((str){copy, n}, o.rows, &v)) {
			values__expand(&v, &arrays);
			for (uint32_t row = 0; row < o.rows; row++) assert_true(arrays.kind[row] <= EVENTS_NULL);
			property__release(&arrays);
		} else {
			refused++;
		}
		mem_free(copy);
		property__free(p);
		buf_release(&packed);
		arena_release(&a);
	}
	assert_true(refused > 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(values_come_back_as_they_were), cmocka_unit_test(what_does_not_hold_together_is_refused_or_stays_within_bounds)};
	return cmocka_run_group_tests_name("events_values", tests, NULL, NULL);
}
