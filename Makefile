# Everything that a fresh clone needs: python3 (3.11 or newer), g++, make and perl.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python $(if $(COVERAGE),-m coverage run) -m pytest -n 2 --dist worksteal

.PHONY: help demo test test-train test-all test-pythons coverage lint docs release-check bench bench-all clean

help:  ## show this
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/'

demo: $(VENV)/.demo  ## build the digits network for the iCEBreaker, from model file to bitstream
	$(BIN)/python examples/digits/demo.py

test: $(VENV)/.dev lint  ## check the style and run the quick tests that need no torch
	$(PYTEST) -m "not slow and not train"

test-train: $(VENV)/.all  ## run the quick tests that need torch (installs it)
	$(PYTEST) -m "train and not slow"

test-all: $(VENV)/.all lint  ## check the style and run all tests, the slow, full-size ones too
	$(PYTEST) -m ""

test-pythons:  ## make test with each Python from 3.11 up that is installed, in a .venv-3.x of its own
	@for version in 3.11 3.12 3.13 3.14; do \
		for python in python$$version "$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/$$version.*/bin/python; do \
			$$python -c '' 2>/dev/null || continue; \
			echo "Python $$version: $$python"; \
			$(MAKE) test PYTHON=$$python VENV=.venv-$$version || exit 1; \
			break; \
		done; \
	done

coverage: $(VENV)/.dev  ## print the coverage of test and test-train, if both ran with COVERAGE=1
	$(BIN)/python tests/support/coverage_table.py

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(VENV)/.docs  ## write these pages, and a reference of the code, to build/docs
	$(BIN)/python -m mkdocs build --strict --quiet

release-check: $(VENV)/.dev  ## build wheel and source archive in build/dist, and try the wheel in an empty environment
	$(BIN)/python tests/support/release.py build/dist

bench: $(VENV)/.dev  ## measure the speed of the golden model and of the simulation (ONLY="golden ...")
	$(BIN)/python tests/benchmarks/run.py $(if $(ONLY),--only $(ONLY))

bench-all: $(VENV)/.dev  ## the same with the slow benchmarks (ONLY="finn ...")
	$(BIN)/python tests/benchmarks/run.py --all $(if $(ONLY),--only $(ONLY))

clean:  ## remove what was built here
	rm -rf $(VENV) .venv-3.* out build dist .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis

# each set of packages has a stamp; a change of the requirements installs again
$(VENV)/.demo: EXTRAS = sim,fpga,native
$(VENV)/.dev: EXTRAS = dev
$(VENV)/.all: EXTRAS = all,dev
$(VENV)/.docs: EXTRAS = docs
$(VENV)/.demo $(VENV)/.dev $(VENV)/.all $(VENV)/.docs: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[$(EXTRAS)]'
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "bnngen needs Python 3.11 or newer: make PYTHON=/path/to/python3.11"; exit 3; }
	@$(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "python3 lacks venv: apt install python3-venv"; exit 3; }
