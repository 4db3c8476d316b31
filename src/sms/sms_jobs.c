/* sms_jobs.c: hands over what is due, one message after another, each recorded in a transaction of its own. A gateway that does not answer
 * is left alone until the message's next turn. What a killed server sent without recording it is sent again under the same id. */
#include <pthread.h>

#include "base/clock.h"
#include "base/datetime.h"
#include "base/log.h"
#include "fetch/fetch.h"
#include "json/json.h"
#include "op/app.h"
#include "setting/setting.h"
#include "sms/sms.h"

enum { BODY_BYTES = 16 << 10, WAITING = 0, ACCEPTED = 1, FAILED = 3, SECOND_MS = 1000 };
static const int PAUSES_S[] = {3, 60, 300, 1800, 7200, 21600}; /* then no more: a question asked days late is none */

struct sending {
	struct op *op;
	id job;
	struct arena *a;
	id sms;
	int64_t tries;
	str recipient, text, language, gateway, secret, sender;
	struct fetch_answer answer;
	bool is_any, has_failed;
};

static bool goes_on(void *arg)
{
	struct sending *s = arg;
	return job_progress(s->op, s->job, 0, 0);
}

static enum err take(struct op *op, void *arg)
{
	struct sending *s = arg;
	struct db_rows r;
	TRY(op_query(op, SQL_sms_due, DB_ARGS(db_int(op->now_ms)), &r));
	s->is_any = r.n > 0;
	if (!r.n) return OK;
	s->sms = db_rows_id(&r, 0, 0);
	s->recipient = str_dup(s->a, db_rows_text(&r, 0, 1));
	s->text = str_dup(s->a, db_rows_text(&r, 0, 2));
	s->language = str_dup(s->a, db_rows_text(&r, 0, 3));
	s->tries = db_rows_int(&r, 0, 4);
	s->gateway = str_dup(s->a, setting_text(op, SETTING_sms_gateway));
	s->secret = str_dup(s->a, setting_text(op, SETTING_sms_secret));
	s->sender = str_dup(s->a, setting_text(op, SETTING_sms_sender));
	return OK;
}

static void put(struct json_writer *w, const char *key, str value)
{
	json_key(w, str_of(key));
	json_put_str(w, value);
}

static str body_of(const struct sending *s, str message, int64_t now_ms)
{
	struct sms_size size = sms_size(s->text);
	struct buf b;
	struct json_writer w = {.out = &b};
	buf_init(&b, BODY_BYTES);
	json_begin_object(&w);
	put(&w, "type", S("sms.send"));
	put(&w, "timestamp", datetime_show(s->a, now_ms));
	json_key(&w, S("data"));
	json_begin_object(&w);
	put(&w, "id", message);
	put(&w, "to", s->recipient);
	if (s->sender.n) put(&w, "from", s->sender);
	put(&w, "text", s->text);
	put(&w, "language", s->language);
	put(&w, "encoding", size.is_gsm ? S("GSM-7") : S("UCS-2"));
	json_key(&w, S("segments"));
	json_put_i64(&w, size.segments);
	json_end_object(&w);
	json_end_object(&w);
	str body = str_dup(s->a, buf_str(&b));
	buf_release(&b);
	return body;
}

static void send(struct sending *s)
{
	str message = id_show(s->a, S("sms"), s->sms);
	struct fetch_signed r = {.url = s->gateway, .message = message, .body = body_of(s, message, clock_now_ms()), .secrets = {s->secret, STR_NONE}, .agent = "Hospes/1.0 (sms)", .go_on = goes_on, .arg = s};
	fetch_post_signed(s->a, &r, &s->answer);
}

/* 400 and 422 say that this message will never be taken. */
static enum err write_down(struct op *op, void *arg)
{
	struct sending *s = arg;
	int status = s->answer.status;
	bool is_taken = status >= 200 && status < 300, is_hopeless = status == 400 || status == 422;
	size_t tries = (size_t)s->tries;
	int state = is_taken ? ACCEPTED : is_hopeless || tries >= COUNT_OF(PAUSES_S) ? FAILED : WAITING;
	int64_t pause_ms = tries < COUNT_OF(PAUSES_S) ? (int64_t)PAUSES_S[tries] * SECOND_MS : 0, wait_ms = s->answer.wait_s * SECOND_MS;
	int64_t due = op->now_ms + (wait_ms > pause_ms ? wait_ms : pause_ms);
	s->has_failed = !is_taken && !is_hopeless;
	log_info("sms_sent", F_STR("sms", id_show(&op->arena, S("sms"), s->sms)), F_INT("status", status), F_INT("tries", s->tries + 1));
	TRY(op_run(op, SQL_sms_tried, DB_ARGS(db_id(s->sms), db_int(state), db_int(due), db_text(is_taken ? S("") : s->answer.detail.n ? s->answer.detail : str_of(FETCH_OUTCOMES[s->answer.outcome])), db_int(op->now_ms)), NULL));
	return state == FAILED ? job_add(op, "invite_send", S("{}"), 0, S("schedule"), NULL) : OK;
}

static enum err one(struct sending *s)
{
	struct arena a = {0};
	s->a = &a;
	enum err e = op_apart(s->op->app, "sms_send", take, s);
	if (e == OK && s->is_any) {
		send(s);
		if (s->answer.outcome != FETCH_STOPPED) e = op_apart(s->op->app, "sms_send", write_down, s);
	}
	arena_release(&a);
	return e;
}

static enum err add_next(struct op *op)
{
	struct db_rows r;
	TRY(op_query(op, SQL_sms_next_due, DB_NO_ARGS, &r));
	int64_t due = r.n ? db_rows_int(&r, 0, 0) : DESC_NULL_INT;
	return due == DESC_NULL_INT ? OK : job_add(op, "sms_send", S("{}"), due, S("schedule"), NULL);
}

enum err sms_send_job(struct op *op, id job, str payload)
{
	static pthread_mutex_t single = PTHREAD_MUTEX_INITIALIZER;
	struct sending s = {.op = op, .job = job, .is_any = true};
	enum err e = OK;
	(void)payload;
	if (!sms_is_on(op->app)) return OK;
	if (pthread_mutex_trylock(&single)) return ERR_BUSY;
	while (e == OK && s.is_any && !s.has_failed && goes_on(&s)) e = one(&s);
	pthread_mutex_unlock(&single);
	return e == OK ? add_next(op) : fail(op, e, "sms", "what was sent could not be written down");
}
