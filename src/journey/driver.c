/* driver: what happened in the days before differs with how it came out. */
#include <math.h>

#include "i18n/i18n.h"
#include "journey/journey.h"
#include "json/json.h"

enum { CANDIDATES_SHOWN = 40, GROUPS_SHOWN = 4, GROUP_LEAST = 20 /* under it a group is too few to say, whatever its test says */ };

static enum err ask(struct journey_asking *k, struct json_writer *w)
{
	static const char *const OUTCOMES[] = {"did", "did_not", "number", NULL};
	str event = journey_event(k, "event", "journey_after", journey_usual_event(k), true);
	str outcome = journey_choose(k, "outcome", "journey_outcome", OUTCOMES);
	json_key(w, S("outcome"));
	json_begin_object(w);
	journey_put(w, "event", event);
	if (str_eq(outcome, S("number"))) {
		journey_put(w, "property", journey_text(k, "of", "journey_of", S("score"), "journey_property_hint"));
	} else {
		journey_put(w, str_eq(outcome, S("did")) ? "did" : "did_not", journey_event(k, "did", "journey_did", event, true));
		journey_put_time(w, "within", "days", journey_number(k, "days", "journey_did_within", 90, 3650));
	}
	json_end_object(w);
	json_key(w, S("candidates"));
	json_put_bool(w, true);
	journey_put_time(w, "within", "days", journey_number(k, "before", "journey_before", 14, 3650));
	journey_put_by(k, w, GROUPS_SHOWN);
	return OK;
}

static bool is_share(struct journey_asking *k)
{
	const struct json_node *question;
	return json_tree(&k->op->arena, k->page->question, k->page->question.n + 1, &question, NULL) == OK && !json_get(json_get(question, S("outcome")), S("property"));
}

static str measured(struct journey_asking *k, double v)
{
	bool is_shares = *(const bool *)k->own;
	if (isnan(v)) return S("–");
	return is_shares ? i18n_share(&k->op->arena, &k->op->locale, v) : i18n_real(&k->op->arena, &k->op->locale, v, 2);
}

static const struct json_node *group(const struct json_node *candidate, bool has_had)
{
	const struct json_node *groups = json_get(candidate, S("groups"));
	for (const struct json_node *g = groups ? groups->child : NULL; g; g = g->next)
		if (json_is_true(g, S("had")) == has_had) return g;
	return NULL;
}

static bool is_enough(const struct json_node *c)
{
	return journey_real(group(c, true), "n") >= GROUP_LEAST && journey_real(group(c, false), "n") >= GROUP_LEAST;
}

static void put_candidate(struct journey_asking *k, struct journey_table *t, const struct json_node *c)
{
	const struct json_node *with = group(c, true), *without = group(c, false);
	double q = journey_real(c, "q");
	journey_row(k, t, json_get_str(c, S("event")));
	const struct json_node *event = json_get(c, S("event"));
	str had = journey_behind(k, {"candidate", event}, {"had", journey_flag(true)});
	journey_cell(k, t, measured(k, journey_real(with, "mean")))->address = had;
	journey_cell(k, t, measured(k, journey_real(without, "mean")))->address = journey_behind(k, {"candidate", event}, {"had", journey_flag(false)});
	journey_cell(k, t, journey_count(k, with, "n"))->address = had;
	str low = measured(k, journey_real(c, "difference_low")), high = measured(k, journey_real(c, "difference_high"));
	journey_cell(k, t, isnan(journey_real(c, "difference_low")) ? S("–") : str_fmt(&k->op->arena, "%.*s … %.*s", STR_ARG(low), STR_ARG(high)));
	const char *says = isnan(q) || !is_enough(c) ? "journey_too_few" : json_is_true(c, S("differs")) ? "journey_differs" : "journey_may_be_chance";
	journey_cell(k, t, i18n_format(&k->op->arena, &k->op->locale, str_of(says), NULL, 0));
}

static void tell_finding(struct journey_asking *k, const struct json_node *candidates)
{
	const struct json_node *first = candidates ? candidates->child : NULL;
	k->page->finding = msg_of(first ? "journey_finding_driver_none" : "journey_finding_none");
	while (first && !(json_is_true(first, S("differs")) && is_enough(first))) first = first->next;
	if (!first) return;
	k->page->finding = msg_str("journey_finding_driver", "event", json_get_str(first, S("event")));
	msg_add(&k->page->finding, (struct msg_arg){.name = "with", .type = MSG_STR, .s = measured(k, journey_real(group(first, true), "mean"))});
	msg_add(&k->page->finding, (struct msg_arg){.name = "without", .type = MSG_STR, .s = measured(k, journey_real(group(first, false), "mean"))});
}

static void show(struct journey_asking *k, const struct json_node *answer)
{
	const struct json_node *candidates = journey_at(answer, "candidates");
	size_t n = candidates ? candidates->n : 0;
	bool is_shares = is_share(k);
	k->own = &is_shares;
	struct journey_table *t = journey_table(k, "driver", n < CANDIDATES_SHOWN ? n : CANDIDATES_SHOWN);
	journey_head(k, t, "journey_before_it", false);
	journey_head(k, t, "journey_with", true);
	journey_head(k, t, "journey_without", true);
	journey_head(k, t, "journey_had_it", true);
	journey_head(k, t, "journey_difference", true);
	journey_head(k, t, "journey_verdict", false);
	for (const struct json_node *c = candidates ? candidates->child : NULL; c && t->rows.n < CANDIDATES_SHOWN; c = c->next) put_candidate(k, t, c);
	t->left = (int64_t)(n - t->rows.n);
	tell_finding(k, candidates);
}

const struct journey_kind JOURNEY_DRIVER = {"driver", ask, show, NULL};
