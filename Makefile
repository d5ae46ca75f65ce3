# What a developer types. Nothing but Python 3.11 or newer, git and make has to be there; the first target that needs
# it makes .venv and installs the pinned versions of constraints.txt into it.

NEWEST_AIRFLOW = 3.3.2
# The newest patch of each older minor version that we support. constraints/ has a file for each of them.
OLDER_AIRFLOWS = 3.0.6 3.1.8 3.2.2
OLDEST_AIRFLOW = $(firstword $(OLDER_AIRFLOWS))
# What "make test-airflow" and "make demo" run on: "make test-airflow VERSION=3.1.8".
VERSION = $(NEWEST_AIRFLOW)
VENV = $(if $(filter $(NEWEST_AIRFLOW),$(VERSION)),.venv,.venv-$(VERSION))

# The first of these that is new enough for us and old enough for Airflow; "make PYTHON=… target" takes another one.
PYTHON = $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null && echo $$python && break; done)
PIP_INSTALL = -m pip --disable-pip-version-check install --quiet

# An Airflow that the caller has configured, or modules from elsewhere, are not what is meant here.
unexport $(filter AIRFLOW_% _AIRFLOW_% PYTHONPATH PYTHONHOME,$(.VARIABLES))

.PHONY: help demo ui test test-modules test-system coverage test-airflow test-oldest test-every-airflow test-crash test-crash-smoke test-triggerer test-celery test-soak limits bench lint constraints clean
.DELETE_ON_ERROR:

help:
	@echo 'make demo              watch two customers being qualified by a real Airflow (one minute)'
	@echo 'make ui                the same, and leave the Airflow UI up until Ctrl-C'
	@echo 'make test              run all tests on Airflow $(NEWEST_AIRFLOW), but for the ones below'
	@echo 'make test-system       only those of them that start a real Airflow; make test-modules: the others'
	@echo 'make coverage          run the unit and integration tests and say which branches they take'
	@echo 'make test-airflow      run the unit and integration tests on another Airflow: VERSION=$(OLDEST_AIRFLOW) (needs its Python)'
	@echo 'make test-oldest       the same on Airflow $(OLDEST_AIRFLOW), the oldest that we support, and the demo'
	@echo 'make test-every-airflow  all tests on $(OLDER_AIRFLOWS): processes, crashes and secrets too (over an hour; needs PostgreSQL)'
	@echo 'make test-crash        kill each process of Airflow at each moment of an onboarding; needs PostgreSQL'
	@echo 'make test-crash-smoke  the same, each process at one moment'
	@echo 'make test-triggerer    let a thousand sensors wait in one triggerer, and cancel some (half an hour; needs PostgreSQL)'
	@echo 'make test-celery       onboard a customer with the CeleryExecutor; needs PostgreSQL and Redis'
	@echo 'make test-soak         onboard two thousand customers while requests go wrong and processes are killed (eight minutes)'
	@echo 'make limits            let processes compete for one rate limit (half an hour; with SCALE=5 MINUTES=5 three minutes)'
	@echo 'make bench             measure costs against the stock HTTP provider and bare HTTP libraries (over an hour; needs PostgreSQL)'
	@echo 'make lint              ruff, codespell, import-linter, deptry and mypy'
	@echo 'make constraints       pin the newest versions of everything anew'
	@echo 'make clean             remove what the other targets have made'

demo: $(VENV)/.installed
	@$(VENV)/bin/python -m demo

ui: $(VENV)/.installed
	@$(VENV)/bin/python -m demo --keep

# A process for each core; the tests of a file stay together, because they share what takes long to start.
IN_PARALLEL = --numprocesses logical --dist loadfile --no-loadscope-reorder

# Both at once: the tests of a real Airflow, which run one after the other, mostly wait. Their lines come mixed.
test: .venv/.installed
	@$(MAKE) --no-print-directory --jobs=2 test-modules test-system

test-modules: .venv/.installed
	.venv/bin/python -m pytest $(IN_PARALLEL) tests/integration tests/property tests/unit

test-system: .venv/.installed
	.venv/bin/python -m pytest tests/system

coverage: .venv/.installed
	.venv/bin/coverage erase
	.venv/bin/coverage run -m pytest tests/unit tests/integration
	.venv/bin/coverage combine --quiet
	.venv/bin/coverage html --quiet
	.venv/bin/coverage report

