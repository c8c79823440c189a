# Every target explains itself: `make` alone lists them.
.DEFAULT_GOAL := help
VENV := .venv
PYTHON ?= python3
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
SHELL := /bin/bash
REQUIREMENTS := requirements/runtime.txt requirements/build.txt requirements/dev.txt
BUILD_INPUTS := pyproject.toml $(wildcard build_hooks/*.py) src/facegate/models/catalog.py \
  $(shell find frontend -type f -not -path '*/node_modules/*' 2>/dev/null)

.PHONY: help serve test check e2e bench install calibrate requirements clean

help:  ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

$(VENV)/.environment: $(REQUIREMENTS)
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "facegate needs Python 3.11 or newer; try: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/build.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/runtime.txt -r requirements/dev.txt
	@touch $@

$(VENV)/.installed: $(VENV)/.environment $(BUILD_INPUTS)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

serve: $(VENV)/.installed  ## set everything up and start the server (the first run takes a few minutes)
	$(BIN)/facegate serve

test: $(VENV)/.installed  ## set everything up and run the default tests (under 5 minutes)
	$(BIN)/python -m pytest

check: $(VENV)/.installed  ## linters and type checkers: ruff, pyright, import-linter, tsc, eslint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/python -m build_hooks.node run --silent check

e2e: $(VENV)/.installed  ## browser tests: Chromium with a video file as the camera
	$(BIN)/python -m pytest -m browser

bench: $(VENV)/.installed  ## time and memory against face_recognition, on the same frames in the same run
	$(BIN)/python -m benchmarks.peer

calibrate: $(VENV)/.installed  ## rebuild the shipped calibration table from LFW View 1 (about 5 minutes)
	$(BIN)/python -m facegate.evaluation.calibrate

install:  ## install facegate from this folder into the current Python, as `pip install .` would
	$(PYTHON) -m pip install .

requirements:  ## compile requirements/*.txt again (needs uv)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements/runtime.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header requirements/build.in -c requirements/runtime.txt -o requirements/build.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group dev -c requirements/runtime.txt -c requirements/build.txt -o requirements/dev.txt

clean:  ## remove what the targets above made
	rm -rf $(VENV) .bench-venv build dist frontend/node_modules e2e-output
	rm -rf src/facegate/models/weights/*.onnx src/facegate/http/page
