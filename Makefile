# Every command a user, an instructor, an operator or a contributor needs. `make` alone lists them.
.DEFAULT_GOAL := help
PYTHON ?= python3
export PORT ?= 8000
export DATA_DIR ?= $(CURDIR)/var
export PYTHONUNBUFFERED := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
VENV := .venv
PY := $(VENV)/bin/python
PYTEST := $(PY) -m pytest
STATIC := $(shell find static -type f 2>/dev/null)

.PHONY: help setup run smoke stop-test test test-all check permissions attacks chaos bench browser screenshots a11y lock messages torch
help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.runtime build/static/.collected .environments/.base  ## everything needed to run, without root
torch: $(VENV)/.runtime  ## build the environment for exercises with PyTorch (2.4 GB)
	@$(PY) -m sandbox build torch
run: setup  ## the site with the sample group; PORT, DATA_DIR
	@$(PY) manage.py up --demo
smoke: setup  ## the main job from outside: submit a notebook, read its grade
	@$(PY) manage.py smoke
stop-test: setup  ## the site stops within 5 s and leaves no process
	@$(PY) manage.py stop_test
test: setup $(VENV)/.dev  ## the tests (8 minutes at most)
	@$(PYTEST) -n 2 --dist loadgroup -m "not slow"
test-all: setup $(VENV)/.dev  ## every test, and the assets rebuilt
	@$(PYTEST) -n 2 --dist loadgroup
	@cd assets && npm ci --no-audit --no-fund && npm run check
check: setup $(VENV)/.dev  ## lint, types, layers, templates, translations, migrations, vendor files
	@$(PY) -m tests.check
permissions: setup $(VENV)/.dev  ## every page and endpoint as everybody, on what belongs to somebody else
	@$(PY) -m tests.permissions
attacks: setup $(VENV)/.dev  ## every known attack against the real sandbox, a line each
	@$(PY) -m tests.attacks
chaos: setup $(VENV)/.dev  ## every fault that the site must survive, a line each
	@$(PY) -m tests.chaos
bench: setup $(VENV)/.dev  ## the benchmarks, into docs/performance.md; BENCH=NAME for one
	@$(PY) -m tests.bench $(BENCH)
browser:  ## install the Chromium that browser tests use (Debian, as root)
	@command -v chromium >/dev/null || (apt-get update -qq && apt-get install -y -qq chromium fonts-noto-cjk)
screenshots: setup $(VENV)/.dev  ## every page, light and dark, desktop and phone, Korean and English
	@$(PY) -m tests.screenshots
a11y: setup $(VENV)/.dev  ## axe on every page, light and dark, desktop and phone, Korean and English
	@$(PY) -m tests.a11y
messages: $(VENV)/.dev  ## collect the texts to translate into locale/, and compile them
	@$(PY) -m tests.messages --write
lock:  ## pin the newest allowed versions of everything
	@$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
	  --custom-compile-command "make lock" pyproject.toml --output-file requirements.lock
	@$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
	  --custom-compile-command "make lock" pyproject.toml --group dev \
	  --constraint requirements.lock --output-file requirements-dev.lock
	@for name in base torch; do $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 \
	  --generate-hashes --upgrade --custom-compile-command "make lock" \
	  $$([ $$name = base ] || echo --constraint environments/base/requirements.lock) \
	  environments/$$name/requirements.in --output-file environments/$$name/requirements.lock; done

$(VENV)/.runtime: requirements.lock
	@echo "setup: installing what the site runs on into $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install --quiet --no-deps --require-hashes --requirement requirements.lock
	@touch $@
$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	@echo "setup: installing what tests and checks need"
	@$(PY) -m pip install --quiet --no-deps --require-hashes --requirement requirements-dev.lock
	@touch $@
build/static/.collected: $(STATIC) $(VENV)/.runtime
	@$(PY) manage.py collectstatic --no-input --verbosity 0
	@touch $@
.environments/.base: $(wildcard environments/base/*) $(VENV)/.runtime
	@$(PY) -m sandbox build base
	@touch $@
