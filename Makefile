# livecomposer: `make jam` plays, `make test` checks; each sets up whatever is missing, and says so.

PYTHON ?= python3
BIN := .venv/bin
ARGS ?=

.PHONY: help jam test check setup lock test-tools clean
.DEFAULT_GOAL := help

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

jam: setup ## Play: a connected keyboard, else a recorded performance (ARGS="--mode respond" and so on)
	@$(BIN)/livecomposer jam $(ARGS)

test: setup test-tools ## Run every check
	@$(MAKE) --no-print-directory check

check: ## Run every check, without setting up
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest --durations=10 $(ARGS)

setup: .venv/.ready ## Install what playing needs
	@scripts/system sound

test-tools:
	@scripts/system tools

.venv/.ready: pyproject.toml constraints.txt $(wildcard livecomposer/engine/native_code/*)
	@PYTHON="$(PYTHON)" scripts/setup

lock: ## Lock what pyproject.toml asks for (ARGS=--upgrade: in the newest releases)
	@[ -x $(BIN)/uv ] || $(MAKE) --no-print-directory setup
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra all --group dev --group build \
		--custom-compile-command "make lock" --output-file constraints.txt $(ARGS) pyproject.toml

clean: ## Remove what was set up
	rm -rf .venv build *.egg-info
