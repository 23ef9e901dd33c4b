// SPDX-License-Identifier: Apache-2.0
// The first view: the node, what needs a look, and the table of all containers.

import { ask, Feed } from "./api.js";
import { DEFAULT, FIELDS, key, loadChosen, makeColumns, nameOf, storeChosen } from "./columns.js";
import { element, setClass, setText } from "./dom.js";
import { EventList, isRemarkable, Journal } from "./events.js";
import { NODE_SERIES, NodeHeader } from "./node.js";
import { change, linkTo } from "./route.js";
import { POINTS, Trails } from "./spark.js";
import { Store } from "./store.js";
import { Table } from "./table.js";
import { Timeline } from "./timeline.js";
import { findings, urgency, WARN } from "./why.js";

const ITEMS_MAX = 1000; // of an answer
const HEADLINES = 3;
const KINDS = [
	{ id: "containers", label: "Containers", has: (kind) => kind === "container" || kind === "other" || kind === "unknown" },
	{ id: "units", label: "Units of the system", has: (kind) => kind === "unit" || kind === "slice" || kind === "host" },
	{ id: "all", label: "All", has: () => true },
];
const DEFAULT_SORT = "-why";

export class Overview {
	constructor({ onState, onNode, endpoints }) {
		this.known = endpoints?.get("containers");
		this.hasHistory = !endpoints || endpoints.has("history");
		this.onState = onState;
		this.onNode = onNode;
		this.trails = new Trails();
		this.store = new Store(1, 600);
		this.timeline = new Timeline(this.store, { choose: (from, to) => { location.hash = `#/node?from=${from}&to=${to}`; } });
		this.header = new NodeHeader(this.timeline);
		this.journal = new Journal(() => this.dirty());
		this.events = new EventList("Events", 12, true);
		this.columns = makeColumns(this.trails);
		this.chosen = loadChosen();
		this.build();
		this.feed = new Feed(this.questions(), { hasStream: !endpoints || endpoints.has("stream"), data: (name, answer) => this.take(name, answer), state: onState });
		this.loadHistory();
	}

	end() {
		this.feed.end();
		this.journal.end();
		this.table.end();
		this.header.end();
		cancelAnimationFrame(this.frame);
		this.history?.abort();
	}

	questions() {
		const containers = { limit: ITEMS_MAX };
		if (this.known)
			containers.fields = FIELDS.filter((field) => this.known.fields.has(field)).join(",");
		if (this.isCut && this.filter.value) // more than an answer holds: the daemon looks through the rest
			containers.filter = this.filter.value;
		return { node: {}, containers };
	}

	build() {
		this.filter = element("input", { type: "search", id: "filter", placeholder: "Filter by name", "aria-label": "Filter by name", "aria-keyshortcuts": "/", autocomplete: "off", spellcheck: "false", oninput: () => this.refine({ filter: this.filter.value || undefined }) });
		this.kind = element("select", { id: "kind", "aria-label": "Which kinds", onchange: () => this.refine({ kind: this.kind.value }) }, ...KINDS.map((kind) => element("option", { value: kind.id }, kind.label)));
		this.count = element("span", { class: "sub count", role: "status" });
		this.held = element("span", { class: "sub held" }, "order held while you point at a row");
		this.headline = element("ul", { class: "headline", "aria-label": "What needs a look" });
		this.table = new Table({
			caption: "Containers", columns: this.shownColumns(), key, sort: DEFAULT_SORT, empty: () => this.sayEmpty(),
			look: (item) => (item.alive === false ? "ended" : item.found[0]?.level ?? ""), onSort: (sort) => this.refine({ sort: sort === DEFAULT_SORT ? undefined : sort }),
		});
		this.node = element("div", { class: "overview" }, this.header.node, this.headline,
			element("div", { class: "tools" }, this.filter, this.kind, this.makeChooser(), this.count, this.held), this.table.node, this.events.node);
	}

	shownColumns() {
		return this.columns.filter((column) => column.id === "name" || this.chosen.includes(column.id));
	}

	makeChooser() {
		const boxes = this.columns.slice(1).map((column) => {
			const box = element("input", { type: "checkbox", value: column.id, onchange: () => this.choose() });
			box.checked = this.chosen.includes(column.id);
			return element("label", { title: column.title ?? null }, box, " ", column.label);
		});
		const reset = element("button", { type: "button", onclick: () => {
			for (const box of this.chooser.querySelectorAll("input"))
				box.checked = DEFAULT.includes(box.value);
			this.choose();
		} }, "As at first");
		this.chooser = element("details", { class: "chooser" }, element("summary", {}, "Columns"), element("div", {}, ...boxes, reset));
		return this.chooser;
	}

	choose() {
		this.chosen = [...this.chooser.querySelectorAll("input")].filter((box) => box.checked).map((box) => box.value);
		storeChosen(this.chosen);
		this.table.setColumns(this.shownColumns());
		this.dirty(true);
	}

	refine(changes) {
		change(changes);
	}

	// The address has changed.
	route({ filter = "", kind, sort = DEFAULT_SORT }) {
		if (this.filter.value !== filter)
			this.filter.value = filter;
		this.wantedKind = kind;
		this.table.setSort(sort);
		if (this.isCut)
			this.feed.set(this.questions());
		this.dirty(true);
	}

