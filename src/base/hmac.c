#include "base/hmac.h"

#include <sodium.h>

void hmac_sha256(unsigned char mac[HMAC_SHA256_BYTES], str secret, str text)
{
	crypto_auth_hmacsha256_state state;
	crypto_auth_hmacsha256_init(&state, (const unsigned char *)secret.p, secret.n);
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)(text.n ? text.p : ""), text.n);
	crypto_auth_hmacsha256_final(&state, mac);
}

str hmac_sha256_hex(struct arena *a, str secret, str text)
{
	unsigned char mac[HMAC_SHA256_BYTES];
	hmac_sha256(mac, secret, text);
	return str_hex(a, mac, sizeof mac);
}

bool hmac_sha256_is(struct arena *a, str secret, str text, str sent)
{
	unsigned char right[HMAC_SHA256_BYTES], given[HMAC_SHA256_BYTES];
	str head = S("sha256=");
	if (str_starts(sent, head)) sent = str_sub(sent, head.n, sent.n);
	if (!str_from_hex(str_lower_ascii(a, str_trim(sent)), given, sizeof given)) return false;
	hmac_sha256(right, secret, text);
	return sodium_memcmp(right, given, sizeof right) == 0;
}
