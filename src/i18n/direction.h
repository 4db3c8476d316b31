/* direction.h: from which side a text of unknown language is read. The first letter does not tell: a Persian question may begin with a
 * company's Latin name. */
#ifndef I18N_DIRECTION_H
#define I18N_DIRECTION_H
#include "base/str.h"

/* Of a reader who reads from the right any letter of such a script tells; of others most letters have to be of one. */
bool direction_is_rtl(str text, bool reader_is_rtl);
#endif
