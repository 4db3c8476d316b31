#include "conversation/service_cases.h"

#include <math.h>
#include <stdlib.h>

#include "conversation/conversation.h"

const char *const SERVICE_BYS[] = {"agent", "channel", "priority", "topic", "language", NULL};
static const int64_t RETURN_MS = SERVICE_RETURN_DAYS * INT64_C(86400000);
static const double SECOND_MS = 1000;
enum column { CONVERSATION, FROM, TO, PERSON, AGENT, CHANNEL, PRIORITY, REOPENED, TOPICS, LANGUAGE, IN_TIME, ASKED, RETURNED };

struct reading {
	struct service_level *levels;
	size_t n_levels;
	VEC(struct service_case) cases;
};

static void take(struct op *op, struct reading *x, const struct db_rows *r)
{
	for (size_t i = 0; i < r->n; i++) {
		int64_t priority = db_rows_int(r, i, PRIORITY);
		struct service_case c = {.conversation = db_rows_id(r, i, CONVERSATION), .person = db_rows_id(r, i, PERSON), .from = db_rows_int(r, i, FROM), .to = db_rows_int(r, i, TO), .reopened = db_rows_int(r, i, REOPENED),
			.in_time = db_rows_int(r, i, IN_TIME), .asked = db_rows_int(r, i, ASKED), .returned = db_rows_int(r, i, RETURNED)};
		c.of[BY_AGENT] = db_rows_text(r, i, AGENT);
		c.of[BY_CHANNEL] = db_rows_text(r, i, CHANNEL);
		c.of[BY_PRIORITY] = str_of(CONVERSATION_PRIORITIES[priority >= PRIORITY_LOW && priority <= PRIORITY_URGENT ? priority : PRIORITY_NORMAL]);
		c.of[BY_TOPIC] = db_rows_text(r, i, TOPICS);
		c.of[BY_LANGUAGE] = db_rows_text(r, i, LANGUAGE);
		const struct service_level *l = service_level_of(x->levels, x->n_levels, priority, c.of[BY_CHANNEL]);
		if (c.to != DESC_NULL_INT) c.business_ms = hours_between(l ? l->hours : NULL, c.from, c.to);
		VEC_PUSH(&x->cases, &op->arena, c);
	}
}

enum err service__cases(struct op *op, enum service_measure m, int64_t from, int64_t to, struct service_cases *out)
{
	struct reading x = {0};
	struct db_rows r;
	TRY(service_levels(op, &x.levels, &x.n_levels));
	if (m == MEASURE_RESOLUTION) {
		TRY(op_query(op, SQL_service_solved, DB_ARGS(db_int(from), db_int(to), db_int(RETURN_MS)), &r));
		take(op, &x, &r);
	} else {
		TRY(op_query(op, SQL_service_responses, DB_ARGS(db_int(from), db_int(to), db_int(m == MEASURE_FIRST)), &r));
		take(op, &x, &r);
		TRY(op_query(op, SQL_service_unanswered, DB_ARGS(db_int(from), db_int(to), db_int(m == MEASURE_FIRST ? TARGET_FIRST : TARGET_NEXT), db_int(op->now_ms)), &r));
		take(op, &x, &r);
	}
	*out = (struct service_cases){x.cases.v, x.cases.n};
	return OK;
}

static void count(struct op *op, struct service_sum *s, const struct service_case *c)
{
	if (c->in_time != DESC_NULL_INT) {
		s->due++;
		s->met += c->in_time;
	}
	if (c->to == DESC_NULL_INT) return;
	s->n++;
	s->reopened += c->reopened > 0;
	s->once += c->asked <= 1;
	bool is_over = c->to + RETURN_MS <= op->now_ms;
	s->over += is_over;
	s->stayed += is_over && !c->returned;
	VEC_PUSH(&s->took, &op->arena, (double)(c->to - c->from) / SECOND_MS);
	VEC_PUSH(&s->business, &op->arena, (double)c->business_ms / SECOND_MS);
}

static struct service_sum *group(struct op *op, struct service_sums *out, struct map *places, str name)
{
	bool added;
	uint64_t *place = map_put(places, name.p ? name : S(""), &added);
	if (added) {
		*place = out->groups.n;
		*VEC_ADD(&out->groups, &op->arena) = (struct service_sum){.name = name};
	}
	return &out->groups.v[*place];
}

static int own_and_largest_first(const void *a, const void *b)
{
	const struct service_sum *x = a, *y = b;
	if (x->is_own != y->is_own) return x->is_own ? -1 : 1;
	if (x->n + x->due != y->n + y->due) return x->n + x->due > y->n + y->due ? -1 : 1;
	return str_cmp(x->name, y->name);
}

void service__sum(struct op *op, const struct service_cases *cases, enum service_by by, struct service_sums *out)
{
	struct map places;
	*out = (struct service_sums){0};
	map_init(&places);
	for (size_t i = 0; i < cases->n; i++) {
		const struct service_case *c = &cases->v[i];
		count(op, &out->all, c);
		if (by == BY_NOTHING) continue;
		str rest = c->of[by].p ? c->of[by] : S("");
		do {
			str name = by == BY_TOPIC ? str_cut(&rest, '\n') : rest;
			if (by == BY_TOPIC && !name.n && c->of[by].n) continue;
			struct service_sum *s = group(op, out, &places, name);
			s->is_own |= by == BY_AGENT && op->actor.kind == ACTOR_PERSON && c->person == op->actor.id;
			count(op, s, c);
		} while (by == BY_TOPIC && str_given(rest) && rest.n);
	}
	map_release(&places);
	if (out->groups.n > 1) qsort(out->groups.v, out->groups.n, sizeof *out->groups.v, own_and_largest_first);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

double service__percentile(double *v, size_t n, double p)
{
	if (!n) return NAN;
	qsort(v, n, sizeof *v, by_size);
	double at = p * (double)(n - 1), low = floor(at);
	size_t i = (size_t)low, next = i + 1 < n ? i + 1 : i;
	return v[i] + (at - low) * (v[next] - v[i]);
}
