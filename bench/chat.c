/* Live chat under load, from one thread over keep-alive connections:
 *   chat talk PORT SITE SECRET_KEY CHATS RATE SECONDS   CHATS visitors, each with a stream, a connection to write by and one of an agent;
 *                                                       RATE messages a second each way and chat (0: as fast as they are answered).
 *                                                       First the visitors alone, then the agents, then both
 *   chat idle PORT SITE CONNECTIONS SECONDS             so many visitors who only listen
 * A visitor's message counts from when it is due until it is acknowledged, which is when it is durable; an agent's until the visitor's
 * stream says that there is something. Prints messages a second and the percentiles of both. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

enum { REQUEST_BYTES = 1024, ANSWER_BYTES = 64 << 10, BUCKET_US = 20, BUCKETS = 500000, MOST = 20000, TOKEN_BYTES = 80, ID_BYTES = 20 };

struct times {
	uint32_t v[BUCKETS];
	uint64_t n;
};
struct chat;
struct line {
	int fd;
	struct chat *of;
	enum { WRITES, ANSWERS, LISTENS } kind;
	char *answer;
	size_t got;
	int64_t due_us;
	bool is_busy;
};
struct chat {
	char token[TOKEN_BYTES], conversation[ID_BYTES];
	struct line in, out, stream;
	int64_t answered_us; /* the agent's message that the stream has not told of; 0: none */
	uint32_t n;
};
struct bench {
	int port, ep, chats;
	const char *site, *key;
	double rate;
	bool do_in, do_out;
	struct chat *v;
	struct times in, out, told;
	uint64_t refused;
	int64_t end_us;
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int connect_to(int port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) != 0) die("connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return fd;
}

static void say(int fd, const char *text, size_t n)
{
	for (size_t sent = 0; sent < n;) {
		ssize_t got = send(fd, text + sent, n - sent, MSG_NOSIGNAL);
		if (got <= 0) die("send");
		sent += (size_t)got;
	}
}

static size_t length_of(const char *answer, size_t got)
{
	const char *end = memmem(answer, got, "\r\n\r\n", 4), *field = strcasestr(answer, "content-length:");
	if (!end) return 0;
	return (size_t)(end + 4 - answer) + (field && field < end ? strtoul(field + 15, NULL, 10) : 0);
}

/* One request at a time, for what is made before the clock runs. */
static const char *ask(struct bench *b, int fd, const char *method, const char *path, const char *body)
{
	static char request[REQUEST_BYTES], answer[4 << 20];
	size_t got = 0;
	int n = snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", method, path, b->key, strlen(body), body);
	say(fd, request, (size_t)n);
	for (;;) {
		ssize_t more = recv(fd, answer + got, sizeof answer - 1 - got, 0);
		if (more <= 0) die("recv");
		got += (size_t)more;
		answer[got] = 0;
		size_t length = length_of(answer, got);
		if (length && got >= length) break;
	}
	if (answer[9] != '2') {
		fprintf(stderr, "%s %s: %.300s\n", method, path, answer);
		exit(1);
	}
	return answer;
}

static void copy_field(const char *answer, const char *name, char *out, size_t room)
{
	char wanted[40];
	snprintf(wanted, sizeof wanted, "\"%s\":\"", name);
	const char *at = strstr(answer, wanted);
	if (!at) {
		fprintf(stderr, "no %s in %.300s\n", name, answer);
		exit(1);
	}
	at += strlen(wanted);
	snprintf(out, room, "%.*s", (int)strcspn(at, "\""), at);
}

static void begin(struct bench *b, struct chat *c, int fd)
{
	char path[200], body[400];
	snprintf(path, sizeof path, "/site/%s/chat/open", b->site);
	copy_field(ask(b, fd, "POST", path, "{}"), "token", c->token, sizeof c->token);
	if (!b->key[0]) return;
	snprintf(path, sizeof path, "/site/%s/chat/messages", b->site);
	snprintf(body, sizeof body, "{\"token\":\"%s\",\"client\":\"first\",\"text\":\"%s\"}", c->token, c->token);
	ask(b, fd, "POST", path, body);
}

/* Which conversation is whose: a visitor's first message, which the list shows, is their token. */
static void find_conversations(struct bench *b, int fd)
{
	char path[400] = "/inbox?sort=newest";
	for (int found = 0; found < b->chats;) {
		const char *at = ask(b, fd, "GET", path, ""), *next = strstr(at, "\"next\":\"");
		for (; (at = strstr(at, "\"address\":\"/inbox/")); at++) {
			char token[TOKEN_BYTES], id[ID_BYTES];
			snprintf(id, sizeof id, "%.*s", (int)strcspn(at + 18, "\""), at + 18);
			copy_field(at, "last_text", token, sizeof token);
			for (int i = 0; i < b->chats; i++)
				if (strcmp(b->v[i].token, token) == 0) {
					memcpy(b->v[i].conversation, id, sizeof id);
					found++;
				}
		}
		if (found < b->chats && !next) {
			fprintf(stderr, "only %d of %d chats are in the inbox\n", found, b->chats);
			exit(1);
		}
		const char *and = next ? strstr(next, "\\u0026") : NULL; /* the one & of that address */
		if (and) snprintf(path, sizeof path, "%.*s&%.*s", (int)(and - next - 8), next + 8, (int)strcspn(and + 6, "\""), and + 6);
	}
}

