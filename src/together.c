#include "together.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/mem.h"
#include "chat/chat.h"
#include "conversation/conversation.h"
#include "http/router.h"
#include "page.h"
#include "setting/setting.h"
#include "team/session.h"

enum { MOST = 200 };

struct waiting {
	struct waiting *next;
	struct web web;
	struct router_match match;
	const struct web_route *route;
	/* while they run */
	struct answer answer;
	struct actor actor;
	uint64_t permissions;
	struct locale locale;
	bool is_alone; /* it was refused before it wrote anything: its answer is its own affair */
};
struct together {
	struct together_way way;
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct waiting *first, **last;
	bool is_stopping;
	pthread_t thread;
};

bool together_is(const struct web_route *route)
{
	static web_handler *const handlers[] = {chat_message_post, chat_read_post, conversation_answer_post, conversation_seen_post};
	for (size_t i = 0; i < COUNT_OF(handlers); i++)
		if (route->handler == handlers[i]) return true;
	return false;
}

/* Who they are is found out before anything is written, since that may write in an operation of its own. */
static enum err recognise(const struct together *t, struct op *op, struct waiting *one, const struct locale *l)
{
	op->actor = (struct actor){.kind = ACTOR_NOBODY};
	op->permissions = 0;
	op->locale = *l;
	op->route = one->route->pattern;
	TRY(session_authenticate(op, &one->web));
	TRY(t->way.permit(op, &one->web, one->route));
	one->actor = op->actor;
	one->permissions = op->permissions;
	one->locale = op->locale;
	return OK;
}

static void become(struct op *op, const struct waiting *one)
{
	op->actor = one->actor;
	op->permissions = one->permissions;
	op->locale = one->locale;
	op->route = one->route->pattern;
}

static enum err handle(struct op *op, struct waiting *one)
{
	become(op, one);
	op->now_ms = clock_now_ms();
	uint64_t writes = op->writes;
	enum err e = one->route->handler(op, &one->web, &one->answer);
	one->is_alone = e != OK && op->writes == writes && e != ERR_BUSY && e != ERR_DATABASE;
	if (one->is_alone) fault_clear(&op->fault);
	return one->is_alone ? OK : e;
}

static void run(struct together *t, struct waiting *all)
{
	struct op op;
	enum err e = OK;
	if (!all->next) { /* nobody else is there */
		t->way.alone(t->way.server, &all->web, all->route);
		return;
	}
	op_init(&op, t->way.app, (struct actor){.kind = ACTOR_NOBODY}, true);
	struct locale l = setting_locale(&op);
	for (struct waiting *one = all; one; one = one->next) {
		one->is_alone = recognise(t, &op, one, &l) != OK;
		fault_clear(&op.fault);
	}
	for (struct waiting *one = all; one && e == OK; one = one->next)
		if (!one->is_alone) e = handle(&op, one);
	e = op_end(&op, e);
	for (struct waiting *one = all, *next; one; one = next) {
		next = one->next; /* it lies in its request, which is gone when it is answered */
		become(&op, one);
		if (e == OK && !one->is_alone) page_reply(t->way.pages, &op, &one->web, one->route, &one->answer);
		else t->way.alone(t->way.server, &one->web, one->route);
	}
	op_release(&op);
}

static struct waiting *take(struct together *t)
{
	pthread_mutex_lock(&t->lock);
	while (!t->first && !t->is_stopping) pthread_cond_wait(&t->more, &t->lock);
	struct waiting *all = t->first, *end = all;
	for (int i = 1; end && end->next && i < MOST; i++) end = end->next;
	t->first = end ? end->next : NULL;
	if (!t->first) t->last = &t->first;
	if (end) end->next = NULL;
	pthread_mutex_unlock(&t->lock);
	return all;
}

static void *run_all(void *arg)
{
	struct together *t = arg;
	for (struct waiting *all; (all = take(t));) run(t, all);
	return NULL;
}

void together_add(struct together *t, const struct web *w, const struct web_route *route)
{
	struct waiting *one = ARENA_NEW(http_arena(w->rq), struct waiting);
	*one = (struct waiting){.web = *w, .match = *w->match, .route = route};
	one->web.match = &one->match;
	pthread_mutex_lock(&t->lock);
	*t->last = one;
	t->last = &one->next;
	pthread_cond_signal(&t->more);
	pthread_mutex_unlock(&t->lock);
}

enum err together_start(struct together **out, const struct together_way *way, struct fault *f)
{
	struct together *t = MEM_NEW(struct together);
	t->way = *way;
	t->last = &t->first;
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->more, NULL);
	if (pthread_create(&t->thread, NULL, run_all, t)) {
		mem_free(t);
		return fault_set(f, ERR_IO, "", "a thread cannot be started");
	}
	pthread_setname_np(t->thread, "together");
	*out = t;
	return OK;
}

void together_stop(struct together *t)
{
	if (!t) return;
	pthread_mutex_lock(&t->lock);
	t->is_stopping = true;
	pthread_cond_signal(&t->more);
	pthread_mutex_unlock(&t->lock);
	pthread_join(t->thread, NULL);
	pthread_cond_destroy(&t->more);
	pthread_mutex_destroy(&t->lock);
	mem_free(t);
}
