#!/bin/bash
# A MariaDB of one's own on a free port of 127.0.0.1, in a temporary folder, for tests:
#
#   scripts/mariadb.sh run COMMAND…   runs the command with ORDERBOT_TEST_MYSQL set and leaves nothing behind
#   scripts/mariadb.sh start          starts one and prints ORDERBOT_TEST_MYSQL=mysql://…, for `eval`
#   scripts/mariadb.sh stop           stops and removes what the last start made
#
# The user may create databases: every test takes one of its own. MARIADB_FLUSH=2 leaves what is committed to the
# operating system, for tests: they stop servers, never the machine, and slow disks would only make them wait.
# MARIADB_POOL is the memory for pages (128M by default): a million orders are 5 GB.
# Its numbers go up by 7, so that no test counts on their following each other: a transaction that is tried again leaves a gap.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
state=$root/.cache/mariadb
PATH=$PATH:/usr/sbin

# launch FOLDER [COMMAND-PREFIX…]: makes a server in the folder; sets url and pid.
launch() {
	local folder=$1 me port
	shift
	me=$(id -un)
	mkdir "$folder/tmp"
	mariadb-install-db --no-defaults --datadir="$folder/data" --auth-root-authentication-method=normal \
		--skip-test-db --user="$me" >"$folder/install.log" 2>&1 || {
		cat "$folder/install.log" >&2
		return 1
	}
	cat >"$folder/init.sql" <<-'SQL'
		CREATE USER orderbot@'%' IDENTIFIED BY 'orderbot';
		GRANT ALL ON *.* TO orderbot@'%' WITH GRANT OPTION;
		CREATE DATABASE orderbot;
	SQL
	for _ in 1 2 3 4 5; do # another may take the port meanwhile
		port=$((20000 + RANDOM % 12000))
		"$@" mariadbd --no-defaults --datadir="$folder/data" --socket="$folder/my.sock" --pid-file="$folder/my.pid" \
			--tmpdir="$folder/tmp" --port="$port" --bind-address=127.0.0.1 --user="$me" --skip-name-resolve \
			--character-set-server=utf8mb4 --collation-server=utf8mb4_unicode_ci \
			--innodb-flush-log-at-trx-commit="${MARIADB_FLUSH:-1}" --innodb-buffer-pool-size="${MARIADB_POOL:-128M}" --max-connections=300 --auto-increment-increment=7 --init-file="$folder/init.sql" \
			>"$folder/server.log" 2>&1 </dev/null &
		pid=$!
		for _ in $(seq 600); do
			if ! kill -0 "$pid" 2>/dev/null; then
				break
			elif grep -q 'ready for connections' "$folder/server.log"; then
				url=mysql://orderbot:orderbot@127.0.0.1:$port/orderbot
				return 0
			fi
			sleep 0.1
		done
		kill -KILL "$pid" 2>/dev/null || true
	done
	cat "$folder/server.log" >&2
	return 1
}

# finish PID FOLDER: stops the server and removes its folder.
finish() {
	kill "$1" 2>/dev/null || true
	for _ in $(seq 300); do
		kill -0 "$1" 2>/dev/null || break
		sleep 0.1
	done
	kill -KILL "$1" 2>/dev/null || true
	rm -rf "$2"
}

case ${1-} in
run)
	shift
	folder=$(mktemp -d "${TMPDIR:-/tmp}/orderbot-mariadb.XXXXXX")
	pid=
	trap 'if [ -n "$pid" ]; then finish "$pid" "$folder"; else rm -rf "$folder"; fi' EXIT
	trap 'exit 130' INT TERM HUP
	if command -v setpriv >/dev/null; then # ends with this script, even where that is killed
		launch "$folder" setpriv --pdeathsig KILL
	else
		launch "$folder"
	fi
	ORDERBOT_TEST_MYSQL=$url "$@"
	;;
start)
	[ ! -e "$state" ] || {
		echo "mariadb: one runs already; $0 stop ends it" >&2
		exit 1
	}
	folder=$(mktemp -d "${TMPDIR:-/tmp}/orderbot-mariadb.XXXXXX")
	launch "$folder" setsid
	mkdir -p "$(dirname "$state")"
	echo "$(cat "$folder/my.pid") $folder" >"$state"
	echo "ORDERBOT_TEST_MYSQL=$url"
	;;
stop)
	if [ -e "$state" ]; then
		read -r pid folder <"$state"
		finish "$pid" "$folder"
		rm -f "$state"
	fi
	;;
*)
	sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
	exit 2
	;;
esac
