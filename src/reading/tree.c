#include "reading/tree.h"

#include "base/buf.h"
#include "base/log.h"
#include "http/asset.h"
#include "jobs/jobs.h"
#include "op/app.h"
#include "reading/reading.h"
#include "reading/reread.h"
#include "text/shelf.h"
#include "text/text.h"

enum { DOCUMENT_BYTES = 4 << 20, MOVES_BYTES = 1 << 20 };

/* ---- the document ---- */

static void read_lines(struct arena *a, str text, void *list)
{
	VEC(struct tree_line) *out = list;
	while (str_given(text) && text.n) {
		str line = str_cut(&text, '\n');
		if (!line.n || line.p[0] == '#') continue;
		str name = str_trim(str_cut(&line, '\t'));
		struct tree_line x = {name, str_given(line) ? str_trim(line) : S("")};
		if (name.n && x.query.n) VEC_PUSH(out, a, x);
	}
}

static str write_lines(struct arena *a, const void *list)
{
	const VEC(struct tree_line) *in = list;
	struct buf b;
	buf_init(&b, DOCUMENT_BYTES);
	for (size_t i = 0; i < in->n; i++) buf_fmt(&b, "%.*s\t%.*s\n", STR_ARG(in->v[i].name), STR_ARG(in->v[i].query));
	str out = str_dup(a, buf_str(&b));
	buf_release(&b);
	return out;
}

enum column { ID, AT, TOPICS, RULES, MOVED, PERSON };

enum err tree_load(struct op *op, struct tree *out)
{
	struct db_rows r;
	const struct asset *shipped = asset_find(S("models/topics.tsv"));
	*out = (struct tree){.moved = S("")};
	TRY(op_query(op, SQL_topic_version_newest, DB_NO_ARGS, &r));
	str topics = r.n ? db_rows_text(&r, 0, TOPICS) : STR_NONE;
	read_lines(&op->arena, str_given(topics) ? topics : shipped ? shipped->bytes : S(""), &out->topics);
	if (!r.n) return OK;
	read_lines(&op->arena, db_rows_text(&r, 0, RULES), &out->rules);
	out->version = db_rows_id(&r, 0, ID);
	out->at = db_rows_int(&r, 0, AT);
	out->person = db_rows_text(&r, 0, PERSON);
	out->moved = db_rows_text(&r, 0, MOVED);
	out->has_before = true;
	return OK;
}

enum err tree_texts(struct op *op, str *topics, str *rules, str *moved)
{
	struct db_rows r;
	TRY(op_query(op, SQL_topic_version_newest, DB_NO_ARGS, &r));
	*topics = r.n ? db_rows_text(&r, 0, TOPICS) : STR_NONE;
	*rules = r.n ? db_rows_text(&r, 0, RULES) : STR_NONE;
	*moved = r.n ? db_rows_text(&r, 0, MOVED) : S("");
	return OK;
}

/* ---- keeping ---- */

static enum err fill_shelf(struct op *op, void *arg)
{
	(void)arg;
	return reading_fill_shelf(op);
}

static void fill_after(void *arg)
{
	if (op_apart(arg, "topics", fill_shelf, NULL) != OK) log_error("topics_not_read", F_STR("where", S("records")));
}

static enum err keep(struct op *op, str topics, str rules, str moved)
{
	struct topics *made;
	if (str_given(topics) && topics.n >= DOCUMENT_BYTES) return fail(op, ERR_TOO_LARGE, "queries", "together are longer than %d bytes", DOCUMENT_BYTES);
	TRY(text_topics_new(topics, rules, &made, &op->fault));
	topics_free(made);
	TRY(op_run(op, SQL_topic_version_add,
		DB_ARGS(db_id(id_new()), db_int(op->now_ms), db_id(op->actor.kind == ACTOR_PERSON ? op->actor.id : 0), db_text(topics), db_text(rules), db_text(moved)), NULL));
	op_after_commit(op, fill_after, op->app);
	return reread_begin(op);
}

enum err tree_keep(struct op *op, const struct tree *t)
{
	str topics = write_lines(&op->arena, &t->topics);
	return keep(op, topics, write_lines(&op->arena, &t->rules), t->moved);
}

