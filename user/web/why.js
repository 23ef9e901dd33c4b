// SPDX-License-Identifier: Apache-2.0
// What is out of line with a container, in words, the worst first.
//
// Each rule gives a weight from 0 to 100, or nothing. From BAD on something is being lost or refused (work killed, requests
// failed, time held back); from WARN on work waits for something that somebody could give it; below it is worth knowing only.
// The thresholds, and why:
// - throttled: from 5 % of periods on replies get late, from 25 % on it rules how long everything takes.
// - memory: the kernel begins to take memory back near the limit. The working set counts, which leaves out what can be
//   dropped at once: 90 % is near, 97 % is a moment before a kill.
// - OOM kills: any in the last 10 minutes is bad; older ones are history.
// - waiting for a CPU: a thread that waits all the time (1.0) is worth a look when it waits more than it runs.
// - waiting for disk: 1.0 is one thread that does nothing else; 4.0 is a queue.
// - pressure (time in which some task stood still for lack of it): 10 % is felt, 40 % is most of what one sees.
// - errors of system calls: programs look for files that are not there and read sockets that have nothing, so a share is
//   normal; half of more than 1,000 a second is not.
// - processes: clone() fails at the limit; 90 % is near.
// - failures: programs that end with an error, over and over: 1 in 5 s is a loop. On the host itself scripts do that all day.
// - retransmits: below 1 a second is any network.
// - major faults: pages read back from disk; 50 a second is a thread that waits for them.

import { ago, format, isKnown } from "./units.js";

export const BAD = 70, WARN = 40;
export const RECENT_S = 600;

// How heavy `value` is between `from`, where it begins to count, and `to`.
function weigh(value, from, to, low, high) {
	if (!isKnown(value) || value < from)
		return 0;
	return low + (high - low) * Math.min(1, (value - from) / (to - from));
}

const ratio = (value) => format(value, "ratio");
const part = (value, whole) => (isKnown(value) && isKnown(whole) && whole > 0 ? value / whole : NaN);

const RULES = [
	{
		id: "oom",
		weigh: (item, { oom }) => (oom ? 90 + Math.min(10, oom.count) : 0),
		say: (item, { oom, now }) => `${oom.count === 1 ? "1 OOM kill" : oom.count + " OOM kills"}, last ${ago(oom.time, now)}`,
	}, {
		id: "throttled",
		weigh: (item) => weigh(item.cpu_throttled_ratio, 0.05, 0.25, WARN, BAD) + weigh(item.cpu_throttled_ratio, 0.25, 1, 0, 25),
		say: (item) => `throttled in ${ratio(item.cpu_throttled_ratio)} of periods` + (isKnown(item.cpu_limit_cores) ? `, limit ${format(item.cpu_limit_cores, "cores")} cores` : ""),
	}, {
		id: "memory",
		weigh: (item) => weigh(part(item.memory_working_set_bytes, item.memory_limit_bytes), 0.9, 0.97, 60, 85),
		say: (item) => `memory at ${ratio(part(item.memory_working_set_bytes, item.memory_limit_bytes))} of ${format(item.memory_limit_bytes, "bytes")}`,
	}, {
		id: "processes",
		weigh: (item) => weigh(part(item.threads, item.processes_limit), 0.9, 1, 60, 90),
		say: (item) => `${format(item.threads, "count")} of at most ${format(item.processes_limit, "count")} threads`,
	}, {
		id: "failures",
		weigh: (item) => (item.kind === "host" ? 0 : weigh(item.process_failures_per_second, 0.2, 10, WARN + 10, BAD + 5)),
		say: (item) => `${format(item.process_failures_per_second, "count/s")} programs end with a failure`,
	}, {
		id: "disk",
		weigh: (item) => weigh(item.wait_disk_threads, 0.5, 4, WARN, BAD),
		say: (item) => `${format(item.wait_disk_threads, "threads")} threads wait for disk`,
	}, {
		id: "cpu",
		weigh: (item) => (item.cpu_waiting_threads > 0.5 * item.cpu_cores ? weigh(item.cpu_waiting_threads, 0.5, 4, WARN, BAD - 5) : 0),
		say: (item) => `${format(item.cpu_waiting_threads, "threads")} threads wait for a CPU` + (isKnown(item.cpu_waiting_p99_seconds) ? `, p99 ${format(item.cpu_waiting_p99_seconds, "seconds")}` : ""),
	}, {
		id: "pressure_memory",
		weigh: (item) => weigh(item.pressure_memory_ratio, 0.1, 0.4, WARN + 10, BAD),
		say: (item) => `stands still for lack of memory ${ratio(item.pressure_memory_ratio)} of the time`,
	}, {
		id: "pressure_io",
		weigh: (item) => (item.wait_disk_threads >= 0.5 ? 0 : weigh(item.pressure_io_ratio, 0.1, 0.6, WARN, BAD)),
		say: (item) => `stands still for disk ${ratio(item.pressure_io_ratio)} of the time`,
	}, {
		id: "errors",
		weigh: (item) => (part(item.syscall_errors_per_second, item.syscalls_per_second) >= 0.5 ? weigh(item.syscall_errors_per_second, 500, 20000, WARN, BAD - 5) : 0),
		say: (item) => `${ratio(part(item.syscall_errors_per_second, item.syscalls_per_second))} of system calls fail, ${format(item.syscall_errors_per_second, "count/s")}`,
	}, {
		id: "retransmits",
		weigh: (item) => weigh(item.tcp_retransmits_per_second, 1, 50, WARN, BAD),
		say: (item) => `${format(item.tcp_retransmits_per_second, "count/s")} TCP retransmits`,
	}, {
		id: "major",
		weigh: (item) => weigh(item.major_faults_per_second, 50, 2000, WARN, BAD),
		say: (item) => `${format(item.major_faults_per_second, "count/s")} pages are read back from disk`,
	}, {
		id: "busy",
		weigh: (item, { cores }) => weigh(part(item.cpu_cores, cores), 0.4, 1, 20, WARN - 1),
		say: (item, { cores }) => `uses ${format(item.cpu_cores, "cores")} of ${cores} cores`,
	},
];

// All that is out of line: [{ id, weight, level: "bad"|"warn"|"note", text }], the worst first.
// context: { cores, now, oom: { count, time of the last } of RECENT_S or nothing }
export function findings(item, context) {
	const found = [];
	for (const rule of RULES) {
		const weight = rule.weigh(item, context);
		if (weight > 0)
			found.push({ id: rule.id, weight, level: weight >= BAD ? "bad" : weight >= WARN ? "warn" : "note", text: rule.say(item, context) });
	}
	return found.sort((a, b) => b.weight - a.weight);
}

// One number to sort by, in steps, so that rows do not change places for nothing.
export function urgency(found) {
	if (found.length === 0)
		return 0;
	return Math.round(found[0].weight / 5) * 5 + Math.min(found.length, 5) / 10;
}
