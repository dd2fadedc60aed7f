#!/bin/bash
# All tests, in random order: the whole suite once on real services, then what is concurrent once more under the race
# detector, with recorded OCR (ORDERBOT_TEST_OCR=recorded) and the whole server on MariaDB alone
# (ORDERBOT_TEST_DATABASE=mariadb: the races are ours, and SQLite's own code is slow under the detector). Prints the
# totals of each. Run it through `make test`, which sets ORDERBOT_TEST_MYSQL. A skipped test is a failure: here nothing
# that a test needs is missing.
set -euo pipefail

gotestsum=$1
export CI=true
mkdir -p .cache

suite() { # suite NAME GO-TEST-ARGUMENTS…
	local name=$1 log=.cache/test-$1.json
	shift
	echo "== $name" >&2
	"$gotestsum" --format pkgname --jsonfile "$log" -- -shuffle=on -timeout 25m "$@"
	if grep '"Action":"skip"' "$log" | grep '"Test":' >&2; then
		echo "these tests were skipped" >&2
		return 1
	fi
}

suite whole ./...
# Without what works alone, or spends its time in the models' and decoders' own code.
concurrent=$(go list ./... | grep -vE '/(config|scripts/.*|orders/(reports|intake/(document|ocr|page|score)))$')
# shellcheck disable=SC2086 # a list of packages
ORDERBOT_TEST_OCR=recorded ORDERBOT_TEST_DATABASE=mariadb suite race -race $concurrent
