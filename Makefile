# A short front to meson and ninja. `make` → build/hospes.
all: build/build.ninja
	@ninja -C build hospes
build/build.ninja:
	@meson setup build >build.log 2>&1 || (cat build.log; exit 1); rm -f build.log
test: build/build.ninja
	@meson test -C build --print-errorlogs
.PHONY: all test
