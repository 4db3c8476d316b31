#!/usr/bin/env bash
# sanitized.sh asan|tsan|asan-scenario: tests under sanitizers; a report of any of them ends a test with a failure.
#
#   asan           all unit tests, then the scenarios on SQLite that are not long against a sanitized program
#   tsan           the unit tests of the store and the server, where threads meet, and the way of a touchpoint
#   asan-scenario  every scenario on SQLite against a sanitized program (make asan-scenario; not part of ./check)
set -uo pipefail
kind=$1
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:detect_stack_use_after_return=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
# Tests fork: PostgreSQL is started by a child.
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:die_after_fork=0

scenarios() { # build folder, databases, files…
	local folder=$1 databases=$2
	shift 2
	tools/ninja.sh "$folder" hospes || return 1
	HOSPES_PROGRAM=$folder/hospes HOSPES_TEST_DATABASES=$databases test/run-scenarios scenario "$@"
}

case $kind in
	asan)
		tools/unit-tests build-asan
		unit=$?
		scenarios build-asan sqlite:short
		exit $((unit || $?))
		;;
	asan-scenario)
		make --no-print-directory build-asan/build.ninja || exit 1
		scenarios build-asan sqlite
		;;
	tsan)
		make --no-print-directory build-tsan/build.ninja || exit 1
		names=()
		listed=$(meson test -C build-tsan --list 2>/dev/null | sed 's/.* \/ //')
		for name in $listed; do
			case $name in
				*_torture) ;; # failing calls, one at a time: of no thread
				events* | http* | socket* | jobs* | query | op* | db*) names+=("$name") ;;
			esac
		done
		tools/unit-tests build-tsan "${names[@]}"
		unit=$?
		scenarios build-tsan sqlite test/collect/segment.test.mjs
		exit $((unit || $?))
		;;
	*)
		echo "sanitized.sh: asan, tsan or asan-scenario, not $kind" >&2
		exit 2
		;;
esac
