#include "pulse/question.h"

#include "collect/collect.h"
#include "collect/touchpoint.h"
#include "consent/consent.h"
#include "customer/people.h"
#include "events/events.h"
#include "op/app.h"
#include "query/query.h"
#include "setting/setting.h"

enum { ANSWER_BYTES = 256 << 20 };

static str family_of(void *arg, str event)
{
	bool has_row;
	struct touchpoint_kind kind = collect_filing(arg, event, &has_row);
	return has_row ? str_of(FAMILIES[kind.family]) : STR_NONE;
}

static str channel_of(void *arg, str event)
{
	bool has_row;
	return collect_filing(arg, event, &has_row).channel;
}

static str stage_of(void *arg, str event)
{
	bool has_row;
	struct touchpoint_kind kind = collect_filing(arg, event, &has_row);
	return has_row ? str_of(STAGES[kind.stage]) : STR_NONE;
}

static str customer_of(void *arg, struct arena *a, uint32_t customer)
{
	const struct app *app = arg;
	return id_show(a, S("cus"), people_id(app->people, customer));
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
		.family = family_of,
		.stage = stage_of,
		.channel = channel_of,
		.customer = customer_of,
		.arg = op->app,
	};
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
