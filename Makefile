# Every target does its own set-up; nothing but Python 3.11+ has to be there.

VENV  := .venv
BIN   := $(VENV)/bin
STAMP := $(VENV)/.complete
# Quiet installs: what matters is how long they took.
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

comma := ,

.DEFAULT_GOAL := setup
.PHONY: setup demo test check figures bench bench-peers bench-growth reference format clean

## setup: .venv with the pinned lock and this project; skipped when current
setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    test -x $(BIN)/python || "$$python" -m venv $(VENV); break; \
	  fi; \
	done; \
	test -x $(BIN)/python || { echo 'Kairos needs Python 3.11 or newer (PYTHON=/path/to/python make ...)' >&2; exit 1; }
	@began=$$(date +%s); \
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock && \
	$(BIN)/python -m pip install --quiet --no-deps --editable . && \
	echo "setup: packages downloaded and installed in $$(( $$(date +%s) - began )) s"
	@touch $@

## demo: the whole path on a real event log, with a real Kafka
demo: $(STAMP)
	@$(BIN)/kairos broker fetch >&2
	@$(BIN)/kairos demo

## test: everything, the tests on a real Kafka included
test: $(STAMP) lint
	$(BIN)/pytest -n 2 -m "not kafka"
	$(BIN)/pytest -m kafka

## check: what can be told in a minute; laws are tried on a tenth of their examples
check: $(STAMP) lint
	$(BIN)/pytest -n 2 -m "not kafka and not slow" --hypothesis-profile=check

## figures: rooms, floors, arrows that run back up and circles of the code; fails on the last two
figures: $(STAMP)
	@$(BIN)/python -m benchmarks.structure

## bench: the full job, in process and on a real worker (ONLY=in_process,throughput,...); writes benchmarks/RESULTS.md
bench: $(STAMP)
	@$(BIN)/kairos broker fetch >&2
	@$(BIN)/python -m benchmarks.job $(subst $(comma), ,$(ONLY))

## bench-peers: the features job on Kairos and its peers, side by side (PEERS=DIR, RUNS=, ONLY=, SKIP=)
bench-peers: $(STAMP)
	@$(BIN)/kairos broker fetch >&2
	@$(BIN)/python -m benchmarks.peers

## chaos: faults on a real Kafka, an independent count after each round; 100 rounds are recorded
ROUNDS ?= 100
SEED ?= 1
.PHONY: chaos
chaos: $(STAMP)
	@PYTHONPATH=tests:. $(BIN)/python -m chaos.run --rounds $(ROUNDS) --seed $(SEED)

## chaos-cluster: the same on three brokers (RF 3, min ISR 2); from 10 rounds on they are recorded
.PHONY: chaos-cluster
chaos-cluster: ROUNDS = 16
chaos-cluster: $(STAMP)
	@PYTHONPATH=tests:. $(BIN)/python -m chaos.run --cluster --lanes 1 --rounds $(ROUNDS) --seed $(SEED)

## fuzz: spoilt inputs of all kinds for SECONDS=, or INPUTS= of them (ONLY=, SEED=, BATCH=); long runs are recorded
INPUTS ?= 0
SECONDS ?= $(if $(filter 0,$(INPUTS)),60,0)
BATCH ?= -1
.PHONY: fuzz
fuzz: $(STAMP)
	@PYTHONPATH=tests:. $(BIN)/python -m fuzz.run --seconds $(SECONDS) --inputs $(INPUTS) --seed $(SEED) --batch $(BATCH) --only "$(ONLY)"

## bench-growth: cost per event as users, history, partitions, workers grow (RUNS=, USERS=, ONLY=); plots
bench-growth: $(STAMP)
	@$(BIN)/kairos broker fetch >&2
	@$(BIN)/python -m benchmarks.growth

## reference: train the shipped bundle again, from the shipped log; same code, same bytes
reference: $(STAMP)
	KAIROS_SECRET=reference KAIROS_EPOCH_MS=86400000 $(BIN)/kairos train --source deskdrop --starter --out models/reference

.PHONY: lint
lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --num-workers 2 || $(BIN)/mypy  # on a busy machine its workers may give up
	$(BIN)/lint-imports

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

## clean: stop the embedded broker, delete what was generated; .venv stays
clean:
	@test ! -x $(BIN)/kairos || $(BIN)/kairos broker reset
	rm -rf .kairos build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +
