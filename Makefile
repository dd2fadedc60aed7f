SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# The versions of the tools, pinned here only.
GOLANGCI_LINT := .cache/bin/golangci-lint-v2.15.0
GOTESTSUM     := .cache/bin/gotestsum-v1.13.0
DEADCODE      := .cache/bin/deadcode-v0.52.0
$(GOLANGCI_LINT): MODULE := github.com/golangci/golangci-lint/v2/cmd/golangci-lint
$(GOTESTSUM):     MODULE := gotest.tools/gotestsum
$(DEADCODE):      MODULE := golang.org/x/tools/cmd/deadcode

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT  := $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)

.PHONY: help
help: ## show this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r name what; do printf '%-10s %s\n' "$$name" "$$what"; done

.PHONY: run demo
run: files build ## try it: build and start the demo, which prints the address of its page
	@bin/orderbot demo
demo: run ## the same

.PHONY: build
build: ## build bin/orderbot
	@go build -trimpath -ldflags '-X main.version=$(VERSION) -X main.commit=$(COMMIT)' -o bin/orderbot ./cmd/orderbot

.PHONY: check
check: ## everything that CI runs: format, lint, features page, go.mod, tests
	@$(MAKE) fmt-check
	@$(MAKE) lint
	@$(MAKE) features-check
	@go mod tidy -diff
	@$(MAKE) test

.PHONY: test
test: deps $(GOTESTSUM) ## all tests on SQLite and MariaDB, then the concurrent ones under the race detector
	@start=$$SECONDS; MARIADB_FLUSH=2 scripts/mariadb.sh run scripts/test.sh $(GOTESTSUM); echo "all tests passed in $$((SECONDS - start)) s"

.PHONY: bench
bench: deps ## benchmarks: callbacks, orders per second, reading; more with ARGS="-runs 5 -times 5000"
	@scripts/recognizers/fetch.sh
	@PATH=$$PATH:/usr/sbin scripts/mariadb.sh run go run ./scripts/bench $(ARGS)
	@$(MAKE) pictures ARGS=

.PHONY: pictures
pictures: files build ## key fields read right in pictures made for it, beside Tesseract; ARGS="-only photo -wrong"
	@scripts/deps.sh pictures
	@go run ./scripts/pictures $(ARGS)

.PHONY: accuracy
accuracy: files build ## how well the open corpus is read; more with ARGS="-tags -wrong 10"
	@go run ./scripts/accuracy $(ARGS)

.PHONY: soak
soak: deps ## long runs (files with the build tag soak), not in CI
	@scripts/mariadb.sh run go test -tags soak -run Soak -v -timeout 24h ./...

.PHONY: lint
lint: $(GOLANGCI_LINT) $(DEADCODE) ## linters, and functions that nothing uses
	@$(GOLANGCI_LINT) run
	@unused=$$($(DEADCODE) -test ./...); [ -z "$$unused" ] || { echo "$$unused"; exit 1; }

.PHONY: fmt fmt-check
fmt: $(GOLANGCI_LINT) ## format all Go files
	@$(GOLANGCI_LINT) fmt
fmt-check: $(GOLANGCI_LINT)
	@$(GOLANGCI_LINT) fmt --diff

.PHONY: golden
golden: ## rewrite the golden files of all tests, to be read in review
	@go test $$(grep -rl --include=*_test.go 'flag.Bool("update"' . | xargs -n1 dirname | sort -u) -update

.PHONY: features features-check
features: ## write docs/features.md from the marks in the tests
	@go run ./scripts/features
features-check:
	@go run ./scripts/features -check

.PHONY: deps files
deps: files ## install what the tests need: by apt, and what `files` fetches
	@scripts/deps.sh
	@for script in scripts/fetch-peers.sh; do [ ! -e $$script ] || $$script; done
files: ## fetch the files of the OCR models, with checksums
	@scripts/fetch-ocr.sh

.cache/bin/%:
	@mkdir -p $(@D)/new-$*
	@GOBIN=$(abspath $(@D)/new-$*) GOFLAGS= go install $(MODULE)@v$(lastword $(subst -v, ,$*))
	@mv $(@D)/new-$*/* $@ && rmdir $(@D)/new-$*
