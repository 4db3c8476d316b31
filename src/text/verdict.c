#include "text/verdict.h"

#include <math.h>

#include "base/arena.h"
#include "base/buf.h"
#include "text/text.h"

enum { NAMES_BYTES = 64 << 10, SIGNALS_MOST = 8 };

static str kept(struct arena *a, struct buf *b)
{
	str out = str_dup(a, buf_str(b));
	buf_release(b);
	return out;
}

void text_judge(struct arena *a, str text, const struct text_own *own, struct text_verdict *out)
{
	static const char *const kinds[] = {"emotion", "effort", "urgency", "request"};
	struct text_reading *r = ARENA_NEW(a, struct text_reading);
	struct buf b;
	text_read(a, text.n ? text : S(""), own, r);
	*out = (struct text_verdict){.language = str_dup(a, str_of(r->language.code)), .sentiment = str_given(r->sentiment) ? str_dup(a, r->sentiment) : STR_NONE};
	if (str_given(r->sentiment) && !str_eq(r->sentiment, S("pos")) && !str_eq(r->sentiment, S("neg"))) out->sentiment = S("neu");
	buf_init(&b, NAMES_BYTES);
	for (size_t i = 0; i < r->n_found; i++) buf_fmt(&b, "%.*s\n", STR_ARG(topics_name(r->topics, r->found[i].topic)));
	out->topics = kept(a, &b);
	buf_init(&b, NAMES_BYTES);
	for (size_t k = 0; k < COUNT_OF(kinds); k++) {
		str names[SIGNALS_MOST];
		size_t n = text_signals(r, kinds[k], names, SIGNALS_MOST);
		for (size_t i = 0; i < n; i++) buf_fmt(&b, "%s/%.*s\n", kinds[k], STR_ARG(names[i]));
	}
	out->signals = kept(a, &b);
	str why[TEXT_WHY];
	size_t n_why = text_why(r, text.n ? text : S(""), why);
	buf_init(&b, NAMES_BYTES);
	for (size_t i = 0; i < n_why; i++) buf_fmt(&b, "%.*s\n", STR_ARG(why[i]));
	out->why = kept(a, &b);
	out->score = str_given(r->sentiment) ? r->score : NAN;
}
