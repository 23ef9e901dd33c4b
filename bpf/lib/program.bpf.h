/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
/* What every BPF object begins with: kernel types, helpers, maps, what differs between kernels. */
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#ifndef barrier_var
#define barrier_var(variable) asm volatile("" : "+r"(variable))
#endif

#include "lib/maps.bpf.h"

#include "lib/compat.bpf.h"
