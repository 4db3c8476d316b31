/* followup.c: rules that follow the log. They are held in memory behind a read-write lock, since every touchpoint that comes in is
 * asked for (followup_watches); what they do is written in the transaction of the appliers, so it happens once. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/datetime.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "collect/collect.h"
#include "collect/touchpoint.h"
#include "consent/consent.h"
#include "customer/people.h"
#include "followup/followup_inner.h"
#include "i18n/i18n.h"
#include "json/json.h"
#include "op/app.h"
#include "reading/reading.h"
#include "reading/verbatim.h"
#include "setting/setting.h"

enum { OLDEST_DAYS = 14, QUOTE_BYTES = 1000, BODY_BYTES = 4 << 20 };

const char *const FOLLOWUP_STATE_NAMES[] = {"open", "working", "closed", NULL};
const char *const FOLLOWUP_OUTCOME_NAMES[] = {"solved", "explained", "not_reached", "nothing", NULL};
const char *const FOLLOWUP_KIND_NAMES[] = {"touchpoint", "silence", NULL};

struct watch {
	id rule;
	str events;
	const struct query_condition *condition;
};
struct followups {
	pthread_rwlock_t lock;
	struct arena arena;
	struct watch *v;
	size_t n;
	atomic_bool is_any;
};

/* ---- in memory ---- */

static enum err read_watches(struct op *op, struct arena *a, struct watch **out, size_t *n)
{
	struct db_rows rows;
	TRY(op_query(op, SQL_followup_rule_on, DB_NO_ARGS, &rows));
	*out = ARENA_ARRAY(a, struct watch, rows.n + 1);
	*n = 0;
	for (size_t i = 0; i < rows.n; i++) {
		struct watch *w = &(*out)[*n];
		struct fault f = {0};
		*w = (struct watch){db_rows_id(&rows, i, 0), str_dup(a, db_rows_text(&rows, i, 1)), NULL};
		if (query_body_condition(a, setting_zone(op->app), str_dup(a, db_rows_text(&rows, i, 2)), &w->condition, &f) == OK) ++*n;
		else log_error("followup_rule_not_read", F_INT("rule", w->rule));
	}
	return OK;
}

static enum err take_over(struct op *op, struct followups *f)
{
	struct arena fresh;
	struct watch *v;
	size_t n;
	arena_init(&fresh);
	enum err e = read_watches(op, &fresh, &v, &n);
	if (e != OK) {
		arena_release(&fresh);
		return e;
	}
	pthread_rwlock_wrlock(&f->lock);
	struct arena old = f->arena;
	f->arena = fresh;
	f->v = v;
	f->n = n;
	atomic_store(&f->is_any, n > 0);
	pthread_rwlock_unlock(&f->lock);
	arena_release(&old);
	return OK;
}

enum err followups_load(struct op *op, struct followups **out)
{
	struct followups *f = *out = MEM_NEW(struct followups);
	pthread_rwlock_init(&f->lock, NULL);
	arena_init(&f->arena);
	return take_over(op, f);
}

void followups_free(struct followups *f)
{
	if (!f) return;
	arena_release(&f->arena);
	pthread_rwlock_destroy(&f->lock);
	mem_free(f);
}

/* From before the reading until it is in place: no older state replaces a newer one. */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static void reload(void *arg)
{
	struct app *app = arg;
	struct op op;
	pthread_mutex_lock(&one_at_a_time);
	op_init(&op, app, (struct actor){.kind = ACTOR_SYSTEM}, false);
	(void)op_end(&op, take_over(&op, app->followups)); /* logged there; the old rules hold on */
	pthread_mutex_unlock(&one_at_a_time);
	op_release(&op);
}

void followup__reload_after(struct op *op)
{
	op_after_commit(op, reload, op->app);
}

static void publish(void *arg)
{
	struct app *app = arg;
	if (app->http) http_publish(app->http, FOLLOWUP_TOPIC);
}

