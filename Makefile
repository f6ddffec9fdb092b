# Two commands: `make plan` and `make test`. Everything is installed into .venv.

PYTHON ?= python3
VENV := .venv
BENCH := $(VENV)/bench
BIN := $(VENV)/bin
PIP := $(PYTHON) -m pip --disable-pip-version-check --python $(BIN)/python
SCENARIO ?= scenarios/next-week.toml

.PHONY: plan test lint coverage demo screenshots bench-forecast bench-seats bench-roster bench-quote lock clean

plan: $(VENV)/.base
	$(BIN)/staffing plan $(SCENARIO)

test: lint
	$(BIN)/pytest -n 2 --dist loadgroup

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

coverage: $(VENV)/.dev
	$(BIN)/pytest -n 2 --dist loadgroup --cov --cov-branch --cov-report=term-missing:skip-covered

# The shipped workspace is a pure function of its generator.
demo: $(VENV)/.base
	$(BIN)/python data/demo/generate.py

# The pictures of the READMEs, from the page of the shipped week (needs chromium on the PATH).
screenshots: plan $(VENV)/.dev
	$(BIN)/python docs/screenshots.py out/next-week/plan.html

# The forecast beside other methods, which are installed apart: no part of the product needs them.
bench-forecast: $(BENCH)/.done
	$(BENCH)/bin/python -m benchmarks.forecast $(ARGS)

# Speed and agreement of the seat searches, with pyworkforce beside them.
bench-seats: $(BENCH)/.done
	$(BENCH)/bin/python -m benchmarks.seats $(ARGS)

# Gap, lawfulness and size of rosters, with pyworkforce and OR-Tools' example beside them.
bench-roster: $(BENCH)/.done
	$(BENCH)/bin/python -m benchmarks.roster $(ARGS)

# How often the seats of a quote from four facts are enough; needs nothing beside the product.
bench-quote: $(VENV)/.base
	$(BIN)/python -m benchmarks.quote $(ARGS)

# Debian may lack ensurepip, so the venv is made without pip and filled from outside.
$(BIN)/python:
	$(PYTHON) -m venv --without-pip $(VENV)

$(VENV)/.base: requirements/base.txt pyproject.toml | $(BIN)/python
	$(PIP) install --quiet --require-hashes -r requirements/base.txt
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.base
	$(PIP) install --quiet --require-hashes -r requirements/dev.txt
	touch $@

$(BENCH)/.done: requirements/bench.txt
	$(PYTHON) -m venv --clear --without-pip $(BENCH)
	$(PYTHON) -m pip --disable-pip-version-check --python $(BENCH)/bin/python \
		install --quiet --require-hashes -r requirements/bench.txt
	touch $@

# Resolve the pins anew (needs uv on the PATH).
LOCK := uv pip compile pyproject.toml requirements/build.in --universal --python-version 3.11 \
	--generate-hashes --no-header --no-annotate --no-strip-extras --quiet
lock:
	$(LOCK) --upgrade --output-file requirements/base.txt
	$(LOCK) --upgrade --extra dev --constraint requirements/base.txt --output-file requirements/dev.txt
	$(LOCK) --upgrade requirements/bench.in --constraint requirements/base.txt --output-file requirements/bench.txt

clean:
	rm -rf $(VENV) out .mypy_cache .ruff_cache .hypothesis .coverage
