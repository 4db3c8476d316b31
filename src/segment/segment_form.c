#include "segment/segment_form.h"

#include <stdlib.h>
#include <string.h>

#include "consent/consent.h"
#include "i18n/i18n.h"
#include "json/json.h"

enum { FIELD_BYTES = 300, CONDITION_BYTES = 32 << 10, TIMES_MOST = 100000, DAYS_MOST = 36500 };
enum what { WHAT_NONE, WHAT_DID, WHAT_DID_NOT, WHAT_TRAIT, WHAT_CHANNEL, WHAT_GRANTED, WHAT_REFUSED, WHAT_IN, WHAT_NOT_IN, WHAT_COUNT };
static const char *const CLAIMS[] = {"", "did", "did_not", "trait", "channel", "granted", "refused", "in", "not_in"};
static const char *const TESTS[] = {"is", "is_not", "contains", "at_least", "at_most", "exists", "missing"};

static const struct desc_field RULE_FIELDS[] = {
	FIELD(segment_rule, at, DESC_INT),
	FIELD(segment_rule, claims, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(segment_rule, tests, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(segment_rule, purposes, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(segment_rule, segments, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(segment_rule, trait, DESC_STR),
	FIELD(segment_rule, value, DESC_STR),
	FIELD(segment_rule, event, DESC_STR),
	FIELD(segment_rule, times, DESC_STR),
	FIELD(segment_rule, days, DESC_STR),
	FIELD(segment_rule, channel, DESC_STR),
	FIELD(segment_rule, error, DESC_MSG),
};
const struct desc SEGMENT_RULE_DESC = DESC(segment_rule, RULE_FIELDS);

struct building {
	struct op *op;
	segment_field *field;
	void *arg;
	struct purpose_row *purposes;
	size_t n_purposes;
	struct segment *segments;
	size_t n_segments;
	struct json_writer json;
	struct buf *form;
};

static str given(const struct building *b, const char *name, size_t at)
{
	str key = str_fmt(&b->op->arena, "%s_%zu", name, at), value = b->field(b->arg, key.p);
	return str_given(value) && value.n <= FIELD_BYTES ? str_trim(value) : S("");
}

static void note(struct building *b, const char *name, size_t at, str value)
{
	str text = web_url(b->op, value);
	if (value.n) buf_fmt(b->form, "&%s_%zu=%.*s", name, at, STR_ARG(text));
}

static size_t find_word(const char *const *words, size_t n, str word)
{
	size_t i = 0;
	while (i < n && !str_eq(word, str_of(words[i]))) i++;
	return i < n ? i : 0;
}

static struct option *options(const struct building *b, bool is_claim, const char *const *words, size_t n, str chosen)
{
	struct arena *a = &b->op->arena;
	struct option *v = ARENA_ARRAY(a, struct option, n);
	for (size_t i = 0; i < n; i++) {
		const char *word = words[i][0] ? words[i] : "none";
		str key = is_claim ? str_fmt(a, "segment_what_%s", word) : str_fmt(a, "segment_test_%s", word);
		v[i] = (struct option){str_of(words[i]), i18n_pattern(b->op->locale.lang, key), str_eq(chosen, str_of(words[i]))};
	}
	return v;
}

/* ---- a row as JSON ---- */

static void put_text(struct json_writer *w, const char *key, str value)
{
	json_key(w, str_of(key));
	json_put_str(w, value);
}

static void put_within(struct json_writer *w, int64_t days)
{
	if (!days) return;
	json_key(w, S("within"));
	json_begin_object(w);
	json_key(w, S("days"));
	json_put_i64(w, days);
	json_end_object(w);
}

static void put_did(struct json_writer *w, const struct segment_rule *r, bool is_channel, int64_t times, int64_t days)
{
	json_begin_object(w);
	json_key(w, S("did"));
	if (is_channel) {
		json_begin_object(w);
		json_key(w, S("where"));
		json_begin_object(w);
		put_text(w, "name", S("channel"));
		put_text(w, "is", r->channel);
		json_end_object(w);
		json_end_object(w);
	} else {
		json_put_str(w, r->event);
	}
	json_key(w, S("at_least"));
	json_put_i64(w, times);
	put_within(w, days);
	json_end_object(w);
}

/* What was typed may be stored as a text, a number or a yes: "is" means any of these. */
static void put_value(struct json_writer *w, str value)
{
	struct decimal d;
	json_put_str(w, value);
	if (decimal_parse(value, &d)) json_put_decimal(w, d);
	if (str_eq_nocase(value, S("true")) || str_eq_nocase(value, S("false"))) json_put_bool(w, str_eq_nocase(value, S("true")));
}

static void put_trait(struct building *b, struct json_writer *w, const struct segment_rule *r, str test)
{
	struct decimal d;
	bool is_not = str_eq(test, S("is_not"));
	if (is_not) {
		json_begin_object(w);
		json_key(w, S("not"));
	}
	json_begin_object(w);
	put_text(w, "name", str_fmt(&b->op->arena, "trait:%.*s", STR_ARG(r->trait)));
	if (str_eq(test, S("is")) || is_not) {
		json_key(w, S("in"));
		json_begin_array(w);
		put_value(w, r->value);
		json_end_array(w);
	} else if (str_eq(test, S("contains"))) {
		put_text(w, "contains", r->value);
	} else if (str_eq(test, S("exists")) || str_eq(test, S("missing"))) {
		json_key(w, S("exists"));
		json_put_bool(w, str_eq(test, S("exists")));
	} else {
		json_key(w, test);
		json_put_decimal(w, decimal_parse(r->value, &d) ? d : decimal_of_i64(0));
	}
	json_end_object(w);
	if (is_not) json_end_object(w);
}

static void put_named(struct json_writer *w, const char *key, str name, const char *is)
{
	json_begin_object(w);
	put_text(w, key, name);
	if (is) put_text(w, "is", str_of(is));
	json_end_object(w);
}

static void put_not(struct json_writer *w, bool begins)
{
	if (begins) {
		json_begin_object(w);
		json_key(w, S("not"));
	} else {
		json_end_object(w);
	}
}

/* ---- a row ---- */

static bool read_count(str text, int64_t most, int64_t preset, int64_t *out)
{
	*out = preset;
	return !text.n || (str_i64(text, out) && *out >= 1 && *out <= most);
}

static str chosen_of(const struct option *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].is_selected) return v[i].value;
	return S("");
}

/* The text of what is missing in the row, or NULL. */
static const char *fault_of(enum what what, const struct segment_rule *r, str test, str purpose, str segment, int64_t *times, int64_t *days)
{
	struct decimal d;
	bool has_value = !str_eq(test, S("exists")) && !str_eq(test, S("missing")), is_number = str_eq(test, S("at_least")) || str_eq(test, S("at_most"));
	if (!read_count(r->times, TIMES_MOST, 1, times) || !read_count(r->days, DAYS_MOST, 0, days)) return "segment_fault_number";
	switch (what) {
	case WHAT_DID:
	case WHAT_DID_NOT: return r->event.n ? NULL : "segment_fault_event";
	case WHAT_TRAIT: return !r->trait.n ? "segment_fault_trait" : has_value && !r->value.n ? "segment_fault_value" : is_number && !decimal_parse(r->value, &d) ? "segment_fault_number" : NULL;
	case WHAT_CHANNEL: return r->channel.n ? NULL : "segment_fault_channel";
	case WHAT_GRANTED:
	case WHAT_REFUSED: return purpose.n ? NULL : "fault_choice";
	default: return segment.n ? NULL : "fault_choice";
	}
}

static void put_rule(struct building *b, enum what what, const struct segment_rule *r, str test, str purpose, str segment, int64_t times, int64_t days)
{
	struct json_writer *w = &b->json;
	bool is_not = what == WHAT_DID_NOT || what == WHAT_NOT_IN;
	if (is_not) put_not(w, true);
	switch (what) {
	case WHAT_TRAIT: put_trait(b, w, r, test); break;
	case WHAT_CHANNEL: put_did(w, r, true, 1, days); break;
	case WHAT_GRANTED: put_named(w, "consent", purpose, "granted"); break;
	case WHAT_REFUSED: put_named(w, "consent", purpose, "refused"); break;
	case WHAT_IN:
	case WHAT_NOT_IN: put_named(w, "segment", segment, NULL); break;
	default: put_did(w, r, false, what == WHAT_DID_NOT ? 1 : times, days); break;
	}
	if (is_not) put_not(w, false);
}

static void fill_choices(struct building *b, size_t from, size_t at, bool is_noted, struct segment_rule *r)
{
	struct arena *a = &b->op->arena;
	str purpose = given(b, "purpose", from), segment = given(b, "segment", from);
	r->purposes.v = ARENA_ARRAY(a, struct option, b->n_purposes + 1);
	for (size_t i = 0; i < b->n_purposes; i++) {
		str name = b->purposes[i].name, key = str_fmt(a, "purpose_%.*s", STR_ARG(name));
		str label = b->purposes[i].title.n ? b->purposes[i].title : i18n_has(b->op->locale.lang, key) ? i18n_pattern(b->op->locale.lang, key) : name;
		r->purposes.v[r->purposes.n++] = (struct option){name, label, str_eq(name, purpose)};
	}
	r->segments.v = ARENA_ARRAY(a, struct option, b->n_segments + 1);
	for (size_t i = 0; i < b->n_segments; i++) {
		str value = id_show(a, S("seg"), b->segments[i].id);
		r->segments.v[r->segments.n++] = (struct option){value, b->segments[i].name, str_eq(value, segment)};
	}
	if (!is_noted) return;
	note(b, "purpose", at, purpose);
	note(b, "segment", at, segment);
}

static void note_rule(struct building *b, size_t at, const struct segment_rule *r, str what, str test)
{
	note(b, "what", at, what);
	note(b, "test", at, test);
	note(b, "trait", at, r->trait);
	note(b, "value", at, r->value);
	note(b, "event", at, r->event);
	note(b, "times", at, r->times);
	note(b, "days", at, r->days);
	note(b, "channel", at, r->channel);
}

/* The fields of row `from` as row `at` of the page. */
static enum what fill_rule(struct building *b, size_t from, size_t at, struct segment_rule *r)
{
	str what = given(b, "what", from), test = given(b, "test", from);
	enum what chosen = (enum what)find_word(CLAIMS, WHAT_COUNT, what);
	*r = (struct segment_rule){.at = (int64_t)at, .trait = given(b, "trait", from), .value = given(b, "value", from), .event = given(b, "event", from), .times = given(b, "times", from),
		.days = given(b, "days", from), .channel = given(b, "channel", from)};
	r->claims.n = WHAT_COUNT;
	r->claims.v = options(b, true, CLAIMS, WHAT_COUNT, what);
	r->tests.n = COUNT_OF(TESTS);
	r->tests.v = options(b, false, TESTS, COUNT_OF(TESTS), test);
	if (chosen != WHAT_NONE) note_rule(b, at, r, what, test);
	fill_choices(b, from, at, chosen != WHAT_NONE, r);
	return chosen;
}

static void build_rule(struct building *b, enum what what, struct segment_rule *r, struct segment_build *out)
{
	int64_t times, days;
	str purpose = chosen_of(r->purposes.v, r->purposes.n), segment = chosen_of(r->segments.v, r->segments.n), test = chosen_of(r->tests.v, r->tests.n);
	if (!test.n) test = S("is");
	const char *fault = fault_of(what, r, test, purpose, segment, &times, &days);
	if (fault) r->error = msg_of(fault);
	else put_rule(b, what, r, test, purpose, segment, times, days);
	out->has_fault |= fault != NULL;
	out->n_given++;
}

/* Rows that say nothing are dropped, and one stands at the end for what may follow. */
static void build_rules(struct building *b, struct segment_build *out)
{
	for (size_t from = 0; from < SEGMENT_ROWS; from++) {
		struct segment_rule *r = &out->rules.v[out->rules.n];
		enum what what = fill_rule(b, from, out->rules.n, r);
		if (what == WHAT_NONE) continue;
		build_rule(b, what, r, out);
		out->rules.n++;
	}
	if (out->rules.n < SEGMENT_ROWS) {
		fill_rule(b, SEGMENT_ROWS, out->rules.n, &out->rules.v[out->rules.n]);
		out->rules.n++;
	}
}

enum err segment__build(struct op *op, segment_field *field, void *arg, struct segment_build *out)
{
	struct building b = {.op = op, .field = field, .arg = arg};
	struct buf json, form;
	*out = (struct segment_build){0};
	TRY(purpose_list(op, &b.purposes, &b.n_purposes));
	TRY(segment_all(op, &b.segments, &b.n_segments));
	buf_init(&json, CONDITION_BYTES);
	buf_init(&form, CONDITION_BYTES);
	b.json.out = &json;
	b.form = &form;
	out->is_any = str_eq(field(arg, "join"), S("any"));
	buf_fmt(&form, "join=%s", out->is_any ? "any" : "all");
	out->rules.v = ARENA_ARRAY(&op->arena, struct segment_rule, SEGMENT_ROWS + 1);
	json_begin_object(&b.json);
	json_key(&b.json, out->is_any ? S("any") : S("all"));
	json_begin_array(&b.json);
	build_rules(&b, out);
	json_end_array(&b.json);
	json_end_object(&b.json);
	bool is_whole = out->n_given && !out->has_fault && !buf_failed(&json) && !buf_failed(&form);
	if (is_whole) out->condition = str_dup(&op->arena, buf_str(&json));
	out->form = str_dup(&op->arena, buf_str(&form));
	buf_release(&json);
	buf_release(&form);
	return OK;
}
