/* journey.h: the pages that ask questions of journeys: a form that reads as a sentence, the finding, a picture and its
 * table. One view a kind of question; the address holds the whole question, so it can be kept, shared and asked by a
 * program (POST /query with `question`). The answer is the engine's own (src/query), shown, never counted again. */
#ifndef JOURNEY_JOURNEY_H
#define JOURNEY_JOURNEY_H
#include "http/web.h"
#include "pulse/period.h"

struct heard;
struct json_node;
struct json_writer;

struct journey_cell {
	str text;
	str width;    /* per cent of a bar; absent: none */
	str tint;     /* step of heat 0 to 6; absent: none */
	str address;  /* of the customers behind it */
	str value;    /* plain number for the picture; absent: not drawn */
	bool is_open; /* nothing can be said yet */
	bool is_number;
	str label;    /* the heading of its column, for narrow screens */
};
struct journey_row {
	str name;
	str address;  /* of what the row names */
	str time;     /* a day, of rows that stand in time */
	str from, to, from_id, to_id, value; /* of rows that are links of a way; ids where one name stands at several places */
	bool is_link;
	LIST_OF(struct journey_cell) cells;
};
struct journey_head {
	str text;
	str unit;     /* of a series: "share", "money" or "" */
	str currency; /* of money; absent: of no stated one */
	bool is_number, is_series;
};
struct journey_table {
	str id, title, caption;
	str chart;    /* how it is drawn (assets/chart.js): bar, line, ranking, sankey, flow; absent: the table alone */
	LIST_OF(struct journey_head) heads;
	LIST_OF(struct journey_row) rows;
	int64_t left; /* rows that are not shown */
	struct msg left_note;
	bool is_heat, is_map;
};

struct journey_choice { /* one select or input of a form */
	str id, name, label, value, hint;
	struct msg error;
	str list;      /* of suggestions: events, dimensions, measures */
	bool is_select, is_number, is_text, is_code, is_length;
	bool is_more;  /* stands apart: whose it is, and what it is compared with */
	LIST_OF(struct option) options, units; /* units: of a length of time, sent as <name>.unit */
};
struct journey_view {
	str key;
	struct msg title, explains;
	LIST_OF(struct option) views; /* value: address */
	LIST_OF(struct journey_choice) choices;
	LIST_OF(struct option) periods;
	int64_t from, to;
	struct msg compared;       /* with what, or that there is nothing */
	bool is_more_open;
	str edit, designs;         /* of the map: where the journey is designed, and where all are */
	bool is_designed;
	struct msg finding;
	str finding_text; /* in words of the engine where no sentence of ours fits */
	LIST_OF(struct journey_table) tables;
	str definition, question, csv;
	struct msg n;
	struct msg notes[3];
	double took_ms;
	bool is_empty, is_asked, is_unasked; /* unasked: something is to be filled in first */
	/* of Explore */
	bool is_explored;
	LIST_OF(struct option) kinds; /* value: address */
	LIST_OF(str) events, dimensions, measures;
	str ask;      /* the kind of the question */
	struct input json;
	LIST_OF(struct form_fault) faults;
	str answer; /* JSON of the engine, whole */
};
extern const struct desc JOURNEY_VIEW_DESC, BEHIND_DESC;

/* ---- a kind of question: one file and one row of KINDS (journey_api.c) ---- */
struct journey_asking { /* a view's question while it is put together */
	struct op *op;
	const struct web *w;
	const struct heard *heard;
	struct period period;
	struct journey_view *page;
	void *own;                /* of the kind, from ask to show */
	str own_segment;          /* whose the view is by itself */
	str own_where;            /* a further condition, as JSON */
	const struct json_node *group; /* whose answer is shown; NULL: everybody's */
	bool is_laid_over;        /* the kind compares by itself */
	bool is_alone;            /* nothing is to be compared */
	struct journey_among *among;
	struct msg compared_name;
};
struct journey_kind {
	const char *key;
	/* Reads the address, adds the form's fields to the page, and writes the members of the question. */
	enum err (*ask)(struct journey_asking *k, struct json_writer *w);
	/* The tables and the finding. */
	void (*show)(struct journey_asking *k, const struct json_node *answer);
	const char *question; /* kind of the question where it is not the view's own name */
	enum err (*more)(struct journey_asking *k, const struct json_node *answer); /* what further questions are needed for; NULL: none */
	enum err (*compose)(struct journey_asking *k); /* instead of ask: the form and page->question, whole */
};
void journey_show_segment(struct journey_asking *k, const struct json_node *answer);
void journey_show_lists(struct journey_asking *k, const struct json_node *answer); /* each list of an answer as it is */
void journey_show_timeline(struct journey_asking *k, const struct json_node *answer);
extern const struct journey_kind JOURNEY_EXPLORE, JOURNEY_DRIVER, JOURNEY_DURATION, JOURNEY_FLOW, JOURNEY_FUNNEL, JOURNEY_MAP, JOURNEY_PATHS, JOURNEY_RETENTION, JOURNEY_TREND;

