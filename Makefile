# SPDX-License-Identifier: Apache-2.0
# The front door: brings in what is missing, then hands over to meson and pytest.
# A stamp in build/stamp/ remembers each step of the set-up.
MAKEFLAGS += --no-print-directory
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: build demo check check-long bench wheel format clean help FORCE

venv := build/venv
dev := build/dev
# The Python of the build environment: the system's own where it will do.
PYTHON ?= $(firstword $(shell tool/pythons | grep -x '/usr/bin/.*') \
    $(shell tool/pythons | grep -v '/build/pythons/'))

build: build/stamp/page build/stamp/setup  ## build, into build/venv (the command is build/venv/bin/sonde)
	@ninja -C $(dev) build.ninja > build/setup.log || { cat build/setup.log >&2; exit 1; }
	@set -o pipefail; ninja -C $(dev) --quiet | { grep -v '^ninja: ' || true; }
	@$(venv)/bin/meson install -C $(dev) --no-rebuild --only-changed --quiet

demo: build  ## build, profile an example, print the report and what to type next
	@tool/demo

check: build/stamp/packages-test  ## all tests, within 25 minutes
	@tool/sid-pythons || true
	@$(MAKE) build
	@tool/check

check-long: build/stamp/packages-test  ## the same, and what takes longer
	@tool/sid-pythons || true
	@$(MAKE) build
	@tool/check --long

bench: build  ## beside cProfile on each Python, beside pstats, SnakeViz; sonde diff, processes, timeit
	@$(venv)/bin/python bench/bench.py
	@$(venv)/bin/python bench/dumps.py
	@$(venv)/bin/python bench/formats.py
	@$(venv)/bin/python bench/processes.py
	@$(venv)/bin/python bench/timeit.py
	@$(venv)/bin/python bench/time.py
	@$(venv)/bin/python bench/diff.py
	@$(venv)/bin/python bench/view.py

wheel: build/stamp/venv  ## a wheel for this Python, in dist/
	@PATH=$(CURDIR)/$(venv)/bin:$$PATH $(venv)/bin/pip wheel --quiet --no-deps \
	    --no-build-isolation --config-settings=setup-args=-Dstatic=true --wheel-dir dist .
	@ls dist/*.whl

format: build/stamp/venv  ## lay the C files out as .clang-format says
	@git ls-files -co --exclude-standard 'src/*.[ch]' 'test/*.[ch]' 'bench/*.[ch]' | \
	    xargs $(venv)/bin/clang-format -i

clean:  ## remove all that was built
	rm -rf build dist web/built web/node_modules weblog.sonde

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

build/stamp/packages-%: tool/packages
	@echo "make: looking for packages to $*"
	@tool/packages $*
	@mkdir -p build/stamp && touch $@

build/stamp/venv: tool/requirements.txt build/stamp/packages-build
	@echo "make: setting up build/venv (half a minute, once)"
	@test -x $(venv)/bin/python || { python="$(PYTHON)"; test -n "$$python" || \
	    { echo "make: no CPython 3.11 or newer found" >&2; exit 1; }; "$$python" -m venv $(venv); }
	@$(venv)/bin/pip install --quiet --disable-pip-version-check --retries 1 \
	    -r tool/requirements.txt || { echo "make: pip could not install what\
	    tool/requirements.txt names (behind a proxy with its own certificate:\
	    set PIP_CERT)" >&2; exit 1; }
	@touch $@

# The Pythons with headers and the layers: rewritten only when one came or went, so
# that the set-up follows.
build/found: build/stamp/packages-build FORCE
	@{ tool/pythons --headers; ls src/*/meson.build; } > $@.new; \
	    if cmp -s $@ $@.new; then rm $@.new; else mv $@.new $@; fi

# Without them the page is left out, and all else is built.
build/stamp/packages-engine: tool/packages build/stamp/packages-build
	@tool/packages page || echo "make: sonde view is left out: no compiler for its engine" >&2
	@mkdir -p build/stamp && touch $@

# The page is made before the set-up, which looks whether it is there.
build/stamp/page-tools: web/package-lock.json tool/requirements-page.txt build/stamp/venv
	@echo "make: setting up web/node_modules (half a minute, once)"
	@tool/page tools
	@touch $@

build/stamp/page: build/stamp/page-tools web/build.mjs web/tsconfig.json $(wildcard web/src/* web/src/*/*)
	@tool/page build
	@touch $@

# Once the packages for tests are here, unit tests are built as well.
tested := $(wildcard build/stamp/packages-test)
build/stamp/setup: build/stamp/venv build/found $(tested) | build/stamp/page build/stamp/packages-engine
	@grep -q ^/ build/found || { echo "make: no Python with headers found" >&2; exit 1; }
	@rm -rf $(dev)
	@$(venv)/bin/meson setup $(dev) --prefix $(CURDIR)/$(venv) \
	    -Dpython.install_env=auto -Dtests=$(if $(tested),enabled,disabled) \
	    -Dagents=$$(grep ^/ build/found | paste -sd,) > build/setup.log || \
	    { cat build/setup.log >&2; exit 1; }
	@touch $@
