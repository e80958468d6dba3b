# Two commands for users: `make run` and `make test`. Everything they install goes into .venv.
SHELL := /bin/sh
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
SAMPLE ?= 1
WORKERS ?= $(shell echo $$(($$(nproc) + 1)))

VENV := .venv
BIN := $(VENV)/bin
CATALOGUE := survey_app/translations/zh_Hans/LC_MESSAGES/messages
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: run install test check-system check-browser check-r check-web-server format messages sbom clean

run: $(VENV)/.run $(CATALOGUE).mo
	@$(BIN)/branch-survey init
	@if [ "$(SAMPLE)" = "1" ]; then $(BIN)/branch-survey demo --if-empty; fi
	@exec $(BIN)/branch-survey serve --host "$(HOST)" --port "$(PORT)"

# What a server needs: docs/operations.md. METRICS=1: what the setting METRICS needs, too.
install: $(VENV)/.run $(CATALOGUE).mo $(if $(filter 1,$(METRICS)),$(VENV)/.metrics)

test: $(VENV)/.test $(CATALOGUE).mo check-browser check-r check-web-server
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

check-system:
	@test -w . || { echo "This folder is read-only: copy it to a place where you may write, then run make again." >&2; exit 1; }
	@command -v $(PYTHON) >/dev/null || { echo "Python is missing: apt-get install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or later is needed: make PYTHON=python3.12 run" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "The venv module is missing: apt-get install python3-venv" >&2; exit 1; }

# A browser and a Chinese font: fetched with apt when root, else one line that says what to do.
check-browser:
	@command -v chromium >/dev/null && fc-list :lang=zh 2>/dev/null | grep -q . || \
	if [ "$$(id -u)" = "0" ] && command -v apt-get >/dev/null; then \
	  echo "installing chromium and a Chinese font"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	    chromium fontconfig fonts-noto-cjk >/dev/null; \
	else echo "The tests need a browser and a Chinese font: sudo apt-get install chromium fonts-noto-cjk" >&2; exit 1; fi

# R runs the script that goes with single answers.
check-r:
	@command -v Rscript >/dev/null && Rscript -e 'library(foreign)' 2>/dev/null || \
	if [ "$$(id -u)" = "0" ] && command -v apt-get >/dev/null; then \
	  echo "installing R"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	    r-base-core r-cran-foreign >/dev/null; \
	else echo "The tests need R: sudo apt-get install r-base-core r-cran-foreign" >&2; exit 1; fi

# nginx stands in front of the service in some tests; systemd-analyze reads the units of deploy/. No daemon is started.
check-web-server:
	@PATH="$$PATH:/usr/sbin:/sbin"; command -v nginx >/dev/null && command -v systemd-analyze >/dev/null || \
	if [ "$$(id -u)" = "0" ] && command -v apt-get >/dev/null; then \
	  echo "installing nginx and systemd-analyze"; \
	  quiet=/usr/sbin/policy-rc.d; test -e $$quiet && quiet= || { printf '#!/bin/sh\nexit 101\n' > $$quiet; chmod +x $$quiet; }; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	    nginx-light systemd >/dev/null; done=$$?; rm -f $$quiet; exit $$done; \
	else echo "The tests need nginx and systemd-analyze: sudo apt-get install nginx-light systemd" >&2; exit 1; fi

$(VENV)/bin/python: | check-system
	@echo "creating $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock pyproject.toml | check-system $(VENV)/bin/python
	@echo "installing the locked requirements (once; a few minutes)"
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.metrics: requirements-metrics.lock $(VENV)/.run
	@$(PIP) install --require-hashes -r requirements-metrics.lock
	@touch $@

$(VENV)/.test: requirements-test.lock $(VENV)/.run
	@echo "installing the locked test requirements"
	@$(PIP) install --require-hashes -r requirements-test.lock
	@touch $@

$(CATALOGUE).mo: $(CATALOGUE).po | $(VENV)/.run
	@$(BIN)/pybabel --quiet compile -i $< -o $@ -l zh_Hans

format: $(VENV)/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Collect new texts into the catalogue; a test fails while one has no Chinese.
messages: $(VENV)/.run
	$(BIN)/pybabel --quiet extract -F babel.cfg -k N_ -k _l -k lazy_gettext --no-location --sort-output --omit-header -o build-messages.pot .
	sed '/^$$/q' $(CATALOGUE).po > build-head.po
	$(BIN)/pybabel --quiet update -i build-messages.pot -d survey_app/translations -l zh_Hans --no-fuzzy-matching --omit-header --ignore-obsolete --no-wrap
	cat build-head.po $(CATALOGUE).po > build-messages.pot
	mv build-messages.pot $(CATALOGUE).po
	rm build-head.po

# The list of parts (CycloneDX) of what is locked; a test fails while it is out of date.
sbom: $(VENV)/.run
	$(BIN)/python -m tests.security.sbom

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
