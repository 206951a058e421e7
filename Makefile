# Every task of the project. `make` alone lists them.
# What a check consists of is declared once, in tools/testrun/steps.py; the targets here only choose from it.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

PYTHON ?= python3
RUN := $(PYTHON) tools/run_tests.py
VENV := .venv
# Tools of the project come before those of the machine.
export PATH := $(CURDIR)/$(VENV)/bin:$(CURDIR)/node/node_modules/.bin:$(PATH)
# A stamp lies inside of what it vouches for, so removing the folder removes the stamp too.
PYTHON_READY := $(VENV)/.ready
NODE_READY := $(if $(wildcard node/package.json),node/node_modules/.ready)

.PHONY: help setup system build test model fuzz demo lab soak gate bench bench-bindings bench-peers sim seeds lint fmt header bless key wheels install clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: system $(PYTHON_READY) $(NODE_READY) ## Install the tools that the project needs, inside its own folder where possible

system:
	@bash tools/setup_system.sh

$(PYTHON_READY): tools/requirements-dev.txt
	@echo "setup: Python tools into $(VENV)"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

node/node_modules/.ready: node/package.json node/package-lock.json
	@echo "setup: Node packages into node/node_modules"
	@npm --prefix node ci --no-audit --no-fund
	@touch $@

build: ## Build the engine and every binding, debug where tests use it
	@$(RUN) --only builds/

test: ## Run every check; choose with ARGS='--only PATTERN', see ARGS=--list
	@$(RUN) $(ARGS)

lint: ## Run only the checks that read the sources
	@$(RUN) --only lint/

TIME ?= 600

fuzz: ## Look for inputs that break decoders or engine, for TIME=600 seconds in all (docs/fuzzing.md)
	@$(PYTHON) tools/fuzz.py --seconds $(TIME) $(ARGS)

model: ## Walk through all states of the election's rules, at length (docs/leadership.md; minutes, up to 12 GiB); choose with ARGS='WORD ...'
	@cargo run --quiet --release --locked -p seafoam-model -- $(ARGS)

demo: setup ## Run one cluster whose members are written in different languages; then show one leader in another
	@$(MAKE) --no-print-directory -C examples mixed
	@$(MAKE) --no-print-directory -C lab demo

sim: ## Run a scenario of the simulator: ARGS='--scenario swarm --seed 7 --verbose' (docs/simulation.md)
	@cargo run --quiet --release --locked -p seafoam-sim -- run $(ARGS)

SEEDS ?= 1..100000
seeds: ## Run many seeds of the swarm in virtual time: SEEDS=1..100000; stop it at any moment
	@cargo run --quiet --release --locked -p seafoam-sim -- run --seeds $(SEEDS) $(ARGS)

lab: setup ## Real processes in network namespaces under cuts, stops, crashes, losses (root; 3 minutes): ONLY='cut pause', LONG=1
	@$(MAKE) --no-print-directory -C lab lab

soak: setup ## One cluster of six languages under churn, loss, kills and key rotation (root; 12 minutes): MINUTES=, LONG=1 (two hours), SEED=
	@$(MAKE) --no-print-directory -C lab soak

gate: ## Count instructions of what an engine does most, and fail above the baseline; BLESS=1 rewrites it (valgrind; 4 minutes)
	@$(PYTHON) tools/gate.py

bench: setup ## Measure: a hundred nodes on loopback, events into each language (docs/measurements.md; 6 minutes)
	@echo "bench: 100 nodes in one process, quiet, then with both cores kept busy"
	@SEAFOAM_LOG_LEVEL=warn cargo run --quiet --release --locked -p seafoam-bench --bin loopback -- --nodes 100 --rest 60
	@SEAFOAM_LOG_LEVEL=warn cargo run --quiet --release --locked -p seafoam-bench --bin loopback -- --nodes 100 --rest 60 --busy 2
	@$(MAKE) --no-print-directory bench-bindings

bench-bindings: setup ## Measure how events reach each language, and write table and chart into docs/measurements.md (5 minutes)
	@npm --prefix node run --silent build
	@$(PYTHON) tools/bench_bindings.py

bench-peers: setup ## Measure seafoam beside its peers, in turns (docs/benchmarks.md; root; hours; QUICK=1 PEERS= NODES= RUNS= ...)
	@$(PYTHON) tools/bench_peers.py $(if $(PEERS),--peers $(PEERS)) $(if $(NODES),--nodes $(NODES)) $(if $(RUNS),--runs $(RUNS)) \
	  $(if $(KINDS),--kinds $(KINDS)) $(if $(FEW),--few $(FEW)) $(if $(QUICK),--quick) $(if $(MINUTES),--minutes $(MINUTES)) $(ARGS)

fmt: setup ## Rewrite the sources in the project's format
	@cargo fmt --all
	@ruff check --fix-only --quiet .
	@ruff format .
	@$(PYTHON) tools/checks/c_format.py --fix

header: bless ## The same as bless

bless: ## Rewrite what is generated and committed: headers, manifest, tables of the documentation
	@BLESS=1 cargo test --quiet -p seafoam --test manifest
	@BLESS=1 cargo test --quiet -p seafoam-ffi --test header --lib
	@$(PYTHON) cpp/generate.py
	@$(PYTHON) tools/checks/docs.py --fix

key: ## Print a new key for `keys` or a `keys_file`
	@cargo run --quiet --locked -p seafoam-bench --bin key

wheels: setup ## Build what users install into dist/: the wheel of the Python module, the packages of the Node addon
	@py/tools/wheels.sh
	@npm --prefix node run --silent package
	@PACKAGES_DIR=$(CURDIR)/dist node --test --test-reporter=dot node/test/package.test.mjs

install: ## Install the library for C and C++; PREFIX=/usr/local DESTDIR= LIBDIR=PREFIX/lib
	@DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' LIBDIR='$(LIBDIR)' INCLUDEDIR='$(INCLUDEDIR)' packaging/c/install.sh

clean: ## Remove everything that was built, but not the installed tools
	@cargo clean
	@rm -rf build dist
	@find node -maxdepth 1 -name '*.node' -delete 2>/dev/null || true
