// SPDX-License-Identifier: Apache-2.0
// The node in four cards: of CPU, memory, disks and network how much is used, what waits, and what fails.

import { element, setClass, setText } from "./dom.js";
import { format, isKnown } from "./units.js";
import { Chart } from "./chart.js";
import { link } from "./route.js";

const line = (name, label, colour) => ({ name, label, colour });
const sum = (rows, name) => {
	const known = (rows ?? []).map((row) => row[name]).filter(isKnown);
	return known.length ? known.reduce((a, b) => a + b, 0) : NaN;
};
const highest = (rows, name) => Math.max(...(rows ?? []).map((row) => row[name]).filter(isKnown), -Infinity);
const ratio = (value, whole) => (isKnown(value) && whole > 0 ? value / whole : NaN);

// Facts: [label, text, level]; what is not known is left out.
const fact = (label, value, unit, warn = Infinity, bad = Infinity) =>
	(isKnown(value) ? [[label, format(value, unit), value >= bad ? "bad" : value >= warn ? "warn" : ""]] : []);

const both = (rows, a, b) => {
	const sums = [sum(rows, a), sum(rows, b)].filter(isKnown);
	return sums.length ? sums.reduce((x, y) => x + y, 0) : NaN;
};

const CARDS = [
	{
		id: "cpu", title: "CPU", limitLabel: "cores", unit: "cores", isStacked: true, series: [line("cpu_user_cores", "user", "s0"), line("cpu_system_cores", "system", "s1")],
		top: (node) => node.cores,
		head: (node) => [format(ratio(node.cpu_cores, node.cores), "ratio"), `${format(node.cpu_cores, "cores")} of ${node.cores ?? "?"} cores`, ratio(node.cpu_cores, node.cores) > 0.9 ? "warn" : ""],
		saturation: (node) => [...fact("threads wait", node.cpu_waiting_threads, "threads", node.cores, 4 * node.cores), ...fact("wait p99", node.cpu_waiting_p99_seconds, "seconds", 0.02, 0.1), ...fact("pressure", node.pressure_cpu_ratio, "ratio", 0.2, 0.5)],
		errors: (node, { throttled }) => fact("throttled containers", throttled, "count", 1),
	}, {
		id: "memory", title: "Memory", limitLabel: "all", unit: "bytes", series: [line("memory_working_set_bytes", "working set", "s0"), line("memory_cache_bytes", "page cache", "s2")],
		top: (node) => node.memory_bytes,
		head: (node) => [format(ratio(node.memory_working_set_bytes, node.memory_bytes), "ratio"), `${format(node.memory_working_set_bytes, "bytes")} of ${format(node.memory_bytes, "bytes")}`, ratio(node.memory_working_set_bytes, node.memory_bytes) > 0.9 ? "warn" : ""],
		saturation: (node) => [...fact("pressure", node.pressure_memory_ratio, "ratio", 0.05, 0.2), ...fact("pages read back", node.major_faults_per_second, "count/s", 50, 1000), ...fact("swap", node.memory_swap_bytes, "bytes")],
		errors: (node, { oom }) => fact("OOM kills, 10 min", oom, "count", 1, 1),
	}, {
		id: "disk", title: "Disks", unit: "bytes/s", series: [line("disk_read_bytes_per_second", "read", "s0"), line("disk_written_bytes_per_second", "written", "s1")],
		head: (node) => {
			const read = isKnown(sum(node.disks, "read_bytes_per_second")) ? sum(node.disks, "read_bytes_per_second") : node.disk_read_bytes_per_second;
			const written = isKnown(sum(node.disks, "written_bytes_per_second")) ? sum(node.disks, "written_bytes_per_second") : node.disk_written_bytes_per_second;
			return [format(isKnown(read) || isKnown(written) ? (read || 0) + (written || 0) : NaN, "bytes/s"), `${format(read, "bytes/s")} read, ${format(written, "bytes/s")} written`, ""];
		},
		saturation: (node) => [...fact("threads wait", node.wait_disk_threads, "threads", 2, 8), ...fact("in queue", sum(node.disks, "queue_depth"), "count"), ...fact("slowest p99", highest(node.disks, "p99_seconds"), "seconds", 0.1, 1), ...fact("pressure", node.pressure_io_ratio, "ratio", 0.2, 0.5)],
		errors: () => [],
	}, {
		id: "network", title: "Network", unit: "bytes/s", series: [line("network_receive_bytes_per_second", "sockets in", "s0"), line("network_transmit_bytes_per_second", "out", "s1")],
		head: (node) => {
			const received = sum(node.interfaces, "receive_bytes_per_second"), sent = sum(node.interfaces, "transmit_bytes_per_second");
			const hasDevices = isKnown(received) || isKnown(sent);
			const [down, up] = hasDevices ? [received, sent] : [node.network_receive_bytes_per_second, node.network_transmit_bytes_per_second];
			return [format(isKnown(down) || isKnown(up) ? (down || 0) + (up || 0) : NaN, "bytes/s"), `${format(down, "bytes/s")} in, ${format(up, "bytes/s")} out` + (hasDevices ? "" : " (sockets)"), ""];
		},
		saturation: (node) => [...fact("dropped", both(node.interfaces, "receive_dropped_per_second", "transmit_dropped_per_second"), "count/s", 1, 100), ...fact("connections", node.tcp_connections, "count")],
		errors: (node) => [...fact("errors", both(node.interfaces, "receive_errors_per_second", "transmit_errors_per_second"), "count/s", 0.1, 10), ...fact("retransmits", node.tcp_retransmits_per_second, "count/s", 5, 100)],
	},
];

