# The two commands most people need: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
APERTIUM := apertium apertium-eng-spa apertium-fr-es apertium-es-pt apertium-spa-cat \
            apertium-eng-cat apertium-spa-ita
FONTS := fonts-noto-core fonts-droid-fallback libfribidi0
# Tesseract's data of the scripts that the main recogniser does not read; `make setup SCRIPTS=` for none.
SCRIPTS ?= ara ell heb hin kor rus tha
UV_COMPILE := uv pip compile pyproject.toml --python-version 3.11 --generate-hashes \
              --python-platform x86_64-manylinux_2_28 --no-emit-index-url --no-header --no-annotate --quiet

# Suites that mostly wait run beside each other; each one's output is printed when it ends.
TOGETHER = --no-print-directory --output-sync=target --keep-going

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-faults check lint up down format lock arm-check apertium chromium fonts scripts \
        suite-modules suite-browser suite-e2e suite-integration suite-process suite-reference suite-paddle \
        suite-faults-brief suite-faults-patient suite-faults-pull \
        bench bench-accuracy bench-dense bench-layout fit-layout bench-memory bench-memory-fit bench-peers \
        bench-rendering bench-report bench-steady bench-translation before-after screenshots simulate soak

include infra/infra.mk
include benchmarks/quantization/quantization.mk
include benchmarks/script_guess/script_guess.mk

help: ## Show this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

setup: .venv/.ready models/.ready apertium fonts scripts ## Install everything (other targets call it)

demo: setup ## Run the local chain on the samples and show a table of the documents
	@$(BIN)/image-translation demo

up: setup ## Start the local chain and leave it running (DROP=folder: upload what lands there; DELIVERY=pull)
	@$(BIN)/image-translation up --delivery $(or $(DELIVERY),push) $(if $(DROP),--drop '$(DROP)')

down: ## Stop the local chain
	@$(BIN)/image-translation down

test: setup $(if $(CI),chromium) build/paddle/.ready build/paddleocr/.ready models/.paddle-ready ## Run all tests
	# The infrastructure's and the image's are `make infra-check` and `make image-test`.
	@$(MAKE) --no-print-directory suite-modules
	@$(MAKE) $(TOGETHER) --jobs=3 \
	  suite-browser suite-e2e suite-faults-patient suite-faults-brief suite-faults-pull suite-integration suite-process suite-reference suite-paddle

test-faults: setup ## The fault suite in its full form, minutes long (FAULT_SEED=n: other moments)
	@FAULT_FULL=1 $(MAKE) $(TOGETHER) --jobs=2 suite-faults-brief suite-faults-patient suite-faults-pull

suite-modules:
	$(BIN)/python -m pytest -m "not paddle and not reference" --numprocesses=2 --dist=loadfile tests/unit tests/contract

# Without Chromium these skip; in continuous integration they fail.
suite-browser:
	$(BIN)/python -m pytest tests/browser

suite-e2e:
	$(BIN)/python -m pytest tests/e2e

suite-integration:
	$(BIN)/python -m pytest -m "not reference" tests/integration

suite-faults-brief:
	$(BIN)/python -m pytest -m brief tests/faults

suite-faults-patient:
	$(BIN)/python -m pytest -m "not brief and not pulled" tests/faults

# The scenarios that must hold for streaming pull too, on chains whose subscribers pull.
suite-faults-pull:
	FAULT_DELIVERY=pull $(BIN)/python -m pytest \
	  -m "(pulled or pull)$(if $(FAULT_FULL),, and not lengthy)" tests/faults

suite-process:
	$(BIN)/python -m pytest tests/process

# The PaddleOCR library, which the default engine is held against.
suite-reference:
	PYTHONPATH=build/paddleocr $(BIN)/python -m pytest -m reference tests/contract tests/integration

suite-paddle:
	PYTHONPATH=build/paddle:build/paddleocr $(BIN)/python -m pytest -m paddle tests/contract

check: lint infra-check ## Check format, lint, types, import rules, Terraform and Dockerfile

lint: .venv/.ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/.ready ## Format the code and apply automatic fixes
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup ## Measure the time outside OCR and translation
	@$(BIN)/python -m benchmarks.overhead

bench-accuracy: setup build/paddleocr/.ready ## Measure word F1 against stock PaddleOCR (RECEIPTS=folder like SROIE)
	@PYTHONPATH=build/paddleocr $(BIN)/python -m benchmarks.accuracy $(RECEIPTS)

bench-dense: setup build/paddleocr/.ready ## Pages of 120 and of 66 lines, against PaddleOCR's modules
	@$(BIN)/python -m benchmarks.dense_pages

bench-layout: .venv/.ready ## Layout on pages with known paragraphs and order (ARGUMENTS="--part tuning")
	@$(BIN)/python -m benchmarks.layout $(ARGUMENTS)

fit-layout: .venv/.ready ## Fit the weights of the evidence for a paragraph break to the tuning pages
	@$(BIN)/python -m benchmarks.layout_pages.fit

bench-memory: setup build/paddleocr/.ready ## Push 22 pictures at once under 768 MiB to 16 GiB (ARGUMENTS=--stock: compare)
	@$(BIN)/python -m benchmarks.memory $(ARGUMENTS)

bench-memory-fit: setup ## Fit the memory estimate of a recognition to new measurements
	@$(BIN)/python -m benchmarks.memory_fit

bench-peers: setup build/paddleocr/.ready build/peers/rapidocr/.ready build/peers/faster-paddle/.ready ## This engine and its peers in one run (RECEIPTS=folder of the SROIE form)
	@$(BIN)/python -m benchmarks.peers $(RECEIPTS)

