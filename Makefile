# Every command of this project. `make` alone lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help install newsletter serve test lint format check-types unit bench bench-video bench-engines clean
.DEFAULT_GOAL := help

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

# constraints.txt says exactly what was tested; torch first, by name, because an open range pulls gigabytes of CUDA.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Pressroom needs Python 3.11 or newer: make PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check 'pip>=25.1'
	@echo "Installing Pressroom and what it needs into $(VENV) (once, a few minutes)"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt "$$(grep '^torch==' constraints.txt)"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e . --group dev
	@touch $@

install: $(STAMP)  ## make the virtual environment

newsletter: $(STAMP)  ## make today's edition from the bundled example sources
	@$(BIN)/pressroom newsletter

serve: $(STAMP)  ## run the Prefect server, the UI, the schedule and a worker
	@$(BIN)/pressroom serve

lint: $(STAMP)  ## ruff, strict types, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(STAMP)  ## let ruff mend what it can
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

unit: $(STAMP)  ## the tests that need no server, in seconds
	@$(BIN)/python -m pytest tests/unit

test: lint  ## every check
	@$(BIN)/python -m pytest -n auto --dist loadfile

bench: $(STAMP)  ## measure an edition's steps and the orchestration around them
	@$(BIN)/python benchmarks/edition.py

bench-video: $(STAMP)  ## measure the video renderer against the encoder's floor and against MoviePy
	@$(BIN)/python benchmarks/video.py

bench-engines: $(STAMP)  ## measure the open-weight engines: batched, raw and one at a time
	@$(BIN)/python benchmarks/engines.py

clean:  ## remove the virtual environment and this checkout's state
	rm -rf $(VENV) .pressroom build *.egg-info
