/* conversation_move.c: two conversations that were one are merged, one that was two is split. Messages are moved and nothing is copied: the merged one
 * stays as a row that leads to the other, so that addresses, references and touchpoints of it hold; which messages went is written
 * down, and undoing moves those back that are still there. Only within one customer, so that nobody's words come before another. */
#include "audit/audit.h"
#include "conversation/conversation_page.h"
#include "customer/customer.h"

enum move_kind { MOVE_MERGE, MOVE_SPLIT };
enum { MERGES_DEEP = 20 };

struct move {
	id id, origin, target;
	enum move_kind kind;
};

enum err conversation__stands_in(struct op *op, id *conversation)
{
	struct db_rows r;
	for (int i = 0; i < MERGES_DEEP && *conversation; i++) {
		TRY(op_query(op, SQL_conversation_merged_into, DB_ARGS(db_id(*conversation)), &r));
		if (r.n && !db_rows_id(&r, 0, 0)) return OK;
		*conversation = r.n ? db_rows_id(&r, 0, 0) : 0;
	}
	return OK;
}

bool conversation__may_merge(const struct conversation_row *c, const struct conversation_row *into)
{
	bool is_theirs = c->contact == into->contact || (c->customer && c->customer == into->customer);
	bool is_open = c->state != CONVERSATION_MERGED && into->state != CONVERSATION_MERGED;
	return c->id != into->id && is_theirs && is_open && str_eq(c->channel, into->channel) && !conversation__is_chat(c->channel);
}

static str undo_of(struct op *op, const struct move *m)
{
	return str_fmt(&op->arena, "%.*s/moves/%.*s/undo", STR_ARG(conversation__address(op, m->origin)), STR_ARG(id_show(&op->arena, S("mov"), m->id)));
}

static enum err keep_move(struct op *op, struct move *m, const struct conversation_row *origin)
{
	m->id = id_new();
	return op_run(op, SQL_conversation_move_add,
		DB_ARGS(db_id(m->id), db_int(m->kind), db_id(m->origin), db_id(m->target), db_int(origin->state), db_int_or_null(origin->snoozed_until), db_int_or_null(origin->solved_at), db_int(op->now_ms)), NULL);
}

static enum err carry(struct op *op, const struct move *m, id from, id to)
{
	TRY(op_run(op, SQL_conversation_move_files, DB_ARGS(db_id(m->id), db_id(from), db_id(to)), NULL));
	return op_run(op, SQL_conversation_move_messages, DB_ARGS(db_id(m->id), db_id(from), db_id(to)), NULL);
}

static enum err lead_to(struct op *op, id conversation, id into, const char *step, str text)
{
	TRY(op_run(op, SQL_conversation_merged, DB_ARGS(db_id(conversation), db_id(into)), NULL));
	TRY(conversation__step(op, into, step, text));
	conversation__tell(op, conversation);
	conversation__tell(op, into);
	return conversation__settle_anew(op, into);
}

enum err conversation_merge_post(struct op *op, struct web *w, struct answer *a)
{
	struct conversation_row c, into;
	str value;
	id other;
	TRY(conversation__choose(op, w, &c, &value));
	if (!id_read(S("cnv"), value, &other)) return fail(op, ERR_INVALID, "value", "is no conversation");
	TRY(conversation__get(op, other, &into));
	if (!conversation__may_merge(&c, &into)) return fail(op, ERR_STATE, "value", "is no other conversation by mail of the same customer");
	struct move m = {.kind = MOVE_MERGE, .origin = c.id, .target = into.id};
	TRY(keep_move(op, &m, &c));
	TRY(op_run(op, SQL_conversation_moved_all, DB_ARGS(db_id(m.id), db_id(c.id)), NULL));
	TRY(carry(op, &m, c.id, into.id));
	TRY(lead_to(op, c.id, into.id, "merged", c.title));
	if (c.state == CONVERSATION_OPEN && into.state != CONVERSATION_OPEN) TRY(op_run(op, SQL_conversation_reopen, DB_ARGS(db_id(into.id)), NULL));
	TRY(audit_write(op, "conversation_merged", "conversation", c.id, STR_NONE, into.address));
	a->undo = undo_of(op, &m);
	a->notice = msg_of("notice_conversation_merged");
	return answer_redirect(a, into.address);
}

/* Something has to stay, and something has to go: a conversation without a message is none. */
static enum err check_split(struct op *op, const struct move *m)
{
	struct db_rows r;
	TRY(op_query(op, SQL_conversation_moved_counts, DB_ARGS(db_id(m->id), db_id(m->origin)), &r));
	if (db_rows_int(&r, 0, 0) && db_rows_int(&r, 0, 1)) return OK;
	return fail(op, ERR_STATE, "message", "is the first one: nothing would stay");
}

