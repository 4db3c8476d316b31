/* `hospes report` and what `hospes demo` says at its start: the page's answer in other clothes. The HTML carries its style
 * within it and asks for nothing else, so that it can be sent on and opened anywhere. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "collect/appliers.h"
#include "collect/touchpoint.h"
#include "http/asset.h"
#include "http/options.h"
#include "i18n/zone.h"
#include "json/json.h"
#include "op/app.h"
#include "pulse/pulse.h"
#include "setting/setting.h"
#include "template/template.h"

/* Exit codes: tables/commands.def. */
enum { CODE_DONE = 0, CODE_USAGE = 2 };
enum { CATCH_UP_MS = 60000, REPORT_BYTES = 16 << 20, NAME_COLUMNS = 34, NUMBER_COLUMNS = 12, SIDE = 2 };

/* ---- plain text ---- */

struct printing {
	struct op *op;
	struct buf *out;
};

/* Columns that a text takes: letters that stand on others take none, wide ones (CJK) two. */
static size_t columns_of(str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n;) {
		unsigned char c = (unsigned char)s.p[i];
		size_t bytes = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
		uint32_t point = c < 0x80 ? c : c & (0x7Fu >> bytes);
		for (size_t k = 1; k < bytes && i + k < s.n; k++) point = point << 6 | ((unsigned char)s.p[i + k] & 0x3F);
		bool is_mark = (point >= 0x300 && point < 0x370) || point == 0xE31 || (point >= 0xE34 && point <= 0xE3A) || (point >= 0xE47 && point <= 0xE4E) || (point >= 0x200B && point <= 0x200F) || point == 0x61C;
		bool is_wide = (point >= 0x1100 && point < 0x1160) || (point >= 0x2E80 && point < 0xA4D0) || (point >= 0xAC00 && point < 0xD7A4) || (point >= 0xFF00 && point < 0xFF61);
		n += is_mark ? 0 : is_wide ? 2 : 1;
		i += bytes;
	}
	return n;
}

static void pad(struct printing *p, size_t n)
{
	for (size_t i = 0; i < n; i++) buf_byte(p->out, ' ');
}

static void put_left(struct printing *p, str s, size_t columns)
{
	size_t n = columns_of(s);
	buf_add(p->out, s);
	pad(p, n < columns ? columns - n : 1);
}

static void put_right(struct printing *p, str s, size_t columns)
{
	size_t n = columns_of(s);
	pad(p, n < columns ? columns - n : 0);
	buf_add(p->out, s);
}

static str words(struct printing *p, const char *key)
{
	return i18n_format(&p->op->arena, &p->op->locale, str_of(key), NULL, 0);
}

static str said(struct printing *p, const struct msg *m)
{
	return m->key ? i18n_msg(&p->op->arena, &p->op->locale, m) : S("");
}

static void put_title(struct printing *p, const char *key)
{
	buf_fmt(p->out, "\n%.*s\n", STR_ARG(words(p, key)));
}

static void put_sentence(struct printing *p, const struct msg *m)
{
	if (m->key) buf_fmt(p->out, "%*s%.*s\n", SIDE, "", STR_ARG(said(p, m)));
}

/* Under the figure of the currency that leads. */
static void put_other(struct printing *p, const struct figure_other *o)
{
	pad(p, SIDE + NAME_COLUMNS - NUMBER_COLUMNS);
	put_right(p, said(p, &o->value), NUMBER_COLUMNS + 4);
	buf_fmt(p->out, "   %.*s", STR_ARG(said(p, &o->n)));
	if (o->interval.key) buf_fmt(p->out, " · %.*s", STR_ARG(said(p, &o->interval)));
	buf_byte(p->out, '\n');
}

static void put_figures(struct printing *p, const struct pulse *pulse)
{
	put_title(p, "pulse_figures_title");
	put_sentence(p, &pulse->state_finding);
	for (size_t i = 0; i < pulse->figures.n; i++) {
		const struct figure *f = &pulse->figures.v[i];
		pad(p, SIDE);
		put_left(p, said(p, &f->name), NAME_COLUMNS - NUMBER_COLUMNS);
		put_right(p, said(p, &f->value), NUMBER_COLUMNS + 4);
		buf_fmt(p->out, "   %.*s", STR_ARG(said(p, &f->n)));
		if (f->interval.key) buf_fmt(p->out, " · %.*s", STR_ARG(said(p, &f->interval)));
		buf_byte(p->out, '\n');
		for (size_t k = 0; k < f->others.n; k++) put_other(p, &f->others.v[k]);
	}
	for (size_t i = 0; i < pulse->notes.n; i++) put_sentence(p, &pulse->notes.v[i]);
}

