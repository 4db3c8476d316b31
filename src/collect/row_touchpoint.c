/* The stored form is what a Segment client would have sent, so everything behind this reads one form only. A cell that is
 * spelled as a JSON number becomes one; "007" and "+1" stay texts, since whoever wrote them meant more than the number. */
#include "collect/row_touchpoint.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/currency.h"
#include "base/datetime.h"
#include "collect/csv.h"
#include "collect/mapping.h"
#include "collect/row_id.h"
#include "json/desc.h"
#include "json/json.h"

enum { RAW_BYTES = 4 << 20, EVENT_NAME_BYTES = 200, NUMBER_DIGITS = 15 };

static bool is_yes(str s)
{
	static const char *const words[] = {"yes", "y", "true", "t", "1", "on", "granted", "given", "x", "ja", "oui", "si", "opt-in", "opted in", "subscribed",
		"ναι", "Ναι", "ΝΑΙ", "بله", "是", "有", "ใช่", NULL};
	for (int i = 0; words[i]; i++)
		if (str_eq_nocase(s, str_of(words[i]))) return true;
	return false;
}

static str copied(struct arena *a, str s)
{
	return str_given(s) ? str_dup(a, s) : STR_NONE;
}

void row_touchpoint__who(struct arena *a, const struct mapping *m, const struct csv_row *row, struct touchpoint *t)
{
	t->user_id = copied(a, mapping_cell(m, row, IMPORT_USER_ID));
	t->anonymous_id = copied(a, mapping_cell(m, row, IMPORT_ANONYMOUS_ID));
	t->email = copied(a, mapping_cell(m, row, IMPORT_EMAIL));
	t->phone = copied(a, mapping_cell(m, row, IMPORT_PHONE));
	t->channel = copied(a, mapping_cell(m, row, IMPORT_CHANNEL));
	t->location = copied(a, mapping_cell(m, row, IMPORT_LOCATION));
	for (size_t i = 0; i < m->n && i < row->n; i++) {
		str cell = str_trim(row->cells[i]);
		if (!cell.n) continue;
		if (m->columns[i].field == IMPORT_EXTERNAL) {
			touchpoint_add_external_id(t, a, m->columns[i].name, str_dup(a, cell));
		} else if (m->columns[i].field == IMPORT_CONSENT) {
			t->has_consent = true;
			touchpoint_add_consent(t, a, m->columns[i].name, is_yes(cell));
		}
	}
}

static void put(struct json_writer *w, str key, str value)
{
	if (!value.n) return;
	json_key(w, key);
	json_put_str(w, value);
}

