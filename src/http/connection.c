/* connection.c: the open connections, and the watch that ends those that keep us waiting. The library's own time-out only
 * sees silence; a client that sends a byte now and then would hold its place for ever. So one thread looks once a second
 * (and sleeps while no connection is open) for requests that take longer to come in than they may. It shuts the socket
 * down, never closes it: that stays the library's, which takes the connection off the list first, under our lock. */
#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "http/internal.h"

static void describe_peer(struct http_connection *c, const struct sockaddr *address)
{
	if (!address) return;
	if (address->sa_family == AF_INET) {
		const struct sockaddr_in *v4 = (const void *)address;
		c->is_loopback = ntohl(v4->sin_addr.s_addr) >> 24 == 127;
		inet_ntop(AF_INET, &v4->sin_addr, c->peer, sizeof c->peer);
	} else if (address->sa_family == AF_INET6) {
		const struct in6_addr *v6 = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
		if (IN6_IS_ADDR_V4MAPPED(v6)) {
			c->is_loopback = v6->s6_addr[12] == 127;
			inet_ntop(AF_INET, v6->s6_addr + 12, c->peer, sizeof c->peer);
		} else {
			c->is_loopback = IN6_IS_ADDR_LOOPBACK(v6);
			inet_ntop(AF_INET6, v6, c->peer, sizeof c->peer);
		}
	}
}

void http__on_connection(void *server, struct MHD_Connection *mhd, void **context, enum MHD_ConnectionNotificationCode code)
{
	struct http_server *s = server;
	struct http_connection *c = *context;
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		c = MEM_NEW(struct http_connection);
		c->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
		describe_peer(c, MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr);
		atomic_store(&c->waiting_since_us, clock_mono_us());
		*context = c;
		pthread_mutex_lock(&s->lock);
		c->next = s->connections;
		c->link = &s->connections;
		if (c->next) c->next->link = &c->next;
		else pthread_cond_signal(&s->watch_wake);
		s->connections = c;
		atomic_fetch_add(&s->n_connections, 1);
		pthread_mutex_unlock(&s->lock);
	} else if (c) {
		pthread_mutex_lock(&s->lock);
		*c->link = c->next;
		if (c->next) c->next->link = c->link;
		atomic_fetch_sub(&s->n_connections, 1);
		pthread_mutex_unlock(&s->lock);
		mem_free(c);
		*context = NULL;
	}
}

static bool is_overdue(const struct http_server *s, struct http_connection *c, int64_t now_us)
{
	int64_t since = atomic_load_explicit(&c->waiting_since_us, memory_order_relaxed);
	if (!since) return false;
	int64_t arrived = (int64_t)(atomic_load_explicit(&c->waiting_bytes, memory_order_relaxed) / HTTP_BODY_BYTES_PER_S);
	return now_us - since > (s->o.idle_timeout_s + s->o.body_timeout_s + arrived) * INT64_C(1000000);
}

/* Whoever closes, or will send no more, before the answer does not wait for it. */
static void look_for_leaving(struct http_connection *c)
{
	struct pollfd p = {.fd = c->fd, .events = POLLRDHUP};
	bool is_answering = atomic_load_explicit(&c->waiting_since_us, memory_order_relaxed) == 0;
	if (is_answering && poll(&p, 1, 0) > 0 && p.revents & (POLLRDHUP | POLLHUP | POLLERR)) atomic_store(&c->is_gone, true);
}

static void *watch(void *server)
{
	struct http_server *s = server;
	pthread_mutex_lock(&s->lock);
	while (!atomic_load(&s->is_stopping)) {
		if (!s->connections) {
			pthread_cond_wait(&s->watch_wake, &s->lock);
			continue;
		}
		int64_t now = clock_mono_us();
		for (struct http_connection *c = s->connections; c; c = c->next) {
			if (is_overdue(s, c, now)) shutdown(c->fd, SHUT_RDWR);
			else look_for_leaving(c);
		}
		http__streams_beat(s->streams, now);
		struct timespec until;
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec++;
		pthread_cond_timedwait(&s->watch_wake, &s->lock, &until);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

bool http__watch_start(struct http_server *s)
{
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&s->watch_wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	s->has_watch = pthread_create(&s->watch, NULL, watch, s) == 0;
	return s->has_watch;
}

/* After is_stopping is set. */
void http__watch_stop(struct http_server *s)
{
	if (s->has_watch) {
		pthread_mutex_lock(&s->lock);
		pthread_cond_signal(&s->watch_wake);
		pthread_mutex_unlock(&s->lock);
		pthread_join(s->watch, NULL);
		pthread_cond_destroy(&s->watch_wake);
	}
	s->has_watch = false;
}
