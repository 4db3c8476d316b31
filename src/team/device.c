/* Order matters: Edge and Opera also say Chrome, Chrome also says Safari, Android also says Linux. A list of a few names
 * serves the purpose; a database of browsers would be out of date in a month. */
#include "team/device.h"

#include "base/arena.h"
#include "base/utf8.h"

enum { SHOWN_BYTES = 60 };
struct mark {
	const char *in, *name;
};
static const struct mark BROWSERS[] = {
	{"Edg/", "Edge"},       {"OPR/", "Opera"},     {"SamsungBrowser/", "Samsung Internet"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"},
	{"CriOS/", "Chrome"},   {"Chromium/", "Chromium"}, {"Chrome/", "Chrome"},               {"Safari/", "Safari"},
};
static const struct mark SYSTEMS[] = {
	{"Windows", "Windows"}, {"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Mac OS X", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"},
};

static const char *first_in(const struct mark *marks, size_t n, str text)
{
	for (size_t i = 0; i < n; i++)
		if (str_contains(text, str_of(marks[i].in))) return marks[i].name;
	return NULL;
}

str device_name(struct arena *a, str user_agent)
{
	const char *browser = first_in(BROWSERS, COUNT_OF(BROWSERS), user_agent), *system = first_in(SYSTEMS, COUNT_OF(SYSTEMS), user_agent);
	if (browser && system) return str_fmt(a, "%s, %s", browser, system);
	if (browser) return str_of(browser);
	str shown = str_trim(utf8_cut(user_agent, SHOWN_BYTES));
	return shown.n && utf8_is_valid(shown) ? str_dup(a, shown) : S("–");
}