void followup__tell_pages(struct op *op)
{
	op_after_commit(op, publish, op->app);
}

bool followup__names(str events, str event)
{
	for (str rest = events; str_given(rest) && rest.n;)
		if (str_eq(str_trim(str_cut(&rest, '\n')), event)) return true;
	return false;
}

bool followup_watches(const struct app *app, str event)
{
	struct followups *f = app->followups;
	bool is_watched = false;
	if (!f || !atomic_load_explicit(&f->is_any, memory_order_relaxed)) return false;
	pthread_rwlock_rdlock(&f->lock);
	for (size_t i = 0; i < f->n && !is_watched; i++) is_watched = followup__names(f->v[i].events, event);
	pthread_rwlock_unlock(&f->lock);
	return is_watched;
}

/* ---- what is told of a text ---- */

struct body {
	struct op *op;
	struct arena *arena;
	const struct event *event;
	const struct json_node *root;
	str text;
	bool is_asked, is_read;
	enum err err; /* of the reading */
	struct text_verdict verdict;
};

/* The names of a kind, a space between two. */
static str signals_of(struct arena *a, str signals, str kind)
{
	str out = S("");
	while (str_given(signals) && signals.n) {
		str name = str_cut(&signals, '\n');
		if (str_eq(str_cut(&name, '/'), kind)) out = out.n ? str_fmt(a, "%.*s %.*s", STR_ARG(out), STR_ARG(name)) : name;
	}
	return out;
}

static bool told(void *arg, str name, struct condition_value *out)
{
	struct body *b = arg;
	str rest = name, kind = str_cut(&rest, ':');
	const struct json_node *type = query_body_property(b->root, S("type"));
	if (str_eq(name, S("answer:type")) && type) { /* "type" by itself is the event's */
		*out = (struct condition_value){.kind = QUERY_VALUE_TEXT, .text = type->text};
		return true;
	}
	if (!str_eq(kind, S("text")) || !str_given(rest)) return false;
	if (!b->is_asked) b->err = reading_of_event(b->op, b->arena, b->event, b->root, &b->verdict, &b->is_read);
	b->is_asked = true;
	if (b->err != OK || !b->is_read) return false;
	*out = (struct condition_value){.kind = QUERY_VALUE_TEXT};
	if (str_eq(rest, S("sentiment"))) out->text = b->verdict.sentiment;
	else if (str_eq(rest, S("language"))) out->text = b->verdict.language;
	else if (str_eq(rest, S("topics"))) out->text = b->verdict.topics;
	else out->text = signals_of(b->arena, b->verdict.signals, rest);
	return str_given(out->text) && out->text.n;
}

static bool open_body(struct arena *a, const struct event *e, struct body *b)
{
	*b = (struct body){.arena = a, .event = e};
	if (json_tree(a, e->body, BODY_BYTES, &b->root, NULL) != OK) return false;
	b->text = verbatim_words(json_get(b->root, S("properties")));
	return true;
}

enum err followup__holds(struct op *op, struct arena *a, const struct query_condition *c, const struct event *e, bool *out)
{
	struct body b;
	struct source source;
	bool has_row;
	*out = !c;
	if (!c || !open_body(a, e, &b)) return OK;
	b.op = op;
	struct touchpoint_kind filing = collect_filing(op->app, e->type, &has_row);
	struct query_body body = {.event = e->type, .channel = e->channel.n ? e->channel : filing.channel, .family = str_of(FAMILIES[filing.family]), .stage = str_of(STAGES[filing.stage]),
		.time_ms = e->time_ms, .root = b.root, .told = told, .arg = &b};
	if (source_get(op->app, e->source, &source)) body.source = str_of(source.name);
	*out = query_body_holds(c, &body);
	return b.err;
}

/* ---- what a rule does ---- */

struct said {
	str quote;
	double score, most;
};

