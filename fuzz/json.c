/* Any bytes: our readers agree with each other and with Jansson, and what we write reads back the same. */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include "json_oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *wrong = json_differ((str){(const char *)data, n});
	if (!wrong) return 0;
	fprintf(stderr, "%s\n", wrong);
	abort();
}
