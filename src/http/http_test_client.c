#include "http_test.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"

struct arena test_arena;

int test_connect(const struct http_server *s)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)http_port(s)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	assert_ok(connect(fd, (struct sockaddr *)&to, sizeof to));
	return fd;
}

void test_send(int fd, str bytes)
{
	while (bytes.n) {
		ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);
		if (n <= 0) return; /* the server may have hung up on purpose */
		bytes = str_sub(bytes, (size_t)n, bytes.n);
	}
}

static str read_until(int fd, str text)
{
	struct buf b;
	buf_init(&b, 8 << 20);
	for (;;) {
		char *room = buf_room(&b, 64 << 10);
		if (!room || poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 2000) <= 0) break;
		ssize_t n = recv(fd, room, 64 << 10, 0);
		if (n <= 0) break;
		buf_wrote(&b, (size_t)n);
		if (text.n && str_contains(buf_str(&b), text)) break;
	}
	str out = str_dup(&test_arena, buf_str(&b));
	buf_release(&b);
	return out;
}

str test_read(int fd)
{
	return read_until(fd, STR_NONE);
}

str test_read_until(int fd, str text)
{
	return read_until(fd, text);
}

str test_ask(const struct http_server *s, str request)
{
	int fd = test_connect(s);
	test_send(fd, request);
	str answer = test_read(fd);
	close(fd);
	return answer;
}

int test_status(str answer)
{
	int64_t status = 0;
	return str_starts(answer, S("HTTP/1.1 ")) && str_i64(str_sub(answer, 9, 3), &status) ? (int)status : 0;
}

str test_body_of(str answer)
{
	for (size_t i = 0; i + 4 <= answer.n; i++)
		if (str_eq(str_sub(answer, i, 4), S("\r\n\r\n"))) return str_sub(answer, i + 4, answer.n);
	return STR_NONE;
}
