# What a developer types. Nothing but Python 3.11 or newer, git and make has to be there; the first target that needs
# it makes .venv and installs the pinned versions of constraints.txt into it.

NEWEST_AIRFLOW = 3.3.2
# The newest patch of each older minor version that we support. constraints/ has a file for each of them.
OLDER_AIRFLOWS = 3.0.6 3.1.8 3.2.2
OLDEST_AIRFLOW = $(firstword $(OLDER_AIRFLOWS))
# What the demo and the tests run on, for example "make test VERSION=3.1.8".
VERSION = $(NEWEST_AIRFLOW)
ifeq ($(filter $(VERSION),$(OLDER_AIRFLOWS) $(NEWEST_AIRFLOW)),)
$(error VERSION=$(VERSION) is not one of $(OLDER_AIRFLOWS) $(NEWEST_AIRFLOW))
endif
VENV = $(if $(filter $(NEWEST_AIRFLOW),$(VERSION)),.venv,.venv-$(VERSION))

# The first of these that is new enough for us and old enough for Airflow; "make PYTHON=… target" takes another one.
TOO_NEW_PYTHON = $(if $(filter 3.0.%,$(VERSION)),13,$(if $(filter 3.1.%,$(VERSION)),14,15))
PYTHON = $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, $(TOO_NEW_PYTHON)))' 2>/dev/null && echo $$python && break; done)
PIP_INSTALL = -m pip --disable-pip-version-check install --quiet

# An Airflow that the caller has configured, or modules from elsewhere, are not what is meant here.
unexport $(filter AIRFLOW_% _AIRFLOW_% PYTHONPATH PYTHONHOME,$(.VARIABLES))

.PHONY: help demo ui test test-fast test-system coverage test-airflow test-oldest test-every-airflow test-crash test-crash-smoke test-triggerer test-events test-events-smoke test-browser test-metrics test-celery test-peers test-throttling test-soak limits bench pictures docs docs-check lint constraints clean
.DELETE_ON_ERROR:

help:
	@echo 'make demo              watch two customers being qualified by a real Airflow (one minute)'
	@echo 'make ui                the same, and leave the Airflow UI up until Ctrl-C'
	@echo 'make test              run the tests on Airflow $(NEWEST_AIRFLOW): "make test-system" those that start a real Airflow, and'
	@echo '                       "make test-fast" the others'
	@echo 'make coverage          run the unit and integration tests and say which branches they take'
	@echo 'make … VERSION=$(OLDEST_AIRFLOW)   the demo and the tests on an older Airflow: $(OLDER_AIRFLOWS) (3.0 needs Python 3.11 or 3.12)'
	@echo 'make test-airflow      run the unit and integration tests, for VERSION=…'
	@echo 'make test-oldest       those of them that need Airflow on $(OLDEST_AIRFLOW), the oldest that we support, and the demo'
	@echo 'make test-every-airflow  run the tests and one crash of each process on $(OLDER_AIRFLOWS) (over an hour; needs PostgreSQL)'
	@echo 'make test-crash        kill each process of Airflow at each moment of an onboarding; needs PostgreSQL'
	@echo 'make test-crash-smoke  the same, each process at one moment'
	@echo 'make test-triggerer    let a thousand sensors wait in one triggerer, and cancel some (half an hour; needs PostgreSQL)'
	@echo 'make test-events       start onboardings from bursts of events, answer what denials ask, and kill processes meanwhile; needs'
	@echo '                       PostgreSQL and Redis'
	@echo 'make test-events-smoke the same with fewer events, one kill for each way'
	@echo 'make test-browser      look at onboardings in the UI of a real Airflow; needs Chromium and PostgreSQL'
	@echo 'make test-metrics      check the alert rules and the dashboard with promtool; needs Prometheus'
	@echo 'make test-celery       onboard a customer with the CeleryExecutor; needs PostgreSQL and Redis'
	@echo 'make test-peers        sign in at the emulator with other identity libraries; needs Node.js with npm'
	@echo 'make test-throttling   answer everything with 429 and the 30 seconds that Microsoft asks for (two minutes)'
	@echo 'make test-soak         onboard two thousand customers while requests go wrong and processes are killed (six minutes)'
	@echo 'make limits            let processes compete for one rate limit (half an hour; with SCALE=5 MINUTES=5 three minutes)'
	@echo 'make bench             measure costs against the stock HTTP provider and bare HTTP libraries (over an hour; needs PostgreSQL)'
	@echo 'make pictures          make the pictures of the documentation anew, from a real Airflow; needs Chromium'
	@echo 'make docs              build the documentation, docs/_build/html; any dead link fails'
	@echo 'make docs-check        the same, compare what it says with the code, its commands and its search, and run the programs'
	@echo '                       that it shows whole; needs Chromium'
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
test: $(VENV)/.installed
	@$(MAKE) --no-print-directory --jobs=2 test-fast test-system

test-fast: $(VENV)/.installed
	$(VENV)/bin/python -m pytest $(IN_PARALLEL) tests/integration tests/property tests/unit

test-system: $(VENV)/.installed
	$(VENV)/bin/python -m pytest tests/system

coverage: .venv/.installed
	.venv/bin/coverage erase
	.venv/bin/coverage run -m pytest tests/unit tests/integration
	.venv/bin/coverage combine --quiet
	.venv/bin/coverage html --quiet
	.venv/bin/coverage report

test-airflow: $(VENV)/.installed
	$(VENV)/bin/python -m pytest $(IN_PARALLEL) $(addprefix --ignore=,$(LEFT_OUT)) tests/integration tests/unit

# Of what imports no Airflow, which "make lint" checks. An older Airflow only brings older libraries with it: "make test
# VERSION=…" runs these tests as well.
NEED_NO_AIRFLOW = tests/integration/emulator tests/unit/client tests/unit/emulator tests/unit/qualification

