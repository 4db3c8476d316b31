/* How long questions take over a million sealed events of 100,000 customers, alone and with a third of the customers
 * joined of several subjects, beside one plain pass over the columns that every question has to read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "events/events.h"
#include "i18n/zone.h"
#include "os/os.h"
#include "query/query.h"

enum { EVENTS = 1000000, SUBJECTS = 100000, BATCH = 1000, TIMES = 5 };

static uint64_t seed = 1;

static uint32_t dice(uint32_t sides)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) % sides;
}

static void load(struct events *ev)
{
	static const char *const TYPES[] = {"Product Viewed", "Product Viewed", "Product Viewed", "Product Added", "Order Completed", "Page Viewed", "Page Viewed", "Email Opened"};
	static const char *const COUNTRIES[] = {"Greece", "Taiwan", "Thailand", "Iran", "Germany"};
	static char bodies[BATCH][160];
	struct event batch[BATCH];
	uint8_t verdicts[BATCH];
	for (uint32_t n = 0; n < EVENTS;) {
		for (int i = 0; i < BATCH; i++, n++) {
			int bytes = snprintf(bodies[i], sizeof bodies[i], "{\"type\":\"track\",\"properties\":{\"revenue\":%u.%02u,\"country\":\"%s\",\"sku\":\"P%u\"}}", dice(200), dice(100), COUNTRIES[dice(5)], dice(500));
			batch[i] = (struct event){.subject = dice(SUBJECTS) + 1, .time_ms = INT64_C(1293840000000) + (int64_t)n * 31536, .received_ms = 1, .purposes = 3, .source = 1,
				.message = {n * UINT64_C(0x9e3779b97f4a7c15) + 1, n}, .type = str_of(TYPES[dice(8)]), .channel = S("web"), .body = {bodies[i], (size_t)bytes}};
		}
		enum err e;
		while ((e = events_append(ev, batch, BATCH, verdicts, NULL, NULL)) == ERR_BUSY) usleep(1000);
		if (e != OK) exit(1);
	}
	if (events_append_wait(ev, batch, 1, verdicts) != OK || events_compact_now(ev, NULL) != OK) exit(1);
}

static double plain_pass(struct events_view *view)
{
	int64_t start = clock_mono_us();
	uint64_t sum = 0;
	for (size_t i = 0; i < events_view_parts(view); i++) {
		struct events_columns c;
		if (events_part_columns(events_view_part(view, i), EVENTS_TIME | EVENTS_TYPE | EVENTS_PURPOSES, &c, NULL) != OK) exit(1);
		for (size_t k = 0; k < c.n; k++) sum += (uint64_t)c.time_ms[k] + c.type[k] + c.purposes[k] + c.subject[k];
	}
	return sum ? (double)(clock_mono_us() - start) / 1000 : 0;
}

static void measure(struct query_context *ctx, const char *question)
{
	double best = 1e9, first = 0;
	for (int i = 0; i < TIMES; i++) {
		struct arena a;
		struct buf out;
		struct fault f = {0};
		char room[400];
		arena_init(&a);
		buf_init(&out, 64 << 20);
		struct events_view *view;
		if (events_view_open(ctx->events, &view, &f) != OK) exit(1);
		ctx->view = view;
		int64_t start = clock_mono_us();
		if (query_ask(ctx, str_of(question), &a, &out, &f) != OK) printf("%s\n", fault_text(&f, room, sizeof room));
		double ms = (double)(clock_mono_us() - start) / 1000;
		if (i == 0) first = ms;
		if (ms < best) best = ms;
		if (i == TIMES - 1) printf("  %7.1f ms (first %7.1f; a plain pass %4.1f) %6zu parts  %s\n", best, first, plain_pass(view), events_view_parts(view), question);
		events_view_close(view);
		buf_release(&out);
		arena_release(&a);
	}
}

static void remove_name(void *arg, const char *name)
{
	char path[400];
	snprintf(path, sizeof path, "%s/%s", (const char *)arg, name);
	unlink(path);
}

int main(void)
{
	static const char *const QUESTIONS[] = {
		"{\"kind\":\"trend\",\"interval\":\"day\"}",
		"{\"kind\":\"trend\",\"interval\":\"day\",\"event\":\"Order Completed\",\"measure\":\"sum:revenue\"}",
		"{\"kind\":\"trend\",\"interval\":\"week\",\"measure\":\"customers\",\"by\":\"country\"}",
		"{\"kind\":\"trend\",\"interval\":\"month\",\"by\":\"sku\"}",
		"{\"kind\":\"retention\",\"start\":\"Order Completed\",\"return\":\"Order Completed\",\"interval\":\"month\",\"cells\":12}",
	};
	char dir[] = "/tmp/hospes-questions.XXXXXX";
	struct events *ev;
	if (!mkdtemp(dir) || events_open(&ev, &(struct events_options){.dir = str_of(dir)}, NULL) != OK) return 1;
	int64_t start = clock_mono_us();
	load(ev);
	printf("%d events loaded in %.1f s\n", EVENTS, (double)(clock_mono_us() - start) / 1e6);
	uint32_t *customer = mem_zalloc((SUBJECTS + 1) * sizeof *customer), *denied = mem_zalloc((SUBJECTS + 1) * sizeof *denied);
	struct query_context ctx = {.events = ev, .people = {SUBJECTS, SUBJECTS, customer, denied}, .zone = zone_find(S("Europe/Athens")), .purpose = 2, .now_ms = INT64_C(1900000000000)};
	for (int joined = 0; joined < 2; joined++) {
		for (uint32_t s = 1; s <= SUBJECTS; s++) customer[s] = joined && s % 3 == 0 ? s - 1 : s;
		printf("%s\n", joined ? "a third joined:" : "each customer one subject:");
		for (size_t i = 0; i < COUNT_OF(QUESTIONS); i++) measure(&ctx, QUESTIONS[i]);
	}
	events_close(ev);
	if (os_list(dir, remove_name, dir) == OK) rmdir(dir);
	mem_free(customer);
	mem_free(denied);
	return 0;
}
