/* task.h: the classifiers of a workspace, one a task: DIR/models/TASK.model. A file is replaced whole, so whoever reads
 * beside it gets the old one or the new one; training takes DIR/models/lock, and never the server's time. */
#ifndef TEXT_TASK_H
#define TEXT_TASK_H
#include "base/err.h"

struct arena;
struct classifier;
/* What stands at the beginning of a model's file. */
struct task {
	str name;
	int64_t version, labels, taught_by, held_back;
	double accuracy; /* of those held back; NaN without */
	int64_t trained_ms;
};
enum { TASK_NAME_BYTES = 64 };

/* Small letters, digits, - and _; ERR_INVALID "--task". */
enum err task_check_name(str task, struct fault *f) NODISCARD;
/* ERR_NOT_FOUND when it was never trained; ERR_CORRUPT. The caller frees. */
enum err task_load(str dir, str task, struct classifier **out, struct fault *f) NODISCARD;
enum err task_load_file(str file, struct classifier **out, struct fault *f) NODISCARD; /* DIR/models/TASK.model, or a copy of it */
/* Makes the directory when it is not there, numbers the version after the one that it replaces, and keeps that one as
 * TASK.model.old. */
enum err task_store(str dir, str task, struct classifier *c, struct fault *f) NODISCARD;
/* All, by name; a file that cannot be read is left out. Reads the beginning of each alone. */
enum err task_list(struct arena *a, str dir, struct task **out, size_t *n, struct fault *f) NODISCARD;
#endif
