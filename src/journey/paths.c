/* paths: what customers do next, or did before. */
#include <math.h>

#include "i18n/i18n.h"
#include "journey/journey.h"
#include "json/json.h"

enum { PATHS_ASKED = 50, PATH_STEPS = 5 };

static enum err ask(struct journey_asking *k, struct json_writer *w)
{
	static const char *const DIRECTIONS[] = {"after", "before", NULL};
	str way[2], event = journey_usual_way(k, way, 2) ? way[0] : S("");
	str direction = journey_choose(k, "direction", "journey_direction", DIRECTIONS);
	event = journey_event(k, "event", "journey_event", event, true);
	journey_put(w, str_eq(direction, S("before")) ? "end" : "start", event);
	json_key(w, S("length"));
	json_put_i64(w, journey_number(k, "length", "journey_length", PATH_STEPS, 20));
	journey_put_time(w, "gap", "minutes", journey_number(k, "gap", "journey_gap", 30 * 24 * 60, 527040));
	json_key(w, S("limit"));
	json_put_i64(w, PATHS_ASKED);
	return OK;
}

static str path_text(struct journey_asking *k, const struct json_node *events)
{
	str text = S("");
	for (const struct json_node *e = events ? events->child : NULL; e; e = e->next)
		text = str_fmt(&k->op->arena, "%.*s%s%.*s", STR_ARG(text), text.n ? " → " : "", STR_ARG(e->text));
	return text.n ? text : i18n_format(&k->op->arena, &k->op->locale, S("journey_path_ends"), NULL, 0);
}

static double sum_of(const struct json_node *paths)
{
	double sum = 0;
	for (const struct json_node *p = paths ? paths->child : NULL; p; p = p->next) sum += journey_real(p, "count");
	return sum;
}

static void show(struct journey_asking *k, const struct json_node *answer)
{
	const struct json_node *paths = journey_at(answer, "paths");
	double all = journey_real(answer, "n"), most = paths && paths->child ? journey_real(paths->child, "count") : 0;
	if (isnan(all)) all = sum_of(paths);
	struct journey_table *t = journey_table(k, "paths", paths ? paths->n : 0);
	journey_head(k, t, "journey_path", false);
	journey_head(k, t, "journey_times", true);
	journey_head(k, t, "journey_share", true);
	for (const struct json_node *p = paths ? paths->child : NULL; p; p = p->next) {
		journey_row(k, t, path_text(k, json_get(p, S("events"))));
		journey_bar(k, journey_cell(k, t, journey_count(k, p, "count")), most > 0 ? journey_real(p, "count") / most : NAN);
		journey_cell(k, t, journey_share(k, journey_real(p, "count"), all));
	}
	k->page->finding = msg_of("journey_finding_none");
	if (!t->rows.n) return;
	k->page->finding = msg_str("journey_finding_paths", "path", t->rows.v[0].name);
	msg_add(&k->page->finding, (struct msg_arg){.name = "share", .type = MSG_SHARE, .d = all > 0 ? most / all : NAN});
	msg_add(&k->page->finding, (struct msg_arg){.name = "n", .type = MSG_INT, .i = (int64_t)all});
}

const struct journey_kind JOURNEY_PATHS = {"paths", ask, show};
