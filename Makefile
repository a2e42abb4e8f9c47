# The front door. Every target installs what it lacks by itself (Debian 12; root or sudo).
SHELL := /bin/bash
.DEFAULT_GOAL := help

JOBS ?= $(shell nproc)
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 10
SOAK_SECONDS ?= 600

CONFIGURE = cmake --log-level=NOTICE --preset
BUILD = cmake --build
.PHONY: help setup demo build test dev install lint bench asan tsan fuzz soak chaos conformance clean

help: ## this list
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 20

setup: ## install what building and testing need
	@tools/setup.sh build servers

demo: build ## the whole story once: sign in, call, revoke, refused; prints milliseconds
	@build/release/rescind demo

build: ## the program: build/release/rescind
	@tools/setup.sh build servers
	@$(CONFIGURE) release -DRESCIND_BENCH=OFF
	@$(BUILD) build/release -j $(JOBS) --target rescind

test: ## everything built, every test run; ends with ctest's summary
	@tools/setup.sh build servers
	@$(CONFIGURE) release -DRESCIND_BENCH=OFF -DRESCIND_PLANTS=ON
	@$(BUILD) build/release -j $(JOBS)
	@tools/test.sh build/release

dev: ## a build for working: build/dev, assertions and debug information
	@tools/setup.sh build servers
	@$(CONFIGURE) dev
	@$(BUILD) build/dev -j $(JOBS)

install: build ## the program and librescind into PREFIX (default /usr/local)
	@$(BUILD) build/release -j $(JOBS) --target rescind_shared
	@cmake --install build/release --prefix "$(PREFIX)"

lint: ## format, clang-tidy (changed files; ALL=1: all), the project's own rules
	@tools/setup.sh build lint
	@$(CONFIGURE) asan
	@tools/lint.sh build/asan

bench: ## micro-benchmarks and bench/run.sh, beside what peers can be installed
	@tools/setup.sh build servers
	@bench/peers/setup.sh || echo "some peers are missing; their rows say so"
	@$(CONFIGURE) release -DRESCIND_BENCH=ON
	@$(BUILD) build/release -j $(JOBS)
	@tools/bench.sh build/release

asan: ## every test under the address and undefined behaviour sanitizers (clang)
	@tools/setup.sh build servers lint
	@$(CONFIGURE) asan
	@$(BUILD) build/asan -j $(JOBS)
	@tools/test.sh build/asan

tsan: ## the tests of folders that have threads, under the thread sanitizer (clang)
	@tools/setup.sh build servers lint
	@$(CONFIGURE) tsan
	@tools/tsan.sh build/tsan

fuzz: ## each fuzzer for FUZZ_SECONDS, from its corpus
	@tools/setup.sh build lint
	@$(CONFIGURE) asan
	@$(BUILD) build/asan -j $(JOBS) --target fuzzers
	@tools/fuzz.sh build/asan $(FUZZ_SECONDS)

soak: ## the long loops, then random seeds again and again for SOAK_SECONDS
	@tools/setup.sh build servers
	@$(CONFIGURE) release -DRESCIND_BENCH=OFF
	@$(BUILD) build/release -j $(JOBS)
	@tools/soak.sh build/release $(SOAK_SECONDS)

chaos: ## links cut, brokers stopped, slow clients, crowds: what was promised holds (root)
	@tools/setup.sh build servers chaos
	@$(CONFIGURE) release -DRESCIND_BENCH=ON
	@$(BUILD) build/release -j $(JOBS) --target rescind fan_out
	@tools/chaos.sh build/release

conformance: ## the public vector suites and each port's conformance suite
	@tools/setup.sh build servers
	@$(CONFIGURE) release
	@$(BUILD) build/release -j $(JOBS)
	@tools/test.sh build/release -R '[Cc]onformance|[Vv]ectors'
	@tests/conformance/report.sh build/release

clean: ## the build folders
	@rm -rf build