void row_touchpoint__begin(struct json_writer *w, const struct touchpoint *t)
{
	static const str types[] = {[CALL_TRACK] = {"track", 5}, [CALL_IDENTIFY] = {"identify", 8}};
	json_begin_object(w);
	put(w, S("type"), types[t->call]);
	if (t->call == CALL_TRACK) put(w, S("event"), t->event);
	put(w, S("userId"), t->user_id);
	put(w, S("anonymousId"), t->anonymous_id);
	put(w, S("messageId"), t->message_id);
	if (t->time_ms != DESC_NULL_INT) {
		struct civil c = civil_of_ms(t->time_ms);
		char room[64];
		int n = snprintf(room, sizeof room, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", c.year, c.month, c.day, c.hour, c.minute, c.second, c.ms);
		put(w, S("timestamp"), (str){room, (size_t)n});
	}
}

void row_touchpoint__end(struct json_writer *w, const struct touchpoint *t)
{
	bool own_traits = t->call == CALL_IDENTIFY, contact = !own_traits && (t->email.n || t->phone.n);
	if (contact || t->n_external_ids || t->has_consent) {
		json_key(w, S("context"));
		json_begin_object(w);
		if (contact) {
			json_key(w, S("traits"));
			json_begin_object(w);
			put(w, S("email"), t->email);
			put(w, S("phone"), t->phone);
			json_end_object(w);
		}
		if (t->n_external_ids) {
			json_key(w, S("externalIds"));
			json_begin_array(w);
			for (size_t i = 0; i < t->n_external_ids; i++) {
				json_begin_object(w);
				put(w, S("type"), t->external_ids[i].kind);
				put(w, S("id"), t->external_ids[i].value);
				json_end_object(w);
			}
			json_end_array(w);
		}
		if (t->has_consent) {
			json_key(w, S("consent"));
			json_begin_object(w);
			json_key(w, S("categoryPreferences"));
			json_begin_object(w);
			for (size_t i = 0; i < t->n_consents; i++) {
				json_key(w, t->consents[i].category);
				json_put_bool(w, t->consents[i].is_granted);
			}
			json_end_object(w);
			json_end_object(w);
		}
		json_end_object(w);
	}
	json_end_object(w);
}

static bool is_json_number(str s)
{
	size_t i = s.n && s.p[0] == '-', digits = s.n - i;
	if (!digits || digits > NUMBER_DIGITS || s.p[i] < '0' || s.p[i] > '9' || (s.p[i] == '0' && digits > 1 && s.p[i + 1] != '.')) return false;
	bool point = false;
	for (; i < s.n; i++) {
		if (s.p[i] == '.' && !point && i + 1 < s.n) point = true;
		else if (s.p[i] < '0' || s.p[i] > '9') return false;
	}
	return true;
}

void row_touchpoint__properties(struct json_writer *w, const struct mapping *m, const struct csv_row *row)
{
	for (size_t i = 0; i < m->n && i < row->n; i++) {
		str cell = str_trim(row->cells[i]);
		if (m->columns[i].field != IMPORT_PROPERTY || !cell.n) continue;
		json_key(w, m->columns[i].name);
		if (is_json_number(cell)) json_put_raw(w, cell);
		else json_put_str(w, cell);
	}
}

void row_touchpoint__place(struct json_writer *w, const struct mapping *m, const struct csv_row *row, const struct touchpoint *t)
{
	str currency = mapping_cell(m, row, IMPORT_CURRENCY);
	put(w, S("currency"), currency.n ? currency : m->currency);
	put(w, S("country"), mapping_cell(m, row, IMPORT_COUNTRY));
	put(w, S("channel"), t->channel);
	put(w, S("location"), t->location);
}

static void put_traits(struct json_writer *w, const struct mapping *m, const struct csv_row *row, const struct touchpoint *t)
{
	int64_t ms;
	put(w, S("name"), mapping_cell(m, row, IMPORT_NAME));
	put(w, S("firstName"), mapping_cell(m, row, IMPORT_FIRST_NAME));
	put(w, S("lastName"), mapping_cell(m, row, IMPORT_LAST_NAME));
	put(w, S("email"), t->email);
	put(w, S("phone"), t->phone);
	put(w, S("country"), mapping_cell(m, row, IMPORT_COUNTRY));
	str created = mapping_cell(m, row, IMPORT_TIME);
	if (created.n && mapping_time(m, created, &ms)) {
		json_key(w, S("createdAt"));
		json_put_i64(w, ms);
	}
}

static const char *check(const struct mapping *m, const struct csv_row *row, struct touchpoint *t)
{
	str time = mapping_cell(m, row, IMPORT_TIME);
	int64_t ms = DESC_NULL_INT;
	if (time.n && !mapping_time(m, time, &ms)) return "bad_time";
	if (m->kind == FILE_CUSTOMERS) { /* the time of a customers file is a trait: what is told of them holds from now on */
		bool someone = t->user_id.n || t->anonymous_id.n || t->email.n || t->phone.n || t->n_external_ids;
		return someone ? NULL : "no_identity";
	}
	if (!t->event.n || t->event.n > EVENT_NAME_BYTES) return "bad_event";
	t->time_ms = ms;
	return ms == DESC_NULL_INT ? "bad_time" : NULL;
}

const char *row_touchpoint_look(struct arena *a, const struct mapping *m, const struct csv_row *row, struct touchpoint *out)
{
	bool customers = m->kind == FILE_CUSTOMERS;
	*out = (struct touchpoint){.call = customers ? CALL_IDENTIFY : CALL_TRACK, .time_ms = DESC_NULL_INT};
	row_touchpoint__who(a, m, row, out);
	out->event = customers ? S("Identified") : copied(a, mapping_cell(m, row, IMPORT_EVENT));
	return check(m, row, out);
}

const char *row_touchpoint(struct arena *a, const struct mapping *m, struct row_ids *ids, const struct csv_row *row, struct touchpoint *out)
{
	bool customers = m->kind == FILE_CUSTOMERS;
	struct buf raw;
	struct json_writer w = {.out = &raw};
	struct row_id row_id = row_ids_next(ids, row);
	const char *reason = row_touchpoint_look(a, m, row, out);
	if (reason) return reason;
	out->message_id = copied(a, mapping_cell(m, row, IMPORT_MESSAGE_ID));
	if (!out->message_id.n) out->message_id = row_id_show(a, row_id);
	out->has_traits = customers;
	str currency;
	out->has_bad_currency = !currency_read(a, mapping_cell(m, row, IMPORT_CURRENCY), &currency);
	buf_init(&raw, RAW_BYTES);
	row_touchpoint__begin(&w, out);
	json_key(&w, customers ? S("traits") : S("properties"));
	json_begin_object(&w);
	if (customers) put_traits(&w, m, row, out);
	else row_touchpoint__place(&w, m, row, out);
	row_touchpoint__properties(&w, m, row);
	json_end_object(&w);
	row_touchpoint__end(&w, out);
	if (!buf_failed(&raw)) out->raw = str_dup(a, buf_str(&raw));
	bool failed = buf_failed(&raw);
	buf_release(&raw);
	return failed ? "too_large" : NULL;
}
