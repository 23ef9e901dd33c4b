# SPDX-License-Identifier: Apache-2.0
# The overhead harness (tools/bench/README.md). Included by the Makefile.

BENCH_SOURCES := $(wildcard tools/bench/*.c)
BENCH_SOURCES := $(filter-out %.bpf.c,$(BENCH_SOURCES))
BENCH_OBJECTS := $(BENCH_SOURCES:%.c=$(VARIANT)/%.o)
BENCH_PROGRAM := $(BENCH)/bench

build/gen/empty.bpf.o: tools/bench/empty.bpf.c
	$(call msg,BPF,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -c $< -o $@
	$(Q)$(STRIP) -g $@

$(BENCH_OBJECTS): CPPFLAGS += -Itools/bench
$(VARIANT)/tools/bench/variant.o: build/gen/empty.skel.h

$(BENCH_PROGRAM): $(BENCH_OBJECTS) $(LIBRARY)
	$(call msg,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $^ $(LDLIBS) -o $@

.PHONY: bench
bench: all $(BENCH_PROGRAM) $(WORKLOAD) ## Measure everything (root, two CPUs, 25 minutes); writes docs/BENCHMARKS.md
	$(Q)tools/deps bench
	$(Q)tools/unpack prometheus-node-exporter redis-server redis-tools nginx
	$(Q)mkdir -p docs
	$(Q)PATH=$$PATH:$(CURDIR)/build/unpacked/usr/bin:$(CURDIR)/build/unpacked/usr/sbin:$(CURDIR)/build $(BENCH_PROGRAM) --markdown docs/BENCHMARKS.md --date "$$(date -u +%F)" $(ARGS)

.PHONY: bench-quick
bench-quick: all $(BENCH_PROGRAM) $(WORKLOAD) ## The same with few rounds (under a minute), only printed
	$(Q)$(BENCH_PROGRAM) --quick $(ARGS)
