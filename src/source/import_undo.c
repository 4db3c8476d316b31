/* Undoing an import: its events vanish from the store, and what was derived from them is made again from what is left.
 * Everything here can be repeated: a server that stops in between starts the job anew.
 *
 * Orders of the source are derived anew from its remaining events, since a later import may have added lines to an order of
 * an earlier one. A customer goes when nothing of them is left: no event under any of their identities, no join and no
 * consent by hand. Joining by hand or events from elsewhere keep the whole profile. */
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "collect/touchpoint.h"
#include "customer/derive.h"
#include "customer/people.h"
#include "events/events.h"
#include "http/http.h"
#include "json/json.h"
#include "op/app.h"
#include "order/order.h"
#include "source/import_pages.h"

struct left { /* what the events still hold */
	uint8_t *heard;   /* by subject: HEARD_ bits */
	uint32_t n;
};
enum { HEARD = 1, HEARD_FROM_SOURCE = 2 };

struct place { /* of an order event */
	uint64_t arrival;
	size_t part, row;
};
struct undo {
	struct op *op;
	struct import_stored s;
	struct events_view *view;
	struct left left;
	VEC(struct place) orders;
};

static enum err look_at_part(struct undo *u, size_t part)
{
	struct events_columns c;
	TRY(events_part_columns(events_view_part(u->view, part), EVENTS_SOURCE | EVENTS_TYPE | EVENTS_ARRIVAL, &c, &u->op->fault));
	for (size_t i = 0; i < c.n; i++) {
		bool is_ours = c.source[i] == (uint16_t)u->s.source;
		if (c.subject[i] < u->left.n) u->left.heard[c.subject[i]] |= is_ours ? HEARD | HEARD_FROM_SOURCE : HEARD;
		if (!is_ours) continue;
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

/* ---- customers ---- */

static uint8_t heard(const struct undo *u, int64_t subject)
{
	return subject > 0 && subject < u->left.n ? u->left.heard[subject] : 0;
}

static enum err forget_subject(struct op *op, int64_t subject)
{
	static const enum sql all[] = {SQL_trait_forget, SQL_consent_forget, SQL_consent_state_forget, SQL_edge_forget, SQL_join_suggestion_forget, SQL_identity_source_forget, SQL_identity_forget};
	for (size_t i = 0; i < COUNT_OF(all); i++) TRY(op_run(op, all[i], DB_ARGS(db_int(subject)), NULL));
	return OK;
}

static enum err settle_customer(struct undo *u, id customer)
{
	uint32_t number;
	struct db_rows subjects;
	TRY(op_query(u->op, SQL_identity_subjects_of_customer, DB_ARGS(db_id(customer), db_int(u->s.source)), &subjects));
	bool stays = false;
	for (size_t i = 0; i < subjects.n; i++) {
		int64_t subject = db_rows_int(&subjects, i, 0);
		stays = stays || heard(u, subject) || db_rows_int(&subjects, i, 1) || db_rows_int(&subjects, i, 2);
	}
	for (size_t i = 0; i < subjects.n; i++) {
		int64_t subject = db_rows_int(&subjects, i, 0);
		if (!stays) TRY(forget_subject(u->op, subject));
		else if (!(heard(u, subject) & HEARD_FROM_SOURCE)) TRY(op_run(u->op, SQL_trait_forget_source, DB_ARGS(db_int(subject), db_int(u->s.source)), NULL));
	}
	if (!stays) return op_run(u->op, SQL_customer_forget, DB_ARGS(db_id(customer)), NULL);
	return people_find(u->op->app->people, customer, &number) ? customer_refresh(u->op, number) : OK;
}

static enum err settle_customers(struct undo *u)
{
	struct db_rows customers;
	TRY(op_query(u->op, SQL_customers_of_source, DB_ARGS(db_int(u->s.source)), &customers));
	for (size_t i = 0; i < customers.n; i++) TRY(settle_customer(u, db_rows_id(&customers, i, 0)));
	return OK;
}

/* ---- the job ---- */

static enum err undo(struct undo *u)
{
	struct op *op = u->op;
	u->left.n = events_subject_count(op->app->events) + 1;
	u->left.heard = ARENA_ARRAY(&op->arena, uint8_t, u->left.n);
	for (size_t i = 0; i < events_view_parts(u->view); i++) TRY(look_at_part(u, i));
	TRY(derive_orders(u));
	return settle_customers(u);
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

/* The work is done in an op of its own, under the lock of people's memory, which is read again afterwards. */
enum err import_undo_job(struct op *job_op, id job, str payload)
{
	struct app *app = job_op->app;
	struct undo u = {0};
	struct op op, again;
	(void)job;
	op_init(&op, app, (struct actor){.kind = ACTOR_SYSTEM, .name = S("import_undo")}, true);
	op_init(&again, app, (struct actor){.kind = ACTOR_SYSTEM}, false);
	u.op = &op;
	people_lock(app->people);
	enum err e = read_import(&op, payload, &u.s);
	if (e == OK) e = events_erase_import(app->events, (uint32_t)u.s.number, &op.fault);
	if (e == OK) e = in_one_op(&op, &u);
	e = op_end(&op, e);
	enum err reloaded = op_end(&again, people_reload(&again, app->people));
	people_unlock(app->people);
	if (e == OK && app->http) {
		http_publish(app->http, str_fmt(&op.arena, "import:%s", id_show(&op.arena, S("imp"), u.s.id).p), S("changed"), S("{}"));
		http_publish(app->http, S("all"), S("changed"), S("{}"));
	}
	op_release(&op);
	op_release(&again);
	return e == OK ? reloaded : e;
}
