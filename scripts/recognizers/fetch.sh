#!/bin/sh
# Installs what reading is measured beside, @microsoft/recognizers-text-suite (MIT) in the version of the lock file, into
# .cache/recognizers. Without npm it only says so.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
target=$(dirname "$(dirname "$here")")/.cache/recognizers
command -v npm >/dev/null && command -v node >/dev/null || {
	echo "bench: no node and npm here: reading is not measured beside recognizers-text-suite" >&2
	exit 0
}
if cmp -s "$here/package-lock.json" "$target/package-lock.json" && [ -d "$target/node_modules/@microsoft" ]; then
	exit 0
fi
mkdir -p "$target"
cp "$here/package.json" "$target"
cp "$here/package-lock.json" "$target/package-lock.json.new"
mv "$target/package-lock.json.new" "$target/package-lock.json"
cd "$target" && npm ci --silent --ignore-scripts --no-audit --no-fund >&2
