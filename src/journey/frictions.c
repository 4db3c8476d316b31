/* What hurts on the journey, for whoever asks beside the views: found once, kept while it stays right. */
#include <math.h>

#include "i18n/i18n.h"
#include "journey/frictions.h"
#include "json/json.h"
#include "order/currency.h"
#include "pulse/kept.h"
#include "pulse/question.h"

struct kept_frictions {
	struct friction_found *v;
	size_t n;
};

static double real(const struct json_node *n, const char *name)
{
	const struct json_node *v = json_get(n, str_of(name));
	double d;
	return v && v->type == JSON_NUMBER && str_f64(v->text, &d) ? d : NAN;
}

struct friction_found journey_friction_read(const struct json_node *f)
{
	struct friction_found x = {.key = json_get_str(f, S("name")), .kind = json_get_str(f, S("kind")), .stage = json_get_str(f, S("stage")), .event = json_get_str(f, S("event")), .end = json_get_str(f, S("end")),
		.within_s = real(f, "within_s"), .share = real(f, "share"), .money = real(f, "money"), .low = real(f, "low"), .high = real(f, "high")};
	json_get_i64(f, S("customers"), &x.customers);
	json_get_i64(f, S("exposed"), &x.exposed);
	return x;
}

str journey_friction_name(struct op *op, const struct friction_found *f)
{
	struct msg m = msg_str(str_fmt(&op->arena, "journey_friction_%.*s", STR_ARG(f->kind)).p, "event", f->event);
	msg_add(&m, (struct msg_arg){.name = "end", .type = MSG_STR, .s = f->end});
	msg_add(&m, (struct msg_arg){.name = "within", .type = MSG_STR, .s = isnan(f->within_s) ? S("–") : i18n_duration(&op->arena, &op->locale, (int64_t)(f->within_s * 1000))});
	return i18n_msg(&op->arena, &op->locale, &m);
}

static void keep_texts(struct arena *a, struct friction_found *x, str currency)
{
	str *const texts[] = {&x->key, &x->kind, &x->stage, &x->event, &x->end};
	for (size_t i = 0; i < COUNT_OF(texts); i++) *texts[i] = str_dup(a, *texts[i]);
	x->currency = currency;
}

static enum err find(struct op *op, struct arena *a, void *arg, void **out)
{
	struct kept_frictions *k = *out = ARENA_NEW(a, struct kept_frictions);
	const struct json_node *answer;
	str text, currency;
	(void)arg;
	TRY(order_currency(op, a, &currency));
	TRY(question_answer(op, currency.n ? str_fmt(&op->arena, "{\"kind\":\"journey\",\"currency\":\"%.*s\"}", STR_ARG(currency)) : S("{\"kind\":\"journey\"}"), &text));
	TRY(json_tree(&op->arena, text, text.n + 1, &answer, &op->fault));
	const struct json_node *list = json_get(answer, S("frictions"));
	k->v = ARENA_ARRAY(a, struct friction_found, (list ? list->n : 0) + 1);
	for (const struct json_node *f = list ? list->child : NULL; f; f = f->next) {
		struct friction_found *x = &k->v[k->n];
		*x = journey_friction_read(f);
		if (!x->customers) continue;
		keep_texts(a, x, currency);
		k->n++;
	}
	return OK;
}

enum err journey_frictions(struct op *op, const struct friction_found **out, size_t *n)
{
	str state;
	void *found;
	TRY(kept_state(op, &state));
	TRY(kept_get(op, str_fmt(&op->arena, "frictions %.*s", STR_ARG(state)), find, NULL, &found));
	*out = ((struct kept_frictions *)found)->v;
	*n = ((struct kept_frictions *)found)->n;
	return OK;
}
