/* The way of a touchpoint over HTTP. Everything until the log's sync runs on the I/O thread, without a lock held long and
 * without records; the answer is written by the store's sync thread. Each I/O thread keeps its own JSON reader.
 *
 * Browsers: any origin may send (a write key can only send, and no cookie is looked at), so CORS is open and without
 * credentials. Real clients: analytics-next sends text/plain, analytics-node retries on all but 2xx and 400. */
#include "collect/receive.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "collect/collect.h"
#include "collect/intake.h"
#include "collect/segment.h"
#include "op/app.h"
#include "setting/setting.h"

enum { REASON_BYTES = 1 << 20, BODY_MOST = 64 << 20 };

struct rejected {
	size_t index;
	str message_id;
	enum drop_reason reason;
};
struct receipt {
	struct http_request *rq;
	struct intake *in;
	VEC(struct rejected) rejected;
};

bool receive_is_ours(str path)
{
	return str_starts(path, S("/v1/")) || (str_starts(path, S("/projects/")) && str_ends(path, S("/settings")));
}

size_t receive_max_body(const struct app *app)
{
	return (size_t)setting_int(app, SETTING_batch_max_bytes);
}

static void allow_origin(struct http_request *rq)
{
	http_set_header(rq, "Access-Control-Allow-Origin", S("*"));
}

static void reply_problem(struct http_request *rq, enum err e, int status, str detail)
{
	struct arena *a = http_arena(rq);
	struct buf b;
	struct json_writer w = {.out = &b};
	buf_init(&b, REASON_BYTES);
	json_begin_object(&w);
	json_key(&w, S("type"));
	json_put_str(&w, str_fmt(a, "/problems/%s", err_slug(e)));
	json_key(&w, S("success"));
	json_put_bool(&w, false);
	json_key(&w, S("status"));
	json_put_i64(&w, status);
	json_key(&w, S("detail"));
	json_put_str(&w, detail);
	json_end_object(&w);
	http_reply(rq, status, S("application/problem+json"), buf_str(&b));
	buf_release(&b);
}

static void reply_fault(struct http_request *rq, enum err e, const struct fault *f)
{
	char room[FAULT_TEXT + FAULT_FIELD + 4];
	/* Segment answers 400 for whatever is too large or no JSON; its clients take only 2xx and 400 as final */
	int status = e == ERR_TOO_LARGE || e == ERR_MALFORMED || e == ERR_INVALID ? 400 : err_status(e);
	if (status == 503) http_set_header(rq, "Retry-After", S("5"));
	reply_problem(rq, e, status, str_of(fault_text(f, room, sizeof room)));
}

void receive_refuse(struct http_request *rq, enum err e, const char *why)
{
	struct fault f = {0};
	allow_origin(rq);
	fault_set(&f, e, "", "%s", why);
	reply_fault(rq, e, &f);
}

static void answer(void *arg, enum err result)
{
	struct receipt *r = arg;
	struct buf b;
	struct json_writer w = {.out = &b};
	if (result != OK) {
		struct fault f = {0};
		fault_set(&f, result, "", result == ERR_FULL ? "the disk is full: nothing of this batch was kept, send it again later" : "nothing of this batch was kept, send it again later");
		reply_fault(r->rq, result, &f);
		return;
	}
	buf_init(&b, BODY_MOST);
	json_begin_object(&w);
	json_key(&w, S("success"));
	json_put_bool(&w, true);
	json_key(&w, S("accepted"));
	json_put_i64(&w, (int64_t)r->in->accepted);
	json_key(&w, S("duplicates"));
	json_put_i64(&w, (int64_t)r->in->duplicates);
	json_key(&w, S("rejected"));
	json_begin_array(&w);
	for (size_t i = 0; i < r->rejected.n; i++) {
		json_begin_object(&w);
		json_key(&w, S("index"));
		json_put_i64(&w, (int64_t)r->rejected.v[i].index);
		json_key(&w, S("messageId"));
		json_put_str(&w, r->rejected.v[i].message_id);
		json_key(&w, S("reason"));
		json_put_str(&w, str_of(DROP_REASONS[r->rejected.v[i].reason]));
		json_end_object(&w);
	}
	json_end_array(&w);
	json_end_object(&w);
	http_reply(r->rq, 200, S("application/json"), buf_str(&b));
	buf_release(&b);
}

/* ---- the key ---- */

