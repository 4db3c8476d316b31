/* A row is first looked at whole, cell borders noted as offsets; only when its end is in the window are the cells made
 * (quotes halved in place), so that a row cut by the window's end can simply be looked at again after more was read.
 * A quote opens a quoted cell only at the cell's beginning: 5" is a cell. When a quoted cell does not end within the
 * largest row, its first line alone is given up, and reading goes on behind it. */
#include "collect/csv.h"

#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "collect/input.h"

enum {
	CELL_BYTES = 64 << 10,
	ROW_BYTES = 1 << 20,
	COLUMNS = 512,
	WINDOW_BYTES = 256 << 10,
	SNIFF_ROWS = 20,
};

struct cell {
	size_t from, to;
	bool is_quoted, has_quote; /* has_quote: doubled quotes inside */
};

struct csv {
	struct input *in;
	struct csv_options o;
	char *window;
	size_t at, n, cap;
	bool at_end;
	int64_t line; /* of window[at] */
	struct cell *borders;
	str *cells;
	char *latin;    /* a windows-1252 row, as UTF-8 */
	char *halved;   /* cells with doubled quotes, without them: the row itself stays as it stood */
	size_t latin_cap, halved_cap;
	struct arena arena;
	struct csv_row header;
	bool stops[256];
};

/* windows-1252's 0x80 to 0x9f; the five unused are the C1 controls, as in the WHATWG encoding standard. */
static const uint16_t CP1252[32] = {0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0x8d, 0x17d, 0x8f,
	0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0x9d, 0x17e, 0x178};

static enum err fill(struct csv *c, struct fault *f)
{
	size_t got;
	memmove(c->window, c->window + c->at, c->n - c->at);
	c->n -= c->at;
	c->at = 0;
	if (c->n == c->cap) {
		c->cap *= 2;
		c->window = mem_realloc(c->window, c->cap);
	}
	TRY(input_read(c->in, c->window + c->n, c->cap - c->n, &got, f));
	c->n += got;
	if (!got) c->at_end = true;
	return OK;
}

struct scan {
	size_t cells, end, next; /* where the row's text ends, and where the next row begins */
	int64_t lines;
	bool is_complete, too_many, junk;
};

static void note(struct csv *c, struct scan *s, struct cell cell)
{
	if (s->cells == c->o.max_columns) s->too_many = true;
	else c->borders[s->cells++] = cell;
}

/* Past the quoted cell that opens at i: to its closing quote, or c->n when there is none. */
static size_t scan_quoted(const struct csv *c, struct scan *s, size_t i, bool *has_quote)
{
	while (++i < c->n) {
		const char *quote = memchr(c->window + i, '"', c->n - i);
		size_t to = quote ? (size_t)(quote - c->window) : c->n;
		for (const char *p = c->window + i; (p = memchr(p, '\n', (size_t)(c->window + to - p))); p++) s->lines++;
		i = to;
		if (i + 1 >= c->n || c->window[i + 1] != '"') return i;
		*has_quote = true;
		i++;
	}
	return c->n;
}

/* One row from c->at. Not complete: its end is not in the window. */
/* NOLINTNEXTLINE(readability-function-cognitive-complexity): one state machine of quotes and ends of lines */
static void scan_row(struct csv *c, struct scan *s)
{
	const char *w = c->window;
	size_t i = c->at, n = c->n;
	*s = (struct scan){.lines = 1};
	for (;;) {
		struct cell cell = {.from = i};
		if (i < n && w[i] == '"') {
			cell.is_quoted = true;
			i = scan_quoted(c, s, i, &cell.has_quote);
			if (i >= n || (i + 1 == n && !c->at_end)) return;
			cell.from++;
			cell.to = i++;
			while (i < n && w[i] == ' ') i++;
			if (i < n && w[i] != c->o.delimiter && w[i] != '\n' && w[i] != '\r') s->junk = true;
		}
		while (i < n && !c->stops[(unsigned char)w[i]]) i++;
		if (!cell.is_quoted) cell.to = i;
		note(c, s, cell);
		if (i < n && w[i] == c->o.delimiter) {
			i++;
			continue;
		}
		if (i == n && !c->at_end) return;
		s->end = i;
		if (i < n && w[i] == '\r') {
			if (i + 1 == n && !c->at_end) return;
			if (i + 1 < n && w[i + 1] == '\n') i++;
		}
		s->next = i < n ? i + 1 : n;
		s->is_complete = true;
		return;
	}
}

