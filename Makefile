# Baton's commands. `make help` lists them.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PARTS := schemas libs/worktime libs/charts libs/rulebook libs/scorecard libs/service_kit libs/delivery services/intake services/scoring services/router services/sla-monitor cli libs/scorecard_training dev
READY := $(VENV)/.ready
.DEFAULT_GOAL := help

$(READY): requirements.lock $(addsuffix /pyproject.toml,$(PARTS))
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Baton needs Python 3.11 or newer; name one with: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || echo "Making a virtual environment in $(VENV) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) \
		|| { echo "This Python cannot make virtual environments (on Debian: apt-get install python3-venv)."; rm -rf $(VENV); exit 1; }
	@echo "Installing what Baton needs into $(VENV) (a minute or two the first time) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps $(addprefix --editable ./,$(PARTS))
	@touch $@

##@ Use
.PHONY: run
run: $(READY) ## Everything on this machine: Kafka, PostgreSQL, the four services, sample leads; Ctrl-C stops it (AS_WRITTEN=1: with the hours of the rulebook)
	@$(BIN)/python -m baton_dev.run $(if $(AS_WRITTEN),--as-written)

.PHONY: install
install: $(READY) ## Only install; then `.venv/bin/baton --help`

##@ Work on Baton
.PHONY: test
test: $(READY) ## The whole test suite, on real Kafka and PostgreSQL
	@$(BIN)/pytest -q -n auto tests/unit tests/contract tests/observability/test_boards.py
	@$(BIN)/pytest -q -n 2 --dist loadfile -m "not long" tests/integration tests/model tests/e2e tests/chaos

.PHONY: unit
unit: $(READY) ## Only the tests that need no server, in some minutes
	@$(BIN)/pytest -q -n auto tests/unit tests/contract tests/observability/test_boards.py

.PHONY: lint
lint: $(READY) ## Style, types, who may import whom, unused and missing dependencies, the example rulebook
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy $(TYPED)
	@$(BIN)/lint-imports --no-cache
	@for part in $(PARTS); do (cd $$part && ../$$(echo $$part | tr -cd / | sed 's#/#../#g')$(BIN)/deptry . --no-ansi) || exit 1; done
	@$(BIN)/baton check rulebook

.PHONY: format
format: $(READY) ## Rewrite the code in the house style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: generate
generate: $(READY) ## Write the generated files again: JSON Schemas of events and rulebook, the AsyncAPI document, what Kubernetes has of rulebook and rules, rights in Kafka, Grafana's boards
	@$(BIN)/python -m lead_events.generate
	@$(BIN)/python -m rulebook.schemas rulebook
	@$(BIN)/python -m baton_dev.kubernetes.rulebook rulebook
	@$(BIN)/python -m baton_dev.kubernetes.rules
	@$(BIN)/python -m baton_dev.kafka_rights
	@$(BIN)/python -m baton_dev.boards

.PHONY: lock
lock: $(READY) ## Pin the dependencies again (hashes, no addresses), and each image's part of them
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --universal \
		--python-version 3.11 requirements-dev.in --output-file requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@$(BIN)/python -m baton_dev.images.locks

AUDIT := .baton/audit
.PHONY: audit
audit: ## Pinned packages against the public advisories; needs the internet, and fails without an answer
	@test -x $(AUDIT)/bin/pip-audit || { $(PYTHON) -m venv $(AUDIT) && $(AUDIT)/bin/pip install --quiet --disable-pip-version-check pip-audit; }
	@$(AUDIT)/bin/pip-audit --strict --disable-pip --require-hashes --progress-spinner off --requirement requirements.lock

##@ Prove and measure
.PHONY: chaos
chaos: $(READY) ## Kill every part in turn while leads flow; a ledger on the client's side must find none lost or doubled
	@$(BIN)/pytest -m chaos tests/chaos

.PHONY: test-k8s
test-k8s: $(READY) ## Apply deploy/k8s to a real API server, Pod Security restricted; 3 minutes, and 10 once to build the server
	@$(BIN)/pytest -q tests/k8s

.PHONY: test-images
test-images: $(READY) ## Build the images, start docker-compose.yml on a Docker engine of its own, send leads; run the integration tests on containers; root, Debian, three quarters of an hour
	@$(BIN)/pytest -q tests/images

.PHONY: restore
restore: $(READY) ## Lose PostgreSQL and every pod while leads come in, restore an earlier moment, twice, and find everything as it was; a minute
	@$(BIN)/pytest tests/e2e/restore

.PHONY: test-observability
test-observability: $(READY) ## Rules, routes, boards and ten planted faults with a real Prometheus and Alertmanager beside a real run; Debian, 16 minutes
	@$(BIN)/pytest -q -p no:xdist tests/observability

.PHONY: faults
faults: $(READY) ## Plant ten faults one after the other and see that each raises its own alert; NAME=one, or NAME=random, stays for you to find (SPEED=1: in real minutes)
	@$(BIN)/python -m baton_dev.faults $(if $(filter random,$(NAME)),--random,$(if $(NAME),--stay $(NAME))) $(if $(SPEED),--speed $(SPEED))

.PHONY: bench
bench: $(READY) ## Measure intake, the whole path, the batched consumer and memory, each against something bare
	@$(BIN)/python -m bench

##@ Tidy
.PHONY: clean
clean: ## Forget the demo's data (.baton/) while nothing runs on it; the installation stays
	@PYTHONPATH=dev $(if $(wildcard $(BIN)/python),$(BIN)/python,$(PYTHON)) -m baton_dev.clean

.PHONY: help
help: ## This list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

TYPED := schemas/lead_events libs/worktime/worktime libs/charts/charts libs/rulebook/rulebook libs/scorecard/scorecard libs/service_kit/service_kit libs/delivery/delivery \
	services/intake/intake services/scoring/scoring services/router/router services/sla-monitor/sla_monitor \
	cli/baton_cli libs/scorecard_training/scorecard_training dev/baton_dev bench tests
