#include "i18n/direction.h"

#include <unicode/uchar.h>

#include "base/utf8.h"

bool direction_is_rtl(str text, bool reader_is_rtl)
{
	size_t left = 0, right = 0;
	for (size_t i = 0; str_given(text) && i < text.n;) {
		UCharDirection d = u_charDirection((UChar32)utf8_next(text, &i));
		left += d == U_LEFT_TO_RIGHT;
		right += d == U_RIGHT_TO_LEFT || d == U_RIGHT_TO_LEFT_ARABIC;
	}
	return reader_is_rtl ? right > 0 : right > left;
}
