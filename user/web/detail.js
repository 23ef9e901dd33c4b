// SPDX-License-Identifier: Apache-2.0
// One container, pod, program, or the node: its charts on one timeline, and what belongs to it in tables.

import { ask, Feed } from "./api.js";
import { Chart } from "./chart.js";
import { chartsOf, seriesOf } from "./charts.js";
import { key, KIND_NAMES, nameOf } from "./columns.js";
import { element, setClass, setText } from "./dom.js";
import { EventList, Journal } from "./events.js";
import { Heatmap } from "./heatmap.js";
import { makeLists } from "./lists.js";
import { Rates } from "./metrics.js";
import { change, link, names } from "./route.js";
import { Store, sum } from "./store.js";
import { SPANS, Timeline } from "./timeline.js";
import { clock, format, isKnown, wholeSeconds } from "./units.js";
import { findings } from "./why.js";

const LEVELS = { container: "C", pod: "C", program: "P", node: "N" };
const RETRY_S = 15; // who is looked at is soon kept
const HISTOGRAM = "cpu_runqueue_latency";

const QUESTIONS = {
	container: (who) => ({ containers: { ...who, detail: 1 }, programs: { ...who, limit: 50 }, processes: { ...who, limit: 100 }, connections: { ...who, limit: 100, sort: "-open" } }),
	pod: (who) => ({ pods: { ...who, detail: 1 }, containers: { ...who, limit: 100 }, programs: { ...who, limit: 50 }, processes: { ...who, limit: 100 }, connections: { ...who, limit: 100, sort: "-open" } }),
	program: (who) => ({ programs: { ...who, detail: 1 }, processes: { ...who, limit: 100 } }),
	node: () => ({ programs: { limit: 20 }, processes: { limit: 20 }, syscalls: {} }),
};
const SUBJECT = { container: "containers", pod: "pods", program: "programs", node: "node" };

export class Detail {
	constructor(view, parameters, { onState, onNode, endpoints }) {
		Object.assign(this, { view, onState, onNode, endpoints });
		this.who = names(view, parameters);
		this.level = LEVELS[view];
		this.series = seriesOf(this.level);
		this.span = SPANS[parameters.span] ? Number(parameters.span) : 600;
		const { step, points } = SPANS[this.span];
		this.store = new Store(step, points);
		this.timeline = new Timeline(this.store, { choose: (from, to) => change({ from: Math.round(from), to: Math.round(to) }, true) });
		this.rates = new Rates();
		this.journal = new Journal();
		this.events = new EventList("Events", 30, view === "node" || view === "pod");
		this.lists = makeLists(view, this);
		this.build();
		this.feed = new Feed(this.questions(), { hasStream: !endpoints || endpoints.has("stream"), data: (name, answer) => this.take(name, answer), state: onState });
	}

	end() {
		this.feed.end();
		this.journal.end();
		for (const plot of this.plots.values())
			plot.end();
		for (const list of this.lists)
			list.end();
		cancelAnimationFrame(this.frame);
		this.loading?.abort();
	}

	questions() {
		const all = { node: this.view === "node" ? { detail: 1 } : {}, ...QUESTIONS[this.view](this.who) };
		return Object.fromEntries(Object.entries(all).filter(([name]) => !this.endpoints || this.endpoints.has(name)));
	}

	build() {
		this.title = element("h1", {}, element("bdi", {}, this.view === "node" ? "This node" : this.who.program ?? (this.view === "pod" ? this.who.pod : nameOf(this.who))));
		this.meta = element("dl", { class: "meta" });
		this.findings = element("ul", { class: "headline", "aria-label": "What is out of line" });
		this.gone = element("p", { class: "notice-inline", role: "status", hidden: true });
		this.grid = element("div", { class: "grid" });
		this.plots = new Map();
		this.limits = {};
		this.tables = element("div", { class: "tables" }, ...this.lists.map((list) => list.node), this.events.node);
		this.node = element("div", { class: "detail" }, this.makePath(), element("div", { class: "title" }, this.title, this.makeRange()), this.gone, this.meta, this.findings, this.grid, this.tables);
		for (const chart of chartsOf(this.level))
			if (!chart.needs)
				this.addPlot(chart);
	}

	makePath() {
		const steps = [element("a", { href: "#/containers" }, "All containers")];
		const { namespace, pod, container } = this.who;
		if (pod && this.view !== "pod")
			steps.push(element("a", { href: link("pod", { namespace, pod }) }, "pod ", element("bdi", {}, pod)));
		else if (namespace)
			steps.push(element("span", {}, "namespace ", element("bdi", {}, namespace)));
		if (this.view === "program")
			steps.push(element("a", { href: link("container", { namespace, pod, container }) }, "container ", element("bdi", {}, nameOf(this.who))));
		return element("nav", { class: "path", "aria-label": "Where this is" }, ...steps);
	}

