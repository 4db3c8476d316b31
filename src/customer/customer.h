/* customer.h: what pages and programs see of customers: the list, and a profile with its time line.
 * The shapes are those of pages/SHAPES.md. Who is who is decided in identity.h; what is derived, in derive.h. */
#ifndef CUSTOMER_CUSTOMER_H
#define CUSTOMER_CUSTOMER_H
#include "http/web.h"

enum customer_kind { CUSTOMER_KIND_KNOWN, CUSTOMER_KIND_ANONYMOUS };
enum customer_identity_kind { CUSTOMER_USER_ID, CUSTOMER_ANONYMOUS_ID, CUSTOMER_EMAIL, CUSTOMER_PHONE, CUSTOMER_EXTERNAL };
extern const char *const CUSTOMER_KINDS[], *const CUSTOMER_IDENTITY_KINDS[];
int customer_identity_kind(str kind); /* any other name is that of an outside system */

/* ---- the list ---- */
struct customer_row {
	id id;
	str address, name, identity;
	int identity_kind, kind;
	str country;
	int64_t orders;
	struct money revenue;
	LIST_OF(struct money) others; /* of other currencies */
	int64_t last_seen;
	struct msg last_event;
};
struct customers {
	struct msg finding;
	int64_t total;
	str q;
	bool is_filtered;
	LIST_OF(struct option) kinds;
	LIST_OF(struct option) countries;
	LIST_OF(struct option) consents;
	LIST_OF(struct option) seen;
	LIST_OF(struct option) orders;
	LIST_OF(struct option) segments;
	LIST_OF(struct option) sorts;
	LIST_OF(struct option) currencies; /* none where there is one */
	struct msg sorted_by;
	LIST_OF(struct customer_row) rows;
	str next, previous, export;
	bool is_empty;
};
extern const struct desc CUSTOMER_ROW_DESC, CUSTOMERS_DESC;

/* What a customer ordered and was refunded in one currency. */
struct customer_amount {
	str currency; /* absent: none that is stated */
	int64_t orders, refunds, revenue_micro, refund_micro;
};
/* Those of a customer: in the currency that leads first, when there is any in it, then by the number of orders. */
enum err customer_amounts(struct op *op, id customer, str lead, struct customer_amount **out, size_t *n) NODISCARD;

/* The row of one customer as lists show it. lead: the currency of the amount that stands first, when there is one in it. ERR_NOT_FOUND. */
enum err customer_row_get(struct op *op, id customer, str lead, struct customer_row *out) NODISCARD;
/* Those of customers that were chosen elsewhere, and the same as a file; whoever was erased since is passed over. */
enum err customer_rows_get(struct op *op, const id *v, size_t n, struct customer_row **out, size_t *n_out) NODISCARD;
enum err customer_rows_csv(struct op *op, const id *v, size_t n, str name, struct answer *a) NODISCARD;
/* The customer known by "kind:value" (email:a@b.c), or by a bare value: an id of ours, a user id, an e-mail, a phone that begins with + or 0; 0 when nobody is. */
/* Files a touchpoint of ours under the customer: user ids first, then what names a person, then anonymous ids. ERR_STATE when there is none. */
struct touchpoint;
enum err customer_name_touchpoint(struct op *op, id customer, struct touchpoint *t) NODISCARD;
/* As they wish to be called, else by their first name, else as they are named; absent when nothing is known. */
enum err customer_called(struct op *op, id customer, str *out) NODISCARD;
/* Writes a touchpoint of ours on the time line: durable when it returns, before the op is committed; the same message_id again changes
 * nothing. Pairs become its properties; empty ones are left out. ERR_STATE. */
struct customer_pair {
	const char *name;
	str value;
};
enum err customer_keep(struct op *op, id customer, str event, str channel, str message_id, const struct customer_pair *pairs, size_t n) NODISCARD;
enum err customer_by_identity(struct op *op, str identity, id *out) NODISCARD;

/* Shared by its pages: an amount of millionths; the address of a profile; a country and a channel as readers call them. */
struct decimal customer_micro(int64_t micro);
str customer_address(struct op *op, id customer);
str customer_country_text(struct op *op, str country);
str customer_channel_text(struct op *op, str channel); /* as it is when nobody has words for it; absent: none */
void customer_option(struct op *op, void *list, str value, str label, bool is_selected); /* adds to a LIST_OF(struct option) */

/* ---- the time line ---- */
enum customer_mood { MOOD_UNKNOWN, MOOD_HAPPY, MOOD_NEUTRAL, MOOD_UNHAPPY, MOOD_COUNT };
enum customer_outcome { OUTCOME_UNKNOWN, OUTCOME_DONE, OUTCOME_OPEN, OUTCOME_CALL_BACK, OUTCOME_COMPLAINT, OUTCOME_COUNT };
extern const char *const CUSTOMER_MOODS[], *const CUSTOMER_OUTCOMES[], *const CUSTOMER_NOTED[]; /* the last: events that people write down by hand */

