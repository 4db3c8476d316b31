/* One function per kind of address: touchpoints (on the I/O thread), assets, /health, /metrics, the live stream, and the
 * table of routes, whose rows run on a worker inside one op. An op that met a busy database is run again from its start:
 * nothing of it was kept. */
#include "serve.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "alert/alert.h"
#include "chat/chat.h"
#include "collect/appliers.h"
#include "collect/collect.h"
#include "collect/receive.h"
#include "customer/people.h"
#include "events/events.h"
#include "http/asset.h"
#include "http/metrics.h"
#include "http/router.h"
#include "http/web.h"
#include "jobs/jobs.h"
#include "jobs_table.h"
#include "openapi.h"
#include "op/app.h"
#include "os/os.h"
#include "page.h"
#include "page_mail.h"
#include "research/research.h"
#include "routes.h"
#include "setting/setting.h"
#include "site/site.h"
#include "source/import.h"
#include "team/session.h"
#include "together.h"

enum { IO_THREADS = 2, WORKERS = 6, JOB_WORKERS = 2, TRIES = 4, CATCH_UP_MS = 3000, STOP_GRACE_MS = 8000, METRICS_BYTES = 4 << 20, STREAM_TOPICS = 8, CHAT_FORM_BYTES = 64 << 10, SHARE_OF_REQUESTS = 8, RESEARCH_FORM_BYTES = RESEARCH_FILE_BYTES + (1 << 20) };

struct server {
	struct app *app;
	struct together *together;
	struct http_server *http;
	struct router *router;
	struct pages *pages;
	char incoming[PATH_MAX]; /* directory of files that are being uploaded */
};

/* ---- what stands beside the table of routes ---- */

static void health(struct server *s, struct http_request *rq)
{
	int pct = atomic_load(&s->app->ready_pct);
	struct events_stats stats;
	events_stats(s->app->events, &stats);
	str body = str_fmt(http_arena(rq), "{\"status\":\"%s\",\"ready_pct\":%d,\"events\":%llu,\"applied\":%s,\"unapplied\":%llu,\"records\":\"%s\",\"damaged_segments\":%llu}", pct == 100 ? "ready" : "starting", pct,
	                   (unsigned long long)stats.stored, appliers_behind(s->app) ? "false" : "true",
	                   (unsigned long long)appliers_unapplied(s->app), err_slug(appliers_trouble(s->app)), (unsigned long long)stats.damaged);
	if (pct != 100) http_set_header(rq, "Retry-After", S("1"));
	http_set_header(rq, "Cache-Control", S("no-store"));
	http_reply(rq, pct == 100 ? 200 : 503, S("application/json"), body);
}

static void gauge_stored(void *arg, struct buf *out)
{
	struct events_stats stats;
	events_stats(((struct app *)arg)->events, &stats);
	metrics_sample(out, "hospes_events_stored", NULL, STR_NONE, (double)stats.stored);
}

static void gauge_customers(void *arg, struct buf *out)
{
	uint64_t known, anonymous;
	people_counts(((struct app *)arg)->people, &known, &anonymous);
	metrics_sample(out, "hospes_customers", "kind", S("known"), (double)known);
	metrics_sample(out, "hospes_customers", "kind", S("anonymous"), (double)anonymous);
}

static void gauge_behind(void *arg, struct buf *out)
{
	metrics_sample(out, "hospes_applier_behind_bytes", NULL, STR_NONE, (double)appliers_behind(arg));
}

static void gauge_segments(void *arg, struct buf *out)
{
	struct events_stats stats;
	events_stats(((struct app *)arg)->events, &stats);
	metrics_sample(out, "hospes_event_segments", NULL, STR_NONE, (double)stats.segments);
}

