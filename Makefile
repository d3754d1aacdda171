# The two commands that matter are `make run` and `make test`; each sets up what it needs.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test test-asterisk lint format check messages requirements environment environment-dev clean

BIN := .venv/bin
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | column -t -s "$$(printf '\t')"

run: environment ## Start everything on http://localhost:8081 (PORT=… and DATA_DIR=… to run another copy)
	@exec $(BIN)/python manage.py serve

test: environment-dev ## Check and test everything, on SQLite and on PostgreSQL, RabbitMQ and Redis
	@exec $(BIN)/python -m tests.services -- .ci/test

test-asterisk: environment-dev ## Place real calls through a real Asterisk, which is installed into ~/.cache/switchboard (as root, on Debian)
	@exec .ci/asterisk

lint: environment-dev ## Only the checks that need no server
	@exec .ci/test lint

format: environment-dev ## Put the code into its form
	@$(BIN)/ruff check --fix-only --quiet . && $(BIN)/ruff format .

messages: environment-dev ## Bring locale/*/django.po up to date with the source
	@exec $(BIN)/python manage.py messages

requirements: environment-dev ## Pin requirements*.txt anew from requirements*.in (UPGRADE=1 takes newer versions)
	@$(COMPILE) $(if $(UPGRADE),--upgrade) requirements.in -o requirements.txt
	@$(COMPILE) $(if $(UPGRADE),--upgrade) -c requirements.txt requirements-parquet.in -o requirements-parquet.txt
	@$(COMPILE) $(if $(UPGRADE),--upgrade) -c requirements.txt -c requirements-parquet.txt requirements-dev.in -o requirements-dev.txt

environment:
	@scripts/environment requirements.txt

environment-dev:
	@scripts/environment requirements-dev.txt

clean: ## Remove the environment and the caches; your data in var/ stays
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +
