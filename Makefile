# `make` prints help. Everything sets itself up: a fresh machine needs Python 3.11 or newer, pip and nothing else.

PYTHON ?= python3
VENV ?= .venv
# Where pip finds a CPU build of torch, where the package index would bring CUDA with it:
#   make demo TORCH_INDEX=https://download.pytorch.org/whl/cpu
TORCH_INDEX ?=
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help install demo test test-all check format docs site cards clean

help: ## show this help
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

install: $(STAMP) ## make .venv and install tinyvmaf with everything that training and tests need

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV) || { $(PYTHON) -m pip install virtualenv && $(PYTHON) -m virtualenv $(VENV); }
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=24'
	$(BIN)/python -m pip install --quiet $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) --editable '.[train,dev]'
	@touch $(STAMP)

demo: install ## the whole road on a corpus that it makes itself: videos, table, trained net, ONNX, score
	$(BIN)/tinyvmaf demo --out demo

test: install ## the tests that take under three minutes
	$(BIN)/python -m pytest -m "not slow and not realmedia"

test-all: install ## every test, the slow ones and those on real media (TINYVMAF_TEST_MEDIA) too
	$(BIN)/python -m pytest

check: install ## what CI runs: format, lint, types, all tests, docs in step
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/pyright
	$(MAKE) test-all
	$(MAKE) site

format: install ## format the code, mend what the linter can mend
	$(BIN)/ruff format src tests benchmarks
	$(BIN)/ruff check --fix src tests benchmarks

docs: install ## write the generated pages again (docs/cli.md and the tables in docs/)
	$(BIN)/python -m tests.write_docs

site: install ## build the documentation as web pages in site/, with every warning an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

cards: install ## fill the shipped models' cards again from the reports in benchmarks/results
	TINYVMAF_SHELF=src/tinyvmaf/bundles/shelf $(BIN)/tinyvmaf models cards benchmarks/results

clean: ## remove what the other targets made
	rm -rf $(VENV) demo site .pytest_cache .ruff_cache