static void put_returned(struct printing *p, const struct pulse *pulse)
{
	struct op *op = p->op;
	put_title(p, "pulse_returned_title");
	put_sentence(p, &pulse->returned.finding);
	for (size_t i = 0; i < pulse->returned.rows.n; i++) {
		const struct product_line *l = &pulse->returned.rows.v[i];
		pad(p, SIDE);
		put_left(p, l->code, 9);
		put_left(p, str_eq(l->name, l->code) ? S("") : l->name, NAME_COLUMNS + 4);
		put_right(p, i18n_int(&op->arena, &op->locale, l->returned), 9);
		buf_add(p->out, S(" / "));
		put_left(p, i18n_int(&op->arena, &op->locale, l->units), 9);
		put_right(p, i18n_share(&op->arena, &op->locale, l->return_rate), 8);
		buf_byte(p->out, '\n');
	}
}

static void put_retention(struct printing *p, const struct retention *r)
{
	struct op *op = p->op;
	put_title(p, "pulse_retention_title");
	put_sentence(p, &r->finding);
	if (r->rows.n == 0) return;
	pad(p, SIDE);
	put_left(p, S(""), NAME_COLUMNS - NUMBER_COLUMNS);
	put_right(p, words(p, "retention_size"), NUMBER_COLUMNS);
	for (size_t k = 0; k < r->heads.n && k < 12; k++) put_right(p, r->heads.v[k], 8);
	buf_byte(p->out, '\n');
	for (size_t i = 0; i < r->rows.n; i++) {
		const struct cohort *c = &r->rows.v[i];
		pad(p, SIDE);
		put_left(p, c->name, NAME_COLUMNS - NUMBER_COLUMNS);
		put_right(p, i18n_int(&op->arena, &op->locale, c->size), NUMBER_COLUMNS);
		for (size_t k = 0; k < c->cells.n && k < 12; k++) put_right(p, c->cells.v[k].is_open ? S("·") : i18n_share(&op->arena, &op->locale, c->cells.v[k].share), 8);
		if (c->is_worst) buf_fmt(p->out, "   ← %.*s", STR_ARG(words(p, "retention_is_worst")));
		buf_byte(p->out, '\n');
	}
}

static void put_heard(struct printing *p, const struct pulse *pulse)
{
	struct op *op = p->op;
	put_title(p, "pulse_heard_title");
	put_sentence(p, &pulse->heard_finding);
	put_sentence(p, &pulse->unheard_finding);
	for (size_t i = 0; i < pulse->families.n; i++) {
		const struct pulse_family *f = &pulse->families.v[i];
		pad(p, SIDE);
		put_left(p, i18n_pattern(op->locale.lang, str_fmt(&op->arena, "family_%s", FAMILIES[f->family])), NAME_COLUMNS - NUMBER_COLUMNS + 4);
		put_right(p, f->is_heard ? i18n_int(&op->arena, &op->locale, f->volume) : words(p, "nothing_heard"), NUMBER_COLUMNS);
		if (f->is_heard) buf_fmt(p->out, "   %.*s", STR_ARG(i18n_day(&op->arena, &op->locale, f->last_heard)));
		buf_byte(p->out, '\n');
	}
}

static void write_text(struct op *op, const struct pulse *pulse, struct buf *out)
{
	struct printing p = {op, out};
	if (setting_bool(op->app, SETTING_company_loaded)) buf_fmt(out, "\n%.*s\n", STR_ARG(words(&p, "made_up")));
	if (pulse->from != DESC_NULL_INT) {
		struct msg_arg days[] = {{.name = "from", .type = MSG_DATE, .i = pulse->from}, {.name = "to", .type = MSG_DATE, .i = pulse->to}};
		buf_fmt(out, "\n%.*s · %.*s\n", STR_ARG(words(&p, "pulse_title")), STR_ARG(i18n_format(&op->arena, &op->locale, S("period_from_to"), days, 2)));
	}
	put_heard(&p, pulse);
	if (pulse->is_empty) return;
	put_figures(&p, pulse);
	put_returned(&p, pulse);
	put_retention(&p, &pulse->retention);
	buf_byte(out, '\n');
}

enum err pulse_print(struct op *op, int fd)
{
	struct pulse *pulse = ARENA_NEW(&op->arena, struct pulse);
	struct buf out;
	TRY(pulse_make(op, NULL, pulse));
	buf_init(&out, REPORT_BYTES);
	write_text(op, pulse, &out);
	command_write(fd, buf_str(&out));
	buf_release(&out);
	return OK;
}

/* ---- HTML ---- */

