#include "mail/subscription.h"

#include "base/datetime.h"
#include "i18n/zone.h"
#include "mail/reading.h"
#include "team/session.h"

enum { MAC_BYTES = 16, WEEK_DAYS = 7 };

static mail_read_page *reader;

void mail_set_reader(mail_read_page *read)
{
	reader = read;
}

enum err mail_read(struct op *op, str address, str *html)
{
	if (!reader) return fail(op, ERR_INTERNAL, "page", "nothing draws pages here");
	return reader(op, address, html);
}

int64_t subscription_next(const struct zone *zone, int64_t now_ms, int64_t weekday, int64_t hour)
{
	int64_t civil = zone_to_civil(zone, now_ms), day = civil / DAY_MS - (civil % DAY_MS < 0);
	int64_t ahead = (weekday - weekday_of_days(day) + WEEK_DAYS) % WEEK_DAYS;
	int64_t at = zone_to_utc(zone, (day + ahead) * DAY_MS + hour * 3600000);
	return at > now_ms ? at : zone_to_utc(zone, (day + ahead + WEEK_DAYS) * DAY_MS + hour * 3600000);
}

str subscription_unsubscribe_path(struct op *op, id subscription)
{
	str shown = id_show(&op->arena, S("sub"), subscription), mac = session_hash(op, "unsubscribe", shown);
	return str_fmt(&op->arena, "/mails/unsubscribe/%.*s.%.*s", STR_ARG(shown),
		STR_ARG(str_base64url(&op->arena, mac.p, MAC_BYTES)));
}