static double number_at(const struct json_node *root, const char *name)
{
	const struct json_node *v = query_body_property(root, str_of(name));
	double d;
	return v && v->type == JSON_NUMBER && str_f64(v->text, &d) ? d : NAN;
}

static struct said said_by(struct op *op, const struct event *e)
{
	static const char *const scores[] = {"number", "score", "rating", "value"};
	static const struct {
		const char *type;
		double most;
	} types[] = {{"nps", 10}, {"csat", 5}, {"ces", 7}};
	struct body b;
	struct said s = {STR_NONE, NAN, NAN};
	if (!e || !open_body(&op->arena, e, &b)) return s;
	if (b.text.n) s.quote = str_dup(&op->arena, utf8_cut(b.text, QUOTE_BYTES));
	for (size_t i = 0; i < COUNT_OF(scores) && isnan(s.score); i++) s.score = number_at(b.root, scores[i]);
	s.most = number_at(b.root, "scale_max");
	const struct json_node *type = query_body_property(b.root, S("type"));
	if (!type) type = query_body_property(b.root, S("survey"));
	for (size_t i = 0; i < COUNT_OF(types) && type && isnan(s.most); i++)
		if (str_eq(type->text, str_of(types[i].type))) s.most = types[i].most;
	return s;
}

static str message_of(struct op *op, const struct event *e, uint32_t subject, int64_t at_ms)
{
	if (!e) return str_fmt(&op->arena, "silence.%u.%lld", subject, (long long)at_ms);
	return touchpoint_key(&op->arena, subject, at_ms, e->type, e->body);
}

static struct db_val real(double d)
{
	return isnan(d) ? db_null() : db_real(d);
}

/* The rule's person, or the next of its role; 0 when there is nobody. */
static enum err next_owner(struct op *op, const struct followup_rule *r, id *owner)
{
	struct db_rows people, turn;
	size_t n = 0;
	*owner = 0;
	TRY(op_query(op, SQL_followup_people, DB_NO_ARGS, &people));
	id *able = ARENA_ARRAY(&op->arena, id, people.n + 1);
	for (size_t i = 0; i < people.n; i++) {
		if (r->owner && db_rows_id(&people, i, 0) == r->owner) *owner = r->owner;
		if (!r->owner && str_eq(db_rows_text(&people, i, 2), r->owner_role)) able[n++] = db_rows_id(&people, i, 0);
	}
	if (*owner || !n) return OK;
	TRY(op_query(op, SQL_followup_rule_take_turn, DB_ARGS(db_id(r->id)), &turn));
	*owner = able[(size_t)db_rows_int(&turn, 0, 0) % n];
	return OK;
}

id followup__mention_of(struct arena *a, const struct event *e)
{
	struct body b;
	id mention = 0;
	if (!e || e->subject || !open_body(a, e, &b)) return 0;
	const struct json_node *v = query_body_property(b.root, S("mention"));
	return v && v->type == JSON_STRING && id_read(S("men"), v->text, &mention) ? mention : 0;
}

static enum err add(struct op *op, const struct followup_rule *r, const struct event *e, uint32_t subject, int64_t at_ms, id new)
{
	id owner, mention = followup__mention_of(&op->arena, e);
	struct said s = said_by(op, e);
	str event = e ? e->type : S("");
	TRY(next_owner(op, r, &owner));
	return op_run(op, SQL_followup_add,
	              DB_ARGS(db_id(new), db_id(r->id), db_int(subject), db_int(e ? e->import : 0), db_text(event), db_text(e && e->channel.n ? e->channel : STR_NONE), db_text(s.quote), real(s.score), real(s.most),
	                      db_int(at_ms), db_id(owner), db_int(op->now_ms), db_int(op->now_ms + r->due_hours * 3600000), db_text(i18n_fold(&op->arena, str_fmt(&op->arena, "%.*s %.*s", STR_ARG(event), STR_ARG(s.quote)))), mention ? db_id(mention) : db_null()),
	              NULL);
}

