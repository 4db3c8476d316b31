#include "pulse/pulse.h"
#include "setting/setting.h"

enum err pulse_home(struct op *op, struct web *w, struct answer *a)
{
	(void)w;
	bool owner_first = op->actor.role == ROLE_OWNER && !setting_bool(op->app, SETTING_is_set_up);
	if (owner_first) return answer_redirect(a, S("/setup"));
	return answer_redirect(a, op_may(op, PERM_READ_FIGURES) ? S("/pulse") : S("/customers"));
}
