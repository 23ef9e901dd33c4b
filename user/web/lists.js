// SPDX-License-Identifier: Apache-2.0
// The tables below the charts: a row of LISTS each, with where its rows come from.

import { element, setAttribute, setText } from "./dom.js";
import { linkTo } from "./route.js";
import { nameOf } from "./columns.js";
import { Table } from "./table.js";


const number = (id, label, unit, title) => ({ id, label, unit, title, value: (item) => item[id] });
const text = (id, label, say = (item) => item[id] || "–") => ({ id, label, class: "text", value: (item) => say(item), make: makeText, paint: (cell, item) => setText(cell.text, say(item)) });

function makeText(cell) {
	cell.text = element("bdi");
	cell.append(cell.text);
}

const linked = (id, label, view, say) => ({
	id, label, class: "text", value: (item) => say(item).toLowerCase(),
	make: (cell) => {
		cell.name = element("bdi");
		cell.link = element("a", {}, cell.name);
		cell.append(cell.link);
	},
	paint: (cell, item) => {
		setText(cell.name, say(item));
		setAttribute(cell.link, "href", linkTo(view, item));
	},
});

const container = linked("container", "Container", "container", nameOf);
const program = linked("program", "Program", "program", (item) => item.program || "(none)");
const cpu = number("cpu_cores", "CPU", "cores");
// Who the other end is, where ktally knows it; what has no name has an address.
const peerOf = (item) => (item.peer_kind === "host" ? "(host)" : [item.peer_pod, item.peer_container].filter(Boolean).join("/") || "–");
const rates = [
	number("cpu_waiting_threads", "Waits for CPU", "threads"), number("syscalls_per_second", "System calls", "count/s"), number("syscall_errors_per_second", "Errors", "count/s"),
	number("disk_read_bytes_per_second", "Disk read", "bytes/s"), number("disk_written_bytes_per_second", "Disk written", "bytes/s"),
	number("network_receive_bytes_per_second", "Received", "bytes/s"), number("network_transmit_bytes_per_second", "Transmitted", "bytes/s"),
];

// Joins rows of several families by their label.
function join(detail, label, families) {
	const rows = new Map();
	for (const [column, family] of Object.entries(families)) {
		for (const row of detail.rates.rows(family, label)) {
			const into = rows.get(row.name) ?? { name: row.name };
			into[column] = row.rate;
			if (column === "operations")
				Object.assign(into, { p50: row.quantile(0.5), p90: row.quantile(0.9), p99: row.quantile(0.99) });
			rows.set(row.name, into);
		}
	}
	return [...rows.values()].filter((row) => Object.values(row).some((value) => value > 0));
}

