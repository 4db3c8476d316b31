/* fuzz.h: what each fuzzer defines. libFuzzer calls it; without libFuzzer, main.c does. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
#endif
