# Everything is done by `openward`, the command line in libs/cli; make only sees to it that it is there.
# Variables go through: OPENWARD_STACK (dev, test, …), OPENWARD_REPLICAS, OPENWARD_PORT_OFFSET, PYTHON.
SHELL := /bin/bash
.DEFAULT_GOAL := help
openward = infra/local/bootstrap.sh && .venv/bin/openward

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: doctor
doctor: ## Say what this machine lacks, and how to get it
	@$(openward) doctor

.PHONY: setup
setup: ## Install and build everything that is pinned; skips what is done
	@$(openward) setup

.PHONY: up
up: ## Start the whole system, on real servers (ONLY=infrastructure for those alone)
	@$(openward) up $(if $(ONLY),--only $(ONLY))

.PHONY: down
down: ## Stop it; data stays
	@$(openward) down

.PHONY: status
status: ## Each process: state, uptime, memory, restarts, port, ready or why not
	@$(openward) status

.PHONY: logs
logs: ## Follow the logs (PROCESS=clinical for one)
	@$(openward) logs $(PROCESS) --follow

.PHONY: demo
demo: ## Walk through the system as a clinician, a clerk and an auditor would
	@$(openward) demo

.PHONY: token
token: ## Print an access token (USER_NAME=ada)
	@$(openward) token $(or $(USER_NAME),ada)

.PHONY: test
test: ## Checks, unit, integration, end-to-end and chaos tests, on a stack of their own (SUITES="unit e2e")
	@$(openward) test $(SUITES)

.PHONY: check
check: ## Format, lint, types, architecture, contracts, generated files, migrations
	@$(openward) check

.PHONY: lock
lock: ## Compile requirements/*.txt again from the pyproject files
	@infra/local/bootstrap.sh && infra/local/lock.sh

.PHONY: bench-matching
bench-matching: ## Measure how well the registry tells people apart, on Febrl and RLdata, next to Splink
	@$(openward) setup && .venv/bin/python -m bench.matching

.PHONY: bench-registry
bench-registry: ## Measure the registry with so many made-up people (ROWS=1000000), on a stack of its own
	@$(openward) setup && .venv/bin/python -m bench.registry --rows $(or $(ROWS),1000000)

.PHONY: bench-clinical
bench-clinical: ## Measure the clinical service next to EHRbase without it, on a stack of its own (EHRS=100000)
	@$(openward) setup && .venv/bin/python -m bench.clinical $(if $(EHRS),--ehrs $(EHRS))

.PHONY: bench-frontend
bench-frontend: ## Measure what a clinical frontend asks for, on a stack of its own (PATIENTS=1000 EACH=100)
	@$(openward) setup && .venv/bin/python -m bench.frontend $(if $(PATIENTS),--patients $(PATIENTS)) $(if $(EACH),--each $(EACH))

.PHONY: bench-templates
bench-templates: ## Measure what is derived from templates, the catalogue, validation, and what passes of the test data
	@$(openward) setup && .venv/bin/python -m bench.templates

.PHONY: bench-aql
bench-aql: ## Measure how long it takes to read AQL and to bind it
	@$(openward) setup && .venv/bin/python -m bench.aql

.PHONY: clean
clean: ## Stop the stack and remove its data, logs and secrets
	@$(openward) clean
