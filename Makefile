# Two commands do everything, setup included: make demo, make test. `make help` lists the rest.

VENV    ?= .venv
# The newest Python that is here and new enough; PYTHON=/path/to/python3 overrides it.
PYTHON  ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
             $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN     := $(VENV)/bin
READY   := $(VENV)/.netlab-ready

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-peers soak mutants check bench clean

help:          ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r name text; do \
	  printf '  make %-11s %s\n' "$$name" "$$text"; done

setup: $(READY) ## a virtual environment in .venv with netlab and its tools (the others call it)

$(READY): pyproject.toml
	@test -n "$(PYTHON)" || { echo "netlab needs Python 3.11 or newer: install it, or name it: make PYTHON=/path/to/python3"; exit 3; }
	@$(PYTHON) -m venv $(VENV) || { echo "this Python has no venv module; on Debian: apt install python3-venv"; exit 3; }
	@echo "setting up $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(READY) ## a one-minute tour: an order's way to the shop, a handshake, then every server mode measured, side by side
	$(BIN)/netlab cidr 10.100.122.2/24
	$(BIN)/netlab cidr same-net 192.168.0.2/24 192.168.1.2
	$(BIN)/netlab dns trace
	$(BIN)/netlab journey || test $$? -eq 3
	$(BIN)/netlab tcp-handshake || test $$? -eq 3
	$(BIN)/netlab tcp-compare --modes all --connections 100 --idle 0 --rounds 2 --duration 0.4
	$(BIN)/netlab tcp-compare --modes select,epoll --connections 10 --idle 0,300,900 --rounds 2 --duration 0.3
	$(BIN)/netlab udp-compare --rounds 2 --duration 0.3
	@echo
	@echo "That was measured on this machine, just now. Next: $(BIN)/netlab --help"

# Most tests wait for something: more of them than CPUs run side by side. WORKERS=0: one after the other.
WORKERS ?= 4
# The tests start Python a thousand times: without cached bytecode it would compile all of netlab each time.
PYTEST  := env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest --numprocesses=$(WORKERS) --dist=loadgroup --no-loadscope-reorder

test: $(READY) ## the tests that need no program but netlab
	$(PYTEST) -m 'not peers and not soak'

test-peers: $(READY) ## the tests with foreign programs: servers, clients, Wireshark, a browser (.ci/run installs them)
	$(PYTEST) -m 'peers and not soak'

soak: $(READY) ## before a release: long runs, many random examples, every worksheet
	$(PYTEST) -m 'soak or hypothesis' --hypothesis-profile=soak

mutants: $(READY) ## alter what judges, tells or draws, line by line: does a fast test notice? (half an hour)
	$(BIN)/python tools/mutants.py

check: $(READY) ## lint, types, the direction of imports, dead code
	$(BIN)/ruff check .
	$(BIN)/ruff check --isolated --select C901 --config 'lint.mccabe.max-complexity=20' .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/dead_code.py

bench: $(READY) ## speeds as ratios to plain C and to other libraries (installs those, needs gcc)
	@PYTHON=$(abspath $(BIN))/python ./benchmarks/build.sh
	$(BIN)/python benchmarks/run.py

clean:         ## remove what was built: the environment, caches, compiled benchmarks
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache benchmarks/.build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