static str halve_quotes(str cell, char *to)
{
	size_t n = 0;
	for (size_t i = 0; i < cell.n; i++) {
		if (cell.p[i] == '"') i++;
		to[n++] = cell.p[i];
	}
	return (str){to, n};
}

static char *room(char **p, size_t *cap, size_t n)
{
	if (*cap < n) *p = mem_realloc(*p, *cap = 2 * n);
	return *p;
}

static bool is_plain_ascii(const char *p, size_t n)
{
	uint64_t high = 0, word;
	size_t i = 0;
	for (; i + 8 <= n; i += 8) {
		memcpy(&word, p + i, 8);
		high |= word;
	}
	for (; i < n; i++) high |= (uint64_t)(unsigned char)p[i];
	return !(high & UINT64_C(0x8080808080808080));
}

/* The cells of a row that is no UTF-8, read as windows-1252. */
static void recode(struct csv *c, size_t cells, size_t bytes)
{
	size_t n = 0;
	room(&c->latin, &c->latin_cap, 3 * bytes + 4);
	for (size_t i = 0; i < cells; i++) {
		str from = c->cells[i];
		size_t start = n;
		for (size_t k = 0; k < from.n; k++) {
			unsigned char b = (unsigned char)from.p[k];
			n += utf8_put(b >= 0x80 && b < 0xa0 ? CP1252[b - 0x80] : b, c->latin + n);
		}
		c->cells[i] = (str){c->latin + start, n - start};
	}
}

static const char *make_cells(struct csv *c, const struct scan *s, struct csv_row *out)
{
	str text = {c->window + c->at, s->end - c->at};
	bool is_utf8 = is_plain_ascii(text.p, text.n) || utf8_is_valid(text);
	*out = (struct csv_row){.cells = c->cells, .line = c->line, .text = text};
	if (s->too_many) return "too_many_columns";
	if (s->junk) return "text_after_quote";
	if (memchr(text.p, 0, text.n)) return "nul_byte";
	size_t width = c->header.n, n = s->cells;
	while (width && n > width && c->borders[n - 1].from == c->borders[n - 1].to) n--;
	if (width && n != width) return "ragged";
	for (size_t i = 0; i < n; i++)
		if (c->borders[i].to - c->borders[i].from > c->o.max_cell_bytes) return "cell_too_long";
	char *to = room(&c->halved, &c->halved_cap, text.n + 1);
	for (size_t i = 0; i < n; i++) {
		c->cells[i] = (str){c->window + c->borders[i].from, c->borders[i].to - c->borders[i].from};
		if (!c->borders[i].has_quote) continue;
		c->cells[i] = halve_quotes(c->cells[i], to);
		to += c->cells[i].n;
	}
	if (!is_utf8) recode(c, n, text.n);
	out->n = n;
	return NULL;
}

/* Gives up the line at c->at; what follows it is read on. */
static enum csv_result give_up_line(struct csv *c, const char *why, struct csv_row *out, const char **reason, struct fault *f)
{
	enum { SHOWN_BYTES = 1000 };
	const char *end;
	while (!(end = memchr(c->window + c->at, '\n', c->n - c->at)) && !c->at_end) {
		if (c->n - c->at > c->o.max_row_bytes) c->at = c->n; /* what is skipped need not be kept */
		if (fill(c, f) != OK) return CSV_FAILED;
	}
	size_t next = end ? (size_t)(end - c->window) + 1 : c->n, shown = next - c->at - (end != NULL);
	*out = (struct csv_row){.line = c->line++, .text = {c->window + c->at, shown < SHOWN_BYTES ? shown : SHOWN_BYTES}};
	c->at = next;
	*reason = why;
	return CSV_BAD_ROW;
}

