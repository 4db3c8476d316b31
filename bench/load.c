/* What a machine full of clients asks of a running server, from one thread over keep-alive connections:
 *   load send PORT WRITE_KEY SECONDS CONNECTIONS BATCH [POOL]
 *                                                         Segment events of 275 bytes; BATCH 1 goes to /v1/track. Runs with
 *                                                         the same POOL send of the same customers, others of partly new ones
 *   load fill PORT WRITE_KEY EVENTS                       the same until so many are acknowledged
 *   load lines FILE EVENTS                                the same events into a file, a line each
 *   load get PORT SECRET_KEY SECONDS CONNECTIONS FILE     JSON of the addresses in FILE, a line each, taken at random
 * Each event has its own message id and is one of a pool made beforehand, so that the generator costs little; users are
 * many and skewed, as customers are: half of the events come from an eighth of them. Prints what was acknowledged a second, the latency of answers, and how many were not 200. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"

enum { EVENT_BYTES = 275, HEAD_BYTES = 600, USERS = 50000, POOL = 1 << 16, ID_DIGITS = 16, ANSWER_BYTES = 256 << 10, BUCKET_US = 10, BUCKETS = 300000, MOST_CONNECTIONS = 1000 };

struct client {
	int fd;
	char *request, *answer;
	size_t sent, size, got, expected; /* expected: 0 until the answer's head is there */
	int64_t sent_us;
};

struct load {
	int port, batch;
	const char *key;
	char *const *paths; /* of GETs */
	size_t n_paths;
	uint64_t seed, message, answers, refused;
	uint32_t *latency;
	char *pool; /* POOL events, made before the clock runs; each gets a new message id when it is sent */
	uint16_t *id_at;
};

static uint32_t dice(struct load *l, uint32_t sides)
{
	l->seed = l->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(l->seed >> 33) % sides;
}

/* Exactly EVENT_BYTES: the title takes up the rest. Where its message id stands. */
static uint16_t make_event(struct load *l, char *out, const char *now)
{
	static const char *const NAMES[] = {"Product Viewed", "Product Viewed", "Product Viewed", "Product Added", "Products Searched", "Page Loaded", "Email Opened"};
	static const char TAIL[] = "\"}}";
	double u = dice(l, 1 << 20) / (double)(1 << 20);
	uint32_t user = (uint32_t)(u * u * u * USERS), product = dice(l, 2000), cents = 100 + dice(l, 9900);
	int id_at = 0, n = snprintf(out, EVENT_BYTES, "{\"type\":\"track\",\"userId\":\"u-%05u\",\"event\":\"%s\",\"messageId\":\"%n%0*d\",\"timestamp\":\"%s\",\"properties\":{\"product_id\":\"P%04u\",\"price\":%u.%02u,\"currency\":\"EUR\",\"title\":\"",
	                            user, NAMES[dice(l, sizeof NAMES / sizeof *NAMES)], &id_at, ID_DIGITS, 0, now, product, cents / 100, cents % 100);
	for (int i = n; i < EVENT_BYTES; i++) out[i] = (char)('a' + (product + (uint32_t)i * 7) % 26);
	memcpy(out + EVENT_BYTES - (sizeof TAIL - 1), TAIL, sizeof TAIL - 1);
	return (uint16_t)id_at;
}

static void make_pool(struct load *l)
{
	char now[80];
	int64_t ms = clock_now_ms();
	time_t s = (time_t)(ms / 1000);
	struct tm t;
	gmtime_r(&s, &t);
	snprintf(now, sizeof now, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, (int)(ms % 1000));
	l->pool = mem_alloc((size_t)POOL * EVENT_BYTES);
	l->id_at = mem_alloc(POOL * sizeof *l->id_at);
	for (size_t i = 0; i < POOL; i++) l->id_at[i] = make_event(l, l->pool + i * EVENT_BYTES, now);
}

static void put_event(struct load *l, char *out)
{
	uint64_t n = ++l->message;
	size_t i = n % POOL;
	memcpy(out, l->pool + i * EVENT_BYTES, EVENT_BYTES);
	n *= UINT64_C(0x9e3779b97f4a7c15); /* odd: different numbers stay different */
	for (char *at = out + l->id_at[i], *end = at + ID_DIGITS; at < end; n >>= 4) *at++ = "0123456789abcdef"[n & 15];
}

