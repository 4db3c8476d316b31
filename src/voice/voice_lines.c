/* voice_lines.c: what a manager would say aloud: what changed, what drives it, what people say, what is being done; each with where it is
 * seen. A change is told of the newest 91 days against those before, by the question's own test; among several questions the chance of
 * each is multiplied by their number (Bonferroni), so that looking at many finds no more than looking at one. */
#include <math.h>

#include "base/datetime.h"
#include "base/map.h"
#include "consent/consent.h"
#include "followup/followup.h"
#include "i18n/i18n.h"
#include "text/text_pages.h"
#include "voice/voice_inner.h"

enum { DAYS = 91, MOST_TESTED = 12 };
#define SURE 0.05

struct period {
	int64_t from, to; /* the newest days, to: behind the last answer */
};

static void add(struct voice_lines *lines, struct msg text, str address)
{
	lines->v[lines->n++] = (struct voice_line){text, address};
}

static struct msg with(struct msg m, const char *name, str value)
{
	msg_add(&m, (struct msg_arg){.name = name, .type = MSG_STR, .s = value});
	return m;
}

/* ---- what changed ---- */

static enum err compare(struct op *op, const struct feedback_question *q, struct period p, const struct json_node **out)
{
	str asked = voice__score(op, q, voice__way(q), STR_NONE), open = str_sub(asked, 0, asked.n - 1);
	return voice__ask(op, str_fmt(&op->arena, "%.*s,\"from\":\"%.*s\",\"to\":\"%.*s\",\"compare\":{\"from\":\"%.*s\",\"to\":\"%.*s\"}}", STR_ARG(open), STR_ARG(datetime_show(&op->arena, p.from)), STR_ARG(datetime_show(&op->arena, p.to)),
	                              STR_ARG(datetime_show(&op->arena, p.from - DAYS * DAY_MS)), STR_ARG(datetime_show(&op->arena, p.from))), out);
}

static enum err add_change(struct op *op, const struct feedback_question *v, size_t n, struct period p, struct voice_lines *lines)
{
	const struct feedback_question *best = NULL;
	const struct json_node *answer;
	double least = INFINITY, now = NAN, difference = NAN;
	size_t tested = 0;
	for (size_t i = 0; i < n && tested < MOST_TESTED; i++) {
		if (!voice__way(&v[i]).is_scored || v[i].is_of_staff) continue;
		TRY(compare(op, &v[i], p, &answer));
		const struct json_node *to = json_get(answer, S("to_compare"));
		double chance = voice__real(to, "p");
		if (isnan(chance)) continue;
		tested++;
		if (chance >= least) continue;
		least = chance;
		best = &v[i];
		now = voice__real(json_get(answer, S("total")), "value");
		difference = voice__real(to, "difference");
	}
	if (!tested) return OK;
	if (least * (double)tested >= SURE || isnan(now)) {
		add(lines, msg_int("voice_line_same", "n", (int64_t)tested), S("/voice#voice-questions"));
		return OK;
	}
	struct msg m = msg_str(difference > 0 ? "voice_line_rose" : "voice_line_fell", "question", voice__name(best));
	m = with(with(m, "now", voice__shown(op, voice__way(best), now)), "before", voice__shown(op, voice__way(best), now - difference));
	msg_add(&m, (struct msg_arg){.name = "n", .type = MSG_INT, .i = (int64_t)tested});
	add(lines, m, str_fmt(&op->arena, "/voice?question=%.*s#voice-over-time", STR_ARG(web_url(op, best->id))));
	return OK;
}

/* ---- what drives it ---- */

static enum err add_driver(struct op *op, struct voice_lines *lines)
{
	struct voice_priority *v;
	size_t n;
	TRY(voice_priorities(op, &v, &n));
	if (!n) return OK;
	add(lines, with(msg_str("voice_line_driver", "driver", v[0].name), "outcome", v[0].outcome), S("/voice/drivers?of=answers"));
	return OK;
}

/* ---- what people say ---- */

struct said {
	struct op *op;
	struct map topics; /* of unhappy texts → how many */
	int64_t texts, unhappy;
};

static bool on_text(void *arg, const struct db_val *row, size_t columns)
{
	struct said *s = arg;
	(void)columns;
	s->texts++;
	if (row[0].type == DB_NULL || !str_eq(row[0].s, S("neg"))) return true;
	s->unhappy++;
	for (str rest = row[1].type == DB_NULL ? S("") : row[1].s; rest.n;) {
		str topic = str_cut(&rest, '\n');
		if (topic.n) (*map_put(&s->topics, str_dup(&s->op->arena, topic), NULL))++;
	}
	return true;
}

static enum err add_texts(struct op *op, struct period p, struct voice_lines *lines)
{
	struct said s = {.op = op};
	struct db_val args[] = {db_int(p.from), db_int(p.to), db_int(PURPOSE_BIT(PURPOSE_ANALYTICS)), db_int(PURPOSE_ANALYTICS)};
	str topic, first = STR_NONE;
	uint64_t count, most = 0;
	map_init(&s.topics);
	enum err e = op_each(op, SQL_feedback_said, args, COUNT_OF(args), on_text, &s);
	for (size_t i = 0; e == OK && map_next(&s.topics, &i, &topic, &count);)
		if (count > most || (count == most && str_cmp(topic, first) < 0)) most = count, first = str_dup(&op->arena, topic);
	map_release(&s.topics);
	if (e != OK || !s.unhappy || !str_given(first)) return e;
	struct msg m = with(msg_int("voice_line_said", "n", s.unhappy), "topic", text_topic_label(op, first));
	msg_add(&m, (struct msg_arg){.name = "texts", .type = MSG_INT, .i = s.texts});
	msg_add(&m, (struct msg_arg){.name = "topics", .type = MSG_INT, .i = (int64_t)most});
	add(lines, m, str_fmt(&op->arena, "/voice/responses?kind=texts&feeling=neg&topic=%.*s", STR_ARG(web_url(op, first))));
	return OK;
}

/* ---- what is being done ---- */

static enum err add_doing(struct op *op, struct voice_lines *lines)
{
	struct followup_standing f;
	TRY(followup_stand(op, &f));
	if (!f.open && !f.closed) return OK;
	struct msg m = msg_int("voice_line_doing", "open", f.open);
	msg_add(&m, (struct msg_arg){.name = "late", .type = MSG_INT, .i = f.late});
	msg_add(&m, (struct msg_arg){.name = "closed", .type = MSG_INT, .i = f.closed});
	add(lines, m, S("/follow-ups"));
	return OK;
}

enum err voice__lines(struct op *op, const struct feedback_question *v, size_t n, struct voice_lines *out)
{
	struct db_rows newest;
	out->v = ARENA_ARRAY(&op->arena, struct voice_line, VOICE_LINES);
	TRY(op_query(op, SQL_feedback_newest, DB_NO_ARGS, &newest));
	if (!newest.n || db_cell(&newest, 0, 0)->type == DB_NULL) return OK;
	struct period p = {.to = db_rows_int(&newest, 0, 0) + 1};
	p.from = p.to - DAYS * DAY_MS;
	TRY(add_change(op, v, n, p, out));
	TRY(add_driver(op, out));
	if (op_may(op, PERM_READ_CUSTOMERS)) TRY(add_texts(op, p, out));
	return op_may(op, PERM_READ_CUSTOMERS) ? add_doing(op, out) : OK;
}
