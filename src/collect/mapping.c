/* Guessing what columns mean. A header is folded (case, accents, Thai vowel marks and separators fall away, Arabic letters
 * become their Persian twins) and looked up among the spellings of tables/import_fields.def, which are folded the same way.
 * The contents decide only where no header did: which column holds times, which e-mail addresses, whether the day or the
 * month stands first, whether a comma is a decimal one. */
#include "collect/mapping.h"

#include <stdio.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include "base/buf.h"
#include "base/currency.h"
#include "base/utf8.h"
#include "collect/answer_mapping.h"
#include "collect/csv.h"
#include "i18n/zone.h"
#include "json/json.h"

const char *const FILE_KINDS[] = {"orders", "events", "customers", "responses", NULL};
const char *const TIME_FORMATS[] = {"iso", "dmy", "mdy", "ymd", "epoch_s", "epoch_ms", NULL};

enum { FOLD_UNITS = MAPPING_FOLD_BYTES / 4 };
enum value_type { TEXT, NUMBER, TIME, EMAIL };

/* kinds: the letters of the kinds of file in which the field has a meaning. */
static const struct {
	const char *name, *kinds, *spellings;
	enum value_type type;
} FIELDS[IMPORT_FIELD_COUNT] = {
	[IMPORT_SKIP] = {"-", "", "", TEXT},
	[IMPORT_PROPERTY] = {"property", "O E C R", "", TEXT},
	[IMPORT_EXTERNAL] = {"external", "O E C R", "", TEXT},
	[IMPORT_ANSWER] = {"answer", "R", "", TEXT},
	[IMPORT_CONSENT] = {"consent", "O E C R", "", TEXT},
#define IMPORT_FIELD(code, name, kinds, type, spellings) [IMPORT_##code] = {name, #kinds, spellings, type},
#include "import_fields.def"
#undef IMPORT_FIELD
};

static bool fits_kind(enum import_field field, enum file_kind kind)
{
	static const char letters[] = {'O', 'E', 'C', 'R'};
	return strchr(FIELDS[field].kinds, letters[kind]) != NULL;
}

const char *import_field_name(enum import_field field)
{
	return FIELDS[field].name;
}

static UChar32 fold_letter(UChar32 c)
{
	if (c == 0x643) return 0x6a9;              /* kaf → keheh */
	if (c == 0x64a || c == 0x649) return 0x6cc; /* yeh → Farsi yeh */
	return u_foldCase(c, U_FOLD_CASE_DEFAULT);
}

/* Letters and digits alone, without case and marks. Too long a text folds to its beginning. */
str mapping__fold(str text, char room[MAPPING_FOLD_BYTES])
{
	UChar wide[FOLD_UNITS], apart[FOLD_UNITS * 3];
	int32_t n = 0;
	size_t out = 0;
	UErrorCode status = U_ZERO_ERROR;
	text = utf8_cut(text, FOLD_UNITS);
	u_strFromUTF8WithSub(wide, FOLD_UNITS, &n, text.p ? text.p : "", (int32_t)text.n, 0xfffd, NULL, &status);
	n = unorm2_normalize(unorm2_getNFKDInstance(&status), wide, n, apart, FOLD_UNITS * 3, &status);
	if (U_FAILURE(status)) return S("");
	for (int32_t i = 0; i < n;) {
		UChar32 c;
		U16_NEXT(apart, i, n, c);
		c = fold_letter(c);
		if (c == 0x3c2) c = 0x3c3; /* final sigma */
		if (u_isalnum(c) && out < MAPPING_FOLD_BYTES - 4) out += utf8_put((uint32_t)c, room + out);
	}
	return (str){room, out};
}

/* ---- header ----------------------------------------------------------------------------------------------- */

static bool is_spelling(enum import_field field, str folded)
{
	str rest = str_of(FIELDS[field].spellings), one;
	char room[MAPPING_FOLD_BYTES];
	while (str_given(rest)) {
		one = str_cut(&rest, '|');
		if (one.n && str_eq(mapping__fold(one, room), folded)) return true;
	}
	return false;
}

