/* article_row.h: an article as the console shows it; of this folder only. */
#ifndef KNOWLEDGE_ARTICLE_ROW_H
#define KNOWLEDGE_ARTICLE_ROW_H
#include "knowledge/knowledge.h"

struct article_row {
	id id, owner;
	str external, address, title, language, language_name, dir, body, category, slug, owner_name, help_address;
	int visibility;
	bool is_published, is_draft, is_in_review, is_review_due, is_judged;
	struct msg state;
	int64_t publish_at, review_on, changed_at, votes, helped;
	double helped_share;
};
extern const struct desc ARTICLE_ROW_DESC;
void article__fill(struct op *op, const struct db_rows *r, size_t i, struct article_row *out);
/* ERR_NOT_FOUND. */
enum err article__get(struct op *op, id article, struct article_row *out) NODISCARD;
str article__language_name(str code);
str article__direction(str language);
#endif
