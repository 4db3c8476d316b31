#include "base/clock.h"

#include <stdatomic.h>
#include <time.h>

static _Atomic int64_t held;

int64_t clock_now_ms(void)
{
	int64_t fixed = atomic_load_explicit(&held, memory_order_relaxed);
	if (fixed) return fixed;
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_mono_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void clock_hold_ms(int64_t now_ms)
{
	atomic_store(&held, now_ms);
}
