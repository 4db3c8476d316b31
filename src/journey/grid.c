/* Answers as tables: cells are texts in the reader's language, with a bar or a tint where it helps the eye. */
#include <math.h>
#include <string.h>

#include "base/datetime.h"
#include "i18n/i18n.h"
#include "journey/journey.h"
#include "json/json.h"
#include "op/app.h"
#include "pulse/figure.h"
#include "setting/setting.h"

enum { HEADS_MOST = 70, TABLES_MOST = 24 };

const struct json_node *journey_at(const struct json_node *object, const char *key)
{
	return json_get(object, str_of(key));
}

double journey_real(const struct json_node *owner, const char *key)
{
	double d;
	const struct json_node *v = journey_at(owner, key);
	return v && v->type == JSON_NUMBER && str_f64(v->text, &d) ? d : NAN;
}

struct journey_table *journey_table(struct journey_asking *k, const char *key, size_t rows)
{
	if (!k->page->tables.v) k->page->tables.v = ARENA_ARRAY(&k->op->arena, struct journey_table, TABLES_MOST);
	if (k->page->tables.n == TABLES_MOST) return &k->page->tables.v[TABLES_MOST - 1];
	struct journey_table *t = &k->page->tables.v[k->page->tables.n++];
	*t = (struct journey_table){0}; /* one that was taken off again may have been here */
	t->id = str_of(key);
	t->title = i18n_format(&k->op->arena, &k->op->locale, str_fmt(&k->op->arena, "journey_table_%s", key), NULL, 0);
	t->heads.v = ARENA_ARRAY(&k->op->arena, struct journey_head, HEADS_MOST);
	t->rows.v = ARENA_ARRAY(&k->op->arena, struct journey_row, rows + 1);
	return t;
}

static struct journey_head *add_head(struct journey_table *t, str text, bool is_number)
{
	size_t i = t->heads.n < HEADS_MOST ? t->heads.n++ : HEADS_MOST - 1;
	t->heads.v[i] = (struct journey_head){.text = text, .is_number = is_number};
	return &t->heads.v[i];
}

void journey_head(struct journey_asking *k, struct journey_table *t, const char *label, bool is_number)
{
	(void)add_head(t, i18n_format(&k->op->arena, &k->op->locale, str_of(label), NULL, 0), is_number);
}

struct journey_head *journey_head_text(struct journey_table *t, str text)
{
	return add_head(t, text, true);
}

void journey_series(struct journey_asking *k, struct journey_table *t, const char *label)
{
	add_head(t, i18n_format(&k->op->arena, &k->op->locale, str_of(label), NULL, 0), true)->is_series = true;
}

struct journey_row *journey_row(struct journey_asking *k, struct journey_table *t, str name)
{
	struct journey_row *r = &t->rows.v[t->rows.n++];
	r->name = name;
	r->cells.v = ARENA_ARRAY(&k->op->arena, struct journey_cell, HEADS_MOST);
	return r;
}

struct journey_cell *journey_cell(struct journey_asking *k, struct journey_table *t, str text)
{
	static struct journey_cell spare;
	struct journey_row *r = &t->rows.v[t->rows.n - 1];
	(void)k;
	if (r->cells.n + 1 >= HEADS_MOST) return &spare;
	size_t i = r->cells.n++;
	bool has_head = i + 1 < t->heads.n;
	r->cells.v[i] = (struct journey_cell){.text = text, .is_number = has_head && t->heads.v[i + 1].is_number, .label = has_head ? t->heads.v[i + 1].text : STR_NONE};
	return &r->cells.v[i];
}

void journey_draw(struct journey_asking *k, struct journey_cell *c, double value)
{
	if (!isnan(value)) c->value = str_fmt(&k->op->arena, "%.15g", value);
}

void journey_bar(struct journey_asking *k, struct journey_cell *c, double share)
{
	if (!isnan(share)) c->width = figure_width(k->op, share < 0 ? 0 : share > 1 ? 1 : share);
}

str journey_value(struct journey_asking *k, const struct json_node *v)
{
	if (!v || v->type == JSON_NULL || (v->type == JSON_STRING && !v->text.n)) return i18n_format(&k->op->arena, &k->op->locale, S("journey_value_none"), NULL, 0);
	if (v->type == JSON_STRING) return v->text;
	return v->raw;
}

str journey_group(struct journey_asking *k, const struct json_node *owner)
{
	if (json_get(owner, S("other"))) return i18n_format(&k->op->arena, &k->op->locale, S("journey_rest"), NULL, 0);
	return journey_value(k, json_get(owner, S("by")));
}

str journey_count(struct journey_asking *k, const struct json_node *owner, const char *key)
{
	double d = journey_real(owner, key);
	if (isnan(d)) return S("–");
	return d == floor(d) && fabs(d) < 9e15 ? i18n_int(&k->op->arena, &k->op->locale, (int64_t)d) : i18n_real(&k->op->arena, &k->op->locale, d, 2);
}

str journey_money(struct journey_asking *k, const struct json_node *owner, const char *key, str currency)
{
	const struct json_node *v = journey_at(owner, key);
	struct money m = {.currency = currency};
	if (!currency.n || !v || v->type != JSON_NUMBER || !decimal_parse(v->text, &m.amount)) return journey_count(k, owner, key);
	return i18n_money(&k->op->arena, &k->op->locale, m);
}

str journey_share(struct journey_asking *k, double part, double whole)
{
	return i18n_share(&k->op->arena, &k->op->locale, whole > 0 ? part / whole : NAN);
}

str journey_seconds(struct journey_asking *k, const struct json_node *owner, const char *key)
{
	double s = journey_real(owner, key);
	return isnan(s) ? S("–") : i18n_duration(&k->op->arena, &k->op->locale, (int64_t)(s * 1000));
}

str journey_day(struct journey_asking *k, str label, str interval)
{
	int64_t ms;
	bool has_zone;
	if (!datetime_parse(label, &ms, &has_zone)) return label;
	if (has_zone) ms = zone_to_civil(setting_zone(k->op->app), ms);
	if (str_eq(interval, S("month"))) return i18n_month(&k->op->arena, &k->op->locale, ms);
	return i18n_date(&k->op->arena, &k->op->locale, ms);
}
