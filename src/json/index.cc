// The one C++ file of Hospes: calls simdjson 3.0's stage one and nothing else of it, since its own walks (DOM, on
// demand) neither keep a value's raw text nor check all of the grammar that they pass over. Nothing throws: memory is
// asked for with nothrow and simdjson's own functions are noexcept.
#include "json/index.h"

#include <new>

#include <simdjson.h>

namespace {
constexpr size_t FIRST_BYTES = 64 * 1024; // a batch of a hundred events takes about 30 KB
} // namespace

struct json_index {
	std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
	size_t capacity = 0;
};

extern "C" struct json_index *json_index_new(void)
{
	return new (std::nothrow) json_index();
}

extern "C" void json_index_free(struct json_index *index)
{
	delete index;
}

// Grows by doubling, so that a reader of small documents stays small.
static bool has_room(struct json_index *index, size_t n_bytes)
{
	if (index->parser && n_bytes <= index->capacity) return true;
	size_t wanted = index->capacity ? index->capacity : FIRST_BYTES;
	while (wanted < n_bytes) wanted *= 2;
	auto error = index->parser ? index->parser->set_capacity(wanted)
	                           : simdjson::get_active_implementation()->create_dom_parser_implementation(wanted, 1, index->parser);
	index->capacity = error ? 0 : wanted;
	return !error;
}

extern "C" enum json_index_result json_index_find(struct json_index *index, const char *text, size_t n_bytes,
	const uint32_t **at, size_t *n)
{
	if (!has_room(index, n_bytes)) return JSON_INDEX_MEMORY;
	auto error = index->parser->stage1(reinterpret_cast<const uint8_t *>(text), n_bytes, simdjson::stage1_mode::regular);
	*at = index->parser->structural_indexes.get();
	*n = index->parser->n_structural_indexes;
	switch (error) {
	case simdjson::SUCCESS: return JSON_INDEX_OK;
	case simdjson::EMPTY: return JSON_INDEX_EMPTY;
	case simdjson::UTF8_ERROR: return JSON_INDEX_UTF8;
	case simdjson::UNCLOSED_STRING:
	case simdjson::UNESCAPED_CHARS: return JSON_INDEX_STRING;
	default: return JSON_INDEX_MEMORY;
	}
}
