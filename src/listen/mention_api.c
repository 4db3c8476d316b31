/* mention_api.c: one mention, and whose it is. Nobody is joined to a mention by a rule: a person does it, says how it is known,
 * and it is written down; the words stay with the mention and are erased with the customer. */
#include "audit/audit.h"
#include "consent/consent.h"
#include "conversation/conversation.h"
#include "customer/customer.h"
#include "customer/people.h"
#include "http/faults.h"
#include "i18n/i18n.h"
#include "listen/listen.h"
#include "op/app.h"

enum { NOTE_CHARACTERS = 300, OTHER_CHARACTERS = 300 };

struct mention_page {
	id id;
	int64_t at;
	str network, url, title, text, author, note, customer, conversation;
	int basis;
	bool is_joined, may_join, may_follow;
	LIST_OF(struct option) bases;
	struct input who, how;
	LIST_OF(struct form_fault) faults;
};
/* On what ground a mention is joined to a customer. */
enum basis { BASIS_TOLD, BASIS_IDENTITY, BASIS_CONSENT, BASIS_COUNT };
static const char *const BASES[] = {"told", "identity", "consent", NULL};

static const struct desc_field PAGE_FIELDS[] = {
	FIELD(mention_page, id, DESC_ID, .prefix = "men"),
	FIELD(mention_page, at, DESC_TIME),
	FIELD(mention_page, network, DESC_STR),
	FIELD(mention_page, url, DESC_STR),
	FIELD(mention_page, title, DESC_STR),
	FIELD(mention_page, text, DESC_STR),
	FIELD(mention_page, author, DESC_STR),
	FIELD(mention_page, note, DESC_STR, .doc = "how it is known whose it is"),
	FIELD(mention_page, basis, DESC_ENUM, .names = BASES, .prefix = "mention_basis", .doc = "on what ground it was joined"),
	FIELD(mention_page, bases, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(mention_page, may_follow, DESC_BOOL),
	FIELD(mention_page, conversation, DESC_STR, .doc = "address of the conversation that it was taken into the inbox as"),
	FIELD(mention_page, customer, DESC_STR, .doc = "address of the customer that it was joined to"),
	FIELD(mention_page, is_joined, DESC_BOOL),
	FIELD(mention_page, may_join, DESC_BOOL),
	FIELD(mention_page, who, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(mention_page, how, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(mention_page, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc MENTION_PAGE_DESC = DESC(mention_page, PAGE_FIELDS);

struct mention_join {
	str who, how, basis;
};
static const struct desc_field JOIN_FIELDS[] = {
	FIELD(mention_join, who, DESC_STR, .doc = "id or identity (kind:value) of the customer"),
	FIELD(mention_join, how, DESC_STR, .doc = "how it is known that the mention is theirs"),
	FIELD(mention_join, basis, DESC_STR, .flags = DESC_OMIT, .doc = "on what ground: told (they told us; unless said otherwise), identity (the account is one of theirs), consent (they agreed to analysis)"),
};
const struct desc MENTION_JOIN_DESC = DESC(mention_join, JOIN_FIELDS);

static void offer_bases(struct op *op, struct mention_page *page, str chosen)
{
	page->bases.v = ARENA_ARRAY(&op->arena, struct option, BASIS_COUNT);
	for (size_t i = 0; i < BASIS_COUNT; i++)
		page->bases.v[i] = (struct option){str_of(BASES[i]), i18n_pattern(op->locale.lang, str_fmt(&op->arena, "mention_basis_%s", BASES[i])), chosen.n ? str_eq(chosen, str_of(BASES[i])) : i == 0};
	page->bases.n = BASIS_COUNT;
}

static enum err find(struct op *op, const struct web *w, struct mention_page **out)
{
	struct mention_page *page = *out = ARENA_NEW(&op->arena, struct mention_page);
	struct db_rows r;
	TRY(web_id(op, w, "id", "men", &page->id));
	TRY(op_query(op, SQL_mention_one, DB_ARGS(db_int(PURPOSE_ANALYTICS), db_id(page->id)), &r));
	if (!r.n) return fail(op, ERR_NOT_FOUND, "id", "there is no such mention");
	page->at = db_rows_int(&r, 0, 0);
	str *const texts[] = {&page->network, &page->url, &page->title, &page->text, &page->author, &page->note};
	for (size_t i = 0; i < COUNT_OF(texts); i++) *texts[i] = db_rows_text(&r, 0, i + 1);
	page->is_joined = db_rows_int(&r, 0, 7) != DESC_NULL_INT;
	if (db_rows_id(&r, 0, 8)) page->customer = customer_address(op, db_rows_id(&r, 0, 8));
	str key = str_fmt(&op->arena, "listen_network_%.*s", STR_ARG(page->network));
	if (i18n_has(op->locale.lang, key)) page->network = i18n_pattern(op->locale.lang, key);
	page->may_join = op_may(op, PERM_JOIN_CUSTOMERS);
	page->may_follow = op_may(op, PERM_WRITE_CUSTOMERS);
	page->basis = db_rows_int(&r, 0, 9) == DESC_NULL_INT ? -1 : (int)db_rows_int(&r, 0, 9);
	offer_bases(op, page, S(""));
	return conversation_mention_address(op, page->id, &page->conversation);
}

enum err mention_get(struct op *op, struct web *w, struct answer *a)
{
	struct mention_page *page;
	TRY(find(op, w, &page));
	return answer_with(a, &MENTION_PAGE_DESC, page);
}

static enum err oldest_subject(struct op *op, uint32_t number, uint32_t *out)
{
	uint32_t *subjects;
	size_t n = people_subjects(op->app->people, number, &op->arena, &subjects);
	if (!n) return fail(op, ERR_INVALID, "who", "there is no such customer");
	*out = subjects[0];
	for (size_t i = 1; i < n; i++)
		if (subjects[i] < *out) *out = subjects[i];
	return OK;
}

/* That the ground which was named is there. */
static enum err check_basis(struct op *op, const struct mention_page *page, str named, id customer, uint32_t number, int *basis, struct faults *faults)
{
	struct db_rows r;
	*basis = BASIS_TOLD;
	while (str_given(named) && named.n && *basis < BASIS_COUNT && !str_eq(named, str_of(BASES[*basis]))) ++*basis;
	if (*basis == BASIS_COUNT) faults_add(faults, "basis", NULL, msg_of("fault_choice"));
	if (!number) return OK;
	if (*basis == BASIS_CONSENT && !(people_granted(op->app->people, number) & PURPOSE_BIT(PURPOSE_ANALYTICS))) faults_add(faults, "basis", NULL, msg_of("mention_basis_no_consent"));
	if (*basis != BASIS_IDENTITY) return OK;
	TRY(op_query(op, SQL_mention_is_of, DB_ARGS(db_id(page->id), db_id(customer)), &r));
	if (!db_rows_int(&r, 0, 0)) faults_add(faults, "basis", NULL, msg_of("mention_basis_no_identity"));
	return OK;
}

enum err mention_join_post(struct op *op, struct web *w, struct answer *a)
{
	struct mention_join in;
	struct mention_page *page;
	struct faults faults = {0};
	id customer = 0;
	uint32_t number = 0, subject = 0;
	int basis;
	TRY(web_input(op, w, &MENTION_JOIN_DESC, &in));
	TRY(find(op, w, &page));
	page->who.value = in.who;
	page->how.value = in.how;
	bool is_named = faults_text(&faults, "who", &page->who, true, OTHER_CHARACTERS);
	faults_text(&faults, "how", &page->how, true, NOTE_CHARACTERS);
	if (is_named) TRY(customer_by_identity(op, page->who.value, &customer));
	bool is_there = customer && people_find(op->app->people, customer, &number);
	if (is_named && !is_there) faults_add(&faults, "who", &page->who, msg_of("join_refused_nobody"));
	if (is_there && people_denied(op->app->people, number)) faults_add(&faults, "who", &page->who, msg_of("mention_join_refused"));
	TRY(check_basis(op, page, in.basis, customer, number, &basis, &faults));
	if (faults.n) {
		offer_bases(op, page, in.basis.n ? in.basis : S(""));
		faults_keep(op, &faults, &page->faults.v, &page->faults.n);
		return answer_refused(op, a, &MENTION_PAGE_DESC, page);
	}
	TRY(oldest_subject(op, number, &subject));
	TRY(op_run(op, SQL_mention_join, DB_ARGS(db_id(page->id), db_int(subject), db_text(page->how.value), db_int(basis)), NULL));
	TRY(conversation_mention_joined(op, page->id, subject));
	TRY(audit_write(op, "mention_joined", "customer", customer, STR_NONE, id_show(&op->arena, S("men"), page->id)));
	str address = str_fmt(&op->arena, "/listening/mentions/%s", id_show(&op->arena, S("men"), page->id).p);
	a->notice = msg_of("notice_mention_joined");
	a->undo = str_fmt(&op->arena, "%.*s/separate", STR_ARG(address));
	return answer_redirect(a, address);
}

enum err mention_separate_post(struct op *op, struct web *w, struct answer *a)
{
	struct mention_page *page;
	TRY(find(op, w, &page));
	if (!page->is_joined) return fail(op, ERR_STATE, "id", "it is joined to nobody");
	TRY(op_run(op, SQL_mention_join, DB_ARGS(db_id(page->id), db_null(), db_null(), db_null()), NULL));
	TRY(conversation_mention_joined(op, page->id, 0));
	TRY(audit_write(op, "mention_separated", "", 0, STR_NONE, id_show(&op->arena, S("men"), page->id)));
	a->notice = msg_of("notice_mention_separated");
	return answer_redirect(a, str_fmt(&op->arena, "/listening/mentions/%s", id_show(&op->arena, S("men"), page->id).p));
}
