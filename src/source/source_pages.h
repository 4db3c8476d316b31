/* source_pages.h: the answers of the source pages (pages/SHAPES.md). */
#ifndef SOURCE_SOURCE_PAGES_H
#define SOURCE_SOURCE_PAGES_H
#include "source/source.h"

enum source_shown { SHOWN_WEBSITE, SHOWN_SERVER, SHOWN_FILE, SHOWN_HAND, SHOWN_LISTENING, SHOWN_SAMPLE };
struct source_row {
	id id;
	str address, name;
	int kind;
	int64_t volume, volume_30_days, dropped, duplicates, last_heard;
	bool is_ended;
	str points, end_x, end_y;
	struct msg trend;
};
struct drop_row {
	str reason, name;
	int64_t n, last;
	str width;
	struct msg example;
};
struct refused_row { /* a value that live sources are heard without */
	str kind, kind_name, value, reason, reason_name;
	int64_t n, last;
};
struct source_form {
	struct input name;
	LIST_OF(struct option) kinds, consents, purposes;
	LIST_OF(struct form_fault) faults;
};
struct sources {
	struct msg finding;
	LIST_OF(struct source_row) rows;
	LIST_OF(struct drop_row) drops;
	LIST_OF(struct refused_row) refused;
	bool may_write;
	struct source_form form;
};
struct event_row {
	str event;
	int family, stage;
	int64_t volume, last_heard;
};
struct key_row {
	id id;
	str name;
	int kind;
	str begins;
	int role;
	int64_t made;
	str made_by;
	int64_t last_used;
	bool is_ended;
	str end;
};
struct source_page {
	id id;
	str name;
	int kind, consent;
	LIST_OF(str) purposes;
	struct msg finding;
	bool is_ended;
	LIST_OF(struct figure) figures;
	LIST_OF(struct event_row) events;
	LIST_OF(struct drop_row) drops;
	LIST_OF(struct key_row) keys;
	str new_key, connect;
	bool may_write;
	str end;
};
struct connect {
	struct msg subject, about;
	LIST_OF(str) events;
	str address, key, key_shown, event;
};
struct source_input {
	str name;
	int kind, consent;
	LIST_OF(str) purposes;
};
#endif
