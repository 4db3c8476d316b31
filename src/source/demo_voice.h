/* demo_voice.h: the Voice pages of the made-up company. */
#ifndef SOURCE_DEMO_VOICE_H
#define SOURCE_DEMO_VOICE_H
#include "op/op.h"

enum err demo_voice_before(struct op *op) NODISCARD; /* the surveys, before their answers come in */
enum err demo_voice_after(struct op *op) NODISCARD;  /* what people made of the touchpoints, once these are derived */
#endif
