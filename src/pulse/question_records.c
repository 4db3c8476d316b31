/* What conditions ask of the records: traits, purposes, consent, segments, customers. A trait is read once a question for all
 * customers, as a number of its value each; texts are kept once a value. */
#include "base/map.h"
#include "base/mem.h"
#include "collect/collect.h"
#include "consent/consent.h"
#include "customer/customer.h"
#include "customer/people.h"
#include "op/app.h"
#include "pulse/question.h"

struct reading {
	struct op *op;
	struct arena *arena;
	const struct people_view *people;
	struct map numbers;  /* value as its JSON → number */
	struct map by_value; /* kind and text → number */
	VEC(struct query_value) values;
	uint32_t *of_customer;
	int64_t *at;        /* of the trait that a customer has now */
	uint32_t *subject;
};

/* Lists and objects are no values to compare with, nor is null: such a trait is as good as none. */
static bool value_of(struct arena *a, str json, struct query_value *out)
{
	struct decimal d;
	if (json.n >= 2 && json.p[0] == '"') *out = (struct query_value){QUERY_VALUE_TEXT, json_unescape(a, str_sub(json, 1, json.n - 2))};
	else if (str_eq(json, S("true"))) *out = (struct query_value){.kind = QUERY_VALUE_TRUE};
	else if (str_eq(json, S("false"))) *out = (struct query_value){.kind = QUERY_VALUE_FALSE};
	else if (decimal_parse(json, &d)) *out = (struct query_value){QUERY_VALUE_NUMBER, decimal_show(a, d)};
	else if (json.n && (json.p[0] == '-' || (json.p[0] >= '0' && json.p[0] <= '9'))) *out = (struct query_value){QUERY_VALUE_NUMBER, str_dup(a, json)};
	else return false;
	return true;
}

static uint32_t number_of(struct reading *r, str json)
{
	struct query_value value;
	uint64_t *known = map_get(&r->numbers, json);
	if (known) return (uint32_t)*known;
	json = str_dup(r->arena, json);
	uint32_t number = 0;
	if (value_of(r->arena, json, &value)) {
		bool is_new;
		str key = str_fmt(r->arena, "%d%.*s", value.kind, STR_ARG(value.text)); /* 7 and 7.0 are one */
		uint64_t *same = map_put(&r->by_value, key, &is_new);
		if (is_new) *same = r->values.n, VEC_PUSH(&r->values, r->arena, value);
		number = (uint32_t)*same;
	}
	*map_put(&r->numbers, json, NULL) = number;
	return number;
}

static bool take(void *arg, const struct db_val *row, size_t columns)
{
	struct reading *r = arg;
	(void)columns;
	uint32_t subject = (uint32_t)row[0].i, customer = row[0].i > 0 && row[0].i <= (int64_t)r->people->n_subjects ? r->people->customer[subject] : 0;
	if (customer == 0 || customer > r->people->n_customers) return true;
	if (r->subject[customer] && (row[2].i < r->at[customer] || (row[2].i == r->at[customer] && subject < r->subject[customer]))) return true;
	r->at[customer] = row[2].i;
	r->subject[customer] = subject;
	r->of_customer[customer] = number_of(r, row[1].s);
	return true;
}

static enum err trait(void *arg, struct arena *a, str name, struct query_trait *out, struct fault *f)
{
	const struct question_records *records = arg;
	size_t n = (size_t)records->people->n_customers + 1;
	struct reading r = {.op = records->op, .arena = a, .people = records->people, .of_customer = ARENA_ARRAY(a, uint32_t, n)};
	struct db *db;
	TRY(op_db(records->op, &db));
	map_init(&r.numbers);
	map_init(&r.by_value);
	VEC_PUSH(&r.values, a, (struct query_value){0});
	r.at = mem_alloc(n * sizeof *r.at);
	r.subject = mem_zalloc(n * sizeof *r.subject);
	enum err e = db_each(db, SQL_question_trait, DB_ARGS(db_text(name)), take, &r, f);
	*out = (struct query_trait){r.of_customer, r.values.v, r.values.n};
	map_release(&r.numbers);
	map_release(&r.by_value);
	mem_free(r.at);
	mem_free(r.subject);
	return e;
}

static int purpose(void *arg, str name)
{
	const struct question_records *records = arg;
	return purpose_find(collect_purposes(records->op->app), name);
}

static uint32_t granted(void *arg, uint32_t customer)
{
	const struct question_records *records = arg;
	return people_granted(records->op->app->people, customer);
}

static enum err customer(void *arg, struct arena *a, str text, uint32_t *number, uint32_t **subjects, size_t *n_subjects, struct fault *f)
{
	const struct question_records *records = arg;
	struct people *people = records->op->app->people;
	id found;
	(void)f;
	*number = 0;
	*n_subjects = 0;
	TRY(customer_by_identity(records->op, text, &found));
	if (!found || !people_find(people, found, number)) *number = 0;
	if (*number) *n_subjects = people_subjects(people, *number, a, subjects);
	return OK;
}

static enum err segment(void *arg, struct arena *a, str text, str *condition, struct fault *f)
{
	const struct question_records *records = arg;
	struct db_rows row;
	id found;
	(void)f; /* the op's own is the question's */
	*condition = STR_NONE;
	if (!id_read(S("seg"), text, &found)) return OK;
	TRY(op_query(records->op, SQL_segment_condition, DB_ARGS(db_id(found)), &row));
	if (row.n) *condition = str_dup(a, db_rows_text(&row, 0, 0));
	return OK;
}

struct query_records question_records(struct question_records *records)
{
	return (struct query_records){.trait = trait, .purpose = purpose, .granted = granted, .segment = segment, .customer = customer, .arg = records};
}
