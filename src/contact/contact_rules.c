/* contact_rules.c: when a contact may be, by the clock and by what was before it. Each rule can only move the instant later, so going
 * round until nothing moves ends. */
#include "base/datetime.h"
#include "contact/contact.h"
#include "i18n/zone.h"

enum { MINUTE_MS = 60000, ROUNDS = 64 };

bool contact_read_clock(str text, int64_t *minutes)
{
	str rest = text, hour = str_cut(&rest, ':');
	int64_t h, m;
	if (!str_i64(hour, &h) || !str_i64(rest, &m) || rest.n != 2 || h < 0 || h > 23 || m < 0 || m > 59) return false;
	*minutes = h * 60 + m;
	return true;
}

/* The end of the quiet hours that t lies in, else t. */
static int64_t after_quiet(const struct contact_policy *p, const struct zone *zone, int64_t t)
{
	int64_t from = p->quiet_from_min, to = p->quiet_to_min;
	if (from == to) return t;
	int64_t civil = zone_to_civil(zone, t), day = civil / DAY_MS - (civil % DAY_MS < 0), minute = (civil - day * DAY_MS) / MINUTE_MS;
	bool is_over_midnight = from > to, is_quiet = is_over_midnight ? minute >= from || minute < to : minute >= from && minute < to;
	if (!is_quiet) return t;
	if (is_over_midnight && minute >= from) day++;
	int64_t end = zone_to_utc(zone, day * DAY_MS + to * MINUTE_MS);
	return end > t ? end : t;
}

static int64_t after_gap(const struct contact_policy *p, const struct contact_past *past, size_t n, int64_t t)
{
	int64_t end = n ? past[n - 1].at_ms + p->gap_days * DAY_MS : t;
	return end > t ? end : t;
}

/* A cap of `most` is full as long as the most-th last contact lies within its days. */
static int64_t after_cap(const struct contact_cap *cap, int channel, const struct contact_past *past, size_t n, int64_t t)
{
	int64_t left = cap->most;
	if (cap->channel.n && !str_eq(cap->channel, str_of(CONTACT_CHANNELS[channel]))) return t;
	for (size_t i = n; i-- > 0;) {
		if (cap->channel.n && past[i].channel != channel) continue;
		if (--left > 0) continue;
		int64_t end = past[i].at_ms + cap->days * DAY_MS;
		return end > t ? end : t;
	}
	return t;
}

int64_t contact_when(const struct contact_policy *p, int channel, const struct contact_past *past, size_t n, const struct zone *zone, int64_t now_ms, enum contact_reason *why)
{
	int64_t t = now_ms;
	*why = CONTACT_MAY;
	for (int round = 0, moved = 1; moved && round < ROUNDS; round++) {
		int64_t before = t;
		t = after_gap(p, past, n, t);
		if (t > before && *why == CONTACT_MAY) *why = CONTACT_gap;
		for (size_t i = 0; i < p->n_caps; i++) {
			int64_t at = after_cap(&p->caps[i], channel, past, n, t);
			if (at > t && *why == CONTACT_MAY) *why = CONTACT_cap;
			t = at;
		}
		int64_t at = after_quiet(p, zone, t);
		if (at > t && *why == CONTACT_MAY) *why = CONTACT_quiet;
		t = at;
		moved = t > before;
	}
	return t;
}
