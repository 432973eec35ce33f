# Every target sets up what it needs; a second call starts at once. `make demo` needs Python >= 3.11 and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CORE := $(VENV)/.core-installed
DEV := $(VENV)/.dev-installed
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check --constraint constraints.txt
MAKEFLAGS += --no-print-directory

.PHONY: demo test test-slow check bench clean help

help:
	@echo "make demo       make runs/demo: verified samples from the documents in data/sample"
	@echo "make test       the tests;  make test-slow: those that take long or need an extra"
	@echo "make check      format, lint, strict types, import contract"
	@echo "make bench      speed against named baselines"
	@echo "make clean      remove runs, caches and the environment"

demo: $(CORE)
	@$(BIN)/longweave run pipeline.yaml --out runs/demo

test: $(DEV)
	@$(BIN)/python -m pytest -m "not slow"

test-slow: $(DEV)
	@$(BIN)/python -m pytest -m slow

check: $(DEV)
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy longweave benchmarks
	@$(BIN)/lint-imports

bench: $(DEV)
	@$(BIN)/python -m benchmarks.speed

clean:
	rm -rf $(VENV) runs build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Longweave needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(CORE): $(BIN)/python pyproject.toml constraints.txt
	@echo "Installing Longweave into $(VENV) (once)"
	@$(PIP) --editable .
	@touch $@

$(DEV): $(CORE)
	@echo "Installing the development tools into $(VENV) (once)"
	@$(PIP) --editable '.[dev,embedded,offline]'
	@touch $@
