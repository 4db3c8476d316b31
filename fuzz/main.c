/* Runs a fuzzer once for each file named, where the compiler has no libFuzzer. */
#include <stdio.h>

#include "base/mem.h"
#include "fuzz.h"

enum { MAX_BYTES = 1 << 24 };

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "rb");
		if (!file) {
			perror(argv[i]);
			return 1;
		}
		uint8_t *room = mem_alloc(MAX_BYTES);
		size_t n = fread(room, 1, MAX_BYTES, file);
		fclose(file);
		uint8_t *data = mem_realloc(room, n ? n : 1); /* exact, so that the address sanitizer sees overruns */
		LLVMFuzzerTestOneInput(data, n);
		mem_free(data);
	}
	return 0;
}
