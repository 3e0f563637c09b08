# Two commands set everything up: `make demo` and `make test`.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin

.PHONY: venv demo test lint bench

venv: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check \
	  --constraint constraints.txt --editable '.[dev]'
	touch $@

demo: venv
	$(BIN)/python -m experiments.demo --output_dir=out/demo

test: venv
	$(BIN)/python -m pytest -n 2

lint: venv
	$(BIN)/ruff check .

bench: venv
	$(BIN)/python -m benchmarks.recurrent