	makeRange() {
		const spans = Object.entries(SPANS).map(([seconds, span]) => element("button", {
			type: "button", title: span.title, "aria-pressed": String(Number(seconds) === this.span),
			onclick: () => change({ span: seconds === "600" ? undefined : seconds, from: undefined, to: undefined }),
		}, span.label));
		this.chosenText = element("button", { type: "button", class: "chosen", title: "Follow the present again (Esc)", hidden: true, onclick: () => this.escape() });
		const zoom = (factor, label, text) => element("button", { type: "button", title: label, "aria-label": label, onclick: () => this.zoom(factor) }, text);
		return element("div", { class: "range", role: "group", "aria-label": "Time shown" }, ...spans, zoom(0.5, "Half the time", "+"), zoom(2, "Twice the time", "−"), this.chosenText);
	}

	zoom(factor) {
		const [first, last] = this.timeline.window();
		const width = (last - first) * factor;
		if (width >= this.store.points - 1)
			return change({ from: undefined, to: undefined });
		const middle = this.timeline.chosen ? (first + last) / 2 : last - width / 2;
		this.timeline.choose(Math.round(middle - width / 2), Math.round(Math.min(middle + width / 2, this.store.head)));
	}

	escape() {
		if (!this.timeline.chosen)
			return false;
		change({ from: undefined, to: undefined });
		return true;
	}

	route({ from, to }) {
		const chosen = from !== undefined && to !== undefined ? { from: Number(from), to: Number(to) } : null;
		this.timeline.chosen = chosen && chosen.from < chosen.to && chosen.to - chosen.from <= 86400 ? chosen : null;
		this.chosenText.hidden = !this.timeline.chosen;
		if (this.timeline.chosen)
			setText(this.chosenText, `${clock(chosen.from)} to ${clock(chosen.to)} ×`);
		this.timeline.draw(true);
	}

	addPlot(chart) {
		const Kind = chart.kind === "heat" ? Heatmap : Chart;
		const plot = new Kind(this.timeline, { ...chart, limit: chart.limit ? () => this.limits[chart.limit] : null });
		this.plots.set(chart, plot);
		const later = [...this.plots.keys()].filter((other) => chartsOf(this.level).indexOf(other) > chartsOf(this.level).indexOf(chart));
		const next = later.sort((a, b) => chartsOf(this.level).indexOf(a) - chartsOf(this.level).indexOf(b))[0];
		this.grid.insertBefore(plot.node, next ? this.plots.get(next).node : null);
	}

	// Whose points are added: a pod's are those of its containers.
	sources() {
		if (this.view === "node")
			return [{ level: "node" }];
		if (this.view !== "pod")
			return [{ level: this.view, ...this.who }];
		return (this.parts ?? []).map((part) => ({ level: "container", ...names("container", part) }));
	}

	async loadHistory() {
		const sources = this.sources();
		if (this.endpoints && !this.endpoints.has("history"))
			return this.explainHistory({ kind: "missing" });
		const { step, points } = SPANS[this.span];
		if (sources.length === 0 || this.isLoading)
			return;
		this.isLoading = true;
		this.loading ??= new AbortController();
		const missing = this.merged === undefined ? points : Math.min(points, Math.ceil((this.time - this.merged) / step) + 2);
		const parameters = { series: this.series.kept.join(","), step, points: Math.max(2, missing) };
		if (this.level !== "P")
			parameters.histogram = HISTOGRAM;
		const answers = await Promise.allSettled(sources.map((source) => ask("history", { ...source, ...parameters }, this.loading.signal)));
		this.isLoading = false;
		if (this.loading.signal.aborted)
			return;
		const good = answers.filter((answer) => answer.status === "fulfilled").map((answer) => answer.value);
		if (good.length) {
			this.hasHistory = true;
			this.store.merge(sum(good));
			this.merged = this.store.newest;
		} else {
			this.explainHistory(answers[0].reason);
		}
		this.dirty();
	}

	// Without history the charts begin when the page was opened.
	explainHistory(problem) {
		if (problem.kind === "gone")
			return;
		this.hasHistory = false;
		this.refusedAt = this.time ?? 0;
		this.timeline.emptyText = problem.kind === "busy" ? "history is off: drawn from now on" : "no history is kept of this: drawn from now on";
	}

	take(name, answer) {
		this.answers ??= {};
		this.answers[name] = answer;
		if (name === "node") {
			this.time = answer.time;
			this.onNode(answer);
		}
		if (this.view === "pod" && name === "containers")
			this.parts = answer.items;
		if (name === SUBJECT[this.view])
			this.takeSubject(this.view === "node" ? answer : answer.items[0], answer.time);
		this.dirty();
	}

