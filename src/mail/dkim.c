/* Both parts are made canonical by "relaxed", since relays fold headers and cut blanks off. Fields that a reader sees are signed once
 * more than they occur, so that nobody can put a second From above ours; List-Unsubscribe and its Post are signed because one click
 * ends a subscription only where they are (RFC 8058). There is no limit of length (l=), which would let text be appended. */
#include "mail/dkim.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <sodium.h>

#include "base/buf.h"

enum { CANONICAL_BYTES = 4 << 20, LINE_CHARACTERS = 72, LINE_NAMES = 5, FIELDS_MOST = 40 };

struct keys {
	str selector, rsa, seed; /* rsa: DER of PKCS 8 */
};

struct field {
	const char *name;
	bool once_more;
};
static const struct field SIGNED[] = {{"From", true}, {"To", true}, {"Subject", true}, {"Date", true}, {"Message-ID", false}, {"MIME-Version", false}, {"Content-Type", false}, {"Content-Language", false}, {"Auto-Submitted", false}, {"List-Unsubscribe", false}, {"List-Unsubscribe-Post", false}};

struct signer {
	const char *algorithm, *suffix; /* the selector's */
	bool (*sign)(struct arena *a, const struct keys *k, str text, str *out);
	bool (*record)(struct arena *a, const struct keys *k, str *out);
};

/* ---- keys ---- */

static bool read_keys(struct arena *a, str text, struct keys *k)
{
	str rest = text;
	k->selector = str_cut(&rest, ' ');
	str rsa = str_cut(&rest, ' ');
	return k->selector.n && str_given(rest) && str_from_base64(a, rsa, &k->rsa) && k->rsa.n && str_from_base64(a, rest, &k->seed) && k->seed.n == crypto_sign_SEEDBYTES;
}

static bool open_rsa(str der, gnutls_privkey_t *out)
{
	gnutls_datum_t bytes = {(unsigned char *)(uintptr_t)der.p, (unsigned)der.n};
	gnutls_x509_privkey_t key;
	if (gnutls_privkey_init(out) < 0) return false;
	if (gnutls_x509_privkey_init(&key) < 0) {
		gnutls_privkey_deinit(*out);
		return false;
	}
	bool is_read = gnutls_x509_privkey_import2(key, &bytes, GNUTLS_X509_FMT_DER, NULL, GNUTLS_PKCS_PLAIN) >= 0 && gnutls_privkey_import_x509(*out, key, GNUTLS_PRIVKEY_IMPORT_COPY) >= 0;
	gnutls_x509_privkey_deinit(key);
	if (!is_read) gnutls_privkey_deinit(*out);
	return is_read;
}

static str new_rsa(struct arena *a)
{
	gnutls_x509_privkey_t key;
	gnutls_datum_t der = {0};
	if (gnutls_x509_privkey_init(&key) < 0) return STR_NONE;
	bool is_made = gnutls_x509_privkey_generate(key, GNUTLS_PK_RSA, DKIM_RSA_BITS, 0) >= 0 && gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_DER, NULL, GNUTLS_PKCS_PLAIN, &der) >= 0;
	str out = is_made ? str_base64(a, der.data, der.size) : STR_NONE;
	if (is_made) sodium_memzero(der.data, der.size);
	gnutls_free(der.data);
	gnutls_x509_privkey_deinit(key);
	return out;
}

str dkim_new_keys(struct arena *a, str selector)
{
	unsigned char seed[crypto_sign_SEEDBYTES];
	str rsa = new_rsa(a);
	randombytes_buf(seed, sizeof seed);
	if (!str_given(rsa)) return STR_NONE;
	str out = str_fmt(a, "%.*s %.*s %.*s", STR_ARG(selector), STR_ARG(rsa), STR_ARG(str_base64(a, seed, sizeof seed)));
	sodium_memzero(seed, sizeof seed);
	return out;
}

/* ---- signatures ---- */

static bool rsa_sign(struct arena *a, const struct keys *k, str text, str *out)
{
	gnutls_privkey_t key;
	gnutls_datum_t bytes = {(unsigned char *)(uintptr_t)text.p, (unsigned)text.n}, made = {0};
	if (!open_rsa(k->rsa, &key)) return false;
	bool is_signed = gnutls_privkey_sign_data(key, GNUTLS_DIG_SHA256, 0, &bytes, &made) >= 0;
	if (is_signed) *out = str_base64(a, made.data, made.size);
	gnutls_free(made.data);
	gnutls_privkey_deinit(key);
	return is_signed;
}

