/* voice_facts.c: waits, contacts and things that went wrong are those of tables/frictions.def, under the names that this workspace's
 * touchpoints have; beside them what the last order cost. A wait or a price that a third of the cases lack would cost these their
 * place among complete cases, and what happened to a handful tells nothing: both are left out. */
#include <math.h>

#include "events/events.h"
#include "i18n/i18n.h"
#include "op/app.h"
#include "query/query.h"
#include "voice/voice_inner.h"

enum kind { WAIT, LOOP, REPEAT, ERROR, DROP };
static const double KNOWN_LEAST = 2.0 / 3;
enum { MET_LEAST = 10, NAMES_MOST = 12, FACT_DAYS = 90 };

#define FRICTION_DAYS(n) ((n)*INT64_C(86400))
#define FRICTION_MINUTES(n) ((n)*INT64_C(60))
#define FRICTION(key, kind, stage, events, ends, times, within) {#key, kind, events, ends, within},
static const struct {
	const char *key;
	enum kind kind;
	const char *events, *ends;
	int64_t within_s;
} ROWS[] = {
#include "frictions.def"
};
#undef FRICTION

struct names {
	str json, shown; /* absent: none of them was heard */
};

/* Of "A|B", those that the workspace has, as it spells them. */
static struct names names_of(struct op *op, const char *listed)
{
	str json[NAMES_MOST], shown[NAMES_MOST];
	size_t n = 0, types = events_type_count(op->app->events);
	for (size_t t = 0; t < types && n < NAMES_MOST; t++) {
		str name = events_type_name(op->app->events, (uint16_t)t), rest = str_of(listed);
		bool is_listed = false;
		while (str_given(rest) && !is_listed) is_listed = query_is_same_name(str_cut(&rest, '|'), name);
		if (is_listed) json[n] = voice__json(op, name), shown[n++] = name;
	}
	if (!n) return (struct names){STR_NONE, STR_NONE};
	str list = str_join(&op->arena, json, n, S(","));
	return (struct names){str_fmt(&op->arena, "[%.*s]", STR_ARG(list)), str_join(&op->arena, shown, n, S(", "))};
}

static str worded(struct op *op, const char *key, str event, str end)
{
	struct msg m = msg_str(key, "event", event);
	msg_add(&m, (struct msg_arg){.name = "end", .type = MSG_STR, .s = end});
	return i18n_msg(&op->arena, &op->locale, &m);
}

/* Those of waits and the order are not known of everybody, the counts are. */
struct candidates {
	struct voice_fact v[VOICE_FACTS];
	size_t n;
};

static void add(struct candidates *c, struct voice_fact f)
{
	if (c->n < VOICE_FACTS) c->v[c->n++] = f;
}

static void find(struct op *op, struct candidates *counts, struct candidates *others)
{
	for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
		bool is_wait = ROWS[i].kind == WAIT;
		if (!is_wait && ROWS[i].kind != REPEAT && ROWS[i].kind != ERROR) continue;
		struct names events = names_of(op, ROWS[i].events), ends = is_wait ? names_of(op, ROWS[i].ends) : (struct names){S(""), S("")};
		if (!str_given(events.json) || !str_given(ends.json)) continue;
		str name = worded(op, is_wait ? "voice_fact_wait" : ROWS[i].kind == ERROR ? "voice_fact_error" : "voice_fact_contact", events.shown, ends.shown);
		struct voice_fact f = {str_of(ROWS[i].key), name, name, STR_NONE};
		if (is_wait) f.label = worded(op, "voice_fact_wait_short", events.shown, ends.shown);
		else if (ROWS[i].kind == ERROR) f.label = events.shown;
		if (is_wait) f.predictor = str_fmt(&op->arena, "{\"event\":%.*s,\"end\":%.*s,\"target\":{\"seconds\":%lld},\"within\":{\"days\":%d}}", STR_ARG(events.json), STR_ARG(ends.json), (long long)ROWS[i].within_s, FACT_DAYS);
		else f.predictor = str_fmt(&op->arena, "{\"event\":%.*s,\"target\":0,\"within\":{\"days\":%d}}", STR_ARG(events.json), FACT_DAYS);
		add(is_wait ? others : counts, f);
	}
	str price = i18n_pattern(op->locale.lang, S("voice_fact_price"));
	add(others, (struct voice_fact){S("order_value"), price, price, str_fmt(&op->arena, "{\"order\":\"value\",\"within\":{\"days\":%d}}", FACT_DAYS)});
}

static enum err look_at(struct op *op, str outcome, const struct candidates *c, const struct json_node **answer)
{
	str predictors[VOICE_FACTS];
	for (size_t i = 0; i < c->n; i++) predictors[i] = c->v[i].predictor;
	str about = voice__json(op, outcome), list = str_join(&op->arena, predictors, c->n, S(","));
	return voice__ask(op, str_fmt(&op->arena, "{\"kind\":\"drivers\",\"outcome\":%.*s,\"predictors\":[%.*s],\"intervals\":false}", STR_ARG(about), STR_ARG(list)), answer);
}

static bool is_enough(const struct json_node *d, bool is_count, int64_t complete, int64_t cases)
{
	int64_t known = 0;
	double spared = voice__real(d, "in_target");
	json_get_i64(d, S("n"), &known);
	if (!is_count) return known && (double)known >= KNOWN_LEAST * (double)cases;
	return complete && (1 - spared) * (double)complete >= MET_LEAST && spared * (double)complete >= MET_LEAST;
}

static enum err choose(struct op *op, str outcome, const struct candidates *c, bool is_count, size_t most, struct voice_fact *out, size_t *n)
{
	const struct json_node *answer;
	int64_t complete = 0, incomplete = 0;
	if (!c->n) return OK;
	TRY(look_at(op, outcome, c, &answer));
	json_get_i64(answer, S("n"), &complete);
	json_get_i64(answer, S("incomplete"), &incomplete);
	const struct json_node *d = json_get(answer, S("drivers"));
	d = d ? d->child : NULL;
	for (size_t i = 0; i < c->n && d && *n < most; i++, d = d->next)
		if (is_enough(d, is_count, complete, complete + incomplete)) out[(*n)++] = c->v[i];
	return OK;
}

enum err voice__facts(struct op *op, str outcome, size_t most, struct voice_fact out[VOICE_FACTS], size_t *n)
{
	struct candidates counts = {.n = 0}, others = {.n = 0};
	*n = 0;
	if (most > VOICE_FACTS) most = VOICE_FACTS;
	find(op, &counts, &others);
	TRY(choose(op, outcome, &others, false, most, out, n));
	return choose(op, outcome, &counts, true, most, out, n);
}
