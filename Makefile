# A newcomer needs two commands: `make demo` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check
INSTALL = $(PIP) install --quiet --constraint constraints.txt

.PHONY: demo test test-all lint types layers check wheel clean

demo: $(VENV)/.installed
	$(BIN)/imagenomics demo

test: $(VENV)/.tested
	$(BIN)/python -m pytest -m "not slow"

# Everything, the long tests and those on real data (IMAGENOMICS_TEST_DATA) included.
test-all: $(VENV)/.tested
	$(BIN)/python -m pytest

lint: $(VENV)/.linted
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.linted
	$(BIN)/mypy

layers: $(VENV)/.linted
	$(BIN)/lint-imports

check: lint types layers test

wheel: $(VENV)/.linted
	rm -rf dist
	$(BIN)/python -m build --outdir dist

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "imagenomics needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml constraints.txt
	$(INSTALL) --editable .
	touch $@

$(VENV)/.tested: $(VENV)/.installed
	$(INSTALL) --editable '.[test]'
	touch $@

$(VENV)/.linted: $(VENV)/.installed
	$(INSTALL) --editable '.[test,lint]'
	touch $@

clean:
	rm -rf $(VENV) dist imagenomics-demo imagenomics-runs .mypy_cache .ruff_cache .pytest_cache
