# make run    install what is needed, put the demo organisation in place, serve it
# make test   the whole suite; also on PostgreSQL when TEST_DATABASE_URL is set
# make check  lint, format, types, migrations, production settings
# make lock   write the lock files anew from pyproject.toml
#
# The suite has short versions of these; docs/benchmarks.md and docs/threat-model.md say what they show.
# make bench  speed beside floors of the same run; SIZE=small takes a few minutes; BENCH_DATABASE_URL for PostgreSQL
# make race   commands at the same moment, 200 rounds each, on SQLite and PostgreSQL
# make fault  killed processes, lost databases, full disks, wrong clocks, while people work
# make fuzz   every route and form with hostile values, and histories at random; FUZZ_SEED=7 walks a walk again

PYTHON ?= python3
PORT ?= 8000
export PORT

VENV := .venv/bin
INSTALL := $(VENV)/python -m pip install -qq --disable-pip-version-check --require-hashes
COMPILE := $(VENV)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-header \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --annotation-style line pyproject.toml

.PHONY: run test check lock bench race fault fuzz
.DELETE_ON_ERROR:

run: .venv/.run .local/env
	@PIM_DEMO=1 exec $(VENV)/python manage.py serve --attached

test: .venv/.dev
	env -u DATABASE_URL $(VENV)/python -m pytest -n auto --dist worksteal
	@if [ -n "$$TEST_DATABASE_URL" ]; then set -x; \
		DATABASE_URL="$$TEST_DATABASE_URL" $(VENV)/python -m pytest -n auto --dist worksteal -m postgres; fi

check: .venv/.dev
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/djlint --check --lint templates
	@echo "mypy"
	@env $(PRODUCTION) $(VENV)/mypy
	@echo "manage.py makemigrations --check"
	@env $(PRODUCTION) DATABASE_URL=sqlite:///:memory: $(VENV)/python manage.py makemigrations --check --dry-run
	@echo "manage.py check --deploy"
	@env $(PRODUCTION) $(VENV)/python manage.py check --deploy --fail-level WARNING

bench: .venv/.dev
	@$(VENV)/python -m tests.bench

race: export ROUNDS ?= 200
race: .venv/.dev
	env -u DATABASE_URL $(VENV)/python -m pytest tests/races
	$(VENV)/python -m tests.postgresql sh -c 'DATABASE_URL="$$TEST_DATABASE_URL" $(VENV)/python -m pytest tests/races'

fault: .venv/.dev
	FAULTS=all $(VENV)/python -m pytest tests/faults

fuzz: export FUZZ ?= all
fuzz: export HYPOTHESIS_PROFILE = deep
fuzz: .venv/.dev
	env -u DATABASE_URL $(VENV)/python -m pytest -n auto tests/*/test*_properties.py tests/administration/test_last_admin.py
	env -u DATABASE_URL $(VENV)/python -m pytest -s tests/fuzz
	$(VENV)/python -m tests.postgresql sh -c 'DATABASE_URL="$$TEST_DATABASE_URL" $(VENV)/python -m pytest -s tests/fuzz'

# What a real installation sets, with values that lead nowhere.
PRODUCTION = -u PIM_DEMO PIM_DATA_DIR=/nonexistent \
	SECRET_KEY=only-for-the-check-5a1f09c27be84d63a0f7e2c91b6d38f4a75e PIM_FACTOR_KEYS=only-for-the-check-6c1d0b83e2f94a57 \
	ALLOWED_HOSTS=pim.example.com BASE_URL=https://pim.example.com \
	DATABASE_URL=postgres://pim@db.example.com/pim EMAIL_URL=smtp+tls://pim:secret@mail.example.com

lock: .venv/.dev
	$(COMPILE) --output-file requirements/run.txt
	$(COMPILE) --extra dev --constraint requirements/run.txt --output-file requirements/dev.txt

# ---- .venv: made once, filled from the lock files -----------------------------------------------------------------

.venv/.run: requirements/run.txt | $(VENV)/python
	@echo "Installing what PIM Portal needs to run ..."
	@$(INSTALL) -r requirements/run.txt
	@touch $@

.venv/.dev: requirements/dev.txt | $(VENV)/python
	@echo "Installing what its development needs ..."
	@$(INSTALL) -r requirements/dev.txt
	@touch .venv/.run $@

$(VENV)/python:
	@command -v $(PYTHON) >/dev/null || \
		{ echo "$(PYTHON) is not there. Install Python 3.11 or newer, or name one: PYTHON=/path/to/python make run" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is too old. Name Python 3.11 or newer: PYTHON=python3.12 make run" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) lacks its venv module. On Debian and Ubuntu: sudo apt install python3-venv" >&2; exit 1; }
	@rm -rf .venv && $(PYTHON) -m venv .venv

# ---- Secret keys of this copy: made once, kept out of the repository, readable by their owner alone -------------------

.local/env: | $(VENV)/python
	@mkdir -p -m 700 .local
	@umask 077 && $(VENV)/python -c 'import secrets; \
		[print(f"{name}={secrets.token_urlsafe(50)}") for name in ("SECRET_KEY", "PIM_FACTOR_KEYS")]' > $@.new
	@mv $@.new $@