struct customer_detail {
	str name, value;
};
struct customer_touchpoint {
	str id;
	int64_t time;
	str event;
	struct msg title;
	str text;
	int family, stage;
	str channel;
	int by;
	str source;
	int mood, outcome;
	str person;
	LIST_OF(struct customer_detail) details;
	bool is_clamped;
};
struct customer_day {
	int64_t day;
	LIST_OF(struct customer_touchpoint) touchpoints;
};
enum { CUSTOMER_TOUCHPOINTS = 50 }; /* on one page of a time line */
struct customer_timeline {
	LIST_OF(struct customer_touchpoint) touchpoints;
	LIST_OF(struct customer_day) days; /* the same, by day */
	str cursor; /* of what is earlier; absent at the beginning */
};
/* The touchpoints of a customer that purpose service allows, newest first, behind the cursor ("" = from the newest).
 * ERR_INVALID for a cursor that is none. */
enum err customer_timeline_get(struct op *op, uint32_t customer, str cursor, size_t limit, struct customer_timeline *out) NODISCARD;
/* How many there are. */
enum err customer_timeline_count(struct op *op, uint32_t customer, int64_t *out) NODISCARD;
/* What the last of them was; absent when nothing was heard. */
enum err customer_timeline_last(struct op *op, uint32_t customer, struct msg *out) NODISCARD;

/* ---- a profile ---- */
struct customer_names {
	struct input wanted, given, family;
	LIST_OF(struct option) orders;
};
struct customer_identity {
	id id;
	int kind;
	str label, value, source;
	int64_t first_seen;
	struct msg reason;
	int64_t joined_at;
	str undo;
};
struct customer_suggestion {
	id id, other;
	str other_name, other_address;
	struct msg reason;
	str join, dismiss;
};
struct customer_trait {
	str name, value, source;
	int64_t time;
};
enum customer_consent_state { CONSENT_GRANTED, CONSENT_DENIED, CONSENT_ASSURED, CONSENT_UNKNOWN, CONSENT_NOT_NEEDED };
struct customer_consent_change {
	int state;
	int64_t time;
	str source, wording, person;
};
struct customer_consent {
	str purpose, name;
	int state;
	int64_t time;
	str source, wording;
	bool may_change;
	str change;
	LIST_OF(struct customer_consent_change) history;
};
enum customer_order_state { ORDER_STATE_COMPLETED, ORDER_STATE_UPDATED, ORDER_STATE_REFUNDED, ORDER_STATE_PARTLY_REFUNDED, ORDER_STATE_CANCELLED };
struct customer_order {
	str number;
	int64_t time, units;
	struct money total, refunded;
	int state;
};
struct customer_entry {
	str action;
	LIST_OF(struct option) channels;
	LIST_OF(struct option) families;
	LIST_OF(struct option) outcomes;
	LIST_OF(struct option) moods;
	struct input text;
	LIST_OF(struct form_fault) faults;
};
struct customer_join {
	str action;
	struct input other;
};
struct customer {
	id id;
	str name, identity;
	int kind;
	struct msg finding;
	int64_t first_seen, last_seen;
	str country;
	struct customer_names names;
	LIST_OF(struct figure) figures;
	LIST_OF(struct customer_identity) identities;
	LIST_OF(struct customer_suggestion) suggestions;
	struct customer_join join;
	LIST_OF(struct customer_trait) traits;
	LIST_OF(struct customer_consent) consents;
	LIST_OF(struct customer_order) orders;
	int64_t orders_total;
	struct customer_entry entry;
	LIST_OF(struct customer_touchpoint) timeline;
	LIST_OF(struct customer_day) days;
	int64_t timeline_total;
	str earlier;
	bool may_write, may_join, may_export, may_erase;
};
extern const struct desc CUSTOMER_DESC, CUSTOMER_ORDER_DESC;
/* The latest, newest first; owned by op. */
enum err customer_orders_get(struct op *op, id customer, size_t limit, struct customer_order **out, size_t *n) NODISCARD;
/* Everything of the page. The customer must be neither merged nor erased. */
enum err customer_show(struct op *op, id customer, str before, size_t limit, struct customer *out) NODISCARD;
/* The number of a customer that can be shown. ERR_NOT_FOUND; ERR_GONE when it was erased; where it was merged, *into is
 * the id it has now and the number is that one's, else *into is 0. */
enum err customer_open(struct op *op, id customer, uint32_t *number, id *into) NODISCARD;

/* Handlers. */
enum err customer_list_get(struct op *op, struct web *w, struct answer *a);
enum err customer_list_csv(struct op *op, struct web *w, struct answer *a);
enum err customer_get(struct op *op, struct web *w, struct answer *a);
#endif
