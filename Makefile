# SPDX-License-Identifier: Apache-2.0
# ktally. `make help` lists the targets; V=1 shows the commands; SAN=address,undefined builds apart, in build/asan.

SHELL := /bin/bash
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

Q := $(if $(V),,@)
msg = $(if $(V),,@printf '  %-7s %s\n' '$(1)' '$(2)')

ARCH    := $(patsubst aarch64,arm64,$(shell uname -m))
CC      := gcc
CLANG   := clang-14
STRIP   := llvm-strip-14
BPFTOOL := bpftool
VERSION := $(shell cat VERSION)

# variants never mix: each has its own folder
ifdef SAN
  ifeq ($(SAN),address,undefined)
    VARIANT := build/asan
    SANFLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
  else
    $(error SAN=$(SAN) is not known: use SAN=address,undefined)
  endif
else ifeq ($(CC),gcc)
  VARIANT := build/release
else
  VARIANT := build/$(notdir $(CC))
endif

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -fno-common $(if $(WERROR),-Werror)
PACKAGES := libbpf libelf zlib libzstd yaml-0.1 libmicrohttpd gnutls libcrypt libcurl jansson libprotobuf-c ncursesw
# no name of the folder in what is built: the same sources give the same bytes anywhere
PREFIX_MAP := -ffile-prefix-map=$(CURDIR)=.
CFLAGS   := -std=gnu17 -O2 -g $(PREFIX_MAP) $(WARNINGS) $(SANFLAGS)
CPPFLAGS  = -D_GNU_SOURCE -Iinclude -Iuser -Ibuild/gen $(shell pkg-config --cflags $(PACKAGES))
LDLIBS    = $(shell pkg-config --libs $(PACKAGES)) -lpthread -lm
BPF_CFLAGS := -g -O2 $(PREFIX_MAP) -target bpf -mcpu=v3 -D__TARGET_ARCH_x86 -Wall -Wextra -Wno-unused-parameter $(if $(WERROR),-Werror) \
              -Ivmlinux/$(ARCH) -Iinclude -Ibpf

