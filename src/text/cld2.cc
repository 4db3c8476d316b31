// CLD2 has only a C++ interface; nothing in it throws or keeps state.
#include "text/cld2.h"

#include <cstdio>

#include <cld2/public/compact_lang_det.h>

extern "C" const char *cld2_language(const char *text, size_t n_bytes, bool *is_reliable)
{
	CLD2::Language three[3];
	int shares[3], read;
	CLD2::Language best = CLD2::DetectLanguageSummary(text, static_cast<int>(n_bytes), true, three, shares, &read, is_reliable);
	return CLD2::LanguageCode(best);
}
