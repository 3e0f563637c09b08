# `make demo` and `make test` set everything up: a Python environment in .venv.
# The newest Python of 3.11 to 3.14 that runs; PYTHON=... chooses another.
PYTHON ?= $(shell for python in python3.14 python3.13 python3.12 python3.11 \
	  python3; do \
	  $$python -c 'import sys, venv, ensurepip; \
	    sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' \
	    >/dev/null 2>&1 && command -v $$python && break; done)
BIN := .venv/bin
# What can do without: one that has no wheel for this Python is left out.
EXTRAS := audio corpora export notation onnx sound tensorboard symusic

.PHONY: venv demo test test-slow lint format-check types bench

venv: .venv/installed

.venv/installed: pyproject.toml constraints-3.11.txt constraints-3.12.txt
	@test -n '$(PYTHON)' || { echo 'error: no Python of 3.11 to 3.14 runs \
	here: install one, or give PYTHON=...' >&2; exit 2; }
	'$(PYTHON)' -m venv .venv
	@$(BIN)/python -c 'import sys; print("3.11" if sys.version_info < (3, 12) \
	  else "3.12")' > .venv/constraints
	@install() { $(BIN)/pip install --quiet --disable-pip-version-check \
	    --prefer-binary --constraint constraints-$$(cat .venv/constraints).txt \
	    --editable ".[$$1]"; }; \
	install dev 2>.venv/install.log || { \
	  install test || exit 1; \
	  for extra in $(EXTRAS); do \
	    install "$$extra" 2>>.venv/install.log || \
	      echo "left out: the extra '$$extra' has no wheel for this Python;" \
	        "see .venv/install.log"; \
	  done; }
	touch $@

# A training shorter than the config's, for minutes on two cores.
demo: venv
	$(BIN)/python -m experiments.demo --output_dir=out/demo \
	  --config.steps=1600 --config.optimizer.decay_steps=1600 \
	  --config.ema_decay=0.995

test: venv
	$(BIN)/python -m pytest -n 2 --dist=worksteal

test-slow: venv
	$(BIN)/python -m pytest -n 2 --dist=worksteal -m slow

lint: venv
	$(BIN)/ruff check .

format-check: venv
	$(BIN)/ruff format --check .

types: venv
	$(BIN)/python -m mypy

bench: venv
	$(BIN)/python -m benchmarks.recurrent
