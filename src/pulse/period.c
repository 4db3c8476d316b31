/* Periods are counted back from the last day on which anything was heard (at most today): for a company that sends as it
 * goes that is today, and of a history brought in from files it shows the end of the history instead of nothing. Where the
 * two differ the choices say so ("the last month of the data").
 *
 * All data is compared by its last two whole months; a period is compared with as many days before it, a month or year
 * with the one before, cut to as many days when it has not ended. */
#include "pulse/period.h"

#include "base/datetime.h"
#include "op/app.h"
#include "setting/setting.h"

enum { DAYS_SHOWN_BY_DAY = 45, DAYS_SHOWN_BY_WEEK = 200, MOST_POINTS = 240 };

static const char *const CHOICES[] = {"", "30", "90", "month", "last_month", "year"};
static const char *const LABELS[] = {"period_all", "period_30_days", "period_90_days", "period_month", "period_last_month", "period_year"};
static const char *const PAST_LABELS[] = {
	"period_all", "period_30_days_of_data", "period_90_days_of_data", "period_month_of_data", "period_last_month_of_data", "period_year_of_data"};

static enum err read_day(struct op *op, const char *field, str text, const struct zone *z, int64_t *out)
{
	int64_t ms;
	bool has_zone;
	*out = DESC_NULL_INT;
	if (!text.n) return OK;
	if (text.n != 10 || !datetime_parse(text, &ms, &has_zone)) return fail(op, ERR_INVALID, field, "not a date such as 2011-01-31");
	*out = zone_to_utc(z, ms);
	return OK;
}

static struct span units_back(const struct zone *z, int64_t day_ms, enum zone_unit unit, int n)
{
	int64_t start = zone_add(z, zone_floor(z, day_ms, unit), unit, -n);
	return (struct span){start, zone_add(z, start, unit, 1)};
}

static int64_t days_of(const struct zone *z, struct span s)
{
	return (zone_to_civil(z, s.to_ms) - zone_to_civil(z, s.from_ms) + DAY_MS / 2) / DAY_MS;
}

static int64_t add_days(const struct zone *z, int64_t ms, int64_t days)
{
	return zone_to_utc(z, zone_to_civil(z, ms) + days * DAY_MS);
}

static struct span cut(struct span s, int64_t to_ms)
{
	if (s.to_ms > to_ms) s.to_ms = to_ms > s.from_ms ? to_ms : s.from_ms;
	return s;
}

/* The last two whole months of the data. */
static void compare_months(const struct op *op, const struct zone *z, struct period *p)
{
	int64_t last = p->data.to_ms - 1;
	p->now = units_back(z, last, ZONE_MONTH, 0);
	if (p->now.to_ms > op->now_ms) p->now = units_back(z, last, ZONE_MONTH, 1);
	p->before = units_back(z, p->now.from_ms, ZONE_MONTH, 1);
}

static void compare_before(const struct zone *z, struct period *p, bool has_unit, enum zone_unit unit)
{
	int64_t days = days_of(z, p->shown);
	p->now = p->shown;
	if (has_unit) {
		p->before = units_back(z, p->shown.from_ms, unit, 1);
		p->before = cut(p->before, add_days(z, p->before.from_ms, days));
	} else {
		p->before = (struct span){add_days(z, p->shown.from_ms, -days), p->shown.from_ms};
	}
}

static void choose(const struct op *op, const struct zone *z, struct period *p, size_t choice)
{
	int64_t end = p->data.to_ms, last = end - 1;
	switch (choice) {
	case 1:
	case 2:
		p->shown = (struct span){add_days(z, end, choice == 1 ? -30 : -90), end};
		compare_before(z, p, false, ZONE_DAY);
		break;
	case 3:
	case 4:
		p->shown = cut(units_back(z, last, ZONE_MONTH, choice == 3 ? 0 : 1), end);
		compare_before(z, p, true, ZONE_MONTH);
		break;
	case 5:
		p->shown = cut(units_back(z, last, ZONE_YEAR, 0), end);
		compare_before(z, p, true, ZONE_YEAR);
		break;
	default:
		p->is_all = true;
		p->shown = p->data;
		compare_months(op, z, p);
	}
}

static void make_points(struct op *op, const struct zone *z, struct period *p)
{
	int64_t days = days_of(z, p->shown);
	p->unit = days <= DAYS_SHOWN_BY_DAY ? ZONE_DAY : days <= DAYS_SHOWN_BY_WEEK ? ZONE_WEEK : ZONE_MONTH;
	if (days > MOST_POINTS * INT64_C(28)) p->unit = ZONE_YEAR;
	int64_t *start = ARENA_ARRAY(&op->arena, int64_t, MOST_POINTS + 2);
	int64_t at = zone_floor(z, p->shown.from_ms, p->unit);
	p->start = start;
	start[0] = p->shown.from_ms;
	if (p->shown.to_ms <= p->shown.from_ms) return;
	while (p->n < MOST_POINTS && start[p->n] < p->shown.to_ms) {
		int64_t next = zone_add(z, at, p->unit, 1);
		if (next <= at) next = zone_add(z, at, p->unit, 2); /* a day that the zone left out */
		at = next;
		start[++p->n] = next < p->shown.to_ms ? next : p->shown.to_ms;
	}
	/* An interval that has not ended, or is cut short, would look like a fall. */
	if (p->n > 1 && (at > p->shown.to_ms || at > op->now_ms)) p->n--;
}

