/* followup_jobs.c: what no touchpoint starts: silences, looked for each hour, and looking back over touchpoints that were there before
 * their rule. Both obey the most of a day. */
#include <stdlib.h>

#include "base/datetime.h"
#include "consent/consent.h"
#include "customer/people.h"
#include "followup/followup_inner.h"
#include "followup/followup_jobs.h"
#include "json/json.h"
#include "op/app.h"
#include "setting/setting.h"

enum { SILENCE_LEAST_DAYS = 30, SILENCE_MOST_DAYS = 730 };

/* ---- silences ---- */

static enum err find_silent(struct op *op, const struct followup_rule *r)
{
	struct db_rows rows;
	bool made;
	TRY(op_query(op, SQL_followup_silent,
	             DB_ARGS(db_int(op->now_ms), db_real(r->silence_factor), db_int(SILENCE_LEAST_DAYS * DAY_MS), db_int(op->now_ms - SILENCE_MOST_DAYS * DAY_MS), db_id(r->id), db_int(r->most_a_day)), &rows));
	for (size_t i = 0; i < rows.n; i++) {
		uint32_t subject = (uint32_t)db_rows_int(&rows, i, 1), number = people_customer(op->app->people, subject);
		if (!number || people_denied(op->app->people, number) & PURPOSE_BIT(PURPOSE_SERVICE)) continue;
		struct db_rows today;
		TRY(op_query(op, SQL_followup_rule_made_since, DB_ARGS(db_id(r->id), db_int(op->now_ms - DAY_MS)), &today));
		if (db_rows_int(&today, 0, 0) >= r->most_a_day) return OK; /* the others tomorrow */
		TRY(followup__act(op, r, NULL, subject, db_rows_int(&rows, i, 2), &made));
	}
	return OK;
}

enum err followup_silence_job(struct op *op, id job, str payload)
{
	struct followup_rule *rules;
	size_t n;
	(void)job, (void)payload;
	op->locale = setting_locale(op);
	TRY(followup__rules(op, &rules, &n));
	for (size_t i = 0; i < n; i++)
		if (rules[i].is_on && rules[i].kind == FOLLOWUP_OF_SILENCE) TRY(find_silent(op, &rules[i]));
	return OK;
}

/* ---- looking back ---- */

struct found {
	struct event event;
};
struct looking {
	struct op *op;
	const struct followup_rule *rule;
	const struct query_condition *condition;
	bool *is_wanted; /* by code of type */
	size_t n_codes;
	int64_t from_ms;
	struct found *v; /* the newest so far, oldest first once sorted */
	size_t n, most;
};

static int newer_first(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	return (y->event.time_ms > x->event.time_ms) - (y->event.time_ms < x->event.time_ms);
}

static void keep(struct looking *l, const struct event *e)
{
	struct arena *a = &l->op->arena;
	if (l->n == 2 * l->most) {
		qsort(l->v, l->n, sizeof *l->v, newer_first);
		l->n = l->most;
	}
	l->v[l->n].event = *e;
	l->v[l->n].event.body = str_dup(a, e->body);
	l->n++;
}

static enum err look_at(struct looking *l, struct events_part *part, const struct events_columns *c, size_t row)
{
	struct arena scratch;
	struct event e = {.subject = c->subject[row], .time_ms = c->time_ms[row], .type = events_type_name(l->op->app->events, c->type[row]), .channel = events_channel_name(l->op->app->events, c->channel[row]),
		.source = c->source[row], .purposes = c->purposes[row], .import = c->import[row]};
	arena_init(&scratch);
	bool holds = false;
	enum err err = events_part_body(part, row, &scratch, &e.body, &l->op->fault);
	if (err == OK && (e.subject || followup__mention_of(&scratch, &e))) err = followup__holds(l->op, &scratch, l->condition, &e, &holds);
	if (holds) keep(l, &e);
	arena_release(&scratch);
	return err;
}

static enum err look_in(struct looking *l, struct events_part *part)
{
	struct events_columns c;
	const struct people *people = l->op->app->people;
	if (events_part_max_ms(part) < l->from_ms) return OK;
	TRY(events_part_columns(part, EVENTS_TIME | EVENTS_TYPE | EVENTS_CHANNEL | EVENTS_SOURCE | EVENTS_PURPOSES | EVENTS_IMPORT, &c, &l->op->fault));
	for (size_t i = 0; i < c.n; i++) {
		if (c.type[i] >= l->n_codes || !l->is_wanted[c.type[i]] || c.time_ms[i] < l->from_ms || !(c.purposes[i] & PURPOSE_BIT(PURPOSE_SERVICE))) continue;
		if (!c.subject[i] && !followup__is_of_mention(events_type_name(l->op->app->events, c.type[i]))) continue;
		if (c.subject[i] && people_denied(people, people_customer(people, c.subject[i])) & PURPOSE_BIT(PURPOSE_SERVICE)) continue;
		TRY(look_at(l, part, &c, i));
	}
	return OK;
}

static enum err look(struct looking *l)
{
	struct events_view *view;
	struct events *events = l->op->app->events;
	TRY(query_body_condition(&l->op->arena, setting_zone(l->op->app), l->rule->condition, &l->condition, &l->op->fault));
	TRY(events_view_open(events, &view, &l->op->fault));
	l->n_codes = events_type_count(events);
	l->is_wanted = ARENA_ARRAY(&l->op->arena, bool, l->n_codes + 1);
	for (size_t i = 0; i < l->n_codes; i++) l->is_wanted[i] = followup__names(l->rule->events, events_type_name(events, (uint16_t)i));
	enum err e = OK;
	for (size_t i = 0; e == OK && i < events_view_parts(view); i++) e = look_in(l, events_view_part(view, i));
	events_view_close(view);
	qsort(l->v, l->n, sizeof *l->v, newer_first);
	if (l->n > l->most) l->n = l->most;
	return e;
}

/* Reads in an op of its own: the job's would hold the writer. */
static enum err read_rule(struct op *op, str payload, struct followup_rule *r, int64_t *days)
{
	const struct json_node *root;
	id rule;
	TRY(json_tree(&op->arena, payload, payload.n + 1, &root, &op->fault));
	if (!id_read(S("fur"), json_get_str(root, S("rule")), &rule) || !json_get_i64(root, S("days"), days)) return fail(op, ERR_INVALID, "rule", "is no id of a rule");
	return followup__rule(op, rule, r);
}

enum err followup_back_job(struct op *op, id job, str payload)
{
	struct op reading;
	struct followup_rule r;
	int64_t days;
	bool made;
	(void)job;
	op->locale = setting_locale(op);
	op_init(&reading, op->app, (struct actor){.kind = ACTOR_SYSTEM}, false);
	reading.locale = setting_locale(&reading);
	struct looking l = {.op = &reading, .rule = &r};
	enum err e = read_rule(&reading, payload, &r, &days);
	if (e == OK) {
		l.from_ms = reading.now_ms - days * DAY_MS;
		l.most = (size_t)r.most_a_day;
		l.v = ARENA_ARRAY(&reading.arena, struct found, 2 * l.most + 1);
		e = look(&l);
	}
	e = op_end(&reading, e);
	for (size_t i = l.n; e == OK && i-- > 0;) e = followup__act(op, &r, &l.v[i].event, l.v[i].event.subject, l.v[i].event.time_ms, &made);
	op_release(&reading);
	return e;
}
