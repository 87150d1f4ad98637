# Included by the Makefile. Makes the script guess that pipeline/ocr/scripts ships, and measures it.
SCRIPT_PYTHON := PYTHONPATH=. build/script-guess/bin/python

.PHONY: script-guess bench-scripts script-guess-lock

script-guess: build/script-guess/.ready models/.ready ## Train the script guess again (needs the fonts it names)
	$(SCRIPT_PYTHON) -m benchmarks.script_guess.train

bench-scripts: build/script-guess/.ready models/.ready scripts ## Character errors in other scripts (ARGUMENTS="--lines 100 --show 3")
	@$(SCRIPT_PYTHON) -m benchmarks.script_guess.accuracy $(ARGUMENTS)

script-guess-lock: ## Resolve the packages of `make script-guess` again (needs uv)
	$(subst pyproject.toml,benchmarks/script_guess/requirements.in,$(UV_COMPILE)) \
	  -c requirements-dev.lock -o benchmarks/script_guess/requirements.lock

build/script-guess/.ready: benchmarks/script_guess/requirements.lock requirements-dev.lock
	$(PYTHON) -m venv build/script-guess
	build/script-guess/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	build/script-guess/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@
