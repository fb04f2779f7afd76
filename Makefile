# livecomposer: `make jam` plays, `make test` checks; each sets up whatever is missing, and says so.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: help jam test check setup test-tools clean
.DEFAULT_GOAL := help

help: ## Say what can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

jam: setup ## Play: a connected keyboard, else a recorded performance (ARGS="--mode respond" and so on)
	@$(BIN)/livecomposer jam $(ARGS)

test: setup test-tools check ## Run every check

check: ## Run every check, without setting up
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest $(ARGS)

setup: $(VENV)/.ready ## Install what playing needs
	@scripts/system sound

test-tools:
	@scripts/system sound tools

$(VENV)/.ready: pyproject.toml constraints.txt
	@echo "setting up $(VENV) (once; some minutes)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt torch
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[all]' --group dev
	@touch $@

clean: ## Remove what was set up
	rm -rf $(VENV) build *.egg-info
