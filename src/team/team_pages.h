/* team_pages.h: handlers of tables/routes.def about signing in and people, and what they take and answer. */
#ifndef TEAM_TEAM_PAGES_H
#define TEAM_TEAM_PAGES_H
#include "http/web.h"
#include "jobs/jobs.h"

/* sign_in.c */
web_handler team_sign_in_get, team_sign_in, team_sign_out, team_start, team_preferences;
extern const struct desc SIGN_IN_DESC, SIGN_IN_INPUT_DESC, PREFERENCES_INPUT_DESC;
/* 410 with the sign-in page, which says what to do with a link that is used or too old. */
enum err team_link_is_old(struct op *op, struct answer *a);

/* forgot.c */
web_handler team_forgot_get, team_forgot_post;
job_fn password_link_job;
extern const struct desc FORGOT_DESC, FORGOT_INPUT_DESC;
/* Mails the link to whom it was made for, in their language. known NULL: somebody new. */
struct invitation;
struct person;
enum err team_mail_link(struct op *op, const struct invitation *i, str path, const struct person *known) NODISCARD;

/* team_api.c */
web_handler team_list, team_invite, team_end_invitation, team_set_role, team_end_sessions, team_remove, team_restore;
extern const struct desc TEAM_DESC, INVITE_INPUT_DESC, ROLE_INPUT_DESC;
/* agent … owner, in the reader's language. */
struct option *team_role_options(struct op *op, enum role selected, size_t *n);

/* join.c */
web_handler team_join_get, team_join;
extern const struct desc JOIN_DESC, JOIN_INPUT_DESC;

/* me.c */
web_handler team_me, team_set_me, team_set_password, team_end_my_session, team_end_my_others;
extern const struct desc ME_DESC, ME_INPUT_DESC, PASSWORD_INPUT_DESC;
/* The languages that are served, under their own names. */
struct option *team_language_options(struct op *op, str selected, size_t *n);
#endif
