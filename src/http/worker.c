/* worker.c: the pool for requests that may take long. The queue is short on purpose: when it is full the honest answer
 * is 503 with Retry-After, not a wait that outlives the client. */
#include "base/mem.h"
#include "http/internal.h"

enum { QUEUE_OF_A_WORKER = 64 };

struct http_workers {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct http_request *first, **last;
	size_t n, max;
	bool is_stopping;
	int n_threads;
	pthread_t threads[];
};

void http__run(struct http_request *rq)
{
	enum err e = http__body_undo(rq);
	if (e) http__refuse(rq, e, rq->refused_why);
	else rq->server->o.handle(rq->server->o.arg, rq);
}

static void *work(void *arg)
{
	struct http_workers *w = arg;
	pthread_setname_np(pthread_self(), "page-worker");
	pthread_mutex_lock(&w->lock);
	for (;;) {
		while (!w->first && !w->is_stopping) pthread_cond_wait(&w->wake, &w->lock);
		struct http_request *rq = w->first;
		if (!rq) break;
		w->first = rq->next;
		if (!w->first) w->last = &w->first;
		w->n--;
		pthread_mutex_unlock(&w->lock);
		http__run(rq);
		pthread_mutex_lock(&w->lock);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

struct http_workers *http__workers_start(int n)
{
	struct http_workers *w = mem_zalloc(sizeof *w + sizeof(pthread_t) * (size_t)n);
	w->max = (size_t)n * QUEUE_OF_A_WORKER;
	w->last = &w->first;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, NULL);
	while (w->n_threads < n && pthread_create(&w->threads[w->n_threads], NULL, work, w) == 0) w->n_threads++;
	if (w->n_threads) return w;
	http__workers_stop(w);
	return NULL;
}

bool http__workers_push(struct http_workers *w, struct http_request *rq)
{
	pthread_mutex_lock(&w->lock);
	bool fits = w->n < w->max;
	if (fits) {
		rq->next = NULL;
		*w->last = rq;
		w->last = &rq->next;
		w->n++;
		pthread_cond_signal(&w->wake);
	}
	pthread_mutex_unlock(&w->lock);
	return fits;
}

void http__workers_stop(struct http_workers *w)
{
	if (!w) return;
	pthread_mutex_lock(&w->lock);
	w->is_stopping = true;
	pthread_cond_broadcast(&w->wake);
	pthread_mutex_unlock(&w->lock);
	for (int i = 0; i < w->n_threads; i++) pthread_join(w->threads[i], NULL);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->wake);
	mem_free(w);
}
