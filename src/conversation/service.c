#include "conversation/service.h"

#include <math.h>

#include "base/buf.h"
#include "base/datetime.h"
#include "conversation/service_cases.h"
#include "json/json.h"

enum { ANSWER_BYTES = 4 << 20 };

static const struct measure {
	const char *name;
	enum service_measure of;
	enum { TIMES, REOPENED, FIRST_CONTACT } shows;
} MEASURES[] = {
	{"first_response", MEASURE_FIRST, TIMES},      {"next_response", MEASURE_NEXT, TIMES},              {"resolution", MEASURE_RESOLUTION, TIMES},
	{"reopened", MEASURE_RESOLUTION, REOPENED}, {"first_contact", MEASURE_RESOLUTION, FIRST_CONTACT},
};

bool service_is_asked(const struct json_node *question)
{
	const struct json_node *kind = question && question->type == JSON_OBJECT ? json_get(question, S("kind")) : NULL;
	return kind && kind->type == JSON_STRING && str_eq(kind->text, S("service"));
}

static enum err read_name(struct op *op, const struct json_node *q, const char *field, str *out)
{
	const struct json_node *v = json_get(q, str_of(field));
	*out = STR_NONE;
	if (!v || v->type == JSON_NULL) return OK;
	if (v->type != JSON_STRING) return fail(op, ERR_INVALID, field, "is no text");
	*out = v->text;
	return OK;
}

static enum err read_time(struct op *op, const struct json_node *q, const char *field, int64_t otherwise, int64_t *out)
{
	str text;
	bool has_zone;
	*out = otherwise;
	TRY(read_name(op, q, field, &text));
	if (text.p && !datetime_parse(text, out, &has_zone)) return fail(op, ERR_INVALID, field, "is no time, such as 2026-01-31");
	return OK;
}

static enum err read_measure(struct op *op, const struct json_node *q, const struct measure **out)
{
	str name;
	TRY(read_name(op, q, "measure", &name));
	for (size_t i = 0; i < COUNT_OF(MEASURES); i++)
		if (str_eq(name, str_of(MEASURES[i].name))) {
			*out = &MEASURES[i];
			return OK;
		}
	return fail(op, ERR_INVALID, "measure", "must be one of: first_response, next_response, resolution, reopened, first_contact");
}

static enum err read_by(struct op *op, const struct json_node *q, int *by)
{
	str name;
	*by = BY_NOTHING;
	TRY(read_name(op, q, "by", &name));
	for (int i = 0; name.n && SERVICE_BYS[i]; i++)
		if (str_eq(name, str_of(SERVICE_BYS[i]))) *by = i;
	return name.n && *by < 0 ? fail(op, ERR_INVALID, "by", "must be one of: agent, channel, priority, topic, language") : OK;
}

static enum err read_hours(struct op *op, const struct json_node *q, bool *is_business)
{
	str name;
	TRY(read_name(op, q, "hours", &name));
	*is_business = str_eq(name, S("business"));
	return name.n && !*is_business && !str_eq(name, S("calendar")) ? fail(op, ERR_INVALID, "hours", "must be one of: calendar, business") : OK;
}

static void put_real(struct json_writer *w, const char *name, double value)
{
	json_key(w, str_of(name));
	json_put_real(w, value);
}

static void put_int(struct json_writer *w, const char *name, int64_t value)
{
	json_key(w, str_of(name));
	json_put_i64(w, value);
}

static void put_share(struct json_writer *w, const char *name, int64_t of, int64_t n)
{
	put_real(w, name, n ? (double)of / (double)n : NAN);
}

static void put_level(struct json_writer *w, const struct service_sum *s)
{
	struct interval i = interval_wilson(s->met, s->due);
	json_key(w, S("service_level"));
	json_begin_object(w);
	put_int(w, "n", s->due);
	put_share(w, "share", s->met, s->due);
	put_real(w, "low", i.low);
	put_real(w, "high", i.high);
	json_end_object(w);
}

static void put_sum(struct json_writer *w, const struct measure *m, struct service_sum *s, bool is_business, bool has_quality)
{
	double *v = is_business ? s->business.v : s->took.v;
	put_int(w, "n", s->n);
	if (m->shows == TIMES) {
		put_real(w, "median_s", service__percentile(v, s->took.n, 0.5));
		put_real(w, "p90_s", service__percentile(v, s->took.n, 0.9));
		if (s->due) put_level(w, s);
	}
	if (m->shows == REOPENED || has_quality) put_share(w, "reopened", s->reopened, s->n);
	if (m->shows != FIRST_CONTACT) return;
	put_share(w, "by_replies", s->once, s->n);
	put_int(w, "n_over", s->over);
	put_share(w, "by_return", s->stayed, s->over);
}

static void put_groups(struct json_writer *w, const struct measure *m, enum service_by by, struct service_sums *sums, bool is_business)
{
	json_key(w, S("rows"));
	json_begin_array(w);
	for (size_t i = 0; i < sums->groups.n; i++) {
		struct service_sum *s = &sums->groups.v[i];
		json_begin_object(w);
		json_key(w, str_of(SERVICE_BYS[by]));
		json_put_str(w, s->name.n ? s->name : STR_NONE);
		put_sum(w, m, s, is_business, by == BY_AGENT);
		json_end_object(w);
	}
	json_end_array(w);
}

enum err service_answer(struct op *op, const struct json_node *q, str *out)
{
	const struct measure *m = NULL;
	struct service_cases cases;
	struct service_sums sums;
	struct buf b;
	struct json_writer w = {.out = &b};
	int64_t from, to;
	int by;
	bool is_business;
	TRY(read_measure(op, q, &m));
	TRY(read_by(op, q, &by));
	TRY(read_hours(op, q, &is_business));
	TRY(read_time(op, q, "from", 0, &from));
	TRY(read_time(op, q, "to", op->now_ms + 1, &to));
	TRY(service__cases(op, m->of, from, to, &cases));
	service__sum(op, &cases, (enum service_by)by, &sums);
	buf_init(&b, ANSWER_BYTES);
	json_begin_object(&w);
	json_key(&w, S("kind"));
	json_put_str(&w, S("service"));
	json_key(&w, S("measure"));
	json_put_str(&w, str_of(m->name));
	json_key(&w, S("hours"));
	json_put_str(&w, is_business ? S("business") : S("calendar"));
	put_sum(&w, m, &sums.all, is_business, false);
	if (by != BY_NOTHING) put_groups(&w, m, (enum service_by)by, &sums, is_business);
	json_end_object(&w);
	*out = str_dup(&op->arena, buf_str(&b));
	bool is_whole = !buf_failed(&b);
	buf_release(&b);
	return is_whole ? OK : fail(op, ERR_TOO_LARGE, "by", "has too many rows");
}
