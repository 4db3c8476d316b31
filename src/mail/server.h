/* server.h: a server of mail as settings name it, and what every connection to one has in common. */
#ifndef MAIL_SERVER_H
#define MAIL_SERVER_H
#include <curl/curl.h>

#include "base/str.h"

enum mail_security { MAIL_PLAIN, MAIL_STARTTLS, MAIL_TLS };
extern const char *const MAIL_SECURITIES[]; /* "none", "starttls", "tls", NULL */
/* MAIL_STARTTLS when it is none of them. */
enum mail_security mail_security_of(str name);

struct mail_server {
	str host;
	int port;
	enum mail_security security;
	str user, password; /* user empty: no sign-in */
	str authority;      /* PEM; empty: those that the machine trusts */
};

enum { MAIL_CONNECT_MS = 20000, MAIL_URL_BYTES = 900 };
/* "scheme://host:port/path", scheme with an s behind it where TLS comes first. False when it is longer than `room`. */
bool mail_server_url(const struct mail_server *server, const char *scheme, str path, char *out, size_t room);
/* Address, sign-in and TLS 1.2 or later; without proxy. Everything is copied. */
CURLcode mail_server_apply(CURL *c, const struct mail_server *server, const char *scheme, str path);
#endif
