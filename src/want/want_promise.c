/* A promise is answered by the first touchpoint that keeps or breaks it after it was made; where both name an order, it must be
 * the same one. What names something that nothing else names (a refund often has a number of its own) says nothing of whose it is.
 * Two promises of a kind about the same order are one: the later word counts, as does a further step that names no order (a
 * return that was asked for, then received). */
#include "base/datetime.h"
#include "i18n/i18n.h"
#include "want/want_inner.h"

enum { PROMISES_MOST = 50 };

static const struct promise {
	const char *name, *made, *kept, *broken;
	int days;
} PROMISES[] = {
#define PROMISE(name, made, kept, broken, days) {#name, made, kept, broken, days},
#include "promises.def"
#undef PROMISE
};
const char *const WANT_KEEPINGS[] = {"kept", "late", "broken", "open", "overdue", NULL};

static bool is_one_of(str event, const char *names)
{
	for (str rest = str_of(names); rest.n;)
		if (str_eq(str_cut(&rest, '|'), event)) return true;
	return false;
}

static str about(const struct customer_touchpoint *t)
{
	static const char *const names[] = {"order_id", "ticket_id", "return_id", "call_id", "appointment_id", "quote_id", "id"};
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		str s = want__detail(t, names[i]);
		if (s.n) return s;
	}
	return STR_NONE;
}

static bool is_named_elsewhere(const struct want__past *past, const struct customer_touchpoint *t)
{
	for (size_t i = 0; i < past->n; i++)
		if (past->v[i] != t && str_eq(about(past->v[i]), about(t))) return true;
	return false;
}

static bool is_about_same(const struct want__past *past, const struct customer_touchpoint *made, const struct customer_touchpoint *end)
{
	str x = about(made), y = about(end);
	return !x.n || !y.n || str_eq(x, y) || !is_named_elsewhere(past, end);
}

static int64_t due_of(const struct customer_touchpoint *t, const struct promise *p)
{
	static const char *const names[] = {"by", "promised_at", "expected_at", "estimated_delivery", "expected_delivery", "due"};
	int64_t ms;
	bool has_zone;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (datetime_parse(want__detail(t, names[i]), &ms, &has_zone)) return ms % DAY_MS ? ms : ms + DAY_MS - 1;
	return p->days ? t->time + p->days * DAY_MS : DESC_NULL_INT;
}

static bool is_said_again(const struct promise *p, const struct want__past *past, size_t i)
{
	for (size_t k = i + 1; k < past->n; k++) {
		if (is_one_of(past->v[k]->event, p->kept) || is_one_of(past->v[k]->event, p->broken)) return false;
		if (!is_one_of(past->v[k]->event, p->made) || !about(past->v[i]).n) continue;
		str later = about(past->v[k]);
		if (later.n ? str_eq(about(past->v[i]), later) : !str_eq(past->v[i]->event, past->v[k]->event)) return true;
	}
	return false;
}

static void judge(struct op *op, const struct promise *p, const struct want__past *past, size_t i, struct want_promise *out)
{
	const struct customer_touchpoint *made = past->v[i];
	*out = (struct want_promise){.name = str_of(p->name), .made = made->event, .made_at = made->time, .due_at = due_of(made, p), .ended_at = DESC_NULL_INT, .ended = STR_NONE};
	out->label = i18n_pattern(op->locale.lang, str_fmt(&op->arena, "promise_%s", p->name));
	out->keeping = out->due_at != DESC_NULL_INT && op->now_ms > out->due_at ? WANT_OVERDUE : WANT_OPEN;
	for (size_t k = i + 1; k < past->n; k++) {
		const struct customer_touchpoint *t = past->v[k];
		bool keeps = is_one_of(t->event, p->kept), breaks = is_one_of(t->event, p->broken);
		if ((!keeps && !breaks) || !is_about_same(past, made, t)) continue;
		out->ended_at = t->time;
		out->ended = t->event;
		out->keeping = breaks ? WANT_BROKEN : out->due_at != DESC_NULL_INT && t->time > out->due_at ? WANT_LATE : WANT_KEPT;
		return;
	}
}

void want__promises(struct op *op, const struct want__past *past, struct want *out)
{
	out->promises.v = ARENA_ARRAY(&op->arena, struct want_promise, PROMISES_MOST);
	for (size_t i = past->n; i-- > 0 && out->promises.n < PROMISES_MOST;)
		for (size_t k = 0; k < COUNT_OF(PROMISES) && out->promises.n < PROMISES_MOST; k++) {
			if (!is_one_of(past->v[i]->event, PROMISES[k].made) || is_said_again(&PROMISES[k], past, i)) continue;
			struct want_promise *p = &out->promises.v[out->promises.n++];
			judge(op, &PROMISES[k], past, i, p);
			out->promises_ended += p->keeping != WANT_OPEN;
			out->promises_kept += p->keeping == WANT_KEPT;
		}
}
