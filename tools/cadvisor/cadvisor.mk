# SPDX-License-Identifier: Apache-2.0
# ktally beside a real cAdvisor, on this machine and in a guest with cgroup v2. Not part of `make check`; needs Go 1.25 or later.

build/cadvisor: $(wildcard tools/cadvisor/*.go tools/cadvisor/go.*)
	$(call msg,GO,$@)
	$(Q)cd tools/cadvisor && go build -trimpath -o $(CURDIR)/$@ .

.PHONY: compare-cadvisor
compare-cadvisor: all $(WORKLOAD) $(CRI) build/cadvisor ## Write docs/CADVISOR.md: ktally beside a real cAdvisor (root, Go, QEMU)
	$(Q)tools/deps test kernels
	$(Q)$(TEST_ENV) SCENE_KUBELET=true tools/cadvisor/scene build/compare/host build/cadvisor
	$(Q)tools/vmtest/vmtest fetch 6.12
	$(Q)mkdir -p build/compare/v2
	$(Q)tools/vmtest/vmtest run 6.12 --rw $(CURDIR)/build/compare --disk 64 --cgroup v2 --mem 2048 --timeout 900 -- env $(TEST_ENV) \
		SCENE_KUBELET=true DAEMON_START_LIMIT=200 tools/cadvisor/scene build/compare/v2 build/cadvisor
	$(Q)tools/cadvisor/compare.py build/compare/host build/compare/v2 > docs/CADVISOR.md
