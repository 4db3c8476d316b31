/* sms_size.c: 3GPP TS 23.038: the default alphabet, its extension (two units a letter), and UCS-2 for all other texts; a text of several
 * messages gives up some units of each to the header that puts them together. */
#include "base/utf8.h"
#include "sms/sms.h"

static const char BASIC[] = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
static const char EXTENSION[] = "\f^{}\\[~]|€";

static bool holds(const char *letters, uint32_t letter)
{
	str all = str_of(letters);
	for (size_t i = 0; i < all.n;)
		if (utf8_next(all, &i) == letter) return true;
	return false;
}

struct sms_size sms_size(str text)
{
	enum { GSM_ONE = 160, GSM_PART = 153, UCS_ONE = 70, UCS_PART = 67, BMP_MOST = 0xFFFF };
	struct sms_size size = {.is_gsm = true};
	int64_t gsm = 0, ucs = 0;
	for (size_t i = 0; i < text.n;) {
		uint32_t letter = utf8_next(text, &i);
		bool is_extended = holds(EXTENSION, letter);
		size.is_gsm &= is_extended || holds(BASIC, letter);
		gsm += is_extended ? 2 : 1;
		ucs += letter > BMP_MOST ? 2 : 1;
	}
	int64_t one = size.is_gsm ? GSM_ONE : UCS_ONE, part = size.is_gsm ? GSM_PART : UCS_PART;
	size.units = size.is_gsm ? gsm : ucs;
	size.segments = size.units <= one ? 1 : (size.units + part - 1) / part;
	return size;
}