static void write_events(struct load *l, struct client *c)
{
	size_t body = l->batch == 1 ? EVENT_BYTES : (size_t)l->batch * (EVENT_BYTES + 1) + 11;
	int n = snprintf(c->request, HEAD_BYTES, "POST /v1/%s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
	                 l->batch == 1 ? "track" : "batch", l->key, body);
	char *at = c->request + n;
	if (l->batch > 1) at = (char *)memcpy(at, "{\"batch\":[", 10) + 10;
	for (int i = 0; i < l->batch; i++, at += EVENT_BYTES) {
		if (i) *at++ = ',';
		put_event(l, at);
	}
	if (l->batch > 1) at = (char *)memcpy(at, "]}", 2) + 2;
	c->size = (size_t)(at - c->request);
}

static void write_get(struct load *l, struct client *c)
{
	c->size = (size_t)snprintf(c->request, HEAD_BYTES, "GET %s HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\nAuthorization: Bearer %s\r\n\r\n",
	                           l->paths[dice(l, (uint32_t)l->n_paths)], l->key);
}

static void push(struct client *c)
{
	while (c->sent < c->size) {
		ssize_t n = send(c->fd, c->request + c->sent, c->size - c->sent, MSG_NOSIGNAL);
		if (n <= 0) return;
		c->sent += (size_t)n;
	}
}

static void ask(struct load *l, struct client *c)
{
	if (l->n_paths) write_get(l, c);
	else write_events(l, c);
	c->sent = c->got = c->expected = 0;
	c->sent_us = clock_mono_us();
	push(c);
}

/* The whole answer's length, when its head has come. */
static size_t length_of(const struct client *c)
{
	const char *end = memmem(c->answer, c->got, "\r\n\r\n", 4), *field = strcasestr(c->answer, "content-length:");
	if (!end) return 0;
	return (size_t)(end + 4 - c->answer) + (field && field < end ? strtoul(field + 15, NULL, 10) : 0);
}

static void take(struct load *l, struct client *c)
{
	for (;;) {
		if (c->got + 1 >= ANSWER_BYTES) c->got = ANSWER_BYTES / 2; /* what follows a long answer's head is not looked at */
		ssize_t n = recv(c->fd, c->answer + c->got, ANSWER_BYTES - 1 - c->got, 0);
		if (n <= 0) {
			if (n == 0 || errno != EAGAIN) {
				fprintf(stderr, "the server closed a connection\n");
				exit(1);
			}
			return;
		}
		c->got += (size_t)n;
		c->answer[c->got] = 0;
		if (!c->expected) c->expected = length_of(c);
		if (!c->expected || c->got < c->expected) continue;
		if (strncmp(c->answer + 9, "200", 3) != 0 && l->refused++ == 0) fprintf(stderr, "%.200s\n", c->answer);
		int64_t bucket = (clock_mono_us() - c->sent_us) / BUCKET_US;
		l->latency[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
		l->answers++;
		ask(l, c);
	}
}

static int connect_to(int port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) != 0) {
		perror("connect");
		exit(1);
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

/* Until the time is over, or so many answers have come. */
static double run(struct load *l, int connections, double seconds, uint64_t answers)
{
	struct client *clients = mem_zalloc((size_t)connections * sizeof *clients);
	int ep = epoll_create1(0);
	size_t room = HEAD_BYTES + (size_t)(l->batch + 1) * (EVENT_BYTES + 2);
	int64_t start = clock_mono_us(), end = start + (int64_t)(seconds * 1e6);
	for (int i = 0; i < connections; i++) {
		struct client *c = &clients[i];
		struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c};
		*c = (struct client){.fd = connect_to(l->port), .request = mem_alloc(room), .answer = mem_alloc(ANSWER_BYTES)};
		epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &e);
		ask(l, c);
	}
	while (clock_mono_us() < end && l->answers < answers) {
		struct epoll_event ready[64];
		int n = epoll_wait(ep, ready, 64, 100);
		for (int i = 0; i < n; i++) {
			push(ready[i].data.ptr);
			take(l, ready[i].data.ptr);
		}
	}
	double took = (double)(clock_mono_us() - start) / 1e6;
	for (int i = 0; i < connections; i++) {
		close(clients[i].fd);
		mem_free(clients[i].request);
		mem_free(clients[i].answer);
	}
	close(ep);
	mem_free(clients);
	return took;
}

