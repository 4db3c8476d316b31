/* alert_mail.c: who is told by mail, and what. All that is raised in one pass is one letter to a person. */
#include "alert/alert_inner.h"
#include "i18n/i18n.h"
#include "mail/mail.h"
#include "op/app.h"
#include "team/team.h"

enum { LINES_MOST = 20 };

static void publish(void *arg)
{
	struct app *app = arg;
	if (app->http) http_publish(app->http, ALERT_TOPIC);
}

void alert__tell_pages(struct op *op)
{
	op_after_commit(op, publish, op->app);
}

static enum err send(struct op *op, id person, const struct mail_letter *letter)
{
	struct person p;
	bool is_there;
	TRY(person_get(op, person, &p, &is_there));
	if (!is_there || !p.email.n) return OK;
	struct locale l = mail_locale(op, &p);
	struct mail_message m = {.kind = MAIL_ALERT, .person = p.id, .recipient = p.email, .name = p.name};
	TRY(mail_write_letter(op, &l, letter, &m));
	return mail_put(op, &m, NULL);
}

static struct msg line_of(struct op *op, const struct alert_row *row)
{
	struct msg m = row->says;
	m.key = str_fmt(&op->arena, "%s_of", row->says.key).p;
	msg_add(&m, (struct msg_arg){.name = "name", .type = MSG_STR, .s = row->name});
	return m;
}

static enum err send_raised(struct op *op, id person, const struct alert_row *const *v, size_t n)
{
	struct msg lines[LINES_MOST];
	struct mail_letter letter = {.title = n == 1 ? msg_str("alert_mail_one", "name", v[0]->name) : msg_int("alert_mail_some", "n", (int64_t)n), .sentences = {lines, n < LINES_MOST ? n : LINES_MOST},
		.link = mail_link(op, n == 1 ? v[0]->address : S("/alerts")), .link_text = msg_of("alert_mail_open")};
	for (size_t i = 0; i < letter.sentences.n; i++) lines[i] = line_of(op, v[i]);
	return send(op, person, &letter);
}

enum err alert__mail_raised(struct op *op, const struct alert_row *v, size_t n)
{
	struct db_rows r;
	const struct alert_row **theirs = ARENA_ARRAY(&op->arena, const struct alert_row *, n + 1);
	size_t k = 0;
	if (!mail_is_on(op->app)) return OK;
	TRY(op_query(op, SQL_alert_recipients_each, DB_NO_ARGS, &r));
	for (size_t i = 0; i < r.n; i++) {
		for (size_t j = 0; j < n; j++)
			if (v[j].rule == db_rows_id(&r, i, 1)) theirs[k++] = &v[j];
		bool is_last = i + 1 == r.n || db_rows_id(&r, i + 1, 0) != db_rows_id(&r, i, 0);
		if (!is_last) continue;
		if (k) TRY(send_raised(op, db_rows_id(&r, i, 0), theirs, k));
		k = 0;
	}
	return OK;
}

enum err alert__mail_held(struct op *op, int64_t n)
{
	struct db_rows r;
	struct msg line = msg_of("alert_mail_held_text");
	struct mail_letter letter = {.title = msg_int("alert_mail_held", "n", n), .sentences = {&line, 1}, .link = mail_link(op, S("/alerts")), .link_text = msg_of("alert_mail_open")};
	if (!mail_is_on(op->app)) return OK;
	TRY(op_query(op, SQL_alert_recipients_each, DB_NO_ARGS, &r));
	for (size_t i = 0; i < r.n; i++)
		if (i == 0 || db_rows_id(&r, i - 1, 0) != db_rows_id(&r, i, 0)) TRY(send(op, db_rows_id(&r, i, 0), &letter));
	return OK;
}
