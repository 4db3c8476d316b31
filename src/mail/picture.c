#include "mail/picture.h"

static int64_t big(str s, size_t at, size_t n)
{
	int64_t out = 0;
	for (size_t i = 0; i < n; i++) out = out << 8 | (unsigned char)s.p[at + i];
	return out;
}

static int64_t little(str s, size_t at, size_t n)
{
	int64_t out = 0;
	for (size_t i = n; i--;) out = out << 8 | (unsigned char)s.p[at + i];
	return out;
}

static bool read_png(str s, struct picture *out)
{
	enum { HEAD = 24 };
	if (s.n < HEAD || !str_starts(s, S("\x89PNG\r\n\x1a\n")) || !str_eq(str_sub(s, 12, 4), S("IHDR"))) return false;
	*out = (struct picture){"image/png", big(s, 16, 4), big(s, 20, 4)};
	return true;
}

static bool read_gif(str s, struct picture *out)
{
	enum { HEAD = 10 };
	if (s.n < HEAD || (!str_starts(s, S("GIF87a")) && !str_starts(s, S("GIF89a")))) return false;
	*out = (struct picture){"image/gif", little(s, 6, 2), little(s, 8, 2)};
	return true;
}

/* The frame header (SOF) of ITU T.81 stands somewhere behind segments that carry their length. */
static bool read_jpeg(str s, struct picture *out)
{
	enum { FRAME = 9, SOF0 = 0xc0, SOF15 = 0xcf, DHT = 0xc4, JPG = 0xc8, DAC = 0xcc };
	if (!str_starts(s, S("\xff\xd8\xff"))) return false;
	for (size_t at = 2; at + FRAME < s.n;) {
		int64_t marker = big(s, at + 1, 1), length = big(s, at + 2, 2);
		if (big(s, at, 1) != 0xff) return false;
		if (marker == 0xff) {
			at++;
		} else if (marker >= SOF0 && marker <= SOF15 && marker != DHT && marker != JPG && marker != DAC) {
			*out = (struct picture){"image/jpeg", big(s, at + 7, 2), big(s, at + 5, 2)};
			return true;
		} else {
			at += 2 + (size_t)length;
		}
	}
	return false;
}

static bool read_webp(str s, struct picture *out)
{
	enum { HEAD = 30, SIZE_BITS = 0x3fff };
	if (s.n < HEAD || !str_starts(s, S("RIFF")) || !str_eq(str_sub(s, 8, 4), S("WEBP"))) return false;
	str form = str_sub(s, 12, 4);
	*out = (struct picture){"image/webp", 0, 0};
	if (str_eq(form, S("VP8X"))) {
		out->width = little(s, 24, 3) + 1;
		out->height = little(s, 27, 3) + 1;
	} else if (str_eq(form, S("VP8 "))) {
		out->width = little(s, 26, 2) & SIZE_BITS;
		out->height = little(s, 28, 2) & SIZE_BITS;
	} else if (str_eq(form, S("VP8L"))) {
		int64_t bits = little(s, 21, 4);
		out->width = (bits & SIZE_BITS) + 1;
		out->height = (bits >> 14 & SIZE_BITS) + 1;
	}
	return true;
}

bool picture_of(str bytes, struct picture *out)
{
	*out = (struct picture){"", 0, 0};
	if (!read_png(bytes, out) && !read_gif(bytes, out) && !read_jpeg(bytes, out) && !read_webp(bytes, out)) return false;
	return out->width > 0 && out->height > 0 && out->width <= PICTURE_PIXELS / out->height;
}
