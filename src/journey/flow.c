/* flow: what directly follows what, and the ways whole customers take. */
#include <math.h>

#include "i18n/i18n.h"
#include "journey/journey.h"
#include "json/json.h"

enum { EDGES_SHOWN = 60, VARIANTS_SHOWN = 20, VARIANT_EVENTS = 12, WAY_ASKED = 100, ROUNDS_SHOWN = 15, GROUPS_SHOWN = 4 };

static enum err ask(struct journey_asking *k, struct json_writer *w)
{
	json_key(w, S("variants"));
	json_put_i64(w, journey_number(k, "variants", "journey_variants", VARIANTS_SHOWN, 200));
	journey_put_by(k, w, GROUPS_SHOWN);
	return OK;
}

static void put_edges(struct journey_asking *k, const struct json_node *edges)
{
	size_t n = edges ? edges->n : 0;
	double all = 0, most = 0;
	struct journey_table *t = journey_table(k, "flow", n < EDGES_SHOWN ? n : EDGES_SHOWN);
	t->chart = S("flow");
	journey_head(k, t, "journey_from", false);
	journey_head(k, t, "journey_to", false);
	journey_head(k, t, "journey_times", true);
	journey_head(k, t, "journey_share", true);
	journey_head(k, t, "journey_p50", true);
	for (const struct json_node *e = edges ? edges->child : NULL; e; e = e->next) {
		all += journey_real(e, "count");
		most = fmax(most, journey_real(e, "count"));
	}
	for (const struct json_node *e = edges ? edges->child : NULL; e && t->rows.n < EDGES_SHOWN; e = e->next) {
		struct journey_row *r = journey_row(k, t, json_get_str(e, S("from")));
		r->is_link = true;
		r->from = json_get_str(e, S("from"));
		r->to = json_get_str(e, S("to"));
		r->value = str_fmt(&k->op->arena, "%.15g", journey_real(e, "count"));
		journey_cell(k, t, json_get_str(e, S("to")));
		struct journey_cell *count = journey_cell(k, t, journey_count(k, e, "count"));
		journey_bar(k, count, most > 0 ? journey_real(e, "count") / most : NAN);
		count->address = journey_behind(k, {"from", json_get(e, S("from"))}, {"to", json_get(e, S("to"))});
		journey_cell(k, t, journey_share(k, journey_real(e, "count"), all));
		journey_cell(k, t, journey_seconds(k, e, "median_s"));
	}
	t->left = (int64_t)(n - t->rows.n);
}

static str variant_text(struct journey_asking *k, const struct json_node *events)
{
	str text = S("");
	size_t n = 0;
	for (const struct json_node *e = events ? events->child : NULL; e && n < VARIANT_EVENTS; e = e->next, n++)
		text = str_fmt(&k->op->arena, "%.*s%s%.*s", STR_ARG(text), n ? " → " : "", STR_ARG(e->text));
	return events && events->n > n ? str_fmt(&k->op->arena, "%.*s → …", STR_ARG(text)) : text;
}

static void put_variants(struct journey_asking *k, const struct json_node *variants, double customers)
{
	const struct json_node *top = journey_at(variants, "top");
	struct journey_table *t = journey_table(k, "variants", top ? top->n : 0);
	double most = top && top->child ? journey_real(top->child, "count") : 0;
	journey_head(k, t, "journey_path", false);
	journey_head(k, t, "journey_customers", true);
	journey_head(k, t, "journey_share", true);
	for (const struct json_node *v = top ? top->child : NULL; v; v = v->next) {
		journey_row(k, t, variant_text(k, json_get(v, S("events"))));
		struct journey_cell *count = journey_cell(k, t, journey_count(k, v, "count"));
		journey_bar(k, count, most > 0 ? journey_real(v, "count") / most : NAN);
		if (json_get(v, S("events"))->n <= WAY_ASKED) count->address = journey_behind(k, {"events", json_get(v, S("events"))});
		journey_cell(k, t, journey_share(k, journey_real(v, "count"), customers));
	}
}

static str behind_round(struct journey_asking *k, const struct json_node *events)
{
	const struct json_node *from = events->child, *to = from ? from->next : NULL;
	return journey_behind(k, {"from", from}, {"to", to}, {"back", journey_flag(events->n > 2)});
}

/* What goes round: an event directly again, one other and back, and what is done again in one journey. */
static void put_rounds(struct journey_asking *k, const char *key, const char *field, const struct json_node *list)
{
	size_t n = list ? list->n : 0;
	if (n == 0) return;
	struct journey_table *t = journey_table(k, key, n < ROUNDS_SHOWN ? n : ROUNDS_SHOWN);
	double most = journey_real(list->child, "count");
	journey_head(k, t, "journey_path", false);
	journey_head(k, t, "journey_times", true);
	journey_head(k, t, "journey_customers", true);
	for (const struct json_node *e = list->child; e && t->rows.n < ROUNDS_SHOWN; e = e->next) {
		const struct json_node *events = json_get(e, S("events"));
		journey_row(k, t, events ? variant_text(k, events) : json_get_str(e, S("event")));
		journey_bar(k, journey_cell(k, t, journey_count(k, e, "count")), most > 0 ? journey_real(e, "count") / most : NAN);
		journey_cell(k, t, journey_count(k, e, "cases"))->address = events ? behind_round(k, events) : journey_behind(k, {field, json_get(e, S("event"))});
	}
	t->left = (int64_t)(n - t->rows.n);
}

static void show(struct journey_asking *k, const struct json_node *answer)
{
	const struct json_node *edges = journey_at(answer, "edges"), *best = NULL;
	put_edges(k, edges);
	put_variants(k, journey_at(answer, "variants"), journey_real(answer, "customers"));
	put_rounds(k, "loops", NULL, journey_at(answer, "loops"));
	put_rounds(k, "rework", "again", journey_at(answer, "rework"));
	put_rounds(k, "repeated", "repeated", journey_at(answer, "repeated_contacts"));
	for (const struct json_node *e = edges ? edges->child : NULL; e; e = e->next)
		if (!best || journey_real(e, "count") > journey_real(best, "count")) best = e;
	k->page->finding = msg_of("journey_finding_none");
	if (!best) return;
	k->page->finding = msg_str("journey_finding_flow", "from", json_get_str(best, S("from")));
	msg_add(&k->page->finding, (struct msg_arg){.name = "to", .type = MSG_STR, .s = json_get_str(best, S("to"))});
	msg_add(&k->page->finding, (struct msg_arg){.name = "count", .type = MSG_INT, .i = (int64_t)journey_real(best, "count")});
	msg_add(&k->page->finding, (struct msg_arg){.name = "half", .type = MSG_STR, .s = journey_seconds(k, best, "median_s")});
}

const struct journey_kind JOURNEY_FLOW = {"flow", ask, show, NULL};
