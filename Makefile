# The thin front of Meson.  `make run` and `make test` install what is missing (Debian packages: tools/packages).
MESON ?= meson
BUILD ?= build

.PHONY: build run test test-full test-sdks bench fuzz check docs deb clean phone-data console
build: $(BUILD)/build.ninja
	@ninja --quiet -C $(BUILD)

$(BUILD)/build.ninja:
	@tools/install-deps run
	@echo "building (about half a minute the first time)"
	@$(MESON) setup $(BUILD) >/dev/null || { cat $(BUILD)/meson-logs/meson-log.txt; exit 1; }

run: build
	@$(BUILD)/strowger serve $(ARGS)

# Every test that a newcomer runs; the last line is `N passed, N failed`.
test:
	@tools/install-deps run test
	@tests/run-all quick

# The same under sanitizers and valgrind, many kills, fuzzers, PostgreSQL, further SDKs.
test-full:
	@tools/install-deps run test full
	@tests/run-all full

test-sdks:
	@tools/install-deps run test full
	@tests/run-all sdks

fuzz:
	@tools/install-deps run full
	@tests/run-all fuzz

bench:
	@tools/install-deps run full bench
	@bench/run

check: build
	@tools/install-deps full
	@tools/check

docs: build
	@tools/docs $(BUILD)

# A Debian package of the program in $(BUILD).
deb:
	@tools/install-deps run deb
	@tools/make-deb $(BUILD)

# Renews what the program serves at /console from console/src; needs npm.
console:
	@tools/build-console console/dist

# Renews the numbering tables; needs npm too.
phone-data:
	@tools/phone-metadata/renew

clean:
	rm -rf $(BUILD) build-* tests/node_modules console/node_modules tests/.venv