static void register_gauges(struct app *app)
{
	metrics_register("hospes_events_stored", "gauge", "Distinct touchpoints stored", gauge_stored, app);
	metrics_register("hospes_customers", "gauge", "Joined profiles with at least one identity", gauge_customers, app);
	metrics_register("hospes_applier_behind_bytes", "gauge", "Log that records do not follow yet", gauge_behind, app);
	metrics_register("hospes_event_segments", "gauge", "Sealed segments of the event store", gauge_segments, app);
}

static bool has_secret_key(struct app *app, struct http_request *rq)
{
	struct api_key key;
	str given = str_trim(http_header(rq, "Authorization"));
	if (given.n <= 7 || !str_eq_nocase(str_sub(given, 0, 7), S("Bearer "))) return false;
	return key_find(app, str_trim(str_sub(given, 7, given.n)), &key) && key.kind == KEY_SECRET;
}

static void send_metrics(struct server *s, struct http_request *rq)
{
	struct buf b;
	if (!http_is_local(rq) && !has_secret_key(s->app, rq)) {
		http_set_header(rq, "WWW-Authenticate", S("Bearer"));
		http_reply(rq, 401, S("text/plain; charset=utf-8"), S("from elsewhere than this machine /metrics needs a secret key\n"));
		return;
	}
	appliers_catch_up(s->app, CATCH_UP_MS);
	buf_init(&b, METRICS_BYTES);
	metrics_write(&b);
	http_reply(rq, 200, S("text/plain; version=0.0.4; charset=utf-8"), buf_str(&b));
	buf_release(&b);
}

static bool is_asset(str path)
{
	return str_starts(path, S("/assets/")) || str_eq(path, S(SITE_SCRIPT));
}

/* The script of other sites has one address for good: it is asked again whether it changed, at most every ten minutes. */
static str cache_of(str path, bool is_hashed)
{
	return is_hashed ? S("public, max-age=31536000, immutable") : str_eq(path, S(SITE_SCRIPT)) ? S("public, max-age=600") : S("no-cache");
}

static void send_asset(struct http_request *rq, str path)
{
	const struct asset *asset = asset_by_address(path);
	bool is_hashed = asset != NULL;
	if (!asset) asset = asset_find(str_eq(path, S(SITE_SCRIPT)) ? S("assets" SITE_SCRIPT) : str_sub(path, 1, path.n));
	if (!asset || !str_starts(asset->path, S("assets/"))) {
		http_reply(rq, 404, S("text/plain; charset=utf-8"), S("there is no such file\n"));
		return;
	}
	str etag = str_fmt(http_arena(rq), "\"%.*s\"", STR_ARG(asset->hash));
	http_set_header(rq, "ETag", etag);
	http_set_header(rq, "Cache-Control", cache_of(path, is_hashed));
	http_set_header(rq, "Cross-Origin-Resource-Policy", S("cross-origin"));
	if (str_eq(http_header(rq, "If-None-Match"), etag)) {
		http_reply(rq, 304, STR_NONE, S(""));
		return;
	}
	enum http_coding coding = http_accepts(rq);
	str bytes = asset->bytes;
	http_set_header(rq, "Vary", S("Accept-Encoding"));
	if (coding == HTTP_BROTLI && str_given(asset->brotli)) {
		bytes = asset->brotli;
		http_set_header(rq, "Content-Encoding", S("br"));
	} else if (coding != HTTP_IDENTITY && str_given(asset->gzip)) {
		bytes = asset->gzip;
		http_set_header(rq, "Content-Encoding", S("gzip"));
	}
	http_reply_static(rq, 200, asset->content_type, bytes);
}

/* ---- the table of routes ---- */

static bool wants_json(struct http_request *rq, const struct router_match *m)
{
	str accept = http_header(rq, "Accept");
	if (m->is_json) return true;
	if (str_contains(accept, S("text/html"))) return false;
	if (str_contains(accept, S("application/json")) || str_contains(accept, S("+json"))) return true;
	return str_given(http_header(rq, "Authorization"));
}

