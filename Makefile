# The commands of this project; each is a few lines so that it can be read.
PREFIX ?= /usr/local
DESTDIR ?=
ARGS ?=
SWIFT ?= swift
BUILD ?=
PROGRAMS := waybill waybill-shim

.PHONY: all build test fuzz lint fmt bench demo install uninstall bootstrap clean

all: build

# Installs what a bare Debian 12 lacks; says what it does; does nothing when all is there.
bootstrap:
	@scripts/bootstrap

build: bootstrap
	$(SWIFT) build $(BUILD)

# The whole suite, real servers included; one test after the other, since many start processes and wait for them.
test: bootstrap
	$(SWIFT) build --build-tests $(BUILD)
	$(SWIFT) test --skip-build --no-parallel $(BUILD) $(ARGS)

# Every inspector for ten minutes on changed files; FUZZ_SECONDS says how long each is tried.
FUZZ_SECONDS ?= 600
fuzz: bootstrap
	WAYBILL_ONLY=WaybillPackage WAYBILL_FUZZ_SECONDS=$(FUZZ_SECONDS) $(SWIFT) test --no-parallel $(BUILD) --filter Fuzzing

lint:
	$(SWIFT) format lint --strict --recursive Sources Tests

fmt:
	$(SWIFT) format --in-place --recursive Sources Tests

bench: bootstrap
	Benchmarks/run $(ARGS)

demo: bootstrap
	scripts/demo $(ARGS)

# Binaries, shell completions and systemd units.
install: bootstrap
	$(SWIFT) build -c release $(foreach program,$(PROGRAMS),--product $(program))
	packaging/install "$(DESTDIR)" "$(PREFIX)" "$$($(SWIFT) build -c release --show-bin-path)" $(PROGRAMS)

uninstall:
	packaging/install --remove "$(DESTDIR)" "$(PREFIX)" $(PROGRAMS)

clean:
	$(SWIFT) package clean
