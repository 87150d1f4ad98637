# The two commands most people need: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
APERTIUM := apertium apertium-eng-spa apertium-fr-es apertium-es-pt apertium-spa-cat \
            apertium-eng-cat apertium-spa-ita
UV_COMPILE := uv pip compile pyproject.toml --python-version 3.11 --generate-hashes \
              --python-platform x86_64-manylinux_2_28 --no-emit-index-url --no-header --no-annotate --quiet

# The suite's two chains mostly wait: the tests of each run beside the other's.
FAULTS = $(BIN)/python -m pytest tests/faults -m brief & brief=$$!; \
         $(BIN)/python -m pytest tests/faults -m "not brief"; rest=$$?; wait $$brief && exit $$rest

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-faults check lint up down format lock apertium \
        bench bench-accuracy bench-memory bench-memory-fit bench-steady bench-translation soak

include infra/infra.mk
include benchmarks/quantization/quantization.mk

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
	# The infrastructure's and the image's are `make infra-check` and `make image-test`.
	$(BIN)/python -m pytest -m "not paddle" --ignore=tests/infra --ignore=tests/image --ignore=tests/faults
	$(FAULTS)
	PYTHONPATH=build/paddle $(BIN)/python -m pytest -m paddle tests/contract

test-faults: setup ## The fault suite in its full form, minutes long (FAULT_SEED=n: other moments)
	export FAULT_FULL=1; $(FAULTS)

check: lint infra-check ## Format, lint, types, import rules, Terraform, Dockerfile

lint: .venv/.ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/.ready ## Reformat and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup ## Measure the time outside OCR and translation
	@$(BIN)/python -m benchmarks.overhead

bench-accuracy: setup ## Word F1 against stock PaddleOCR (RECEIPTS=folder of the SROIE form)
	@$(BIN)/python -m benchmarks.accuracy $(RECEIPTS)

bench-memory: setup ## 22 pictures at once under 1, 2, 4 and 8 GiB (ARGUMENTS=--stock for the story)
	@$(BIN)/python -m benchmarks.memory $(ARGUMENTS)

bench-memory-fit: setup ## Fit the memory a recognition takes again
	@$(BIN)/python -m benchmarks.memory_fit

bench-steady: setup ## Resident memory after 100 and after 500 pictures
	@$(BIN)/python -m benchmarks.steady

bench-translation: setup ## Lines a second, first answer and memory of the translators
	@$(BIN)/python -m benchmarks.translation $(ARGUMENTS)

soak: setup ## 2,000 small pictures as fast as they come (ARGUMENTS="--concurrency 8", "--real 300")
	@$(BIN)/python -m benchmarks.soak $(ARGUMENTS)

lock: ## Resolve the dependencies again into the lock files (needs uv)
	$(UV_COMPILE) -o requirements.lock
	$(UV_COMPILE) --extra google --extra ctranslate2 --extra dev -c requirements.lock -o requirements-dev.lock
	$(UV_COMPILE) --extra paddle -c requirements-dev.lock -o requirements-paddle.lock \
	  $$(grep -oE '^[a-z0-9.-]+==' requirements-dev.lock | sed 's/==//; s/^/--no-emit-package /')
	$(MAKE) infra-lock

.venv/.ready: requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

models/.ready: .venv/.ready pipeline/ocr/model_files.py
	$(BIN)/image-translation models install --dir models --force
	@touch $@

# With paddlepaddle in the environment PaddleX imports it for ONNX Runtime too, 217 MB
# of resident memory: it lives beside, and only OCR_ENGINE=paddle sees it.
build/paddle/.ready: requirements-paddle.lock .venv/.ready
	rm -rf build/paddle
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
	  --target build/paddle -r requirements-paddle.lock
	@touch $@

models/.paddle-ready: .venv/.ready pipeline/ocr/model_files.py
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