enum err followup__act(struct op *op, const struct followup_rule *r, const struct event *e, uint32_t subject, int64_t at_ms, bool *made)
{
	struct db_rows open, today;
	int64_t added;
	uint32_t number = people_customer(op->app->people, subject);
	*made = false;
	TRY(op_query(op, SQL_followup_open_of, DB_ARGS(db_id(r->id), db_int(subject), db_id(number ? people_id(op->app->people, number) : 0)), &open));
	TRY(op_query(op, SQL_followup_rule_made_since, DB_ARGS(db_id(r->id), db_int(op->now_ms - DAY_MS)), &today));
	bool is_held = !open.n && db_rows_int(&today, 0, 0) >= r->most_a_day;
	id of = open.n ? db_rows_id(&open, 0, 0) : is_held ? 0 : id_new();
	TRY(op_run(op, SQL_followup_touchpoint_add,
	           DB_ARGS(db_id(r->id), db_text(message_of(op, e, subject, at_ms)), db_int(of), db_int(subject), db_int(e ? e->import : 0), db_int(at_ms)), &added));
	if (!added) return OK;
	followup__tell_pages(op);
	if (is_held) return op_run(op, SQL_followup_rule_hold_back, DB_ARGS(db_id(r->id)), NULL);
	if (open.n) return op_run(op, SQL_followup_again, DB_ARGS(db_id(of)), NULL);
	*made = true;
	TRY(add(op, r, e, subject, at_ms, of));
	return followup__publish(op, of, WEBHOOK_followup_opened, of);
}

bool followup__is_of_mention(str event)
{
	return str_eq(event, S("Mention Posted")) || str_eq(event, S("Review Posted"));
}

static enum err apply_rules(struct op *op, const struct followups *f, const struct event *e)
{
	struct followup_rule rule;
	bool made;
	for (size_t i = 0; i < f->n; i++) {
		bool holds = false;
		if (followup__names(f->v[i].events, e->type)) TRY(followup__holds(op, &op->arena, f->v[i].condition, e, &holds));
		if (!holds) continue;
		enum err found = followup__rule(op, f->v[i].rule, &rule);
		if (found == ERR_NOT_FOUND) fault_clear(&op->fault);
		else TRY(found);
		if (found == OK && rule.is_on && (e->subject || followup__mention_of(&op->arena, e))) TRY(followup__act(op, &rule, e, e->subject, e->time_ms, &made));
	}
	return OK;
}

enum err followup_apply(struct op *op, const struct events_record *r)
{
	struct followups *f = op->app->followups;
	const struct event *e = &r->event;
	if (!f || r->is_note || (!e->subject && !followup__is_of_mention(e->type)) || !(e->purposes & PURPOSE_BIT(PURPOSE_SERVICE))) return OK;
	if (!followup_watches(op->app, e->type) || e->time_ms < op->now_ms - OLDEST_DAYS * DAY_MS) return OK;
	pthread_rwlock_rdlock(&f->lock);
	enum err err = apply_rules(op, f, e);
	pthread_rwlock_unlock(&f->lock);
	return err;
}

/* ---- erasing ---- */

static enum err forget(struct op *op, const enum sql statements[3], int64_t which)
{
	for (int i = 0; i < 3; i++) TRY(op_run(op, statements[i], DB_ARGS(db_int(which)), NULL));
	return OK;
}

enum err followup_forget_subject(struct op *op, uint32_t subject)
{
	static const enum sql statements[] = {SQL_followup_touchpoint_remove_subject, SQL_followup_step_remove_subject, SQL_followup_remove_subject};
	return forget(op, statements, subject);
}

enum err followup_forget_import(struct op *op, int64_t import)
{
	static const enum sql statements[] = {SQL_followup_touchpoint_remove_import, SQL_followup_step_remove_import, SQL_followup_remove_import};
	return forget(op, statements, import);
}
