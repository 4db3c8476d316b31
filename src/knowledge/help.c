#include "knowledge/knowledge.h"

enum { PASSAGE_BYTES = 320 };

enum err help_find(struct op *op, str language, str question, size_t most, struct help_results *out)
{
	struct search_hits hits;
	*out = (struct help_results){0};
	TRY(search_rank(op, SEARCH_ARTICLE, language, question, most, &hits));
	str rest = language, primary = str_cut(&rest, '-');
	if (!hits.n && primary.n < language.n) TRY(search_rank(op, SEARCH_ARTICLE, primary, question, most, &hits)); /* zh-Hant reads zh */
	out->v = ARENA_ARRAY(&op->arena, struct help_result, hits.n + 1);
	for (size_t i = 0; i < hits.n; i++) {
		struct db_rows row;
		TRY(op_query(op, SQL_article_public, DB_ARGS(db_id(hits.v[i].of)), &row));
		if (!row.n) continue; /* taken back a moment ago */
		out->v[out->n++] = (struct help_result){
			.id = db_rows_text(&row, 0, 0),
			.title = db_rows_text(&row, 0, 1),
			.passage = search_passage(&op->arena, db_rows_text(&row, 0, 6), &hits, PASSAGE_BYTES),
			.category = db_rows_text(&row, 0, 3),
			.address = article_address(op, hits.v[i].of, db_rows_text(&row, 0, 7)),
			.score = hits.v[i].score,
		};
	}
	return OK;
}
