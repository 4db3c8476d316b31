/* alert_api.c: the list of alerts and one of them: seen by whoever looks, acknowledged for all, put off for a while. */
#include "alert/alert_inner.h"
#include "audit/audit.h"
#include "i18n/i18n.h"

enum { SNOOZE_MOST_HOURS = 24 * 31 };
static const int64_t HOUR_MS = 3600000;

struct alerts {
	struct msg finding;
	int64_t unseen;
	bool may_write, is_empty, has_over;
	LIST_OF(struct alert_row) rows;
};
static const struct desc_field ALERTS_FIELDS[] = {
	FIELD(alerts, finding, DESC_MSG),
	FIELD(alerts, unseen, DESC_INT, .doc = "as the bell has it"),
	FIELD(alerts, may_write, DESC_BOOL),
	FIELD(alerts, is_empty, DESC_BOOL, .doc = "no rule watches anything"),
	FIELD(alerts, has_over, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(alerts, rows, DESC_LIST, .item = DESC_STRUCT, .of = &ALERT_ROW_DESC, .doc = "open ones first; the last 200"),
};
const struct desc ALERTS_DESC = DESC(alerts, ALERTS_FIELDS);

struct alert_point {
	int64_t day;
	double value;
	int64_t n;
	str shown;
	bool has_value;
};
static const struct desc_field POINT_FIELDS[] = {
	FIELD(alert_point, day, DESC_TIME),
	FIELD(alert_point, value, DESC_REAL),
	FIELD(alert_point, n, DESC_INT),
	FIELD(alert_point, shown, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(alert_point, has_value, DESC_BOOL, .flags = DESC_PAGE_ONLY),
};
static const struct desc POINT_DESC = DESC(alert_point, POINT_FIELDS);
struct alert_page {
	struct alert_row alert;
	struct msg explains, again;
	bool may_write, is_share;
	LIST_OF(struct alert_point) points;
};
static const struct desc_field PAGE_FIELDS[] = {
	FIELD(alert_page, alert, DESC_STRUCT, .of = &ALERT_ROW_DESC),
	FIELD(alert_page, explains, DESC_MSG, .doc = "how it was judged"),
	FIELD(alert_page, again, DESC_MSG, .flags = DESC_PAGE_ONLY),
	FIELD(alert_page, may_write, DESC_BOOL),
	FIELD(alert_page, is_share, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(alert_page, points, DESC_LIST, .item = DESC_STRUCT, .of = &POINT_DESC, .doc = "the figure's days, oldest first"),
};
const struct desc ALERT_PAGE_DESC = DESC(alert_page, PAGE_FIELDS);

struct alert_snooze {
	int64_t hours;
};
static const struct desc_field SNOOZE_FIELDS[] = {FIELD(alert_snooze, hours, DESC_INT, .flags = DESC_REQUIRED, .min = 1, .max = SNOOZE_MOST_HOURS)};
const struct desc ALERT_SNOOZE_DESC = DESC(alert_snooze, SNOOZE_FIELDS);

/* ---- pages ---- */

enum err alert_list_get(struct op *op, struct web *w, struct answer *a)
{
	struct alerts *page = ARENA_NEW(&op->arena, struct alerts);
	struct alert_rule *rules;
	size_t n_rules, open = 0;
	(void)w;
	TRY(alert__rules(op, &rules, &n_rules));
	TRY(alert__rows(op, 0, &page->rows.v, &page->rows.n));
	for (size_t i = 0; i < page->rows.n; i++) {
		open += page->rows.v[i].is_open;
		page->unseen += page->rows.v[i].is_new;
		page->has_over |= !page->rows.v[i].is_open;
	}
	page->is_empty = !n_rules;
	page->may_write = op_may(op, PERM_WRITE_FIGURES);
	page->finding = !n_rules ? msg_of("alerts_none") : open ? msg_int("alerts_open", "n", (int64_t)open) : msg_int("alerts_calm", "n", (int64_t)n_rules);
	if (open) msg_add(&page->finding, (struct msg_arg){.name = "unseen", .type = MSG_INT, .i = page->unseen});
	return answer_with(a, &ALERTS_DESC, page);
}

static enum err add_points(struct op *op, const struct alert_row *row, struct alert_page *page)
{
	struct alert_day *days;
	size_t n;
	const struct alert_figure *f = alert__figure(row->figure);
	TRY(alert__days(op, row->rule, 0, &days, &n));
	page->is_share = f && f->unit == ALERT_UNIT_SHARE;
	page->points.v = ARENA_ARRAY(&op->arena, struct alert_point, n + 1);
	for (size_t i = n; i-- > 0;) {
		bool is_known = !isnan(days[i].value);
		str shown = page->is_share ? i18n_share(&op->arena, &op->locale, days[i].value) : i18n_real(&op->arena, &op->locale, days[i].value, 2);
		page->points.v[page->points.n++] = (struct alert_point){days[i].day, days[i].value, days[i].n, shown, is_known};
	}
	return OK;
}

enum err alert_show_get(struct op *op, struct web *w, struct answer *a)
{
	struct alert_page *page = ARENA_NEW(&op->arena, struct alert_page);
	id alert;
	TRY(web_id(op, w, "id", "alt", &alert));
	TRY(alert__row(op, alert, &page->alert));
	TRY(add_points(op, &page->alert, page));
	page->explains = msg_of(alert__is_unusual(page->alert.condition) ? "alert_explains_unusual" : "alert_explains_limit");
	msg_add(&page->explains, (struct msg_arg){.name = "limit", .type = MSG_REAL, .d = page->alert.limit});
	if (page->alert.times > 1) page->again = msg_int("alert_again", "n", page->alert.times);
	page->may_write = op_may(op, PERM_WRITE_FIGURES);
	return answer_with(a, &ALERT_PAGE_DESC, page);
}

/* ---- acts ---- */

/* alert 0: all that are open. */
static enum err see(struct op *op, id alert)
{
	if (op->actor.kind != ACTOR_PERSON) return OK;
	TRY(op_run(op, SQL_alert_see, DB_ARGS(db_id(op->actor.id), db_int(alert)), NULL));
	alert__tell_pages(op);
	return OK;
}

enum err alert_seen_post(struct op *op, struct web *w, struct answer *a)
{
	(void)w;
	TRY(see(op, 0));
	return answer_redirect(a, S("/alerts"));
}

static enum err find(struct op *op, const struct web *w, struct alert_row *out)
{
	id alert;
	TRY(web_id(op, w, "id", "alt", &alert));
	return alert__row(op, alert, out);
}

static enum err acted(struct op *op, struct answer *a, const struct alert_row *row, const char *what)
{
	TRY(audit_write(op, what, "alert", row->id, STR_NONE, STR_NONE));
	TRY(see(op, row->id));
	alert__tell_pages(op);
	return answer_redirect(a, row->address);
}

enum err alert_acknowledge_post(struct op *op, struct web *w, struct answer *a)
{
	struct alert_row row;
	TRY(find(op, w, &row));
	if (row.is_acknowledged) return answer_redirect(a, row.address);
	TRY(op_run(op, SQL_alert_acknowledge, DB_ARGS(db_id(row.id), db_int(op->now_ms), db_text(op->actor.name)), NULL));
	a->notice = msg_of("notice_alert_acknowledged");
	a->undo = str_fmt(&op->arena, "%.*s/reopen", STR_ARG(row.address));
	return acted(op, a, &row, "alert_acknowledged");
}

/* Takes back that it was acknowledged or put off. */
enum err alert_reopen_post(struct op *op, struct web *w, struct answer *a)
{
	struct alert_row row;
	TRY(find(op, w, &row));
	TRY(op_run(op, SQL_alert_acknowledge, DB_ARGS(db_id(row.id), db_null(), db_null()), NULL));
	TRY(op_run(op, SQL_alert_snooze, DB_ARGS(db_id(row.id), db_null()), NULL));
	a->notice = msg_of("notice_undone");
	return acted(op, a, &row, "alert_reopened");
}

enum err alert_snooze_post(struct op *op, struct web *w, struct answer *a)
{
	struct alert_row row;
	struct alert_snooze in;
	TRY(find(op, w, &row));
	TRY(web_input(op, w, &ALERT_SNOOZE_DESC, &in));
	if (!row.is_open) return fail(op, ERR_STATE, "id", "is over already");
	TRY(op_run(op, SQL_alert_snooze, DB_ARGS(db_id(row.id), db_int(op->now_ms + in.hours * HOUR_MS)), NULL));
	a->notice = msg_int("notice_alert_snoozed", "hours", in.hours);
	a->undo = str_fmt(&op->arena, "%.*s/reopen", STR_ARG(row.address));
	return acted(op, a, &row, "alert_snoozed");
}