BPF_SOURCES  := $(wildcard bpf/*.bpf.c)
SKELETONS    := $(BPF_SOURCES:bpf/%.bpf.c=build/gen/%.skel.h)
PROTOBUFS    := $(patsubst user/enrich/%.proto,build/gen/%.pb-c.h,$(wildcard user/enrich/*.proto))
.SECONDARY: $(SKELETONS:.skel.h=.bpf.o) $(PROTOBUFS) $(PROTOBUFS:.h=.c) build/gen/empty.bpf.o build/gen/empty.skel.h

USER_SOURCES := $(filter-out user/main.c,$(wildcard user/*.c user/*/*.c))
WEB_FILES    := $(wildcard $(addprefix user/web/*.,html css js svg))
USER_OBJECTS := $(USER_SOURCES:%.c=$(VARIANT)/%.o) $(PROTOBUFS:build/gen/%.h=$(VARIANT)/gen/%.o) $(VARIANT)/gen/web_files.o
LIBRARY      := $(VARIANT)/libktally.a
UNIT_TESTS   := $(patsubst tests/unit/%.c,$(VARIANT)/tests/unit/%,$(wildcard tests/unit/test_*.c))
CONFORMANCE_TESTS := $(sort $(wildcard tests/conformance/test_*))
WEB_TESTS    := $(sort $(wildcard tests/web/[0-9]*))
E2E_TESTS    := $(sort $(wildcard tests/e2e/[0-9]*.sh))
FUZZ_SOURCES_fuzz_cri := user/base/transfer.c user/base/loop.c user/base/buffer.c user/model/details.c build/gen/cri.pb-c.c
FUZZ_SOURCES_fuzz_labels := user/base/buffer.c user/base/utf8.c
FUZZ_SOURCES_fuzz_web_config := $(addprefix user/base/,duration.c file.c mailbox.c message.c utf8.c yaml.c) $(addprefix user/http/,web_config_check.c web_value.c)
FUZZ_SOURCES_fuzz_network_files := user/base/file.c
FUZZ_SOURCES_fuzz_address_files := user/base/file.c user/model/addresses.c
FUZZ_SOURCES_fuzz_protocol_files := user/base/file.c
FUZZ_SOURCES_fuzz_disk_stat := user/base/file.c user/model/instance.c
FUZZ_SOURCES_fuzz_formats := $(addprefix user/base/,buffer.c number.c utf8.c) $(addprefix user/export/,format_text.c format_protobuf.c label.c pieces.c) $(addprefix user/model/,metric.c value.c)
FUZZ_SOURCES_fuzz_recording := user/base/buffer.c user/base/json_text.c user/base/message.c user/base/utf8.c
FUZZ_SOURCES_fuzz_glyph := user/base/utf8.c
FUZZ_SOURCES_fuzz_options := user/base/utf8.c
FUZZ_SOURCES_fuzz_docker := user/base/buffer.c user/base/time.c
FUZZERS      := $(patsubst tests/fuzz/%.c,build/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
WORKLOAD     := build/workload
CRI          := build/cri
BENCH        := build/bench
TEST_ENV     := PATH=$(CURDIR)/build/unpacked/usr/bin:$$PATH ASAN_OPTIONS=detect_leaks=0 PYTHONDONTWRITEBYTECODE=1 KTALLY=$(CURDIR)/build/ktally KTALLY_SANITIZED=$(CURDIR)/build/asan/ktally WORKLOAD=$(CURDIR)/$(WORKLOAD)

.PHONY: all
all: build/ktally ## Build build/ktally (the default)

build/ktally: $(VARIANT)/ktally
	$(call msg,COPY,$@)
	$(Q)cp -f $< $@

# ---- the two commands -------------------------------------------------------------------------------------------------

.PHONY: run
run: ## Install what is missing, build, and run the daemon in the foreground
	$(Q)tools/deps build
	$(Q)$(MAKE) --no-print-directory build/ktally
	$(Q)tools/as-root build/ktally run $(ARGS)

.PHONY: check
check: ## Install what is missing, build, and run every test
	$(Q)tools/deps build test runtimes image kernels web
	$(Q)tools/unpack prometheus
	$(Q)$(MAKE) --no-print-directory check-built

.PHONY: image
image: ## Install what is missing, build, and make build/ktally-image.tar and build/bundle
	$(Q)tools/deps build image
	$(Q)$(MAKE) --no-print-directory build/ktally
	$(Q)tools/image

.PHONY: deps
deps: ## Install the packages that build and test need (apt)
	$(Q)tools/deps build test runtimes image kernels web
	$(Q)tools/unpack prometheus

# ---- build ------------------------------------------------------------------------------------------------------------

build/gen/%.bpf.o: bpf/%.bpf.c
	$(call msg,BPF,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -c $< -o $@
	$(Q)$(STRIP) -g $@

build/gen/%.skel.h: build/gen/%.bpf.o
	$(call msg,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@

# rewritten only when it says something new
build/gen/version.h: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)revision=$$(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown); \
	printf '#define KTALLY_VERSION "%s"\n#define KTALLY_REVISION "%s"\n' '$(VERSION)' "$$revision" > $@.new; \
	cmp -s $@.new $@ && rm $@.new || mv $@.new $@

build/gen/%.pb-c.h build/gen/%.pb-c.c &: user/enrich/%.proto
	$(call msg,PROTO,$@)
	$(Q)mkdir -p $(@D)
	$(Q)protoc-c --proto_path=$(<D) --c_out=$(@D) $(<F)

# the folder too: a file that is taken away must go from the binary
build/gen/web_files.c: tools/embed user/web $(WEB_FILES)
	$(call msg,EMBED,$@)
	$(Q)mkdir -p $(@D)
	$(Q)tools/embed $@ $(WEB_FILES)

$(VARIANT)/gen/%.o: build/gen/%.c
	$(call msg,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -std=gnu17 -O2 -g $(PREFIX_MAP) $(SANFLAGS) -c $< -o $@

$(VARIANT)/%.o: %.c | $(SKELETONS) $(PROTOBUFS) build/gen/version.h
	$(call msg,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(LIBRARY): $(USER_OBJECTS)
	$(call msg,AR,$@)
	$(Q)rm -f $@
	$(Q)ar rcs $@ $^

$(VARIANT)/ktally: $(VARIANT)/user/main.o $(LIBRARY)
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $^ $(LDLIBS) -o $@

$(WORKLOAD): $(wildcard tools/workload/*.c tools/workload/*.h)
	$(call msg,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)gcc -std=gnu17 -D_GNU_SOURCE -O2 -g $(WARNINGS) -static $(filter %.c,$^) -lpthread -o $@

# a client of CRI runtimes for tests, with the daemon's own transfers
build/gen/cri_test.pb-c.h build/gen/cri_test.pb-c.c &: tools/cri/cri_test.proto
	$(call msg,PROTO,$@)
	$(Q)mkdir -p $(@D)
	$(Q)protoc-c --proto_path=$(<D) --c_out=$(@D) $(<F)

$(CRI): tools/cri/cri.c build/gen/cri_test.pb-c.c $(LIBRARY)
	$(call msg,CC,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $^ $(LDLIBS) -o $@

include tools/bench/bench.mk
include tools/cadvisor/cadvisor.mk
include tests/unit/bpf_host.mk

# ---- tests ------------------------------------------------------------------------------------------------------------

$(VARIANT)/tests/unit/%: tests/unit/%.c $(LIBRARY)
	$(call msg,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -Itests $(CFLAGS) -MMD -MP -MF $@.d $< $(LIBRARY) $(LDLIBS) -lcriterion -o $@

.PHONY: check-built
check-built: lint check-generated check-clang ## Every test, without installing anything
	$(Q)$(MAKE) --no-print-directory SAN=address,undefined build/asan/ktally test-unit-programs
	$(Q)$(MAKE) --no-print-directory test-all

.PHONY: test-unit-programs
test-unit-programs: $(UNIT_TESTS)

.PHONY: test-all
test-all: all $(UNIT_TESTS) $(WORKLOAD) $(CRI)
	$(Q)$(TEST_ENV) tests/run $(UNIT_TESTS) $(UNIT_TESTS:$(VARIANT)/%=build/asan/%) $(CONFORMANCE_TESTS) $(E2E_TESTS) $(WEB_TESTS) tests/kernels-some

.PHONY: check-clang
check-clang: $(FUZZERS) ## Everything compiles without a warning under clang too, and so do the fuzz targets
	$(Q)$(MAKE) --no-print-directory CC=$(CLANG) WERROR=1 build/$(CLANG)/ktally

.PHONY: check-generated
check-generated: all ## Generated documents are up to date
	$(Q)for page in METRICS:'metrics --markdown' CONFIGURATION:'run --markdown'; do \
		file=docs/$${page%%:*}.md; build/ktally $${page#*:} | cmp -s - $$file || \
		{ echo "$$file is stale: make docs"; exit 1; }; done

.PHONY: docs
docs: all ## Write docs/METRICS.md and docs/CONFIGURATION.md
	$(Q)build/ktally metrics --markdown > docs/METRICS.md
	$(Q)build/ktally run --markdown > docs/CONFIGURATION.md

.PHONY: check-kernels
check-kernels: all $(WORKLOAD) ## The exact-count suite on 5.10, 6.1, 6.12 and 7.x with cgroup v1, v2 and hybrid (root, QEMU)
	$(Q)tools/deps kernels
	$(Q)tests/run tests/kernels

.PHONY: check-kube
check-kube: all ## On a real one-node Kubernetes of its own (root; the first run builds it, 15 minutes)
	$(Q)tools/deps kube
	$(Q)$(TEST_ENV) tests/run tests/kube/check

.PHONY: check-prometheus
check-prometheus: all $(WORKLOAD) ## The daemon scraped by Debian's Prometheus and by one of 2025, built here (root, Go 1.24; 6 minutes the first time)
	$(Q)tools/deps test
	$(Q)tools/unpack prometheus
	$(Q)cd tests/conformance/prometheus && PATH=$$PATH:/usr/local/go/bin go build -tags remove_all_sd -o $(CURDIR)/build/prometheus github.com/prometheus/prometheus/cmd/prometheus
	$(Q)$(TEST_ENV) tests/run tests/e2e/36-prometheus.sh
	$(Q)$(TEST_ENV) PROMETHEUS=$(CURDIR)/build/prometheus tests/run tests/e2e/36-prometheus.sh

.PHONY: check-web
check-web: ## The page in a browser, against invented numbers and the daemon (root, Chromium, npm; pictures in build/web)
	$(Q)tools/deps build web
	$(Q)tools/unpack redis-server redis-tools
	$(Q)$(MAKE) --no-print-directory all $(WORKLOAD)
	$(Q)$(TEST_ENV) tests/run $(WEB_TESTS)

.PHONY: verify-programs
verify-programs: all ## Load every BPF program and show its size
	$(Q)tools/as-root build/ktally check

build/fuzz/%: tests/fuzz/%.c FORCE | $(PROTOBUFS)
	$(call msg,FUZZ,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(CPPFLAGS) -Itests -Iuser/enrich -Iuser/read -std=gnu17 -g -O1 -fsanitize=fuzzer,address,undefined $< $(FUZZ_SOURCES_$*) $(LDLIBS) -o $@

.PHONY: fuzz
fuzz: $(FUZZERS) ## Every fuzz target for 60 s (FUZZ_SECONDS=N)
	$(Q)for target in $(FUZZERS); do echo "  FUZZ    $$target"; seeds=tests/fixtures/$${target##*/fuzz_}; \
		mkdir -p $$target.found; [ -d $$seeds ] || seeds=; \
		$$target $$target.found $$seeds -max_total_time=$(or $(FUZZ_SECONDS),60) -print_final_stats=1 >$$target.log 2>&1 || { tail -n 30 $$target.log; exit 1; }; done

.PHONY: test-unit
test-unit: $(UNIT_TESTS) ## Unit tests: no root, no network
	$(Q)tests/run $(UNIT_TESTS)

.PHONY: test-conformance
test-conformance: ## The expositions against the rules of their formats and other readers: no root
	$(Q)$(TEST_ENV) tests/run $(CONFORMANCE_TESTS)

.PHONY: test-e2e
test-e2e: all $(WORKLOAD) $(CRI) ## The whole daemon against real work (root)
	$(Q)$(TEST_ENV) tests/run $(E2E_TESTS)

.PHONY: lint
lint: ## Layers, names, sizes, shell, format
	$(Q)for script in tests/lint/[a-z]*.sh; do case $$script in */lib.sh) ;; *) echo "  LINT    $$script"; $$script || exit 1 ;; esac; done

.PHONY: format
format: ## Rewrite C files as .clang-format says
	$(Q)tests/lint/format.sh --fix || true

.PHONY: clean
clean: ## Remove build/
	$(Q)rm -rf build

.PHONY: help
help: ## This list
	$(Q)awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

FORCE:
-include $(shell find build -type f -name '*.d' 2>/dev/null)