const LISTS = [
	{ views: ["pod"], title: "Containers", sort: "-cpu_cores", key: (item) => item.container, rows: (detail) => detail.answers.containers?.items, columns: [container, cpu, number("memory_working_set_bytes", "Memory", "bytes"), number("cpu_throttled_ratio", "Throttled", "ratio"), number("oom_kills", "OOM kills", "count"), ...rates] },
	{
		views: ["container", "pod", "program"], title: "System calls by class", sort: "-calls", key: (item) => item.name, waits: true,
		rows: (detail) => join(detail, "class", { calls: "syscalls_total", errors: "syscall_errors" }),
		columns: [text("name", "Class"), number("calls", "Calls", "count/s"), number("errors", "Errors", "count/s"), { id: "share", label: "Fail", unit: "ratio", value: (item) => (item.calls > 0 ? (item.errors ?? 0) / item.calls : NaN) }],
	},
	{
		views: ["container", "pod"], title: "Requests to disks", sort: "-operations", key: (item) => item.name, waits: true,
		rows: (detail) => join(detail, "operation", { operations: "disk_latency", bytes: "disk_transferred" }),
		columns: [text("name", "Operation"), number("operations", "Requests", "count/s"), number("bytes", "Bytes", "bytes/s"), number("p50", "p50", "seconds", "Half of the last 10 seconds' requests were faster"), number("p90", "p90", "seconds"), number("p99", "p99", "seconds")],
	},
	{
		views: ["container", "pod", "program"], title: "Network by protocol", sort: "-receive", key: (item) => item.name, waits: true,
		rows: (detail) => join(detail, "protocol", { receive: "network_receive", transmit: "network_transmit" }),
		columns: [text("name", "Protocol"), number("receive", "Received", "bytes/s"), number("transmit", "Transmitted", "bytes/s")],
	},
	{
		views: ["pod"], title: "Interfaces", sort: "interface", key: (item) => item.interface, rows: (detail) => detail.subject?.interfaces,
		columns: [text("interface", "Interface"), number("receive_bytes_per_second", "Received", "bytes/s"), number("transmit_bytes_per_second", "Transmitted", "bytes/s"), number("receive_dropped_per_second", "Dropped in", "count/s"), number("transmit_dropped_per_second", "Dropped out", "count/s")],
	},
	{
		views: ["node"], title: "Disks", sort: "device", key: (item) => item.device, rows: (detail) => detail.subject?.disks,
		columns: [text("device", "Disk"), number("read_bytes_per_second", "Read", "bytes/s"), number("written_bytes_per_second", "Written", "bytes/s"), number("operations_per_second", "Requests", "count/s"), number("p50_seconds", "p50", "seconds"), number("p99_seconds", "p99", "seconds"), number("queue_depth", "In queue", "count")],
	},
	{
		views: ["node"], title: "Interfaces", sort: "interface", key: (item) => item.interface, rows: (detail) => detail.subject?.interfaces,
		columns: [text("interface", "Interface"), number("receive_bytes_per_second", "Received", "bytes/s"), number("transmit_bytes_per_second", "Transmitted", "bytes/s"), number("receive_dropped_per_second", "Dropped in", "count/s"), number("transmit_dropped_per_second", "Dropped out", "count/s"), number("receive_errors_per_second", "Errors in", "count/s"), number("transmit_errors_per_second", "Errors out", "count/s")],
	},
	{
		views: ["node"], title: "System calls", sort: "-calls_per_second", key: (item) => item.syscall, page: 15, rows: (detail) => detail.answers.syscalls?.items ?? detail.answers.syscalls?.syscalls ?? (Array.isArray(detail.answers.syscalls) ? detail.answers.syscalls : undefined),
		columns: [text("syscall", "Call"), number("calls_per_second", "Calls", "count/s"), number("calls", "In all", "count")],
	},
	{ views: ["container", "pod"], title: "Programs", sort: "-cpu_cores", key: (item) => item.container + "\n" + item.program, page: 20, rows: (detail) => detail.answers.programs?.items, columns: [program, cpu, number("processes", "Processes", "count"), number("threads", "Threads", "count"), ...rates] },
	{ views: ["node"], title: "Busiest programs", sort: "-cpu_cores", key: (item) => [item.namespace, item.pod, item.container, item.program].join("\n"), page: 20, rows: (detail) => detail.answers.programs?.items, columns: [program, { ...container, head: null }, cpu, number("processes", "Processes", "count"), ...rates] },
	{
		views: ["container", "pod", "program", "node"], title: "Processes", sort: "-cpu_cores", key: (item) => String(item.pid), page: 20, rows: (detail) => detail.answers.processes?.items,
		columns: [{ id: "pid", label: "PID", unit: "count", value: (item) => item.pid, text: (item) => String(item.pid) }, program, cpu, number("cpu_seconds", "CPU in all", "seconds", "Since ktally sees it"), number("memory_resident_bytes", "Memory", "bytes", "Resident memory"), number("threads", "Threads", "count"), ...rates],
	},
	{
		views: ["container", "pod"], title: "Connections", sort: "-open", page: 20, needs: "connections",
		key: (item) => [item.container, item.direction, item.peer_address, item.port].join("\n"), rows: (detail) => detail.answers.connections?.items,
		columns: [text("peer", "Peer", peerOf), text("peer_address", "Address"), { id: "port", label: "Port", unit: "count", value: (item) => item.port, text: (item) => String(item.port ?? "–") }, text("direction", "Direction"), number("open", "Open", "count"), number("opened", "Opened", "count"), number("failed", "Failed", "count"), number("sent_bytes", "Sent", "bytes"), number("received_bytes", "Received", "bytes"), number("retransmits", "Retransmits", "count"), number("round_trip_seconds", "Round trip", "seconds")],
	},
];

class List {
	constructor(row, detail) {
		this.row = row;
		const isThere = !row.needs || !detail.endpoints || detail.endpoints.has(row.needs);
		this.table = new Table({
			caption: row.title, columns: row.columns.map((column) => ({ ...column })), key: row.key, sort: row.sort, page: row.page ?? 50,
			empty: () => (!isThere ? "This ktally does not tell them." : this.isLoading ? "Loading." : "None now."),
		});
		this.node = element("section", { class: row.columns.length > 7 ? "panel list wide" : "panel list" }, this.table.node);
	}

	end() {
		this.table.end();
	}

	show(detail) {
		const rows = this.row.rows(detail);
		this.isLoading = this.row.waits ? detail.rates.answers.length < 2 : rows === undefined;
		this.table.show(rows ?? []);
	}
}

export function makeLists(view, detail) {
	return LISTS.filter((row) => row.views.includes(view)).map((row) => new List(row, detail));
}