/* A bucket an actor, filled by setting read_rate_per_s. Few are at work at once: a slot is shared by whoever hashes to it. */
enum { BUCKETS = 1024 };
static struct {
	_Atomic int64_t filled_ms, tokens_milli;
} buckets[BUCKETS];

static bool may_ask(const struct op *op)
{
	int64_t rate = setting_int(op->app, SETTING_read_rate_per_s), most = rate * 2000;
	if (rate == 0 || !op->actor.id) return true;
	size_t i = (uint64_t)op->actor.id * UINT64_C(0x9E3779B97F4A7C15) >> 54;
	int64_t since = op->now_ms - atomic_exchange(&buckets[i].filled_ms, op->now_ms);
	int64_t tokens = atomic_load(&buckets[i].tokens_milli) + (since < 2000 ? since : 2000) * rate;
	if (tokens > most) tokens = most;
	bool may = tokens >= 1000;
	atomic_store(&buckets[i].tokens_milli, may ? tokens - 1000 : tokens);
	return may;
}

static bool is_unsafe(str method)
{
	return !str_eq(method, S("GET")) && !str_eq(method, S("HEAD"));
}

static enum err permit(struct op *op, const struct web *w, const struct web_route *route)
{
	bool is_somebody = op->actor.kind == ACTOR_PERSON || op->actor.kind == ACTOR_KEY;
	bool is_open = route->permission == WEB_ANYBODY || route->permission == WEB_BY_LINK || w->is_framed;
	if (!is_open && !is_somebody) return fail(op, ERR_UNAUTHENTICATED, "", "sign in, or send a secret key");
	if (!may_ask(op)) {
		metrics_add(COUNTER_RATE_LIMITED, 1);
		http_set_header(w->rq, "Retry-After", S("1"));
		return fail(op, ERR_RATE, "", "more requests a second than the setting read_rate_per_s allows");
	}
	if (route->permission >= 0) TRY(op_must(op, (enum permission)route->permission));
	if (route->permission != WEB_BY_LINK && !w->is_framed && is_unsafe(http_method(w->rq)) && !session_is_genuine(op, w))
		return fail(op, ERR_DENIED, "csrf", "the form is too old or comes from another site: load the page again");
	return OK;
}

/* A page will be drawn around the answer, after the op has ended. */
static bool shows_bell(const struct op *op, const struct web *w)
{
	return op->actor.kind == ACTOR_PERSON && !w->wants_json && op_may(op, PERM_READ_FIGURES) && !is_unsafe(http_method(w->rq));
}

static enum err run_once(struct server *s, struct web *w, const struct web_route *route, bool is_first, bool *is_answered)
{
	struct op op;
	struct answer answer = {0};
	op_init(&op, s->app, (struct actor){.kind = ACTOR_NOBODY}, is_unsafe(http_method(w->rq)));
	op.route = route->pattern;
	op.gone = http_client_gone(w->rq);
	op.locale = setting_locale(&op);
	enum err e = session_authenticate(&op, w);
	if (e == OK) e = permit(&op, w, route);
	if (e == OK && is_first && !is_unsafe(http_method(w->rq))) appliers_catch_up(s->app, CATCH_UP_MS);
	if (e == OK) e = route->handler(&op, w, &answer);
	if (e == OK && shows_bell(&op, w)) e = alert_unseen(&op, op.actor.id, &w->unseen_alerts);
	e = op_end(&op, e);
	*is_answered = e != ERR_BUSY;
	if (e != OK && answer.open_file) close(answer.open_file);
	if (e == OK)
		page_reply(s->pages, &op, w, route, &answer);
	else if (e != ERR_BUSY)
		page_reply_error(s->pages, &op, w, e, route->permission >= 0 ? (enum permission)route->permission : PERM_COUNT);
	op_release(&op);
	return e;
}

