/* survey_limit.c: how long a survey is open, for how many, and how fast answers may come in. */
#include "i18n/zone.h"
#include "op/app.h"
#include "setting/setting.h"
#include "survey/survey_inner.h"
#include "team/tries.h"

enum { DAY_MS = 86400000, HOUR_MS = 3600000 };

const char *survey__when(const struct op *op, const struct survey *s)
{
	const struct survey_definition *d = &s->definition;
	int64_t civil = zone_to_civil(setting_zone(op->app), op->now_ms), today = civil - civil % DAY_MS;
	if (d->opens_on != DESC_NULL_INT && today < d->opens_on) return "early";
	if (d->closes_on != DESC_NULL_INT && today > d->closes_on) return "closed";
	return d->most != DESC_NULL_INT && s->submissions >= d->most ? "closed" : NULL;
}

/* ---- quotas ---- */

static int64_t answered(const struct db_rows *rows, str question, str value)
{
	for (size_t i = 0; i < rows->n; i++)
		if (str_eq(db_rows_text(rows, i, 0), question) && str_eq(db_rows_text(rows, i, 1), value)) return db_rows_int(rows, i, 2);
	return 0;
}

static const struct survey_quota *quota_met(const struct sitting *x, size_t i, size_t k)
{
	const struct survey_question *q = &x->s->definition.questions.v[i];
	bool counts = x->asked[i] && survey__is_answered(q, x->given[i]) && survey__is(q, x->given[i], q->quotas.v[k].value);
	return counts ? &q->quotas.v[k] : NULL;
}

enum err survey__is_full(const struct sitting *x, bool *full)
{
	const struct survey_definition *d = &x->s->definition;
	struct db_rows rows;
	*full = false;
	TRY(op_query(x->op, SQL_survey_quota_rows, DB_ARGS(db_id(x->s->id)), &rows));
	for (size_t i = 0; i < d->questions.n; i++)
		for (size_t k = 0; k < d->questions.v[i].quotas.n; k++) {
			const struct survey_quota *u = quota_met(x, i, k);
			if (u && answered(&rows, d->questions.v[i].id, u->value) >= u->most) *full = true;
		}
	return OK;
}

enum err survey__count_quotas(const struct sitting *x)
{
	const struct survey_definition *d = &x->s->definition;
	int64_t changed;
	for (size_t i = 0; i < d->questions.n; i++)
		for (size_t k = 0; k < d->questions.v[i].quotas.n; k++) {
			const struct survey_quota *u = quota_met(x, i, k);
			if (!u) continue;
			TRY(op_run(x->op, SQL_survey_quota_count, DB_ARGS(db_id(x->s->id), db_text(d->questions.v[i].id), db_text(u->value), db_int(u->most)), &changed));
			if (!changed) return fail(x->op, ERR_BUSY, "", "somebody else was faster");
		}
	return OK;
}

/* ---- floods ---- */

/* Counted apart by what is hashed with the address, and by what stands for all addresses together. */
struct flood {
	const char *address, *all;
	enum setting most_address, most_all;
};
static const struct flood FLOODS[] = {
	[SURVEY_FLOOD_ANSWERS] = {"survey-address", "", SETTING_survey_rate_address, SETTING_survey_rate_link},
	[SURVEY_FLOOD_ASKED] = {"site-asked", "asked", SETTING_site_rate_address, SETTING_site_rate_survey},
	[SURVEY_FLOOD_OPENED] = {"site-opened", "opened", SETTING_site_rate_address, SETTING_site_rate_survey},
	[SURVEY_FLOOD_STARTED] = {"site-started", "started", SETTING_site_rate_address, SETTING_site_rate_survey},
};

enum err survey_count_flood(struct op *op, const struct web *w, id survey, enum survey_flood what, bool *flooded)
{
	const struct flood *f = &FLOODS[what];
	struct db_rows rows;
	int64_t hour = op->now_ms / HOUR_MS;
	const str address = tries_address_hash(op, f->address, http_peer(w->rq)), all = str_of(f->all);
	TRY(op_query(op, SQL_survey_flood_rows, DB_ARGS(db_id(survey), db_blob(address), db_int(hour), db_blob(all)), &rows));
	*flooded = db_rows_int(&rows, 0, 0) >= setting_int(op->app, f->most_address) || db_rows_int(&rows, 0, 1) >= setting_int(op->app, f->most_all);
	if (*flooded) {
		http_set_header(w->rq, "Retry-After", str_fmt(&op->arena, "%lld", (long long)((hour + 1) * HOUR_MS - op->now_ms) / 1000 + 1));
		return OK;
	}
	TRY(op_run(op, SQL_survey_flood_forget, DB_ARGS(db_int(hour)), NULL));
	TRY(op_run(op, SQL_survey_flood_count, DB_ARGS(db_id(survey), db_blob(address), db_int(hour)), NULL));
	return op_run(op, SQL_survey_flood_count, DB_ARGS(db_id(survey), db_blob(all), db_int(hour)), NULL);
}
