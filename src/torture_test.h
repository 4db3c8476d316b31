/* torture_test.h: a whole workspace, touchpoints of one round after another, and what records hold of a round as text, so that
 * a round that met a fault can be held against one that met none. */
#ifndef TORTURE_TEST_H
#define TORTURE_TEST_H
#include "records.h"

#include "app.h"
#include "collect/collect.h"
#include "customer/people.h"

struct json_reader;

enum { TORTURE_TAG = 7, TORTURE_PATIENCE_MS = 60000 };
struct torture {
	struct records *records; /* the database and the arena of the test */
	struct app app;
	char dir[64];
	struct json_reader *reader;
	struct source shop, site; /* assured; carried */
	char tag[TORTURE_TAG + 1]; /* stands in all texts of this round */
	uint32_t subjects, customers; /* how many there were before it */
};
/* Each test on each database; *state is the torture. */
int torture_run(const struct records_test *tests, size_t n);
void torture_next_round(struct torture *t);
str torture_text(struct torture *t, const char *text); /* '%' stands for the round; padded for the reader of JSON */
/* A batch of Segment's protocol, '%' standing for the round; one group of the log. */
void torture_send(struct torture *t, const struct source *source, const char *events);
void torture_catch_up(struct torture *t);
/* The round's rows of every table, without ids and the times when something was done; in the test's arena. */
str torture_records(struct torture *t);
/* That memory says what records say; fails the test with `when` where it does not. */
void torture_check_memory(struct torture *t, const char *when);
int64_t torture_count(struct torture *t, const char *sql);
void torture_same(str want, str got, const char *when);
#endif
