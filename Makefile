# A short front to meson and ninja. `make` → build/hospes. Each kind of build has its own folder.
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 20

all: build/build.ninja
	@tools/ninja.sh build hospes

build/build.ninja:
	@tools/setup.sh build --prefix=$(PREFIX)
# Line numbers are all that a sanitizer's report needs of the debugger's notes, and gold links in half the time.
LINES = -Doptimization=1 -Ddebug=false -Dc_args=-g1 -Dcpp_args=-g1
GOLD = -Dc_link_args=-fuse-ld=gold -Dcpp_link_args=-fuse-ld=gold
build-asan/build.ninja:
	@tools/setup.sh build-asan $(LINES) $(GOLD) -Db_sanitize=address,undefined -Dplain_arena=true
build-tsan/build.ninja:
	@tools/setup.sh build-tsan $(LINES) $(GOLD) -Db_sanitize=thread
build-fuzz/build.ninja:
	@CC=clang CXX=clang++ tools/setup.sh build-fuzz $(LINES) -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false -Dplain_arena=true
build-cover/build.ninja:
	@tools/setup.sh build-cover -Doptimization=0 -Db_coverage=true

test: build/build.ninja                 ## unit tests
	@meson test -C build --print-errorlogs
asan: build-asan/build.ninja            ## unit tests under the address and undefined behaviour sanitizers
	@tools/sanitized.sh asan
tsan: build-tsan/build.ninja            ## store and server tests under the thread sanitizer
	@tools/sanitized.sh tsan
asan-scenario:                          ## every scenario on SQLite under the address and undefined behaviour sanitizers
	@tools/sanitized.sh asan-scenario
axe: all                                ## axe over every page, in every language, at both sizes; ./check takes turns
	@HOSPES_TEST_AXE=all HOSPES_TEST_FILE_S=3000 test/run-scenarios browser test/browser/every-page.test.mjs
fuzz:                                   ## each fuzzer for FUZZ_SECONDS (default 20)
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tools/fuzz.sh
bench: build/build.ninja                ## the figures of docs/performance.md, then the parts alone
	@bench/run build
	@meson test -C build --benchmark --verbose
scenario: all                           ## the real program over the loopback, on both databases
	@test/run-scenarios
check:                                  ## all of it
	@./check
lint:                                   ## format, static analysis, layers, sizes, banned calls, spelling
	@tools/lint && tools/lint analyzer
format:                                 ## lays out the C sources as .clang-format says
	@tools/format --write
cover: build-cover/build.ninja          ## lines reached by the unit tests, in build-cover/meson-logs
	@meson test -C build-cover --print-errorlogs && ninja -C build-cover coverage-text && cat build-cover/meson-logs/coverage.txt
soak: all                               ## the crash test 500 times, ten minutes a fuzzer
	@HOSPES_TEST_KILLS=500 test/run-scenarios scenario test/collect/crash.test.mjs && FUZZ_SECONDS=600 tools/fuzz.sh
install: all                            ## into PREFIX (default /usr/local), under DESTDIR if given
	@meson configure build --prefix=$(PREFIX) >/dev/null && meson install -C build --quiet
clean:
	@rm -rf build build-asan build-tsan build-fuzz build-cover
help:
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 24

.PHONY: all test asan asan-scenario tsan axe fuzz bench scenario check lint format cover soak install clean help
