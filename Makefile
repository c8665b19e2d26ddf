# Everything is started from here; `make help` lists what there is.
# A finished step leaves a stamp beside what it made, so a second run does nothing and needs no network.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory --no-builtin-rules

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then command -v $$p; break; fi; done)
BIN := .venv/bin
VENV := .venv/installed
PACKAGES := $(wildcard connectors pipeline schemas sinks xinshu.py)
OURS := $(PACKAGES) $(wildcard tests bench deploy)

export XINSHU_DATA ?= ../shared/data
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z][a-z-]*:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

# --- setting up ------------------------------------------------------------------------------------------------

.PHONY: setup
setup: $(VENV) kafka-libs ## the Python environment in .venv and the broker's jars (where Java runs it)

$(VENV): requirements/dev.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer on PATH. Install one, or say: make PYTHON=/path/to/python3.11 …" >&2; exit 1; }
	@echo "Python environment in .venv from $(PYTHON)"
	@test -x $(BIN)/python || "$(PYTHON)" -m venv .venv
	@$(BIN)/pip install --quiet --require-hashes -r requirements/dev.txt
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: kafka-libs
kafka-libs: $(VENV) ## the broker's jars, fetched once, where no broker is given and no container engine answers
	@deploy/setup/kafka-libs.sh

# The resolver has an environment of its own: it is a tool of ours, not part of what we lock.
# Its own pin: requirements/uv.in; after a change there: var/tools/bin/uv pip compile --universal --generate-hashes.
var/tools/installed: requirements/uv.txt
	@test -x var/tools/bin/python || "$(PYTHON)" -m venv var/tools
	@var/tools/bin/pip install --quiet --require-hashes -r requirements/uv.txt
	@touch $@

COMPILE := var/tools/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links

.PHONY: lock
lock: var/tools/installed ## resolve pyproject.toml into requirements/*.txt (keeps pins; UPGRADE=1 moves them)
	@$(COMPILE) --extra dev $(if $(UPGRADE),--upgrade) --output-file requirements/dev.txt
	@$(COMPILE) --constraints requirements/dev.txt $(if $(UPGRADE),--upgrade) --output-file requirements/runtime.txt

# Second opinions, in an environment of their own.
var/judges/installed: requirements/judges.txt
	@echo "Libraries that judge, in var/judges"
	@test -x var/judges/bin/python || "$(PYTHON)" -m venv var/judges
	@var/judges/bin/pip install --quiet --require-hashes -r requirements/judges.txt
	@touch $@

.PHONY: lock-judges
lock-judges: var/tools/installed ## resolve requirements/judges.in into requirements/judges.txt
	@var/tools/bin/uv pip compile requirements/judges.in --quiet --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links $(if $(UPGRADE),--upgrade) --output-file requirements/judges.txt

.PHONY: system-run system-test
system-run: ## system packages the line needs (asks first, except on CI)
	@deploy/setup/system-packages.sh run
system-test: ## system packages the tests need (asks first, except on CI)
	@deploy/setup/system-packages.sh test

# Locked with hashes and without addresses: whatever registry npm is set up with serves them.
var/counterparts/installed: tests/counterparts/package.json tests/counterparts/package-lock.json tests/counterparts/.npmrc
	@mkdir -p $(@D)
	@cp $^ $(@D)
	@cd $(@D) && npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@

.PHONY: counterparts
counterparts: var/counterparts/installed ## what the tests talk to and npm has: an SMPP carrier, accessibility checks

# --- running ---------------------------------------------------------------------------------------------------

.PHONY: up
up: system-run ## set up what is missing and run the whole line on this machine
	@$(MAKE) setup
	@exec $(BIN)/xinshu up

.PHONY: demo
demo: $(VENV) ## send letters of our own writing to the running line and print what became of them
	@$(BIN)/python deploy/demo/demo.py

# --- checking --------------------------------------------------------------------------------------------------

.PHONY: test
test: system-test ## set up what is missing, then everything: check, and all tests, the built wheel's among them
	@$(MAKE) setup
	@deploy/setup/kafka-libs.sh --always
	@$(MAKE) counterparts
	@$(MAKE) var/judges/installed
	@$(MAKE) check
	@$(BIN)/pytest

.PHONY: test-long
test-long: setup ## the fault tests at their full length
	@$(BIN)/pytest --long tests/faults

.PHONY: check
check: $(VENV) ## format, lint, strict types, import walls
	@$(BIN)/ruff format --check --quiet $(OURS) || { echo "Not formatted: run make format" >&2; exit 1; }
	@$(BIN)/ruff check --quiet $(OURS)
	@$(BIN)/mypy --no-error-summary $(OURS)
	@mkdir -p var; $(BIN)/lint-imports --cache-dir var/import-linter >var/walls.txt || { cat var/walls.txt >&2; exit 1; }
	@echo "Format, lint, types and walls are in order."

.PHONY: format lint types walls
format: $(VENV) ## rewrite the layout of the code
	@$(BIN)/ruff format $(OURS)
	@$(BIN)/ruff check --fix --quiet $(OURS)
lint: $(VENV)
	@$(BIN)/ruff check $(OURS)
types: $(VENV)
	@$(BIN)/mypy $(OURS)
walls: $(VENV)
	@$(BIN)/lint-imports --cache-dir var/import-linter

.PHONY: wheel-test
wheel-test: $(VENV) ## build the wheel and try it in a clean environment, beside decoys of our packages
	@$(BIN)/pytest --quiet tests/test_packaging.py

# --- measuring: one command a figure. A bench is bench/NAME.py and runs as `make bench-NAME` --------------------

bench-%: $(VENV)
	@$(BIN)/python bench/$(subst -,_,$*).py $(ARGS)

.PHONY: clean
clean: ## remove the environment and every built thing; kept: data of a running line under var/data
	@rm -rf .venv dist build var/tools var/judges var/kafka-libs var/counterparts var/wheel var/mypy var/pytest var/import-linter
