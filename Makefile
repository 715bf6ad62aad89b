# Every target does its own set-up in .venv; nothing but Python >= 3.11 and make is needed.
PYTHON ?= python3
VENV   := .venv
LITELLM := .venv-litellm
K8S    := .venv-kubernetes
TRAIN  := .venv-train
OPENENV := .venv-openenv
NODE   := tests/clients/node
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow test-train test-openenv test-docker check fix serve soak fuzz screenshots clients clean

help: ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

demo: $(VENV)/.run ## watch a real model's plan be rejected, corrected and certified
	@$(BIN)/modulo demo $(ARGS)

test: $(VENV)/.dev $(VENV)/.suite clients ## run the tests
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

test-slow: $(VENV)/.dev ## run the tests that take minutes
	$(BIN)/python -m pytest -m slow --timeout 900 $(ARGS)

test-train: $(TRAIN)/.done test-openenv ## train a few steps on our data and rewards with TRL and verifiers
	$(TRAIN)/bin/python -m pytest -m train --timeout 900 tests/train $(ARGS)

test-openenv: $(OPENENV)/.done ## ask the OpenEnv server of the example with OpenEnv's own client
	$(OPENENV)/bin/python -m pytest -m train --timeout 900 tests/train/test_openenv.py

test-docker: $(VENV)/.dev $(K8S)/.done ## run the tests that need a Docker engine with compose
	$(BIN)/python -m pytest -m docker --timeout 1200 tests/docker $(ARGS)

soak: $(VENV)/.dev ## five minutes of 500 solves at once against a model that fails in every way
	$(BIN)/python benchmarks/soak.py $(ARGS)

fuzz: $(VENV)/.dev ## a million odd inputs for every reader
	$(BIN)/python tests/fuzz/fuzz.py --inputs 1000000 $(ARGS)

screenshots: $(VENV)/.dev ## take the pictures of the console again (needs chromium)
	$(BIN)/python -m tests.app.console.screenshots docs/screenshots

check: $(VENV)/.dev ## lint, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/python -m pytest -q tests/test_layers.py

fix: $(VENV)/.dev ## format and apply safe fixes
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

serve: $(VENV)/.run ## serve on http://127.0.0.1:8080
	@$(BIN)/modulo serve $(ARGS)

clean: ## remove the environment and every cache
	rm -rf $(VENV) $(LITELLM) $(K8S) $(TRAIN) $(OPENENV) $(NODE)/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed: make $(MAKECMDGOALS) PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "the venv module is needed (Debian, Ubuntu: apt-get install python3-venv)"; rm -rf $(VENV); exit 1; }
	@$(PIP) install --constraint constraints.txt --upgrade pip

$(VENV)/.run: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing into $(VENV) ..."
	@$(PIP) install --constraint constraints.txt --editable '.[cross,durable,local]'
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	@$(PIP) install --constraint constraints.txt --editable '.[bench,parquet,planners,sandbox]' --group dev
	@$(BIN)/modulo sandbox || echo "no sandbox works here: the tests of python-tests are skipped"
	@touch $@

# The official JSON Schema test suite (MIT), which the library's source distribution brings along.
$(VENV)/.suite: $(VENV)/.dev
	@mkdir -p $(VENV)/share/json-schema-test-suite
	@$(PIP) download --constraint constraints.txt --no-deps --no-binary jsonschema \
		--dest $(VENV)/share jsonschema
	@tar -xzf $(VENV)/share/jsonschema-*.tar.gz -C $(VENV)/share/json-schema-test-suite \
		--strip-components 2 --wildcards '*/json/tests' '*/json/remotes' '*/json/LICENSE'
	@touch $@

# Clients of other vendors, unmodified. LiteLLM pins an older openai, so it lives apart.
clients: $(LITELLM)/.done $(VENV)/.node

$(LITELLM)/.done: | $(BIN)/python
	@$(PYTHON) -m venv $(LITELLM)
	@$(LITELLM)/bin/python -m pip --disable-pip-version-check --quiet install litellm==1.106.2
	@touch $@

# Trainers are heavy and want their own versions of much, so they live apart. Torch first and pinned,
# since others would bring a build with CUDA.
$(TRAIN)/.done: pyproject.toml constraints-train.txt | $(BIN)/python
	@$(PYTHON) -m venv $(TRAIN)
	@$(TRAIN)/bin/python -m pip --disable-pip-version-check --quiet install --upgrade pip torch==2.13.0
	@$(TRAIN)/bin/python -m pip --disable-pip-version-check --quiet install \
		--constraint constraints-train.txt --editable '.[local,parquet,train]' --group train
	@touch $@

# openenv-core brings gradio and much else, which refuses the pillow of the trainers, so it lives apart.
$(OPENENV)/.done: pyproject.toml | $(BIN)/python
	@$(PYTHON) -m venv $(OPENENV)
	@$(OPENENV)/bin/python -m pip --disable-pip-version-check --quiet install --editable . \
		openenv-core==0.3.0 pytest pytest-asyncio pytest-randomly pytest-timeout
	@touch $@

# The published schemas of Kubernetes, by which the manifests are validated offline.
$(K8S)/.done: | $(BIN)/python
	@$(PYTHON) -m venv $(K8S)
	@$(K8S)/bin/python -m pip --disable-pip-version-check --quiet install kubernetes-validate==1.37.0
	@touch $@

$(VENV)/.node: $(NODE)/package-lock.json | $(BIN)/python
	@if command -v npm >/dev/null; then cd $(NODE) && npm ci --silent --ignore-scripts --no-audit --no-fund; \
		else echo "no npm: the tests with JavaScript clients are skipped"; fi
	@touch $@
