/* signed.c: signatures by Standard Webhooks 1.0.0: HMAC-SHA256 over "id.timestamp.body", by a secret that is "whsec_" and base64. */
#include <sodium.h>

#include "base/clock.h"
#include "base/hmac.h"
#include "fetch/fetch.h"

enum { SECRET_BYTES = 32, SECRET_MOST = 64, ANSWER_BYTES = 16 << 10, TIMEOUT_MS = 15000 };
#define SECRET_PREFIX S("whsec_")

str fetch_new_secret(struct arena *a)
{
	unsigned char bytes[SECRET_BYTES];
	randombytes_buf(bytes, sizeof bytes);
	str out = str_fmt(a, "%.*s%.*s", STR_ARG(SECRET_PREFIX), STR_ARG(str_base64(a, bytes, sizeof bytes)));
	sodium_memzero(bytes, sizeof bytes);
	return out;
}

str fetch_sign(struct arena *a, str secret, str message, str timestamp, str body)
{
	unsigned char mac[HMAC_SHA256_BYTES];
	str key;
	if (!str_starts(secret, SECRET_PREFIX) || !str_from_base64(a, str_sub(secret, SECRET_PREFIX.n, secret.n), &key) || !key.n || key.n > SECRET_MOST) return STR_NONE;
	hmac_sha256(mac, key, str_fmt(a, "%.*s.%.*s.%.*s", STR_ARG(message), STR_ARG(timestamp), STR_ARG(body)));
	return str_fmt(a, "v1,%.*s", STR_ARG(str_base64(a, mac, sizeof mac)));
}

static str signatures(struct arena *a, const struct fetch_signed *s, str timestamp)
{
	str all = S("");
	for (size_t i = 0; i < COUNT_OF(s->secrets); i++)
		if (str_given(s->secrets[i])) all = str_fmt(a, "%.*s%s%.*s", STR_ARG(all), all.n ? " " : "", STR_ARG(fetch_sign(a, s->secrets[i], s->message, timestamp, s->body)));
	return all;
}

void fetch_post_signed(struct arena *a, const struct fetch_signed *s, struct fetch_answer *out)
{
	str timestamp = str_fmt(a, "%lld", (long long)(clock_now_ms() / 1000));
	const str headers[] = {str_fmt(a, "webhook-id: %.*s", STR_ARG(s->message)), str_fmt(a, "webhook-timestamp: %.*s", STR_ARG(timestamp)),
		str_fmt(a, "webhook-signature: %.*s", STR_ARG(signatures(a, s, timestamp)))};
	struct fetch_request r = {.url = s->url, .body = s->body, .type = S("application/json"), .headers = headers, .n_headers = COUNT_OF(headers), .agent = s->agent, .stays = true,
		.most_bytes = ANSWER_BYTES, .timeout_ms = TIMEOUT_MS, .may_be_inside = fetch_may_be_inside(), .go_on = s->go_on, .arg = s->arg};
	fetch(a, &r, out);
}

bool fetch_is_signed(struct arena *a, str secret, str message, str timestamp, str body, str signatures)
{
	str right = fetch_sign(a, secret, message, timestamp, body);
	bool is_good = false;
	for (str rest = signatures; right.n && str_given(rest);) {
		str one = str_cut(&rest, ' ');
		is_good |= one.n == right.n && sodium_memcmp(one.p, right.p, right.n) == 0;
	}
	return is_good;
}