static str key_of(struct http_request *rq, str in_body)
{
	str given = str_trim(http_header(rq, "Authorization")), decoded;
	if (given.n > 6 && str_eq_nocase(str_sub(given, 0, 6), S("Basic ")) && str_from_base64(http_arena(rq), str_trim(str_sub(given, 6, given.n)), &decoded)) {
		size_t colon;
		return str_find(decoded, ':', &colon) ? str_sub(decoded, 0, colon) : decoded;
	}
	if (given.n > 7 && str_eq_nocase(str_sub(given, 0, 7), S("Bearer "))) {
		str token = str_trim(str_sub(given, 7, given.n));
		return str_given(in_body) ? in_body : token; /* OAuth: the token is not the key */
	}
	return in_body;
}

static bool find_key(struct app *app, struct http_request *rq, str in_body, struct api_key *key)
{
	if (key_find(app, key_of(rq, in_body), key) && key->kind == KEY_WRITE) return true;
	str given = str_trim(http_header(rq, "Authorization")); /* Bearer KEY beside another key in the body */
	if (given.n > 7 && str_eq_nocase(str_sub(given, 0, 7), S("Bearer ")) && key_find(app, str_trim(str_sub(given, 7, given.n)), key) && key->kind == KEY_WRITE)
		return true;
	metrics_add(COUNTER_KEYS_REFUSED, 1);
	return false;
}

/* ---- one request ---- */

static pthread_key_t reader_key; /* its reader goes with the thread */
static pthread_once_t reader_once = PTHREAD_ONCE_INIT;

static void free_reader(void *reader)
{
	json_reader_free(reader);
}

static void make_reader_key(void)
{
	if (pthread_key_create(&reader_key, free_reader)) abort();
}

static struct json_reader *reader_of_thread(void)
{
	static _Thread_local struct json_reader *reader;
	if (reader) return reader;
	pthread_once(&reader_once, make_reader_key);
	reader = json_reader_new(BODY_MOST);
	pthread_setspecific(reader_key, reader);
	return reader;
}

static enum drop_reason reason_of(const char *name)
{
	for (int i = 1; i < DROP_COUNT; i++)
		if (strcmp(DROP_REASONS[i], name) == 0) return (enum drop_reason)i;
	return DROP_malformed;
}

static void reject(struct receipt *r, const struct segment_item *item, enum drop_reason reason)
{
	VEC_PUSH(&r->rejected, http_arena(r->rq), ((struct rejected){item->index, item->message_id, reason}));
}

/* The next items, from this one on. Returns the first that is not among them. */
static const struct segment_item *foresee(struct intake *in, struct intake_foresight *f, const struct segment_item *item)
{
	size_t n = 0;
	for (; item && n < INTAKE_AHEAD; item = item->next)
		if (!item->reason) f->touchpoints[n++] = &item->touchpoint;
	intake_foresee(in, f, n);
	return item;
}

static void take_items(struct receipt *r, const struct segment_body *body)
{
	struct intake_foresight foresight;
	const struct segment_item *unforeseen = body->n > 1 ? body->first : NULL;
	for (const struct segment_item *item = body->first; item; item = item->next) {
		if (item == unforeseen) unforeseen = foresee(r->in, &foresight, item);
		enum drop_reason reason = DROP_NONE;
		if (item->reason) {
			reason = reason_of(item->reason);
			collect_drop(r->in->app, r->in->source.number, reason, 1);
		} else {
			reason = intake_add(r->in, &item->touchpoint, (uint32_t)item->index);
		}
		if (reason != DROP_NONE) reject(r, item, reason);
	}
	r->in->foresight = NULL;
}

static void too_many(struct http_request *rq, int wait_s)
{
	str wait = str_fmt(http_arena(rq), "%d", wait_s);
	metrics_add(COUNTER_RATE_LIMITED, 1);
	http_set_header(rq, "Retry-After", wait);
	http_set_header(rq, "X-RateLimit-Reset", wait);
	http_set_header(rq, "Access-Control-Expose-Headers", S("Retry-After, X-RateLimit-Reset"));
	reply_problem(rq, ERR_RATE, 429, S("this key sends more touchpoints than its limit allows"));
}

