/* alert.h: rules that watch a figure which the product computes anyway, and say once when it passes a limit or is unusual against
 * its own past: in the console, by mail and by webhook. See DESIGN.md.
 * Invariants: a rule has one open alert at most; what an alert changes and whom it tells is one transaction; an alert is told once. */
#ifndef ALERT_ALERT_H
#define ALERT_ALERT_H
#include "http/web.h"
#include "jobs/jobs.h"

#define ALERT_TOPIC S("alerts")
/* Open alerts that a person has neither seen nor anybody acknowledged, and that do not wait. */
enum err alert_unseen(struct op *op, id person, int64_t *out) NODISCARD;
job_fn alert_check_job;

extern const struct desc ALERTS_DESC, ALERT_PAGE_DESC, ALERT_RULES_DESC, ALERT_RULE_PAGE_DESC, ALERT_RULE_INPUT_DESC, ALERT_SAMPLE_INPUT_DESC, ALERT_LIMITS_DESC, ALERT_SNOOZE_DESC;
web_handler alert_list_get, alert_seen_post, alert_show_get, alert_acknowledge_post, alert_reopen_post, alert_snooze_post, alert_rules_get, alert_rule_get, alert_rule_post, alert_rule_change_post,
	alert_rule_check_post, alert_rule_remove_post, alert_rule_restore_post, alert_sample_post, alert_limits_post;
#endif