static void set_data(struct op *op, const struct zone *z, int64_t first_ms, int64_t last_ms, struct period *p)
{
	*p = (struct period){.choice = S("")};
	if (first_ms == DESC_NULL_INT) return;
	int64_t last = last_ms > op->now_ms && first_ms <= op->now_ms ? op->now_ms : last_ms;
	p->data = (struct span){zone_floor(z, first_ms, ZONE_DAY), zone_add(z, zone_floor(z, last, ZONE_DAY), ZONE_DAY, 1)};
	p->is_past = zone_floor(z, last, ZONE_MONTH) != zone_floor(z, op->now_ms, ZONE_MONTH);
}

enum err period_all(struct op *op, int64_t first_ms, int64_t last_ms, struct period *out)
{
	return period_read(op, NULL, first_ms, last_ms, out);
}

static str query_of(const struct web *w, const char *name)
{
	return w ? web_query(w, name) : STR_NONE;
}

enum err period_read(struct op *op, const struct web *w, int64_t first_ms, int64_t last_ms, struct period *out)
{
	const struct zone *z = setting_zone(op->app);
	int64_t from, to;
	size_t choice = 0;
	str asked = query_of(w, "period");
	set_data(op, z, first_ms, last_ms, out);
	TRY(read_day(op, "from", query_of(w, "from"), z, &from));
	TRY(read_day(op, "to", query_of(w, "to"), z, &to));
	if (from != DESC_NULL_INT || to != DESC_NULL_INT) {
		out->choice = S("custom");
		out->shown = (struct span){from != DESC_NULL_INT ? from : out->data.from_ms, to != DESC_NULL_INT ? to : out->data.to_ms};
		if (out->shown.to_ms < out->shown.from_ms) return fail(op, ERR_INVALID, "to", "before \"from\"");
		compare_before(z, out, false, ZONE_DAY);
	} else {
		while (choice < COUNT_OF(CHOICES) && !str_eq(asked, str_of(CHOICES[choice]))) choice++;
		if (choice == COUNT_OF(CHOICES) && !str_eq(asked, S("custom")))
			return fail(op, ERR_INVALID, "period", "not one of 30, 90, month, last_month, year");
		if (choice == COUNT_OF(CHOICES)) choice = 0;
		out->choice = str_of(CHOICES[choice]);
		if (out->data.to_ms > out->data.from_ms) choose(op, z, out, choice);
		out->is_all = choice == 0;
	}
	int64_t data_from = out->is_all ? zone_floor(z, out->data.from_ms, ZONE_MONTH) : out->data.from_ms;
	bool is_given = out->before.to_ms > out->before.from_ms && out->now.to_ms > out->now.from_ms;
	out->is_compared = is_given && out->before.from_ms >= data_from && out->data.to_ms > out->data.from_ms;
	make_points(op, z, out);
	return OK;
}

static str words(struct op *op, const char *key)
{
	return i18n_format(&op->arena, &op->locale, str_of(key), NULL, 0);
}

int64_t period_first_day(const struct op *op, struct span s)
{
	return s.to_ms > s.from_ms ? zone_to_civil(setting_zone(op->app), s.from_ms) / DAY_MS * DAY_MS : DESC_NULL_INT;
}

int64_t period_last_day(const struct op *op, struct span s)
{
	const struct zone *z = setting_zone(op->app);
	return s.to_ms > s.from_ms ? zone_to_civil(z, zone_floor(z, s.to_ms - 1, ZONE_DAY)) / DAY_MS * DAY_MS : DESC_NULL_INT;
}

struct option *period_options(struct op *op, const struct period *p, size_t *n)
{
	struct option *options = ARENA_ARRAY(&op->arena, struct option, COUNT_OF(CHOICES) + 1);
	*n = COUNT_OF(CHOICES);
	for (size_t i = 0; i < *n; i++) {
		str value = str_of(CHOICES[i]);
		options[i] = (struct option){.value = value, .label = words(op, p->is_past ? PAST_LABELS[i] : LABELS[i]), .is_selected = str_eq(value, p->choice)};
	}
	if (str_eq(p->choice, S("custom"))) {
		struct msg_arg days[] = {{.name = "from", .type = MSG_DATE, .i = period_first_day(op, p->shown)},
		                         {.name = "to", .type = MSG_DATE, .i = period_last_day(op, p->shown)}};
		options[(*n)++] = (struct option){S("custom"), i18n_format(&op->arena, &op->locale, S("period_from_to"), days, 2), true};
	}
	return options;
}

str period_month_name(struct op *op, const struct zone *z, int64_t ms)
{
	return i18n_month(&op->arena, &op->locale, zone_to_civil(z, ms));
}

struct msg period_compared(const struct op *op, const struct period *p)
{
	struct msg m = msg_of(p->is_compared ? "compared" : "compared_nothing");
	if (!p->is_compared) return m;
	msg_add(&m, (struct msg_arg){.name = "from", .type = MSG_DATE, .i = period_first_day(op, p->now)});
	msg_add(&m, (struct msg_arg){.name = "to", .type = MSG_DATE, .i = period_last_day(op, p->now)});
	msg_add(&m, (struct msg_arg){.name = "before_from", .type = MSG_DATE, .i = period_first_day(op, p->before)});
	msg_add(&m, (struct msg_arg){.name = "before_to", .type = MSG_DATE, .i = period_last_day(op, p->before)});
	return m;
}