static void take_body(struct app *app, struct http_request *rq, enum segment_endpoint endpoint)
{
	struct segment_options options = SEGMENT_OPTIONS;
	struct segment_body body;
	struct fault f = {0};
	struct api_key key;
	struct source source;
	int wait_s;
	options.received_ms = clock_now_ms();
	options.event_bytes = (size_t)setting_int(app, SETTING_event_max_bytes);
	options.body_bytes = (size_t)setting_int(app, SETTING_batch_max_bytes);
	options.body_events = (size_t)setting_int(app, SETTING_batch_max_events);
	enum err e = segment_read(reader_of_thread(), http_arena(rq), http_body(rq), endpoint, &options, &body, &f);
	if (!find_key(app, rq, e == OK ? body.write_key : STR_NONE, &key) || !source_get(app, key.source, &source)) {
		http_set_header(rq, "WWW-Authenticate", S("Basic realm=\"write key\""));
		if (e == OK || str_given(http_header(rq, "Authorization"))) {
			reply_problem(rq, ERR_UNAUTHENTICATED, 401, S("no such write key"));
			return;
		}
	}
	if (e != OK) {
		reply_fault(rq, e, &f);
		return;
	}
	if (endpoint != SEGMENT_BATCH && body.first && body.first->reason && strcmp(body.first->reason, "too_large") == 0) {
		collect_drop(app, source.number, DROP_too_large, 1);
		reply_problem(rq, ERR_TOO_LARGE, 400, str_fmt(http_arena(rq), "the event is larger than %zu bytes", options.event_bytes));
		return;
	}
	if (!key_may_send(app, key.id, (int64_t)body.n, &wait_s)) {
		too_many(rq, wait_s);
		return;
	}
	struct receipt *r = ARENA_NEW(http_arena(rq), struct receipt);
	r->rq = rq;
	r->in = intake_new(app, http_arena(rq), &source, options.received_ms);
	intake_expect(r->in, body.n);
	r->in->country = setting_copy(app, SETTING_country, http_arena(rq));
	take_items(r, &body);
	e = intake_commit(r->in, answer, r);
	if (e != OK) answer(r, e);
}

static void send_settings(struct app *app, struct http_request *rq, str key_text)
{
	struct arena *a = http_arena(rq);
	struct api_key key;
	if (!key_find(app, key_text, &key) || key.kind != KEY_WRITE) {
		reply_problem(rq, ERR_NOT_FOUND, 404, S("no such write key"));
		return;
	}
	str host = http_header(rq, "Host");
	str address = str_fmt(a, "%.*s/v1", STR_ARG(host));
	struct buf b;
	struct json_writer w = {.out = &b};
	buf_init(&b, REASON_BYTES);
	json_begin_object(&w);
	json_key(&w, S("integrations"));
	json_begin_object(&w);
	json_key(&w, S("Segment.io"));
	json_begin_object(&w);
	json_key(&w, S("apiKey"));
	json_put_str(&w, key_text);
	json_key(&w, S("apiHost"));
	json_put_str(&w, address);
	json_key(&w, S("protocol"));
	json_put_str(&w, http_is_secure(rq) ? S("https") : S("http"));
	json_end_object(&w);
	json_end_object(&w);
	json_key(&w, S("plan"));
	json_put_raw(&w, S("{\"track\":{\"__default\":{\"enabled\":true,\"integrations\":{}}}}"));
	json_end_object(&w);
	http_reply(rq, 200, S("application/json"), buf_str(&b));
	buf_release(&b);
}

void receive(struct app *app, struct http_request *rq)
{
	str path = http_path(rq), method = http_method(rq);
	/* Telephones ask for their settings without the version, browsers with it */
	str rest = str_starts(path, S("/v1/")) ? str_sub(path, sizeof "/v1/" - 1, SIZE_MAX) : str_sub(path, 1, SIZE_MAX);
	enum segment_endpoint endpoint;
	allow_origin(rq);
	if (str_eq(method, S("OPTIONS"))) {
		http_set_header(rq, "Access-Control-Allow-Methods", S("GET, POST, OPTIONS"));
		http_set_header(rq, "Access-Control-Allow-Headers", S("Authorization, Content-Type, Content-Encoding"));
		http_set_header(rq, "Access-Control-Max-Age", S("86400"));
		http_reply(rq, 204, STR_NONE, S(""));
		return;
	}
	if (str_starts(rest, S("projects/")) && str_ends(rest, S("/settings"))) {
		send_settings(app, rq, str_sub(rest, sizeof "projects/" - 1, rest.n - (sizeof "projects/" - 1) - (sizeof "/settings" - 1)));
		return;
	}
	if (!segment_endpoint(rest, &endpoint)) {
		reply_problem(rq, ERR_NOT_FOUND, 404, S("no such endpoint: track, identify, page, screen, group, alias or batch"));
		return;
	}
	if (!str_eq(method, S("POST"))) {
		http_set_header(rq, "Allow", S("POST, OPTIONS"));
		reply_problem(rq, ERR_METHOD, 405, S("send it with POST"));
		return;
	}
	take_body(app, rq, endpoint);
}
