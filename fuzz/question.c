/* Any bytes as a question: it is read or refused naming why; what is read is within its limits. */
#include <stdlib.h>

#include "base/arena.h"
#include "fuzz.h"
#include "i18n/zone.h"
#include "query/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a;
	struct query q;
	struct fault f = {0};
	arena_init(&a);
	enum err e = query_read(&a, zone_find(S("Europe/Athens")), (str){(const char *)data, n}, &q, &f);
	if (e != OK && f.n_fields == 0) abort();
	if (e == OK && (q.range.has_from && q.range.has_to && q.range.from_ms >= q.range.to_ms)) abort();
	if (e == OK && (q.limit < 0 || q.cells < 0 || q.cells > QUERY_MAX_CELLS || (q.interval.unit == QUERY_DAYS && q.interval.days < 1))) abort();
	if (e == OK && q.kind == QUERY_RETENTION && ((q.start.n == 0 && !q.start.where) || (q.again.n == 0 && !q.again.where))) abort();
	arena_release(&a);
	return 0;
}
