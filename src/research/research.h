/* research.h: what is known of customers without counting: interviews, observation, visits, market and consumer research,
 * competitors' offers; filed by stage, topic and persona with source and day, with a link or the file itself, found by words and
 * quoted beside the figures. Invariant: never an answer, a touchpoint or part of a figure. */
#ifndef RESEARCH_RESEARCH_H
#define RESEARCH_RESEARCH_H
#include "http/web.h"

extern const char *const RESEARCH_KINDS[]; /* "interview", "observation", "visit", "market", "competitor", "other", NULL */
enum { RESEARCH_KINDS_N = 6, RESEARCH_FILE_BYTES = 16 << 20 };

struct research {
	id id;
	int kind, stage;
	str title, text, link, source, topic, persona, file_name, file_type, made_by, address, quote;
	int64_t day, file_bytes, made_at;
};
extern const struct desc RESEARCH_DESC;
/* At most `most` whose title or text fits the words (as src/search has them), latest first; quote is their beginning. */
enum err research_find(struct op *op, str words, size_t most, struct research **out, size_t *n) NODISCARD;

web_handler research_list_get, research_post, research_get, research_change_post, research_remove_post, research_restore_post, research_file_get;
extern const struct desc RESEARCH_LIST_DESC, RESEARCH_INPUT_DESC, RESEARCH_PAGE_DESC;
#endif
