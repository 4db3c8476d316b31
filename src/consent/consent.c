#include "consent/consent.h"

#include <pthread.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "collect/collect.h"
#include "op/app.h"
#include "query/query.h"

enum { MOST_NAMES = 256, NAME_BYTES = 64, PURPOSES_MOST = QUERY_PURPOSE_ANONYMOUS, CATEGORY_BYTES = 500 };

struct purposes {
	pthread_rwlock_t *lock; /* apart, so that those who only read may hold a const purposes */
	size_t n;
	struct {
		char name[NAME_BYTES]; /* folded: lower case letters and digits only */
		int bit;
	} names[MOST_NAMES];
};

static const struct desc_field PURPOSE_ROW_FIELDS[] = {
	FIELD(purpose_row, bit, DESC_INT, .doc = "number of the purpose in bit sets"),
	FIELD(purpose_row, name, DESC_STR, .doc = "the category name that consent tools send"),
	FIELD(purpose_row, title, DESC_STR, .doc = "how people see it; empty: the catalogue's words"),
	FIELD(purpose_row, aliases, DESC_STR, .doc = "further category names, separated by commas"),
	FIELD(purpose_row, is_enforced, DESC_BOOL, .doc = "whether what lacks it is left out"),
};
const struct desc PURPOSE_ROW_DESC = DESC(purpose_row, PURPOSE_ROW_FIELDS);

static const struct {
	const char *name, *aliases;
} FRESH[] = {
	[PURPOSE_SERVICE] = {"service", "necessary,essential,functional,strictly necessary,C0001,C0003"},
	[PURPOSE_ANALYTICS] = {"analytics", "statistics,performance,measurement,C0002"},
	[PURPOSE_MARKETING] = {"marketing", "advertising,ads,targeting,newsletter,C0004"},
	[PURPOSE_PROFILING] = {"profiling", "personalization,personalisation,prediction"},
	[PURPOSE_SHARING] = {"sharing", "sale of data,data sharing,third parties"},
};

static bool fold(str category, char out[NAME_BYTES])
{
	size_t n = 0;
	for (size_t i = 0; i < category.n; i++) {
		char c = category.p[i];
		if (c >= 'A' && c <= 'Z') c = (char)(c + 32);
		bool separator = c == ' ' || c == '_' || c == '-' || c == '.';
		if (separator) continue;
		if (n == NAME_BYTES - 1) return false;
		out[n++] = c;
	}
	out[n] = 0;
	return n > 0;
}

static void add_name(struct purposes *p, str name, int bit)
{
	if (p->n < MOST_NAMES && fold(str_trim(name), p->names[p->n].name)) p->names[p->n++].bit = bit;
}

static enum err add_fresh(struct op *op)
{
	for (size_t i = 0; i < COUNT_OF(FRESH); i++)
		TRY(op_run(op, SQL_purpose_add,
		           DB_ARGS(db_int((int64_t)i), db_text(str_of(FRESH[i].name)), db_text(S("")), db_text(str_of(FRESH[i].aliases)),
		                   db_bool(true), db_int(op->now_ms)),
		           NULL));
	return OK;
}

enum err purpose_list(struct op *op, struct purpose_row **out, size_t *n)
{
	void *rows;
	TRY(op_structs(op, SQL_purpose_all, DB_NO_ARGS, &PURPOSE_ROW_DESC, &rows, n));
	*out = rows;
	return OK;
}

static void take_names(struct purposes *p, const struct purpose_row *rows, size_t n)
{
	p->n = 0;
	for (size_t i = 0; i < n; i++) {
		add_name(p, rows[i].name, (int)rows[i].bit);
		for (str rest = rows[i].aliases; str_given(rest);) add_name(p, str_cut(&rest, ','), (int)rows[i].bit);
	}
}

enum err purposes_load(struct op *op, struct purposes **out)
{
	struct purpose_row *rows;
	size_t n;
	TRY(purpose_list(op, &rows, &n));
	if (n == 0) {
		TRY(add_fresh(op));
		TRY(purpose_list(op, &rows, &n));
	}
	struct purposes *p = MEM_NEW(struct purposes);
	p->lock = MEM_NEW(pthread_rwlock_t);
	pthread_rwlock_init(p->lock, NULL);
	take_names(p, rows, n);
	*out = p;
	return OK;
}

