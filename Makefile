# collectord: the commands of a checkout. `make demo` and `make test` do all their own set-up, without root.
PBX ?= asterisk
RUN := .venv/bin/python
PYTEST := .venv/bin/pytest -q
export PYTHONPATH := examples
unexport PYTHONDONTWRITEBYTECODE  # a daemon that compiles itself at each start takes 4 s longer

.PHONY: demo test check exports scenarios pbx crash-sample crash chaos audit fuzz soak bench pbx-shell newest clean venv-run venv-dev

demo: venv-run            ## a short, visible shift: exports in, calls on real SIP phones, outcomes out (PBX=simulated: seconds, no Asterisk)
	$(RUN) examples/demo.py --pbx $(PBX)

test: check exports scenarios pbx crash-sample newest   ## everything that CI needs

check: venv-dev           ## the fast part: lint, types, layers, unit and edge tests
	.venv/bin/ruff check .
	.venv/bin/ruff format --check -q .
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(PYTEST) -n 2 tests/core tests/edge tests/loops tests/shell tests/fuzz --cov --cov-report=term:skip-covered --cov-fail-under=100

exports: venv-dev         ## every product's example, its golden receipt, and a round through the daemon
	$(PYTEST) -n 2 tests/exports

scenarios: venv-dev       ## each story on the simulated PBX and on a real Asterisk
	$(PYTEST) -n 2 tests/rules tests/scenarios

pbx: venv-dev             ## the shipped dialplan on a real Asterisk
	$(PYTEST) -n 2 --dist loadfile tests/pbx

crash-sample: venv-dev    ## kill -9 at named points and by chance, a sample
	$(PYTEST) -n 4 tests/crash

newest: venv-dev          ## core, edge and loops again on the newest Python that is installed
	.ci/newest

audit: venv-dev           ## the reasons of ten thousand debtors over ten days, derived again (twenty minutes)
	REASONS_DEBTORS=10000 $(PYTEST) -n 0 tests/rules/test_reasons.py

crash: venv-dev           ## kill -9 a thousand times and more (half an hour: a shift mostly waits)
	CRASHES=1000 $(PYTEST) -n 4 tests/crash

CHAOS_MINUTES ?= 3
chaos: venv-dev           ## daemon, PBX, link, store, exports, people and clocks, all at once for CHAOS_MINUTES
	CHAOS_MINUTES=$(CHAOS_MINUTES) $(PYTEST) -n 0 -s tests/crash/test_chaos.py

FUZZ_SECONDS ?= 120
fuzz: venv-dev            ## properties with examples drawn by chance, then fuzzing guided by coverage (FUZZ_SECONDS each); finds go to .fuzz/
	HYPOTHESIS_PROFILE=chance $(PYTEST) -n 2 -k "for_all or propert or hostile" tests/core tests/fuzz
	@$(RUN) -c 'import atheris' 2>/dev/null || .venv/bin/pip install -q --require-hashes --only-binary :all: -r .ci/constraints-fuzz.txt || true
	@if $(RUN) -c 'import atheris' 2>/dev/null; then set -e; for target in ami csv rules; do \
	  $(RUN) -m tests.fuzz.guided $$target $(FUZZ_SECONDS); done; \
	else echo "atheris has no wheel for this Python and machine: fuzzing guided by coverage was left out"; fi

soak: venv-run            ## ten agents on a real Asterisk for an hour (SOAK_MINUTES); memory, files and channels must not grow
	$(RUN) examples/soak.py

bench: venv-dev           ## speed and memory beside their yardsticks; writes docs/BENCH.md
	$(RUN) -m bench

pbx-shell: venv-run       ## a running sandbox PBX to register a soft phone with
	$(RUN) -m sandbox

venv-run:
	@.ci/venv run

venv-dev:
	@.ci/venv dev

clean:
	rm -rf .venv .venv-* .sandbox .demo
