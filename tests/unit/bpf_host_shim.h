/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause OR Apache-2.0 */
#pragma once
/* Plain C for what bpf/ takes from libbpf's headers and from the kernel. After vmlinux.h, before anything of bpf/. */

/* libbpf's headers are then empty */
#define __BPF_HELPERS__
#define __BPF_CORE_READ_H__
#define __BPF_TRACING_H__

#define SEC(name)
#define __uint(name, value) int(*name)[value]
#define __type(name, value) __typeof__(value) *name
#define __always_inline inline __attribute__((always_inline))
#define __noinline __attribute__((noinline))
#define __weak __attribute__((weak))
#define __ksym
#define BPF_PROG(name, ...) name(__VA_ARGS__)
#define NULL ((void *)0)
#define barrier() asm volatile("" ::: "memory")

/* Reads of kernel memory: what is not there reads as 0. */
static inline bool host_is_readable(const void *address)
{
	return (unsigned long)address >= 65536;
}

static long bpf_probe_read_kernel(void *to, __u32 size, const void *from)
{
	if (!host_is_readable(from)) {
		__builtin_memset(to, 0, size);
		return -14;
	}
	__builtin_memcpy(to, from, size);
	return 0;
}

static long bpf_probe_read_kernel_str(void *to, __u32 size, const void *from)
{
	const char *text = from;
	char *copy = to;
	__u32 i;

	if (!host_is_readable(from) || !size)
		return -14;
	for (i = 0; i + 1 < size && text[i]; i++)
		copy[i] = text[i];
	copy[i] = '\0';
	return i + 1;
}

/* One step of BPF_CORE_READ; `n` tells the steps' variables apart. */
#define HOST_READ(n, source, member)                                                                     \
	({                                                                                               \
		__typeof__(source) source_##n = (source);                                                \
		__typeof__(source_##n->member) value_##n;                                                \
		bpf_probe_read_kernel((void *)&value_##n, sizeof(value_##n),                             \
				      host_is_readable(source_##n) ? (const void *)&source_##n->member : \
								     NULL);                              \
		value_##n;                                                                               \
	})
#define HOST_READ_1(source, a) HOST_READ(1, source, a)
#define HOST_READ_2(source, a, b) HOST_READ(2, HOST_READ_1(source, a), b)
#define HOST_READ_3(source, a, b, c) HOST_READ(3, HOST_READ_2(source, a, b), c)
#define HOST_READ_CHOOSE(a, b, c, name, ...) name
#define BPF_CORE_READ(source, ...) \
	HOST_READ_CHOOSE(__VA_ARGS__, HOST_READ_3, HOST_READ_2, HOST_READ_1, )(source, __VA_ARGS__)
#define BPF_CORE_READ_BITFIELD(source, member) ((source)->member)
#define bpf_core_field_exists(member) (sizeof((member) + 0) > 0)
#define bpf_core_type_exists(type) (sizeof(type) == 0) /* asked for what kernels do not have any more */
#define bpf_core_enum_value_exists(type, value) ((type)(value) == (value))
#define bpf_core_field_offset(type, member) __builtin_offsetof(type, member)
#define bpf_core_type_id_kernel(type) ((__u32)sizeof(type))

/* Memory of user space: the test's own, but for low addresses. */
static long bpf_probe_read_user(void *to, __u32 size, const void *from)
{
	return bpf_probe_read_kernel(to, size, from);
}

/* Helpers; bpf_host.c has them. */
static void *bpf_map_lookup_elem(const void *map, const void *key);
static void *bpf_map_lookup_percpu_elem(const void *map, const void *key, __u32 cpu);
static long bpf_map_update_elem(const void *map, const void *key, const void *value, __u64 flags);
static long bpf_map_delete_elem(const void *map, const void *key);
static long bpf_map_push_elem(const void *map, const void *value, __u64 flags);
static long bpf_map_pop_elem(const void *map, void *value);
static __u32 bpf_get_smp_processor_id(void);
static __u64 bpf_get_current_task(void);
static struct task_struct *bpf_get_current_task_btf(void);
static __u64 bpf_get_current_pid_tgid(void);
static __u64 bpf_ktime_get_ns(void);
static void *bpf_sk_storage_get(const void *map, void *sk, void *value, __u64 flags);
static struct socket *bpf_sock_from_file(struct file *file);
static long bpf_task_pt_regs(struct task_struct *task);
static long bpf_seq_write(void *seq, const void *data, __u32 size);
static long bpf_ringbuf_output(const void *map, const void *data, __u64 size, __u64 flags);
