/* One text, how it was read, and what people said of that: an aspect is corrected by one choice, and taken back as easily. */
#include "http/faults.h"
#include "i18n/i18n.h"
#include "json/desc.h"
#include "reading/reading.h"
#include "text/shelf.h"
#include "text/text.h"
#include "text/text_pages.h"

enum { VALUES_BYTES = 64 << 10 };

static const char *const FEELINGS[] = {"pos", "neu", "neg", NULL};
static const char *const LANGUAGES[] = {"en", "th", "zh", "el", "fa", NULL};

struct reading_correction {
	id id;
	int64_t at;
	int aspect;
	str person, value, was, undo;
	bool is_confirmed, is_standing;
};
static const struct desc_field CORRECTION_FIELDS[] = {
	FIELD(reading_correction, id, DESC_ID, .prefix = "cor"),
	FIELD(reading_correction, at, DESC_TIME),
	FIELD(reading_correction, aspect, DESC_ENUM, .names = READING_ASPECT_NAMES, .prefix = "reading"),
	FIELD(reading_correction, person, DESC_STR, .doc = "who said it; absent: a key, or nobody any more"),
	FIELD(reading_correction, value, DESC_STR, .doc = "in the reader's language"),
	FIELD(reading_correction, was, DESC_STR, .doc = "as the program had read it"),
	FIELD(reading_correction, undo, DESC_STR, .doc = "absent: it was corrected again since, or you may not"),
	FIELD(reading_correction, is_confirmed, DESC_BOOL, .doc = "the person saw it as the program did"),
	FIELD(reading_correction, is_standing, DESC_BOOL),
};
static const struct desc CORRECTION_DESC = DESC(reading_correction, CORRECTION_FIELDS);