void purposes_free(struct purposes *p)
{
	if (!p) return;
	pthread_rwlock_destroy(p->lock);
	mem_free(p->lock);
	mem_free(p);
}

/* What the rows say now, after their commit. */
struct renaming {
	struct purposes *purposes;
	struct purpose_row *rows;
	size_t n;
};

static void rename_all(void *arg)
{
	struct renaming *r = arg;
	pthread_rwlock_wrlock(r->purposes->lock);
	take_names(r->purposes, r->rows, r->n);
	pthread_rwlock_unlock(r->purposes->lock);
}

static enum err follow(struct op *op)
{
	struct renaming *r = ARENA_NEW(&op->arena, struct renaming);
	r->purposes = collect_own_purposes(op->app);
	TRY(purpose_list(op, &r->rows, &r->n));
	op_after_commit(op, rename_all, r);
	return OK;
}

enum err purpose_add(struct op *op, str name, str title)
{
	struct purpose_row *rows;
	size_t n;
	int64_t bit = PURPOSE_FIRST_OWN;
	TRY(purpose_list(op, &rows, &n));
	for (size_t i = 0; i < n; i++)
		if (rows[i].bit >= bit) bit = rows[i].bit + 1;
	if (bit >= PURPOSES_MOST) return fail(op, ERR_STATE, "name", "there are %d purposes already", PURPOSES_MOST);
	TRY(op_run(op, SQL_purpose_add, DB_ARGS(db_int(bit), db_text(name), db_text(title), db_text(S("")), db_bool(true), db_int(op->now_ms)), NULL));
	return follow(op);
}

enum err purpose_save(struct op *op, const struct purpose_row *row)
{
	TRY(op_run(op, SQL_purpose_save, DB_ARGS(db_int(row->bit), db_text(row->title.n ? row->title : S("")), db_text(row->aliases)), NULL));
	return follow(op);
}

int purpose_find(const struct purposes *p, str category)
{
	char folded[NAME_BYTES];
	int bit = -1;
	if (!fold(category, folded)) return -1;
	pthread_rwlock_rdlock(p->lock);
	for (size_t i = 0; i < p->n && bit < 0; i++)
		if (strcmp(p->names[i].name, folded) == 0) bit = p->names[i].bit;
	pthread_rwlock_unlock(p->lock);
	return bit;
}

/* Whether a word may take the place of the one that holds now. */
static bool overrides(const struct consent_word *w, bool held_grant, int64_t held_at, str held_how)
{
	if (w->is_granted && !held_grant && str_eq(str_of(w->how), S("carried"))) return str_eq(held_how, S("carried")) && w->at_ms >= held_at;
	return w->at_ms >= held_at;
}

enum err consent_say(struct op *op, const struct consent_word *w, bool *changed)
{
	struct db_rows held;
	*changed = false;
	TRY(op_query(op, SQL_consent_state_get, DB_ARGS(db_int(w->subject), db_int(w->purpose)), &held));
	bool is_carried = str_eq(str_of(w->how), S("carried"));
	if (held.n) {
		bool grant = db_rows_bool(&held, 0, 0);
		str how = db_rows_text(&held, 0, 2);
		if (is_carried && grant == w->is_granted) return OK; /* every page view repeats it */
		if (!overrides(w, grant, db_rows_int(&held, 0, 1), how)) return OK;
	}
	TRY(op_put(op, SQL_consent_add,
	           DB_ARGS(db_id(id_new()), db_int(w->subject), db_int(w->purpose), db_bool(w->is_granted), db_int(w->at_ms),
	                   db_text(str_of(w->how)), db_int(w->source), db_text(w->wording), db_text(w->actor))));
	*changed = true;
	return op_put(op, SQL_consent_state_put,
	              DB_ARGS(db_int(w->subject), db_int(w->purpose), db_bool(w->is_granted), db_int(w->at_ms), db_text(str_of(w->how))));
}

enum err consent_note_category(struct op *op, str category)
{
	return op_put(op, SQL_consent_category_note, DB_ARGS(db_text(utf8_cut(category, CATEGORY_BYTES)), db_int(op->now_ms)));
}
