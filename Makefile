# make run      serve the product on this machine with demo data
# make test     everything CI runs
# make install  only make .venv
# make lock     resolve and hash the requirements again
SHELL := /bin/sh
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test install lock clean
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
	@$(BIN)/python manage.py load_demo --migrate
	@exec $(BIN)/granian --interface wsgi --host 127.0.0.1 --port $(PORT) \
		--blocking-threads 4 --no-ws --log-level error apim.wsgi:application

test: $(VENV)/.dev
	@scripts/test $(BIN)

lock: $(VENV)/.dev
	@scripts/lock $(BIN)

clean:
	rm -rf $(VENV) var
