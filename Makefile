# make demo   see it: sets up, seeds a city, serves it and prints the address and the demo sign-ins
# make test   check it: sets up and runs the whole suite
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
CODE   := marketplace matching web tests benchmarks

.PHONY: demo test lint types contracts check words schema lock clean smoke bench

demo: $(VENV)/.run
	$(BIN)/marketplace demo

test: $(VENV)/.dev
	$(BIN)/pytest -n auto

lint: $(VENV)/.dev
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)

types: $(VENV)/.dev
	$(BIN)/mypy

contracts: $(VENV)/.dev
	$(BIN)/lint-imports

smoke: $(VENV)/.run
	$(BIN)/python -m tests.smoke

bench: $(VENV)/.dev
	for one in sign_ups imports start pages relevance search scoring saved_searches assignment ocds_export ocds_feed opening rating_fraud scorecards; do $(BIN)/python -m benchmarks.$$one || exit 1; done

check: lint types contracts test smoke

words: $(VENV)/.dev
	$(BIN)/python -m web.words extract

schema: $(VENV)/.dev
	$(BIN)/marketplace schema > graphql/schema.graphql

# Exact versions with hashes and without addresses, for every platform that pyproject.toml admits.
lock: $(VENV)/.run
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate \
	    --custom-compile-command "make lock" --extra build pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate \
	    --custom-compile-command "make lock" --extra build --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt

# The package itself is linked, not copied, and built with the locked backend: nothing is fetched that the lock does not name.
$(VENV)/.run: requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Wushe needs Python 3.11 or newer; try: make PYTHON=python3.12 " + "demo")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	touch $@

clean:
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .hypothesis
