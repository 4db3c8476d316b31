/* Any bytes as the file of a model, packed as they are or as what the frame unpacks to: refused, or it judges a text. */
#include <string.h>
#include <xxhash.h>
#include <zstd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "fuzz.h"
#include "text/classifier.h"

static void judge(str file)
{
	struct classifier *c;
	struct fault f = {0};
	if (classifier_decode(file, &c, &f) != OK) {
		if (c) __builtin_trap();
		return;
	}
	struct arena a = {0};
	struct folded text;
	struct judged judged;
	struct reason reasons[3];
	str source = S("any text ข้อความ 文字");
	fold(&a, source, &text);
	classifier_judge(c, &a, &text, &judged);
	if (judged.label >= c->n_labels) __builtin_trap();
	classifier_reasons(c, &a, &judged, &text, source, judged.label, reasons, 3);
	arena_release(&a);
	classifier_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct { /* as classifier.c has it */
		char magic[8];
		uint32_t format, unused;
		uint64_t raw_bytes, hash;
	} head = {{'H', 'O', 'S', 'P', 'T', 'E', 'X', 'T'}, 1, 0, n, XXH3_64bits(data, n)};
	struct buf file;
	judge((str){(const char *)data, n});
	buf_init(&file, 1 << 24);
	buf_add_bytes(&file, &head, sizeof head);
	size_t bound = ZSTD_compressBound(n);
	char *room = buf_room(&file, bound);
	buf_wrote(&file, ZSTD_compress(room, bound, data, n, 1));
	judge(buf_str(&file));
	buf_release(&file);
	return 0;
}
