/* invite_funnel.c: the way of those who are asked, from who could be to who answered. Every number leads to its customers, and every
 * share says of what. */
#include <math.h>

#include "base/interval.h"
#include "invite/invite_inner.h"
#include "op/app.h"

enum { ELIGIBLE = INVITE_STEP_ELIGIBLE, SAMPLED = INVITE_STEP_SAMPLED, SENT = INVITE_STEP_SENT, DELIVERED = INVITE_STEP_DELIVERED, STARTED = INVITE_STEP_STARTED, DONE = INVITE_STEP_DONE, STEPS = INVITE_FUNNEL_STEPS };
const char *const INVITE_FUNNEL_NAMES[] = {"eligible", "sampled", "sent", "delivered", "opened", "started", "done"};

static const struct desc_field STEP_FIELDS[] = {
	FIELD(funnel_step, step, DESC_STR, .doc = "eligible, sampled, sent, delivered, opened, started, done"),
	FIELD(funnel_step, name, DESC_MSG),
	FIELD(funnel_step, definition, DESC_MSG),
	FIELD(funnel_step, customers, DESC_INT),
	FIELD(funnel_step, visitors, DESC_INT, .doc = "of these, visitors of a site whose name nobody knows"),
	FIELD(funnel_step, of_these, DESC_MSG, .flags = DESC_PAGE_ONLY),
	FIELD(funnel_step, share, DESC_SHARE, .doc = "of the step before"),
	FIELD(funnel_step, rate, DESC_MSG, .flags = DESC_PAGE_ONLY),
	FIELD(funnel_step, width, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(funnel_step, address, DESC_STR, .flags = DESC_OMIT),
};
static const struct desc STEP_DESC = DESC(funnel_step, STEP_FIELDS);
static const struct desc_field REASON_FIELDS[] = {
	FIELD(funnel_reason, reason, DESC_STR, .doc = "of tables/contact_reasons.def"),
	FIELD(funnel_reason, name, DESC_MSG),
	FIELD(funnel_reason, customers, DESC_INT),
	FIELD(funnel_reason, address, DESC_STR),
};
static const struct desc REASON_DESC = DESC(funnel_reason, REASON_FIELDS);
static const struct desc_field FUNNEL_FIELDS[] = {
	FIELD(survey_funnel, finding, DESC_MSG),
	FIELD(survey_funnel, response, DESC_MSG, .flags = DESC_PAGE_ONLY),
	FIELD(survey_funnel, completion, DESC_MSG, .flags = DESC_PAGE_ONLY),
	FIELD(survey_funnel, response_rate, DESC_SHARE, .doc = "answered of delivered; with Wilson's interval"),
	FIELD(survey_funnel, response_low, DESC_SHARE),
	FIELD(survey_funnel, response_high, DESC_SHARE),
	FIELD(survey_funnel, completion_rate, DESC_SHARE, .doc = "answered of begun"),
	FIELD(survey_funnel, completion_low, DESC_SHARE),
	FIELD(survey_funnel, completion_high, DESC_SHARE),
	FIELD(survey_funnel, steps, DESC_LIST, .item = DESC_STRUCT, .of = &STEP_DESC),
	FIELD(survey_funnel, reasons, DESC_LIST, .item = DESC_STRUCT, .of = &REASON_DESC),
	FIELD(survey_funnel, waiting, DESC_INT),
};
const struct desc SURVEY_FUNNEL_DESC = DESC(survey_funnel, FUNNEL_FIELDS);

static str word(struct op *op, const char *prefix, str name)
{
	return str_fmt(&op->arena, "%s_%.*s", prefix, STR_ARG(name));
}

static str address_of(struct op *op, id survey, const char *field, str value)
{
	str shown = id_show(&op->arena, S("sur"), survey);
	return str_fmt(&op->arena, "/surveys/%.*s/invitations/customers?%s=%.*s", STR_ARG(shown), field, STR_ARG(value));
}

static void fill_step(struct op *op, id survey, const int64_t counts[STEPS], const int64_t visitors[STEPS], int i, struct funnel_step *x)
{
	str name = str_of(INVITE_FUNNEL_NAMES[i]);
	double of = i ? (double)counts[i - 1] : NAN, most = (double)(counts[0] ? counts[0] : 1);
	*x = (struct funnel_step){.step = name, .name = msg_of(str_c(&op->arena, word(op, "invite_step", name))), .definition = msg_of(str_c(&op->arena, word(op, "invite_is", name))), .customers = counts[i], .visitors = visitors[i],
	                          .share = i && counts[i - 1] ? (double)counts[i] / of : NAN, .width = str_fmt(&op->arena, "%.1f", 100 * (double)counts[i] / most), .address = STR_NONE};
	if (visitors[i]) x->of_these = msg_int("invite_visitors", "n", visitors[i]);
	if (!isnan(x->share)) {
		x->rate = msg_of("invite_share");
		msg_add(&x->rate, (struct msg_arg){.name = "share", .type = MSG_SHARE, .d = x->share});
		msg_add(&x->rate, (struct msg_arg){.name = "step", .type = MSG_KEY, .s = word(op, "invite_step", str_of(INVITE_FUNNEL_NAMES[i - 1]))});
	}
	if (i >= SENT && op_may(op, PERM_READ_CUSTOMERS)) x->address = address_of(op, survey, "step", name);
}

/* Whoever came further came so far. */
static void imply(int64_t counts[STEPS], int first)
{
	for (int i = STEPS - 1; i > first; i--)
		if (counts[i - 1] < counts[i]) counts[i - 1] = counts[i];
}

static enum err count(struct op *op, id survey, int64_t counts[STEPS], int64_t *waiting)
{
	enum { ALL, WAITING, FIRST };
	struct db_rows rows, runs;
	TRY(op_query(op, SQL_invite_funnel, DB_ARGS(db_id(survey)), &rows));
	TRY(op_query(op, SQL_invite_runs, DB_ARGS(db_id(survey)), &runs));
	int64_t all = db_rows_int(&rows, 0, ALL), left_out = db_rows_int(&runs, 0, 0) - db_rows_int(&runs, 0, 1);
	*waiting = db_rows_int(&rows, 0, WAITING);
	counts[ELIGIBLE] = all + left_out;
	counts[SAMPLED] = all;
	for (int i = SENT; i < STEPS; i++) counts[i] = db_rows_int(&rows, 0, (size_t)(FIRST + i - SENT));
	imply(counts, SENT); /* a mail that was opened has arrived, whatever its server has said so far */
	return OK;
}

static enum err count_visitors(struct op *op, id survey, int64_t visitors[STEPS])
{
	struct db_rows rows;
	for (int i = 0; i < STEPS; i++) visitors[i] = 0;
	TRY(op_query(op, SQL_invite_visitors, DB_ARGS(db_id(survey)), &rows));
	for (size_t r = 0; r < rows.n; r++)
		for (int i = 0; i < STEPS; i++)
			if (str_eq(db_rows_text(&rows, r, 0), str_of(INVITE_FUNNEL_NAMES[i]))) visitors[i] = db_rows_int(&rows, r, 1);
	imply(visitors, ELIGIBLE);
	return OK;
}

static enum err add_reasons(struct op *op, id survey, struct survey_funnel *f)
{
	struct db_rows rows;
	TRY(op_query(op, SQL_invite_reasons, DB_ARGS(db_id(survey)), &rows));
	f->reasons.v = ARENA_ARRAY(&op->arena, struct funnel_reason, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++) {
		str reason = db_rows_text(&rows, i, 0);
		f->reasons.v[f->reasons.n++] = (struct funnel_reason){reason, msg_of(str_c(&op->arena, word(op, "contact_reason", reason))), db_rows_int(&rows, i, 1), address_of(op, survey, "reason", reason)};
	}
	return OK;
}

static struct msg rate_of(const char *key, int64_t of, int64_t n, double *rate, double *low, double *high)
{
	struct interval sure = interval_wilson(of, n);
	*rate = n ? (double)of / (double)n : NAN;
	*low = n ? sure.low : NAN;
	*high = n ? sure.high : NAN;
	if (!n) return (struct msg){0};
	struct msg m = msg_int(key, "n", n);
	msg_add(&m, (struct msg_arg){.name = "rate", .type = MSG_SHARE, .d = *rate});
	msg_add(&m, (struct msg_arg){.name = "low", .type = MSG_SHARE, .d = *low});
	msg_add(&m, (struct msg_arg){.name = "high", .type = MSG_SHARE, .d = *high});
	return m;
}

enum err invite__funnel(struct op *op, id survey, struct survey_funnel *out)
{
	int64_t counts[STEPS], visitors[STEPS];
	*out = (struct survey_funnel){0};
	TRY(count(op, survey, counts, &out->waiting));
	TRY(count_visitors(op, survey, visitors));
	for (int i = 0; i < STEPS; i++) counts[i] += visitors[i];
	out->steps.v = ARENA_ARRAY(&op->arena, struct funnel_step, STEPS);
	for (int i = 0; i < STEPS; i++) fill_step(op, survey, counts, visitors, i, &out->steps.v[out->steps.n++]);
	if (!counts[DELIVERED]) {
		out->finding = msg_int(counts[SENT] ? "invites_on_their_way" : counts[SAMPLED] ? "invites_none_sent" : "invites_none", "n", counts[counts[SENT] ? SENT : SAMPLED]);
	} else {
		out->finding = msg_int("invites_finding", "done", counts[DONE]);
		msg_add(&out->finding, (struct msg_arg){.name = "delivered", .type = MSG_INT, .i = counts[DELIVERED]});
		msg_add(&out->finding, (struct msg_arg){.name = "rate", .type = MSG_SHARE, .d = (double)counts[DONE] / (double)counts[DELIVERED]});
	}
	out->response = rate_of("invites_response", counts[DONE], counts[DELIVERED], &out->response_rate, &out->response_low, &out->response_high);
	out->completion = rate_of("invites_completion", counts[DONE], counts[STARTED], &out->completion_rate, &out->completion_low, &out->completion_high);
	return add_reasons(op, survey, out);
}
