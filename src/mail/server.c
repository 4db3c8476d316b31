#include "mail/server.h"

#include <stdio.h>

#include "base/arena.h"

const char *const MAIL_SECURITIES[] = {"none", "starttls", "tls", NULL};

enum mail_security mail_security_of(str name)
{
	for (int i = 0; MAIL_SECURITIES[i]; i++)
		if (str_eq(name, str_of(MAIL_SECURITIES[i]))) return (enum mail_security)i;
	return MAIL_STARTTLS;
}

bool mail_server_url(const struct mail_server *server, const char *scheme, str path, char *out, size_t room)
{
	bool is_ipv6 = str_contains(server->host, S(":"));
	int n = snprintf(out, room, "%s%s://%s%.*s%s:%d/%.*s", scheme, server->security == MAIL_TLS ? "s" : "", is_ipv6 ? "[" : "",
		STR_ARG(server->host), is_ipv6 ? "]" : "", server->port, STR_ARG(path));
	return n > 0 && (size_t)n < room;
}

CURLcode mail_server_apply(CURL *c, const struct mail_server *server, const char *scheme, str path)
{
	char url[MAIL_URL_BYTES], protocols[24];
	struct curl_blob authority = {(void *)(uintptr_t)server->authority.p, server->authority.n, CURL_BLOB_COPY};
	struct arena a = {0};
	if (!mail_server_url(server, scheme, path, url, sizeof url)) return CURLE_URL_MALFORMAT;
	snprintf(protocols, sizeof protocols, "%s,%ss", scheme, scheme);
	CURLcode e = CURLE_OK;
#define SET(option, value) (e = e ? e : curl_easy_setopt(c, option, value))
	SET(CURLOPT_URL, url);
	SET(CURLOPT_PROTOCOLS_STR, protocols);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)MAIL_CONNECT_MS);
	SET(CURLOPT_USE_SSL, (long)(server->security == MAIL_PLAIN ? CURLUSESSL_NONE : CURLUSESSL_ALL));
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (server->authority.n) SET(CURLOPT_CAINFO_BLOB, &authority);
	if (server->user.n) SET(CURLOPT_USERNAME, str_c(&a, server->user));
	if (server->user.n) SET(CURLOPT_PASSWORD, str_c(&a, server->password));
#undef SET
	arena_release(&a);
	return e;
}