static enum err split(struct op *op, const struct move *m, const struct conversation_row *c, id first)
{
	TRY(op_run(op, SQL_conversation_split, DB_ARGS(db_id(m->target), db_id(c->id), db_id(first), db_int(op->now_ms)), NULL));
	TRY(carry(op, m, c->id, m->target));
	TRY(op_run(op, SQL_conversation_split_references_add, DB_ARGS(db_id(m->id), db_id(m->target)), NULL));
	TRY(op_run(op, SQL_conversation_split_references_remove, DB_ARGS(db_id(m->id), db_id(c->id)), NULL));
	TRY(conversation__step(op, c->id, "split", S("")));
	TRY(conversation__step(op, m->target, "split", c->title));
	TRY(conversation__settle_anew(op, c->id));
	return conversation__settle_anew(op, m->target);
}

enum err conversation_split_post(struct op *op, struct web *w, struct answer *a)
{
	struct conversation_row c;
	id message;
	TRY(conversation__open(op, w, &c));
	TRY(web_id(op, w, "message", "msg", &message));
	if (conversation__is_chat(c.channel)) return fail(op, ERR_STATE, "id", "is a chat, which stays one");
	struct move m = {.kind = MOVE_SPLIT, .origin = c.id, .target = id_new()};
	TRY(keep_move(op, &m, &c));
	TRY(op_run(op, SQL_conversation_moved_from, DB_ARGS(db_id(m.id), db_id(c.id), db_id(message)), NULL));
	TRY(check_split(op, &m));
	TRY(split(op, &m, &c, message));
	conversation__tell(op, c.id);
	TRY(audit_write(op, "conversation_split", "conversation", c.id, STR_NONE, conversation__address(op, m.target)));
	a->undo = undo_of(op, &m);
	a->notice = msg_of("notice_conversation_split");
	return answer_redirect(a, conversation__address(op, m.target));
}

/* ---- undoing ---- */

static enum err undo_merge(struct op *op, const struct move *m, const struct db_rows *r)
{
	TRY(carry(op, m, m->target, m->origin));
	TRY(op_run(op, SQL_conversation_unmerged, DB_ARGS(db_id(m->origin), db_int(db_rows_int(r, 0, 3)), db_int_or_null(db_rows_int(r, 0, 4)), db_int_or_null(db_rows_int(r, 0, 5))), NULL));
	TRY(conversation__step(op, m->target, "unmerged", S("")));
	TRY(conversation__step(op, m->origin, "unmerged", S("")));
	TRY(conversation__settle_anew(op, m->target));
	conversation__tell(op, m->target);
	return conversation__settle_anew(op, m->origin);
}

/* What was written into it since goes with it. */
static enum err undo_split(struct op *op, const struct move *m)
{
	TRY(op_run(op, SQL_conversation_moved_all, DB_ARGS(db_id(m->id), db_id(m->target)), NULL));
	TRY(carry(op, m, m->target, m->origin));
	return lead_to(op, m->target, m->origin, "unmerged", S(""));
}

enum err conversation_move_undo_post(struct op *op, struct web *w, struct answer *a)
{
	struct db_rows r;
	struct conversation_row target;
	struct move m;
	TRY(web_id(op, w, "id", "cnv", &m.origin));
	TRY(web_id(op, w, "move", "mov", &m.id));
	TRY(op_query(op, SQL_conversation_move_get, DB_ARGS(db_id(m.id), db_id(m.origin)), &r));
	if (!r.n) return fail(op, ERR_NOT_FOUND, "move", "there is no such merging or splitting, or it was undone");
	m.kind = (enum move_kind)db_rows_int(&r, 0, 1);
	m.target = db_rows_id(&r, 0, 2);
	TRY(conversation__get(op, m.target, &target));
	if (target.state == CONVERSATION_MERGED) return fail(op, ERR_STATE, "move", "the other conversation was merged into a third since: undo that first");
	TRY(m.kind == MOVE_MERGE ? undo_merge(op, &m, &r) : undo_split(op, &m));
	TRY(op_run(op, SQL_conversation_move_undone, DB_ARGS(db_id(m.id), db_int(op->now_ms)), NULL));
	TRY(audit_write(op, "conversation_move_undone", "conversation", m.origin, STR_NONE, STR_NONE));
	conversation__tell(op, m.origin);
	a->notice = msg_of("notice_conversation_move_undone");
	return answer_redirect(a, conversation__address(op, m.origin));
}
