/* chat_rating.c: how satisfied somebody was when their matter was solved: an answer to a survey as any other, a touchpoint from which the
 * record of feedback and the figures come. Once a resolution: what is opened again may be rated again. */
#include "chat/chat_inner.h"
#include "collect/intake.h"
#include "consent/consent.h"
#include "conversation/conversation_chat.h"
#include "i18n/i18n.h"
#include "json/json.h"
#include "op/app.h"
#include "query/survey_event.h"
#include "setting/setting.h"

enum { BODY_BYTES = 65536, COMMENT_BYTES = 8000, LEAST = 1, MOST = 5 };
#define CHAT_SOURCE S("Inbox")

struct rate_input {
	str token, score, comment;
};
static const struct desc_field RATE_FIELDS[] = {
	FIELD(rate_input, token, DESC_STR, .max = 80, .flags = DESC_REQUIRED),
	FIELD(rate_input, score, DESC_STR, .max = 2, .flags = DESC_REQUIRED, .doc = "1 to 5"),
	FIELD(rate_input, comment, DESC_STR, .max = COMMENT_BYTES),
};
const struct desc CHAT_RATE_DESC = {"chat_rate", sizeof(struct rate_input), RATE_FIELDS, COUNT_OF(RATE_FIELDS)};

struct given {
	const struct chat_visitor *visitor;
	str submission, conversation;
	int64_t score;
	str comment;
};

static void put(struct json_writer *w, const char *name, str value)
{
	if (!str_given(value)) return;
	json_key(w, str_of(name));
	json_put_str(w, value);
}

static void put_number(struct json_writer *w, const char *name, int64_t value)
{
	json_key(w, str_of(name));
	json_put_i64(w, value);
}

static str body_of(struct op *op, const struct given *g, bool is_comment)
{
	struct buf b;
	struct json_writer w = {.out = &b};
	const struct lang *lang = setting_locale(op).lang; /* the question is shown to us in these words */
	buf_init(&b, BODY_BYTES);
	json_begin_object(&w);
	put(&w, "type", S("track"));
	put(&w, "event", S(SURVEY_ANSWERED));
	put(&w, "userId", g->visitor->user_id);
	put(&w, "anonymousId", g->visitor->shown);
	json_key(&w, S("properties"));
	json_begin_object(&w);
	put(&w, "submission_id", g->submission);
	put(&w, "question_id", is_comment ? S("chat_comment") : S("chat_satisfaction"));
	put(&w, "question", i18n_pattern(lang, is_comment ? S("chat_rate_comment") : S("chat_rate_question")));
	put(&w, "type", is_comment ? S("text") : S("csat"));
	put(&w, "language", g->visitor->language);
	put(&w, "conversation_id", g->conversation);
	if (is_comment) {
		put(&w, "text", g->comment);
	} else {
		put_number(&w, "scale_min", LEAST);
		put_number(&w, "scale_max", MOST);
		put_number(&w, "number", g->score);
	}
	json_end_object(&w);
	json_end_object(&w);
	str body = str_dup(&op->arena, buf_str(&b));
	buf_release(&b);
	return body;
}

static enum err note(struct op *op, const struct given *g)
{
	struct source source;
	TRY(source_ensure(op, CHAT_SOURCE, SOURCE_HAND, true, PURPOSES_ASSURED_DEFAULT, &source));
	struct intake *in = intake_new(op->app, &op->arena, &source, op->now_ms);
	for (uint32_t i = 0; i < (g->comment.n ? 2 : 1); i++) {
		struct touchpoint t = {.call = CALL_TRACK, .event = S(SURVEY_ANSWERED), .time_ms = op->now_ms, .channel = S("chat"), .user_id = g->visitor->user_id, .anonymous_id = g->visitor->shown};
		t.message_id = str_fmt(&op->arena, "%.*s-%u", STR_ARG(g->submission), i);
		t.raw = body_of(op, g, i == 1);
		enum drop_reason dropped = intake_add(in, &t, i);
		if (dropped != DROP_NONE) return fail(op, ERR_STATE, "", "it cannot be kept: %s", DROP_REASONS[dropped]);
	}
	return intake_commit_wait(in);
}

enum err chat_rating_post(struct op *op, struct web *w, struct answer *a)
{
	struct rate_input in = {0};
	struct conversation_chat now;
	struct chat_visitor v;
	struct chat_state *state;
	struct chat_site s;
	struct site site;
	int64_t score, added;
	TRY(chat__open_site(op, w, &site, &s));
	TRY(chat__count_flood(op, w));
	TRY(web_input(op, w, &CHAT_RATE_DESC, &in));
	TRY(chat__visitor(op, site.id, in.token, &v));
	TRY(conversation_chat_get(op, v.shown, &now));
	if (!now.conversation || now.state != CONVERSATION_SOLVED) return fail(op, ERR_STATE, "score", "is asked for when the chat was solved");
	if (!str_i64(in.score, &score) || score < LEAST || score > MOST) return fail(op, ERR_INVALID, "score", "must be 1 to 5");
	TRY(op_run(op, SQL_chat_rating_add, DB_ARGS(db_id(now.conversation), db_int(now.resolution), db_id(v.id), db_int(score), db_int(op->now_ms)), &added));
	if (!added) return fail(op, ERR_STATE, "score", "was given already");
	str shown = id_show(&op->arena, S("cnv"), now.conversation);
	const struct given g = {&v, str_fmt(&op->arena, "chat-%.*s-%lld", STR_ARG(shown), (long long)now.resolution), shown, score, str_trim(in.comment)};
	TRY(note(op, &g));
	TRY(conversation_chat_step(op, now.conversation, "rated", str_fmt(&op->arena, "%lld/%d", (long long)score, MOST)));
	TRY(chat__state_now(op, &s, &v, &state));
	a->is_private = true;
	return answer_with(a, &CHAT_STATE_DESC, state);
}
