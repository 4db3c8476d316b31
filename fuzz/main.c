/* Stands in for libFuzzer where the build has none, and takes those of its options that it needs: runs each file of the
 * folders and files named, then mixtures of them, changed at random, for -max_total_time seconds. What breaks something is
 * left at -artifact_prefix. It sees no coverage: `make fuzz` does.
 *
 *   fuzz_NAME [-max_total_time=S] [-max_len=BYTES] [-artifact_prefix=PATH] [-seed=N] FILE|FOLDER… */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "fuzz.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#include <sanitizer/common_interface_defs.h>
#define ON_DEATH(call) __sanitizer_set_death_callback(call)
#else
#define ON_DEATH(call) ((void)(call))
#endif

enum { MOST_BYTES = 1 << 24, MOST_INPUTS = 4096, SLOW_S = 10, MOST_CHANGES = 6 };

struct input {
	uint8_t *bytes;
	size_t n;
};

static struct input inputs[MOST_INPUTS], current;
static size_t inputs_n, max_len = 1 << 16;
static const char *artifact_prefix = "";
static uint64_t random_state = 1;

static uint64_t random_next(void) /* xorshift64* (Vigna 2016) */
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 0x2545f4914f6cdd1dULL;
}

static size_t below(size_t n)
{
	return n ? (size_t)(random_next() % n) : 0;
}

static void keep_artifact(void)
{
	char path[4096];
	snprintf(path, sizeof path, "%scrash-%lld", artifact_prefix, (long long)time(NULL));
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0) return;
	ssize_t wrote = write(fd, current.bytes, current.n);
	dprintf(STDERR_FILENO, "the input (%zd of %zu bytes) is in %s\n", wrote, current.n, path);
	close(fd);
}

static void on_signal(int signal_number)
{
	dprintf(STDERR_FILENO, "ended by %s\n", signal_number == SIGALRM ? "an input that takes longer than ten seconds" : "abort");
	keep_artifact();
	_exit(1);
}

/* In memory of exactly its size, so that the address sanitizer sees overruns. */
static void run(const uint8_t *bytes, size_t n)
{
	current = (struct input){mem_alloc(n ? n : 1), n};
	if (n) memcpy(current.bytes, bytes, n);
	alarm(SLOW_S);
	LLVMFuzzerTestOneInput(current.bytes, n);
	mem_free(current.bytes);
	current = (struct input){0};
}

static void read_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	if (!file || inputs_n == MOST_INPUTS) {
		fprintf(stderr, "%s: cannot be read, or is one too many\n", path);
		exit(1);
	}
	uint8_t *room = mem_alloc(MOST_BYTES);
	size_t n = fread(room, 1, MOST_BYTES, file);
	fclose(file);
	inputs[inputs_n++] = (struct input){mem_realloc(room, n ? n : 1), n};
}

static void read_path(const char *path)
{
	struct stat s;
	DIR *folder = stat(path, &s) == 0 && S_ISDIR(s.st_mode) ? opendir(path) : NULL;
	if (!folder) {
		read_file(path);
		return;
	}
	for (struct dirent *entry; (entry = readdir(folder));) {
		char inner[4096];
		if (entry->d_name[0] == '.') continue;
		snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
		read_file(inner);
	}
	closedir(folder);
}

/* Makes room of `by` bytes at `at`, as far as the cap allows; how many it made. */
static size_t widen(uint8_t *b, size_t *n, size_t at, size_t by)
{
	if (*n + by > max_len) by = max_len - *n;
	memmove(b + at + by, b + at, *n - at);
	*n += by;
	return by;
}

static void change(uint8_t *b, size_t *n)
{
	static const uint8_t MARKS[] = {0, 0xff, 0x80, 0x7f, '"', '\\', '<', '>', '&', '{', '}', '[', ']', ':', ',', '\n', '\r', ' ', '0', '9', '-', '.', '%', 0xe2, 0xf0, 0xc0};
	size_t at = below(*n + 1), some = 1 + below(16);
	const struct input *other = &inputs[below(inputs_n)];
	switch (*n ? random_next() % 8 : 4) {
	case 0: b[at % *n] ^= (uint8_t)(1 << below(8)); break;
	case 1: b[at % *n] = (uint8_t)random_next(); break;
	case 2: b[at % *n] = MARKS[below(sizeof MARKS)]; break;
	case 3: /* taken out */
		if (some > *n - at) some = *n - at;
		memmove(b + at, b + at + some, *n - at - some);
		*n -= some;
		break;
	case 4: /* put in, one or many */
		some = widen(b, n, at, below(8) ? 1 : below(512));
		memset(b + at, MARKS[below(sizeof MARKS)], some);
		break;
	case 5: /* repeated */
		if (some > *n - at) some = *n - at;
		if (*n + some <= max_len) widen(b, n, at, some); /* what stood there stands behind, and here still */
		break;
	case 6: /* cut */ *n = at; break;
	default: { /* goes on as another does */
		size_t from = below(other->n + 1), rest = other->n - from;
		if (rest > max_len - at) rest = max_len - at;
		if (rest) memcpy(b + at, other->bytes + from, rest);
		*n = at + rest;
	}
	}
}

static size_t run_changed(double seconds)
{
	struct timespec from, now;
	size_t runs = 0;
	uint8_t *b = mem_alloc(max_len);
	clock_gettime(CLOCK_MONOTONIC, &from);
	do {
		const struct input *first = &inputs[below(inputs_n)];
		size_t n = first->n < max_len ? first->n : max_len;
		if (n) memcpy(b, first->bytes, n);
		for (size_t i = 1 + below(MOST_CHANGES); i--;) change(b, &n);
		run(b, n);
		runs++;
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((double)(now.tv_sec - from.tv_sec) + (double)(now.tv_nsec - from.tv_nsec) / 1e9 < seconds);
	mem_free(b);
	return runs;
}

int main(int argc, char **argv)
{
	double seconds = 0;
	random_state = (uint64_t)time(NULL) * 2 + 1;
	for (int i = 1; i < argc; i++) {
		const char *value = strchr(argv[i], '=');
		if (argv[i][0] != '-') read_path(argv[i]);
		else if (value && strncmp(argv[i], "-max_total_time=", 16) == 0) seconds = strtod(value + 1, NULL);
		else if (value && strncmp(argv[i], "-max_len=", 9) == 0) max_len = strtoul(value + 1, NULL, 10);
		else if (value && strncmp(argv[i], "-seed=", 6) == 0) random_state = strtoull(value + 1, NULL, 10) * 2 + 1;
		else if (value && strncmp(argv[i], "-artifact_prefix=", 17) == 0) artifact_prefix = value + 1;
	}
	fprintf(stderr, "seed %llu, %zu inputs\n", (unsigned long long)random_state / 2, inputs_n);
	if (inputs_n == 0) inputs[inputs_n++] = (struct input){mem_alloc(1), 0};
	ON_DEATH(keep_artifact);
	signal(SIGABRT, on_signal);
	signal(SIGALRM, on_signal);
	for (size_t i = 0; i < inputs_n; i++) run(inputs[i].bytes, inputs[i].n);
	size_t runs = inputs_n + (seconds > 0 ? run_changed(seconds) : 0);
	alarm(0);
	fprintf(stderr, "stat::number_of_executed_units: %zu\n", runs);
	for (size_t i = 0; i < inputs_n; i++) mem_free(inputs[i].bytes);
	return 0;
}
