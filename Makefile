# Each target calls one script in scripts/; CI calls the same.
.DEFAULT_GOAL := help
.PHONY: help demo test test-consumers test-schwab-py setup lint fmt golden-check licences bench bench-js chaos fuzz dashboard test-dashboard

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 22

demo: ## Build the program and run all of it on a made-up market
	@scripts/demo.sh $(ARGS)

test: ## Install what is missing and run every check
	@scripts/test.sh

test-consumers: ## Install the npm package in every kind of project
	@scripts/test-consumers.sh

test-schwab-py: ## Check that schwab-py accepts the simulator (needs PyPI)
	@scripts/test-schwab-py.sh

setup: ## Install what building and testing need
	@scripts/setup.sh

lint: ## Check format, clippy and rustdoc, warnings denied
	@scripts/lint.sh

fmt: ## Format the code
	@scripts/fmt.sh

golden-check: ## Check that the golden files are what their generator makes
	@scripts/golden-check.sh

licences: ## Check the licences of all dependencies
	@python3 scripts/licences.py

bench: ## Run the benchmarks
	@scripts/bench.sh

bench-js: ## Run the JavaScript benchmarks
	@scripts/bench-js.sh

chaos: ## Run days full of faults and compare them with days without
	@scripts/chaos.sh

fuzz: ## Fuzz the parsers for a bounded time (nightly Rust)
	@scripts/fuzz.sh

dashboard: ## Build the dashboard's static files
	@scripts/build-dashboard.sh

test-dashboard: ## Test the dashboard in Chromium
	@scripts/test-dashboard.sh