/* ---- while the clock runs ---- */

static void add(struct bench *b, struct line *l, struct chat *c, int kind)
{
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = l};
	*l = (struct line){.fd = connect_to(b->port), .of = c, .kind = kind, .answer = mem_alloc(ANSWER_BYTES)};
	fcntl(l->fd, F_SETFL, O_NONBLOCK);
	epoll_ctl(b->ep, EPOLL_CTL_ADD, l->fd, &e);
}

static void listen_to(struct bench *b, struct chat *c)
{
	char request[REQUEST_BYTES];
	add(b, &c->stream, c, LISTENS);
	int n = snprintf(request, sizeof request, "GET /site/%s/chat/live?token=%s HTTP/1.1\r\nHost: localhost\r\n\r\n", b->site, c->token);
	say(c->stream.fd, request, (size_t)n);
}

static void count(struct times *t, int64_t us)
{
	int64_t bucket = us / BUCKET_US;
	t->v[bucket < 0 ? 0 : bucket < BUCKETS ? bucket : BUCKETS - 1]++;
	t->n++;
}

static void post(struct bench *b, struct line *l)
{
	char request[REQUEST_BYTES], body[300];
	struct chat *c = l->of;
	int n, body_n;
	if (l->kind == WRITES) {
		body_n = snprintf(body, sizeof body, "{\"token\":\"%s\",\"client\":\"m%u\",\"text\":\"Where is my parcel? It should have come by now.\"}", c->token, ++c->n);
		n = snprintf(request, sizeof request, "POST /site/%s/chat/messages HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", b->site, body_n, body);
	} else {
		body_n = snprintf(body, sizeof body, "{\"text\":\"It comes on Monday, between nine and eleven.\"}");
		n = snprintf(request, sizeof request, "POST /inbox/%s/answer HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", c->conversation, b->key, body_n, body);
		c->answered_us = l->due_us;
	}
	l->is_busy = true;
	l->got = 0;
	say(l->fd, request, (size_t)n);
}

static void heard(struct bench *b, struct line *l)
{
	struct chat *c = l->of;
	if (!strstr(l->answer, "data: chat:")) return;
	if (c->answered_us && !b->do_in) {
		count(&b->told, clock_mono_us() - c->answered_us);
		c->answered_us = 0;
	}
	l->got = 0;
}

static void next_due(const struct bench *b, struct line *l, int64_t now)
{
	int64_t gap = b->rate > 0 ? (int64_t)(1e6 / b->rate) : 0;
	l->due_us = gap && l->due_us + gap > now - gap ? l->due_us + gap : now; /* what could not be kept up with is not caught up on */
}

static void take(struct bench *b, struct line *l)
{
	for (;;) {
		if (l->got + 1 >= ANSWER_BYTES) l->got = 0;
		ssize_t n = recv(l->fd, l->answer + l->got, ANSWER_BYTES - 1 - l->got, 0);
		if (n < 0 && errno == EAGAIN) return;
		if (n <= 0) {
			fprintf(stderr, "the server closed a connection\n");
			exit(1);
		}
		l->got += (size_t)n;
		l->answer[l->got] = 0;
		if (l->kind == LISTENS) {
			heard(b, l);
			continue;
		}
		size_t length = length_of(l->answer, l->got);
		if (!length || l->got < length) continue;
		int64_t now = clock_mono_us();
		if (l->answer[9] != '2' && b->refused++ == 0) fprintf(stderr, "%.200s\n", l->answer);
		count(l->kind == WRITES ? &b->in : &b->out, now - l->due_us);
		l->is_busy = false;
		next_due(b, l, now);
	}
}

static void send_due(struct bench *b, int64_t now)
{
	for (int i = 0; i < b->chats; i++) {
		struct chat *c = &b->v[i];
		if (b->do_in && !c->in.is_busy && c->in.due_us <= now) post(b, &c->in);
		if (b->do_out && !c->out.is_busy && c->out.due_us <= now && (b->do_in || !c->answered_us)) post(b, &c->out);
	}
}

static double percentile(const struct times *t, double share)
{
	uint64_t seen = 0;
	for (int i = 0; i < BUCKETS; i++) {
		seen += t->v[i];
		if ((double)seen >= share * (double)t->n) return i * (BUCKET_US / 1000.0);
	}
	return 0;
}