struct reading_page {
	str id, text, back;
	int64_t at;
	bool may_correct;
	LIST_OF(struct option) sentiments, topics, emotions, languages;
	LIST_OF(struct reading_correction) corrections;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field PAGE_FIELDS[] = {
	FIELD(reading_page, id, DESC_STR),
	FIELD(reading_page, at, DESC_TIME),
	FIELD(reading_page, text, DESC_STR),
	FIELD(reading_page, back, DESC_STR, .doc = "address of the list that it stands in"),
	FIELD(reading_page, may_correct, DESC_BOOL),
	FIELD(reading_page, sentiments, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(reading_page, topics, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(reading_page, emotions, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(reading_page, languages, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(reading_page, corrections, DESC_LIST, .item = DESC_STRUCT, .of = &CORRECTION_DESC, .doc = "newest first"),
	FIELD(reading_page, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc READING_DESC = DESC(reading_page, PAGE_FIELDS);

struct reading_input {
	str aspect, back;
	LIST_OF(str) values;
};
static const struct desc_field INPUT_FIELDS[] = {
	FIELD(reading_input, aspect, DESC_STR, .flags = DESC_REQUIRED, .doc = "sentiment, topics, emotions or language"),
	FIELD(reading_input, values, DESC_LIST, .item = DESC_STR, .doc = "what it is: one, or of topics and emotions all (none: empty)"),
	FIELD(reading_input, back, DESC_STR, .doc = "page of the console to go back to"),
};
const struct desc READING_INPUT_DESC = DESC(reading_input, INPUT_FIELDS);

static const struct desc_field AGREEMENT_FIELDS[] = {
	FIELD(reading_agreement, aspect, DESC_ENUM, .names = READING_ASPECT_NAMES, .prefix = "reading"),
	FIELD(reading_agreement, language, DESC_STR, .doc = "as the texts were read"),
	FIELD(reading_agreement, language_name, DESC_STR),
	FIELD(reading_agreement, looked_at, DESC_INT, .doc = "texts of which a person said what this is"),
	FIELD(reading_agreement, disagreed, DESC_INT, .doc = "of these, how many the program had read otherwise"),
	FIELD(reading_agreement, share, DESC_SHARE),
};
const struct desc READING_AGREEMENT_DESC = DESC(reading_agreement, AGREEMENT_FIELDS);

/* ---- what may be chosen ---- */

static bool has_line(str lines, str name)
{
	while (str_given(lines))
		if (str_eq(str_cut(&lines, '\n'), name)) return true;
	return false;
}

static str label(struct op *op, enum reading_aspect aspect, str value)
{
	static const char *const prefixes[] = {"feeling", "topic", "emotion"};
	str rest = value;
	if (aspect == READING_LANGUAGE) return i18n_language_name(&op->arena, &op->locale, value, S(""));
	if (aspect == READING_TOPICS) return text_topic_label(op, value);
	if (aspect == READING_EMOTIONS) (void)str_cut(&rest, '/');
	str key = str_fmt(&op->arena, "%s_%.*s", prefixes[aspect], STR_ARG(rest));
	return i18n_has(op->locale.lang, key) ? i18n_pattern(op->locale.lang, key) : rest;
}

static void offer(struct op *op, void *list, enum reading_aspect aspect, str value, bool is_selected)
{
	LIST_OF(struct option) *out = list;
	for (size_t i = 0; i < out->n; i++)
		if (str_eq(out->v[i].value, value)) return;
	if ((out->n & (out->n - 1)) == 0) out->v = arena_grow(&op->arena, out->v, out->n * sizeof *out->v, (out->n ? 2 * out->n : 1) * sizeof *out->v);
	out->v[out->n++] = (struct option){value, label(op, aspect, value), is_selected};
}

static void offer_names(struct op *op, struct reading_page *page, const struct text_verdict *v)
{
	const struct text_own *own = text_own_of(op);
	const struct topics *all = own && own->topics ? own->topics : text_topics_shipped();
	for (size_t i = 0; i < topics_count(all); i++) {
		str name = topics_name(all, i);
		if (str_starts(name, S("emotion/"))) offer(op, &page->emotions, READING_EMOTIONS, name, has_line(v->signals, name));
		else if (!text_is_signal(name)) offer(op, &page->topics, READING_TOPICS, name, has_line(v->topics, name));
	}
	for (str rest = v->topics; str_given(rest) && rest.n;) offer(op, &page->topics, READING_TOPICS, str_cut(&rest, '\n'), true);
}

/* ---- the page ---- */

static str labels(struct op *op, enum reading_aspect aspect, str value)
{
	str out = S("");
	while (str_given(value) && value.n) {
		str name = str_cut(&value, '\n');
		if (name.n) out = str_fmt(&op->arena, "%.*s%s%.*s", STR_ARG(out), out.n ? " · " : "", STR_ARG(label(op, aspect, name)));
	}
	return out.n ? out : STR_NONE;
}

static enum err list_corrections(struct op *op, const struct reading *r, struct reading_page *page)
{
	struct db_rows rows;
	TRY(op_query(op, SQL_text_correction_of, DB_ARGS(db_id(r->doc)), &rows));
	page->corrections.n = rows.n;
	page->corrections.v = ARENA_ARRAY(&op->arena, struct reading_correction, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++) {
		struct reading_correction *c = &page->corrections.v[i];
		str value = db_rows_text(&rows, i, 2), was = db_rows_text(&rows, i, 3);
		enum reading_aspect aspect = (enum reading_aspect)db_rows_int(&rows, i, 1);
		*c = (struct reading_correction){.id = db_rows_id(&rows, i, 0), .aspect = (int)aspect, .at = db_rows_int(&rows, i, 4), .person = db_rows_text(&rows, i, 5), .undo = STR_NONE,
			.value = labels(op, aspect, value), .was = labels(op, aspect, was), .is_confirmed = str_eq(value, was), .is_standing = !db_rows_int(&rows, i, 6)};
		if (c->is_standing && page->may_correct) c->undo = str_fmt(&op->arena, "/voice/corrections/%s/undo", id_show(&op->arena, S("cor"), c->id).p);
	}
	return OK;
}

static enum err make_page(struct op *op, const struct reading *r, struct reading_page **out)
{
	struct reading_page *page = *out = ARENA_NEW(&op->arena, struct reading_page);
	*page = (struct reading_page){.id = reading_show(op, r), .at = r->at, .text = r->text, .may_correct = op_may(op, PERM_WRITE_CUSTOMERS)};
	page->back = str_starts(page->id, S("men")) ? str_fmt(&op->arena, "/listening/mentions/%.*s", STR_ARG(page->id)) : S("/voice/responses?kind=texts");
	for (size_t i = 0; FEELINGS[i]; i++) offer(op, &page->sentiments, READING_SENTIMENT, str_of(FEELINGS[i]), str_eq(r->verdict.sentiment, str_of(FEELINGS[i])));
	for (size_t i = 0; LANGUAGES[i]; i++) offer(op, &page->languages, READING_LANGUAGE, str_of(LANGUAGES[i]), str_eq(r->verdict.language, str_of(LANGUAGES[i])));
	if (r->verdict.language.n) offer(op, &page->languages, READING_LANGUAGE, r->verdict.language, true);
	offer_names(op, page, &r->verdict);
	return list_corrections(op, r, page);
}

enum err reading_get(struct op *op, struct web *w, struct answer *a)
{
	struct reading r;
	struct reading_page *page;
	TRY(reading_find(op, web_parameter(w, "id"), &r));
	TRY(make_page(op, &r, &page));
	return answer_with(a, &READING_DESC, page);
}

/* ---- correcting ---- */

static bool is_language(str s)
{
	bool ok = s.n == 2 || s.n == 3;
	for (size_t i = 0; i < s.n; i++) ok &= s.p[i] >= 'a' && s.p[i] <= 'z';
	return ok;
}

static bool is_offered(const void *list, str value)
{
	const LIST_OF(struct option) *offered = list;
	for (size_t i = 0; i < offered->n; i++)
		if (str_eq(offered->v[i].value, value)) return true;
	return false;
}

/* Names in the order in which they are offered, so that the same choice is the same value. */
static str chosen(struct op *op, const void *list, const struct reading_input *in)
{
	const LIST_OF(struct option) *offered = list;
	str out = S("");
	for (size_t i = 0; i < offered->n; i++)
		for (size_t k = 0; k < in->values.n; k++)
			if (str_eq(in->values.v[k], offered->v[i].value)) {
				out = str_fmt(&op->arena, "%.*s%.*s\n", STR_ARG(out), STR_ARG(offered->v[i].value));
				break;
			}
	return out;
}

static bool read_value(struct op *op, const struct reading_page *page, enum reading_aspect aspect, struct reading_input *in, str *value)
{
	const void *lists[] = {&page->sentiments, &page->topics, &page->emotions, &page->languages};
	bool is_one = aspect == READING_SENTIMENT || aspect == READING_LANGUAGE;
	if (!is_one && in->values.n == 1 && !in->values.v[0].n) in->values.n = 0;
	for (size_t i = 0; i < in->values.n; i++)
		if (!is_offered(lists[aspect], in->values.v[i]) && !(aspect == READING_LANGUAGE && is_language(in->values.v[i]))) return false;
	if (is_one && in->values.n != 1) return false;
	*value = is_one ? in->values.v[0] : chosen(op, lists[aspect], in);
	return true;
}

static bool read_aspect(str name, enum reading_aspect *out)
{
	for (int i = 0; i < READING_ASPECTS; i++)
		if (str_eq(name, str_of(READING_ASPECT_NAMES[i]))) return *out = (enum reading_aspect)i, true;
	return false;
}

enum err reading_post(struct op *op, struct web *w, struct answer *a)
{
	struct reading r;
	struct reading_input in;
	struct reading_page *page;
	enum reading_aspect aspect = READING_SENTIMENT;
	id correction;
	str value;
	struct faults faults = {0};
	TRY(web_input(op, w, &READING_INPUT_DESC, &in));
	TRY(reading_find(op, web_parameter(w, "id"), &r));
	TRY(make_page(op, &r, &page));
	if (!read_aspect(in.aspect, &aspect)) faults_add(&faults, "aspect", NULL, msg_of("fault_invalid"));
	else if (!read_value(op, page, aspect, &in, &value)) faults_add(&faults, "values", NULL, msg_of("fault_invalid"));
	if (faults.n) {
		faults_keep(op, &faults, &page->faults.v, &page->faults.n);
		return answer_refused(op, a, &READING_DESC, page);
	}
	TRY(reading_correct(op, &r, aspect, value, &correction));
	a->notice = msg_of("notice_reading_corrected");
	a->undo = str_fmt(&op->arena, "/voice/corrections/%s/undo", id_show(&op->arena, S("cor"), correction).p);
	bool has_back = str_given(in.back) && in.back.n > 1 && in.back.p[0] == '/' && in.back.p[1] != '/' && in.back.p[1] != '\\';
	return answer_redirect(a, has_back ? in.back : str_fmt(&op->arena, "/voice/texts/%.*s", STR_ARG(page->id)));
}

enum err reading_undo_post(struct op *op, struct web *w, struct answer *a)
{
	id correction;
	str of;
	TRY(web_id(op, w, "id", "cor", &correction));
	TRY(reading_take_back(op, correction, &of));
	a->notice = msg_of("notice_reading_taken_back");
	return answer_redirect(a, str_fmt(&op->arena, "/voice/texts/%.*s", STR_ARG(of)));
}
