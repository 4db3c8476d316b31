/* site.h: web sites of the organisation on which Hospes speaks by one script, /hospes.js. A site has a public key, its id, which holds for
 * pages of its own addresses only; a survey is shown on at most one site, by its rules of where, when and to how many.
 * Invariants: nothing is set on a visitor's machine; the key lets nobody read anything that a page of the site does not show. */
#ifndef SITE_SITE_H
#define SITE_SITE_H
#include "http/web.h"

#define SITE_SCRIPT "/hospes.js"

struct site {
	id id;
	str name;
	str origins; /* a line each: "https://shop.example.com", or with *. before a name: all below it */
};
enum site_kind { SITE_POPUP, SITE_INLINE };
extern const char *const SITE_KINDS[];
enum site_start { SITE_ON_ARRIVAL, SITE_ON_SCROLL, SITE_ON_EXIT, SITE_ON_EVENT };
extern const char *const SITE_STARTS[];
struct site_showing {
	id survey, site;
	bool is_on;
	int kind, starts;
	str places; /* patterns of paths, a line each; "": everywhere */
	str event;
	int64_t scroll_pct, delay_s, percent, gap_days;
};

enum err site_all(struct op *op, struct site **out, size_t *n) NODISCARD;
enum err site_get(struct op *op, id site, struct site *out) NODISCARD; /* ERR_NOT_FOUND */
/* Of a survey; *has: whether there is one. */
enum err site_showing_get(struct op *op, id survey, struct site_showing *out, bool *has) NODISCARD;
/* What is shown on a site now. */
enum err site_showings(struct op *op, id site, struct site_showing **out, size_t *n) NODISCARD;

/* "Shop.Example.com/ " → "https://shop.example.com"; false: it is no address of a site. */
bool site_read_origin(struct arena *a, str given, str *out);
/* Whether a browser's Origin is one of the lines. */
bool site_has_origin(str origins, str origin);
/* ERR_DENIED with the reason, counted, where the request comes from a page that is none of the site's and none of ours. */
enum err site_admit(struct op *op, const struct web *w, const struct site *s) NODISCARD;
/* The page may stand in frames of the site's pages. */
void site_set_framed(struct op *op, const struct web *w, const struct site *s);
enum err site_add(struct op *op, str name, str origins, id *out) NODISCARD;
/* What proves that the site's own server names a user: hex of HMAC-SHA256 of the user's id by the site's secret. */
str site_secret(struct op *op, id site);
str site_proof(struct op *op, id site, str user);

extern const struct desc SITES_DESC, SITE_INPUT_DESC, SITE_SHOWING_PAGE_DESC, SITE_SHOWING_INPUT_DESC, SITE_PREVIEW_DESC, SITE_PAGE_DESC, SITE_ASK_DESC, SITE_ASKED_DESC;
web_handler site_list_get, site_post, site_change_post, site_remove_post, site_restore_post, site_showing_page_get, site_showing_post, site_preview_get;
web_handler site_page_get, site_ask_post, site_frame_get, site_frame_post, site_step_post;
#endif
