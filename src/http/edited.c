#include "http/edited.h"

static enum err id_of(struct op *op, const struct web *w, const struct edited *e, id *out)
{
	return web_id(op, w, "id", e->prefix, out);
}

/* The address of the thing itself: that of the page without its last part. */
static str address_of(const struct web *w)
{
	str address = w->path;
	while (address.n && address.p[address.n - 1] != '/') address.n--;
	if (address.n) address.n--;
	return address;
}

enum err edited_add(struct op *op, struct web *w, struct answer *a, const struct edited *e)
{
	return e->save(op, w, a, 0);
}

enum err edited_change(struct op *op, struct web *w, struct answer *a, const struct edited *e)
{
	id of;
	TRY(id_of(op, w, e, &of));
	return e->save(op, w, a, of);
}

enum err edited_remove(struct op *op, struct web *w, struct answer *a, const struct edited *e)
{
	id of;
	TRY(id_of(op, w, e, &of));
	TRY(e->remove(op, of));
	a->notice = msg_of(e->removed);
	a->undo = str_fmt(&op->arena, "%.*s/restore", STR_ARG(address_of(w)));
	return answer_redirect(a, str_of(e->list));
}

enum err edited_restore(struct op *op, struct web *w, struct answer *a, const struct edited *e)
{
	id of;
	TRY(id_of(op, w, e, &of));
	TRY(e->restore(op, of));
	a->notice = msg_of("notice_undone");
	return answer_redirect(a, e->has_page ? str_dup(&op->arena, address_of(w)) : str_of(e->list));
}
