/* svm.h: linear support vectors with squared hinge loss, one against the rest, by dual coordinate descent (Hsieh et al.
 * 2008, the method of liblinear's solver 1), for all labels in one pass over the texts. Pure; the same input gives the same
 * weights. */
#ifndef TEXT_SVM_H
#define TEXT_SVM_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct node {
	uint32_t row; /* of the weights; 0 is the constant, and stands in no list */
	float value;
};
struct vector {
	const struct node *nodes; /* of length one together, or none */
	size_t n;
	uint32_t label;
};
struct svm {
	const struct vector *const *vectors;
	size_t n, n_rows, n_labels;
	double c; /* how much a fault costs against the size of the weights */
	bool (*go_on)(void *arg); /* NULL: always; false breaks off */
	void *arg;
};
/* Two labels have one output (label 0 is its positive side), else there is one a label. */
static inline size_t svm_outputs(size_t n_labels)
{
	return n_labels == 2 ? 1 : n_labels;
}
size_t svm_stride(size_t n_labels); /* numbers a row of weights takes, at least its outputs */
/* weights: n_rows × svm_stride. What they hold at first is what was believed before: only what the texts say against it
 * moves them (zeros: nothing).
 * False when it was broken off. */
bool svm_solve(const struct svm *s, float *weights);
/* scores: room for a row. */
void svm_scores(const float *weights, size_t stride, const struct vector *v, float *scores);
#endif
