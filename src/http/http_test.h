/* http_test.h: a server on a port of its own and a client of plain sockets, for the tests of this folder. */
#ifndef HTTP_HTTP_TEST_H
#define HTTP_HTTP_TEST_H
/* clang-format off */
#include "test.h"
/* clang-format on */
#include "base/arena.h"
#include "http/http.h"

extern struct arena test_arena;
int test_connect(const struct http_server *s);
void test_send(int fd, str bytes);
str test_read(int fd);               /* until the other side closes, or nothing comes for two seconds */
str test_read_until(int fd, str text); /* until text has come */
str test_ask(const struct http_server *s, str request); /* one connection: send, read all, close */
int test_status(str answer);
str test_body_of(str answer);
#endif
