/* All that is kept of a customer, as it is kept: rows by their columns' names, touchpoints with the body that was sent. No
 * purpose is asked: it is the customer's own. */
#include "audit/audit.h"
#include "base/buf.h"
#include "base/datetime.h"
#include "collect/collect.h"
#include "consent/consent.h"
#include "customer/change.h"
#include "customer/customer.h"
#include "customer/people.h"
#include "events/events.h"
#include "http/options.h"
#include "json/json.h"
#include "op/app.h"
#include "query/query.h"

enum { PAGE = 500, EXPORT_BYTES = 1 << 30 };

static void put_cell(struct json_writer *w, struct op *op, str column, const struct db_val *v)
{
	if (v->type == DB_NULL) json_put_null(w);
	else if (str_eq(column, S("id"))) json_put_str(w, id_show(&op->arena, S(""), v->i));
	else if (v->type == DB_INT && (str_eq(column, S("at")) || str_ends(column, S("_at")))) json_put_str(w, datetime_show(&op->arena, v->i));
	else if (v->type == DB_INT && str_ends(column, S("_micro"))) json_put_decimal(w, customer_micro(v->i));
	else if (v->type == DB_INT && str_ends(column, S("_milli"))) json_put_real(w, (double)v->i / 1000);
	else if (str_starts(column, S("is_"))) json_put_bool(w, v->i != 0);
	else if (v->type == DB_REAL) json_put_real(w, v->d);
	else if (v->type == DB_TEXT) json_put_str(w, v->s);
	else json_put_i64(w, v->i);
}

static str shown_name(str column)
{
	if (str_ends(column, S("_micro")) || str_ends(column, S("_milli"))) return str_sub(column, 0, column.n - 6);
	return column;
}

static void put_row(struct json_writer *w, struct op *op, const struct db_rows *rows, size_t i)
{
	for (size_t c = 0; c < rows->columns; c++) {
		str column = str_of(rows->names[c]);
		json_key(w, shown_name(column));
		put_cell(w, op, column, db_cell(rows, i, c));
	}
}

static enum err put_rows(struct json_writer *w, struct op *op, const char *name, enum sql q, id of)
{
	struct db_rows rows;
	TRY(op_query(op, q, DB_ARGS(db_id(of)), &rows));
	json_key(w, str_of(name));
	json_begin_array(w);
	for (size_t i = 0; i < rows.n; i++) {
		json_begin_object(w);
		put_row(w, op, &rows, i);
		json_end_object(w);
	}
	json_end_array(w);
	return OK;
}

static enum err put_orders(struct json_writer *w, struct op *op, id customer)
{
	struct db_rows rows;
	TRY(op_query(op, SQL_export_orders, DB_ARGS(db_id(customer)), &rows));
	json_key(w, S("orders"));
	json_begin_array(w);
	for (size_t i = 0; i < rows.n; i++) {
		json_begin_object(w);
		put_row(w, op, &rows, i);
		TRY(put_rows(w, op, "lines", SQL_export_order_lines, db_rows_id(&rows, i, 0)));
		json_end_object(w);
	}
	json_end_array(w);
	return OK;
}

static void put_purposes(struct json_writer *w, const struct purpose_row *purposes, size_t n, uint32_t bits)
{
	json_key(w, S("purposes"));
	json_begin_array(w);
	for (size_t i = 0; i < n; i++)
		if (bits & PURPOSE_BIT(purposes[i].bit)) json_put_str(w, purposes[i].name);
	json_end_array(w);
}

static void put_touchpoint(struct json_writer *w, struct op *op, struct arena *a, const struct query_event *e, const struct purpose_row *purposes, size_t n)
{
	struct source source;
	json_begin_object(w);
	json_key(w, S("time"));
	json_put_str(w, datetime_show(a, e->time_ms));
	json_key(w, S("event"));
	json_put_str(w, e->type);
	json_key(w, S("channel"));
	json_put_str(w, e->channel.n ? e->channel : STR_NONE);
	json_key(w, S("source"));
	json_put_str(w, source_get(op->app, e->source, &source) ? str_of(source.name) : STR_NONE);
	put_purposes(w, purposes, n, e->purposes);
	json_key(w, S("body"));
	json_put_raw(w, e->body);
	json_end_object(w);
}

static enum err put_touchpoints(struct json_writer *w, struct op *op, id customer)
{
	struct query_context ctx = {.events = op->app->events, .zone = op->locale.zone, .now_ms = op->now_ms};
	struct query_page page = {.oldest_first = true, .limit = PAGE};
	struct purpose_row *purposes;
	struct arena arena;
	uint32_t number, *subjects;
	size_t n_purposes, n_subjects = 0;
	bool more = true;
	TRY(purpose_list(op, &purposes, &n_purposes));
	if (people_find(op->app->people, customer, &number)) n_subjects = people_subjects(op->app->people, number, &op->arena, &subjects);
	TRY(events_view_open(op->app->events, &ctx.view, &op->fault));
	json_key(w, S("touchpoints"));
	json_begin_array(w);
	arena_init(&arena);
	enum err e = OK;
	while (e == OK && more && n_subjects && !buf_failed(w->out)) {
		struct query_event *events;
		size_t n;
		e = query_timeline(&ctx, subjects, n_subjects, &page, &arena, &events, &n, &more, &op->fault);
		for (size_t i = 0; e == OK && i < n; i++) put_touchpoint(w, op, &arena, &events[i], purposes, n_purposes);
		if (e != OK || n == 0) break;
		page.has_cursor = true;
		page.cursor = (struct query_cursor){events[n - 1].time_ms, events[n - 1].arrival};
		arena_reset(&arena);
	}
	arena_release(&arena);
	events_view_close(ctx.view);
	json_end_array(w);
	return e;
}

