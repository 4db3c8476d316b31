/* mark_pages.h: the answers of the pages of marks (pages/SHAPES.md). */
#ifndef MARK_MARK_PAGES_H
#define MARK_MARK_PAGES_H
#include "mark/mark.h"

struct mark_input {
	str kind, title, note, from, to, whose; /* whose: "own", "outside"; "" as the kind has it */
};
struct mark_form {
	str action;
	bool is_change;
	LIST_OF(struct option) kinds, whose;
	struct input title, note, from, to;
};
struct mark_event_row {
	str event;
	int kind;
	bool is_outside;
};
struct mark_event_input {
	str event, kind, whose;
};
struct marks {
	struct msg finding;
	LIST_OF(struct mark) rows;
	struct mark_form form;
	LIST_OF(struct mark_event_row) events;
	struct input event;
	LIST_OF(struct msg) rejects;
	bool may_write;
	LIST_OF(struct form_fault) faults;
};
#endif
