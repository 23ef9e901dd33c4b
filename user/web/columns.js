// SPDX-License-Identifier: Apache-2.0
// The columns of the table of containers, and which of them are shown.

import { element, setAttribute, setClass, setText } from "./dom.js";
import { drawSpark, makeSpark } from "./spark.js";
import { format, isKnown } from "./units.js";
import { linkTo } from "./route.js";
import { urgency } from "./why.js";

export const DEFAULT = ["name", "why", "cpu_cores", "cpu_waiting_threads", "memory_working_set_bytes", "disk", "network", "syscall_errors_per_second"];
export const KIND_NAMES = { container: "container", sandbox: "pod's sandbox", unit: "systemd unit", slice: "slice", host: "the host itself", other: "cgroup", unknown: "not known" };

export const key = (item) => item.namespace + "\n" + item.pod + "\n" + item.container;

// What to call it: the host's own processes have no container, a pod's sandbox has no name.
export function nameOf(item) {
	if (item.container)
		return item.container;
	return item.pod ? "(sandbox)" : item.kind === "host" || !item.kind ? "(host)" : "(no name)";
}

const add = (a, b) => (isKnown(a) || isKnown(b) ? (isKnown(a) ? a : 0) + (isKnown(b) ? b : 0) : NaN);

function makeName(cell) {
	cell.link = element("a", {}, cell.name = element("bdi"));
	cell.place = element("bdi", { class: "sub" });
	cell.why = element("span", { class: "why-inline" });
	cell.append(cell.link, cell.place, cell.why);
}

function paintName(cell, item) {
	const where = [item.namespace, item.pod].filter(Boolean).join(" / ");
	setText(cell.name, nameOf(item));
	setAttribute(cell.link, "href", linkTo("container", item));
	setAttribute(cell.link, "title", nameOf(item) + (item.image ? "\n" + item.image : ""));
	setText(cell.place, where || (KIND_NAMES[item.kind] ?? "") + (item.alive === false ? ", ended" : ""));
	const worst = item.found[0];
	setText(cell.why, worst && worst.level !== "note" ? worst.text : "");
	setClass(cell.why, "why-inline " + (worst?.level ?? ""));
}

function makeWhy(cell) {
	cell.first = element("span", { class: "finding" });
	cell.second = element("span", { class: "sub" });
	cell.append(cell.first, cell.second);
}

function paintWhy(cell, item) {
	const [worst, ...others] = item.found;
	setText(cell.first, worst?.text ?? "");
	setClass(cell.first, "finding " + (worst?.level ?? ""));
	setText(cell.second, others.map((one) => one.text).join("; "));
	setAttribute(cell, "title", item.found.length ? item.found.map((one) => one.text).join("\n") : null);
}

function makeCpu(cell) {
	cell.number = element("span", { class: "value" });
	cell.spark = makeSpark();
	cell.append(cell.spark, cell.number);
}

// A number with a bar that says how much of the limit it is.
function makeBar(cell) {
	cell.number = element("span", { class: "value" });
	cell.fill = element("i");
	cell.bar = element("span", { class: "meter", hidden: true }, cell.fill);
	cell.append(cell.number, cell.bar);
}

function paintBar(cell, value, limit) {
	const part = isKnown(value) && isKnown(limit) && limit > 0 ? Math.min(1, value / limit) : null;
	cell.bar.hidden = part === null;
	if (part === null)
		return;
	const width = Math.round(part * 100) + "%";
	if (cell.fill.shownWidth !== width) {
		cell.fill.shownWidth = width;
		cell.fill.style.width = width;
	}
	setClass(cell.fill, part >= 0.97 ? "bad" : part >= 0.9 ? "warn" : "");
	setAttribute(cell.bar, "title", Math.round(part * 100) + " % of " + format(limit, "bytes"));
}

const plain = (id, label, unit, title) => ({ id, label, unit, title, value: (item) => item[id] });

