/* signed.c: signatures by Standard Webhooks 1.0.0: HMAC-SHA256 over "id.timestamp.body", by a secret that is "whsec_" and base64. */
#include <sodium.h>

#include "fetch/fetch.h"

enum { SECRET_BYTES = 32, SECRET_MOST = 64 };
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
	unsigned char mac[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state state;
	str key, head = str_fmt(a, "%.*s.%.*s.", STR_ARG(message), STR_ARG(timestamp));
	if (!str_starts(secret, SECRET_PREFIX) || !str_from_base64(a, str_sub(secret, SECRET_PREFIX.n, secret.n), &key) || !key.n || key.n > SECRET_MOST) return STR_NONE;
	crypto_auth_hmacsha256_init(&state, (const unsigned char *)key.p, key.n);
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)head.p, head.n);
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)(body.n ? body.p : ""), body.n);
	crypto_auth_hmacsha256_final(&state, mac);
	return str_fmt(a, "v1,%.*s", STR_ARG(str_base64(a, mac, sizeof mac)));
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
