# make run      serve the product on this machine with demo data
# make test     everything CI runs
# make install  only make .venv
# make bench    the check beside its alternatives and under guessed passwords, imports beside one by one (wants wrk)
# make lock     resolve and hash the requirements again
# make messages collect and compile what letters say in other languages (wants gettext)
SHELL := /bin/sh
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test bench install lock messages clean
.DEFAULT_GOAL := run

install: $(VENV)/.runtime

# One stamp for each set of packages, so that `run` never waits for test tools.
$(VENV)/.runtime: requirements.txt scripts/install
	@PYTHON="$(PYTHON)" scripts/install $(VENV) requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt scripts/install
	@PYTHON="$(PYTHON)" scripts/install $(VENV) requirements-dev.txt
	@touch $@ $(VENV)/.runtime

run: export APIM_DEBUG = 1
run: export APIM_PUBLIC_URL ?= http://127.0.0.1:$(PORT)
run: $(VENV)/.runtime
	@$(BIN)/python scripts/free-port 127.0.0.1 $(PORT)
	@$(BIN)/python manage.py load_demo --migrate
	@exec $(BIN)/granian --interface wsgi --host 127.0.0.1 --port $(PORT) \
		--blocking-threads 16 --no-ws --respawn-failed-workers --workers-kill-timeout 5 \
		--log-level error apim.wsgi:application

test: $(VENV)/.dev
	@scripts/test $(BIN)

bench: $(VENV)/.dev
	@$(BIN)/python -m bench.check
	@$(BIN)/python -m bench.guessing
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
		APIM_DEBUG=1 APIM_DATABASE_URL="sqlite:///$$folder/imports.sqlite3" $(BIN)/python -m bench.imports

lock: $(VENV)/.dev
	@scripts/lock $(BIN)

messages: $(VENV)/.dev
	@scripts/messages $(BIN)

clean:
	rm -rf $(VENV) var