static bool rsa_record(struct arena *a, const struct keys *k, str *out)
{
	gnutls_privkey_t key;
	gnutls_pubkey_t open;
	gnutls_datum_t der = {0};
	if (!open_rsa(k->rsa, &key)) return false;
	bool is_told = gnutls_pubkey_init(&open) >= 0;
	if (is_told) {
		is_told = gnutls_pubkey_import_privkey(open, key, 0, 0) >= 0 && gnutls_pubkey_export2(open, GNUTLS_X509_FMT_DER, &der) >= 0;
		gnutls_pubkey_deinit(open);
	}
	gnutls_privkey_deinit(key);
	if (is_told) *out = str_fmt(a, "v=DKIM1; k=rsa; p=%.*s", STR_ARG(str_base64(a, der.data, der.size)));
	gnutls_free(der.data);
	return is_told;
}

static void ed25519_pair(const struct keys *k, unsigned char open[crypto_sign_PUBLICKEYBYTES], unsigned char secret[crypto_sign_SECRETKEYBYTES])
{
	crypto_sign_seed_keypair(open, secret, (const unsigned char *)k->seed.p);
}

/* What is signed is the hash (RFC 8463 3). */
static bool ed25519_sign(struct arena *a, const struct keys *k, str text, str *out)
{
	unsigned char open[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES], hash[crypto_hash_sha256_BYTES], made[crypto_sign_BYTES];
	ed25519_pair(k, open, secret);
	crypto_hash_sha256(hash, (const unsigned char *)text.p, text.n);
	crypto_sign_detached(made, NULL, hash, sizeof hash, secret);
	sodium_memzero(secret, sizeof secret);
	*out = str_base64(a, made, sizeof made);
	return true;
}