bench-rendering: setup ## Draw translations into pictures and read them again (ARGUMENTS="FOLDER --target es")
	@GLOSSARY=samples/glossary.csv $(BIN)/python -m benchmarks.rendering $(ARGUMENTS)

before-after: setup ## Draw the strip of pictures at the top of the README again
	@$(BIN)/python -m samples.before_after docs/before-after.webp

bench-report: setup ## Write a report of 1,000 documents and open it (ARGUMENTS="--images FOLDER")
	@$(BIN)/python -m benchmarks.report $(ARGUMENTS)

bench-steady: setup ## Measure resident memory after 100 and after 500 pictures
	@$(BIN)/python -m benchmarks.steady

bench-translation: setup ## Measure speed, first answer and memory of the translators
	@$(BIN)/python -m benchmarks.translation $(ARGUMENTS)

simulate: .venv/.ready build/simulate/.ready ## Simulate bursts and a day of a million images; write the plots of docs/scale.md
	@build/simulate/bin/python -m benchmarks.simulate --plots docs

soak: setup ## Upload 2,000 small pictures at once (ARGUMENTS="--concurrency 8", "--real 300")
	@$(BIN)/python -m benchmarks.soak $(ARGUMENTS)

lock: ## Update the lock files (needs uv)
	$(UV_COMPILE) -o requirements.lock
	$(UV_COMPILE) --extra ctranslate2 --extra dev --extra evaluate --extra exports --extra google --extra traces -c requirements.lock -o requirements-dev.lock
	$(UV_COMPILE) --extra paddleocr -c requirements-dev.lock -o requirements-paddleocr.lock \
	  $$(grep -ohE '^[a-z0-9.-]+==' requirements-dev.lock | sed 's/==//; s/^/--no-emit-package /')
	$(UV_COMPILE) --extra paddleocr --extra paddle -c requirements-dev.lock -c requirements-paddleocr.lock -o requirements-paddle.lock \
	  $$(grep -ohE '^[a-z0-9.-]+==' requirements-dev.lock requirements-paddleocr.lock | sed 's/==//; s/^/--no-emit-package /')
	$(MAKE) infra-lock

# Debian 12 has glibc 2.36. Nothing is installed.
arm-check: .venv/.ready ## Check that every locked package has a wheel for Linux on ARM
	$(BIN)/pip install --dry-run --quiet --disable-pip-version-check --target build/arm --no-deps --require-hashes \
	  --python-version 3.11 --only-binary=:all: --platform manylinux2014_aarch64 \
	  $(patsubst %,--platform manylinux_2_%_aarch64,$(shell seq 17 36)) -r requirements-dev.lock

.venv/.ready: requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

models/.ready: .venv/.ready pipeline/ocr/model_files.py
	$(BIN)/image-translation models install --dir models --force
	@touch $@

# Outside the environment: see the two extras in pyproject.toml.
build/paddleocr/.ready: requirements-paddleocr.lock .venv/.ready
	rm -rf build/paddleocr
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
	  --target build/paddleocr -r requirements-paddleocr.lock
	@touch $@

build/paddle/.ready: requirements-paddle.lock .venv/.ready
	rm -rf build/paddle
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
	  --target build/paddle -r requirements-paddle.lock
	@touch $@

# matplotlib draws only these plots, so it is in no lock.
build/simulate/.ready: .venv/.ready
	rm -rf build/simulate
	$(PYTHON) -m venv build/simulate
	build/simulate/bin/pip install --quiet --disable-pip-version-check 'matplotlib>=3.10,<4'
	echo "$(CURDIR)/.venv/lib/python3.11/site-packages" >"$$(ls -d build/simulate/lib/python*/site-packages)/service.pth"
	@touch $@

build/peers/%/.ready: benchmarks/peers/%.txt
	rm -rf build/peers/$*
	$(PYTHON) -m venv build/peers/$*
	build/peers/$*/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

models/.paddle-ready: .venv/.ready pipeline/ocr/model_files.py
	$(BIN)/image-translation models install --engine paddle --dir models --force
	@touch $@

# $(call install,what it is,the packages,how to do without,the test whether one does)
install = { \
  if [ "$$(id -u)" = 0 ]; then sudo=; else sudo="sudo -n"; fi; \
  echo "installing $(1) ($(2))"; \
  { $$sudo apt-get update -qq && \
    DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends $(2); \
  } >/dev/null 2>&1 || { \
    echo "cannot install that here. Type:  sudo apt-get install $(2)"; \
    echo "or $(3)"; $(4); }; }

screenshots: setup ## Take the README's screenshots of a report of the samples
	@$(BIN)/python docs/screenshots.py

chromium: ## Install Chromium for the tests of the report
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || \
	  $(call install,Chromium,chromium,install any Chromium or Chrome,false)

apertium:
	@command -v apertium >/dev/null && test -e /usr/share/apertium/modes/ita-spa.mode || \
	  $(call install,the Apertium translator,$(APERTIUM),turn translation off:  export TRANSLATOR=none,test "$$TRANSLATOR" = none)

fonts:
	@{ ls /usr/share/fonts/truetype/noto/NotoSansThai-Regular.ttf \
	      /usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf && ldconfig -p | grep libfribidi; } >/dev/null 2>&1 || \
	  $(call install,fonts for translated pictures,$(FONTS),do without these pictures:  export RENDER=none,test "$$RENDER" = none)

# Without it, lines in these scripts are reported as not read (`script_not_read`).
scripts:
	@missing=; for data in $(SCRIPTS); do \
	  dpkg-query -W "tesseract-ocr-$$data" >/dev/null 2>&1 || missing="$$missing tesseract-ocr-$$data"; \
	done; \
	test -z "$$missing" || \
	  $(call install,Tesseract for other scripts,tesseract-ocr $$missing,do without these scripts,true)