enum csv_result csv_next(struct csv *c, struct csv_row *out, const char **reason, struct fault *f)
{
	struct scan s;
	for (;;) {
		scan_row(c, &s);
		if (!s.is_complete) {
			if (c->at_end) return give_up_line(c, "open_quote", out, reason, f);
			if (c->n - c->at > c->o.max_row_bytes) return give_up_line(c, "row_too_long", out, reason, f);
			if (fill(c, f) != OK) return CSV_FAILED;
			continue;
		}
		if (c->at == c->n && c->at_end) return CSV_END;
		bool is_blank = s.end == c->at;
		if (!is_blank) *reason = make_cells(c, &s, out);
		c->at = s.next;
		c->line += s.lines;
		if (!is_blank) return *reason ? CSV_BAD_ROW : CSV_ROW;
	}
}

static void set_delimiter(struct csv *c, char delimiter)
{
	memset(c->stops, 0, sizeof c->stops);
	c->o.delimiter = delimiter;
	c->stops[(unsigned char)delimiter] = c->stops['\n'] = c->stops['\r'] = true;
}

/* The delimiter under which the most of the first rows have as many cells as the header. */
static void sniff(struct csv *c)
{
	static const char candidates[] = {',', ';', '\t', '|'};
	size_t best = 0, begin = c->at;
	char chosen = ',';
	for (size_t i = 0; i < sizeof candidates; i++) {
		struct scan s;
		size_t width = 0, agree = 0;
		set_delimiter(c, candidates[i]);
		for (int row = 0; row < SNIFF_ROWS && c->at < c->n; row++) {
			scan_row(c, &s);
			if (!s.is_complete) break;
			if (!row) width = s.cells;
			agree += s.cells == width && !s.junk;
			c->at = s.next;
		}
		c->at = begin;
		size_t score = width > 1 ? agree * (COLUMNS + 1) + width : 0;
		if (score <= best) continue;
		best = score;
		chosen = candidates[i];
	}
	set_delimiter(c, chosen);
}

static enum err read_header(struct csv *c, struct fault *f)
{
	const char *reason = NULL;
	struct csv_row row;
	switch (csv_next(c, &row, &reason, f)) {
	case CSV_ROW: break;
	case CSV_BAD_ROW: return fault_set(f, ERR_MALFORMED, "line 1", "the header cannot be read: %s", reason);
	case CSV_END: return fault_set(f, ERR_MALFORMED, "", "the file is empty");
	case CSV_FAILED: return f && f->err ? f->err : ERR_IO;
	}
	str *cells = ARENA_ARRAY(&c->arena, str, row.n);
	for (size_t i = 0; i < row.n; i++) cells[i] = str_trim(str_dup(&c->arena, row.cells[i]));
	c->header = (struct csv_row){.cells = cells, .n = row.n, .line = row.line, .text = str_dup(&c->arena, row.text)};
	return OK;
}

enum err csv_open(struct csv **out, struct input *in, const struct csv_options *o, struct fault *f)
{
	struct csv *c = MEM_NEW(struct csv);
	c->in = in;
	c->o = *o;
	if (!c->o.max_cell_bytes) c->o.max_cell_bytes = CELL_BYTES;
	if (!c->o.max_row_bytes) c->o.max_row_bytes = ROW_BYTES;
	if (!c->o.max_columns) c->o.max_columns = COLUMNS;
	c->cap = WINDOW_BYTES;
	c->window = mem_alloc(c->cap);
	c->borders = mem_alloc(c->o.max_columns * sizeof *c->borders);
	c->cells = mem_alloc(c->o.max_columns * sizeof *c->cells);
	c->line = 1;
	*out = NULL;
	enum err e = OK;
	while (e == OK && !c->at_end && c->n < c->cap / 2) e = fill(c, f);
	if (e == OK) {
		if (o->delimiter) set_delimiter(c, o->delimiter);
		else sniff(c);
		e = read_header(c, f);
	}
	if (e != OK) {
		csv_free(c);
		return e;
	}
	*out = c;
	return OK;
}

void csv_free(struct csv *c)
{
	if (!c) return;
	mem_free(c->window);
	mem_free(c->borders);
	mem_free(c->cells);
	mem_free(c->latin);
	mem_free(c->halved);
	arena_release(&c->arena);
	mem_free(c);
}

const struct csv_row *csv_header(const struct csv *c)
{
	return &c->header;
}

char csv_delimiter(const struct csv *c)
{
	return c->o.delimiter;
}
