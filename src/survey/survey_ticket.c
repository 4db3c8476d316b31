/* survey_ticket.c: links for one answer each, for whoever asks people that Hospes does not know, or must not know: they are handed out,
 * printed or sent by other means. They are kept nowhere: what is made is a file, and what is used leaves a mark (survey_link.c) that
 * stands beside nothing of the answer. Who hands them out by name knows who holds which, and still not who answered what. */
#include "audit/audit.h"
#include "base/buf.h"
#include "base/datetime.h"
#include "json/desc.h"
#include "survey/survey_inner.h"

enum { MOST = 5000, USUAL_DAYS = 30, MOST_DAYS = 365, LINE_BYTES = 600 };

struct survey_tickets_input {
	int64_t count, days;
};
static const struct desc_field INPUT_FIELDS[] = {
	FIELD(survey_tickets_input, count, DESC_INT, .min = 1, .max = MOST, .flags = DESC_REQUIRED),
	FIELD(survey_tickets_input, days, DESC_INT, .min = 1, .max = MOST_DAYS, .doc = "they work so long; 30 when not given"),
};
const struct desc SURVEY_TICKETS_INPUT_DESC = DESC(survey_tickets_input, INPUT_FIELDS);

enum err survey_tickets_post(struct op *op, struct web *w, struct answer *a)
{
	struct survey_tickets_input in = {.days = DESC_NULL_INT};
	struct survey s;
	struct buf b;
	TRY(survey__named(op, w, &s));
	TRY(web_input(op, w, &SURVEY_TICKETS_INPUT_DESC, &in));
	if (s.state != SURVEY_OPEN) return fail(op, ERR_STATE, "", "only an open survey has links");
	int64_t days = in.days == DESC_NULL_INT || !in.days ? USUAL_DAYS : in.days;
	buf_init(&b, (size_t)in.count * LINE_BYTES + LINE_BYTES);
	buf_add(&b, S("link\r\n"));
	for (int64_t i = 0; i < in.count; i++) {
		buf_add(&b, survey_address(op, w, survey__ticket_make(op, s.id, op->now_ms + days * DAY_MS)));
		buf_add(&b, S("\r\n"));
	}
	a->text = str_dup(&op->arena, buf_str(&b));
	buf_release(&b);
	a->content_type = S("text/csv; charset=utf-8");
	a->download_name = str_fmt(&op->arena, "%.*s.csv", STR_ARG(s.name));
	return audit_write(op, "survey_tickets_made", "survey", s.id, STR_NONE, str_fmt(&op->arena, "%lld", (long long)in.count));
}
