# The commands of this project; each is a few lines so that it can be read.
PREFIX ?= /usr/local
DESTDIR ?=
ARGS ?=
SWIFT ?= swift
BUILD ?=
PROGRAMS := waybill waybill-shim

.PHONY: all build test fuzz lint fmt bench demo install uninstall bootstrap clean

all: build

# Each command first installs what a bare Debian 12 lacks for it; says what it does; does nothing when all is there.
bootstrap:
	@scripts/bootstrap test

build:
	@scripts/bootstrap build
	$(SWIFT) build $(BUILD)

# The whole suite, real servers included; one test after the other, since many start processes and wait for them.
test: bootstrap
	$(SWIFT) build --build-tests $(BUILD)
	SWIFT="$(SWIFT)" scripts/test $(BUILD) $(ARGS)

# Every inspector, and the reader of pickles on the adversarial corpus, for ten minutes on changed files; FUZZ_SECONDS says how long each
# is tried.
FUZZ_SECONDS ?= 600
fuzz: bootstrap
	WAYBILL_ONLY=WaybillPackage WAYBILL_FUZZ_SECONDS=$(FUZZ_SECONDS) $(SWIFT) test --no-parallel $(BUILD) --filter Fuzz

SWIFT_FILES := Package.swift Sources Tests Benchmarks

lint:
	$(SWIFT) format lint --strict --recursive $(SWIFT_FILES)

fmt:
	$(SWIFT) format --in-place --recursive $(SWIFT_FILES)

bench: bootstrap
	Benchmarks/run $(ARGS)

demo:
	@scripts/bootstrap demo
	scripts/demo $(ARGS)

# Binaries, shell completions and systemd units.
install:
	@scripts/bootstrap build
	$(SWIFT) build -c release $(foreach program,$(PROGRAMS),--product $(program))
	packaging/install "$(DESTDIR)" "$(PREFIX)" "$$($(SWIFT) build -c release --show-bin-path)" $(PROGRAMS)

uninstall:
	packaging/install --remove "$(DESTDIR)" "$(PREFIX)" $(PROGRAMS)

clean:
	$(SWIFT) package clean
