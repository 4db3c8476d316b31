/* improvement_jobs.c: telling those who raised it. Each customer's row of improvement_told stands in the transaction of their mail, so
 * that a crash between two leaves neither or both; fifty an op, so that the writer is not kept. */
#include "customer/customer.h"
#include "customer/people.h"
#include "followup/followup.h"
#include "i18n/i18n.h"
#include "improvement/improvement_inner.h"
#include "json/json.h"
#include "op/app.h"
#include "setting/setting.h"

static enum err note(struct op *op, id improvement, id customer, const char *how)
{
	return op_run(op, SQL_improvement_told_add, DB_ARGS(db_id(improvement), db_id(customer), db_int(op->now_ms), db_text(str_of(how))), NULL);
}

static enum err tell_one(struct op *op, const struct improvement *x, id customer)
{
	struct customer_letter letter;
	str greeting, organisation = setting_text(op, SETTING_organisation);
	TRY(followup_letter_of(op, customer, &letter, &greeting));
	if (!letter.email.n) return note(op, x->id, customer, "no_address");
	if (letter.is_refused) return note(op, x->id, customer, "refused");
	const struct improvement_text *text = improvement__text(x->texts.v, x->texts.n, letter.language);
	if (!text) return fail(op, ERR_STATE, "texts", "no language has what was said and what was done");
	struct locale l = op->locale;
	l.lang = lang_find(text->lang);
	struct msg subject = msg_str("improvement_letter_subject", "organisation", organisation), said = msg_of("improvement_letter_said"), did = msg_of("improvement_letter_did");
	letter.subject = i18n_msg(&op->arena, &l, &subject);
	letter.text = str_fmt(&op->arena, "%.*s\n%.*s %.*s\n%.*s %.*s", STR_ARG(greeting), STR_ARG(i18n_msg(&op->arena, &l, &said)), STR_ARG(text->said), STR_ARG(i18n_msg(&op->arena, &l, &did)), STR_ARG(text->did));
	letter.language = text->lang;
	TRY(followup_letter_send(op, &letter, NULL));
	return note(op, x->id, customer, "mail");
}

static enum err tell_some(struct app *app, id improvement, size_t *n)
{
	struct op op;
	struct improvement x;
	struct db_rows r = {0};
	op_init(&op, app, (struct actor){.kind = ACTOR_SYSTEM, .name = S("Hospes")}, true);
	op.locale = setting_locale(&op);
	enum err e = improvement__get(&op, improvement, &x);
	if (e == OK && x.state == IMPROVEMENT_MENDED) e = op_query(&op, SQL_improvement_untold, DB_ARGS(db_id(improvement)), &r);
	for (size_t i = 0; e == OK && i < r.n; i++) e = tell_one(&op, &x, db_rows_id(&r, i, 0));
	*n = r.n;
	e = op_end(&op, e);
	op_release(&op);
	return e;
}

enum err improvement_tell_job(struct op *op, id job, str payload)
{
	const struct json_node *root;
	id improvement;
	int64_t told = 0;
	size_t n = 1;
	TRY(json_tree(&op->arena, payload, payload.n + 1, &root, &op->fault));
	if (!id_read(S("imv"), json_get_str(root, S("improvement")), &improvement)) return fail(op, ERR_INVALID, "improvement", "is no id of an improvement");
	while (n) {
		if (!job_progress(op, job, told, 0)) return ERR_BUSY;
		enum err e = tell_some(op->app, improvement, &n);
		if (e == ERR_NOT_FOUND) return OK; /* it was removed since */
		if (e != OK) return e == ERR_BUSY ? e : fail(op, e, "improvement", "could not be told");
		told += (int64_t)n;
	}
	return OK;
}
