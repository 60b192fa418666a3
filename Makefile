# The words people and CI share. `make demo` and `make test` set themselves up.

SHELL := /bin/bash
UV_VERSION := 0.13.9
COMPILE := -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
UV := $(or $(shell command -v uv),.venv-uv/bin/uv)
export GX_ANALYTICS_ENABLED := false
export DO_NOT_TRACK := 1

.PHONY: demo setup test check fix docs dev bench lock clean

demo: setup ## show the whole road on sixty days of an invented centre
	.venv/bin/gaugebook demo

setup: .venv/.runtime ## make the environment: .venv/bin/gaugebook

test: .venv/.dev ## unit, consistency and integration tests
	.venv/bin/pytest

check: .venv/.dev ## format, lint, types, layers, SQL, dbt conventions
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/pyright
	.venv/bin/lint-imports
	.venv/bin/python -m orchestration.dbt parse
	.venv/bin/sqlfluff lint dbt_project/models dbt_project/tests --processes 2
	.venv/bin/dbt-bouncer --config-file dbt-bouncer.yml

fix: .venv/.dev ## format and mend what can be mended
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .
	.venv/bin/sqlfluff fix dbt_project/models dbt_project/tests

docs: .venv/.dev ## write the pages that follow from the contract and the formats
	.venv/bin/python -m orchestration.pages

dev: .venv/.dev ## open Dagster on the home
	.venv/bin/gaugebook dagster

bench: .venv/.dev ## seconds, memory and ratios against bare DuckDB
	.venv/bin/python -m benchmarks

lock: $(UV) ## compile the pinned, hashed requirements from pyproject.toml
	$(UV) pip compile $(COMPILE) --group dev pyproject.toml -o requirements/dev.txt
	$(UV) pip compile $(COMPILE) -c requirements/dev.txt pyproject.toml -o requirements/runtime.txt

clean: ## forget the environment and the home
	rm -rf .venv .venv-uv .gaugebook

.venv-uv/bin/uv:
	python3 -m venv .venv-uv
	.venv-uv/bin/python -m pip install -q uv==$(UV_VERSION)

.venv/bin/python: | $(UV)
	$(UV) venv -q --python-preference only-system --python '>=3.11' .venv

.venv/.runtime: requirements/runtime.txt pyproject.toml | .venv/bin/python
	@if test -e .venv/.dev; then $(MAKE) --no-print-directory .venv/.dev; else \
	$(UV) pip install -q --compile-bytecode --python .venv/bin/python --require-hashes -r requirements/runtime.txt && \
	$(UV) pip install -q --compile-bytecode --python .venv/bin/python --no-deps -e .; fi
	touch $@

.venv/.dev: requirements/dev.txt pyproject.toml | .venv/bin/python
	$(UV) pip install -q --compile-bytecode --python .venv/bin/python --require-hashes -r requirements/dev.txt
	$(UV) pip install -q --compile-bytecode --python .venv/bin/python --no-deps -e .
	touch .venv/.runtime $@
