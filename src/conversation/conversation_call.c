/* conversation_call.c: "@Ann" in a note calls on a colleague: it stands among theirs until they have seen it, and they get a mail, where mail
 * is set up, which leads there and tells nothing of the customer. */
#include "conversation/conversation_page.h"
#include "i18n/i18n.h"
#include "mail/mail.h"
#include "op/app.h"
#include "setting/setting.h"
#include "team/team.h"

enum { PEOPLE_MOST = 500 };

struct colleague {
	struct person person;
	str name, first, local; /* folded; absent: not theirs alone */
	bool is_called;
};
struct colleagues {
	struct colleague *v;
	size_t n;
};

static str first_word(str name)
{
	str rest = name;
	return str_cut(&rest, ' ');
}

/* A first name that two have calls on neither. */
static void drop_shared(struct colleagues *all)
{
	for (size_t i = 0; i < all->n; i++)
		for (size_t k = 0; k < all->n; k++)
			if (k != i && all->v[i].first.n && str_eq(all->v[i].first, first_word(all->v[k].name))) all->v[i].first = STR_NONE;
}

static enum err read_colleagues(struct op *op, struct colleagues *out)
{
	struct db_rows r;
	TRY(op_query(op, SQL_conversation_colleagues, DB_ARGS(db_int(PEOPLE_MOST)), &r));
	*out = (struct colleagues){ARENA_ARRAY(&op->arena, struct colleague, r.n + 1), r.n};
	for (size_t i = 0; i < r.n; i++) {
		struct colleague *c = &out->v[i];
		c->person = (struct person){.id = db_rows_id(&r, i, 0), .name = db_rows_text(&r, i, 1), .email = db_rows_text(&r, i, 2), .language = db_rows_text(&r, i, 3), .calendar = db_rows_text(&r, i, 4)};
		str rest = i18n_fold(&op->arena, c->person.email.p ? c->person.email : S(""));
		c->local = str_cut(&rest, '@');
		c->name = str_trim(i18n_fold(&op->arena, c->person.name.p ? c->person.name : S("")));
		c->first = first_word(c->name);
	}
	drop_shared(out);
	return OK;
}

static bool goes_on(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80 || c == '_';
}

static size_t fits(str rest, str handle)
{
	if (!handle.n || !str_starts(rest, handle)) return 0;
	return rest.n > handle.n && goes_on(rest.p[handle.n]) ? 0 : handle.n;
}

/* Whom the longest name calls on that stands there. */
static void call_at(struct colleagues *all, str rest)
{
	struct colleague *best = NULL;
	size_t most = 0;
	for (size_t i = 0; i < all->n; i++) {
		const str handles[] = {all->v[i].name, all->v[i].first, all->v[i].local};
		for (size_t h = 0; h < COUNT_OF(handles); h++) {
			size_t n = fits(rest, handles[h]);
			if (n <= most) continue;
			most = n;
			best = &all->v[i];
		}
	}
	if (best) best->is_called = true;
}

static void call_on(struct op *op, struct colleagues *all, str text)
{
	str folded = i18n_fold(&op->arena, text);
	for (size_t i = 0; i < folded.n; i++)
		if (folded.p[i] == '@' && (!i || !goes_on(folded.p[i - 1]))) call_at(all, str_sub(folded, i + 1, folded.n));
}

static enum err tell(struct op *op, const struct person *p, const struct conversation_row *c, str who)
{
	struct locale l = mail_locale(op, p);
	struct msg sentence = msg_of("call_sentence");
	struct mail_letter letter = {.title = msg_str("call_title", "name", who), .sentences = {&sentence, 1}, .link = mail_link(op, c->address), .link_text = msg_of("call_link")};
	struct mail_message m = {.kind = MAIL_CALLED, .person = p->id, .recipient = p->email, .name = p->name};
	if (!mail_is_on(op->app) || !email_is_plausible(p->email)) return OK;
	TRY(mail_write_letter(op, &l, &letter, &m));
	return mail_put(op, &m, NULL);
}

enum err conversation__call_on(struct op *op, const struct conversation_row *c, id message, str text, str who)
{
	struct colleagues all;
	if (!str_contains(text, S("@"))) return OK;
	TRY(read_colleagues(op, &all));
	call_on(op, &all, text);
	for (size_t i = 0; i < all.n; i++) {
		const struct person *p = &all.v[i].person;
		if (!all.v[i].is_called || p->id == op->actor.id) continue;
		TRY(op_run(op, SQL_conversation_call_add, DB_ARGS(db_id(message), db_id(p->id), db_int(op->now_ms)), NULL));
		TRY(tell(op, p, c, who));
	}
	return OK;
}

enum err conversation__calls_seen(struct op *op, id conversation)
{
	if (op->actor.kind != ACTOR_PERSON) return OK;
	return op_run(op, SQL_conversation_calls_seen, DB_ARGS(db_id(conversation), db_id(op->actor.id), db_int(op->now_ms)), NULL);
}

enum err conversation_called_post(struct op *op, struct web *w, struct answer *a)
{
	struct conversation_row c;
	TRY(conversation__open(op, w, &c));
	TRY(conversation__calls_seen(op, c.id));
	conversation__tell(op, c.id);
	return answer_redirect(a, c.address);
}
