# packages.sh: what ./run and ./check share: installs the packages of lists that are missing. Sourced, not run.
# Nothing is asked, and no package tool but dpkg-query runs, when all are there.

say() { printf '%s\n' "$*"; }
die() { printf '%s\n' "$*" >&2; exit 1; }

# The names in the lists given that are not installed, one a line. A nodejs that carries its own npm counts for both.
packages_missing() {
	local names installed
	names=$(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$@" | sort -u)
	installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' 2>/dev/null | sed -n 's/^installed //p' | sort -u)
	if command -v node >/dev/null && command -v npm >/dev/null; then installed=$(printf '%s\nnodejs\nnpm\n' "$installed" | sort -u); fi
	comm -23 <(printf '%s\n' "$names") <(printf '%s\n' "$installed")
}

packages_install() { # lists…
	local missing sudo='' log free_kib
	command -v dpkg-query >/dev/null || die "This needs Debian 12 (bookworm): dpkg was not found. On another system install the packages of tools/packages-run.txt by its own means, then: make"
	missing=$(packages_missing "$@")
	[ -n "$missing" ] || return 0
	if [ -r /etc/os-release ]; then
		(. /etc/os-release; case "${ID:-} ${VERSION_ID:-}" in
			"debian 12") ;;
			*) say "Note: this is ${PRETTY_NAME:-an unknown system}; Hospes is made and tested on Debian 12, package names may differ." ;;
		esac)
	fi
	say "Installing $(printf '%s\n' "$missing" | wc -l) packages: $(echo $missing)"
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null || die "sudo was not found. As root, once: apt-get install $(echo $missing)"
		sudo=sudo
	fi
	free_kib=$(df -Pk /usr | awk 'NR == 2 {print $4}')
	[ "$free_kib" -gt 1500000 ] || die "The packages need about 1.5 GB and /usr has $((free_kib / 1024)) MB free. Make room and run this again."
	log=$(mktemp)
	# The lists of a fresh machine are empty or old: without an update first, install finds nothing.
	if ! $sudo apt-get -q update >"$log" 2>&1 || ! $sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install $missing >>"$log" 2>&1; then
		tail -n 15 "$log" >&2
		packages_explain "$log"
		rm -f "$log"
		exit 1
	fi
	rm -f "$log"
}

packages_explain() { # log of a failed apt-get
	if grep -qiE 'no space left|not enough free space|write error' "$1"; then say "The disk is full. Make room and run this again." >&2
	elif grep -qiE 'could not resolve|temporary failure|connection (failed|timed out|refused)|failed to fetch|network is unreachable' "$1"; then
		say "The packages could not be fetched: is this machine on line? Run this again when it is; what is done stays done." >&2
	elif grep -qiE 'unable to locate package' "$1"; then say "A package was not found: Hospes is made for Debian 12 (bookworm)." >&2
	elif grep -qiE 'could not get lock|unable to acquire the dpkg' "$1"; then say "Another package tool is at work. Run this again when it is done." >&2
	else say "Installing the packages failed; the last lines of apt-get stand above." >&2
	fi
}
