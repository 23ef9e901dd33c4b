# SPDX-License-Identifier: Apache-2.0
# The programs of bpf/ compiled for the host: the kernel's types leave no room for libc's headers, so it is an object of its own.

$(VARIANT)/tests/unit/bpf_host.o: tests/unit/bpf_host.c
	$(call msg,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -Ivmlinux/$(ARCH) -Iinclude -Ibpf -MMD -MP -c $< -o $@

$(VARIANT)/tests/unit/test_bpf_%: tests/unit/test_bpf_%.c $(VARIANT)/tests/unit/bpf_host.o $(LIBRARY)
	$(call msg,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -Itests $(CFLAGS) -MMD -MP -MF $@.d $< $(VARIANT)/tests/unit/bpf_host.o $(LIBRARY) $(LDLIBS) -lcriterion -o $@
