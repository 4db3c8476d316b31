/* learn.h: the workspace's own labels of sentiment, and learning from them. A score beside a comment is a label, a review's
 * rating is, and what a person said of a reading goes before both. */
#ifndef READING_LEARN_H
#define READING_LEARN_H
#include "http/socket.h"
#include "http/web.h"
#include "jobs/jobs.h"

/* Teaches a model of each language that has labels enough, and puts it in use where, on texts that taught it nothing, reading with it
 * is better than without by more than chance. */
job_fn reading_learn_job;
extern const struct desc LEARN_INPUT_DESC;
web_handler reading_learn_post;
int command_labels(struct app *app, int argc, const str *argv, const struct command_io *io);
#endif
