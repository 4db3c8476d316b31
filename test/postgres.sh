#!/bin/sh
# A PostgreSQL cluster for tests, in a directory of its own, reached by a unix socket there.
#   postgres.sh start DIR [PARENT_PID]   makes and starts it, prints its URL; it ends, and DIR goes, with PARENT_PID
#   postgres.sh stop DIR
# Nothing is synced: what a test loses in a power cut nobody misses.
set -e
bin=${HOSPES_POSTGRES_BIN:-/usr/lib/postgresql/15/bin}
dir=$2

# The server refuses to run as root: there it runs as the user that Debian's package makes.
as_server() {
	if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --clear-groups env -C "$dir" HOME="$dir" "$@"; else "$@"; fi
}

stop() {
	as_server "$bin/pg_ctl" -D "$dir/data" -m immediate -s stop >/dev/null 2>&1 || true
}

case $1 in
start)
	[ -x "$bin/initdb" ] || { echo "no PostgreSQL in $bin" >&2; exit 1; }
	mkdir -p "$dir"
	if [ "$(id -u)" = 0 ]; then chown postgres "$dir"; fi
	as_server "$bin/initdb" -D "$dir/data" -U hospes -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$dir/log" 2>&1 || { cat "$dir/log" >&2; exit 1; }
	as_server "$bin/pg_ctl" -D "$dir/data" -l "$dir/data/log" -w -s \
		-o "-c listen_addresses='' -k $dir -c fsync=off -c full_page_writes=off -c shared_buffers=32MB -c max_connections=60" start >/dev/null 2>&1 ||
		{ cat "$dir/data/log" >&2; exit 1; }
	if [ -n "$3" ]; then
		(
			trap '' HUP INT TERM
			while kill -0 "$3" 2>/dev/null; do sleep 1; done
			stop
			rm -rf "$dir"
		) </dev/null >/dev/null 2>&1 &
	fi
	echo "postgresql://hospes@/postgres?host=$dir"
	;;
stop)
	stop
	;;
*)
	echo "usage: postgres.sh start DIR [PARENT_PID] | stop DIR" >&2
	exit 2
	;;
esac
