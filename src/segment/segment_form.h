/* segment_form.h: a condition chosen row by row, each row a sentence: "bought at least 2 times in the last 30 days". */
#ifndef SEGMENT_SEGMENT_FORM_H
#define SEGMENT_SEGMENT_FORM_H
#include "segment/segment.h"

enum { SEGMENT_ROWS = 8 };
struct segment_rule {
	int64_t at; /* number of the row, in the names of its fields */
	LIST_OF(struct option) claims, tests, purposes, segments;
	str trait, value, event, times, days, channel;
	struct msg error;
};
/* The fields of one row come by name: "what_0", "trait_0", … from an address or a form. */
typedef str segment_field(void *arg, const char *name);
struct segment_build {
	bool is_any;                    /* one row is enough; else all */
	LIST_OF(struct segment_rule) rules;
	size_t n_given;                 /* rows that say something */
	str condition;                  /* JSON; absent when a row is not finished or none is there */
	str form;                       /* the same as a query */
	bool has_fault;
};
enum err segment__build(struct op *op, segment_field *field, void *arg, struct segment_build *out) NODISCARD;
extern const struct desc SEGMENT_RULE_DESC;
#endif
