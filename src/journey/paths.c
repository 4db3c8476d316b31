/* paths: what customers do next, or did before. */
#include <math.h>

#include "i18n/i18n.h"
#include "journey/journey.h"
#include "json/json.h"

enum { PATHS_ASKED = 50, PATH_STEPS = 4, NODES_ASKED = 60 };

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
	json_key(w, S("tree"));
	json_put_i64(w, NODES_ASKED);
	return OK;
}

static str path_text(struct journey_asking *k, const struct json_node *events)
{
	str text = S("");
	for (const struct json_node *e = events ? events->child : NULL; e; e = e->next)
		text = str_fmt(&k->op->arena, "%.*s%s%.*s", STR_ARG(text), text.n ? " → " : "", STR_ARG(e->text));
	return text.n ? text : i18n_format(&k->op->arena, &k->op->locale, S("journey_path_ends"), NULL, 0);
}

struct link {
	const struct json_node *from, *to; /* nodes of the tree; from NULL: the event asked about */
	double count;
};

static const struct json_node *node_at(const struct json_node *tree, int64_t place)
{
	const struct json_node *n = tree->child;
	for (int64_t i = 1; n && i < place; i++) n = n->next;
	return place > 0 ? n : NULL;
}

static str node_id(struct journey_asking *k, const struct json_node *node)
{
	return node ? str_fmt(&k->op->arena, "%.*s %.*s", STR_ARG(json_get(node, S("depth"))->text), STR_ARG(json_get_str(node, S("event")))) : S("0");
}

/* Branches that part earlier and meet again in the same event at the same step are one link of the picture. */
static size_t links_of(struct journey_asking *k, const struct json_node *tree, struct link *out)
{
	size_t n = 0;
	for (const struct json_node *t = tree->child; t; t = t->next) {
		int64_t parent = 0;
		(void)json_get_i64(t, S("parent"), &parent);
		struct link one = {node_at(tree, parent), t, journey_real(t, "count")};
		size_t i = 0;
		while (i < n && !(str_eq(node_id(k, out[i].from), node_id(k, one.from)) && str_eq(node_id(k, out[i].to), node_id(k, one.to)))) i++;
		if (i < n) out[i].count += one.count;
		else out[n++] = one;
	}
	return n;
}

static void put_links(struct journey_asking *k, const struct json_node *tree, str event, bool is_before)
{
	if (!tree || !tree->child) return;
	struct link *links = ARENA_ARRAY(&k->op->arena, struct link, tree->n + 1);
	size_t n = links_of(k, tree, links);
	struct journey_table *t = journey_table(k, "steps", n);
	t->chart = S("sankey");
	journey_head(k, t, "journey_from", false);
	journey_head(k, t, "journey_to", false);
	journey_head(k, t, "journey_times", true);
	for (size_t i = 0; i < n; i++) {
		str near = links[i].from ? json_get_str(links[i].from, S("event")) : event, far = json_get_str(links[i].to, S("event"));
		str near_id = node_id(k, links[i].from), far_id = node_id(k, links[i].to);
		struct journey_row *r = journey_row(k, t, is_before ? far : near);
		r->is_link = true;
		r->from = is_before ? far : near;
		r->to = is_before ? near : far;
		r->from_id = is_before ? far_id : near_id;
		r->to_id = is_before ? near_id : far_id;
		r->value = str_fmt(&k->op->arena, "%.15g", links[i].count);
		journey_cell(k, t, r->to);
		journey_cell(k, t, i18n_int(&k->op->arena, &k->op->locale, (int64_t)links[i].count))->address =
			journey_behind(k, {"step", json_get(links[i].to, S("depth"))}, {"from", links[i].from ? json_get(links[i].from, S("event")) : NULL}, {"to", json_get(links[i].to, S("event"))});
	}
}

/* Several events, or events with a condition: as they were asked. */
static str words_of(struct journey_asking *k, const struct json_node *v)
{
	const struct json_node *names = v->type == JSON_OBJECT ? json_get(v, S("event")) : v;
	if (!names || names->type != JSON_ARRAY) return names && names->type == JSON_STRING ? names->text : S("…");
	return path_text(k, names);
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
	const struct json_node *question;
	if (json_tree(&k->op->arena, k->page->question, k->page->question.n + 1, &question, NULL) == OK) {
		const struct json_node *start = json_get(question, S("start")), *end = json_get(question, S("end")), *of = start ? start : end;
		put_links(k, journey_at(answer, "tree"), !of ? S("") : of->type == JSON_STRING ? of->text : words_of(k, of), !start && end);
	}
	struct journey_table *t = journey_table(k, "paths", paths ? paths->n : 0);
	journey_head(k, t, "journey_path", false);
	journey_head(k, t, "journey_times", true);
	journey_head(k, t, "journey_share", true);
	for (const struct json_node *p = paths ? paths->child : NULL; p; p = p->next) {
		journey_row(k, t, path_text(k, json_get(p, S("events"))));
		struct journey_cell *count = journey_cell(k, t, journey_count(k, p, "count"));
		journey_bar(k, count, most > 0 ? journey_real(p, "count") / most : NAN);
		count->address = journey_behind(k, {"events", json_get(p, S("events"))}, {"by", json_get(p, S("by"))});
		journey_cell(k, t, journey_share(k, journey_real(p, "count"), all));
	}
	k->page->finding = msg_of("journey_finding_none");
	if (!t->rows.n) return;
	k->page->finding = msg_str("journey_finding_paths", "path", t->rows.v[0].name);
	msg_add(&k->page->finding, (struct msg_arg){.name = "share", .type = MSG_SHARE, .d = all > 0 ? most / all : NAN});
	msg_add(&k->page->finding, (struct msg_arg){.name = "n", .type = MSG_INT, .i = (int64_t)all});
}

const struct journey_kind JOURNEY_PATHS = {"paths", ask, show, NULL};
