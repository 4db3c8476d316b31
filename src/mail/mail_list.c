/* The outbox as people see it, newest first: what was sent to whom, how far it came, and what the server said. */
#include "audit/audit.h"
#include "mail/mail_inner.h"
#include "mail/mail_pages.h"

enum { PAGE_ROWS = 50, WORDS_BYTES = 200 };

static const struct desc_field MAIL_ROW_FIELDS[] = {
	FIELD(mail_row, id, DESC_ID, .prefix = "mai"),
	FIELD(mail_row, kind, DESC_ENUM, .names = MAIL_KINDS, .prefix = "mail_kind"),
	FIELD(mail_row, state, DESC_ENUM, .names = MAIL_STATES, .prefix = "mail_state"),
	FIELD(mail_row, recipient, DESC_STR),
	FIELD(mail_row, name, DESC_STR),
	FIELD(mail_row, subject, DESC_STR),
	FIELD(mail_row, attempts, DESC_INT),
	FIELD(mail_row, is_repeated, DESC_BOOL, .doc = "its answer was lost once, so it may have arrived twice"),
	FIELD_AS(mail_row, made_ms, "made", DESC_TIME),
	FIELD_AS(mail_row, ended_ms, "ended", DESC_TIME),
	FIELD_AS(mail_row, due_ms, "due", DESC_TIME, .doc = "of one that is queued: not tried before"),
	FIELD(mail_row, code, DESC_INT, .doc = "the server's last reply"),
	FIELD(mail_row, answer, DESC_STR),
	FIELD_AS(mail_row, complained_ms, "complained", DESC_TIME, .doc = "who got it called it unwanted; null: nobody did"),
	FIELD(mail_row, again, DESC_STR, .doc = "sends it again"),
};
const struct desc MAIL_ROW_DESC = DESC(mail_row, MAIL_ROW_FIELDS);

