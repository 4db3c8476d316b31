/* research.h: what is known of customers without counting: interviews, observation, visits, market and consumer research,
 * competitors' offers; filed by stage, topic and persona with source and day, with a link or the file itself, found by words and
 * quoted beside the figures. Invariant: never an answer, a touchpoint or part of a figure. */
#ifndef RESEARCH_RESEARCH_H
#define RESEARCH_RESEARCH_H
#include "http/web.h"
#include "jobs/jobs.h"

extern const char *const RESEARCH_KINDS[]; /* "interview", "observation", "visit", "market", "competitor", "other", NULL */
extern const char *const RESEARCH_FILE_STATES[];
enum { RESEARCH_KINDS_N = 6, RESEARCH_FILE_BYTES = 16 << 20 };
/* How far the words of its file are known; stored. */
enum research_file_state { RESEARCH_FILE_UNREAD, RESEARCH_FILE_READ, RESEARCH_FILE_CUT, RESEARCH_FILE_WORDLESS, RESEARCH_FILE_DAMAGED, RESEARCH_FILE_SLOW, RESEARCH_FILE_OTHER };


struct research {
	id id;
	int kind, stage, file_state;
	str title, text, link, source, topic, topic_label, persona, file_name, file_type, made_by, address, quote;
	int64_t day, file_bytes, made_at;
};
extern const struct desc RESEARCH_DESC;
/* Files one by the program itself: kind to day, made_by; id is set. */
enum err research_add(struct op *op, struct research *r) NODISCARD;
/* At most `most` whose title, text or file fits the words (as src/search has them), latest first; quote is what holds the words. */
enum err research_find(struct op *op, str words, size_t most, struct research **out, size_t *n) NODISCARD;

/* At most `most` filed under one of the topics, or of the persona (absent: none), however they are written; latest first. */
enum err research_about(struct op *op, const str *topics, size_t n_topics, str persona, size_t most, struct research **out, size_t *n) NODISCARD;

/* Reads the words of files that were not read yet, each in a confined process. */
#define RESEARCH_READ_JOB "research_read"
job_fn research_read_job;

web_handler research_list_get, research_post, research_get, research_change_post, research_remove_post, research_restore_post, research_file_get;
extern const struct desc RESEARCH_LIST_DESC, RESEARCH_INPUT_DESC, RESEARCH_PAGE_DESC;
#endif
