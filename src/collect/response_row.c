#include "collect/response_row.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/datetime.h"
#include "collect/answer_mapping.h"
#include "collect/csv.h"
#include "collect/row_id.h"
#include "collect/row_touchpoint.h"
#include "json/json.h"

enum { RAW_BYTES = 1 << 20 };

struct row {
	const struct mapping *m;
	const struct csv_row *row;
	struct touchpoint who; /* what all of its touchpoints share */
	str row_id, submission, weight, language;
};

static void put(struct json_writer *w, const char *key, str value)
{
	if (!value.n) return;
	json_key(w, str_of(key));
	json_put_str(w, value);
}

static void put_shared(struct json_writer *w, const struct row *r)
{
	put(w, "submission_id", r->submission);
	put(w, "survey_id", r->m->survey);
	put(w, "language", r->language);
	if (r->weight.n) {
		json_key(w, S("weight"));
		json_put_raw(w, r->weight);
	}
}

static void put_value(struct arena *a, struct json_writer *w, const struct mapping_answer *x, const struct answer_value *value)
{
	if (value->has_number) {
		json_key(w, S("number"));
		json_put_decimal(w, value->number);
	}
	if (x->type == ANSWER_BOOLEAN) {
		json_key(w, S("boolean"));
		json_put_bool(w, value->is_true);
	} else if (x->type == ANSWER_DATE) {
		struct civil c = civil_of_ms(value->time_ms);
		put(w, "date", str_fmt(a, "%04d-%02d-%02d", c.year, c.month, c.day));
	} else put(w, x->type == ANSWER_CHOICE ? "choice" : "text", value->text);
}

static void put_answer(struct arena *a, struct json_writer *w, const struct mapping_answer *x, const struct answer_value *value)
{
	put(w, "question_id", x->question);
	put(w, "question_version", x->version);
	put(w, "question", x->wording);
	put(w, "question_group", x->group);
	put(w, "type", str_of(ANSWER_TYPES[x->type]));
	if (x->has_scale) {
		json_key(w, S("scale_min"));
		json_put_real(w, x->low);
		json_key(w, S("scale_max"));
		json_put_real(w, x->high);
	}
	put_value(a, w, x, value);
}

/* x NULL: the submission. False when it is too large to be stored. */
static bool make(struct arena *a, const struct row *r, str event, str message_id, const struct mapping_answer *x, const struct answer_value *value, struct touchpoint *out)
{
	struct buf raw;
	struct json_writer w = {.out = &raw};
	*out = r->who;
	out->event = event;
	if (!str_given(r->row_id)) return true;
	out->message_id = message_id;
	buf_init(&raw, RAW_BYTES);
	row_touchpoint__begin(&w, out);
	json_key(&w, S("properties"));
	json_begin_object(&w);
	put_shared(&w, r);
	if (x) put_answer(a, &w, x, value);
	row_touchpoint__place(&w, r->m, r->row, out);
	row_touchpoint__properties(&w, r->m, r->row);
	json_end_object(&w);
	row_touchpoint__end(&w, out);
	bool failed = buf_failed(&raw);
	if (!failed) out->raw = str_dup(a, buf_str(&raw));
	buf_release(&raw);
	return !failed;
}

static const char *read_row(struct arena *a, struct row *r)
{
	const struct mapping *m = r->m;
	str time = mapping_cell(m, r->row, IMPORT_TIME), weight = mapping_cell(m, r->row, IMPORT_WEIGHT), language = mapping_cell(m, r->row, IMPORT_LANGUAGE);
	struct decimal d;
	r->who = (struct touchpoint){.call = CALL_TRACK, .time_ms = m->time_ms};
	row_touchpoint__who(a, m, r->row, &r->who);
	if (m->at[IMPORT_TIME] >= 0 && !mapping_time(m, time, &r->who.time_ms)) return "bad_time";
	if (weight.n && (!mapping_number(m, weight, &d) || d.mantissa < 0)) return "bad_weight";
	if (weight.n) r->weight = decimal_show(a, d);
	if (language.n) r->language = str_dup(a, language);
	return NULL;
}

/* One column may answer a question that another answers too: the id has both. */
static str answer_id(struct arena *a, const struct row *r, const struct mapping_column *c)
{
	return str_given(r->row_id) ? row_id_show(a, row_id_named(r->row_id, c->header, c->answer->question)) : STR_NONE;
}

const char *response_row(struct arena *a, const struct mapping *m, struct row_ids *ids, const struct csv_row *row, struct response_row *out)
{
	struct row r = {.m = m, .row = row, .row_id = STR_NONE};
	if (ids) r.row_id = row_id_show(a, row_ids_next(ids, row));
	*out = (struct response_row){.touchpoints = ARENA_ARRAY(a, struct touchpoint, m->n + 1), .rejects = ARENA_ARRAY(a, struct response_reject, m->n + 1)};
	const char *reason = read_row(a, &r);
	if (reason) return reason;
	str submission = mapping_cell(m, row, IMPORT_SUBMISSION);
	r.submission = submission.n ? str_dup(a, submission) : r.row_id;
	for (size_t i = 0; i < m->n && i < row->n; i++) {
		const struct mapping_column *c = &m->columns[i];
		struct answer_value value;
		if (c->field != IMPORT_ANSWER) continue;
		enum answer_cell cell = answer_mapping_cell(m, c->answer, row->cells[i], &value, &reason);
		if (cell == ANSWER_IS_BAD) out->rejects[out->n_rejects++] = (struct response_reject){reason, c->header};
		else if (cell == ANSWER_IS_READ && !make(a, &r, S("Survey Answered"), answer_id(a, &r, c), c->answer, &value, &out->touchpoints[out->n++])) return "too_large";
	}
	return make(a, &r, S("Survey Completed"), r.row_id, NULL, NULL, &out->touchpoints[out->n++]) ? NULL : "too_large";
}
