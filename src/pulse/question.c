#include "pulse/question.h"

#include "collect/collect.h"
#include "collect/touchpoint.h"
#include "consent/consent.h"
#include "conversation/service.h"
#include "customer/people.h"
#include "events/events.h"
#include "json/json.h"
#include "op/app.h"
#include "order/currency.h"
#include "order/order.h"
#include "query/query.h"
#include "setting/setting.h"

enum { ANSWER_BYTES = 256 << 20, SERVICE_BYTES = 4096 };

static str family_of(void *arg, str event)
{
	bool has_row;
	const struct op *op = arg;
	struct touchpoint_kind kind = collect_filing(op->app, event, &has_row);
	return has_row ? str_of(FAMILIES[kind.family]) : STR_NONE;
}

static str channel_of(void *arg, str event)
{
	bool has_row;
	const struct op *op = arg;
	return collect_filing(op->app, event, &has_row).channel;
}

static str stage_of(void *arg, str event)
{
	bool has_row;
	const struct op *op = arg;
	struct touchpoint_kind kind = collect_filing(op->app, event, &has_row);
	return has_row ? str_of(STAGES[kind.stage]) : STR_NONE;
}

static str customer_of(void *arg, struct arena *a, uint32_t customer)
{
	const struct op *op = arg;
	return id_show(a, S("cus"), people_id(op->app->people, customer));
}

/* Orders and refunds that analytics may count, of one currency: sums of two would mean nothing. */
static enum err sales_of(void *arg, struct arena *a, str currency, struct query_sales *out, struct fault *f)
{
	enum { KIND, AT, SUBJECT, CURRENCY, PURPOSES, REVENUE };
	struct op *op = arg;
	struct db_rows rows;
	str own = setting_locale(op).currency;
	(void)f; /* op's own */
	*out = (struct query_sales){.currency = currency};
	if (!str_given(currency)) TRY(order_currency(op, a, &out->currency));
	TRY(op_query(op, SQL_tally_orders, DB_ARGS(db_int(INT64_MIN), db_int(INT64_MAX)), &rows));
	struct query_sale *v = ARENA_ARRAY(a, struct query_sale, rows.n + 1);
	out->v = v;
	for (size_t i = 0; i < rows.n; i++) {
		bool is_order = db_rows_int(&rows, i, KIND) != ORDER_KIND_ADJUSTMENT, may = db_rows_int(&rows, i, PURPOSES) & PURPOSE_BIT(PURPOSE_ANALYTICS);
		if (!is_order || !may) continue;
		if (!str_eq(order_currency_of(db_rows_text(&rows, i, CURRENCY), own), out->currency)) out->others++;
		else v[out->n++] = (struct query_sale){(uint32_t)db_rows_int(&rows, i, SUBJECT), db_rows_int(&rows, i, AT), (double)db_rows_int(&rows, i, REVENUE) / ORDER_MICRO};
	}
	return OK;
}

enum err question_open(struct op *op, enum purpose purpose, struct query_context *ctx, const struct people_view **people)
{
	*people = people_view(op->app->people);
	*ctx = (struct query_context){
		.events = op->app->events,
		.people = {(*people)->n_subjects, (*people)->n_customers, (*people)->customer, (*people)->denied},
		.zone = setting_zone(op->app),
		.purpose = PURPOSE_BIT(purpose),
		.now_ms = op->now_ms,
		.currency = setting_locale(op).currency,
		.family = family_of,
		.stage = stage_of,
		.channel = channel_of,
		.customer = customer_of,
		.stages = STAGES + 1, /* without "unknown" */
		.sales = sales_of,
		.arg = op,
		.cancelled = op->gone,
	};
	struct question_records *records = ARENA_NEW(&op->arena, struct question_records);
	*records = (struct question_records){op, *people};
	ctx->records = question_records(records);
	enum err e = events_view_open(op->app->events, &ctx->view, &op->fault);
	if (e != OK) people_view_close(op->app->people, *people);
	return e;
}

void question_close(struct op *op, struct query_context *ctx, const struct people_view *people)
{
	events_view_close(ctx->view);
	people_view_close(op->app->people, people);
}

enum err question_answer(struct op *op, str json, str *answer)
{
	struct query_context ctx;
	const struct people_view *people;
	struct buf b;
	const struct json_node *root;
	struct fault ignored = {0};
	/* figures of conversations are of records; what does not read is the engine's to refuse */
	if (json_tree(&op->arena, json, SERVICE_BYTES, &root, &ignored) == OK && service_is_asked(root)) return service_answer(op, root, answer);
	TRY(question_open(op, PURPOSE_ANALYTICS, &ctx, &people));
	buf_init(&b, ANSWER_BYTES);
	enum err e = query_ask(&ctx, json, &op->arena, &b, &op->fault);
	if (e == OK) *answer = str_dup(&op->arena, buf_str(&b));
	buf_release(&b);
	question_close(op, &ctx, people);
	return e;
}

enum err question_post(struct op *op, struct web *w, struct answer *a)
{
	TRY(question_answer(op, http_body(w->rq), &a->text));
	a->content_type = S("application/json");
	return OK;
}
