/* A change is said in the reader's words and judged only where it means something: a share whose change may be chance is
 * "neither better nor worse". Lines are drawn on the scale from nothing to their highest point, so that a small wobble does
 * not look like a fall. */
#include "pulse/figure.h"

enum { WIDE = 120, HIGH = 32 };
static const double SAME = 0.0005; /* what rounds to 0.0 % is no change */

struct measure measure_count(int64_t n)
{
	return (struct measure){.number = (double)n};
}

struct measure measure_share(double part, double whole)
{
	return (struct measure){.number = whole > 0 ? part / whole : NAN};
}

/* A decimal holds 18 digits: an amount that has more loses its last ones, never its size. */
struct measure measure_micro(__int128 micro)
{
	int exponent = -6;
	while (micro > INT64_C(999999999999999999) || micro < -INT64_C(999999999999999999)) {
		micro /= 10;
		exponent++;
	}
	while (micro && micro % 10 == 0) {
		micro /= 10;
		exponent++;
	}
	struct decimal d = {(int64_t)micro, micro ? (int8_t)exponent : 0};
	return (struct measure){.number = decimal_to_double(d), .amount = d};
}

struct measure measure_micro_mean(__int128 micro, int64_t n)
{
	if (n <= 0) return MEASURE_NONE;
	__int128 half = micro < 0 ? -n / 2 : n / 2;
	return measure_micro((micro + half) / n);
}