static bool ed25519_record(struct arena *a, const struct keys *k, str *out)
{
	unsigned char open[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
	ed25519_pair(k, open, secret);
	sodium_memzero(secret, sizeof secret);
	*out = str_fmt(a, "v=DKIM1; k=ed25519; p=%.*s", STR_ARG(str_base64(a, open, sizeof open)));
	return true;
}

static const struct signer SIGNERS[DKIM_KINDS] = {{"rsa-sha256", "r", rsa_sign, rsa_record}, {"ed25519-sha256", "e", ed25519_sign, ed25519_record}};

bool dkim_records(struct arena *a, str keys, struct dkim_record out[DKIM_KINDS])
{
	struct keys k;
	if (!read_keys(a, keys, &k)) return false;
	for (size_t i = 0; i < DKIM_KINDS; i++) {
		out[i].name = str_fmt(a, "%.*s%s._domainkey", STR_ARG(k.selector), SIGNERS[i].suffix);
		if (!SIGNERS[i].record(a, &k, &out[i].value)) return false;
	}
	return true;
}

/* ---- the canonical form "relaxed" (RFC 6376 3.4) ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Runs of blanks become one; at the end there are none. */
static void add_squeezed(struct buf *b, str line)
{
	while (line.n && is_blank(line.p[line.n - 1])) line.n--;
	for (size_t i = 0; i < line.n; i++) {
		if (!is_blank(line.p[i])) buf_byte(b, line.p[i]);
		else if (!i || !is_blank(line.p[i - 1])) buf_byte(b, ' ');
	}
}

static str next_line(str *rest)
{
	str line = str_cut(rest, '\n');
	if (line.n && line.p[line.n - 1] == '\r') line.n--;
	return line;
}

str dkim_body_hash(struct arena *a, str body)
{
	struct buf b;
	unsigned char hash[crypto_hash_sha256_BYTES];
	size_t ends = 0;
	buf_init(&b, CANONICAL_BYTES);
	for (str rest = body; str_given(rest) && rest.n;) {
		size_t before = b.n;
		add_squeezed(&b, next_line(&rest));
		bool is_empty = b.n == before;
		buf_add(&b, S("\r\n"));
		if (!is_empty) ends = b.n; /* empty lines at the end do not count */
	}
	crypto_hash_sha256(hash, (const unsigned char *)buf_str(&b).p, ends);
	buf_release(&b);
	return str_base64(a, hash, sizeof hash);
}

/* A field with its folds, as it stands in the message. */
static void add_field(struct arena *a, struct buf *b, str name, str value)
{
	struct buf flat;
	buf_init(&flat, CANONICAL_BYTES);
	for (str rest = value; str_given(rest) && rest.n;) buf_add(&flat, next_line(&rest));
	buf_add(b, str_lower_ascii(a, name));
	buf_byte(b, ':');
	str text = buf_str(&flat);
	while (text.n && is_blank(text.p[0])) text = str_sub(text, 1, text.n);
	add_squeezed(b, text);
	buf_release(&flat);
}

struct head {
	struct {
		str name, value;
	} fields[FIELDS_MOST];
	size_t n;
};

static void read_head(str head, struct head *out)
{
	out->n = 0;
	for (str rest = head; str_given(rest) && rest.n;) {
		str line = str_cut(&rest, '\n');
		if (line.n && is_blank(line.p[0])) {
			if (out->n) out->fields[out->n - 1].value.n = (size_t)(line.p + line.n - out->fields[out->n - 1].value.p);
		} else if (out->n < FIELDS_MOST && str_contains(line, S(":"))) {
			str value = line;
			out->fields[out->n].name = str_cut(&value, ':');
			out->fields[out->n++].value = value;
		}
	}
}

/* The names that are signed go to names, the fields to canonical. */
static void choose(struct arena *a, const struct head *head, struct buf *names, struct buf *canonical)
{
	for (size_t i = 0, n = 0; i < COUNT_OF(SIGNED); i++) {
		str name = str_of(SIGNED[i].name);
		size_t times = SIGNED[i].once_more;
		for (size_t k = 0; k < head->n; k++) {
			if (!str_eq_nocase(head->fields[k].name, name)) continue;
			add_field(a, canonical, name, head->fields[k].value);
			buf_add(canonical, S("\r\n"));
			times++;
		}
		for (; times; times--, n++) buf_fmt(names, "%s%.*s", !n ? "" : n % LINE_NAMES ? ":" : ":\r\n\t ", STR_ARG(name));
	}
}

static void add_folded(struct buf *b, str text)
{
	for (size_t i = 0; i < text.n; i += LINE_CHARACTERS) buf_fmt(b, "%s%.*s", i ? "\r\n\t " : "", STR_ARG(str_sub(text, i, LINE_CHARACTERS)));
	buf_add(b, S("\r\n"));
}

struct signing {
	const struct keys *keys;
	str domain, names, canonical, body_hash;
	int64_t now_ms;
};

static bool sign_by(struct arena *a, const struct signer *s, const struct signing *x, struct buf *out)
{
	struct buf text;
	str made = STR_NONE, value = str_fmt(a, " v=1; a=%s; c=relaxed/relaxed; d=%.*s;\r\n\ts=%.*s%s; t=%lld;\r\n\th=%.*s;\r\n\tbh=%.*s;\r\n\tb=", s->algorithm, STR_ARG(x->domain), STR_ARG(x->keys->selector), s->suffix, (long long)(x->now_ms / 1000), STR_ARG(x->names), STR_ARG(x->body_hash));
	buf_init(&text, CANONICAL_BYTES);
	buf_add(&text, x->canonical);
	add_field(a, &text, S("DKIM-Signature"), value);
	bool is_signed = !buf_failed(&text) && s->sign(a, x->keys, buf_str(&text), &made);
	buf_release(&text);
	if (!is_signed) return false;
	buf_fmt(out, "DKIM-Signature:%.*s", STR_ARG(value));
	add_folded(out, made);
	return true;
}

str dkim_sign(struct arena *a, str keys, str domain, int64_t now_ms, str message)
{
	struct keys k;
	struct buf names, canonical, out;
	size_t head_end = 0;
	if (!read_keys(a, keys, &k)) return STR_NONE;
	while (head_end + 4 <= message.n && !str_starts(str_sub(message, head_end, 4), S("\r\n\r\n"))) head_end++;
	if (head_end + 4 > message.n) return STR_NONE;
	struct head *head = ARENA_NEW(a, struct head);
	read_head(str_sub(message, 0, head_end + 2), head);
	buf_init(&names, CANONICAL_BYTES);
	buf_init(&canonical, CANONICAL_BYTES);
	buf_init(&out, CANONICAL_BYTES);
	choose(a, head, &names, &canonical);
	struct signing x = {&k, domain, buf_str(&names), buf_str(&canonical), dkim_body_hash(a, str_sub(message, head_end + 4, message.n)), now_ms};
	bool is_signed = !buf_failed(&canonical);
	for (size_t i = 0; is_signed && i < DKIM_KINDS; i++) is_signed = sign_by(a, &SIGNERS[i], &x, &out);
	str made = is_signed ? str_dup(a, buf_str(&out)) : STR_NONE;
	buf_release(&names);
	buf_release(&canonical);
	buf_release(&out);
	return made;
}