	takeSubject(item, time) {
		this.gone.hidden = Boolean(item);
		setClass(this.node, item ? "detail" : "detail stale");
		if (!item) {
			setText(this.gone, this.subject ? "It has ended, and its grace time is over: below is what it did last." : "There is nothing of this name now. It may have ended, or ktally counts it with others.");
			return;
		}
		this.subject = item;
		this.time = Math.max(this.time ?? 0, time);
		this.rates.push(time, item.metrics);
		if (this.hasHistory === false && !(this.store.step > 1))
			this.store.append(time, item, [...this.series.kept, ...this.series.others]);
		else if (this.store.step === 1)
			this.store.append(time, item, this.series.others);
		if ((this.hasHistory !== false || time - this.refusedAt > RETRY_S) && (this.merged === undefined || time - this.merged >= this.store.step * 0.9))
			this.loadHistory();
		this.limits = { cpu: item.cores ?? item.cpu_limit_cores, memory: item.memory_bytes ?? item.memory_limit_bytes };
		for (const chart of chartsOf(this.level))
			if (chart.needs && isKnown(item[chart.needs]) && !this.plots.has(chart))
				this.addPlot(chart);
		for (const [chart, plot] of this.plots)
			plot.node.hidden = Boolean(chart.series) && !chart.series.some((one) => isKnown(item[one.name]) || this.store.has(one.name));
	}

	dirty() {
		this.frame ??= requestAnimationFrame(() => {
			this.frame = null;
			this.show();
		});
	}

	show() {
		if (document.hidden || !this.answers)
			return;
		this.timeline.draw();
		const now = this.time ?? Date.now() / 1000;
		if (this.subject) {
			this.showMeta(this.subject, now);
			this.showFindings(this.subject, now);
		}
		for (const list of this.lists)
			list.show(this);
		this.events.show(this.journal.events, now, (event) => this.isMine(event));
	}

	isMine(event) {
		if (this.view === "node")
			return true;
		return Object.entries(this.who).every(([name, value]) => (event[name] ?? "") === value);
	}

	showMeta(item, now) {
		const rows = this.view === "node" ? [
			["host", item.hostname], ["kernel", item.kernel], ["system", item.system], ["cores", item.cores], ["memory", format(item.memory_bytes, "bytes")],
			["up for", format(item.uptime_seconds, "seconds")], ["profile", item.profile], ["ktally", item.version],
		] : [
			["kind", KIND_NAMES[item.kind] ?? item.kind], ["runtime", item.runtime], ["image", item.image], ["id", item.id], ["pod uid", item.pod_uid], ["class of service", item.qos], ["containers", item.containers],
			["instances", item.instances > 1 ? item.instances : null], ["running for", isKnown(item.started_seconds) && item.started_seconds > 0 ? wholeSeconds(now - item.started_seconds) : null],
			["CPU limit", isKnown(item.cpu_limit_cores) ? format(item.cpu_limit_cores, "cores") + " cores" : null],
			["memory limit", isKnown(item.memory_limit_bytes) ? format(item.memory_limit_bytes, "bytes") : null],
			["thread limit", isKnown(item.processes_limit) ? format(item.processes_limit, "count") : null], ["OOM kills", item.oom_kills || null],
		];
		const shown = rows.filter(([, value]) => value !== undefined && value !== null && value !== "");
		const text = JSON.stringify(shown);
		if (text === this.metaText)
			return;
		this.metaText = text;
		this.meta.replaceChildren(...shown.map(([label, value]) => element("div", {}, element("dt", {}, label), element("dd", { title: String(value) }, element("bdi", {}, String(value))))));
	}

	showFindings(item, now) {
		const kills = this.journal.oomKills(now);
		const context = { cores: this.answers.node?.cores, now };
		let found = [];
		if (this.view === "container")
			found = findings(item, { ...context, oom: kills.get(key(item)) });
		else if (this.view === "pod")
			found = (this.parts ?? []).flatMap((part) => findings(part, { ...context, oom: kills.get(key(part)) }).map((one) => ({ ...one, text: `${nameOf(part)}: ${one.text}` }))).sort((a, b) => b.weight - a.weight);
		else if (this.view === "program")
			found = findings(item, context);
		const lines = found.length ? found : this.view === "node" ? [] : [{ level: "ok", text: "Nothing is out of line." }];
		while (this.findings.children.length > lines.length)
			this.findings.lastChild.remove();
		lines.forEach((one, i) => {
			const row = this.findings.children[i] ?? this.findings.appendChild(element("li"));
			setClass(row, one.level);
			setText(row, one.text);
		});
	}
}
