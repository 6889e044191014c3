# Everything runs in .venv, which tools/environment.py makes and keeps up to date. Needs make and Python 3.11 or newer.
#   PYTHON=python3.12   builds .venv on that Python     PORT=9000   serves there     ARGS="-k name"   goes to pytest
#   WORKERS=0   runs the tests in one process, in place of one for each processor (tests/parallel.py)

.DEFAULT_GOAL := help
.PHONY: help setup run imported test check promises bench bench-server lock clean

PORT ?= 8000
WORKERS ?= auto
export PORT

# Any Python that starts the script will do; the script looks for one that is new enough.
BOOT = $(or $(shell for p in python3 python3.13 python3.12 python3.11 "$(PYTHON)"; do \
	command -v "$$p" 2>/dev/null && break; done), $(error Patchbay needs Python 3.11 or newer, but no python3 was found))
ENVIRONMENT = @$(BOOT) tools/environment.py
IN_VENV = .venv/bin/python

# What npm leaves behind when it has installed the benchmark's peers.
PEERS = bench/peers/node_modules/.package-lock.json

COMPILE = .venv/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock" $(UPGRADE)

help:
	@echo "make setup    make or refresh the environment in .venv"
	@echo "make run      start the demo's upstreams and the graph on 127.0.0.1:$(PORT)"
	@echo "make imported start the demo's upstreams, and what their descriptions say on 127.0.0.1:$(PORT)"
	@echo "make test     run all tests (ARGS=\"-k name\" to choose)"
	@echo "make check    lint, formatting, types, import rules"
	@echo "make promises measure what is promised (ROWS=1-3,7 for some rows; ARGS=--short for the short form)"
	@echo "make bench    measure this server beside its peers (ARGS=\"--quick\"; needs wrk, Node 20 and two cores)"
	@echo "make bench-server UPSTREAM=http://host:port   serve the benchmark's graph (SINGLE_FLIGHT=on shares calls)"
	@echo "make lock     make requirements/*.txt from pyproject.toml (UPGRADE=--upgrade for newer versions)"
	@echo "make clean    remove the environment and what tools left behind"

setup:
	$(ENVIRONMENT) dev

run:
	$(ENVIRONMENT) run
	@$(IN_VENV) -m demo

imported:
	$(ENVIRONMENT) run
	@$(IN_VENV) -m demo --imported

test:
	$(ENVIRONMENT) dev
	@$(IN_VENV) -m pytest -n $(WORKERS) $(ARGS)

check:
	$(ENVIRONMENT) dev
	$(IN_VENV) -m ruff check .
	$(IN_VENV) -m ruff format --check .
	$(IN_VENV) -m mypy
	$(IN_VENV) .venv/bin/lint-imports

promises:
	$(ENVIRONMENT) dev
	@$(IN_VENV) -m tests.promises $(if $(ROWS),--rows $(ROWS)) $(ARGS)

bench: $(PEERS)
	$(ENVIRONMENT) bench
	@$(IN_VENV) -m bench $(ARGS)

$(PEERS): bench/peers/package-lock.json
	npm ci --prefix bench/peers --ignore-scripts --no-audit --no-fund --silent
	@touch $@

# One process. It logs warnings and errors, so nothing for a request that goes well.
bench-server:
	$(if $(UPSTREAM),,$(error name the upstream: make bench-server UPSTREAM=http://127.0.0.1:9000))
	$(ENVIRONMENT) run
	@exec env BLOG_URL=$(UPSTREAM) PATCHBAY_SINGLE_FLIGHT=$(or $(SINGLE_FLIGHT),off) PATCHBAY_GRAPHIQL=false \
		PATCHBAY_LOG_LEVEL=$${PATCHBAY_LOG_LEVEL:-warning} PATCHBAY_DATABASE=.data/bench-$(PORT).sqlite3 \
		$(IN_VENV) -m bench.graph

lock:
	$(ENVIRONMENT) dev
	$(COMPILE) --group demo --output-file requirements/run.txt
	$(COMPILE) --group demo --group dev --constraint requirements/run.txt --output-file requirements/dev.txt
	$(COMPILE) --group demo --group dev --group bench --constraint requirements/dev.txt --output-file requirements/bench.txt

clean:
	rm -rf .venv dist .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache \
		tests/browser/node_modules tests/clients/node_modules tests/importing/peers/node_modules bench/peers/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
