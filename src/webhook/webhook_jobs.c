/* webhook_jobs.c: sends what is due, one delivery after another, each recorded in a transaction of its own. An endpoint that fails is
 * left alone for the rest of the pass, so that it delays nobody else's. What a killed server sent without recording it is sent
 * again under the same id. */
#include <pthread.h>

#include "base/clock.h"
#include "base/datetime.h"
#include "base/log.h"
#include "fetch/fetch.h"
#include "op/app.h"
#include "setting/secret.h"
#include "webhook/webhook_inner.h"

enum { FAILED_MOST = 64, GONE = 410, KEPT_DAYS = 30 };
static const int64_t OFF_AFTER_MS = 5 * DAY_MS; /* of nothing but failures */
const char WEBHOOK_SEND_JOB[] = "webhook_send";

struct delivery {
	id message, endpoint;
	int64_t tries, old_until;
	str type, body, url, secret, old_secret;
};
struct sending {
	struct op *op;
	id job;
	struct arena *a; /* of one delivery */
	struct delivery now;
	struct fetch_answer answer;
	int64_t took_ms;
	bool is_any;
	id failed[FAILED_MOST];
	size_t n_failed;
};

static bool goes_on(void *arg)
{
	struct sending *s = arg;
	return job_progress(s->op, s->job, 0, 0);
}

static bool has_failed(const struct sending *s, id endpoint)
{
	for (size_t i = 0; i < s->n_failed; i++)
		if (s->failed[i] == endpoint) return true;
	return false;
}

/* ---- one delivery ---- */

static enum err take(struct op *op, void *arg)
{
	struct sending *s = arg;
	struct db_rows r;
	s->is_any = false;
	TRY(op_query(op, SQL_webhook_due, DB_ARGS(db_int(op->now_ms)), &r));
	for (size_t i = 0; i < r.n && !s->is_any; i++) {
		struct delivery *d = &s->now;
		*d = (struct delivery){.message = db_rows_id(&r, i, 0), .endpoint = db_rows_id(&r, i, 1), .tries = db_rows_int(&r, i, 2), .type = str_dup(s->a, db_rows_text(&r, i, 3)),
			.body = str_dup(s->a, db_rows_text(&r, i, 4)), .url = str_dup(s->a, db_rows_text(&r, i, 5)), .old_until = db_rows_int(&r, i, 8)};
		str old = db_rows_text(&r, i, 7);
		if (!secret_open(s->a, op->app, S("webhook"), db_rows_text(&r, i, 6), &d->secret)) d->secret = STR_NONE;
		if (!old.n || d->old_until == DESC_NULL_INT || d->old_until < op->now_ms || !secret_open(s->a, op->app, S("webhook"), old, &d->old_secret)) d->old_secret = STR_NONE;
		s->is_any = !has_failed(s, d->endpoint);
	}
	return OK;
}

static void send(struct sending *s)
{
	const struct delivery *d = &s->now;
	int64_t began_us = clock_mono_us();
	struct fetch_signed r = {.url = d->url, .message = id_show(s->a, S("msg"), d->message), .body = d->body, .secrets = {d->secret, d->old_secret}, .agent = "Hospes/1.0 (webhooks)", .go_on = goes_on, .arg = s};
	fetch_post_signed(s->a, &r, &s->answer);
	s->took_ms = (clock_mono_us() - began_us) / 1000;
}

/* A status of success counts, whatever else the endpoint says. */
static bool is_taken(const struct fetch_answer *a)
{
	return a->status >= 200 && a->status < 300 && a->outcome != FETCH_STOPPED;
}

static enum err turn_off(struct op *op, id endpoint, const char *why)
{
	log_info("webhook_off", F_STR("endpoint", id_show(&op->arena, S("wep"), endpoint)), F_STR("why", str_of(why)));
	return op_run(op, SQL_webhook_endpoint_turn, DB_ARGS(db_id(endpoint), db_bool(false), db_text(str_of(why))), NULL);
}