static void answer_fault(struct server *s, struct http_request *rq, struct router_match *m, enum err e, const char *why)
{
	struct op op;
	struct web w = {.rq = rq, .app = s->app, .path = http_path(rq), .match = m, .wants_json = wants_json(rq, m)};
	w.is_framed = m->outcome == ROUTER_FOUND && ROUTES[m->route].permission == WEB_IN_FRAME;
	op_init(&op, s->app, (struct actor){.kind = ACTOR_NOBODY}, false);
	op.locale = setting_locale(&op);
	enum err known = session_authenticate(&op, &w);
	if (known == OK) known = e;
	known = op_end(&op, fail(&op, known, "", "%s", why));
	page_reply_error(s->pages, &op, &w, known, PERM_COUNT);
	op_release(&op);
}

static str page_path(struct http_request *rq, const struct router_match *m)
{
	str path = http_path(rq);
	return m->is_json && str_ends(path, S(".json")) ? str_sub(path, 0, path.n - 5) : path;
}

/* The route under whose name the request is counted when its answer leaves; the slot holds its number plus one. */
static void counts_as(struct http_request *rq, size_t route)
{
	http_set_slot(rq, (void *)(uintptr_t)(route + 1));
}

static void answered(void *arg, struct http_request *rq, int status)
{
	(void)arg;
	metrics_request((int)(uintptr_t)http_slot(rq) - 1, status, clock_mono_us() - http_started_us(rq));
}

static void run_alone(void *arg, struct web *w, const struct web_route *route)
{
	struct server *s = arg;
	bool is_answered = false;
	for (int i = 0; i < TRIES && !is_answered; i++) run_once(s, w, route, i == 0, &is_answered);
	if (!is_answered) answer_fault(s, w->rq, w->match, ERR_BUSY, "the database is busy, try again");
}

static void by_table(struct server *s, struct http_request *rq)
{
	struct router_match m = router_find(s->router, http_arena(rq), http_method(rq), http_raw_path(rq));
	switch (m.outcome) {
	case ROUTER_NOT_FOUND: answer_fault(s, rq, &m, ERR_NOT_FOUND, "there is no such page"); return;
	case ROUTER_MALFORMED: answer_fault(s, rq, &m, ERR_MALFORMED, "the address is malformed"); return;
	case ROUTER_METHOD:
		http_set_header(rq, "Allow", m.allow);
		answer_fault(s, rq, &m, ERR_METHOD, "this page does not take that method");
		return;
	case ROUTER_OPTIONS:
		http_set_header(rq, "Allow", m.allow);
		http_reply(rq, 204, STR_NONE, S(""));
		return;
	case ROUTER_FOUND: break;
	}
	counts_as(rq, m.route);
	if (atomic_load(&s->app->ready_pct) != 100) {
		answer_fault(s, rq, &m, ERR_NOT_READY, "starting");
		return;
	}
	struct web w = {.rq = rq, .app = s->app, .path = page_path(rq, &m), .match = &m, .wants_json = wants_json(rq, &m), .drawn_after = http_published(s->http)};
	w.is_framed = ROUTES[m.route].permission == WEB_IN_FRAME;
	if (together_is(&ROUTES[m.route])) together_add(s->together, &w, &ROUTES[m.route]);
	else run_alone(s, &w, &ROUTES[m.route]);
}

/* Who is there is told by their own topic: nobody listens in another's name. */
static bool may_hear(struct op *op, str topic)
{
	if (str_starts(topic, S("agent:"))) return str_eq(topic, chat_agent_topic(op, op->actor.id));
	bool is_of_customer = str_starts(topic, S("customer:")) || str_starts(topic, S("conversation")) || str_starts(topic, S("typing:")) || str_starts(topic, S("chat:"));
	return !is_of_customer || op_may(op, PERM_READ_CUSTOMERS);
}

