#include "sms/sms.h"

#include <sodium.h>

#include "op/app.h"
#include "setting/setting.h"

enum { CODE_BYTES = 8 };

bool sms_is_on(const struct app *app)
{
	struct arena a = {0};
	bool is_on = setting_copy(app, SETTING_sms_gateway, &a).n && setting_copy(app, SETTING_public_address, &a).n;
	arena_release(&a);
	return is_on;
}

/* 64 bits, since whoever has the code has the customer's link. */
str sms_new_code(struct op *op)
{
	unsigned char bytes[CODE_BYTES];
	randombytes_buf(bytes, sizeof bytes);
	return str_base64url(&op->arena, bytes, sizeof bytes);
}

str sms_short_link(struct op *op, str code)
{
	return str_fmt(&op->arena, "%.*s/l/%.*s", STR_ARG(setting_text(op, SETTING_public_address)), STR_ARG(code));
}

enum err sms_put(struct op *op, const struct sms_message *m, id *out)
{
	*out = id_new();
	TRY(op_run(op, SQL_sms_add,
	           DB_ARGS(db_id(*out), db_int(m->customer_subject), db_text(m->recipient), db_text(m->text), db_text(m->language), db_text(m->code), db_text(m->path), db_int(op->now_ms)), NULL));
	return job_add(op, "sms_send", S("{}"), 0, S("schedule"), NULL);
}

enum err sms_forget_subject(struct op *op, uint32_t subject)
{
	return op_run(op, SQL_sms_remove_subject, DB_ARGS(db_int(subject)), NULL);
}
