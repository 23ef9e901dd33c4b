// SPDX-License-Identifier: Apache-2.0
// Which charts a view has: a row each. `levels`: C container or pod, P program, N node.

const line = (name, label, colour) => ({ name, label, colour });

export const CHARTS = [
	{
		levels: "CPN", title: "CPU", unit: "cores", isStacked: true, limit: "cpu", note: "Cores in use, in programs and in the kernel",
		series: [line("cpu_user_cores", "user", "s0"), line("cpu_system_cores", "system", "s1")],
	},
	{
		levels: "CN", title: "Memory", unit: "bytes", limit: "memory", note: "Working set: all but what can be dropped at once",
		series: [line("memory_working_set_bytes", "working set", "s0"), line("memory_rss_bytes", "anonymous", "s3"), line("memory_cache_bytes", "page cache", "s2"), line("memory_swap_bytes", "swap", "s5")],
	},
	{ levels: "P", title: "Resident memory", unit: "bytes", series: [line("memory_resident_bytes", "resident", "s0")] },
	{ levels: "C", title: "Throttled", unit: "ratio", needs: "cpu_limit_cores", note: "Periods in which the CPU limit was reached", series: [line("cpu_throttled_ratio", "of periods", "s5")] },
	{ levels: "CN", kind: "heat", title: "Waits for a CPU: how long", isWide: true, height: 220, note: "From ready to running, each wait counted by how long it was" },
	{
		levels: "CPN", title: "Threads that wait, by what for", unit: "threads", isStacked: true, isWide: true, height: 170, note: "Threads on average; sleeping and polling is mostly rest",
		series: [
			line("cpu_waiting_threads", "CPU", "s5"), line("wait_disk_threads", "disk", "s1"), line("wait_lock_threads", "lock", "s3"), line("wait_network_threads", "network", "s0"),
			line("wait_pipe_threads", "pipe", "s2"), line("wait_poll_threads", "poll", "s4"), line("wait_sleep_threads", "sleep", "s6"), line("wait_other_threads", "other", "muted"),
		],
	},
	{ levels: "CPN", title: "System calls", unit: "count/s", series: [line("syscalls_per_second", "calls", "s0"), line("syscall_errors_per_second", "errors", "s5")] },
	{ levels: "CPN", title: "Files", unit: "bytes/s", series: [line("file_read_bytes_per_second", "read", "s0"), line("file_written_bytes_per_second", "written", "s1")] },
	{ levels: "CPN", title: "Operations on files", unit: "count/s", series: [line("file_reads_per_second", "reads", "s0"), line("file_writes_per_second", "writes", "s1"), line("file_opens_per_second", "opens", "s2")] },
	{ levels: "CPN", title: "Disk", unit: "bytes/s", series: [line("disk_read_bytes_per_second", "read", "s0"), line("disk_written_bytes_per_second", "written", "s1")] },
	{ levels: "CPN", title: "Network", unit: "bytes/s", note: "Payload of sockets, all protocols", series: [line("network_receive_bytes_per_second", "received", "s0"), line("network_transmit_bytes_per_second", "transmitted", "s1")] },
	{ levels: "CN", title: "TCP", unit: "count/s", needs: "tcp_opened_per_second", series: [line("tcp_opened_per_second", "opened", "s0"), line("tcp_retransmits_per_second", "retransmits", "s5")] },
	{ levels: "CN", title: "Pressure", unit: "ratio", note: "Time in which some task stood still for lack of it", series: [line("pressure_cpu_ratio", "CPU", "s5"), line("pressure_memory_ratio", "memory", "s0"), line("pressure_io_ratio", "disk", "s1")] },
	{ levels: "CPN", title: "Processes and threads", unit: "count", series: [line("processes", "processes", "s0"), line("threads", "threads", "s2")] },
	{ levels: "CPN", title: "Starts and failures", unit: "count/s", series: [line("process_starts_per_second", "starts", "s0"), line("process_failures_per_second", "failures", "s5")] },
	{ levels: "CPN", title: "Context switches and page faults", unit: "count/s", series: [line("context_switches_per_second", "switches", "s0"), line("page_faults_per_second", "faults", "s2"), line("major_faults_per_second", "from disk", "s5")] },
];

export const chartsOf = (level) => CHARTS.filter((chart) => chart.levels.includes(level));

// Series that the daemon keeps no history of (series.def): they are drawn from when the page was opened.
const NOT_KEPT = new Set(["page_faults_per_second", "file_reads_per_second", "file_writes_per_second", "file_opens_per_second", "memory_swap_bytes"]);

// Names of the series of a level: those with history, and those without.
export function seriesOf(level) {
	const names = [...new Set(chartsOf(level).flatMap((chart) => (chart.series ?? []).map((one) => one.name)))];
	return { kept: names.filter((name) => !NOT_KEPT.has(name)), others: names.filter((name) => NOT_KEPT.has(name)) };
}