test-airflow: $(VENV)/.installed
	$(VENV)/bin/python -m pytest $(IN_PARALLEL) tests/integration tests/unit

test-oldest:
	$(MAKE) test-airflow demo VERSION=$(OLDEST_AIRFLOW)

test-every-airflow: $(OLDER_AIRFLOWS:%=test-every-airflow-%)

test-every-airflow-%: .venv-%/.installed
	.venv-$*/bin/python -m pytest $(IN_PARALLEL) tests/integration tests/unit
	.venv-$*/bin/python -m pytest tests/system
	.venv-$*/bin/python -m pytest tests/crash -m smoke

test-crash: .venv/.installed
	.venv/bin/python -m pytest tests/crash

test-crash-smoke: .venv/.installed
	.venv/bin/python -m pytest tests/crash -m smoke

test-triggerer: $(VENV)/.installed
	$(VENV)/bin/python -m pytest tests/triggerer

test-celery: .venv-celery/.installed
	.venv-celery/bin/python -m pytest tests/celery

# Microsoft's service asks for 30 seconds; the test of a pause among the others for less.
test-soak: .venv/.installed
	RETRY_AFTER=30 .venv/bin/python -m pytest -s tests/soak tests/integration/clients/test_throttling.py

limits: .venv/.installed
	.venv/bin/python benchmarks/competition.py $(if $(SCALE),--scale $(SCALE)) $(if $(MINUTES),--minutes $(MINUTES))

bench: .venv-bench/.installed
	.venv-bench/bin/python -m benchmarks $(ONLY) $(if $(QUICK),--quick)

lint: .venv/.installed
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/codespell
	.venv/bin/lint-imports --no-logo
	.venv/bin/deptry airflow_provider_partnercenter
	.venv/bin/deptry benchmarks dags_examples demo testbed tests --ignore DEP002,DEP004
	.venv/bin/mypy

# $(1) the directory, $(2) the constraints, $(3) what to install
define environment
	@test -n '$(PYTHON)' || { echo 'Python 3.11, 3.12, 3.13 or 3.14 is needed, and none of them was found.' >&2; exit 1; }
	@echo 'Installing into $(1) with $(PYTHON); this takes a minute or two.'
	@$(PYTHON) -m venv $(1)
	@$(1)/bin/python $(PIP_INSTALL) $(2) $(3)
endef

.venv/.installed: pyproject.toml constraints.txt
	$(call environment,.venv,-c constraints.txt,-e '.[dev]')
	@touch $@

# An older Airflow, from the constraints of its minor version.
.SECONDEXPANSION:
.venv-3.%/.installed: pyproject.toml constraints/airflow-$$(call minor,$$(@D)).txt
	$(call environment,$(@D),-c constraints/airflow-$(call minor,$(@D)).txt,'apache-airflow==$(@D:.venv-%=%)' -e '.[crash]')
	@touch $@

# .venv-3.1.8 -> 3.1
minor = $(basename $(1:.venv-%=%))

.venv-bench/.installed: pyproject.toml constraints.txt
	$(call environment,.venv-bench,-c constraints.txt,-e '.[bench]')
	@touch $@

.venv-celery/.installed: pyproject.toml constraints.txt
	$(call environment,.venv-celery,-c constraints.txt,-e '.[celery]')
	@touch $@

# Those of the older versions stay: they are the pins that Airflow published for them.
constraints:
	$(call pin,constraints.txt,'apache-airflow==$(NEWEST_AIRFLOW)')

define pin
	rm -rf .venv-pin
	$(call environment,.venv-pin,,'.[dev,celery,bench]' $(2))
	{ echo '# The versions that we develop and test with, on Python 3.11. Made anew by: make constraints'; \
	  .venv-pin/bin/python -m pip freeze --exclude airflow-provider-partnercenter; } > $(1).new
	mv $(1).new $(1)
	rm -rf .venv-pin

endef

clean:
	rm -rf .venv .venv-bench .venv-celery .venv-3.* .venv-pin .demo dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .coverage htmlcov .hypothesis *.egg-info
	find . -name __pycache__ -prune -exec rm -rf {} +
