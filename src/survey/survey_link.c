/* survey_link.c: a customer's link is sealed with the directory's secret, so that nobody can make or change one. */
#include <sodium.h>
#include <string.h>

#include "op/app.h"
#include "setting/setting.h"
#include "survey/survey_inner.h"

enum { SEAL_BYTES = 16, TICKET_BYTES = 9 };

#define TICKET "one"

static str seal(struct op *op, str what)
{
	unsigned char mac[SEAL_BYTES];
	str text = str_fmt(&op->arena, "survey link %.*s", STR_ARG(what));
	crypto_generichash(mac, sizeof mac, (const unsigned char *)text.p, text.n, op->app->secret, sizeof op->app->secret);
	return str_base64url(&op->arena, mac, sizeof mac);
}

str survey_address(struct op *op, const struct web *w, str path)
{
	str base = setting_text(op, SETTING_public_address);
	return str_fmt(&op->arena, "%.*s%.*s", STR_ARG(base.n ? base : web_origin(op, w)), STR_ARG(path));
}

str survey_link_make(struct op *op, id survey, id customer, int64_t expires_ms)
{
	str to = id_show(&op->arena, S("sur"), survey);
	if (!customer) return str_fmt(&op->arena, "/s/%.*s", STR_ARG(to));
	str what = str_fmt(&op->arena, "%.*s.%.*s.%lld", STR_ARG(to), STR_ARG(id_show(&op->arena, S("cus"), customer)), (long long)(expires_ms / 1000));
	return str_fmt(&op->arena, "/s/%.*s.%.*s", STR_ARG(what), STR_ARG(seal(op, what)));
}

str survey_link_for_group(struct op *op, id survey, id group)
{
	return str_fmt(&op->arena, "%.*s.%.*s", STR_ARG(survey_link_make(op, survey, 0, 0)), STR_ARG(id_show(&op->arena, S("grp"), group)));
}

str survey__ticket_make(struct op *op, id survey, int64_t expires_ms)
{
	unsigned char random[TICKET_BYTES];
	randombytes_buf(random, sizeof random);
	str what = str_fmt(&op->arena, "%.*s." TICKET ".%.*s.%lld", STR_ARG(id_show(&op->arena, S("sur"), survey)), STR_ARG(str_base64url(&op->arena, random, sizeof random)), (long long)(expires_ms / 1000));
	return str_fmt(&op->arena, "/s/%.*s.%.*s", STR_ARG(what), STR_ARG(seal(op, what)));
}

/* Another hash than the seal, so that nobody who reads the records can tell which links were used. */
static struct db_val mark_of(struct op *op, str ticket)
{
	return db_blob(seal(op, str_fmt(&op->arena, "used %.*s", STR_ARG(ticket))));
}

enum err survey__ticket_used(struct op *op, id survey, str ticket, bool *used)
{
	struct db_rows rows;
	TRY(op_query(op, SQL_survey_ticket_is, DB_ARGS(db_id(survey), mark_of(op, ticket)), &rows));
	*used = db_rows_int(&rows, 0, 0) > 0;
	return OK;
}

enum err survey__ticket_use(struct op *op, id survey, str ticket)
{
	int64_t added;
	TRY(op_run(op, SQL_survey_ticket_use, DB_ARGS(db_id(survey), mark_of(op, ticket)), &added));
	return added ? OK : fail(op, ERR_CONFLICT, "", "this link was used already");
}

static str trial_seal(struct op *op, str survey)
{
	return seal(op, str_fmt(&op->arena, "trial %.*s", STR_ARG(survey)));
}

str survey_trial_path(struct op *op, id survey)
{
	str to = id_show(&op->arena, S("sur"), survey);
	return str_fmt(&op->arena, "/s/%.*s?trial=%.*s", STR_ARG(to), STR_ARG(trial_seal(op, to)));
}

bool survey__is_trial(struct op *op, const struct web *w)
{
	str given = web_query(w, "trial");
	if (!given.n || !w->is_framed) return false;
	str right = trial_seal(op, web_parameter(w, "token"));
	return given.n == right.n && sodium_memcmp(given.p, right.p, right.n) == 0;
}

enum err survey_link_read(struct op *op, str token, struct survey_link *out)
{
	str rest = token, survey = str_cut(&rest, '.'), customer, expires;
	*out = (struct survey_link){.expires_ms = INT64_MAX};
	bool is_good = id_read(S("sur"), survey, &out->survey);
	bool is_of_group = is_good && str_given(rest) && id_read(S("grp"), rest, &out->group);
	if (is_good && str_given(rest) && !is_of_group) {
		customer = str_cut(&rest, '.');
		bool is_ticket = str_eq(customer, S(TICKET));
		if (is_ticket) (void)str_cut(&rest, '.');
		expires = str_cut(&rest, '.');
		is_good = str_given(rest) && (is_ticket || id_read(S("cus"), customer, &out->customer)) && str_i64(expires, &out->expires_ms) && out->expires_ms < INT64_MAX / 1000;
		str right = is_good ? seal(op, str_sub(token, 0, token.n - rest.n - 1)) : STR_NONE;
		is_good = is_good && rest.n == right.n && sodium_memcmp(rest.p, right.p, rest.n) == 0;
		out->expires_ms *= is_good ? 1000 : 0;
		*(is_ticket ? &out->ticket : &out->submission) = is_ticket ? token : rest;
	}
	return is_good ? OK : fail(op, ERR_NOT_FOUND, "", "there is no such survey");
}
