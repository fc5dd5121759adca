# Sunlit Trading. The two commands are "make demo" and "make test"; "make help" lists the rest.
SHELL := /bin/sh
PY := .venv/bin/python
TEST_ENV := SUNLIT_MODE=test SUNLIT_DATA=$(CURDIR)/var/lint

# Bytecode is kept also where a user's own default is to write none: the suite and the
# demonstration start many processes, and each would compile the whole platform anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo variants test lint types bench faults environment messages

help:
	@echo "make demo [PORT=8000] [DATA=folder]             serve the platform on 127.0.0.1"
	@echo "make demo HEADLESS=1 OUT=folder [CATEGORY=construction] [DATA=folder] [UNTIL=stage] [BID_FILE=path]"
	@echo "                                                play one tender from notice to archive"
	@echo "make variants OUT=folder [NAMES=\"procurement ...\"]  play every variant from notice to archive"
	@echo "make test                                       the whole quick suite"
	@echo "make bench [NAME=rooms]                         figures, each beside its own limit"
	@echo "make faults                                     long tests: whole parts in a browser, kill -9 during runs, canaries"

demo:
	@scripts/environment.sh base
	@exec $(PY) -m demo $(if $(HEADLESS),--headless) $(if $(PORT),--port "$(PORT)") $(if $(OUT),--out "$(OUT)") \
		$(if $(CATEGORY),--category "$(CATEGORY)") $(if $(DATA),--data "$(DATA)") \
		$(if $(UNTIL),--until "$(UNTIL)") $(if $(BID_FILE),--bid-file "$(BID_FILE)")

variants:
	@scripts/environment.sh base
	@exec $(PY) -m demo.side_by_side --out "$(OUT)" $(NAMES)

test: environment lint types
	$(PY) -m pytest tests --ignore tests/faults -m "not long" -n 3 --dist loadfile -rs -q

environment:
	@scripts/environment.sh dev

lint: environment
	$(PY) -m ruff check .
	.venv/bin/lint-imports --no-cache
	$(TEST_ENV) $(PY) manage.py check
	$(TEST_ENV) $(PY) manage.py makemigrations --check --dry-run
	SUNLIT_MODE=production SUNLIT_DATA=$(CURDIR)/var/lint SUNLIT_ORIGIN=https://sunlit.example SUNLIT_HOSTS=sunlit.example \
		SUNLIT_SECRET_KEY=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(60))') \
		$(PY) manage.py check --deploy --fail-level WARNING

types: environment
	$(TEST_ENV) $(PY) -m mypy signatures/domain trading/domain trading/ocds bidding/domain bidding/kit archive/domain

bench: environment
	$(PY) -m benchmarks $(NAME)

faults: environment
	$(PY) -m pytest tests/browser -m long -q -rs
	$(PY) -m pytest tests/faults -q -rs
