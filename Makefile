# Needs only Python >= 3.11 with pip, make and a C library: each target makes the virtual environment it needs.
#
#   make demo     train a classifier on handwritten digits
#   make test     all tests
#   make check    formatting, lint, types, and the direction of imports
#   make docs     write docs/api.md, the list of public names
#   make bench    hloom beside JAX on the same programs; ARGS="--suite dispatch" chooses
#   make ahead    compile for a TPU and an H100 that need not be there; 1 GB of wheels, Python 3.12 or newer
#
# PYTHON chooses the interpreter, VENV the environment's folder.

PYTHON ?= $(shell .ci/python default)
VENV ?= .venv
BENCH_VENV ?= .venv-bench
AHEAD_VENV ?= .venv-ahead
ARGS ?=

.PHONY: demo test check docs bench ahead clean
.DELETE_ON_ERROR:

demo: $(VENV)/.demo
	$(VENV)/bin/python examples/digits.py

test: $(VENV)/.test
	$(VENV)/bin/python -m pytest -q -n 2

check: $(VENV)/.test
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/python -m pytest -q tests/test_layers.py

docs: $(VENV)/.test
	$(VENV)/bin/python docs/make_api.py

bench: $(BENCH_VENV)/.bench
	$(BENCH_VENV)/bin/python benchmarks/bench.py --impl jax=$(BENCH_VENV)/bin/python \
	    --impl hloom=$(BENCH_VENV)/bin/python --out benchmarks/results.json $(ARGS)
	-$(BENCH_VENV)/bin/python benchmarks/targets.py benchmarks/results.json

ahead: $(AHEAD_VENV)/.ahead
	$(AHEAD_VENV)/bin/python -m pytest -q tests/ahead/check_ahead.py $(ARGS)

clean:
	rm -rf .venv .venv-* build *.egg-info

$(BENCH_VENV)/.bench $(AHEAD_VENV)/.ahead: PYTHON = $(shell .ci/python newest)

# A stamp per requirements file: a second run finds it and installs nothing. The benchmarks put the
# checkout on the path themselves: an editable install would weigh on every start they measure.
STAMPS = $(VENV)/.demo $(VENV)/.test $(BENCH_VENV)/.bench $(AHEAD_VENV)/.ahead

.SECONDEXPANSION:
$(STAMPS): pyproject.toml requirements/$$(subst .,,$$(@F)).txt
	@test -n "$(PYTHON)"
	test -x $(@D)/bin/python || $(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install -q --disable-pip-version-check -r $(word 2,$^)
	$(if $(filter-out .bench,$(@F)),$(@D)/bin/python -m pip install -q --disable-pip-version-check \
	    --no-deps --no-build-isolation -e .)
	@touch $@
