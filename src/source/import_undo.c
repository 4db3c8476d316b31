/* Undoing an import: its events vanish from the store, and what was derived from them is made again from what is left.
 * Everything here can be repeated: a server that stops in between starts the job anew.
 *
 * Orders of the source are derived anew from its remaining events, since a later import may have added lines to an order of
 * an earlier one; what people are, by collect/replay.h. A customer of whom nothing is left goes. */
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "collect/appliers.h"
#include "collect/replay.h"
#include "collect/touchpoint.h"
#include "customer/people.h"
#include "events/events.h"
#include "feedback/feedback.h"
#include "followup/followup.h"
#include "http/http.h"
#include "json/json.h"
#include "op/app.h"
#include "order/order.h"
#include "reading/reading.h"
#include "reading/verbatim.h"
#include "source/import_pages.h"

enum { CATCH_UP_MS = 60000 };

struct place { /* of an order event */
	uint64_t arrival;
	size_t part, row;
};
struct undo {
	struct op *op;
	struct import_stored s;
	struct events_view *view;
	struct replay replay;
	VEC(struct place) orders;
};

static enum err look_at_part(struct undo *u, size_t part)
{
	struct events_columns c;
	TRY(events_part_columns(events_view_part(u->view, part), EVENTS_SOURCE | EVENTS_TYPE | EVENTS_ARRIVAL | EVENTS_IMPORT, &c, &u->op->fault));
	for (size_t i = 0; i < c.n; i++) {
		if (c.source[i] != (uint16_t)u->s.source || c.import[i] == (uint32_t)u->s.number) continue;
		const struct touchpoint_kind *kind = touchpoint_kind(events_type_name(u->op->app->events, c.type[i]));
		if (kind && kind->order != ORDER_NONE) VEC_PUSH(&u->orders, &u->op->arena, ((struct place){c.arrival[i], part, i}));
	}
	return OK;
}

static int by_arrival(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	return x->arrival < y->arrival ? -1 : x->arrival > y->arrival;
}

/* ---- orders ---- */

static enum err derive_order(struct undo *u, struct order_batch *batch, const struct place *place)
{
	struct op *op = u->op;
	struct events_columns c;
	struct events_part *part = events_view_part(u->view, place->part);
	struct events_record r = {0};
	uint32_t touched;
	size_t i = place->row;
	TRY(events_part_columns(part, EVENTS_TIME | EVENTS_TYPE | EVENTS_CHANNEL | EVENTS_PURPOSES | EVENTS_IMPORT, &c, &op->fault));
	r.event = (struct event){.subject = c.subject[i], .import = c.import[i], .source = (uint16_t)u->s.source, .purposes = c.purposes[i], .time_ms = c.time_ms[i]};
	r.event.type = events_type_name(op->app->events, c.type[i]);
	r.event.channel = events_channel_name(op->app->events, c.channel[i]);
	TRY(events_part_body(part, i, &op->arena, &r.event.body, &op->fault));
	return order_apply(op, batch, &r, touchpoint_kind(r.event.type)->order, &touched);
}

static enum err derive_orders(struct undo *u)
{
	struct op *op = u->op;
	TRY(op_run(op, SQL_order_line_forget_source, DB_ARGS(db_int(u->s.source)), NULL));
	TRY(op_run(op, SQL_order_forget_source, DB_ARGS(db_int(u->s.source)), NULL));
	if (!u->orders.n) return OK;
	qsort(u->orders.v, u->orders.n, sizeof *u->orders.v, by_arrival);
	struct order_batch *batch = order_batch_new(op);
	for (size_t i = 0; i < u->orders.n; i++) TRY(derive_order(u, batch, &u->orders.v[i]));
	return order_flush(op, batch);
}

/* ---- the job ---- */

static enum err undo(struct undo *u)
{
	for (size_t i = 0; i < events_view_parts(u->view); i++) TRY(look_at_part(u, i));
	TRY(op_run(u->op, SQL_unapplied_forget_import, DB_ARGS(db_int(u->s.number)), NULL));
	TRY(derive_orders(u));
	TRY(feedback_forget_import(u->op, u->s.number));
	TRY(verbatim_forget_import(u->op, u->s.number));
	TRY(reading_tidy(u->op));
	TRY(followup_forget_import(u->op, u->s.number));
	return replay_without(u->op, u->view, (uint32_t)u->s.number, &u->replay);
}

static enum err in_one_op(struct op *op, struct undo *u)
{
	TRY(events_view_open(op->app->events, &u->view, &op->fault));
	enum err e = undo(u);
	events_view_close(u->view);
	return e;
}

static enum err read_import(struct op *op, str payload, struct import_stored *s)
{
	const struct json_node *root;
	id import;
	TRY(json_tree(&op->arena, payload, payload.n + 1, &root, &op->fault));
	if (!id_read(S("imp"), json_get_str(root, S("import")), &import)) return fail(op, ERR_INVALID, "import", "is no id of an import");
	return import_load(op, import, s);
}

/* In an op of its own, under the lock of people's memory, which is read again afterwards. The events go last: until records
 * are committed a repeated job must find whom they touched. */
static enum err undo_held(struct undo *u, str payload)
{
	struct app *app = u->op->app;
	struct op again;
	enum err e = read_import(u->op, payload, &u->s);
	if (e == OK) e = in_one_op(u->op, u);
	u->op->app = app;
	e = op_end(u->op, e);
	if (e == OK) e = events_erase_import(app->events, (uint32_t)u->s.number, NULL);
	op_init(&again, app, (struct actor){.kind = ACTOR_SYSTEM, .name = S("import_undo")}, false);
	enum err reloaded = op_end(&again, people_reload(&again, app->people));
	op_release(&again);
	if (e == OK) people_take_heard(app->people, u->replay.heard, u->replay.subjects, u->replay.n);
	replay_release(&u->replay);
	return e == OK ? reloaded : e;
}

enum err import_undo_job(struct op *job_op, id job, str payload)
{
	struct app *app = job_op->app;
	struct undo u = {0};
	struct op op;
	(void)job;
	if (!appliers_catch_up(app, CATCH_UP_MS)) return ERR_BUSY; /* tried again in a moment */
	op_init(&op, app, (struct actor){.kind = ACTOR_SYSTEM, .name = S("import_undo")}, true);
	u.op = &op;
	people_lock(app->people);
	enum err e = undo_held(&u, payload);
	people_unlock(app->people);
	if (e == OK && app->http) {
		http_publish(app->http, str_fmt(&op.arena, "import:%s", id_show(&op.arena, S("imp"), u.s.id).p));
		http_publish(app->http, S("touchpoints"));
	}
	op_release(&op);
	return e;
}
