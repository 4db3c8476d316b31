/* Who is asked for: an id of ours that may have been joined or erased since, or an identity as it was sent. Identities
 * are looked up in memory by their keyed hash, normalised like those of touchpoints. */
#include "collect/normalise.h"
#include "customer/customer.h"
#include "customer/identity.h"
#include "customer/people.h"
#include "events/events.h"
#include "op/app.h"
#include "setting/setting.h"

enum { MOST_JOINS_AFTER = 64 };

int customer_identity_kind(str kind)
{
	for (int i = 0; i < CUSTOMER_EXTERNAL; i++)
		if (str_eq(kind, str_of(CUSTOMER_IDENTITY_KINDS[i]))) return i;
	return CUSTOMER_EXTERNAL;
}

enum err customer_open(struct op *op, id customer, uint32_t *number, id *into)
{
	id at = customer;
	for (int i = 0; i < MOST_JOINS_AFTER; i++) {
		struct db_rows row;
		TRY(op_query(op, SQL_customer_get, DB_ARGS(db_id(at)), &row));
		if (row.n == 0) break;
		if (db_rows_int(&row, 0, 2) != DESC_NULL_INT) return fail(op, ERR_GONE, "id", "this customer was erased");
		id next = db_rows_id(&row, 0, 1);
		if (!next) {
			*number = (uint32_t)db_rows_int(&row, 0, 0);
			*into = at == customer ? 0 : at;
			return OK;
		}
		at = next;
	}
	return fail(op, ERR_NOT_FOUND, "id", "there is no such customer");
}

static enum identity_kind rules_of(str kind)
{
	switch (customer_identity_kind(kind)) {
	case CUSTOMER_USER_ID: return IDENTITY_USER_ID;
	case CUSTOMER_ANONYMOUS_ID: return IDENTITY_ANONYMOUS_ID;
	case CUSTOMER_EMAIL: return IDENTITY_EMAIL;
	case CUSTOMER_PHONE: return IDENTITY_PHONE;
	default: return IDENTITY_EXTERNAL;
	}
}

static uint32_t subject_of(struct op *op, str kind, str value)
{
	struct normalise_rules rules = {.country = setting_text(op, SETTING_country)};
	str normal;
	if (!rules.country.n) rules.country = STR_NONE;
	if (!kind.n || kind.n > 100 || normalise_identity(&op->arena, rules_of(kind), value, &rules, &normal) != NORMALISED) return 0;
	return events_subject_find(op->app->events, identity_key(op->app, kind, normal));
}

static id customer_of(struct op *op, str kind, str value)
{
	uint32_t subject = subject_of(op, kind, value), number = subject ? people_customer(op->app->people, subject) : 0;
	return number ? people_id(op->app->people, number) : 0;
}

enum err customer_by_identity(struct op *op, str identity, id *out)
{
	uint32_t number;
	id own;
	*out = 0;
	identity = str_trim(identity);
	if (id_read(S("cus"), identity, &own)) {
		id into;
		enum err e = customer_open(op, own, &number, &into);
		if (e == OK) *out = into ? into : own;
		if (e != ERR_NOT_FOUND && e != ERR_GONE) return e;
		fault_clear(&op->fault);
		return OK;
	}
	str value = identity, kind = str_cut(&value, ':');
	if (str_given(value)) *out = customer_of(op, str_trim(kind), value);
	if (!*out) *out = customer_of(op, S("user_id"), identity);
	if (!*out) *out = customer_of(op, S("email"), identity);
	/* Bare digits are rather the number of a customer than a telephone: a wrong guess would erase another person. */
	if (!*out && (str_starts(identity, S("+")) || str_starts(identity, S("0")))) *out = customer_of(op, S("phone"), identity);
	return OK;
}
