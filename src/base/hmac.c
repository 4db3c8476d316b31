#include "base/hmac.h"

#include <sodium.h>

static void sign(unsigned char mac[crypto_auth_hmacsha256_BYTES], str secret, str text)
{
	crypto_auth_hmacsha256_state state;
	crypto_auth_hmacsha256_init(&state, (const unsigned char *)secret.p, secret.n);
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)(text.n ? text.p : ""), text.n);
	crypto_auth_hmacsha256_final(&state, mac);
}

str hmac_sha256_hex(struct arena *a, str secret, str text)
{
	unsigned char mac[crypto_auth_hmacsha256_BYTES];
	sign(mac, secret, text);
	return str_hex(a, mac, sizeof mac);
}

bool hmac_sha256_is(struct arena *a, str secret, str text, str sent)
{
	unsigned char right[crypto_auth_hmacsha256_BYTES], given[crypto_auth_hmacsha256_BYTES];
	str head = S("sha256=");
	if (str_starts(sent, head)) sent = str_sub(sent, head.n, sent.n);
	if (!str_from_hex(str_lower_ascii(a, str_trim(sent)), given, sizeof given)) return false;
	sign(right, secret, text);
	return sodium_memcmp(right, given, sizeof right) == 0;
}