// trails: the sparklines' values.
export function makeColumns(trails) {
	return [
		{ id: "name", label: "Container", class: "name", value: (item) => nameOf(item).toLowerCase(), make: makeName, paint: paintName },
		{ id: "why", label: "Why look at it", class: "why", isDown: true, title: "What is most out of line", value: (item) => (item.alive === false ? -1 : 0) + urgency(item.found) + Math.min(4e-3, Math.round(Math.log2(1 + 1000 * (item.cpu_cores || 0)) / 2) / 1e4), make: makeWhy, paint: paintWhy },
		{
			id: "cpu_cores", label: "CPU", unit: "cores", class: "cpu", title: "Cores in use, and the last two minutes", value: (item) => item.cpu_cores, make: makeCpu,
			paint: (cell, item) => {
				setText(cell.number, format(item.cpu_cores, "cores"));
				drawSpark(cell.spark, trails.rows.get(key(item)), 0.02);
			},
		},
		plain("cpu_waiting_threads", "Waits for CPU", "threads", "Threads that were ready and waited for a CPU, on average"),
		{
			id: "memory_working_set_bytes", label: "Memory", unit: "bytes", class: "memory", title: "Working set, and how much of the limit it is", value: (item) => item.memory_working_set_bytes, make: makeBar,
			paint: (cell, item) => {
				setText(cell.number, format(item.memory_working_set_bytes, "bytes"));
				paintBar(cell, item.memory_working_set_bytes, item.memory_limit_bytes);
			},
		},
		{ id: "disk", label: "Disk", unit: "bytes/s", title: "Bytes read from disks and written to them", value: (item) => add(item.disk_read_bytes_per_second, item.disk_written_bytes_per_second) },
		{ id: "network", label: "Network", unit: "bytes/s", title: "Payload received and transmitted by sockets", value: (item) => add(item.network_receive_bytes_per_second, item.network_transmit_bytes_per_second) },
		plain("syscall_errors_per_second", "Errors", "count/s", "System calls that returned an error"),
		plain("cpu_throttled_ratio", "Throttled", "ratio", "Periods in which the CPU limit was reached"),
		plain("cpu_limit_cores", "CPU limit", "cores"),
		plain("cpu_waiting_p99_seconds", "CPU wait p99", "seconds", "One wait for a CPU in a hundred was longer"),
		plain("wait_disk_threads", "Waits for disk", "threads", "Threads that waited for a disk, on average"),
		plain("syscalls_per_second", "System calls", "count/s"),
		plain("context_switches_per_second", "Switches", "count/s", "Context switches"),
		plain("page_faults_per_second", "Page faults", "count/s"),
		plain("major_faults_per_second", "Major faults", "count/s", "Page faults that read from disk"),
		plain("file_read_bytes_per_second", "Files read", "bytes/s"),
		plain("file_written_bytes_per_second", "Files written", "bytes/s"),
		plain("file_opens_per_second", "Files opened", "count/s"),
		plain("processes", "Processes", "count"),
		plain("threads", "Threads", "count"),
		plain("process_starts_per_second", "Starts", "count/s", "Processes started"),
		plain("process_failures_per_second", "Failures", "count/s", "Processes that ended with a failure or by a signal"),
		plain("oom_kills", "OOM kills", "count", "Processes killed for lack of memory since ktally sees it"),
		plain("pressure_cpu_ratio", "CPU pressure", "ratio", "Time in which some task stood still for lack of CPU"),
		plain("pressure_memory_ratio", "Memory pressure", "ratio"),
		plain("pressure_io_ratio", "Disk pressure", "ratio"),
		plain("tcp_connections", "TCP", "count", "Open TCP connections"),
		plain("tcp_retransmits_per_second", "Retransmits", "count/s"),
		{ id: "kind", label: "Kind", class: "text", value: (item) => item.kind, text: (item) => KIND_NAMES[item.kind] ?? item.kind },
		{ id: "runtime", label: "Runtime", class: "text", value: (item) => item.runtime, text: (item) => item.runtime || "–" },
		{ id: "image", label: "Image", class: "text long", value: (item) => item.image, text: (item) => item.image || "–" },
	];
}

// The fields of /api/v1/containers that columns and rules read.
export const FIELDS = [
	"namespace", "pod", "container", "kind", "runtime", "image", "alive", "cpu_cores", "cpu_waiting_threads", "cpu_waiting_p99_seconds", "cpu_throttled_ratio",
	"wait_disk_threads", "context_switches_per_second", "page_faults_per_second", "major_faults_per_second", "syscalls_per_second", "syscall_errors_per_second",
	"file_read_bytes_per_second", "file_written_bytes_per_second", "file_opens_per_second", "disk_read_bytes_per_second", "disk_written_bytes_per_second",
	"network_receive_bytes_per_second", "network_transmit_bytes_per_second", "memory_working_set_bytes", "processes", "threads", "process_starts_per_second",
	"process_failures_per_second", "pressure_cpu_ratio", "pressure_memory_ratio", "pressure_io_ratio", "tcp_connections", "tcp_retransmits_per_second",
	"cpu_limit_cores", "memory_limit_bytes", "processes_limit", "oom_kills",
];

const STORED = "ktally.columns";

export function loadChosen() {
	try {
		const chosen = JSON.parse(localStorage.getItem(STORED));
		if (Array.isArray(chosen) && chosen.length)
			return chosen.filter((id) => typeof id === "string");
	} catch { /* nothing kept, or not by us */ }
	return DEFAULT;
}

export function storeChosen(chosen) {
	try {
		localStorage.setItem(STORED, JSON.stringify(chosen));
	} catch { /* then it lasts as long as the page */ }
}
