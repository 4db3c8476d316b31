#!/usr/bin/env bash
# fuzz.sh [NAME…]: runs each fuzzer for FUZZ_SECONDS (default 20), two at a time, from its corpus in fuzz/corpus/NAME.
# Inputs that broke something are left in found/NAME of the build folder. That is FUZZ_BUILD, build-fuzz by default, where
# libFuzzer follows coverage; in another (./check takes the address sanitizer's) inputs are changed at random.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
seconds=${FUZZ_SECONDS:-20}
folder=${FUZZ_BUILD:-build-fuzz}
make --no-print-directory "$folder/build.ninja" || exit 1

one() {
	local program=$1 name log
	name=$(basename "$program")
	name=${name#fuzz_}
	log=$folder/found/$name/log
	mkdir -p "$folder/found/$name" "$folder/grown/$name" "fuzz/corpus/$name"
	if "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 -verbosity=1 \
		-artifact_prefix="$folder/found/$name/" "$folder/grown/$name" "fuzz/corpus/$name" >"$log" 2>&1; then
		printf 'ok      %-16s %s runs\n' "$name" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
		[ -z "${HOSPES_PART:-}" ] || echo '1 0 0' >>"$HOSPES_PART"
	else
		printf 'FAILED  %-16s\n' "$name"
		grep -vE '^#[0-9]' "$log" | tail -n 40
		[ -z "${HOSPES_PART:-}" ] || echo '0 1 0' >>"$HOSPES_PART"
		return 1
	fi
}
export -f one
export seconds folder HOSPES_PART
names=("$@")
[ $# -gt 0 ] || mapfile -t names < <(sed -n "s/^fuzzers += {'\([a-z_]*\)'.*/\1/p" fuzz/meson.build)
tools/ninja.sh "$folder" "${names[@]/#/fuzz/fuzz_}" || exit 1
printf '%s\0' "${names[@]/#/$folder/fuzz/fuzz_}" |
	xargs -0 -n 1 -P 2 bash -c 'one "$0"'
