/* duration: how long from one touchpoint to the next of another kind. */
#include <math.h>

#include "i18n/i18n.h"
#include "journey/journey.h"
#include "json/json.h"

enum { GROUPS_SHOWN = 20 };

static enum err ask(struct journey_asking *k, struct json_writer *w)
{
	str way[2];
	size_t n = journey_usual_way(k, way, 2);
	journey_put(w, "start", journey_event(k, "start", "journey_start", n ? way[0] : S(""), true));
	journey_put(w, "end", journey_event(k, "end", "journey_end", n > 1 ? way[1] : n ? way[0] : S(""), true));
	journey_put_by(k, w, GROUPS_SHOWN);
	return OK;
}

static void show(struct journey_asking *k, const struct json_node *answer)
{
	const struct json_node *groups = journey_at(answer, "groups"), *first = groups ? groups->child : NULL;
	struct journey_table *t = journey_table(k, "duration", groups ? groups->n : 0);
	static const char *const SHARES[] = {"p50_s", "p90_s", "p99_s"};
	const struct json_node *question;
	double most = 0;
	bool has_by = json_tree(&k->op->arena, k->page->question, k->page->question.n + 1, &question, NULL) == OK && json_get(question, S("by"));
	for (const struct json_node *g = first; g; g = g->next) most = fmax(most, journey_real(g, "p50_s"));
	journey_head(k, t, "journey_group", false);
	journey_head(k, t, "journey_times", true);
	journey_head(k, t, "journey_p50", true);
	journey_head(k, t, "journey_p90", true);
	journey_head(k, t, "journey_p99", true);
	for (const struct json_node *g = first; g; g = g->next) {
		const struct json_node *by = json_get(g, S("by"));
		journey_row(k, t, by && by->type != JSON_NULL ? journey_group(k, g) : i18n_format(&k->op->arena, &k->op->locale, S("journey_all"), NULL, 0));
		const struct json_node *of = has_by && !json_is_true(g, S("other")) ? by : NULL;
		bool is_listed = of || !has_by;
		if (is_listed) journey_cell(k, t, journey_count(k, g, "n"))->address = journey_behind(k, {"by", of}, {"ended", journey_flag(true)});
		else journey_cell(k, t, journey_count(k, g, "n"));
		for (size_t i = 0; i < COUNT_OF(SHARES); i++) {
			struct journey_cell *c = journey_cell(k, t, journey_seconds(k, g, SHARES[i]));
			if (i == 0) journey_bar(k, c, most > 0 ? journey_real(g, SHARES[i]) / most : NAN);
			if (is_listed && !isnan(journey_real(g, SHARES[i]))) c->address = journey_behind(k, {"by", of}, {"longer_s", journey_at(g, SHARES[i])});
		}
	}
	double n = journey_real(first, "n");
	k->page->finding = msg_of("journey_finding_none");
	if (!(n > 0)) return;
	k->page->finding = msg_str("journey_finding_duration", "half", journey_seconds(k, first, "p50_s"));
	msg_add(&k->page->finding, (struct msg_arg){.name = "tenth", .type = MSG_STR, .s = journey_seconds(k, first, "p90_s")});
	msg_add(&k->page->finding, (struct msg_arg){.name = "group", .type = MSG_STR, .s = t->rows.v[0].name});
}

const struct journey_kind JOURNEY_DURATION = {"duration", ask, show, NULL};
