/* contact_preferences.c: what a customer wants, said on a page of their own. The address holds the customer's id and a keyed hash of it:
 * whoever got a mail from us has it, and needs no sign-in. It survives a join of profiles. Looking at it changes nothing, since programs
 * that scan mail look addresses up; one POST ends what the mail belongs to (RFC 8058). */
#include "audit/audit.h"
#include "collect/collect.h"
#include "consent/consent.h"
#include "contact/contact.h"
#include "customer/change.h"
#include "customer/customer.h"
#include "customer/people.h"
#include "op/app.h"
#include "team/session.h"

enum { MAC_BYTES = 16 };

static str token_of(struct op *op, id customer)
{
	str shown = id_show(&op->arena, S("cus"), customer), mac = session_hash(op, "contact", shown);
	return str_fmt(&op->arena, "%.*s.%.*s", STR_ARG(shown), STR_ARG(str_base64url(&op->arena, mac.p, MAC_BYTES)));
}

str contact_preferences_path(struct op *op, id customer)
{
	return str_fmt(&op->arena, "/contact/%.*s", STR_ARG(token_of(op, customer)));
}

str contact_unsubscribe_path(struct op *op, id customer, enum contact_channel channel)
{
	return str_fmt(&op->arena, "/contact/%.*s/unsubscribe/%s", STR_ARG(token_of(op, customer)), CONTACT_CHANNELS[channel]);
}

/* ERR_GONE: the link is none of ours, or the customer was erased. */
static enum err open_link(struct op *op, const struct web *w, id *customer, uint32_t *number)
{
	id into, named;
	str token = web_parameter(w, "token"), rest = token, shown = str_cut(&rest, '.');
	if (!id_read(S("cus"), shown, &named) || !str_eq(token_of(op, named), token)) return fail(op, ERR_GONE, "link", "is none of ours");
	if (customer_open(op, named, number, &into) != OK) return fail(op, ERR_GONE, "link", "belongs to nobody any more");
	*customer = into ? into : named;
	return OK;
}

static enum err put_wish(struct op *op, uint32_t number, enum contact_channel channel, bool is_wanted)
{
	uint32_t *subjects;
	size_t n = people_subjects(op->app->people, number, &op->arena, &subjects);
	for (size_t i = 0; i < n; i++)
		TRY(op_run(op, SQL_contact_preference_put, DB_ARGS(db_int(subjects[i]), db_text(str_of(CONTACT_TOPICS[CONTACT_SURVEYS])), db_text(str_of(CONTACT_CHANNELS[channel])), db_bool(is_wanted), db_int(op->now_ms)), NULL));
	return OK;
}

enum err contact_refuse(struct op *op, id customer, enum contact_channel channel)
{
	uint32_t number;
	if (!people_find(op->app->people, customer, &number)) return fail(op, ERR_NOT_FOUND, "customer", "there is no such customer");
	TRY(put_wish(op, number, channel, false));
	return audit_write(op, "contact_unsubscribed", "customer", customer, STR_NONE, str_of(CONTACT_CHANNELS[channel]));
}

/* ---- the page ---- */

struct contact_wish {
	str channel;
	struct msg name;
	bool is_wanted;
};
struct contact_preferences {
	LIST_OF(struct contact_wish) surveys;
	bool marketing, is_saved;
	str action;
};
static const struct desc_field WISH_FIELDS[] = {
	FIELD(contact_wish, channel, DESC_STR),
	FIELD(contact_wish, name, DESC_MSG),
	FIELD(contact_wish, is_wanted, DESC_BOOL),
};
static const struct desc WISH_DESC = DESC(contact_wish, WISH_FIELDS);
static const struct desc_field PREFERENCES_FIELDS[] = {
	FIELD(contact_preferences, surveys, DESC_LIST, .item = DESC_STRUCT, .of = &WISH_DESC),
	FIELD(contact_preferences, marketing, DESC_BOOL, .doc = "offers are agreed to"),
	FIELD(contact_preferences, is_saved, DESC_BOOL),
	FIELD(contact_preferences, action, DESC_STR),
};
const struct desc CONTACT_PREFERENCES_DESC = DESC(contact_preferences, PREFERENCES_FIELDS);
struct contact_preferences_input {
	LIST_OF(str) surveys;
	bool marketing;
};
static const struct desc_field PREFERENCES_INPUT_FIELDS[] = {
	FIELD(contact_preferences_input, surveys, DESC_LIST, .item = DESC_STR, .max = 10, .doc = "channels on which surveys are welcome: email, sms, web"),
	FIELD(contact_preferences_input, marketing, DESC_BOOL),
};
const struct desc CONTACT_PREFERENCES_INPUT_DESC = DESC(contact_preferences_input, PREFERENCES_INPUT_FIELDS);

static bool agrees_to_offers(const struct op *op, uint32_t number)
{
	uint32_t bit = PURPOSE_BIT(PURPOSE_MARKETING);
	return people_granted(op->app->people, number) & bit && !(people_denied(op->app->people, number) & bit);
}

