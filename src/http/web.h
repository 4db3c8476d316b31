/* web.h: what a handler of a page sees, and what it answers. One handler a resource fills a described struct: a program
 * (Accept: application/json, or ".json" behind the address) gets it as JSON, a browser through the page's template.
 *
 *   enum err product_list_get(struct op *op, struct web *w, struct answer *a)
 *   {
 *       struct product_list *page = ARENA_NEW(&op->arena, struct product_list);
 *       page->q = web_query(w, "q"); …
 *       return answer_with(a, &PRODUCT_LIST_DESC, page);
 *   }
 *
 * Rows of tables/routes.def name handler, permission and template. Before the handler runs: the actor is known and allowed,
 * CSRF is checked, what was acknowledged is applied. Any error becomes problem+json or an error page; a form that was
 * refused is drawn again by the handler itself: it fills the page's faults and answers with status 422. */
#ifndef HTTP_WEB_H
#define HTTP_WEB_H
#include "http/http.h"
#include "op/op.h"

struct web {
	struct http_request *rq;
	struct app *app;
	bool wants_json;      /* the twin was asked for */
	bool is_framed;       /* it stands in a page of another site (WEB_IN_FRAME) */
	str path;             /* of the page, without ".json" */
	str csrf;             /* token of this session; absent for keys */
	str session;          /* its public id; absent for keys */
	str person_name;      /* of whoever is signed in; absent for keys */
	struct router_match *match;
	int64_t unseen_alerts; /* of whoever is signed in */
	uint64_t drawn_after; /* http_published before anything was read */
};
/* Of the route's pattern (":id"), of the address's query ("" when empty, absent when not there). */
str web_parameter(const struct web *w, const char *name);
str web_query(const struct web *w, const char *name);
/* An id out of the pattern: ERR_NOT_FOUND when it is malformed. */
enum err web_id(struct op *op, const struct web *w, const char *name, const char *prefix, id *out) NODISCARD;
/* The body, a form or JSON, into a described struct; faults stay in op->fault (ERR_INVALID), ready to be drawn. */
enum err web_input(struct op *op, const struct web *w, const struct desc *d, void *out) NODISCARD;
bool web_is_form(const struct web *w);
/* The address of this page with one query field set (value absent: taken out) and "cursor" dropped. */
str web_address_with(struct op *op, const struct web *w, const char *name, str value);
str web_origin(struct op *op, const struct web *w); /* scheme and host that the request came to, such as https://cx.example.com */
str web_url(struct op *op, str text); /* percent-encoded, for a query value */

enum { ANSWER_TOPICS = 4 };
struct answer {
	int status;               /* 0 = 200 */
	const struct desc *desc;
	const void *value;
	const char *page;         /* template instead of the route's, e.g. "import/map" */
	str location;             /* 303 (or `status`) to there; JSON clients get 200/201 with desc and value when given, else 204 */
	struct msg notice;        /* shown once on the next page */
	str undo;                 /* address that a POST undoes it at */
	str text, content_type;   /* a body that is no struct (CSV, text, a download) */
	str download_name;
	const char *file;         /* a file on disk instead of text */
	int open_file;            /* the same without a name, closed when it is sent; 0: none */
	str topics[ANSWER_TOPICS]; /* live topics that the page listens to */
	size_t n_topics;
	bool is_private;          /* holds a secret shown once: never kept by any cache, no back/forward */
};
enum err answer_with(struct answer *a, const struct desc *d, const void *value);
enum err answer_redirect(struct answer *a, str location);
/* Draws the form again: status 422 with the page's own struct, and clears op's fault so that nothing else is said. */
enum err answer_refused(struct op *op, struct answer *a, const struct desc *d, const void *value);

/* Pieces that pages share (pages/SHAPES.md). */
struct option {
	str value, label;
	bool is_selected;
};
struct input {
	str value;
	struct msg error;
};
struct form_fault {
	str field;
	struct msg text;
};
struct figure_other { /* the same of another currency: amounts are never added to those of the first */
	str currency;
	struct msg value;
	double number;
	struct msg change, n, interval;
};
struct figure {
	str key;
	struct msg name, value;
	double number;
	str currency;  /* of the number, when it is money of a stated one */
	struct msg change;
	int move;      /* enum figure_move */
	int direction; /* enum figure_direction */
	struct msg n, interval, definition;
	str points, end_x, end_y;
	struct msg trend;
	str customers;
	struct msg target;         /* the distance to it; absent without one */
	bool is_target_met;
	str target_width, target_x, target_owner; /* drawing: value and target, "0" to "100" */
	LIST_OF(struct figure_other) others;
	bool has_others;
	str target_set;            /* where to set it; absent when that makes no sense or is not allowed */
};
enum figure_move { FIGURE_MOVE_UP, FIGURE_MOVE_DOWN, FIGURE_MOVE_SAME, FIGURE_MOVE_UNKNOWN };
enum figure_direction { FIGURE_BETTER, FIGURE_WORSE, FIGURE_SAME, FIGURE_UNKNOWN };
extern const struct desc OPTION_DESC, INPUT_DESC, FORM_FAULT_DESC, FIGURE_DESC;
/* Texts of msg keys need static life: keys made at run time are copied here into the op's arena. */
struct msg msg_of(const char *key);
struct msg msg_int(const char *key, const char *name, int64_t value);
struct msg msg_str(const char *key, const char *name, str value);
/* With a fault's words, shown in the reader's language (i18n_reason). */
struct msg msg_reason(struct op *op, const char *key, const char *name, const char *english);
void msg_add(struct msg *m, struct msg_arg arg);
/* The first of f's faults, with its field, in the reader's language. */
str web_fault_words(struct op *op, const struct fault *f);
/* The faults of op->fault as a form shows them; *n of them. */
struct form_fault *web_faults(struct op *op, size_t *n);

typedef enum err web_handler(struct op *op, struct web *w, struct answer *a);
struct web_route {
	const char *method, *pattern;
	web_handler *handler;
	int permission;           /* enum permission; WEB_ANYBODY, WEB_SIGNED_IN, WEB_BY_LINK, WEB_IN_FRAME */
	const char *page;         /* template; NULL: only JSON or other bodies */
	const struct desc *answer, *input; /* for OpenAPI; NULL when none */
	const char *doc;
};
/* By link: anybody, and no CSRF token is asked for, since the address itself holds the proof. In frame: the same for what pages of other
 * sites ask for: no cookie is read or set, whoever is signed in is nobody there, language and theme come with the address. */
enum { WEB_ANYBODY = -1, WEB_SIGNED_IN = -2, WEB_BY_LINK = -3, WEB_IN_FRAME = -4 };
#endif
