#!/usr/bin/env bash
# ninja.sh FOLDER [TARGETS]: builds; one moving line on a terminal, and words only when something is wrong elsewhere.
set -euo pipefail
folder=$1
shift
if [ -t 1 ]; then
	NINJA_STATUS='[%f/%t] ' exec ninja -C "$folder" "$@"
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! ninja -C "$folder" "$@" >"$log" 2>&1; then
	grep -vE '^\[[0-9]+/[0-9]+\] (Compiling|Linking|Generating)' "$log" | head -n 120 >&2
	exit 1
fi
grep -E 'warning:' "$log" >&2 || true
