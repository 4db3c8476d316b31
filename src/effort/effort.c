#include "effort/effort_inner.h"

#include "base/datetime.h"
#include "collect/touchpoint.h"
#include "customer/customer.h"
#include "http/http.h"
#include "i18n/zone.h"
#include "op/app.h"
#include "setting/setting.h"

const char *const EFFORT_KINDS[] = {"standing", "gesture", NULL};
const char *const EFFORT_PERS[] = {"once", "month", "year", "each", NULL};
const char *const EFFORT_EXPECTED[] = {"rise", "fall", NULL};
const char *const EFFORT_DECISION_NAMES[] = {"undecided", "start", "stop", "continue", NULL};
const char *const EFFORT_OUTCOMES[] = {"none", "waiting", "too_early", "no_base", "moved", "unmoved", "worse", NULL};

static const struct desc_field FIELDS[] = {
	FIELD(effort, id, DESC_ID, .prefix = "eff"),
	FIELD(effort, name, DESC_STR),
	FIELD(effort, description, DESC_STR),
	FIELD(effort, kind, DESC_ENUM, .names = EFFORT_KINDS, .prefix = "effort_kind"),
	FIELD(effort, cost, DESC_MONEY),
	FIELD(effort, per, DESC_ENUM, .names = EFFORT_PERS, .prefix = "effort_per", .doc = "what the cost is of: once, a month, a year, each time it is given"),
	FIELD(effort, owner, DESC_ID, .prefix = "per"),
	FIELD(effort, owner_name, DESC_STR),
	FIELD(effort, event, DESC_STR, .doc = "the touchpoint at which it is met"),
	FIELD(effort, stage, DESC_ENUM, .names = STAGES, .prefix = "stage"),
	FIELD(effort, figure, DESC_STR, .doc = "the question whose number it should move"),
	FIELD(effort, expected, DESC_ENUM, .names = EFFORT_EXPECTED, .prefix = "effort_expected"),
	FIELD(effort, watch_days, DESC_INT, .doc = "days compared on either side of the change"),
	FIELD(effort, decision, DESC_ENUM, .names = EFFORT_DECISION_NAMES, .prefix = "effort_decision"),
	FIELD(effort, decided_day, DESC_DATE),
	FIELD(effort, effect_day, DESC_DATE),
	FIELD(effort, signal_day, DESC_DATE, .doc = "of the first evidence"),
	FIELD(effort, signal, DESC_STR),
	FIELD(effort, evidence, DESC_RAW, .doc = "as it was when the effort was taken from it"),
	FIELD(effort, improvement, DESC_ID, .prefix = "imv"),
	FIELD(effort, improvement_title, DESC_STR),
	FIELD(effort, made_at, DESC_TIME),
};
const struct desc EFFORT_DESC = DESC(effort, FIELDS);

enum err effort__all(struct op *op, struct effort **out, size_t *n)
{
	void *rows;
	TRY(op_structs(op, SQL_effort_all, DB_NO_ARGS, &EFFORT_DESC, &rows, n));
	*out = rows;
	return OK;
}

enum err effort__get(struct op *op, id effort, struct effort *out)
{
	void *rows;
	size_t n;
	TRY(op_structs(op, SQL_effort_by_id, DB_ARGS(db_id(effort)), &EFFORT_DESC, &rows, &n));
	if (!n) return fail(op, ERR_NOT_FOUND, "id", "there is no such effort");
	*out = *(struct effort *)rows;
	return OK;
}

str effort__address(struct op *op, id effort)
{
	return str_fmt(&op->arena, "/efforts/%.*s", STR_ARG(id_show(&op->arena, S("eff"), effort)));
}

int64_t effort__today(const struct op *op)
{
	int64_t civil = zone_to_civil(setting_zone(op->app), op->now_ms);
	return civil - (civil % DAY_MS + DAY_MS) % DAY_MS;
}

bool effort__read_day(str text, int64_t *out)
{
	bool has_zone;
	return datetime_parse(text, out, &has_zone) && *out >= DATETIME_MIN_MS && *out < DATETIME_MAX_MS && *out % DAY_MS == 0;
}

int effort__choice(str text, const char *const *names, int otherwise)
{
	for (int i = 0; names[i]; i++)
		if (str_eq(text, str_of(names[i]))) return i;
	return text.n ? -1 : otherwise;
}

void effort__options(struct op *op, void *list, const char *const *names, const char *prefix, int chosen)
{
	LIST_OF(struct option) *options = list;
	size_t n = 0;
	while (names[n]) n++;
	options->v = ARENA_ARRAY(&op->arena, struct option, n + 1);
	for (options->n = 0; options->n < n; options->n++)
		options->v[options->n] = (struct option){str_of(names[options->n]), i18n_pattern(op->locale.lang, str_fmt(&op->arena, "%s_%s", prefix, names[options->n])), (int)options->n == chosen};
}

enum err effort__owners(struct op *op, id chosen, void *list)
{
	struct db_rows people;
	TRY(op_query(op, SQL_followup_people, DB_NO_ARGS, &people));
	customer_option(op, list, S(""), i18n_pattern(op->locale.lang, S("followup_nobody")), !chosen);
	for (size_t i = 0; i < people.n; i++) customer_option(op, list, id_show(&op->arena, S("per"), db_rows_id(&people, i, 0)), db_rows_text(&people, i, 1), db_rows_id(&people, i, 0) == chosen);
	return OK;
}

bool effort__owner(struct op *op, str text, id *out)
{
	struct db_rows person;
	*out = 0;
	if (!text.n) return true;
	return id_read(S("per"), text, out) && op_query(op, SQL_target_person, DB_ARGS(db_id(*out)), &person) == OK && person.n;
}

static void publish(void *app)
{
	struct app *a = app;
	if (a->http) http_publish(a->http, EFFORT_TOPIC);
}

void effort__changed(struct op *op)
{
	op_after_commit(op, publish, op->app);
}