static enum err judge_endpoint(struct op *op, const struct sending *s, bool taken)
{
	struct db_rows r;
	const struct delivery *d = &s->now;
	TRY(op_run(op, SQL_webhook_endpoint_went, DB_ARGS(db_id(d->endpoint), db_bool(taken), db_int(op->now_ms)), NULL));
	if (taken) return OK;
	if (s->answer.status == GONE) return turn_off(op, d->endpoint, "gone");
	TRY(op_query(op, SQL_webhook_endpoint_by_id, DB_ARGS(db_id(d->endpoint)), &r));
	int64_t since = r.n ? db_rows_int(&r, 0, 9) : DESC_NULL_INT;
	return since != DESC_NULL_INT && op->now_ms - since > OFF_AFTER_MS ? turn_off(op, d->endpoint, "failing") : OK;
}

static enum err write_down(struct op *op, void *arg)
{
	struct sending *s = arg;
	const struct delivery *d = &s->now;
	bool taken = is_taken(&s->answer), is_gone = s->answer.status == GONE;
	int64_t tries = d->tries + 1, pause = webhook__pause_ms(tries), wait = s->answer.wait_s * 1000;
	enum webhook_state state = taken ? WEBHOOK_DELIVERED : pause < 0 || is_gone ? WEBHOOK_FAILED : WEBHOOK_WAITING;
	int64_t next_at = op->now_ms + (wait > pause ? wait : pause);
	TRY(op_run(op, SQL_webhook_delivery_tried,
		DB_ARGS(db_id(d->message), db_id(d->endpoint), db_int(state), db_int(tries), db_int(next_at), db_int(op->now_ms), s->answer.status ? db_int(s->answer.status) : db_null(),
			db_text(taken ? S("done") : str_of(FETCH_OUTCOMES[s->answer.outcome])), db_text(taken ? S("") : s->answer.detail), db_int(s->took_ms)),
		NULL));
	TRY(judge_endpoint(op, s, taken));
	log_info("webhook_sent", F_STR("endpoint", id_show(&op->arena, S("wep"), d->endpoint)), F_STR("type", d->type), F_INT("status", s->answer.status), F_INT("tries", tries));
	return state == WEBHOOK_WAITING ? webhook__wake(op, next_at) : OK;
}

static enum err deliver(struct sending *s)
{
	struct arena a = {0};
	s->a = &a;
	enum err e = op_apart(s->op->app, WEBHOOK_SEND_JOB, take, s);
	if (e == OK && s->is_any) {
		send(s);
		if (s->answer.outcome != FETCH_STOPPED) e = op_apart(s->op->app, WEBHOOK_SEND_JOB, write_down, s);
		if (!is_taken(&s->answer) && s->n_failed < FAILED_MOST) s->failed[s->n_failed++] = s->now.endpoint;
		if (s->op->app->http) http_publish(s->op->app->http, S("webhooks"));
	}
	arena_release(&a);
	return e;
}

enum err webhook_send_job(struct op *op, id job, str payload)
{
	static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
	struct sending s = {.op = op, .job = job, .is_any = true};
	enum err e = OK;
	(void)payload;
	if (pthread_mutex_trylock(&one)) return ERR_BUSY;
	while (e == OK && s.is_any && s.n_failed < FAILED_MOST && goes_on(&s)) e = deliver(&s);
	pthread_mutex_unlock(&one);
	if (e != OK) return fail(op, e, "webhook", "what was sent could not be written down");
	return goes_on(&s) ? OK : ERR_BUSY;
}

enum err webhook_clean_job(struct op *op, id job, str payload)
{
	int64_t before = op->now_ms - KEPT_DAYS * DAY_MS;
	(void)job, (void)payload;
	TRY(op_run(op, SQL_webhook_clean_deliveries, DB_ARGS(db_int(before)), NULL));
	return op_run(op, SQL_webhook_clean_messages, DB_ARGS(db_int(before)), NULL);
}