static bool consent_purpose(struct arena *a, str header, str folded, str *purpose)
{
	static const str marks[] = {{"consent", 7}, {"optin", 5}};
	if (str_starts(header, S("consent:"))) return *purpose = str_trim(str_sub(header, 8, header.n)), purpose->n > 0;
	if (str_eq(folded, S("newsletter")) || str_eq(folded, S("acceptsmarketing"))) return *purpose = S("marketing"), true;
	for (size_t i = 0; i < COUNT_OF(marks); i++) {
		str rest;
		if (str_starts(folded, marks[i])) rest = str_sub(folded, marks[i].n, folded.n);
		else if (str_ends(folded, marks[i])) rest = str_sub(folded, 0, folded.n - marks[i].n);
		else continue;
		bool is_promotion = !rest.n || str_eq(rest, S("email")) || str_eq(rest, S("sms")) || str_eq(rest, S("phone")) || str_eq(rest, S("newsletter"));
		*purpose = is_promotion ? S("marketing") : str_dup(a, rest);
		return true;
	}
	return false;
}

static enum import_field field_of_header(enum file_kind kind, str header, const int taken[IMPORT_FIELD_COUNT])
{
	char room[MAPPING_FOLD_BYTES];
	size_t bracket;
	if (str_find(header, '(', &bracket) && bracket) header = str_sub(header, 0, bracket); /* "Price (GBP)" */
	str folded = mapping__fold(header, room);
	if (!folded.n) return IMPORT_PROPERTY;
	for (int field = IMPORT_CONSENT + 1; field < IMPORT_FIELD_COUNT; field++)
		if (fits_kind((enum import_field)field, kind) && taken[field] < 0 && is_spelling((enum import_field)field, folded)) return (enum import_field)field;
	if (str_eq(folded, S("id")) && kind == FILE_CUSTOMERS && taken[IMPORT_USER_ID] < 0) return IMPORT_USER_ID;
	if (str_eq(folded, S("id")) && kind == FILE_ORDERS && taken[IMPORT_ORDER_ID] < 0) return IMPORT_ORDER_ID;
	return IMPORT_PROPERTY;
}

static void guess_header(struct arena *a, const struct csv_row *header, struct mapping *m)
{
	char room[MAPPING_FOLD_BYTES];
	for (size_t i = 0; i < m->n; i++) {
		struct mapping_column *c = &m->columns[i];
		str purpose;
		str text = str_dup(a, header->cells[i]);
		*c = (struct mapping_column){.header = text, .name = text, .field = IMPORT_PROPERTY};
		if (!c->header.n) c->name = str_fmt(a, "column_%zu", i + 1);
		if (consent_purpose(a, c->header, mapping__fold(c->header, room), &purpose)) {
			c->field = IMPORT_CONSENT;
			c->name = purpose;
		} else if (str_starts(c->header, S("external:")) && c->header.n > 9) {
			c->field = IMPORT_EXTERNAL;
			c->name = str_sub(c->header, 9, c->header.n);
		} else {
			c->field = field_of_header(m->kind, c->header, m->at);
			if (c->field > IMPORT_CONSENT) m->at[c->field] = (int)i;
		}
	}
}

/* An event log calls its case what is followed through the process: here that is the customer, unless another column is. */
static void guess_case(struct mapping *m)
{
	static const str spellings[] = {{"case", 4}, {"caseid", 6}, {"traceid", 7}};
	char room[MAPPING_FOLD_BYTES];
	if (m->kind != FILE_EVENTS || m->at[IMPORT_USER_ID] >= 0 || m->at[IMPORT_ANONYMOUS_ID] >= 0 || m->at[IMPORT_EMAIL] >= 0 || m->at[IMPORT_PHONE] >= 0) return;
	for (size_t i = 0; i < m->n; i++)
		for (size_t k = 0; k < COUNT_OF(spellings) && m->at[IMPORT_USER_ID] < 0; k++)
			if (m->columns[i].field == IMPORT_PROPERTY && str_eq(mapping__fold(m->columns[i].header, room), spellings[k])) {
				m->columns[i].field = IMPORT_USER_ID;
				m->at[IMPORT_USER_ID] = (int)i;
			}
}

enum file_kind mapping_guess_kind(const struct csv_row *header)
{
	static const enum import_field telling[] = {IMPORT_ORDER_ID, IMPORT_QUANTITY, IMPORT_PRICE, IMPORT_REVENUE, IMPORT_PRODUCT_ID, IMPORT_EVENT};
	int none[IMPORT_FIELD_COUNT], orders = 0;
	bool event = false;
	memset(none, -1, sizeof none);
	for (size_t i = 0; i < header->n; i++) {
		enum import_field field = field_of_header(FILE_ORDERS, header->cells[i], none);
		event = event || field_of_header(FILE_EVENTS, header->cells[i], none) == IMPORT_EVENT;
		for (size_t k = 0; k < COUNT_OF(telling); k++) orders += field == telling[k];
	}
	for (size_t i = 0; i < header->n && !event && orders < 2; i++)
		if (answer_mapping_is_score(header->cells[i])) return FILE_RESPONSES;
	return event ? FILE_EVENTS : orders >= 2 ? FILE_ORDERS : FILE_CUSTOMERS;
}

