/* The default filing of event names, looked up for every event that comes in: two open-addressed tables of row numbers,
 * filled once. One is keyed by the name as it stands, the other by the name folded to its letters and digits, so that
 * "order_completed", "orderCompleted" and "ORDER COMPLETED" are filed like "Order Completed". Where two rows fold alike
 * (PostHog's "survey sent") the first row holds the folded place. */
#include "collect/touchpoint.h"

#include <pthread.h>
#include <string.h>

#include "base/arena.h"

const char *const FAMILIES[] = {"unknown", "messages", "values", "social", "sales", "care", "store", "product", NULL};
const char *const STAGES[] = {"unknown", "awareness", "consideration", "purchase", "delivery", "use", "service", "loyalty", "advocacy", NULL};
const char *const DELIVERED_BY[] = {"ourselves", "partner", "carrier", "marketplace", NULL};

_Static_assert(COUNT_OF(FAMILIES) == FAMILY_COUNT + 1 && COUNT_OF(STAGES) == STAGE_COUNT + 1 && COUNT_OF(DELIVERED_BY) == BY_COUNT + 1,
               "a name a value");

static const struct touchpoint_kind KINDS[] = {
#define TOUCHPOINT(event_, family_, stage_, channel_, by_, order_, serves_)                                             \
	{.event = {event_, sizeof event_ - 1}, .family = FAMILY_##family_, .stage = STAGE_##stage_,                         \
	 .channel = {channel_, sizeof channel_ - 1}, .by = BY_##by_, .order = ORDER_##order_, .serves = serves_},
#include "touchpoints.def"
#undef TOUCHPOINT
};

enum {
	SLOTS = 1024,     /* over four times the rows: a miss is one probe more often than not */
	REMEMBERED = 128, REMEMBERED_BYTES = 48,
	FOLDED_BYTES = 64 /* longer than any row's name; a longer event has no row */
};
_Static_assert(COUNT_OF(KINDS) * 4 <= SLOTS * 3, "room for the rows");

static uint16_t exact[SLOTS], folded[SLOTS]; /* row number + 1, 0 = free */
static pthread_once_t filled = PTHREAD_ONCE_INIT;

/* Letters and digits in lower case; bytes beyond ASCII stay. False when longer than any row could be. */
static bool fold(str name, char room[FOLDED_BYTES], str *out)
{
	size_t n = 0;
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];
		if (c >= 'A' && c <= 'Z') c = (unsigned char)(c + 32);
		if (c < 0x80 && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9')) continue;
		if (n == FOLDED_BYTES) return false;
		room[n++] = (char)c;
	}
	*out = (str){room, n};
	return true;
}

static void fill(void)
{
	for (size_t row = 0; row < COUNT_OF(KINDS); row++) {
		size_t i = str_hash(KINDS[row].event) & (SLOTS - 1);
		while (exact[i]) i = (i + 1) & (SLOTS - 1);
		exact[i] = (uint16_t)(row + 1);
		char room[FOLDED_BYTES];
		str name;
		if (!fold(KINDS[row].event, room, &name)) continue;
		i = str_hash(name) & (SLOTS - 1);
		while (folded[i]) i = (i + 1) & (SLOTS - 1);
		folded[i] = (uint16_t)(row + 1);
	}
}

static const struct touchpoint_kind *find_folded(str event)
{
	char room[FOLDED_BYTES], other[FOLDED_BYTES];
	str name, candidate;
	if (!fold(event, room, &name) || !name.n) return NULL;
	for (size_t i = str_hash(name) & (SLOTS - 1); folded[i]; i = (i + 1) & (SLOTS - 1))
		if (fold(KINDS[folded[i] - 1].event, other, &candidate) && str_eq(candidate, name)) return &KINDS[folded[i] - 1];
	return NULL;
}

static const struct touchpoint_kind *find(str event)
{
	pthread_once(&filled, fill);
	for (size_t i = str_hash(event) & (SLOTS - 1); exact[i]; i = (i + 1) & (SLOTS - 1))
		if (str_eq(KINDS[exact[i] - 1].event, event)) return &KINDS[exact[i] - 1];
	return find_folded(event);
}

/* A client sends few names again and again, and most of them by another spelling or of no row. */
const struct touchpoint_kind *touchpoint_kind(str event)
{
	static _Thread_local struct {
		const struct touchpoint_kind *kind;
		size_t n;
		char event[REMEMBERED_BYTES];
	} remembered[REMEMBERED];
	if (!event.n || event.n > REMEMBERED_BYTES) return find(event);
	size_t i = (event.n * 31 + (unsigned char)event.p[0] * 7 + (unsigned char)event.p[event.n / 2] * 3 + (unsigned char)event.p[event.n - 1]) % REMEMBERED;
	if (remembered[i].n == event.n && memcmp(remembered[i].event, event.p, event.n) == 0) return remembered[i].kind;
	remembered[i].kind = find(event);
	remembered[i].n = event.n;
	memcpy(remembered[i].event, event.p, event.n);
	return remembered[i].kind;
}

void touchpoint_add_external_id(struct touchpoint *t, struct arena *a, str kind, str value)
{
	if (t->n_external_ids == TOUCHPOINT_EXTERNAL_IDS) return;
	if (!t->external_ids) t->external_ids = ARENA_ARRAY(a, struct touchpoint_id, TOUCHPOINT_EXTERNAL_IDS);
	t->external_ids[t->n_external_ids++] = (struct touchpoint_id){kind, value};
}

void touchpoint_add_consent(struct touchpoint *t, struct arena *a, str category, bool is_granted)
{
	if (t->n_consents == TOUCHPOINT_CONSENTS) return;
	if (!t->consents) t->consents = ARENA_ARRAY(a, struct touchpoint_consent, TOUCHPOINT_CONSENTS);
	t->consents[t->n_consents++] = (struct touchpoint_consent){category, is_granted};
}

size_t touchpoint_kinds(const struct touchpoint_kind **out)
{
	*out = KINDS;
	return COUNT_OF(KINDS);
}

str touchpoint_key(struct arena *a, uint32_t subject, int64_t at_ms, str event, str body)
{
	return str_fmt(a, "%u.%lld.%016llx.%016llx", subject, (long long)at_ms, (unsigned long long)str_hash(event), (unsigned long long)str_hash(body));
}
