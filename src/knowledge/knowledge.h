/* knowledge.h: articles that answer what customers ask, one text for agents, bot and pages. An article is a row a language;
 * those of one external id are one article. What is published and public is found by search, in its language.
 * Invariants: an article is there once in a language; what is being written changes nothing that readers see before it is published; an
 * address that an article had once leads to it for good. */
#ifndef KNOWLEDGE_KNOWLEDGE_H
#define KNOWLEDGE_KNOWLEDGE_H
#include "http/web.h"
#include "jobs/jobs.h"
#include "search/search.h"

struct command_io;
enum article_visibility { ARTICLE_PUBLIC, ARTICLE_SIGNED_IN, ARTICLE_INTERNAL, ARTICLE_VISIBILITIES };
extern const char *const ARTICLE_VISIBILITY[]; /* "public", "signed-in", "internal", NULL */
enum { ARTICLE_BODY_BYTES = 1 << 20, ARTICLE_TITLE_BYTES = 1000, ARTICLE_ID_BYTES = 200, ARTICLE_CATEGORY_BYTES = 200 };

struct article {
	id id;
	str external, language, title, body, category; /* body: Markdown */
	int visibility;
	bool is_published;
};
extern const struct desc HELP_DESC, HELP_ARTICLE_DESC, HELP_SEARCH_DESC, HELP_VOTE_DESC;
extern const struct desc ARTICLES_DESC, ARTICLE_PAGE_DESC, ARTICLE_INPUT_DESC, ARTICLE_GAPS_DESC, ARTICLE_MISSED_DESC;

/* Adds or changes the article of that id and language; *changed: it was not there like this. a->id is set.
 * ERR_INVALID with the field. */
enum err article_put(struct op *op, struct article *a, bool *changed) NODISCARD;
/* "en", "zh-Hant": letters, and after a hyphen letters or digits. */
bool article_is_language(str language);

/* The published public articles of a language for a question, the best first; rows owned by op. */
struct help_result {
	str id; /* as imported */
	str title, address, passage, category;
	double score;
};
struct help_results {
	struct help_result *v;
	size_t n;
};
enum err help_find(struct op *op, str language, str question, size_t most, struct help_results *out) NODISCARD;

/* /help/ and its slug, or its id. */
str article_address(struct op *op, id article, str slug);
/* What readers looked for in vain is noted once the op has ended. */
void article_note_missed(struct op *op, str language, str question);
/* What search and lists know it by: title and text, folded. */
str article_folded(struct arena *a, str title, str plain);

/* Markdown as safe HTML (no raw HTML, no scripts in addresses), and as plain text. */
str article_html(struct arena *a, str markdown);
str article_plain(struct arena *a, str markdown);

int article_import(struct app *app, const struct command_io *io, const str *names, size_t n);
int command_search(struct app *app, int argc, const str *argv, const struct command_io *io);

web_handler help_home_get, help_search_get, help_article_get, help_vote_post, help_sitemap_get;
web_handler article_list_get, article_new_get, article_new_post, article_edit_get, article_edit_post, article_version_post, article_unpublish_post, article_remove_post, article_restore_post, article_gaps_get, article_missed_post;
job_fn article_publish_job;

#endif