/* ---- contents --------------------------------------------------------------------------------------------- */

/* How many of the column's cells that are not empty the format reads; *given counts them. */
static size_t readable_times(const struct mapping *m, enum time_format format, size_t column, const struct csv_row *rows, size_t n, size_t *given)
{
	struct mapping as = {.time_format = format};
	size_t good = 0;
	(void)m;
	*given = 0;
	for (size_t i = 0; i < n; i++) {
		int64_t ms;
		if (column >= rows[i].n || !str_trim(rows[i].cells[column]).n) continue;
		++*given;
		if (format == TIME_EPOCH_S || format == TIME_EPOCH_MS) { /* 1980 to 2100, else any number is a time */
			good += mapping_time(&as, rows[i].cells[column], &ms) && ms > INT64_C(315532800000);
		} else {
			good += mapping_time(&as, rows[i].cells[column], &ms);
		}
	}
	return good;
}

/* The format that reads most of the column, the plainer one where two read the same. */
static enum time_format best_format(struct mapping *m, size_t column, const struct csv_row *rows, size_t n, bool *reads)
{
	static const enum time_format order[] = {TIME_ISO, TIME_YMD, TIME_DMY, TIME_MDY, TIME_EPOCH_S, TIME_EPOCH_MS};
	size_t best = 0, given = 0, dmy = 0, mdy = 0;
	enum time_format chosen = TIME_ISO;
	for (size_t i = 0; i < COUNT_OF(order); i++) {
		size_t good = readable_times(m, order[i], column, rows, n, &given);
		if (order[i] == TIME_DMY) dmy = good;
		if (order[i] == TIME_MDY) mdy = good;
		if (good <= best) continue;
		best = good;
		chosen = order[i];
	}
	*reads = given && best * 10 >= given * 8;
	m->is_time_sure = !((chosen == TIME_DMY || chosen == TIME_MDY) && dmy == mdy);
	return chosen;
}

static bool holds_emails(size_t column, const struct csv_row *rows, size_t n)
{
	size_t given = 0, good = 0, at;
	for (size_t i = 0; i < n; i++) {
		str cell = column < rows[i].n ? str_trim(rows[i].cells[column]) : STR_NONE;
		if (!cell.n) continue;
		given++;
		good += str_find(cell, '@', &at) && at && at + 1 < cell.n && !str_contains(cell, S(" "));
	}
	return given && good * 10 >= given * 8;
}

static void take(struct mapping *m, size_t column, enum import_field field)
{
	m->columns[column].field = field;
	m->at[field] = (int)column;
}

static void guess_contents(struct mapping *m, const struct csv_row *rows, size_t n)
{
	bool reads;
	for (size_t i = 0; i < m->n && n; i++) {
		if (m->columns[i].field != IMPORT_PROPERTY) continue;
		if (m->at[IMPORT_EMAIL] < 0 && holds_emails(i, rows, n)) take(m, i, IMPORT_EMAIL);
		else if (m->at[IMPORT_TIME] < 0 && m->kind != FILE_CUSTOMERS && best_format(m, i, rows, n, &reads) < TIME_EPOCH_S && reads) take(m, i, IMPORT_TIME);
	}
	m->is_time_sure = true;
	if (m->at[IMPORT_TIME] >= 0) m->time_format = best_format(m, (size_t)m->at[IMPORT_TIME], rows, n, &reads);
}

/* Whether the last separator of a number must be a decimal one: 1 for a comma, -1 for a point, 0 when it may be either. */
static int decimal_vote(str cell)
{
	size_t i = cell.n;
	while (i && cell.p[i - 1] != ',' && cell.p[i - 1] != '.') i--;
	if (!i) return 0;
	char last = cell.p[i - 1], other = last == ',' ? '.' : ',';
	bool sure = cell.n - i != 3 || memchr(cell.p, other, i - 1) != NULL;
	return !sure || memchr(cell.p, last, i - 1) ? 0 : last == ',' ? 1 : -1;
}

