#!/usr/bin/env bash
# sanitized.sh asan|tsan: the unit tests under sanitizers. The thread sanitizer runs those of the store and the server,
# where threads meet; a report of any sanitizer ends the test with a failure.
set -euo pipefail
kind=$1
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:detect_stack_use_after_return=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
names=()
if [ "$kind" = tsan ]; then
	make --no-print-directory build-tsan/build.ninja
	listed=$(meson test -C build-tsan --list 2>/dev/null | sed 's/.* \/ //')
	for name in $listed; do
		case $name in events* | http* | jobs* | op* | db* | collect* | people* | customer*) names+=("$name") ;; esac
	done
	[ ${#names[@]} -gt 0 ] || { echo "there are no store or server tests yet"; exit 0; }
fi
exec tools/unit-tests "build-$kind" ${names[@]+"${names[@]}"}
