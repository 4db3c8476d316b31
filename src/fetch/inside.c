#include <stdatomic.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "fetch/fetch.h"

/* RFC 6890 and the registries of IANA behind it: what is no address of one machine of the public network. */
static const struct net4 {
	uint32_t net;
	int bits;
} INSIDE4[] = {
	{0x00000000, 8},  {0x0a000000, 8},  {0x64400000, 10}, {0x7f000000, 8},  {0xa9fe0000, 16}, {0xac100000, 12}, {0xc0000000, 24}, {0xc0000200, 24},
	{0xc0586300, 24}, {0xc0a80000, 16}, {0xc6120000, 15}, {0xc6336400, 24}, {0xcb007100, 24}, {0xe0000000, 4},  {0xf0000000, 4},
};

static bool is_inside4(uint32_t address)
{
	for (size_t i = 0; i < COUNT_OF(INSIDE4); i++)
		if ((address ^ INSIDE4[i].net) >> (32 - INSIDE4[i].bits) == 0) return true;
	return false;
}

static uint32_t net32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Only 2000::/3 is given out for machines; of it 6to4 and NAT64 carry another address inside, Teredo (2001::/32) and the
 * ranges for documents lead nowhere. */
static bool is_inside6(const uint8_t *p)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff}, nat64[12] = {0x00, 0x64, 0xff, 0x9b};
	if (!memcmp(p, mapped, 12) || !memcmp(p, nat64, 12)) return is_inside4(net32(p + 12));
	if ((p[0] & 0xe0) != 0x20) return true;
	if (p[0] == 0x20 && p[1] == 0x02) return is_inside4(net32(p + 2));
	if (p[0] == 0x3f && p[1] == 0xff && p[2] < 0x10) return true;
	return p[0] == 0x20 && p[1] == 0x01 && ((p[2] == 0 && p[3] == 0) || (p[2] == 0x0d && p[3] == 0xb8));
}

static atomic_bool is_allowed;

void fetch_allow_inside(void)
{
	atomic_store(&is_allowed, true);
}

bool fetch_may_be_inside(void)
{
	const char *set = getenv("HOSPES_FETCH_INSIDE");
	return atomic_load(&is_allowed) || (set && set[0] == '1' && !set[1]);
}

bool fetch_is_inside(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) return is_inside4(ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr));
	if (address->sa_family == AF_INET6) return is_inside6(((const struct sockaddr_in6 *)(const void *)address)->sin6_addr.s6_addr);
	return true;
}