static void guess_decimal(struct mapping *m, const struct csv_row *rows, size_t n)
{
	int votes = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < m->n && k < rows[i].n; k++)
			if (FIELDS[m->columns[k].field].type == NUMBER) votes += decimal_vote(rows[i].cells[k]);
	m->decimal = votes > 0 ? ',' : '.';
}

void mapping_guess(struct arena *a, enum file_kind kind, const struct csv_row *header, const struct csv_row *rows, size_t n, struct mapping *out)
{
	*out = (struct mapping){.kind = kind, .n = header->n, .zone = zone_utc(), .decimal = '.', .is_time_sure = true};
	out->columns = ARENA_ARRAY(a, struct mapping_column, header->n ? header->n : 1);
	memset(out->at, -1, sizeof out->at);
	guess_header(a, header, out);
	guess_case(out);
	guess_contents(out, rows, n);
	guess_decimal(out, rows, n);
	if (kind == FILE_RESPONSES) answer_mapping_guess(a, out, rows, n);
}

str mapping_cell(const struct mapping *m, const struct csv_row *row, enum import_field field)
{
	int at = m->at[field];
	if (at < 0 || (size_t)at >= row->n) return STR_NONE;
	str cell = str_trim(row->cells[at]);
	return cell.n ? cell : STR_NONE;
}

/* ---- JSON ------------------------------------------------------------------------------------------------- */

static enum err set_column(struct arena *a, struct mapping *m, struct mapping_column *c, str value, struct fault *f)
{
	static const struct {
		str prefix;
		enum import_field field;
	} named[] = {{{"property:", 9}, IMPORT_PROPERTY}, {{"external:", 9}, IMPORT_EXTERNAL}, {{"consent:", 8}, IMPORT_CONSENT}};
	const char *header = str_c(a, utf8_cut(c->header, FAULT_FIELD - 1));
	if (str_starts(value, S("answer:"))) return answer_mapping_set(a, m, c, str_sub(value, 7, value.n), f);
	for (size_t i = 0; i < COUNT_OF(named); i++) {
		if (!str_starts(value, named[i].prefix) || value.n == named[i].prefix.n) continue;
		c->field = named[i].field;
		c->name = str_dup(a, str_sub(value, named[i].prefix.n, value.n));
		return OK;
	}
	for (int field = 0; field < IMPORT_FIELD_COUNT; field++) {
		if (!str_eq(value, str_of(FIELDS[field].name)) || field == IMPORT_EXTERNAL || field == IMPORT_ANSWER || field == IMPORT_CONSENT) continue;
		if (field > IMPORT_CONSENT && !fits_kind((enum import_field)field, m->kind))
			return fault_set(f, ERR_INVALID, header, "%s is no field of a file of %s", FIELDS[field].name, FILE_KINDS[m->kind]);
		c->field = (enum import_field)field;
		c->name = c->header;
		return OK;
	}
	return fault_set(f, ERR_INVALID, header, "is to become \"%.*s\", which is no field; see the list of fields, or use property", STR_ARG(utf8_cut(value, 60)));
}

void mapping__index(struct mapping *m)
{
	memset(m->at, -1, sizeof m->at);
	for (size_t i = 0; i < m->n; i++)
		if (m->columns[i].field > IMPORT_CONSENT && m->at[m->columns[i].field] < 0) m->at[m->columns[i].field] = (int)i;
}

static enum err overlay_columns(struct arena *a, const struct json_node *columns, struct mapping *m, struct fault *f)
{
	if (columns->type != JSON_OBJECT) return fault_set(f, ERR_INVALID, "columns", "must be an object: header → field");
	for (const struct json_node *node = columns->child; node; node = node->next) {
		struct mapping_column *column = NULL;
		const char *header = str_c(a, utf8_cut(node->key, FAULT_FIELD - 1));
		for (size_t i = 0; i < m->n && !column; i++)
			if (str_eq(m->columns[i].header, node->key)) column = &m->columns[i];
		if (!column) return fault_set(f, ERR_INVALID, header, "the file has no column of this name");
		if (node->type != JSON_STRING) return fault_set(f, ERR_INVALID, header, "must be the name of a field");
		TRY(set_column(a, m, column, node->text, f));
		for (size_t i = 0; i < m->n; i++) { /* a guess gives way to what is said */
			struct mapping_column *other = &m->columns[i];
			if (other == column || other->field != column->field || column->field <= IMPORT_CONSENT || json_get(columns, other->header)) continue;
			other->field = IMPORT_PROPERTY;
			other->name = other->header;
		}
	}
	mapping__index(m);
	return OK;
}

