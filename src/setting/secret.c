#include "setting/secret.h"

#include <sodium.h>
#include <string.h>

#include "base/arena.h"

static void key_of(const struct app *app, str kind, unsigned char key[crypto_secretbox_KEYBYTES])
{
	crypto_generichash_state state;
	crypto_generichash_init(&state, app->secret, sizeof app->secret, crypto_secretbox_KEYBYTES);
	crypto_generichash_update(&state, (const unsigned char *)"sealed", sizeof "sealed");
	crypto_generichash_update(&state, (const unsigned char *)kind.p, kind.n);
	crypto_generichash_final(&state, key, crypto_secretbox_KEYBYTES);
}

str secret_seal(struct arena *a, const struct app *app, str kind, str plain)
{
	unsigned char key[crypto_secretbox_KEYBYTES];
	size_t n = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + plain.n;
	unsigned char *box = arena_alloc(a, n);
	randombytes_buf(box, crypto_secretbox_NONCEBYTES);
	key_of(app, kind, key);
	crypto_secretbox_easy(
		box + crypto_secretbox_NONCEBYTES, (const unsigned char *)(plain.n ? plain.p : ""), plain.n, box, key);
	sodium_memzero(key, sizeof key);
	return str_base64(a, box, n);
}

bool secret_open(struct arena *a, const struct app *app, str kind, str sealed, str *plain)
{
	enum { HEAD_BYTES = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES };
	unsigned char key[crypto_secretbox_KEYBYTES];
	str box;
	if (!str_from_base64(a, sealed, &box) || box.n < HEAD_BYTES) return false;
	const unsigned char *bytes = (const unsigned char *)box.p;
	unsigned char *out = arena_alloc(a, box.n - HEAD_BYTES + 1);
	key_of(app, kind, key);
	bool ok = crypto_secretbox_open_easy(
				  out, bytes + crypto_secretbox_NONCEBYTES, box.n - crypto_secretbox_NONCEBYTES, bytes, key) == 0;
	sodium_memzero(key, sizeof key);
	*plain = (str){(const char *)out, box.n - HEAD_BYTES};
	return ok;
}
