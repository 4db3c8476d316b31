/* site_api.c: the sites of the workspace, with what each puts into its pages. */
#include "audit/audit.h"
#include "http/edited.h"
#include "http/faults.h"
#include "setting/setting.h"
#include "site/site.h"
#include "survey/survey.h"

enum { NAME_CHARACTERS = 80, ORIGINS_BYTES = 2000, SITES_MOST = 100 };

struct site_row {
	id id;
	str name, origins, address, script, secret, code, chat;
};
struct sites {
	struct msg finding;
	LIST_OF(struct site_row) rows;
	struct input name, origins;
	bool may_write;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field ROW_FIELDS[] = {
	FIELD(site_row, id, DESC_ID, .prefix = "sit", .doc = "the site's public key"),
	FIELD(site_row, name, DESC_STR),
	FIELD(site_row, origins, DESC_STR, .doc = "addresses whose pages may use the key, a line each"),
	FIELD(site_row, address, DESC_STR),
	FIELD(site_row, script, DESC_STR, .doc = "what is put into the pages of the site"),
	FIELD(site_row, secret, DESC_STR, .doc = "with which the site's own server proves who a visitor is; for who may change settings"),
	FIELD(site_row, chat, DESC_STR, .doc = "how a chat is offered there"),
	FIELD(site_row, code, DESC_STR, .flags = DESC_PAGE_ONLY),
};
static const struct desc ROW_DESC = DESC(site_row, ROW_FIELDS);
static const struct desc_field SITES_FIELDS[] = {
	FIELD(sites, finding, DESC_MSG),
	FIELD(sites, rows, DESC_LIST, .item = DESC_STRUCT, .of = &ROW_DESC),
	FIELD(sites, name, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(sites, origins, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(sites, may_write, DESC_BOOL),
	FIELD(sites, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc SITES_DESC = DESC(sites, SITES_FIELDS);
struct site_input {
	str name, origins;
};
static const struct desc_field INPUT_FIELDS[] = {
	FIELD(site_input, name, DESC_STR, .max = 400),
	FIELD(site_input, origins, DESC_STR, .max = ORIGINS_BYTES, .doc = "addresses, a line each: https://shop.example.com, https://*.example.com"),
};
const struct desc SITE_INPUT_DESC = DESC(site_input, INPUT_FIELDS);

static struct site_row row_of(struct op *op, const struct web *w, const struct site *s, bool may_write)
{
	str key = id_show(&op->arena, S("sit"), s->id), source = survey_address(op, w, S(SITE_SCRIPT));
	struct site_row x = {.id = s->id, .name = s->name, .origins = s->origins, .address = str_fmt(&op->arena, "/settings/sites/%.*s", STR_ARG(key)), .secret = may_write ? site_secret(op, s->id) : STR_NONE,
	                     .code = str_fmt(&op->arena, "code-%.*s", STR_ARG(key))};
	x.chat = str_fmt(&op->arena, "%.*s/chat", STR_ARG(x.address));
	x.script = str_fmt(&op->arena, "<script async src=\"%.*s\" data-key=\"%.*s\"></script>", STR_ARG(source), STR_ARG(key));
	return x;
}

static enum err make_page(struct op *op, const struct web *w, struct sites **out)
{
	struct sites *page = ARENA_NEW(&op->arena, struct sites);
	struct site *all;
	size_t n;
	TRY(site_all(op, &all, &n));
	page->may_write = op_may(op, PERM_WRITE_SETTINGS);
	page->rows.v = ARENA_ARRAY(&op->arena, struct site_row, n + 1);
	for (size_t i = 0; i < n; i++) page->rows.v[page->rows.n++] = row_of(op, w, &all[i], page->may_write);
	page->finding = n ? msg_int("sites_some", "n", (int64_t)n) : msg_of("sites_none");
	*out = page;
	return OK;
}

enum err site_list_get(struct op *op, struct web *w, struct answer *a)
{
	struct sites *page;
	TRY(make_page(op, w, &page));
	a->is_private = true;
	return answer_with(a, &SITES_DESC, page);
}

/* ---- changes ---- */

/* The lines as they are kept; a line that is no address becomes a fault that names it. */
static str read_origins(struct op *op, str given, struct faults *f, struct input *in)
{
	struct buf b;
	buf_init(&b, 2 * ORIGINS_BYTES);
	for (str rest = given; str_given(rest);) {
		str line = str_trim(str_cut(&rest, '\n')), origin;
		if (!line.n) continue;
		if (site_read_origin(&op->arena, line, &origin)) buf_fmt(&b, "%s%.*s", b.n ? "\n" : "", STR_ARG(origin));
		else if (!in->error.key) faults_add(f, "origins", in, msg_str("fault_site_origin", "line", line));
	}
	str kept = str_dup(&op->arena, buf_str(&b));
	buf_release(&b);
	if (!kept.n && !in->error.key) faults_add(f, "origins", in, msg_of("fault_required"));
	return kept;
}

static enum err save(struct op *op, struct web *w, struct answer *a, id site)
{
	struct site_input in = {S(""), S("")};
	struct faults f = {0};
	struct sites *page;
	int64_t changed;
	TRY(web_input(op, w, &SITE_INPUT_DESC, &in));
	TRY(make_page(op, w, &page));
	page->name.value = str_given(in.name) ? in.name : S("");
	page->origins.value = str_given(in.origins) ? in.origins : S("");
	faults_text(&f, "name", &page->name, true, NAME_CHARACTERS);
	str origins = read_origins(op, page->origins.value, &f, &page->origins);
	if (!site && page->rows.n == SITES_MOST) faults_add(&f, "", NULL, msg_int("sites_most", "n", SITES_MOST));
	if (f.n) {
		faults_keep(op, &f, &page->faults.v, &page->faults.n);
		return answer_refused(op, a, &SITES_DESC, page);
	}
	id of = site ? site : id_new();
	TRY(site ? op_run(op, SQL_site_change, DB_ARGS(db_id(of), db_text(page->name.value), db_text(origins)), &changed)
	         : op_run(op, SQL_site_add, DB_ARGS(db_id(of), db_text(page->name.value), db_text(origins), db_int(op->now_ms)), &changed));
	if (!changed) return fail(op, ERR_NOT_FOUND, "id", "there is no such site");
	TRY(audit_write(op, site ? "site_changed" : "site_added", "site", of, STR_NONE, page->name.value));
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, S("/settings/sites"));
}

static enum err remove_one(struct op *op, id site)
{
	return audit_remove(op, SQL_site_remove, "site", site);
}

static enum err restore_one(struct op *op, id site)
{
	return audit_restore(op, SQL_site_restore, "site", site);
}

static const struct edited EDITED = {"sit", "/settings/sites", "notice_site_removed", false, remove_one, restore_one, save};

enum err site_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_add(op, w, a, &EDITED);
}

enum err site_change_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_change(op, w, a, &EDITED);
}

enum err site_remove_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_remove(op, w, a, &EDITED);
}

enum err site_restore_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_restore(op, w, a, &EDITED);
}
