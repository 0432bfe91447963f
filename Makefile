PYTHON ?= python3
WORKERS ?= 2
LEADLIGHT_TIER ?= quick
export LEADLIGHT_TIER

BIN := .venv/bin
LOCKS := requirements/setup.txt requirements/core.txt
COMPILE := $(BIN)/uv pip compile pyproject.toml --quiet --universal --generate-hashes --no-header \
	--fork-strategy fewest $(UPGRADE)

# What learns and never scores a glass box: the serving image goes without.
TRAINING := scikit-learn scipy lightgbm joblib threadpoolctl

# Said on the command line, not found in the environment.
ON_A_FILE := $(findstring command,$(origin DATA) $(origin TARGET))

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help install spark airflow demo test lint types format docs bench proof lock clean

help:  ## say what can be made
	@sed -n 's/^\([a-z]*\):.*## /make \1	/p' $(MAKEFILE_LIST) | expand -t 16

install: .venv/test.stamp  ## make .venv with the package, its extras and the test tools

spark: .venv-spark/spark.stamp  ## make .venv-spark with the package and PySpark (needs Java 17)

airflow: .venv-airflow/airflow.stamp  ## make .venv-airflow with Airflow alone

demo: .venv/core.stamp  ## the main job from end to end, on made-up leads
	@$(BIN)/leadlight demo

test: .venv/test.stamp lint types  ## lint, types, every quick test, the README's code
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

lint: .venv/test.stamp  ## ruff: rules and format
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet

types: .venv/test.stamp  ## mypy, strict
	@$(BIN)/mypy --no-error-summary

format: .venv/test.stamp  ## put the code into its format
	@$(BIN)/ruff check --fix --quiet
	@$(BIN)/ruff format --quiet

docs: .venv/test.stamp  ## generate the reference pages from the code
	@$(BIN)/python -m tools.reference

bench: .venv/bench.stamp  ## every benchmark (DATA=leads.csv TARGET=column: the models, on that file alone)
	@if [ -n "$(ON_A_FILE)" ]; then \
		exec $(BIN)/python -m benchmarks.bench_models --data "$$DATA" --target "$$TARGET"; fi; \
	missed=; for script in benchmarks/bench_*.py; do \
		name=$$(basename "$$script" .py); echo "== $$name"; \
		$(BIN)/python -m benchmarks.$$name || missed="$$missed $$name"; done; \
		test -z "$$missed" || { echo "a bar was missed:$$missed"; exit 1; }

proof: .venv/bench.stamp  ## the full counts, in parts; goes on where it stopped (PART=name: that one alone)
	@$(BIN)/python -m tools.proof $(PART)

lock: .venv/core.stamp  ## lock the dependencies anew, old pins kept (UPGRADE=--upgrade: the newest)
	@$(COMPILE) --extra report -o requirements/core.txt
	@$(COMPILE:pyproject.toml=) --group setup -c requirements/core.txt -o requirements/setup.txt
	@$(COMPILE) --extra all --group test $(LOCKS:%=-c %) -o requirements/test.txt
	@$(COMPILE:pyproject.toml=) --group bench $(LOCKS:%=-c %) -c requirements/test.txt -o requirements/bench.txt
	@$(COMPILE) --extra spark --extra postgres --extra connect --group spark -c requirements/test.txt -o requirements/spark.txt
	@$(COMPILE:pyproject.toml=) --group airflow -o requirements/airflow.txt
	@$(COMPILE) --extra serve --extra dashboard --extra postgres --extra stream --extra connect \
		$(TRAINING:%=--no-emit-package %) -c requirements/test.txt -o requirements/serving.txt

clean:  ## remove all that was made
	@rm -rf .venv .venv-spark .venv-airflow build dist leadlight-demo benchmarks/work .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find src tests tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/core.stamp: pyproject.toml tools/environment.py $(LOCKS)
	@$(PYTHON) tools/environment.py core

.venv/test.stamp: pyproject.toml tools/environment.py $(LOCKS) requirements/test.txt
	@$(PYTHON) tools/environment.py test

.venv/bench.stamp: .venv/test.stamp requirements/bench.txt
	@$(PYTHON) tools/environment.py bench

.venv-spark/spark.stamp: pyproject.toml tools/environment.py requirements/setup.txt requirements/spark.txt
	@$(PYTHON) tools/environment.py spark

.venv-airflow/airflow.stamp: tools/environment.py requirements/setup.txt requirements/airflow.txt
	@$(PYTHON) tools/environment.py airflow