enum err tree_undo(struct op *op, id version)
{
	struct db_rows r;
	TRY(op_query(op, SQL_topic_version_newest, DB_NO_ARGS, &r));
	if (!r.n || db_rows_id(&r, 0, ID) != version) return fail(op, ERR_STATE, "id", "was changed again since");
	if (r.n == 1) return keep(op, STR_NONE, S(""), S(""));
	return keep(op, db_rows_text(&r, 1, TOPICS), db_rows_text(&r, 1, RULES), db_rows_text(&r, 1, MOVED));
}

/* ---- steps ---- */

bool tree_has(const struct tree *t, str topic)
{
	for (size_t i = 0; i < t->topics.n; i++)
		if (str_eq(t->topics.v[i].name, topic)) return true;
	return false;
}

str tree_queries(const struct tree *t, struct arena *a, str topic)
{
	struct buf b;
	buf_init(&b, DOCUMENT_BYTES);
	for (size_t i = 0; i < t->topics.n; i++)
		if (str_eq(t->topics.v[i].name, topic)) buf_fmt(&b, "%.*s\n", STR_ARG(t->topics.v[i].query));
	str out = str_dup(a, str_trim(buf_str(&b)));
	buf_release(&b);
	return out;
}

void tree_put(struct tree *t, struct arena *a, str topic, str queries)
{
	VEC(struct tree_line) out = {0};
	bool is_put = false;
	for (size_t i = 0; i <= t->topics.n; i++) {
		bool is_here = i == t->topics.n ? !is_put : str_eq(t->topics.v[i].name, topic) && !is_put;
		for (str rest = queries; is_here && str_given(rest);) {
			struct tree_line x = {topic, str_trim(str_cut(&rest, '\n'))};
			if (x.query.n) VEC_PUSH(&out, a, x);
		}
		is_put |= is_here;
		if (i < t->topics.n && !str_eq(t->topics.v[i].name, topic)) VEC_PUSH(&out, a, t->topics.v[i]);
	}
	t->topics.v = out.v;
	t->topics.n = out.n;
	t->topics.cap = out.cap;
}

/* Its name after the move; absent: it stays. */
static str renamed(struct arena *a, str name, str topic, str to)
{
	str beneath = str_fmt(a, "%.*s/", STR_ARG(topic));
	if (str_eq(name, topic)) return to;
	if (!str_starts(name, beneath)) return STR_NONE;
	return to.n ? str_fmt(a, "%.*s/%.*s", STR_ARG(to), STR_ARG(str_sub(name, beneath.n, name.n))) : S("");
}

void tree_move(struct tree *t, struct arena *a, str topic, str to)
{
	size_t n = 0;
	struct buf moved;
	str before = STR_NONE;
	buf_init(&moved, MOVES_BYTES);
	buf_add(&moved, t->moved);
	for (size_t i = 0; i < t->topics.n; i++) {
		struct tree_line x = t->topics.v[i];
		str name = renamed(a, x.name, topic, to);
		if (str_given(name) && !str_eq(x.name, before)) buf_fmt(&moved, "%.*s\t%.*s\n", STR_ARG(x.name), STR_ARG(name));
		before = x.name;
		if (str_given(name)) x.name = name;
		if (x.name.n) t->topics.v[n++] = x;
	}
	t->topics.n = n;
	t->moved = str_dup(a, buf_str(&moved));
	buf_release(&moved);
}

/* ---- what became of names ---- */

static str followed(str moved, str name)
{
	while (moved.n && name.n) {
		str line = str_cut(&moved, '\n'), to = line;
		if (str_eq(str_cut(&to, '\t'), name)) name = str_given(to) ? to : S("");
		if (!str_given(moved)) break;
	}
	return name;
}

str tree_follow(struct arena *a, str moved, str names)
{
	str out = S("");
	while (str_given(names) && names.n) {
		str name = followed(moved, str_cut(&names, '\n')), line = str_fmt(a, "%.*s\n", STR_ARG(name));
		bool is_there = str_starts(out, line) || str_contains(out, str_fmt(a, "\n%.*s", STR_ARG(line)));
		if (name.n && !is_there) out = str_fmt(a, "%.*s%.*s", STR_ARG(out), STR_ARG(line));
	}
	return out;
}
