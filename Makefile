# Dealgate: every command a newcomer needs. `make demo` and `make test` set up the environment themselves.
# A Python of 3.11 or later is looked for; name another by `make PYTHON=python3.13 ...`.

PYTHON ?= $(shell for each in python3 python3.13 python3.12 python3.11; do \
	$$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$each && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
OUT := out/demo
PANEL := connectors/salesforce/install/project
CARD := connectors/hubspot/install/project

.PHONY: setup demo test spark editor panel lwc card card-tests lint types contracts tests golden audit nightly soak bench bench-crms bench-service bench-ledger bench-scale examples test-pythons constraints clean

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "dealgate needs python 3.11 or later; none was found"; exit 2; }
	@mkdir -p build
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt durable-rules >build/durable-rules.log 2>&1 || \
	echo "durable-rules was not built, as build/durable-rules.log tells; its tests are skipped"
	@touch $(READY)

demo: setup
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh examples/demo.sh $(OUT)

test: lint types contracts tests

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

contracts: setup
	$(BIN)/lint-imports

tests: setup spark editor panel card
	$(BIN)/pytest

# Spark, where Java is there to run it; its tests skip and say so where it is not.
spark: setup
	@command -v java >/dev/null || exit 0; $(BIN)/python -c 'import pyspark' 2>/dev/null || \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt pyspark || echo "pyspark was not installed; its tests are skipped"

# The editors' own language server, where npm is there to install it; its tests skip and say so where it is not.
editor:
	@test ! -d tests/rules/language_server/node_modules && command -v npm >/dev/null || exit 0; \
	cd tests/rules/language_server && npm ci --silent --no-audit --no-fund || echo "yaml-language-server was not installed"

# What the tests of the Salesforce panel need, likewise: in build/, so that the panel's own folder stays as it ships.
panel:
	@command -v npm >/dev/null || exit 0; mkdir -p build/lwc; \
	test -d build/lwc/node_modules && cmp -s $(PANEL)/package-lock.json build/lwc/package-lock.json && exit 0; \
	cp $(PANEL)/package.json $(PANEL)/package-lock.json build/lwc && cd build/lwc && \
	npm ci --silent --no-audit --no-fund || { rm -rf $(CURDIR)/build/lwc/node_modules; echo "what the panel's tests need was not installed"; }

# The panel's unit tests alone.
lwc: panel
	@test -d build/lwc/node_modules || { echo "the panel was not tested: npm, or what it installs, is missing"; exit 0; }; \
	rm -rf build/lwc/force-app && cp -R $(PANEL)/. build/lwc && cd build/lwc && npm test --silent

# What the tests of the HubSpot cards need, in the same way.
card:
	@command -v npm >/dev/null || exit 0; mkdir -p build/card; \
	test -d build/card/node_modules && cmp -s $(CARD)/package-lock.json build/card/package-lock.json && exit 0; \
	cp $(CARD)/package.json $(CARD)/package-lock.json build/card && cd build/card && \
	npm ci --silent --no-audit --no-fund || { rm -rf $(CURDIR)/build/card/node_modules; echo "what the cards' tests need was not installed"; }

# The cards' types and unit tests alone.
card-tests: card
	@test -d build/card/node_modules || { echo "the cards were not tested: npm, or what it installs, is missing"; exit 0; }; \
	rm -rf build/card/src build/card/tests && cp -R $(CARD)/. build/card && cd build/card && npm run --silent types && npm test --silent

# Looks the pinned versions up in a database of known vulnerabilities, in an environment of its own. Without a network
# it says that it was skipped, and fails nothing.
audit:
	@test -n "$(PYTHON)" || { echo "audit skipped: no python 3.11 or later was found"; exit 0; }; \
	test -x .venv-audit/bin/pip-audit || { $(PYTHON) -m venv .venv-audit && \
	.venv-audit/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt pip-audit; } || \
	{ echo "audit skipped: pip-audit cannot be installed from here"; exit 0; }; \
	.venv-audit/bin/python .ci/audit.py

golden: setup
	$(BIN)/pytest --renew-golden

# The long property runs: random playbooks and deals, the table engine and rulesets against the naive one; weeks in every CRM.
nightly: setup spark
	HYPOTHESIS_PROFILE=nightly $(BIN)/pytest tests/reference tests/same_pipeline tests/engine/dialects tests/examples/test_rulesets_on_examples.py

# Hundreds of kills, then a service that works on for ten minutes; `KILLS=57 MINUTES=1` asks for less.
soak: setup
	$(BIN)/python -m bench.soak.run --write $(if $(KILLS),--kills $(KILLS)) $(if $(MINUTES),--minutes $(MINUTES))

# Every Python present, each in an environment of its own.
test-pythons:
	@for each in python3.11 python3.12 python3.13 $(wildcard $(HOME)/.pyenv/versions/3.1[123]*/bin/python3); do \
		version=$$($$each -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue; \
		case " $$done " in *" $$version "*) continue;; esac; done="$$done $$version"; \
		echo "== python $$version"; $(MAKE) --no-print-directory PYTHON=$$each VENV=.venv-$$version tests || exit 1; \
	done

examples: setup
	$(BIN)/python examples/generate.py

bench: .venv-bench/.ready
	.venv-bench/bin/python -m bench.run --write
	.venv-bench/bin/python -m bench.crms.run --write
	.venv-bench/bin/python -m bench.service.run --write
	.venv-bench/bin/python -m bench.ledger.run --write
	.venv-bench/bin/python -m bench.scale.run --write

# How CRMs are read and written, alone.
bench-crms: .venv-bench/.ready
	.venv-bench/bin/python -m bench.crms.run --write

# The service under load, alone.
bench-service: .venv-bench/.ready
	.venv-bench/bin/python -m bench.service.run --write

# What it costs to keep what runs judged from, alone.
bench-ledger: .venv-bench/.ready
	.venv-bench/bin/python -m bench.ledger.run --write

# How judging grows with a pipeline, and what a database and a cluster cost; `SIZES="5000000"` measures other sizes.
bench-scale: .venv-bench/.ready
	.venv-bench/bin/python -m bench.scale.run --write $(if $(SIZES),--only growth --sizes $(SIZES))

.venv-bench/.ready: pyproject.toml constraints.txt bench/requirements.txt
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -r bench/requirements.txt
	@touch $@

# Pins anew what pyproject.toml asks for, in an environment of its own. Read the difference before keeping it.
constraints:
	$(PYTHON) -m venv build/pinning
	build/pinning/bin/python -m pip install --quiet --disable-pip-version-check '.[dev,postgresql,audit,durable-rules,spark]'
	{ head -n 1 constraints.txt; build/pinning/bin/python -m pip freeze --disable-pip-version-check --exclude dealgate --exclude setuptools; } > build/constraints.txt
	mv build/constraints.txt constraints.txt

clean:
	rm -rf $(VENV) .venv-bench .venv-audit .venv-3.* out build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
