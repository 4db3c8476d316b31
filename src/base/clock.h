/* clock.h: the time. Wall time is UTC milliseconds since 1970. Tests may hold it still. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H
#include <stdint.h>

int64_t clock_now_ms(void);
int64_t clock_mono_us(void);            /* for durations; never set back */
void clock_hold_ms(int64_t now_ms);     /* tests: now stands still; 0 lets it run again */
#endif