static void print(const char *what, const struct times *t, double seconds)
{
	if (t->n) printf("  %-34s %8.0f/s, p50 %.1f ms, p99 %.1f ms\n", what, (double)t->n / seconds, percentile(t, 0.5), percentile(t, 0.99));
}

static void phase(struct bench *b, const char *name, bool do_in, bool do_out, double seconds)
{
	int64_t start = clock_mono_us(), gap = b->rate > 0 ? (int64_t)(1e6 / b->rate) : 0;
	memset(&b->in, 0, sizeof b->in);
	memset(&b->out, 0, sizeof b->out);
	memset(&b->told, 0, sizeof b->told);
	b->do_in = do_in;
	b->do_out = do_out;
	for (int i = 0; i < b->chats; i++) {
		b->v[i].in.due_us = b->v[i].out.due_us = start + (gap ? gap * i / b->chats : 0);
		b->v[i].answered_us = 0;
	}
	b->end_us = start + (int64_t)(seconds * 1e6);
	for (int64_t now = start; now < b->end_us; now = clock_mono_us()) {
		struct epoll_event ready[256];
		send_due(b, now);
		int n = epoll_wait(b->ep, ready, 256, 1);
		for (int i = 0; i < n; i++) take(b, ready[i].data.ptr);
	}
	printf("%s\n", name);
	print("visitors' messages, durable", &b->in, seconds);
	print("agents' messages, durable", &b->out, seconds);
	print("agents' messages, told to visitors", &b->told, seconds);
	for (int wait = 0; wait < 3000; wait++) { /* what is under way belongs to this phase */
		struct epoll_event ready[256];
		int busy = 0, n = epoll_wait(b->ep, ready, 256, 1);
		for (int i = 0; i < n; i++) take(b, ready[i].data.ptr);
		for (int i = 0; i < b->chats; i++) busy += b->v[i].in.is_busy + b->v[i].out.is_busy;
		if (!busy) break;
	}
}

static int talk(struct bench *b, double seconds)
{
	int fd = connect_to(b->port);
	for (int i = 0; i < b->chats; i++) begin(b, &b->v[i], fd);
	find_conversations(b, fd);
	for (int i = 0; i < b->chats; i++) {
		struct chat *c = &b->v[i];
		add(b, &c->in, c, WRITES);
		add(b, &c->out, c, ANSWERS);
		listen_to(b, c);
	}
	phase(b, "visitors alone", true, false, seconds);
	phase(b, "agents alone", false, true, seconds);
	phase(b, "both", true, true, seconds);
	printf("%llu not taken\n", (unsigned long long)b->refused);
	return b->refused != 0;
}

static int idle(struct bench *b, double seconds)
{
	int fd = connect_to(b->port);
	begin(b, &b->v[0], fd);
	for (int i = 0; i < b->chats; i++) {
		char request[REQUEST_BYTES];
		int n = snprintf(request, sizeof request, "GET /site/%s/chat/live?token=%s HTTP/1.1\r\nHost: localhost\r\n\r\n", b->site, b->v[0].token), one = connect_to(b->port);
		say(one, request, (size_t)n);
		b->v[i].stream.fd = one;
	}
	int open = 0;
	for (int i = 0; i < b->chats; i++) {
		char answer[64] = "";
		ssize_t n = recv(b->v[i].stream.fd, answer, 16, MSG_WAITALL);
		open += n == 16 && strncmp(answer + 9, "200", 3) == 0;
	}
	printf("%d of %d streams are open\n", open, b->chats);
	fflush(stdout);
	usleep((useconds_t)(seconds * 1e6));
	return open != b->chats;
}

int main(int argc, char **argv)
{
	struct rlimit most;
	static struct bench b;
	bool is_talk = argc == 8 && strcmp(argv[1], "talk") == 0, is_idle = argc == 6 && strcmp(argv[1], "idle") == 0;
	if (!is_talk && !is_idle) {
		fprintf(stderr, "chat talk PORT SITE SECRET_KEY CHATS RATE SECONDS | idle PORT SITE CONNECTIONS SECONDS\n");
		return 2;
	}
	getrlimit(RLIMIT_NOFILE, &most);
	most.rlim_cur = most.rlim_max;
	setrlimit(RLIMIT_NOFILE, &most);
	b.port = (int)strtol(argv[2], NULL, 10);
	b.site = argv[3];
	b.key = is_talk ? argv[4] : "";
	b.chats = (int)strtol(argv[is_talk ? 5 : 4], NULL, 10);
	b.ep = epoll_create1(0);
	if (b.chats < 1 || b.chats > MOST) return 2;
	b.v = mem_zalloc((size_t)b.chats * sizeof *b.v);
	if (is_idle) return idle(&b, strtod(argv[5], NULL));
	b.rate = strtod(argv[6], NULL);
	return talk(&b, strtod(argv[7], NULL));
}
