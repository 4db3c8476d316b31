/* asset.h: files embedded at build: assets/ (hashed address, brotli and gzip beside), pages/, models/, i18n/, sql/. */
#ifndef HTTP_ASSET_H
#define HTTP_ASSET_H
#include "base/str.h"

struct arena;

struct asset {
	str path;          /* "assets/hospes.css", "pages/customer/list.html" */
	str bytes, gzip, brotli; /* absent when not worth it */
	str hash;          /* 10 hex digits of the content */
	str content_type;
};
const struct asset *asset_find(str path);
str asset_address(struct arena *a, str path);    /* "/assets/hospes.1f2e3d4c5b.css"; the path itself when unknown */
const struct asset *asset_by_address(str address); /* of such an address; NULL when the hash is another */
const struct asset *asset_at(size_t i);           /* in order of path; NULL behind the last */
#endif
