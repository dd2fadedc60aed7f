#!/bin/sh
# Fetches the packages of others that prove the simulated platforms: npm's @wecom/crypto (MIT) and dingtalk-stream
# (MIT), without running their install scripts. They land in $ORDERBOT_PEERS_DIR, by default .cache/peers under the
# project root; nothing happens when they are there already. Several runs at once are safe: each installs into a folder
# of its own and moves it into place whole.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
target=${ORDERBOT_PEERS_DIR:-$(dirname "$here")/.cache/peers}
crypto=1.0.1
stream=2.1.5

has() { # has PACKAGE VERSION
	grep -q "\"version\": \"v\?$2\"" "$target/node_modules/$1/package.json" 2>/dev/null
}
if has @wecom/crypto "$crypto" && has dingtalk-stream "$stream"; then
	exit 0
fi
command -v npm >/dev/null || {
	echo "fetch-peers: npm is needed (apt-get install npm)" >&2
	exit 1
}

mkdir -p "$target"
work=$(mktemp -d "$target/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
echo "fetch-peers: fetching @wecom/crypto $crypto and dingtalk-stream $stream into $target" >&2
npm install --prefix "$work" --silent --ignore-scripts --no-save --no-audit --no-fund --no-package-lock \
	"@wecom/crypto@$crypto" "dingtalk-stream@$stream" >&2
rm -rf "$target/node_modules"
mv "$work/node_modules" "$target/node_modules"
