/* voice_surveys.c: the surveys that were answered, by the names that colleagues gave them. */
#include "customer/customer.h"
#include "voice/voice_inner.h"

str voice__survey_name(struct op *op, const struct db_rows *names, str survey)
{
	for (size_t i = 0; i < names->n; i++)
		if (str_eq(id_show(&op->arena, S("sur"), db_rows_id(names, i, 0)), survey)) return db_rows_text(names, i, 1);
	return survey;
}

enum err voice__survey_names(struct op *op, struct db_rows *out)
{
	return op_query(op, SQL_feedback_survey_names, DB_NO_ARGS, out);
}

enum err voice__survey_options(struct op *op, const struct db_rows *names, str selected, void *list)
{
	struct db_rows r;
	TRY(op_query(op, SQL_feedback_surveys, DB_NO_ARGS, &r));
	for (size_t i = 0; i < r.n; i++) {
		str survey = db_rows_text(&r, i, 0);
		customer_option(op, list, survey, voice__survey_name(op, names, survey), str_eq(survey, selected));
	}
	return OK;
}
