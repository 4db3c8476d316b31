/* What the made-up company would have decided, knowing what it could know then: efforts of its board, so that each state of one can be
 * seen. Whether their figures moved is found, not written here. */
#include "base/datetime.h"
#include "effort/effort.h"
#include "source/company.h"

#define FRICTION(key) S("{\"kind\":\"journey\",\"members\":{\"friction\":\"" key "\"}}")
#define A_DAY(event) S("{\"kind\":\"trend\",\"event\":\"" event "\"}")
#define EUROS(n, decimals) {{n, decimals}, {"EUR", 3}}
enum { NEVER = -1 };

struct company_effort {
	struct effort_known effort;
	int signal, decided, effect; /* days of the year, from 0 */
};

static int64_t day(int n)
{
	return n == NEVER ? DESC_NULL_INT : COMPANY__T0 + n * COMPANY__DAY;
}

enum err company_efforts(struct op *op)
{
	const struct company_effort efforts[] = {
		{{.name = S("Sell the kettle Aria 2 no more"), .kind = S("standing"), .cost = EUROS(14, 3), .per = S("once"), .stage = S("use"), .figure = A_DAY("Complaint Made"), .expected = S("fall"), .watch_days = 30,
		  .decision = S("stop"), .why = S("Nearly half of those sold fail within a week")}, 75, 91, 96},
		{{.name = S("Parcels of Northpost arrive within two days"), .kind = S("standing"), .cost = EUROS(9, 2), .per = S("month"), .stage = S("delivery"), .figure = FRICTION("wait_delivery"), .expected = S("fall"), .watch_days = 90,
		  .decision = S("start"), .why = S("It takes a week where the others take two days")}, 5, 166, 181},
		{{.name = S("A card by hand in every box"), .kind = S("standing"), .cost = EUROS(2, -1), .per = S("each"), .stage = S("delivery"),
		  .figure = S("{\"kind\":\"retention\",\"start\":\"Order Completed\",\"return\":\"Order Completed\",\"interval\":\"month\",\"members\":{\"cell\":1}}"), .expected = S("rise"), .watch_days = 90,
		  .decision = S("continue"), .why = S("A third of our customers tell it")}, 4, 145, 151},
		{{.name = S("Answer the telephone within five minutes"), .kind = S("standing"), .cost = EUROS(21, 2), .per = S("month"), .stage = S("service"), .figure = FRICTION("wait_call"), .expected = S("fall"), .watch_days = 90,
		  .decision = S("start"), .why = S("One caller in five waits longer")}, 7, 230, 244},
		{{.name = S("One rule for returns in every shop"), .kind = S("standing"), .stage = S("service"), .figure = FRICTION("error_refused"), .expected = S("fall"), .watch_days = 90}, 40, NEVER, NEVER},
		{{.name = S("Flowers for Mrs Lee after the flood"), .kind = S("gesture"), .cost = EUROS(4, 1), .per = S("once"), .stage = S("loyalty"), .watch_days = 90, .decision = S("start"), .why = S("She wrote to us of it")}, NEVER, 120, 120},
	};
	for (size_t i = 0; i < COUNT_OF(efforts); i++) {
		struct effort_known e = efforts[i].effort;
		e.signal_day = day(efforts[i].signal), e.decided_day = day(efforts[i].decided), e.effect_day = day(efforts[i].effect);
		TRY(effort_put(op, &e));
	}
	return OK;
}