static const struct desc_field AMOUNT_FIELDS[] = {
	FIELD(figure_amount, label, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(figure_amount, revenue, DESC_MONEY),
};
const struct desc FIGURE_AMOUNT_DESC = DESC(figure_amount, AMOUNT_FIELDS);

struct figure_amount figure_amount_in(struct op *op, __int128 micro, str currency)
{
	struct msg label = msg_str("revenue_in", "currency", currency.n ? currency : S("–"));
	return (struct figure_amount){i18n_msg(&op->arena, &op->locale, &label), {measure_micro(micro).amount, currency}};
}

/* Texts isolate what stands in them from the words around; amounts beside each other want the same of each other. */
struct msg_arg figure_amounts(struct op *op, const char *name, const struct money *v, size_t n)
{
	bool is_rtl = lang_is_rtl(op->locale.lang);
	str text = S("");
	if (n == 1) return (struct msg_arg){.name = name, .type = MSG_MONEY, .money = v[0]};
	for (size_t i = 0; i < n; i++) {
		str amount = i18n_money(&op->arena, &op->locale, v[i]);
		text = str_fmt(&op->arena, "%.*s%s%s%.*s%s", STR_ARG(text), i ? " + " : "", is_rtl ? "\u2068" : "", STR_ARG(amount), is_rtl ? "\u2069" : "");
	}
	return (struct msg_arg){.name = name, .type = MSG_STR, .s = text};
}

struct msg_arg figure_arg(const char *name, enum metric_unit unit, struct measure m, str currency)
{
	struct msg_arg arg = {.name = name};
	switch (unit) {
	case METRIC_UNIT_DAYS:
	case METRIC_UNIT_COUNT: arg.type = MSG_INT, arg.i = (int64_t)m.number; break;
	case METRIC_UNIT_SHARE: arg.type = MSG_SHARE, arg.d = m.number; break;
	case METRIC_UNIT_MONEY: arg.type = MSG_MONEY, arg.money = (struct money){m.amount, currency}; break;
	}
	return arg;
}

static struct msg value_of(enum metric_unit unit, struct measure m, str currency)
{
	static const char *const KEYS[] = {[METRIC_UNIT_COUNT] = "value_int", [METRIC_UNIT_SHARE] = "value_share", [METRIC_UNIT_MONEY] = "value_money", [METRIC_UNIT_DAYS] = "value_days"};
	struct msg out = msg_of(isnan(m.number) ? "value_none" : KEYS[unit]);
	if (!isnan(m.number)) msg_add(&out, figure_arg("value", unit, m, currency));
	return out;
}

static void judge(const struct figure_of *of, struct figure *out)
{
	const struct metric *row = &METRICS[of->metric];
	double now = of->now.number, before = of->before.number;
	out->change = msg_of("change_none");
	out->move = FIGURE_MOVE_UNKNOWN;
	out->direction = FIGURE_UNKNOWN;
	bool is_share = row->unit == METRIC_UNIT_SHARE;
	if (!of->is_compared || isnan(now) || isnan(before) || (!is_share && before <= 0)) return;
	double change = is_share ? now - before : now / before - 1;
	if (fabs(change) < SAME) {
		out->change = msg_of("change_same");
		out->move = FIGURE_MOVE_SAME;
		out->direction = FIGURE_SAME;
		return;
	}
	bool is_up = change > 0;
	out->change = msg_of(is_share ? (is_up ? "change_points_up" : "change_points_down") : is_up ? "change_up" : "change_down");
	if (is_share) msg_add(&out->change, (struct msg_arg){.name = "points", .type = MSG_REAL, .d = round(fabs(change) * 1000) / 10});
	else msg_add(&out->change, (struct msg_arg){.name = "share", .type = MSG_SHARE, .d = fabs(change)});
	out->move = is_up ? FIGURE_MOVE_UP : FIGURE_MOVE_DOWN;
	if (row->direction != METRIC_BETTER_NONE && !of->may_be_chance) out->direction = is_up == (row->direction == METRIC_BETTER_UP) ? FIGURE_BETTER : FIGURE_WORSE;
}

static double height(const struct measure *m, double most)
{
	double share = most <= 0 ? 0 : m->number / most;
	return HIGH * (1 - fmin(1, fmax(0, share)));
}

static str coordinate(struct op *op, double v)
{
	struct decimal d;
	return decimal_of_double(round(v * 10) / 10, &d) ? decimal_show(&op->arena, d) : S("0");
}

/* Times without a value (no order to take the mean of) are left out of the line and of its words: drawn as nothing they
 * would look like a fall to zero. */
static void draw(struct op *op, const struct figure_of *of, struct figure *out)
{
	double most = 0;
	size_t n = of->n_points, n_known = 0, first = 0, last = 0;
	str *parts = ARENA_ARRAY(&op->arena, str, n + 1);
	for (size_t i = 0; i < n; i++)
		if (of->points[i].number > most) most = of->points[i].number;
	for (size_t i = 0; i < n; i++) {
		if (isnan(of->points[i].number)) continue;
		str x = coordinate(op, WIDE * (double)i / (double)(n - 1 ? n - 1 : 1)), y = coordinate(op, height(&of->points[i], most));
		if (!n_known) first = i;
		last = i;
		parts[n_known++] = str_fmt(&op->arena, "%.*s,%.*s", STR_ARG(x), STR_ARG(y));
		out->end_x = x;
		out->end_y = y;
	}
	if (n_known < 2) return;
	out->points = str_join(&op->arena, parts, n_known, S(" "));
	enum metric_unit unit = METRICS[of->metric].unit;
	out->trend = msg_of("trend_from_to");
	msg_add(&out->trend, figure_arg("first", unit, of->points[first], of->currency));
	msg_add(&out->trend, figure_arg("last", unit, of->points[last], of->currency));
	msg_add(&out->trend, (struct msg_arg){.name = "from", .type = MSG_DATE, .i = of->days[first]});
	msg_add(&out->trend, (struct msg_arg){.name = "to", .type = MSG_DATE, .i = of->days[last]});
}

struct msg figure_interval(enum metric_key metric, struct interval i, int64_t n, str currency)
{
	const struct metric *row = &METRICS[metric];
	bool is_money = row->unit == METRIC_UNIT_MONEY;
	if (n < row->minimum) return msg_int("interval_few", "minimum", row->minimum);
	if (isnan(i.low)) return (struct msg){0};
	struct msg m = msg_of(is_money ? "interval_money" : "interval_share");
	for (int k = 0; k < 2; k++) {
		double bound = k ? i.high : i.low;
		msg_add(&m, figure_arg(k ? "high" : "low", row->unit, is_money ? measure_micro((__int128)llround(bound)) : (struct measure){.number = bound}, currency));
	}
	return m;
}

void figure_make(struct op *op, const struct figure_of *of, struct figure *out)
{
	const struct metric *row = &METRICS[of->metric];
	*out = (struct figure){.key = str_of(row->key), .number = of->shown.number, .customers = of->customers};
	if (row->unit == METRIC_UNIT_MONEY && of->currency.n) out->currency = of->currency;
	out->name = msg_of(row->name);
	out->definition = msg_of(row->definition);
	out->value = value_of(row->unit, of->shown, of->currency);
	out->n = msg_int(of->n_key, "n", of->n);
	if (of->is_whole) out->interval = msg_of("interval_whole");
	else out->interval = figure_interval(of->metric, of->interval, of->n, of->currency);
	judge(of, out);
	draw(op, of, out);
}

void figure_add_other(struct op *op, const struct figure_of *of, size_t room, struct figure *beside)
{
	struct figure f;
	figure_make(op, of, &f);
	if (of->is_whole) f.interval = (struct msg){0};
	if (f.move == FIGURE_MOVE_UNKNOWN) f.change = (struct msg){0};
	beside->has_others = true;
	if (!beside->others.v) beside->others.v = ARENA_ARRAY(&op->arena, struct figure_other, room);
	beside->others.v[beside->others.n++] = (struct figure_other){.currency = f.currency, .value = f.value, .number = f.number, .change = f.change, .n = f.n, .interval = f.interval};
}

str figure_width(struct op *op, double share)
{
	return coordinate(op, isnan(share) ? 0 : 100 * fmin(1, fmax(0, share)));
}
