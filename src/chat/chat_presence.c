/* chat_presence.c: who is there is known by their stream: whoever has the inbox or a conversation open listens to a topic of their own,
 * and stops listening with the page. Nobody has to say that they are there, and a machine that fell asleep does not say so for them. */
#include <stdatomic.h>

#include "chat/chat_inner.h"
#include "contact/contact.h"
#include "i18n/zone.h"
#include "op/app.h"
#include "setting/setting.h"

enum { CHAT_MINUTE_MS = 60000, CHAT_DAY_MS = 86400000, THURSDAY = 3, WEEK = 7, STAYS_TRUE_MS = 1000 };

const char *const CHAT_ASKS[] = {"not", "may", "must", NULL};
const char *const CHAT_PRESENCES[] = {"here", "nobody", "closed", NULL};

str chat_agent_topic(struct op *op, id person)
{
	return str_fmt(&op->arena, "agent:%.*s", STR_ARG(id_show(&op->arena, S("per"), person)));
}

enum err chat_is_away(struct op *op, id person, bool *out)
{
	struct db_rows r;
	TRY(op_query(op, SQL_chat_away_get, DB_ARGS(db_id(person)), &r));
	*out = r.n > 0;
	return OK;
}

static bool is_open(const struct op *op, const struct chat_site *s)
{
	int64_t from, to, civil = zone_to_civil(setting_zone(op->app), op->now_ms), day = civil / CHAT_DAY_MS, minute = civil % CHAT_DAY_MS / CHAT_MINUTE_MS;
	if (!contact_read_clock(s->opens_at, &from) || !contact_read_clock(s->closes_at, &to)) return true;
	if (from > to && minute < to) day--; /* it began yesterday */
	if (!(s->days >> (day + THURSDAY) % WEEK & 1)) return false;
	if (from == to) return true;
	return from < to ? minute >= from && minute < to : minute >= from || minute < to;
}

/* Asked with every message, and true a second later: (when it was found out) * 2 + whether somebody is there. */
static _Atomic int64_t seen;

static enum err somebody_is_there(struct op *op, bool *out)
{
	struct db_rows r;
	int64_t known = atomic_load(&seen);
	*out = known & 1;
	if (op->now_ms - (known >> 1) < STAYS_TRUE_MS && op->now_ms >= known >> 1) return OK;
	*out = false;
	TRY(op_query(op, SQL_chat_agents, DB_NO_ARGS, &r));
	for (size_t i = 0; i < r.n && !*out; i++) *out = !db_rows_bool(&r, i, 2) && http_is_heard(op->app->http, chat_agent_topic(op, db_rows_id(&r, i, 0)));
	atomic_store(&seen, op->now_ms << 1 | *out);
	return OK;
}

enum err chat_presence_get(struct op *op, const struct chat_site *s, enum chat_presence *out)
{
	bool is_there = false;
	*out = CHAT_CLOSED;
	if (!is_open(op, s)) return OK;
	if (op->app->http) TRY(somebody_is_there(op, &is_there));
	*out = is_there ? CHAT_HERE : CHAT_NOBODY;
	return OK;
}

struct msg chat__presence_text(const struct chat_site *s, enum chat_presence p)
{
	if (p == CHAT_HERE) return msg_of("chat_here");
	if (p == CHAT_NOBODY) return msg_of("chat_nobody");
	struct msg m = msg_str("chat_closed", "from", s->opens_at);
	msg_add(&m, (struct msg_arg){.name = "to", .type = MSG_STR, .s = s->closes_at});
	return m;
}

struct presence_input {
	str value;
};
static const struct desc_field INPUT_FIELDS[] = {FIELD(presence_input, value, DESC_STR, .max = 10, .doc = "here or away")};
const struct desc CHAT_PRESENCE_INPUT_DESC = {"chat_presence", sizeof(struct presence_input), INPUT_FIELDS, COUNT_OF(INPUT_FIELDS)};

enum err chat_presence_post(struct op *op, struct web *w, struct answer *a)
{
	struct presence_input in;
	TRY(web_input(op, w, &CHAT_PRESENCE_INPUT_DESC, &in));
	bool is_away = str_eq(in.value, S("away"));
	if (!is_away && !str_eq(in.value, S("here"))) return fail(op, ERR_INVALID, "value", "must be here or away");
	if (op->actor.kind != ACTOR_PERSON) return fail(op, ERR_STATE, "value", "only a person can be here or away");
	TRY(is_away ? op_run(op, SQL_chat_away_put, DB_ARGS(db_id(op->actor.id), db_int(op->now_ms)), NULL) : op_run(op, SQL_chat_away_remove, DB_ARGS(db_id(op->actor.id)), NULL));
	a->notice = msg_of(is_away ? "notice_chat_away" : "notice_chat_here");
	return answer_redirect(a, S("/inbox"));
}
