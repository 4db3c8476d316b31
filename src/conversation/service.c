/* first_response   from the customer's first message that nobody had answered to the first answer of a person; programs' are left out.
 * next_response    from the oldest unanswered message of the customer to each answer after the first.
 * resolution       from the first message to the last solving, of conversations that are solved.
 * reopened         share of the solved ones that had been opened again.
 * first_contact    share of the solved ones that the customer wrote to once ("by replies"), and of those whose seven days are over the
 *                  share without another conversation of the same contact within them ("by return").
 * The range is of the answer, or of the solving. A time by agent has the share of reopened beside it: speed alone says little. */
#include "conversation/service.h"

#include <math.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/datetime.h"
#include "base/map.h"
#include "json/json.h"

enum { ANSWER_BYTES = 4 << 20, RETURN_DAYS = 7 };
static const int64_t RETURN_MS = RETURN_DAYS * INT64_C(86400000);

static const struct measure {
	const char *name;
	enum sql rows;
	int64_t first; /* of responses: 1 the first ones, 0 those after */
	enum { TIMES, REOPENED, FIRST_CONTACT } shows;
} MEASURES[] = {
	{"first_response", SQL_service_responses, 1, TIMES}, {"next_response", SQL_service_responses, 0, TIMES}, {"resolution", SQL_service_solved, 0, TIMES},
	{"reopened", SQL_service_solved, 0, REOPENED},       {"first_contact", SQL_service_solved, 0, FIRST_CONTACT},
};
static const char *const BYS[] = {"agent", "channel", "priority", NULL};
enum column { TOOK, AGENT, CHANNEL, PRIORITY, IS_REOPENED, ASKED, IS_BACK, SOLVED_AT };

struct group {
	str name;
	VEC(double) took;
	int64_t n, reopened, once, over, stayed;
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
	return fail(op, ERR_INVALID, "measure", "must be first_response, next_response, resolution, reopened or first_contact");
}

static enum err read_by(struct op *op, const struct json_node *q, int *by)
{
	str name;
	*by = -1;
	TRY(read_name(op, q, "by", &name));
	for (int i = 0; name.n && BYS[i]; i++)
		if (str_eq(name, str_of(BYS[i]))) *by = i;
	return name.n && *by < 0 ? fail(op, ERR_INVALID, "by", "must be agent, channel or priority") : OK;
}

static void count(struct op *op, struct group *g, const struct db_rows *r, size_t i)
{
	g->n++;
	g->reopened += db_rows_int(r, i, IS_REOPENED) > 0;
	g->once += db_rows_int(r, i, ASKED) <= 1;
	bool is_over = db_rows_int(r, i, SOLVED_AT) != DESC_NULL_INT && db_rows_int(r, i, SOLVED_AT) + RETURN_MS <= op->now_ms;
	g->over += is_over;
	g->stayed += is_over && !db_rows_int(r, i, IS_BACK);
	VEC_PUSH(&g->took, &op->arena, (double)db_rows_int(r, i, TOOK) / 1000);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Type 7 of sorted values. */
static double percentile(const struct group *g, double p)
{
	if (!g->n) return NAN;
	double at = p * (double)(g->n - 1), low = floor(at);
	size_t i = (size_t)low, next = i + 1 < g->took.n ? i + 1 : i;
	return g->took.v[i] + (at - low) * (g->took.v[next] - g->took.v[i]);
}

static void put_real(struct json_writer *w, const char *name, double value)
{
	json_key(w, str_of(name));
	json_put_real(w, value);
}

static void put_share(struct json_writer *w, const char *name, int64_t of, int64_t n)
{
	put_real(w, name, n ? (double)of / (double)n : NAN);
}

static void put_group(struct json_writer *w, const struct measure *m, struct group *g, bool has_quality)
{
	if (g->took.n) qsort(g->took.v, g->took.n, sizeof *g->took.v, by_size);
	json_key(w, S("n"));
	json_put_i64(w, g->n);
	if (m->shows == TIMES) {
		put_real(w, "median_s", percentile(g, 0.5));
		put_real(w, "p90_s", percentile(g, 0.9));
	}
	if (m->shows == REOPENED || has_quality) put_share(w, "reopened", g->reopened, g->n);
	if (m->shows != FIRST_CONTACT) return;
	put_share(w, "by_replies", g->once, g->n);
	json_key(w, S("n_over"));
	json_put_i64(w, g->over);
	put_share(w, "by_return", g->stayed, g->over);
}

static void put_groups(struct json_writer *w, const struct measure *m, int by, struct group *groups, size_t n)
{
	json_key(w, S("rows"));
	json_begin_array(w);
	for (size_t i = 0; i < n; i++) {
		json_begin_object(w);
		json_key(w, str_of(BYS[by]));
		json_put_str(w, groups[i].name.n ? groups[i].name : STR_NONE);
		put_group(w, m, &groups[i], by == 0);
		json_end_object(w);
	}
	json_end_array(w);
}

struct counted {
	struct group all;
	VEC(struct group) groups;
};

static void gather(struct op *op, const struct db_rows *r, int by, struct counted *out)
{
	struct map places;
	map_init(&places);
	for (size_t i = 0; i < r->n; i++) {
		count(op, &out->all, r, i);
		if (by < 0) continue;
		bool added;
		str name = db_rows_text(r, i, (size_t)AGENT + (size_t)by);
		uint64_t *place = map_put(&places, name.p ? name : S(""), &added);
		if (added) {
			*place = out->groups.n;
			*VEC_ADD(&out->groups, &op->arena) = (struct group){.name = name};
		}
		count(op, &out->groups.v[*place], r, i);
	}
	map_release(&places);
}

enum err service_answer(struct op *op, const struct json_node *q, str *out)
{
	const struct measure *m = NULL;
	struct counted c = {0};
	struct db_rows r;
	struct buf b;
	struct json_writer w = {.out = &b};
	int64_t from, to;
	int by;
	TRY(read_measure(op, q, &m));
	TRY(read_by(op, q, &by));
	TRY(read_time(op, q, "from", 0, &from));
	TRY(read_time(op, q, "to", op->now_ms + 1, &to));
	TRY(op_query(op, m->rows, DB_ARGS(db_int(from), db_int(to), db_int(m->first), db_int(RETURN_MS)), &r));
	gather(op, &r, by, &c);
	buf_init(&b, ANSWER_BYTES);
	json_begin_object(&w);
	json_key(&w, S("kind"));
	json_put_str(&w, S("service"));
	json_key(&w, S("measure"));
	json_put_str(&w, str_of(m->name));
	json_key(&w, S("hours"));
	json_put_str(&w, S("calendar"));
	put_group(&w, m, &c.all, false);
	if (by >= 0) put_groups(&w, m, by, c.groups.v, c.groups.n);
	json_end_object(&w);
	*out = str_dup(&op->arena, buf_str(&b));
	bool is_whole = !buf_failed(&b);
	buf_release(&b);
	return is_whole ? OK : fail(op, ERR_TOO_LARGE, "by", "has too many rows");
}
