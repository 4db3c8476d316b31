/* survey_go.c: from one page to the next: what was sent is looked through, and what is asked next follows from it. */
#include <sodium.h>
#include <string.h>

#include "i18n/i18n.h"
#include "json/desc.h"
#include "survey/survey_inner.h"

enum { SUBMISSION_BYTES = 15, SUBMISSION_LEAST = 16 };
static const char *const GOES[] = {"next", "back", "finish", NULL};
static const struct desc_field SENT_FIELDS[] = {
	FIELD(survey_sent, submission, DESC_STR, .max = SURVEY_SUBMISSION_MOST),
	FIELD(survey_sent, go, DESC_ENUM, .names = GOES, .doc = "next when not given; finish leaves the rest out"),
	FIELD(survey_sent, from, DESC_INT, .min = 0, .max = SURVEY_QUESTIONS, .doc = "of the page that is sent; not given: these are all answers"),
	FIELD(survey_sent, customer, DESC_STR, .max = 600, .flags = DESC_OMIT, .doc = "of an entry by hand: id or identity (kind:value) of whose answer it is"),
	FIELD(survey_sent, channel, DESC_STR, .max = 10, .flags = DESC_OMIT, .doc = "of an entry by hand: phone or paper"),
	FIELD(survey_sent, at, DESC_STR, .max = 40, .flags = DESC_OMIT, .doc = "of an entry by hand: when it was answered; now when not given"),
	FIELD(survey_sent, answers, DESC_LIST, .item = DESC_STRUCT, .of = &SURVEY_GIVEN_DESC),
};
const struct desc SURVEY_SENT_DESC = DESC(survey_sent, SENT_FIELDS);

str survey__new_submission(struct op *op)
{
	unsigned char random[SUBMISSION_BYTES];
	randombytes_buf(random, sizeof random);
	return str_base64url(&op->arena, random, sizeof random);
}

bool survey__is_submission(str text)
{
	if (text.n < SUBMISSION_LEAST || text.n > SURVEY_SUBMISSION_MOST) return false;
	for (size_t i = 0; i < text.n; i++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", text.p[i])) return false;
	return true;
}

void survey__take(struct sitting *x, const struct survey_sent *in)
{
	const struct survey_definition *d = &x->s->definition;
	x->given = ARENA_ARRAY(&x->op->arena, const struct survey_given *, d->questions.n + 1);
	for (size_t i = 0; i < in->answers.n; i++) {
		size_t at = survey__find(d, in->answers.v[i].question);
		if (at < d->questions.n && !x->given[at]) x->given[at] = &in->answers.v[i];
	}
	survey__sit(x);
}

static const char *fault_of(const struct sitting *x, size_t i)
{
	const struct survey_question *q = &x->s->definition.questions.v[i];
	struct survey_kept *kept;
	size_t n;
	return x->asked[i] ? survey__read(x->op, q, survey__first(x->s, q), x->given[i], &kept, &n) : NULL;
}

static bool has_fault(const struct sitting *x, size_t page)
{
	for (size_t i = x->starts[page]; i < survey__page_end(x, page); i++)
		if (fault_of(x, i)) return true;
	return false;
}

static struct survey_answer *draw_again(struct sitting *x, size_t page, str action)
{
	struct survey_answer *out = survey__draw(x, page, action);
	for (size_t i = 0; i < out->questions.n; i++) {
		struct ask_question *q = &out->questions.v[i];
		const char *fault = fault_of(x, (size_t)q->at);
		if (!fault) continue;
		q->fault = msg_of(fault);
		out->faults.v[out->faults.n++] = (struct form_fault){str_fmt(&x->op->arena, "q%lld", (long long)q->at), q->fault};
	}
	return out;
}

/* The page that begins with a question, or holds it. */
static size_t page_of(const struct sitting *x, int64_t from)
{
	size_t page = 0;
	while (page + 1 < x->n_pages && (int64_t)x->starts[page + 1] <= from) page++;
	return page;
}

static size_t before(const struct sitting *x, size_t page)
{
	size_t at = page;
	while (at > 0 && !survey__page_is_asked(x, --at)) {}
	return survey__page_is_asked(x, at) ? at : page;
}

struct survey_answer *survey__go(struct sitting *x, const struct survey_sent *in, str action)
{
	bool is_all = in->from == DESC_NULL_INT;
	size_t here = is_all ? x->n_pages : page_of(x, in->from);
	if (in->go == SURVEY_BACK && !is_all) return survey__draw(x, before(x, here), action);
	for (size_t page = 0; page < x->n_pages; page++) {
		if (!survey__page_is_asked(x, page)) continue;
		bool is_new = page > here;
		if (has_fault(x, page)) return is_new ? survey__draw(x, page, action) : draw_again(x, page, action);
		if (is_new && in->go != SURVEY_FINISH) return survey__draw(x, page, action);
	}
	return NULL;
}