/* GET /live?topics=customer:cus_…,import:imp_…&after=ID for whoever is signed in; a customer's only for who may see customers. */
static void live(struct server *s, struct http_request *rq)
{
	struct op op;
	struct router_match none = {0};
	struct web w = {.rq = rq, .app = s->app, .path = http_path(rq), .match = &none, .wants_json = true};
	str topics[STREAM_TOPICS];
	uint64_t after = 0;
	size_t n_topics = 0;
	op_init(&op, s->app, (struct actor){.kind = ACTOR_NOBODY}, false);
	op.locale = setting_locale(&op);
	enum err e = session_authenticate(&op, &w);
	bool may = e == OK && op.actor.kind == ACTOR_PERSON;
	for (str rest = http_query(rq, "topics"); may && rest.n && n_topics < STREAM_TOPICS;) {
		str topic = str_cut(&rest, ',');
		if (may_hear(&op, topic)) topics[n_topics++] = topic;
	}
	op_end(&op, e);
	op_release(&op);
	if (may)
		http_reply_stream(rq, topics, n_topics, str_u64(http_query(rq, "after"), &after) ? after : 0);
	else
		http_reply(rq, 401, S("text/plain; charset=utf-8"), S("sign in first\n"));
}

/* GET /site/:site/chat/live?token=… for whoever holds a visitor's token. */
static void chat_live(struct server *s, struct http_request *rq)
{
	struct op op;
	str topics[CHAT_TOPICS];
	op_init(&op, s->app, (struct actor){.kind = ACTOR_NOBODY}, false);
	enum err e = op_end(&op, chat_stream_topics(&op, rq, topics));
	if (e == OK) http_reply_stream(rq, topics, CHAT_TOPICS, 0);
	else http_reply(rq, e == ERR_NOT_FOUND ? 404 : e == ERR_DENIED ? 403 : 503, S("text/plain; charset=utf-8"), S("open the chat again\n"));
	op_release(&op);
}

/* A file for import goes to disk as it comes, so who sends it is asked before. */
static enum err upload_way(struct server *s, struct http_request *rq, struct http_way *way)
{
	struct op op;
	struct web w = {.rq = rq, .app = s->app};
	op_init(&op, s->app, (struct actor){.kind = ACTOR_NOBODY}, false);
	enum err e = session_recognise(&op, &w);
	way->why = "the session cannot be read";
	if (e == OK && op.actor.kind == ACTOR_NOBODY) {
		e = ERR_UNAUTHENTICATED;
		way->why = "sign in, or send a secret key";
	} else if (e == OK && !op_may(&op, PERM_IMPORT)) {
		e = ERR_DENIED;
		way->why = "your role may not import files";
	}
	op_end(&op, e);
	op_release(&op);
	way->files_dir = s->incoming;
	way->max_files_body = (size_t)setting_int(s->app, SETTING_upload_max_bytes);
	return e;
}

static enum err choose_way(void *arg, struct http_request *rq, struct http_way *way)
{
	struct server *s = arg;
	str path = http_path(rq);
	bool is_research = str_starts(path, S("/research")), is_upload = str_eq(http_method(rq), S("POST")) && (is_research || str_eq(path, S("/imports")) || str_eq(path, S("/imports.json")));
	if (receive_is_ours(path)) way->max_body = receive_max_body(s->app);
	way->is_quick = receive_is_ours(path) || str_eq(path, S("/health")) || is_asset(path);
	if (str_starts(path, S("/site/")) && str_ends(path, S("/chat/files"))) way->max_body = (size_t)setting_int(s->app, SETTING_chat_file_bytes) + CHAT_FORM_BYTES;
	if (!is_upload || atomic_load(&s->app->ready_pct) != 100) return OK;
	TRY(upload_way(s, rq, way));
	if (is_research) way->max_files_body = RESEARCH_FORM_BYTES;
	return OK;
}

