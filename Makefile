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
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not slow"

# Everything, the long tests and those on real data (IMAGENOMICS_TEST_DATA) included.
test-all: $(VENV)/.tested
	$(BIN)/python -m pytest -n auto --dist worksteal

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

# What this machine would install now, for everybody: run it to move the pinned versions on.
constraints.txt: | $(VENV)/bin/python
	$(PIP) install --quiet --dry-run --ignore-installed --report $(VENV)/report.json '.[test,lint,archive]'
	$(BIN)/python -c 'import json, sys; print(*sorted("{name}=={version}".format(**i["metadata"]) for i in json.load(sys.stdin)["install"] if i["metadata"]["name"] != "imagenomics"), sep="\n")' < $(VENV)/report.json > $@

clean:
	rm -rf $(VENV) dist imagenomics-demo imagenomics-runs .mypy_cache .ruff_cache .pytest_cache
