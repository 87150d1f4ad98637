# Included by the Makefile. Makes the int8 recogniser that pipeline/ocr/int8 ships.
QUANTIZE_PYTHON := PYTHONPATH=. build/quantize/bin/python

.PHONY: quantize bench-quantization quantization-lock

quantize: build/quantize/.ready models/.ready ## Make the int8 recogniser again (same input, same bytes)
	$(QUANTIZE_PYTHON) -m benchmarks.quantization.quantize

bench-quantization: build/quantize/.ready models/.ready ## Errors and ms a line: float32, bfloat16, int8
	$(QUANTIZE_PYTHON) -m benchmarks.quantization.accuracy

quantization-lock: ## Resolve the packages of `make quantize` again (needs uv)
	$(subst pyproject.toml,benchmarks/quantization/requirements.in,$(UV_COMPILE)) \
	  -c requirements-dev.lock -o benchmarks/quantization/requirements.lock

# NNCF and its dependencies are needed here only: set-up and service never install them.
build/quantize/.ready: benchmarks/quantization/requirements.lock
	$(PYTHON) -m venv build/quantize
	build/quantize/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@