export const NODE_SERIES = [...new Set(CARDS.flatMap((card) => card.series.map((one) => one.name)))];

class Facts {
	constructor(label) {
		this.rows = [];
		this.node = element("div", { class: "facts" }, element("span", { class: "facts-label" }, label));
	}

	show(facts) {
		this.node.hidden = facts.length === 0;
		while (this.rows.length > facts.length)
			this.rows.pop().remove();
		facts.forEach(([label, text, level], i) => {
			if (!this.rows[i]) {
				const name = element("span"), value = element("b");
				this.rows[i] = Object.assign(element("span", {}, name, " ", value), { name, value });
				this.node.append(this.rows[i]);
			}
			setText(this.rows[i].name, label);
			setText(this.rows[i].value, text);
			setClass(this.rows[i].value, level);
		});
	}
}

export class NodeHeader {
	constructor(timeline) {
		this.cards = CARDS.map((card) => this.makeCard(card, timeline));
		this.node = element("section", { class: "cards", "aria-label": "The node" }, ...this.cards.map((card) => card.node));
	}

	end() {
		for (const card of this.cards)
			card.chart.end();
	}

	makeCard(card, timeline) {
		const chart = new Chart(timeline, { ...card, height: 96, note: null, top: null, limit: card.top ? () => (this.last ? card.top(this.last) : NaN) : null });
		const big = element("strong"), text = element("span", { class: "sub" });
		const saturation = new Facts("waits"), errors = new Facts("fails");
		chart.node.prepend(element("div", { class: "card-head" }, element("h2", {}, element("a", { href: link("node", {}) }, card.title)), big, text), saturation.node, errors.node);
		chart.node.querySelector("h3").remove();
		return { card, chart, big, text, saturation, errors, node: chart.node };
	}

	// context: { throttled, oom }: how many containers
	show(node, context) {
		this.last = node;
		for (const { card, big, text, saturation, errors } of this.cards) {
			const [value, words, level] = card.head(node);
			setText(big, value);
			setClass(big, level);
			setText(text, words);
			saturation.show(card.saturation(node));
			errors.show(card.errors(node, context));
		}
	}
}