struct report {
	str lang, dir, style, sprite, organisation, icons;
	int64_t made_at;
	bool is_made_up;
};
struct report_page {
	struct report page;
};
static const struct desc_field REPORT_FIELDS[] = {
	FIELD(report, lang, DESC_STR),
	FIELD(report, dir, DESC_STR),
	FIELD(report, style, DESC_STR),
	FIELD(report, sprite, DESC_STR),
	FIELD(report, organisation, DESC_STR),
	FIELD(report, icons, DESC_STR),
	FIELD(report, made_at, DESC_TIME),
	FIELD(report, is_made_up, DESC_BOOL),
};
static const struct desc REPORT_DESC = DESC(report, REPORT_FIELDS);
static const struct desc_field REPORT_PAGE_FIELDS[] = {FIELD(report_page, page, DESC_STRUCT, .of = &REPORT_DESC)};
static const struct desc REPORT_PAGE_DESC = DESC(report_page, REPORT_PAGE_FIELDS);

static str load_part(void *arg, str name)
{
	char path[200];
	(void)arg;
	int n = snprintf(path, sizeof path, "pages/%.*s.html", STR_ARG(name));
	const struct asset *asset = n > 0 && (size_t)n < sizeof path ? asset_find((str){path, (size_t)n}) : NULL;
	return asset ? asset->bytes : STR_NONE;
}

static str asset_bytes(str path)
{
	const struct asset *a = asset_find(path);
	return a ? a->bytes : S("");
}

static str styles(struct op *op)
{
	static const char *const SHEETS[] = {"assets/base.css", "assets/layout.css", "assets/parts.css"};
	str parts[COUNT_OF(SHEETS)];
	for (size_t i = 0; i < COUNT_OF(SHEETS); i++) parts[i] = asset_bytes(str_of(SHEETS[i]));
	return str_join(&op->arena, parts, COUNT_OF(SHEETS), S("\n"));
}

static enum err write_html(struct op *op, struct pulse *pulse, struct buf *out)
{
	struct report_page *page = ARENA_NEW(&op->arena, struct report_page);
	struct template_options options = {.type = TEMPLATE_HTML, .loader = load_part, .may_unescape = true};
	struct template *t;
	page->page = (struct report){.lang = lang_code(op->locale.lang), .dir = lang_is_rtl(op->locale.lang) ? S("rtl") : S("ltr"), .style = styles(op),
		.organisation = setting_text(op, SETTING_organisation), .sprite = asset_bytes(S("assets/icons.svg")), .icons = S(""), .made_at = op->now_ms, .is_made_up = setting_bool(op->app, SETTING_company_loaded)};
	for (size_t i = 0; i < pulse->figures.n; i++) pulse->figures.v[i].customers = STR_NONE; /* nothing to lead to from a file */
	TRY(template_new(S("pulse/report"), load_part(NULL, S("pulse/report")), &options, &t, &op->fault));
	struct template_value values[] = {{.desc = &REPORT_PAGE_DESC, .value = page}, {.desc = &PULSE_DESC, .value = pulse}};
	enum err e = template_render(t, &op->locale, values, COUNT_OF(values), out, &op->fault);
	template_free(t);
	return e;
}

/* ---- the command ---- */

static enum err report(struct op *op, str format, struct buf *out)
{
	struct pulse *pulse = ARENA_NEW(&op->arena, struct pulse);
	TRY(pulse_make(op, NULL, pulse));
	if (str_eq(format, S("html"))) return write_html(op, pulse, out);
	if (str_eq(format, S("text"))) {
		write_text(op, pulse, out);
		return OK;
	}
	if (!str_eq(format, S("json"))) return fail(op, ERR_INVALID, "--format", "must be text, json or html");
	buf_add(out, json_of(&op->arena, &PULSE_DESC, pulse));
	buf_byte(out, '\n');
	return OK;
}

int command_report(struct app *app, int argc, const str *argv, const struct command_io *io)
{
	str format = S("text"), *rest = NULL;
	struct op op;
	struct buf out;
	int n_rest = 0;
	struct command_option options[] = {{"format", &format, NULL}};
	op_init(&op, app, (struct actor){.kind = ACTOR_COMMAND, .name = S("command line")}, false);
	rest = ARENA_ARRAY(&op.arena, str, argc + 1);
	if (!options_read(io, argc, argv, options, COUNT_OF(options), rest, &n_rest) || n_rest) {
		command_print(io->err, "usage: hospes report --data DIR [--format text|json|html]\n");
		op_end(&op, OK);
		op_release(&op);
		return CODE_USAGE;
	}
	appliers_catch_up(app, CATCH_UP_MS);
	op.locale = setting_locale(&op);
	buf_init(&out, REPORT_BYTES);
	int code = CODE_DONE;
	if (op_end(&op, report(&op, format, &out)) == OK) command_write(io->out, buf_str(&out));
	else code = command_fault(io, &op.fault);
	buf_release(&out);
	op_release(&op);
	return code;
}