/* ---- ask.c: the fields of the forms ---- */
/* What the address says of a field; the fallback when it says nothing. */
str journey_asked(struct journey_asking *k, const char *name, str fallback);
struct journey_choice *journey_choice(struct journey_asking *k, const char *name, str label);
/* A select, chosen by the address; options are added one by one, the first is that of no choice. */
struct journey_choice *journey_select(struct journey_asking *k, const char *name, const char *label, const char *none, size_t options);
void journey_offer(struct journey_choice *c, str value, str label);
/* Makes the field a select of the events heard; none: the text of the empty choice, NULL when there is none. */
void journey_put_events(struct journey_asking *k, struct journey_choice *c, str chosen, const char *none);
/* A select of the events heard; returns the chosen one, "" for any when it is not required. */
str journey_event(struct journey_asking *k, const char *name, const char *label, str fallback, bool is_required);
/* The most frequent event of each stage heard, in order of the stages; at least two where two are heard. */
size_t journey_usual_way(struct journey_asking *k, str *out, size_t most);
/* Orders where they are heard, else the most frequent event. */
str journey_usual_event(struct journey_asking *k);
/* A select whose options are texts journey_<name>_<value>; the first is the default. values ends in NULL. */
str journey_choose(struct journey_asking *k, const char *name, const char *label, const char *const *values);
/* A whole number from 1 to most. */
int64_t journey_number(struct journey_asking *k, const char *name, const char *label, int64_t fallback, int64_t most);
str journey_text(struct journey_asking *k, const char *name, const char *label, str fallback, const char *hint);
/* Where orders are in several currencies: a select of them; each: the text of the choice of all, NULL when one is to be chosen. "" for all, and where there is one. */
enum err journey_currency(struct journey_asking *k, const char *each, str *out) NODISCARD;
/* What to break down by; absent: nothing. */
str journey_by(struct journey_asking *k);
void journey_put(struct json_writer *w, const char *key, str text);
void journey_put_time(struct json_writer *w, const char *key, const char *unit, int64_t n); /* {"days":7} */
/* top: how many groups stand for themselves, the rest together; 0: all do. */
void journey_put_by(struct journey_asking *k, struct json_writer *w, int64_t top);

/* ---- among.c: of which customers and events, and compared with what ---- */
struct journey_among;
enum err journey_among_ask(struct journey_asking *k) NODISCARD;
void journey_among_put(struct journey_asking *k, struct json_writer *w); /* where, from and to, compare */
void journey_among_where(struct journey_asking *k, struct json_writer *w); /* where alone, for further questions */
void journey_span_put(struct journey_asking *k, struct json_writer *w, struct span s);
struct msg journey_span_name(struct journey_asking *k, struct span s);

/* ---- overlay.c: a journey as it is meant, beside what is ---- */
struct design;
struct json_node;
struct journey_design {       /* what the address asks for; design NULL: as touchpoints are filed */
	const struct design *design;
	const struct design *other; /* an older version to lay over it; NULL: none */
	bool is_before;           /* the period before is laid over it */
};
/* The fields "journey", "version" and "over". */
enum err journey_design_ask(struct journey_asking *k, struct journey_design **out) NODISCARD;
/* Its stages, as a member of a question. */
void journey_design_put(struct json_writer *w, const struct design *d);
str journey_stage_name(struct journey_asking *k, const struct design *d, str key);
/* What is, was and is wanted, a row a stage. */
enum err journey_design_overlay(struct journey_asking *k, const struct journey_design *d, const struct json_node *stages) NODISCARD;

/* ---- behind.c: the customers behind a number ---- */
struct journey_who { /* a field of `members` and its value; NULL: it is left out */
	const char *field;
	const struct json_node *value;
};
/* The address of their list, of fields in braces: journey_behind(k, {"start", start}). Absent to whom customers are not shown. */
#define journey_behind(k, ...) journey_behind_of(k, (const struct journey_who[]){__VA_ARGS__}, COUNT_OF(((const struct journey_who[]){__VA_ARGS__})))
str journey_behind_of(struct journey_asking *k, const struct journey_who *who, size_t n);
struct json_node *journey_whole(struct journey_asking *k, int64_t n);
const struct json_node *journey_flag(bool is);
const struct json_node *journey_word(struct journey_asking *k, str word);

/* ---- journey_api.c ---- */
/* The view that the address names, its form and its question; k has op, w and is_alone. ERR_NOT_FOUND: there is no such view. */
enum err journey_question(struct journey_asking *k) NODISCARD;

/* ---- grid.c: answers as tables ---- */
struct journey_table *journey_table(struct journey_asking *k, const char *key, size_t rows);
void journey_head(struct journey_asking *k, struct journey_table *t, const char *label, bool is_number);
void journey_series(struct journey_asking *k, struct journey_table *t, const char *label); /* of numbers that are drawn */
struct journey_head *journey_head_text(struct journey_table *t, str text); /* of a column of numbers */
struct journey_row *journey_row(struct journey_asking *k, struct journey_table *t, str name);
struct journey_cell *journey_cell(struct journey_asking *k, struct journey_table *t, str text);
/* The share of the widest; absent numbers have no bar. */
void journey_draw(struct journey_asking *k, struct journey_cell *c, double value); /* NaN: nothing */
void journey_bar(struct journey_asking *k, struct journey_cell *c, double share);
str journey_value(struct journey_asking *k, const struct json_node *v);  /* of "by": a name as people read it */
str journey_group(struct journey_asking *k, const struct json_node *owner); /* of its "by", or of all others */
str journey_count(struct journey_asking *k, const struct json_node *owner, const char *key);
str journey_money(struct journey_asking *k, const struct json_node *owner, const char *key, str currency); /* currency "": a plain number */
str journey_share(struct journey_asking *k, double part, double whole);
str journey_seconds(struct journey_asking *k, const struct json_node *owner, const char *key);
str journey_day(struct journey_asking *k, str label, str interval);
double journey_real(const struct json_node *owner, const char *key); /* NaN when it is no number */
const struct json_node *journey_at(const struct json_node *object, const char *key);

enum err journey_home(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err journey_view_get(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err journey_behind_get(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err journey_behind_csv(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err journey_view_csv(struct op *op, struct web *w, struct answer *a) NODISCARD;
#endif