static enum err make_page(struct op *op, const struct web *w, id customer, uint32_t number, struct contact_preferences **out)
{
	struct contact_preferences *page = ARENA_NEW(&op->arena, struct contact_preferences);
	struct db_rows unwanted;
	TRY(op_query(op, SQL_contact_unwanted, DB_ARGS(db_id(customer)), &unwanted));
	*page = (struct contact_preferences){.marketing = agrees_to_offers(op, number), .action = w->path};
	page->surveys.v = ARENA_ARRAY(&op->arena, struct contact_wish, CONTACT_CHANNEL_COUNT);
	for (int i = 0; i < CONTACT_CHANNEL_COUNT; i++) {
		str channel = str_of(CONTACT_CHANNELS[i]);
		struct contact_wish wish = {channel, msg_of(str_c(&op->arena, str_fmt(&op->arena, "contact_channel_%.*s", STR_ARG(channel)))), true};
		for (size_t r = 0; r < unwanted.n; r++) wish.is_wanted &= !str_eq(db_rows_text(&unwanted, r, 1), channel);
		page->surveys.v[page->surveys.n++] = wish;
	}
	*out = page;
	return OK;
}

enum err contact_preferences_get(struct op *op, struct web *w, struct answer *a)
{
	struct contact_preferences *page;
	uint32_t number;
	id customer;
	TRY(open_link(op, w, &customer, &number));
	TRY(make_page(op, w, customer, number, &page));
	a->is_private = true;
	return answer_with(a, &CONTACT_PREFERENCES_DESC, page);
}

static bool names_channel(const struct contact_preferences_input *in, const char *channel)
{
	for (size_t i = 0; i < in->surveys.n; i++)
		if (str_eq(in->surveys.v[i], str_of(channel))) return true;
	return false;
}

enum err contact_preferences_post(struct op *op, struct web *w, struct answer *a)
{
	struct contact_preferences_input in;
	struct contact_preferences *page;
	struct customer_hold *hold = customer_hold(op);
	uint32_t number;
	id customer;
	TRY(open_link(op, w, &customer, &number));
	TRY(web_input(op, w, &CONTACT_PREFERENCES_INPUT_DESC, &in));
	for (int i = 0; i < CONTACT_CHANNEL_COUNT; i++) TRY(put_wish(op, number, (enum contact_channel)i, names_channel(&in, CONTACT_CHANNELS[i])));
	if (in.marketing != agrees_to_offers(op, number)) {
		hold->is_dirty = true;
		TRY(customer_say_consent(op, number, PURPOSE_MARKETING, in.marketing, "stated", i18n_pattern(op->locale.lang, S("contact_offers")), STR_NONE));
	}
	TRY(audit_write(op, "contact_preferences", "customer", customer, STR_NONE, STR_NONE));
	TRY(make_page(op, w, customer, number, &page));
	page->is_saved = true;
	a->is_private = true;
	return answer_with(a, &CONTACT_PREFERENCES_DESC, page);
}

/* ---- by one click ---- */

struct contact_unsubscribe {
	struct msg channel;
	str preferences;
	bool is_done;
};
static const struct desc_field UNSUBSCRIBE_FIELDS[] = {
	FIELD(contact_unsubscribe, channel, DESC_MSG),
	FIELD(contact_unsubscribe, preferences, DESC_STR, .doc = "address of all that can be chosen"),
	FIELD(contact_unsubscribe, is_done, DESC_BOOL),
};
const struct desc CONTACT_UNSUBSCRIBE_DESC = DESC(contact_unsubscribe, UNSUBSCRIBE_FIELDS);

static enum err find_channel(struct op *op, const struct web *w, enum contact_channel *out)
{
	str name = web_parameter(w, "channel");
	for (int i = 0; i < CONTACT_CHANNEL_COUNT; i++) {
		*out = (enum contact_channel)i;
		if (str_eq(name, str_of(CONTACT_CHANNELS[i]))) return OK;
	}
	return fail(op, ERR_NOT_FOUND, "channel", "there is no such channel");
}

static enum err unsubscribe(struct op *op, const struct web *w, struct answer *a, bool is_post)
{
	struct contact_unsubscribe *page = ARENA_NEW(&op->arena, struct contact_unsubscribe);
	enum contact_channel channel;
	uint32_t number;
	id customer;
	TRY(open_link(op, w, &customer, &number));
	TRY(find_channel(op, w, &channel));
	if (is_post) TRY(contact_refuse(op, customer, channel));
	*page = (struct contact_unsubscribe){msg_of(str_c(&op->arena, str_fmt(&op->arena, "contact_channel_%s", CONTACT_CHANNELS[channel]))), contact_preferences_path(op, customer), is_post};
	return answer_with(a, &CONTACT_UNSUBSCRIBE_DESC, page);
}

enum err contact_unsubscribe_get(struct op *op, struct web *w, struct answer *a)
{
	return unsubscribe(op, w, a, false);
}

enum err contact_unsubscribe_post(struct op *op, struct web *w, struct answer *a)
{
	return unsubscribe(op, w, a, true);
}
