# Two commands are all a newcomer needs: make run, make test.
PORT ?= 8501
PYTHON ?= python3
STAMP = .venv/.installed
TEST_STAMP = .venv/.installed-dev
WORKERS ?= 2

.PHONY: run test setup lint audit licences clean

run: $(STAMP)
	.venv/bin/anbiao serve --port $(PORT)

test: $(TEST_STAMP)
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/anbiao criteria check
	.venv/bin/python -m pytest -n $(WORKERS) -m "not browser"
	.venv/bin/python -m pytest -n $(WORKERS) tests/browser

setup: $(STAMP)

lint: $(TEST_STAMP)
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .
	.venv/bin/mypy

# Known vulnerabilities and licences of what is installed.
audit: $(TEST_STAMP)
	.venv/bin/python .ci/audit.py

licences: $(TEST_STAMP)
	.venv/bin/python .ci/audit.py --write

# The lock names every package with its hash; the product itself is linked in place.
$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c "import sys; sys.exit('Anbiao needs Python 3.11 or newer' if sys.version_info < (3, 11) else 0)"
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

$(TEST_STAMP): $(STAMP) requirements-dev.lock
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@command -v chromium >/dev/null || test -n "$$ANBIAO_CHROMIUM" || .venv/bin/python -m playwright install chromium \
	  || echo "No Chromium: the browser tests will be skipped (CI=true makes them fail)."
	touch $@

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