static void handle(void *arg, struct http_request *rq)
{
	struct server *s = arg;
	str path = http_path(rq);
	if (receive_is_ours(path)) {
		counts_as(rq, ROUTE_COUNT + 1);
		if (atomic_load(&s->app->ready_pct) == 100)
			receive(s->app, rq);
		else
			health(s, rq);
		return;
	}
	counts_as(rq, ROUTE_COUNT);
	if (str_eq(path, S("/health")))
		health(s, rq);
	else if (is_asset(path))
		send_asset(rq, path);
	else if (str_eq(path, S("/metrics")))
		send_metrics(s, rq);
	else if (str_eq(path, S("/live")))
		live(s, rq);
	else if (chat_is_stream(path) && atomic_load(&s->app->ready_pct) == 100)
		chat_live(s, rq);
	else
		by_table(s, rq);
}

static void refuse(void *arg, struct http_request *rq, enum err e, const char *why)
{
	struct server *s = arg;
	if (receive_is_ours(http_path(rq))) {
		receive_refuse(rq, e, why);
		return;
	}
	struct router_match none = {0};
	answer_fault(s, rq, &none, e, why);
}

/* ---- start and stop ---- */

static struct router *make_router(void)
{
	struct router_row rows[ROUTE_COUNT];
	for (size_t i = 0; i < ROUTE_COUNT; i++) rows[i] = (struct router_row){ROUTES[i].method, ROUTES[i].pattern, (int)i};
	return router_new(rows, ROUTE_COUNT);
}

/* Each connection is a file; some are left for what else the server opens. Streams leave room for requests. */
static int connections_of(struct app *app)
{
	enum { OTHER_FILES = 256, LEAST = 100 };
	int64_t wanted = setting_int(app, SETTING_connections_max), files = os_files_allow((long)wanted + OTHER_FILES) - OTHER_FILES;
	return (int)(files < LEAST ? LEAST : files < wanted ? files : wanted);
}

enum err serve_start(struct server **out, struct app *app, const struct serve_options *o, struct fault *f)
{
	struct server *s = MEM_NEW(struct server);
	s->app = app;
	imports_tidy(app);
	snprintf(s->incoming, sizeof s->incoming, "%.*s/%s", STR_ARG(app->dir), IMPORTS_INCOMING);
	s->router = make_router();
	s->pages = pages_new(S("layout"));
	page_mail_init();
	metrics_routes(openapi_route_names(), ROUTE_COUNT + 2);
	register_gauges(app);
	int connections = connections_of(app);
	struct http_options options = {
		.listen = o->listen,
		.tls_cert = o->tls_cert,
		.tls_key = o->tls_key,
		.io_threads = IO_THREADS,
		.workers = WORKERS,
		.max_body = (size_t)setting_int(app, SETTING_body_max_bytes),
		.max_header = (size_t)setting_int(app, SETTING_header_max_bytes),
		.max_connections = connections,
		.max_streams = connections - connections / SHARE_OF_REQUESTS,
		.idle_timeout_s = (int)setting_int(app, SETTING_idle_timeout_s),
		.body_timeout_s = (int)setting_int(app, SETTING_body_timeout_s),
		.way = choose_way,
		.handle = handle,
		.refuse = refuse,
		.answered = answered,
		.arg = s,
	};
	enum err e = together_start(&s->together, &(struct together_way){app, s->pages, permit, run_alone, s}, f);
	if (e == OK) e = http_start(&s->http, &options, f);
	if (e == OK) {
		app->http = s->http;
		e = jobs_start(&app->jobs, app, app->records, JOB_TABLE, JOB_TABLE_N, JOB_WORKERS, f);
	}
	if (e != OK) {
		serve_stop(s);
		return e;
	}
	*out = s;
	return OK;
}

int serve_port(const struct server *s)
{
	return http_port(s->http);
}

void serve_stop(struct server *s)
{
	if (!s) return;
	if (s->app->jobs) jobs_stop(s->app->jobs);
	s->app->jobs = NULL;
	struct http_server *http = s->http;
	if (http) http_stop(http, STOP_GRACE_MS);
	s->app->http = NULL;
	together_stop(s->together);
	router_free(s->router);
	pages_free(s->pages);
	mem_free(s);
}