test-oldest:
	$(MAKE) test-airflow demo VERSION=$(OLDEST_AIRFLOW) LEFT_OUT='$(NEED_NO_AIRFLOW)'

test-every-airflow: $(OLDER_AIRFLOWS:%=test-every-airflow-%)

# On 3.0 no killed task is retried, so there is nothing to see in the crashes of the others.
test-every-airflow-%:
	$(MAKE) test VERSION=$*
	$(if $(filter 3.0.%,$*),,$(MAKE) test-crash-smoke VERSION=$*)

test-crash: $(VENV)/.installed
	$(VENV)/bin/python -m pytest tests/crash

test-crash-smoke: $(VENV)/.installed
	$(VENV)/bin/python -m pytest tests/crash -m smoke

test-triggerer: $(VENV)/.installed
	$(VENV)/bin/python -m pytest tests/triggerer

# The bodies of events and webhooks are generated, twenty times as many as in "make test".
test-events: $(VENV)/.installed
	PROPERTY_FACTOR=20 $(VENV)/bin/python -m pytest tests/property/test_events.py tests/property/test_webhooks.py
	$(VENV)/bin/python -m pytest tests/events

test-events-smoke: $(VENV)/.installed
	$(VENV)/bin/python -m pytest tests/events -m smoke

# From nothing, because Sphinx does not notice that a page has gone, or that a parser or a declaration has changed.
docs: .venv/.installed
	rm -rf docs/_build
	.venv/bin/python -m sphinx --fail-on-warning --keep-going --quiet --builder html docs docs/_build/html
	@echo 'Written: docs/_build/html/index.html'

# With the tests that run what it shows whole; they are also among the others.
RUN_WHAT_IT_SHOWS = tests/integration/documentation tests/integration/testing/test_foreign_project.py
docs-check: docs
	.venv/bin/python -m pytest tests/docs $(RUN_WHAT_IT_SHOWS)

test-browser: .venv/.installed
	.venv/bin/python -m pytest tests/browser

test-metrics: .venv/.installed
	.venv/bin/python -m pytest tests/metrics

test-celery: .venv-celery/.installed
	.venv-celery/bin/python -m pytest tests/celery

# With the libraries that are tested otherwise too, because others of their versions may be installed here.
test-peers: .venv-peers/.installed
	.venv-peers/bin/python -m pytest tests/peers tests/integration/emulator/test_identity_libraries.py

# Microsoft's service asks for 30 seconds; the same test among the others for less.
test-throttling: .venv/.installed
	RETRY_AFTER=30 .venv/bin/python -m pytest tests/integration/clients/test_throttling.py

test-soak: .venv/.installed
	.venv/bin/python -m pytest -s tests/soak

limits: .venv/.installed
	.venv/bin/python benchmarks/competition.py $(if $(SCALE),--scale $(SCALE)) $(if $(MINUTES),--minutes $(MINUTES))

bench: .venv-bench/.installed
	.venv-bench/bin/python -m benchmarks $(ONLY) $(if $(QUICK),--quick)

pictures: .venv/.installed
	.venv/bin/python -m demo.pictures

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
	@test -n '$(PYTHON)' || { echo 'No Python was found that is at least 3.11 and older than 3.$(TOO_NEW_PYTHON).' >&2; exit 1; }
	@echo 'Installing into $(1) with $(PYTHON); this takes a minute or two.'
	@$(PYTHON) -m venv $(1)
	@# A package index may fail for a moment. The second time, pip says what it does, so that the reason is seen.
	@$(1)/bin/python $(PIP_INSTALL) $(2) $(3) || $(1)/bin/python $(PIP_INSTALL:--quiet=) $(2) $(3)
endef

.venv/.installed: pyproject.toml constraints.txt
	$(call environment,.venv,-c constraints.txt,-e '.[dev]')
	@touch $@

$(OLDER_AIRFLOWS:%=.venv-%/.installed): .venv-%/.installed: pyproject.toml constraints/airflow-%.txt
	$(call environment,.venv-$*,-c constraints/airflow-$*.txt,'apache-airflow==$*' -e '.[crash]')
	@touch $@

.venv-bench/.installed: pyproject.toml constraints.txt
	$(call environment,.venv-bench,-c constraints.txt,-e '.[bench]')
	@touch $@

.venv-celery/.installed: pyproject.toml constraints.txt
	$(call environment,.venv-celery,-c constraints.txt,-e '.[celery]')
	@touch $@

MSAL_NODE = 7.2.3

.venv-peers/.installed: pyproject.toml constraints.txt
	@command -v npm >/dev/null || { echo 'npm is missing, which installs MSAL Node. On Debian: apt-get install nodejs npm' >&2; exit 1; }
	$(call environment,.venv-peers,-c constraints.txt,-e '.[peers]')
	@npm install --silent --no-package-lock --no-audit --no-fund --prefix .venv-peers @azure/msal-node@$(MSAL_NODE)
	@touch $@

# Those of the older versions stay: they are the pins that Airflow published for them.
constraints:
	rm -rf .venv-pin
	$(call environment,.venv-pin,,'.[dev,celery,bench,peers]' 'apache-airflow==$(NEWEST_AIRFLOW)')
	{ echo '# The versions that we develop and test with, on Python 3.11. Made anew by: make constraints'; \
	  .venv-pin/bin/python -m pip freeze --exclude airflow-provider-partnercenter; } > constraints.txt.new
	mv constraints.txt.new constraints.txt
	rm -rf .venv-pin

clean:
	rm -rf .venv .venv-* .demo dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .coverage htmlcov .hypothesis *.egg-info
	find . -name __pycache__ -prune -exec rm -rf {} +
