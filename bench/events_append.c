/* How fast the event store takes events in: four threads append batches of 100 events of 275 bytes, each acknowledged
 * when durable, beside what the disk does with the same bytes written and synced by nobody but itself. */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/log.h"
#include "events/events.h"
#include "os/os.h"

enum { THREADS = 4, BATCH = 100, IN_FLIGHT = 16, BODY = 275, SECONDS = 4, SUBJECTS = 100000 };

struct producer {
	struct events *ev;
	uint64_t next;
	int64_t until_us, spent_us;
	_Atomic int in_flight;
	_Atomic uint64_t durable;
	uint64_t busy;
};

static void acknowledged(void *arg, enum err result)
{
	struct producer *p = arg;
	if (result == OK) atomic_fetch_add(&p->durable, BATCH);
	atomic_fetch_sub(&p->in_flight, 1);
}

static struct subject_key key_of(uint64_t n)
{
	return (struct subject_key){(n + 1) * UINT64_C(0x9e3779b97f4a7c15), (n + 1) * UINT64_C(0xbf58476d1ce4e5b9) ^ n >> 7};
}

static void *produce(void *arg)
{
	static const char start[] = "{\"type\":\"track\",\"event\":\"Product Viewed\",\"properties\":{\"product_id\":\"P1234\",\"price\":19.95,\"currency\":\"EUR\",\"category\":\"garden\"},\"context\":{\"page\":{\"path\":\"/products/1234\"},\"locale\":\"en\"},\"messageId\":\"";
	struct producer *p = arg;
	char body[BODY + 1];
	snprintf(body, sizeof body, "%s", start);
	memset(body + sizeof start - 1, 'x', BODY - sizeof start + 1);
	memcpy(body + BODY - 2, "\"}", 2);
	struct event batch[BATCH];
	uint8_t verdicts[BATCH];
	while (clock_mono_us() < p->until_us) {
		if (atomic_load(&p->in_flight) >= IN_FLIGHT) {
			usleep(50);
			continue;
		}
		for (int i = 0; i < BATCH; i++) {
			uint64_t n = p->next++;
			batch[i] = (struct event){.subject = (uint32_t)(n * 2654435761u % SUBJECTS) + 1, .time_ms = (int64_t)(n / 100), .received_ms = (int64_t)(n / 100), .purposes = 3, .source = 1,
			                          .message = key_of(n), .type = S("Product Viewed"), .channel = S("web"), .body = {body, BODY}};
		}
		int64_t before = clock_mono_us();
		atomic_fetch_add(&p->in_flight, 1);
		if (events_append(p->ev, batch, BATCH, verdicts, acknowledged, p) != OK) {
			atomic_fetch_sub(&p->in_flight, 1);
			p->busy++;
			p->next -= BATCH;
			usleep(1000);
		}
		p->spent_us += clock_mono_us() - before;
	}
	while (atomic_load(&p->in_flight)) usleep(100);
	return NULL;
}

static void measure_disk(const char *dir, size_t piece)
{
	char path[200], *bytes = mem_zalloc(piece);
	snprintf(path, sizeof path, "%s/plain", dir);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	off_t room = 1 << 30, at = 0;
	if (fd < 0 || os_allocate(fd, 0, room) != OK) abort();
	int64_t start = clock_mono_us();
	int syncs = 0;
	while (clock_mono_us() - start < 1000000 && at + (off_t)piece < room) {
		if (os_write_at(fd, bytes, piece, at) != OK || os_sync(fd) != OK) abort();
		at += (off_t)piece;
		syncs++;
	}
	double s = (double)(clock_mono_us() - start) / 1e6;
	printf("the disk alone, %zu KiB + fdatasync: %.0f syncs/s, %.0f MB/s\n", piece >> 10, syncs / s, (double)at / s / 1e6);
	close(fd);
	unlink(path);
	mem_free(bytes);
}

static void remove_name(void *arg, const char *name)
{
	char path[400];
	snprintf(path, sizeof path, "%s/%s", (char *)arg, name);
	unlink(path);
}

int main(void)
{
	char dir[] = "/tmp/events_bench.XXXXXX";
	struct events *ev;
	log_set_level(LOG_ERROR);
	if (!mkdtemp(dir) || events_open(&ev, &(struct events_options){.dir = str_of(dir)}, NULL) != OK) return 1;
	measure_disk(dir, 32 << 10);
	measure_disk(dir, 1 << 20);
	for (uint64_t i = 0; i < SUBJECTS; i++) (void)events_subject(ev, key_of(i + (UINT64_C(1) << 40)), NULL);
	pthread_t threads[THREADS];
	static struct producer producers[THREADS];
	int64_t start = clock_mono_us();
	for (int i = 0; i < THREADS; i++) {
		producers[i] = (struct producer){.ev = ev, .next = (uint64_t)i << 32, .until_us = start + SECONDS * 1000000};
		pthread_create(&threads[i], NULL, produce, &producers[i]);
	}
	uint64_t durable = 0, busy = 0;
	int64_t spent = 0;
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		durable += producers[i].durable;
		busy += producers[i].busy;
		spent += producers[i].spent_us;
	}
	double s = (double)(clock_mono_us() - start) / 1e6;
	struct events_stats stats;
	events_stats(ev, &stats);
	printf("the store: %.0f events/s durable, %.0f syncs/s, %.2f us an event in events_append (wall), %llu batches told to come back, %llu segments\n", (double)durable / s, (double)stats.syncs / s,
	       (double)spent / (double)durable, (unsigned long long)busy, (unsigned long long)stats.segments);
	int64_t before = clock_mono_us();
	if (events_compact_now(ev, NULL) != OK) return 1;
	printf("sealing and merging what was left (%llu of %llu events in memory): %.0f ns an event\n", (unsigned long long)stats.in_memory, (unsigned long long)stats.stored,
	       (double)(clock_mono_us() - before) * 1000 / (double)stats.in_memory);
	struct events_view *v;
	before = clock_mono_us();
	for (int i = 0; i < 1000; i++) {
		if (events_view_open(ev, &v, NULL) != OK) return 1;
		events_view_close(v);
	}
	printf("opening and closing a view: %.2f us\n", (double)(clock_mono_us() - before) / 1000);
	events_close(ev);
	if (os_list(dir, remove_name, dir) != OK) return 1;
	return rmdir(dir) != 0;
}
