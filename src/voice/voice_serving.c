/* Those who serve: how they score their work, by team or place, beside how customers score the same, and what stands in their way. All of
 * it is asked as anybody may ask it (query kind serving); what may be seen of anonymous answers is decided there. */
#include <math.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/datetime.h"
#include "i18n/i18n.h"
#include "json/desc.h"
#include "query/anonymous.h"
#include "voice/voice_inner.h"

enum { MOST_COLUMNS = 6, CARRIED_DAYS = 30 };
static const double SURE = 0.05;

struct serving_week {
	int64_t day, staff_n, customers_n;
	str label, staff, customers;
	double staff_number, staff_low, staff_high, customers_number, customers_low, customers_high;
	bool has_staff, has_customers;
};
struct serving_team {
	str name, staff, customers, r;
	int64_t staff_n, customers_n, pairs, at;
	struct msg staff_interval, customers_interval, lag, interval, sureness;
	double p;
	LIST_OF(struct serving_week) weeks;
};
struct serving_lag {
	struct msg name;
	int64_t pairs;
	str r;
	double number, low, high;
	struct msg interval;
	bool is_best, has_value;
};
struct serving_count {
	str name; /* of the column */
	int64_t n;
};
struct serving_answer_row {
	str text;
	int64_t n;
	LIST_OF(struct serving_count) counts;
};
struct serving_obstacles {
	str title;
	LIST_OF(str) columns;
	LIST_OF(struct serving_answer_row) rows;
};
struct serving_page {
	struct msg finding, held_back;
	bool is_empty, is_staff_share, is_customers_share, has_customers;
	LIST_OF(struct option) questions, groups, scores;
	str staff_title, customers_title;
	struct msg staff_measure, customers_measure;
	LIST_OF(struct serving_lag) lags;
	LIST_OF(struct serving_team) teams;
	LIST_OF(struct serving_obstacles) obstacles;
};
static const struct desc_field WEEK_FIELDS[] = {
	FIELD(serving_week, day, DESC_DATE),
	FIELD(serving_week, label, DESC_STR),
	FIELD(serving_week, staff_n, DESC_INT),
	FIELD(serving_week, staff, DESC_STR),
	FIELD(serving_week, staff_number, DESC_REAL),
	FIELD(serving_week, staff_low, DESC_REAL),
	FIELD(serving_week, staff_high, DESC_REAL),
	FIELD(serving_week, has_staff, DESC_BOOL),
	FIELD(serving_week, customers_n, DESC_INT),
	FIELD(serving_week, customers, DESC_STR),
	FIELD(serving_week, customers_number, DESC_REAL),
	FIELD(serving_week, customers_low, DESC_REAL),
	FIELD(serving_week, customers_high, DESC_REAL),
	FIELD(serving_week, has_customers, DESC_BOOL),
};
static const struct desc WEEK_DESC = DESC(serving_week, WEEK_FIELDS);
static const struct desc_field TEAM_FIELDS[] = {
	FIELD(serving_team, name, DESC_STR),
	FIELD(serving_team, at, DESC_INT),
	FIELD(serving_team, staff_n, DESC_INT),
	FIELD(serving_team, staff, DESC_STR),
	FIELD(serving_team, staff_interval, DESC_MSG),
	FIELD(serving_team, customers_n, DESC_INT),
	FIELD(serving_team, customers, DESC_STR),
	FIELD(serving_team, customers_interval, DESC_MSG),
	FIELD(serving_team, lag, DESC_MSG, .doc = "the one that fits best; empty: too few weeks"),
	FIELD(serving_team, r, DESC_STR),
	FIELD(serving_team, interval, DESC_MSG),
	FIELD(serving_team, pairs, DESC_INT, .doc = "weeks with both scores at that lag"),
	FIELD(serving_team, p, DESC_REAL, .doc = "corrected for the lags and the groups"),
	FIELD(serving_team, sureness, DESC_MSG),
	FIELD(serving_team, weeks, DESC_LIST, .item = DESC_STRUCT, .of = &WEEK_DESC),
};
static const struct desc TEAM_DESC = DESC(serving_team, TEAM_FIELDS);
static const struct desc_field LAG_FIELDS[] = {
	FIELD(serving_lag, name, DESC_MSG),
	FIELD(serving_lag, pairs, DESC_INT),
	FIELD(serving_lag, r, DESC_STR),
	FIELD(serving_lag, number, DESC_REAL),
	FIELD(serving_lag, low, DESC_REAL),
	FIELD(serving_lag, high, DESC_REAL),
	FIELD(serving_lag, interval, DESC_MSG),
	FIELD(serving_lag, is_best, DESC_BOOL),
	FIELD(serving_lag, has_value, DESC_BOOL),
};
static const struct desc LAG_DESC = DESC(serving_lag, LAG_FIELDS);
static const struct desc_field COUNT_FIELDS[] = {
	FIELD(serving_count, name, DESC_STR),
	FIELD(serving_count, n, DESC_INT),
};
static const struct desc COUNT_DESC = DESC(serving_count, COUNT_FIELDS);
static const struct desc_field ANSWER_FIELDS[] = {
	FIELD(serving_answer_row, text, DESC_STR),
	FIELD(serving_answer_row, n, DESC_INT),
	FIELD(serving_answer_row, counts, DESC_LIST, .item = DESC_STRUCT, .of = &COUNT_DESC, .doc = "by column"),
};
static const struct desc ANSWER_DESC = DESC(serving_answer_row, ANSWER_FIELDS);
static const struct desc_field OBSTACLES_FIELDS[] = {
	FIELD(serving_obstacles, title, DESC_STR),
	FIELD(serving_obstacles, columns, DESC_LIST, .item = DESC_STR, .doc = "teams or places"),
	FIELD(serving_obstacles, rows, DESC_LIST, .item = DESC_STRUCT, .of = &ANSWER_DESC),
};
static const struct desc OBSTACLES_DESC = DESC(serving_obstacles, OBSTACLES_FIELDS);
static const struct desc_field PAGE_FIELDS[] = {
	FIELD(serving_page, finding, DESC_MSG),
	FIELD(serving_page, held_back, DESC_MSG, .doc = "answers that wait until enough stand together"),
	FIELD(serving_page, is_empty, DESC_BOOL),
	FIELD(serving_page, has_customers, DESC_BOOL),
	FIELD(serving_page, is_staff_share, DESC_BOOL),
	FIELD(serving_page, is_customers_share, DESC_BOOL),
	FIELD(serving_page, questions, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(serving_page, groups, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(serving_page, scores, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(serving_page, staff_title, DESC_STR),
	FIELD(serving_page, staff_measure, DESC_MSG),
	FIELD(serving_page, customers_title, DESC_STR),
	FIELD(serving_page, customers_measure, DESC_MSG),
	FIELD(serving_page, lags, DESC_LIST, .item = DESC_STRUCT, .of = &LAG_DESC),
	FIELD(serving_page, teams, DESC_LIST, .item = DESC_STRUCT, .of = &TEAM_DESC),
	FIELD(serving_page, obstacles, DESC_LIST, .item = DESC_STRUCT, .of = &OBSTACLES_DESC),
};
const struct desc VOICE_SERVING_DESC = DESC(serving_page, PAGE_FIELDS);

/* ---- what is asked ---- */

struct asked {
	const struct feedback_question *staff, *customers; /* NULL: none */
	struct voice_way staff_way, customers_way;
	const char *by;
	size_t group; /* of QUERY_ANONYMOUS_GROUPS */
};

static str side(struct op *op, const struct feedback_question *q, struct voice_way way, const char *more)
{
	const char *method = way.metric == RATING_NPS ? "" : way.method == RATING_MEAN ? ",\"method\":\"mean\"" : ",\"method\":\"top2\"";
	return str_fmt(&op->arena, "{\"metric\":\"%s\",\"question\":%.*s%s%s}", RATING_METRICS[way.metric], STR_ARG(voice__json(op, q->id)), method, more);
}

static str question_of(struct op *op, const struct asked *x)
{
	const char *carried = str_c(&op->arena, str_fmt(&op->arena, ",\"carried\":{\"days\":%d}", CARRIED_DAYS));
	str customers = x->customers ? side(op, x->customers, x->customers_way, carried) : S("{\"metric\":\"csat\"}"); /* of nobody */
	return str_fmt(&op->arena, "{\"kind\":\"serving\",\"by\":\"%s\",\"staff\":%.*s,\"customers\":%.*s}", x->by, STR_ARG(side(op, x->staff, x->staff_way, "")),
		STR_ARG(customers));
}

/* ---- figures ---- */

static str number(struct op *op, double d)
{
	const double shown = 0.005; /* nearer to 0 it is 0, of no sign */
	return isnan(d) ? S("–") : i18n_real(&op->arena, &op->locale, fabs(d) < shown ? 0 : d, 2);
}

static struct msg between(struct op *op, double low, double high)
{
	if (isnan(low)) return (struct msg){0};
	struct msg m = msg_str("voice_interval", "low", number(op, low));
	msg_add(&m, (struct msg_arg){.name = "high", .type = MSG_STR, .s = number(op, high)});
	return m;
}

static struct msg weeks_later(const struct json_node *fit, int64_t *lag)
{
	*lag = -1;
	json_get_i64(fit, S("lag"), lag);
	if (*lag < 0) return (struct msg){0};
	return msg_int("serving_weeks_later", "n", *lag);
}

static void fill_side(struct op *op, struct voice_way way, const struct json_node *x, int64_t *n, str *shown, double *value, double *low, double *high)
{
	json_get_i64(x, S("n"), n);
	*value = voice__real(x, "value");
	*low = voice__real(x, "low");
	*high = voice__real(x, "high");
	*shown = voice__shown(op, way, *value);
}

static void add_week(struct op *op, const struct asked *x, const struct json_node *row, struct serving_team *team)
{
	struct serving_week *week = &team->weeks.v[team->weeks.n];
	bool has_zone;
	*week = (struct serving_week){0};
	if (!datetime_parse(json_get_str(row, S("time")), &week->day, &has_zone)) return;
	fill_side(op, x->staff_way, json_get(row, S("staff")), &week->staff_n, &week->staff, &week->staff_number, &week->staff_low, &week->staff_high);
	fill_side(op, x->customers_way, json_get(row, S("customers")), &week->customers_n, &week->customers, &week->customers_number, &week->customers_low, &week->customers_high);
	week->label = i18n_date(&op->arena, &op->locale, week->day);
	week->has_staff = !isnan(week->staff_number);
	week->has_customers = !isnan(week->customers_number);
	if (week->has_staff || week->has_customers) team->weeks.n++;
}

static void add_team(struct op *op, const struct asked *x, const struct json_node *group, struct serving_page *page)
{
	struct serving_team *team = &page->teams.v[page->teams.n];
	const struct json_node *fit = json_get(group, S("fit")), *rows = json_get(group, S("rows"));
	double value, low, high;
	int64_t lag;
	*team = (struct serving_team){.name = str_dup(&op->arena, json_get_str(group, S("by"))), .at = (int64_t)page->teams.n};
	fill_side(op, x->staff_way, json_get(group, S("staff")), &team->staff_n, &team->staff, &value, &low, &high);
	team->staff_interval = voice__interval(op, x->staff_way, low, high);
	if (!team->staff_n) return; /* only customers speak of it */
	fill_side(op, x->customers_way, json_get(group, S("customers")), &team->customers_n, &team->customers, &value, &low, &high);
	team->customers_interval = voice__interval(op, x->customers_way, low, high);
	team->lag = weeks_later(fit, &lag);
	team->r = number(op, voice__real(fit, "r"));
	team->interval = between(op, voice__real(fit, "low"), voice__real(fit, "high"));
	json_get_i64(fit, S("n"), &team->pairs);
	team->p = voice__real(fit, "q");
	if (lag >= 0) team->sureness = msg_of(team->p < SURE ? "serving_goes_with" : "serving_may_be_chance");
	team->weeks.v = ARENA_ARRAY(&op->arena, struct serving_week, (rows ? rows->n : 0) + 1);
	for (const struct json_node *row = rows ? rows->child : NULL; row; row = row->next) add_week(op, x, row, team);
	page->teams.n++;
}

static void add_lag(struct op *op, const struct json_node *x, int64_t best, struct serving_page *page)
{
	struct serving_lag *lag = &page->lags.v[page->lags.n];
	int64_t at;
	*lag = (struct serving_lag){.name = weeks_later(x, &at), .number = voice__real(x, "r"), .low = voice__real(x, "low"), .high = voice__real(x, "high")};
	json_get_i64(x, S("n"), &lag->pairs);
	lag->has_value = !isnan(lag->number);
	lag->r = number(op, lag->number);
	lag->interval = between(op, lag->low, lag->high);
	lag->is_best = at == best;
	page->lags.n++;
}

static struct msg finding_of(struct op *op, const struct json_node *fit, int64_t lag, const struct serving_page *page)
{
	double r = voice__real(fit, "r"), p = voice__real(fit, "p");
	int64_t pairs = 0;
	if (!page->teams.n) return msg_of("serving_waiting");
	if (lag < 0) return msg_of("serving_too_few");
	json_get_i64(fit, S("n"), &pairs);
	struct msg m = msg_int(p >= SURE ? "serving_not_sure" : r > 0 ? "serving_rises" : "serving_falls", "lag", lag);
	msg_add(&m, (struct msg_arg){.name = "r", .type = MSG_STR, .s = number(op, r)});
	msg_add(&m, (struct msg_arg){.name = "low", .type = MSG_STR, .s = number(op, voice__real(fit, "low"))});
	msg_add(&m, (struct msg_arg){.name = "high", .type = MSG_STR, .s = number(op, voice__real(fit, "high"))});
	msg_add(&m, (struct msg_arg){.name = "n", .type = MSG_INT, .i = pairs});
	return m;
}

static enum err fill_figures(struct op *op, const struct asked *x, struct serving_page *page)
{
	const struct json_node *answer;
	int64_t lag, waiting = 0;
	TRY(voice__ask(op, question_of(op, x), &answer));
	const struct json_node *groups = json_get(answer, S("groups")), *lags = json_get(answer, S("lags")), *fit = json_get(answer, S("fit"));
	page->teams.v = ARENA_ARRAY(&op->arena, struct serving_team, (groups ? groups->n : 0) + 1);
	for (const struct json_node *g = groups ? groups->child : NULL; g; g = g->next) add_team(op, x, g, page);
	(void)weeks_later(fit, &lag);
	page->lags.v = ARENA_ARRAY(&op->arena, struct serving_lag, (lags ? lags->n : 0) + 1);
	for (const struct json_node *l = lags && lag >= 0 ? lags->child : NULL; l; l = l->next) add_lag(op, l, lag, page);
	json_get_i64(answer, S("held_back"), &waiting);
	if (waiting) page->held_back = msg_int("serving_held_back", "n", waiting);
	page->finding = finding_of(op, fit, lag, page);
	return OK;
}

/* ---- what stands in their way ---- */

static str group_of(const struct feedback_choice *c, size_t group)
{
	return group == 0 ? c->team : group == 1 ? c->place : c->staff;
}

static size_t column_of(struct serving_obstacles *out, str name)
{
	size_t i = 0;
	while (i < out->columns.n && !str_eq(out->columns.v[i], name)) i++;
	if (i == out->columns.n && i < MOST_COLUMNS && name.n) out->columns.v[out->columns.n++] = name;
	return i;
}

static int by_n(const void *x, const void *y)
{
	const struct serving_answer_row *a = x, *b = y;
	return a->n != b->n ? (a->n > b->n ? -1 : 1) : str_cmp(a->text, b->text);
}

static void count(struct op *op, struct serving_obstacles *out, const struct feedback_choice *c, size_t group)
{
	size_t i = 0, column = column_of(out, group_of(c, group));
	while (i < out->rows.n && !str_eq(out->rows.v[i].text, c->text)) i++;
	struct serving_answer_row *row = &out->rows.v[i];
	if (i == out->rows.n) {
		*row = (struct serving_answer_row){.text = c->text};
		row->counts.v = ARENA_ARRAY(&op->arena, struct serving_count, MOST_COLUMNS);
		out->rows.n++;
	}
	row->n += c->n;
	if (column < out->columns.n) row->counts.v[column].n += c->n;
}

static void name_columns(const struct serving_obstacles *of, struct serving_answer_row *row)
{
	for (size_t i = 0; i < of->columns.n; i++) row->counts.v[i].name = of->columns.v[i];
	row->counts.n = of->columns.n;
}

static enum err add_obstacles(struct op *op, const struct feedback_question *q, size_t group, struct serving_page *page)
{
	struct feedback_choice *v;
	size_t n;
	TRY(feedback_choices(op, q->id, &v, &n));
	if (!n) return OK;
	struct serving_obstacles *out = &page->obstacles.v[page->obstacles.n++];
	*out = (struct serving_obstacles){.title = voice__name(q)};
	out->columns.v = ARENA_ARRAY(&op->arena, str, MOST_COLUMNS + 1);
	out->rows.v = ARENA_ARRAY(&op->arena, struct serving_answer_row, n + 1);
	for (size_t i = 0; i < n; i++) count(op, out, &v[i], group);
	qsort(out->rows.v, out->rows.n, sizeof *out->rows.v, by_n);
	for (size_t i = 0; i < out->rows.n; i++) name_columns(out, &out->rows.v[i]);
	return OK;
}

/* ---- the page ---- */

static const struct feedback_question *first_scored(const struct feedback_question *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (voice__way(&v[i]).is_scored) return &v[i];
	return NULL;
}

/* Questions that customers answered: those that no anonymous survey asks. */
static size_t customers_questions(struct feedback_question *v, size_t n, const struct feedback_question *staff, size_t n_staff)
{
	size_t kept = 0;
	for (size_t i = 0; i < n; i++)
		if (!voice__find(staff, n_staff, v[i].id)) v[kept++] = v[i];
	return kept;
}

static enum err choose(struct op *op, const struct web *w, const struct feedback_question *v, size_t n, const char *name, const struct feedback_question **out)
{
	str asked = web_query(w, name);
	*out = asked.n ? voice__find(v, n, asked) : first_scored(v, n);
	bool is_fine = !asked.n || (*out && voice__way(*out).is_scored);
	return is_fine ? OK : fail(op, ERR_NOT_FOUND, name, "nobody has answered a scored question of this id");
}

static enum err choose_group(struct op *op, const struct web *w, struct asked *x, struct serving_page *page)
{
	str asked = web_query(w, "by");
	page->groups.v = ARENA_ARRAY(&op->arena, struct option, QUERY_ANONYMOUS_GROUP_COUNT);
	for (size_t i = 0; i < QUERY_ANONYMOUS_GROUP_COUNT; i++) {
		str name = str_of(QUERY_ANONYMOUS_GROUPS[i]);
		bool is_chosen = asked.n ? str_eq(asked, name) : i == 0;
		if (is_chosen) x->by = QUERY_ANONYMOUS_GROUPS[i], x->group = i;
		page->groups.v[page->groups.n++] = (struct option){name, i18n_pattern(op->locale.lang, str_fmt(&op->arena, "serving_by_%.*s", STR_ARG(name))), is_chosen};
	}
	return x->by ? OK : fail(op, ERR_INVALID, "by", "must be team, place or staff");
}

static void name_sides(const struct asked *x, struct serving_page *page)
{
	page->staff_title = voice__name(x->staff);
	page->staff_measure = msg_of(voice__measure(x->staff_way));
	page->is_staff_share = x->staff_way.metric != RATING_NPS && x->staff_way.method == RATING_TOP2;
	page->has_customers = x->customers;
	if (!x->customers) return;
	page->customers_title = voice__name(x->customers);
	page->customers_measure = msg_of(voice__measure(x->customers_way));
	page->is_customers_share = x->customers_way.metric != RATING_NPS && x->customers_way.method == RATING_TOP2;
}

enum err voice_serving_get(struct op *op, struct web *w, struct answer *a)
{
	struct serving_page *page = ARENA_NEW(&op->arena, struct serving_page);
	struct feedback_question *staff, *all;
	struct asked x = {0};
	size_t n_staff, n;
	*page = (struct serving_page){.staff_title = STR_NONE, .customers_title = STR_NONE};
	TRY(feedback_anonymous_questions(op, &staff, &n_staff));
	TRY(feedback_questions(op, &all, &n));
	n = customers_questions(all, n, staff, n_staff);
	TRY(choose(op, w, staff, n_staff, "question", &x.staff));
	TRY(choose(op, w, all, n, "score", &x.customers));
	TRY(choose_group(op, w, &x, page));
	page->questions.v = voice__options(op, staff, n_staff, x.staff, &page->questions.n);
	page->scores.v = voice__options(op, all, n, x.customers, &page->scores.n);
	page->finding = msg_of("serving_none");
	page->is_empty = !x.staff;
	if (!x.staff) return answer_with(a, &VOICE_SERVING_DESC, page);
	x.staff_way = voice__way(x.staff);
	if (x.customers) x.customers_way = voice__way(x.customers);
	name_sides(&x, page);
	TRY(fill_figures(op, &x, page));
	page->obstacles.v = ARENA_ARRAY(&op->arena, struct serving_obstacles, n_staff + 1);
	for (size_t i = 0; i < n_staff; i++)
		if (str_eq(staff[i].type, S("choice")) || str_eq(staff[i].type, S("choices"))) TRY(add_obstacles(op, &staff[i], x.group, page));
	return answer_with(a, &VOICE_SERVING_DESC, page);
}