/* Also the spellings d/m/Y, %d/%m/%Y and their like. */
static bool read_time_format(str s, enum time_format *out)
{
	char letters[4] = {0};
	size_t n = 0;
	for (int i = 0; TIME_FORMATS[i]; i++)
		if (str_eq_nocase(s, str_of(TIME_FORMATS[i]))) return *out = (enum time_format)i, true;
	for (size_t i = 0; i < s.n && n < 3; i++)
		if (strchr("dmyDMY", s.p[i]) && (!n || letters[n - 1] != (s.p[i] | 32))) letters[n++] = (char)(s.p[i] | 32);
	for (int i = TIME_DMY; i <= TIME_YMD; i++)
		if (str_eq((str){letters, n}, str_of(TIME_FORMATS[i]))) return *out = (enum time_format)i, true;
	return false;
}

static enum err overlay_rest(struct arena *a, const struct json_node *root, struct mapping *m, struct fault *f)
{
	str s = json_get_str(root, S("time_format"));
	if (s.n && !read_time_format(s, &m->time_format)) return fault_set(f, ERR_INVALID, "time_format", "must be one of: iso, dmy, mdy, ymd, epoch_s, epoch_ms");
	if (s.n) m->is_time_sure = true;
	s = json_get_str(root, S("zone"));
	if (s.n && !(m->zone = zone_find(s))) {
		m->zone = zone_utc();
		return fault_set(f, ERR_INVALID, "zone", "is no time zone; write it like Europe/London");
	}
	s = json_get_str(root, S("currency"));
	if (!currency_read(a, s, &s)) return fault_set(f, ERR_INVALID, "currency", "must be a code of three letters, like GBP");
	if (s.n) m->currency = s;
	s = json_get_str(root, S("country"));
	if (s.n && s.n != 2) return fault_set(f, ERR_INVALID, "country", "must be a code of two letters, like GB");
	if (s.n) m->country = str_dup(a, s);
	s = json_get_str(root, S("decimal"));
	if (s.n && !str_eq(s, S(".")) && !str_eq(s, S(","))) return fault_set(f, ERR_INVALID, "decimal", "must be . or ,");
	if (s.n) m->decimal = s.p[0];
	s = json_get_str(root, S("delimiter"));
	if (s.n) m->delimiter = s.p[0];
	return OK;
}

static enum err read_json(struct arena *a, str json, const struct json_node **root, struct fault *f)
{
	enum { JSON_BYTES = 256 << 10 };
	static const char *const known[] = {"kind", "columns", "time_format", "zone", "currency", "country", "decimal", "delimiter", ANSWER_MAPPING_MEMBERS, NULL};
	TRY(json_tree(a, json, JSON_BYTES, root, f));
	if ((*root)->type != JSON_OBJECT) return fault_set(f, ERR_MALFORMED, "", "a mapping is a JSON object");
	for (const struct json_node *m = (*root)->child; m; m = m->next) {
		int i = 0;
		while (known[i] && !str_eq(m->key, str_of(known[i]))) i++;
		if (!known[i]) return fault_set(f, ERR_INVALID, str_c(a, utf8_cut(m->key, FAULT_FIELD - 1)), "is no member of a mapping");
		if (m->type != JSON_STRING && !str_eq(m->key, S("columns")) && !str_eq(m->key, S("answers"))) return fault_set(f, ERR_INVALID, known[i], "must be a text");
	}
	return OK;
}

enum err mapping_peek(struct arena *a, str json, enum file_kind *kind, char *delimiter, struct fault *f)
{
	const struct json_node *root;
	TRY(read_json(a, json, &root, f));
	str s = json_get_str(root, S("kind"));
	for (int i = 0; s.n && i < FILE_KIND_COUNT; i++) {
		if (str_eq(s, str_of(FILE_KINDS[i]))) {
			*kind = (enum file_kind)i;
			break;
		}
		if (i + 1 == FILE_KIND_COUNT) return fault_set(f, ERR_INVALID, "kind", "must be one of: orders, events, customers, responses");
	}
	if (!s.n && json_get(root, S("answers"))) *kind = FILE_RESPONSES;
	s = json_get_str(root, S("delimiter"));
	if (s.n > 1) return fault_set(f, ERR_INVALID, "delimiter", "must be one character");
	if (s.n) *delimiter = s.p[0];
	return OK;
}

