# The two commands most people need: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
APERTIUM := apertium apertium-eng-spa apertium-fr-es apertium-es-pt apertium-spa-cat \
            apertium-eng-cat apertium-spa-ita
UV_COMPILE := uv pip compile pyproject.toml --python-version 3.11 --generate-hashes \
              --python-platform x86_64-manylinux_2_28 --no-emit-index-url --no-header --no-annotate --quiet

.DEFAULT_GOAL := help
.PHONY: help setup demo test check up down format lock bench apertium

help: ## Show this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

setup: .venv/.ready models/.ready apertium ## Install everything (other targets do it by themselves)

demo: setup ## Run the whole local chain on the samples and show what comes out
	@$(BIN)/image-translation demo

up: setup ## Start the local chain and leave it running
	@$(BIN)/image-translation up

down: ## Stop it
	@$(BIN)/image-translation down

test: setup build/paddle/.ready models/.paddle-ready ## Run all tests
	$(BIN)/python -m pytest -m "not paddle"
	PYTHONPATH=build/paddle $(BIN)/python -m pytest -m paddle tests/contract

check: .venv/.ready ## Format, lint, types and import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/.ready ## Reformat and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup ## Measure the time outside OCR and translation
	@$(BIN)/python -m benchmarks.overhead

lock: ## Resolve the dependencies again into the lock files (needs uv)
	$(UV_COMPILE) -o requirements.lock
	$(UV_COMPILE) --extra google --extra ctranslate2 --extra dev -c requirements.lock -o requirements-dev.lock
	$(UV_COMPILE) --extra paddle -c requirements-dev.lock -o requirements-paddle.lock \
	  $$(grep -oE '^[a-z0-9.-]+==' requirements-dev.lock | sed 's/==//; s/^/--no-emit-package /')

.venv/.ready: requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

models/.ready: .venv/.ready pipeline/ocr/models.py
	$(BIN)/image-translation models install --dir models --force
	@touch $@

# With paddlepaddle in the environment PaddleX imports it for ONNX Runtime too, 217 MB
# of resident memory: it lives beside, and only OCR_ENGINE=paddle sees it.
build/paddle/.ready: requirements-paddle.lock .venv/.ready
	rm -rf build/paddle
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
	  --target build/paddle -r requirements-paddle.lock
	@touch $@

models/.paddle-ready: .venv/.ready pipeline/ocr/models.py
	$(BIN)/image-translation models install --engine paddle --dir models --force
	@touch $@

apertium:
	@command -v apertium >/dev/null && test -e /usr/share/apertium/modes/ita-spa.mode || { \
	  if [ "$$(id -u)" = 0 ]; then sudo=; else sudo="sudo -n"; fi; \
	  echo "installing the Apertium translator ($(APERTIUM))"; \
	  { $$sudo apt-get update -qq && \
	    DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends $(APERTIUM); \
	  } >/dev/null 2>&1 || { \
	    echo "cannot install them here. Type:  sudo apt-get install $(APERTIUM)"; \
	    echo "or go without translation:  export TRANSLATOR=none"; \
	    test "$$TRANSLATOR" = none; }; }
