/* picture.h: what picture some bytes are, by themselves and not by what their sender calls them. Pure. */
#ifndef MAIL_PICTURE_H
#define MAIL_PICTURE_H
#include "base/str.h"

struct picture {
	const char *type; /* image/png, image/jpeg, image/gif or image/webp */
	int64_t width, height;
};
/* False for anything else (SVG can act), for one whose size cannot be told, and for one of more than PICTURE_PIXELS, which would fill a reader's memory. */
enum { PICTURE_PIXELS = 50000000 };
bool picture_of(str bytes, struct picture *out);
#endif