/* Lists of rows, one after another; what a domain keeps of a customer is a row here. */
static const struct {
	const char *name;
	enum sql rows;
} SECTIONS[] = {
	{"amounts", SQL_export_amounts},
	{"names", SQL_export_names},
	{"identities", SQL_export_identities},
	{"joins", SQL_export_joins},
	{"traits", SQL_export_traits},
	{"consents", SQL_export_consents},
	{"feedback", SQL_export_feedback},
	{"mentions", SQL_export_mention},
	{"follow_ups", SQL_export_followups},
	{"follow_up_steps", SQL_export_followup_steps},
	{"invitations", SQL_export_invites},
	{"mails", SQL_export_mails},
	{"short_messages", SQL_export_sms},
	{"contacts", SQL_export_contacts},
	{"preferences", SQL_export_preferences},
	{"conversations", SQL_export_conversations},
	{"messages", SQL_export_messages},
	{"message_files", SQL_export_files},
	{"chats", SQL_export_chat_visitors},
	{"chat_ratings", SQL_export_chat_ratings},
};

enum err customer_export(struct op *op, id customer, struct buf *out)
{
	struct json_writer w = {.out = out};
	struct db_rows row;
	str shown = id_show(&op->arena, S("cus"), customer);
	TRY(op_query(op, SQL_export_customer, DB_ARGS(db_id(customer)), &row));
	if (row.n == 0) return fail(op, ERR_NOT_FOUND, "id", "there is no such customer");
	json_begin_object(&w);
	json_key(&w, S("exported_at"));
	json_put_str(&w, datetime_show(&op->arena, op->now_ms));
	json_key(&w, S("customer"));
	json_put_str(&w, shown);
	json_key(&w, S("profile"));
	json_begin_object(&w);
	put_row(&w, op, &row, 0);
	json_end_object(&w);
	for (size_t i = 0; i < COUNT_OF(SECTIONS); i++) TRY(put_rows(&w, op, SECTIONS[i].name, SECTIONS[i].rows, customer));
	TRY(put_orders(&w, op, customer));
	TRY(put_touchpoints(&w, op, customer));
	json_end_object(&w);
	if (buf_failed(out)) return fail(op, ERR_TOO_LARGE, "", "there is more than %d MB of it", EXPORT_BYTES >> 20);
	return audit_write_read(op, "customer_exported", "customer", customer, STR_NONE);
}

/* ---- the handler and the command ---- */

enum err customer_get_export(struct op *op, struct web *w, struct answer *a)
{
	struct buf b;
	id customer, into;
	uint32_t number;
	TRY(web_id(op, w, "id", "cus", &customer));
	TRY(customer_open(op, customer, &number, &into));
	if (into) customer = into;
	buf_init(&b, EXPORT_BYTES);
	enum err e = customer_export(op, customer, &b);
	if (e == OK) {
		str shown = id_show(&op->arena, S("cus"), customer);
		a->text = str_dup(&op->arena, buf_str(&b));
		a->content_type = S("application/json");
		a->download_name = str_fmt(&op->arena, "%.*s.json", STR_ARG(shown));
		a->is_private = true;
	}
	buf_release(&b);
	return e;
}

static enum err export_identity(struct op *op, str identity, struct buf *b)
{
	id customer;
	TRY(customer_by_identity(op, identity, &customer));
	if (!customer) return fail(op, ERR_NOT_FOUND, "identity", "nobody is known by it");
	return customer_export(op, customer, b);
}

int command_export(struct app *app, int argc, const str *argv, const struct command_io *io)
{
	enum { MOST = 8 };
	str rest[MOST];
	int n, code = 0;
	struct op op;
	struct buf b;
	if (argc > MOST || !options_read(io, argc, argv, NULL, 0, rest, &n) || n != 1) {
		command_print(io->err, "usage: hospes export --data DIR IDENTITY (such as email:name@example.com)\n");
		return 2;
	}
	op_init(&op, app, (struct actor){.kind = ACTOR_COMMAND, .name = S("command line")}, false);
	buf_init(&b, EXPORT_BYTES);
	if (op_end(&op, export_identity(&op, rest[0], &b)) == OK) {
		command_write(io->out, buf_str(&b));
		command_write(io->out, S("\n"));
	} else {
		code = command_fault(io, &op.fault);
	}
	buf_release(&b);
	op_release(&op);
	return code;
}