	async loadHistory() {
		this.history = new AbortController();
		const { signal } = this.history;
		if (!this.hasHistory)
			return;
		try {
			this.store.merge(await ask("history", { level: "node", series: NODE_SERIES.join(","), step: 1, points: 600 }, signal));
			this.timeline.draw();
		} catch (error) {
			if (signal.aborted)
				return;
			if (error.kind !== "gone")
				this.timeline.emptyText = "history is off: drawn from now on";
		}
		try {
			if (this.known && !this.known.parameters.has("history"))
				return;
			const answer = await ask("containers", { fields: "namespace,pod,container", history: "cpu_cores", history_step: 1, history_points: POINTS, limit: ITEMS_MAX }, signal);
			for (const item of answer.items)
				if (item.history?.cpu_cores)
					this.trails.seed(key(item), answer.time, item.history.cpu_cores);
		} catch { /* sparklines begin now */ }
	}

	take(name, answer) {
		if (name === "node") {
			if (this.newest && answer.time - this.newest > 5)
				this.loadHistory(); // a gap: nobody looked, or the daemon was gone
			this.newest = answer.time;
			this.last = answer;
			this.store.append(answer.time, answer, NODE_SERIES);
			this.onNode(answer);
		} else if (name === "containers") {
			const wasCut = this.isCut;
			this.items = answer.items;
			this.total = answer.total;
			this.isCut = answer.total > answer.items.length && answer.items.length >= ITEMS_MAX || (wasCut && Boolean(this.feed.questions.containers.filter));
			this.time = answer.time;
			for (const item of answer.items)
				this.trails.add(key(item), answer.time, item.cpu_cores);
			this.trails.forget(answer.time - 60);
			if (this.isCut !== wasCut)
				this.feed.set(this.questions());
		}
		this.dirty();
	}

	// Shows it once a frame, however many answers came.
	dirty(isOther = false) {
		this.isOther ||= isOther;
		this.frame ??= requestAnimationFrame(() => {
			this.frame = null;
			this.show();
			this.isOther = false;
		});
	}

	isWanted(item) {
		if (!this.hasKind(item.kind))
			return false;
		const text = this.filter.value.toLowerCase();
		return !text || [item.container, item.pod, item.namespace, item.image].some((name) => name?.toLowerCase().includes(text)) || nameOf(item).includes(text);
	}

	setKinds() {
		const isThere = (id) => this.items.some((item) => item.alive !== false && KINDS.find((kind) => kind.id === id).has(item.kind));
		const id = KINDS.some((kind) => kind.id === this.wantedKind) ? this.wantedKind : isThere("containers") ? "containers" : "all";
		this.kind.value = id;
		this.hasKind = KINDS.find((kind) => kind.id === id).has;
	}

	show() {
		if (!this.last || !this.items || document.hidden)
			return;
		const kills = this.journal.oomKills(this.last.time);
		for (const item of this.items)
			item.found = findings(item, { cores: this.last.cores, now: this.last.time, oom: kills.get(key(item)) });
		const throttled = this.items.filter((item) => item.cpu_throttled_ratio >= 0.05).length;
		const oom = [...kills.values()].reduce((count, kill) => count + kill.count, 0);
		this.header.show(this.last, { throttled, oom });
		this.timeline.draw();
		this.setKinds();
		const wanted = this.items.filter((item) => this.isWanted(item));
		this.table.show(wanted, this.isOther);
		this.held.hidden = !this.table.pointedAt || !this.table.isPointed();
		setText(this.count, this.isCut ? `${wanted.length} shown of ${this.total}: the busiest` : wanted.length === this.items.length ? `${wanted.length}` : `${wanted.length} of ${this.items.length}`);
		this.showHeadline();
		this.events.show(this.journal.events, this.last.time, isRemarkable);
	}

	showHeadline() {
		const worst = this.items.filter((item) => item.found[0]?.weight >= WARN && item.alive !== false && item.kind !== "slice").sort((a, b) => urgency(b.found) - urgency(a.found) || (key(a) < key(b) ? -1 : 1));
		const rows = worst.slice(0, HEADLINES);
		const lines = rows.map((item) => [item.found[0].level, nameOf(item), item.found[0].text, linkTo("container", item), item.pod || item.namespace]);
		while (this.headline.children.length > Math.max(1, lines.length + (worst.length > HEADLINES ? 1 : 0)))
			this.headline.lastChild.remove();
		const put = (i, level, name, text, href, place = "") => {
			let row = this.headline.children[i];
			if (!row) {
				row = element("li");
				row.name = element("bdi");
				row.link = element("a", {}, row.name);
				row.place = element("bdi", { class: "sub" });
				row.text = element("span");
				row.append(row.link, row.place, row.text);
				this.headline.append(row);
			}
			setClass(row, level);
			row.link.hidden = !name;
			setText(row.name, name);
			setText(row.place, place);
			if (href && row.link.getAttribute("href") !== href)
				row.link.setAttribute("href", href);
			setText(row.text, text);
		};
		if (lines.length === 0)
			return put(0, "ok", "", "Nothing is out of line.");
		lines.forEach(([level, name, text, href, place], i) => put(i, level, name, text, href, place));
		if (worst.length > HEADLINES)
			put(HEADLINES, "rest", "", `and ${worst.length - HEADLINES} more, worst first below`);
	}

	sayEmpty() {
		if (!this.items)
			return "Loading.";
		if (this.items.length === 0)
			return this.filter.value ? `No name has “${this.filter.value}” in it.` : "There is nothing in any cgroup yet.";
		return this.filter.value ? `No name of these has “${this.filter.value}” in it. Esc clears the filter.` : "Nothing of this kind runs here. Choose “All” to see units and the host.";
	}

	// Esc: true when it did something.
	escape() {
		if (!this.filter.value && !this.chooser.open)
			return false;
		this.chooser.open = false;
		this.refine({ filter: undefined });
		return true;
	}
}
