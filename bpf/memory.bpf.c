// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Memory: whom the OOM killer chose. */
#include "lib/program.bpf.h"
#include "lib/oom.bpf.h"

/*
 * Process context of the task that found no memory, under oom_lock: one at a time, so that it is never skipped for another
 * thread. Told once per victim (TIF_MEMDIE). Since 4.17; these arguments as feature.c says.
 */
SEC("tp_btf/mark_victim")
int BPF_PROG(mark_victim, struct task_struct *task)
{
	oom_log_victim(BPF_CORE_READ(task, pid), task);
	return 0;
}

/* The same on kernels that tell the pid alone. */
SEC("tp_btf/mark_victim")
int BPF_PROG(mark_victim_pid, int pid)
{
	oom_log_victim(pid, NULL);
	return 0;
}