struct mails {
	struct msg finding;
	str q;
	LIST_OF(struct option) states, kinds;
	LIST_OF(struct mail_row) rows;
	str next, previous;
	bool is_filtered;
};
static const struct desc_field MAILS_FIELDS[] = {
	FIELD(mails, finding, DESC_MSG),
	FIELD(mails, q, DESC_STR),
	FIELD(mails, states, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(mails, kinds, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(mails, rows, DESC_LIST, .item = DESC_STRUCT, .of = &MAIL_ROW_DESC),
	FIELD(mails, next, DESC_STR),
	FIELD(mails, previous, DESC_STR),
	FIELD(mails, is_filtered, DESC_BOOL),
};
const struct desc MAILS_DESC = DESC(mails, MAILS_FIELDS);

static int find_name(const char *const *names, str name)
{
	for (int i = 0; names[i]; i++)
		if (str_eq(name, str_of(names[i]))) return i;
	return -1;
}

static str again_of(struct op *op, const struct db_rows *rows, size_t i)
{
	if (db_rows_int(rows, i, 5) < MAIL_FAILED || !db_rows_bool(rows, i, 13)) return STR_NONE;
	return str_fmt(&op->arena, "/mails/%.*s/again", STR_ARG(id_show(&op->arena, S("mai"), db_rows_id(rows, i, 0))));
}

struct mail_row *mail_rows(struct op *op, const struct db_rows *rows)
{
	struct mail_row *out = ARENA_ARRAY(&op->arena, struct mail_row, rows->n);
	for (size_t i = 0; i < rows->n; i++)
		out[i] = (struct mail_row){
			.id = db_rows_id(rows, i, 0),
			.kind = find_name(MAIL_KINDS, db_rows_text(rows, i, 1)),
			.recipient = db_rows_text(rows, i, 2),
			.name = db_rows_text(rows, i, 3),
			.subject = db_rows_text(rows, i, 4),
			.state = (int)db_rows_int(rows, i, 5),
			.attempts = db_rows_int(rows, i, 6),
			.is_repeated = db_rows_bool(rows, i, 7),
			.made_ms = db_rows_int(rows, i, 8),
			.ended_ms = db_rows_int(rows, i, 9),
			.due_ms = db_rows_int(rows, i, 10),
			.code = db_rows_int(rows, i, 11),
			.answer = db_rows_text(rows, i, 12),
			.complained_ms = db_rows_int(rows, i, 14),
			.again = again_of(op, rows, i),
		};
	return out;
}

struct filter {
	int state; /* -1: all */
	str kind, q, folded;
};

static enum err read_filter(struct op *op, const struct web *w, struct filter *f)
{
	str state = web_query(w, "state"), kind = web_query(w, "kind"), q = str_trim(web_query(w, "q"));
	*f = (struct filter){.state = -1, .kind = kind.n ? kind : S(""), .q = q, .folded = S("")};
	if (state.n && (f->state = find_name(MAIL_STATES, state)) < 0)
		return fail(op, ERR_INVALID, "state", "must be queued, sending, sent, failed or bounced");
	if (kind.n && find_name(MAIL_KINDS, kind) < 0) return fail(op, ERR_INVALID, "kind", "is no kind of mail");
	if (q.n > WORDS_BYTES) return fail(op, ERR_INVALID, "q", "longer than %d bytes", WORDS_BYTES);
	if (q.n) f->folded = i18n_fold(&op->arena, q);
	return OK;
}

static struct option *choices(
	struct op *op, const char *const *names, const char *prefix, const char *all, str selected, size_t *n)
{
	size_t most = 1;
	while (names[most - 1]) most++;
	struct option *options = ARENA_ARRAY(&op->arena, struct option, most);
	options[0] = (struct option){S(""), i18n_pattern(op->locale.lang, str_of(all)), !selected.n};
	for (*n = 1; *n < most; ++*n) {
		str name = str_of(names[*n - 1]);
		options[*n] =
			(struct option){name, i18n_pattern(op->locale.lang, str_fmt(&op->arena, "%s_%.*s", prefix, STR_ARG(name))),
				str_eq(name, selected)};
	}
	return options;
}

/* "n" and an id: rows before it; "p" and an id: rows after it. */
static enum err add_rows(struct op *op, const struct web *w, const struct filter *f, struct mails *page)
{
	struct db_rows rows;
	str cursor = web_query(w, "cursor");
	id at = INT64_MAX;
	bool is_back = cursor.n && cursor.p[0] == 'p';
	if (cursor.n && !id_read(S("mai"), str_sub(cursor, 1, cursor.n), &at))
		return fail(op, ERR_INVALID, "cursor", "is none of this list: begin at its first page");
	TRY(op_query(op, is_back ? SQL_mail_after : SQL_mail_before,
		DB_ARGS(db_int(f->state), db_text(f->kind), db_text(f->folded), db_int(at), db_int(PAGE_ROWS + 1)), &rows));
	bool is_more = rows.n > PAGE_ROWS;
	size_t n = is_more ? PAGE_ROWS : rows.n;
	struct mail_row *found = mail_rows(op, &rows);
	page->rows.v = ARENA_ARRAY(&op->arena, struct mail_row, n);
	for (size_t i = 0; i < n; i++) page->rows.v[page->rows.n++] = found[is_back ? n - 1 - i : i];
	if (!n) return OK;
	str last = id_show(&op->arena, S("mai"), page->rows.v[n - 1].id);
	str first = id_show(&op->arena, S("mai"), page->rows.v[0].id);
	if (is_back || is_more) page->next = web_address_with(op, w, "cursor", str_fmt(&op->arena, "n%.*s", STR_ARG(last)));
	if (is_back ? is_more : at != INT64_MAX)
		page->previous = web_address_with(op, w, "cursor", str_fmt(&op->arena, "p%.*s", STR_ARG(first)));
	return OK;
}

enum err mail_list_get(struct op *op, struct web *w, struct answer *a)
{
	struct filter f;
	struct db_rows count;
	struct mails *page = ARENA_NEW(&op->arena, struct mails);
	TRY(read_filter(op, w, &f));
	TRY(op_query(op, SQL_mail_count, DB_ARGS(db_int(f.state), db_text(f.kind), db_text(f.folded)), &count));
	int64_t total = db_rows_int(&count, 0, 0);
	page->is_filtered = f.state >= 0 || f.kind.n || f.q.n;
	page->finding = total || page->is_filtered
	                    ? msg_int(page->is_filtered ? "mails_found" : "mails_all", "total", total)
	                    : msg_of("mails_none");
	page->q = f.q;
	page->states.v =
		choices(op, MAIL_STATES, "mail_state", "mails_every_state", web_query(w, "state"), &page->states.n);
	page->kinds.v = choices(op, MAIL_KINDS, "mail_kind", "mails_every_kind", f.kind, &page->kinds.n);
	TRY(add_rows(op, w, &f, page));
	a->topics[a->n_topics++] = S("mail");
	return answer_with(a, &MAILS_DESC, page);
}

enum err mail_again_post(struct op *op, struct web *w, struct answer *a)
{
	id mail;
	int64_t changed;
	TRY(web_id(op, w, "id", "mai", &mail));
	if (!mail_is_on(op->app)) return fail(op, ERR_STATE, "mail", "is not set up: see the settings");
	TRY(op_run(op, SQL_mail_again, DB_ARGS(db_id(mail), db_int(op->now_ms)), &changed));
	if (!changed) return fail(op, ERR_STATE, "mail", "was not refused, or its texts are gone");
	TRY(audit_write(op, "mail_again", "mail", 0, STR_NONE, STR_NONE));
	TRY(job_add(op, MAIL_JOB, S("{}"), 0, S("schedule"), NULL));
	a->notice = msg_of("notice_subscription_sent");
	return answer_redirect(a, S("/mails"));
}
