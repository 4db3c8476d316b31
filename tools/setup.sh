#!/usr/bin/env bash
# setup.sh FOLDER [MESON OPTIONS]: lays out a build folder, silent unless it fails.
set -euo pipefail
folder=$1
shift
log=$(mktemp)
trap 'rm -f "$log"' EXIT
command -v meson >/dev/null || { echo "meson was not found: ./run --install installs what the build needs" >&2; exit 1; }
# A folder left by an interrupted set-up has no build.ninja, and meson would refuse it.
[ ! -d "$folder/meson-private" ] || [ -f "$folder/build.ninja" ] || rm -rf "$folder"
if ! meson setup "$folder" "$@" >"$log" 2>&1; then
	cat "$log" >&2
	exit 1
fi