enum err mapping_overlay(struct arena *a, str json, struct mapping *m, struct fault *f)
{
	const struct json_node *root;
	enum file_kind kind = m->kind;
	TRY(mapping_peek(a, json, &kind, &m->delimiter, f));
	TRY(read_json(a, json, &root, f));
	if (kind != m->kind) return fault_set(f, ERR_INVALID, "kind", "is another than the file is read as (%s)", FILE_KINDS[m->kind]);
	TRY(answer_mapping_overlay(a, root, m, f));
	const struct json_node *columns = json_get(root, S("columns"));
	if (columns) TRY(overlay_columns(a, columns, m, f));
	return overlay_rest(a, root, m, f);
}

static void need(const struct mapping *m, enum import_field field, const char *why, struct fault *f, enum err *e)
{
	if (m->at[field] < 0) *e = fault_set(f, ERR_INVALID, FIELDS[field].name, "no column is the %s", why);
}

enum err mapping_check(const struct mapping *m, struct fault *f)
{
	enum err e = OK;
	if (m->kind == FILE_ORDERS) {
		need(m, IMPORT_ORDER_ID, "order's number", f, &e);
		need(m, IMPORT_TIME, "time of the order", f, &e);
		if (m->at[IMPORT_PRICE] < 0 && m->at[IMPORT_LINE_TOTAL] < 0 && m->at[IMPORT_REVENUE] < 0)
			e = fault_set(f, ERR_INVALID, "price", "no column is the price of a unit, the total of a line or of the order");
	} else if (m->kind == FILE_EVENTS) {
		need(m, IMPORT_EVENT, "name of the event", f, &e);
		need(m, IMPORT_TIME, "time of the event", f, &e);
	} else if (m->kind == FILE_RESPONSES) {
		bool has_answer = false;
		for (size_t i = 0; i < m->n; i++) has_answer = has_answer || m->columns[i].field == IMPORT_ANSWER;
		if (!has_answer) e = fault_set(f, ERR_INVALID, "answers", "no column holds answers to a question");
		if (!m->has_time) need(m, IMPORT_TIME, "time of the answers", f, &e);
	} else {
		bool identified = m->at[IMPORT_USER_ID] >= 0 || m->at[IMPORT_EMAIL] >= 0 || m->at[IMPORT_PHONE] >= 0 || m->at[IMPORT_ANONYMOUS_ID] >= 0;
		for (size_t i = 0; i < m->n; i++) identified = identified || m->columns[i].field == IMPORT_EXTERNAL;
		if (!identified) e = fault_set(f, ERR_INVALID, "user_id", "no column says who the customer is: a user id, an e-mail address or a phone number");
	}
	for (size_t i = 0; i < m->n; i++) {
		enum import_field field = m->columns[i].field;
		if (field > IMPORT_CONSENT && m->at[field] != (int)i) e = fault_set(f, ERR_INVALID, FIELDS[field].name, "two columns are the %s; make one a property", FIELDS[field].name);
	}
	return e;
}

static void put_member(struct json_writer *w, str key, str value)
{
	if (!value.n) return;
	json_key(w, key);
	json_put_str(w, value);
}

void mapping_write(const struct mapping *m, struct buf *out)
{
	struct json_writer w = {.out = out};
	char room[300];
	json_begin_object(&w);
	put_member(&w, S("kind"), str_of(FILE_KINDS[m->kind]));
	json_key(&w, S("columns"));
	json_begin_object(&w);
	for (size_t i = 0; i < m->n; i++) {
		const struct mapping_column *c = &m->columns[i];
		bool named = c->field == IMPORT_EXTERNAL || c->field == IMPORT_ANSWER || c->field == IMPORT_CONSENT || (c->field == IMPORT_PROPERTY && !str_eq(c->name, c->header));
		int n = snprintf(room, sizeof room, "%s%s%.*s", FIELDS[c->field].name, named ? ":" : "", named ? (int)utf8_cut(c->name, 200).n : 0, named ? c->name.p : "");
		json_key(&w, c->header);
		json_put_str(&w, (str){room, (size_t)n});
	}
	json_end_object(&w);
	put_member(&w, S("time_format"), str_of(TIME_FORMATS[m->time_format]));
	put_member(&w, S("zone"), m->zone ? zone_name(m->zone) : STR_NONE);
	put_member(&w, S("currency"), m->currency);
	put_member(&w, S("country"), m->country);
	put_member(&w, S("decimal"), (str){&m->decimal, 1});
	if (m->delimiter) put_member(&w, S("delimiter"), (str){&m->delimiter, 1});
	answer_mapping_write(m, &w);
	json_end_object(&w);
}
