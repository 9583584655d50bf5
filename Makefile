# Every target sets up .venv by itself; it needs Python 3.11 or newer and nothing else.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= $(shell for p in python3.11 python3 python3.12 python3.13; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
BENCH_VENV := .venv-bench
BENCH_STAMP := $(BENCH_VENV)/.installed
LOCK_VENV := .venv-lock
AUDIT_VENV := .venv-audit
AUDIT_STAMP := $(AUDIT_VENV)/.installed
OUT := build/test
ARGS ?=
PIP := -m pip install -qq --disable-pip-version-check
# Hundreds of processes start in the tests, and six in the demo: they share what the first one has compiled.
export PYTHONDONTWRITEBYTECODE :=

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## create .venv from the hashed requirements

$(STAMP): requirements/development.txt
	@test -n "$(PYTHON)" || { echo "Snakeweb needs Python 3.11 or newer; none was found." >&2; exit 1; }
	@echo "Setting up $(VENV) (once; about a minute)"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python $(PIP) --no-deps --require-hashes --only-binary :all: -r $<
	$(BIN)/python $(PIP) --no-deps --no-build-isolation --config-settings editable_mode=compat -e .
	@touch $@

$(BENCH_STAMP): requirements/benchmark.txt
	$(PYTHON) -m venv $(BENCH_VENV)
	$(BENCH_VENV)/bin/python $(PIP) --no-deps --require-hashes -r $<
	@touch $@

demo: $(STAMP) ## a real migration on this machine, then the UI (ARGS=--exit, ARGS='--exit --corrupt')
	@$(BIN)/python manage.py demo $(ARGS)

run: $(STAMP) ## web, dispatcher, beat and one worker with SQLite and a private redis-server
	@$(BIN)/python manage.py run $(ARGS)

worker: $(STAMP) ## one more worker process for the running installation
	@$(BIN)/celery -A snakeweb worker --pool threads --concurrency 4 -Q control,live,bulk -n worker-$$$$@%h $(ARGS)

lint: $(STAMP) ## ruff, the import contracts and bandit
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/bandit --quiet --recursive --severity-level medium --configfile pyproject.toml snakeweb migrations_app

types: $(STAMP) ## mypy, strict
	@$(BIN)/mypy

test: $(STAMP) lint types ## lint, types, every test, PostgreSQL pass, coverage gate, skip gate
	@$(BIN)/python -m tests.gate $(ARGS)

test-faults: $(STAMP) ## F1 to F30 on real processes and servers (ARGS='--only F12', ARGS='--scale 1', ARGS=--mutants)
	@test -n "$(ARGS)" || $(BIN)/pytest -q -m faults --ignore tests/faults/zero_downtime
	@$(BIN)/python -m tests.faults.zero_downtime $(ARGS)

bench: $(BENCH_STAMP) ## sessions per second, cost of a journaled step, time per page (ARGS=pages)
	@$(BENCH_VENV)/bin/python -m benchmarks $(ARGS)

screenshots: $(STAMP) ## take the pictures of docs/screens from two installations of its own (ARGS="--only busy/run")
	@$(BIN)/python -m examples.screenshots $(ARGS)

fmt: $(STAMP) ## format and mend what can be mended
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

requirements: ## pin requirements/*.txt again from pyproject.toml
	@test -x $(LOCK_VENV)/bin/uv || { $(PYTHON) -m venv $(LOCK_VENV); $(LOCK_VENV)/bin/python $(PIP) uv; }
	@export UV_CUSTOM_COMPILE_COMMAND="make requirements"; lock="$(LOCK_VENV)/bin/uv pip compile --quiet \
		--python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links"; \
	$$lock pyproject.toml --extra server -o requirements/production.txt; \
	$$lock pyproject.toml --extra server --extra demo --group test --group lint -c requirements/production.txt \
		-o requirements/development.txt; \
	$$lock pyproject.toml --extra server --extra demo --group test --group lint --group bench \
		-c requirements/development.txt -o requirements/benchmark.txt; \
	$$lock --group audit -o requirements/audit.txt

$(AUDIT_STAMP): requirements/audit.txt
	$(PYTHON) -m venv $(AUDIT_VENV)
	$(AUDIT_VENV)/bin/python $(PIP) --no-deps --require-hashes -r $<
	@touch $@

audit-deps: $(AUDIT_STAMP) ## ask the advisory databases about every pinned package (needs the network)
	@$(AUDIT_VENV)/bin/pip-audit --strict --require-hashes --disable-pip -r requirements/development.txt $(ARGS)

sbom: $(AUDIT_STAMP) ## build/sbom.json: what production installs, as CycloneDX
	@mkdir -p build
	@$(AUDIT_VENV)/bin/cyclonedx-py requirements requirements/production.txt --pyproject pyproject.toml \
		--output-reproducible -o build/sbom.json
	@echo "build/sbom.json: $$($(PYTHON) -c 'import json; print(len(json.load(open("build/sbom.json"))["components"]))') components"

clean: ## remove what the targets above made
	rm -rf build dist .demo .coverage* $(VENV) $(BENCH_VENV) $(LOCK_VENV) $(AUDIT_VENV) *.egg-info

.PHONY: help setup demo run worker lint types test test-faults bench screenshots fmt requirements audit-deps sbom clean