static double percentile(const struct load *l, double share)
{
	uint64_t seen = 0;
	for (int i = 0; i < BUCKETS; i++) {
		seen += l->latency[i];
		if ((double)seen >= share * (double)l->answers) return i * (BUCKET_US / 1000.0);
	}
	return BUCKETS * (BUCKET_US / 1000.0);
}

static const char *basic(const char *key)
{
	static const char LETTERS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	static char out[512];
	char in[256] = {0};
	size_t n = (size_t)snprintf(in, sizeof in - 2, "%s:", key), at = 0;
	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)(unsigned char)in[i] << 16 | (uint32_t)(unsigned char)in[i + 1] << 8 | (unsigned char)in[i + 2];
		for (int k = 0; k < 4; k++) out[at++] = i + (size_t)k > n ? '=' : LETTERS[v >> (18 - 6 * k) & 63];
	}
	out[at] = 0;
	return out;
}

static void read_paths(struct load *l, const char *file)
{
	size_t cap = 1 << 20;
	char **paths = mem_alloc(cap * sizeof *paths), line[512];
	FILE *f = fopen(file, "r");
	while (f && l->n_paths < cap && fgets(line, sizeof line, f)) {
		line[strcspn(line, "\n")] = 0;
		if (!*line) continue;
		size_t n = strlen(line) + 1;
		paths[l->n_paths++] = memcpy(mem_alloc(n), line, n);
	}
	if (f) fclose(f);
	if (!l->n_paths) {
		fprintf(stderr, "%s names no address\n", file);
		exit(2);
	}
	l->paths = paths;
}

static int write_lines(const char *file, long n)
{
	struct load l = {.seed = (uint64_t)clock_mono_us()};
	FILE *f = fopen(file, "w");
	if (!f) return 2;
	l.message = l.seed << 20;
	make_pool(&l);
	char line[EVENT_BYTES + 1];
	line[EVENT_BYTES] = '\n';
	for (long i = 0; i < n; i++) {
		put_event(&l, line);
		fwrite(line, 1, sizeof line, f);
	}
	return fclose(f) == 0 ? 0 : 2;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "lines") == 0) return write_lines(argv[2], strtol(argv[3], NULL, 10));
	if (argc < 5) {
		fprintf(stderr, "load send PORT KEY SECONDS CONNECTIONS BATCH [POOL] | fill PORT KEY EVENTS | lines FILE EVENTS | get PORT KEY SECONDS CONNECTIONS FILE\n");
		return 2;
	}
	bool is_fill = strcmp(argv[1], "fill") == 0, is_get = strcmp(argv[1], "get") == 0;
	if (!is_fill && argc < 7) return 2;
	long number = strtol(argv[4], NULL, 10), connections = is_fill ? 16 : strtol(argv[5], NULL, 10);
	if (connections < 1 || connections > MOST_CONNECTIONS) return 2;
	struct load l = {.port = (int)strtol(argv[2], NULL, 10), .key = is_get ? argv[3] : basic(argv[3]), .batch = is_fill || is_get ? 100 : (int)strtol(argv[6], NULL, 10)};
	l.seed = (uint64_t)clock_mono_us();
	l.message = l.seed << 20;
	if (!is_fill && !is_get && argc > 7) l.seed = strtoull(argv[7], NULL, 10);
	l.latency = mem_zalloc(BUCKETS * sizeof *l.latency);
	if (is_get) read_paths(&l, argv[6]);
	else make_pool(&l);
	double took = run(&l, (int)connections, is_fill ? 600 : (double)number, is_fill ? (uint64_t)number / 100 : UINT64_MAX);
	double a_answer = is_get ? 1 : l.batch;
	printf("%.0f %s/s, p50 %.2f ms, p99 %.2f ms, %llu answers, %llu not 200\n", (double)(l.answers - l.refused) * a_answer / took, is_get ? "pages" : "events",
	       percentile(&l, 0.5), percentile(&l, 0.99), (unsigned long long)l.answers, (unsigned long long)l.refused);
	return l.refused != 0;
}
