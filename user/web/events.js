// SPDX-License-Identifier: Apache-2.0
// The journal: what happened, asked for in turns, kept for as long as the page is open.

import { ask } from "./api.js";
import { element, setText } from "./dom.js";
import { ago, clock, format, isKnown } from "./units.js";
import { key, nameOf } from "./columns.js";
import { linkTo } from "./route.js";
import { RECENT_S } from "./why.js";

const KEPT = 1000;
const EACH_MS = 2000;

const num = (value, unit) => (isKnown(value) ? format(value, unit) : "");
const SIGNALS = { 1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL", 11: "SIGSEGV", 13: "SIGPIPE", 14: "SIGALRM", 15: "SIGTERM" };

// The numbers of an event, wherever the answer has them.
const detail = (event, name) => event[name] ?? (typeof event.detail === "object" ? event.detail?.[name] : undefined);

function sayExit(event) {
	const signal = detail(event, "signal"), code = detail(event, "exit_code") ?? detail(event, "code");
	if (isKnown(signal) && signal > 0)
		return "ended by " + (SIGNALS[signal] ?? "signal " + signal);
	return isKnown(code) ? "ended with status " + code : "ended with a failure";
}

const SAY = {
	container_start: () => "started",
	container_end: () => "ended",
	process_exit: sayExit,
	process_exits: (event) => `${num(detail(event, "count"), "count") || "more"} more processes ended with a failure`,
	oom_kill: (event) => "killed for lack of memory" + (isKnown(detail(event, "limit_bytes")) ? ", limit " + format(detail(event, "limit_bytes"), "bytes") : ""),
	throttled: (event) => (detail(event, "begins") === false || detail(event, "ratio") === 0 ? "no longer throttled" : "throttled" + (isKnown(detail(event, "ratio")) ? " in " + format(detail(event, "ratio"), "ratio") + " of periods" : "")),
	limit: (event) => "hit its limit" + (isKnown(detail(event, "limit_bytes")) ? " of memory, " + format(detail(event, "limit_bytes"), "bytes") : isKnown(detail(event, "limit")) ? " of " + format(detail(event, "limit"), "count") : ""),
	daemon: (event) => "ktally: " + (typeof event.detail === "string" && event.detail ? event.detail : "started or changed"),
};
const LEVEL = { oom_kill: "bad", process_exit: "warn", process_exits: "warn", throttled: "warn", limit: "bad" };

export function say(event) {
	return SAY[event.type]?.(event) ?? String(event.type).replaceAll("_", " ");
}

export class Journal {
	constructor(on) {
		this.on = on;
		this.events = []; // oldest first
		this.after = 0;
		this.turn();
	}

	end() {
		this.stop?.abort();
		clearTimeout(this.timer);
		this.ended = true;
	}

	async turn() {
		if (!document.hidden) {
			this.stop = new AbortController();
			try {
				const answer = await ask("events", { after: this.after }, this.stop.signal);
				this.take(answer);
			} catch { /* the feed says what is wrong */ }
		}
		if (!this.ended)
			this.timer = setTimeout(() => this.turn(), EACH_MS);
	}

	take(answer) {
		if (isKnown(answer.newest) && answer.newest < this.after) { // a daemon that began anew counts from 1 again
			this.after = 0;
			return;
		}
		for (const event of answer.items)
			this.after = Math.max(this.after, event.sequence);
		if (answer.items.length === 0)
			return;
		this.events = [...this.events, ...answer.items].slice(-KEPT);
		this.on?.();
	}

	// OOM kills of the last minutes: { count, time of the last } by container.
	oomKills(now) {
		const kills = new Map();
		for (const event of this.events) {
			if (event.type !== "oom_kill" || event.time < now - RECENT_S)
				continue;
			const of = kills.get(key(event)) ?? { count: 0, time: 0 };
			of.count++;
			of.time = Math.max(of.time, event.time);
			kills.set(key(event), of);
		}
		return kills;
	}
}

// A list of the newest events that `wanted` lets through.
export class EventList {
	constructor(title, limit, withName) {
		this.limit = limit;
		this.withName = withName;
		this.rows = new Map();
		this.list = element("ol", { class: "events" });
		this.empty = element("p", { class: "empty" }, "Nothing happened since ktally looks: no start, end, kill or limit.");
		this.node = element("section", { class: "panel" }, element("h3", {}, title), this.empty, this.list);
	}

	make(event) {
		const time = element("time", { datetime: new Date(event.time * 1000).toISOString(), title: new Date(event.time * 1000).toLocaleString() }, clock(event.time));
		const what = element("span", { class: "finding " + (LEVEL[event.type] ?? "note") }, say(event));
		const name = this.withName && event.type !== "daemon" ? element("a", { href: linkTo("container", event) }, element("bdi", {}, nameOf(event))) : null;
		const program = event.program ? element("bdi", { class: "sub" }, event.program + (isKnown(event.pid) && event.pid > 0 ? " " + event.pid : "")) : null;
		const age = element("span", { class: "age sub" });
		const row = element("li", {}, time, name, program, what, age);
		row.age = age;
		return row;
	}

	show(events, now, wanted = () => true) {
		const shown = [];
		for (let i = events.length - 1; i >= 0 && shown.length < this.limit; i--)
			if (wanted(events[i]))
				shown.push(events[i]);
		const keep = new Set(shown.map((event) => event.sequence + "@" + event.time));
		for (const [id, row] of this.rows) {
			if (!keep.has(id)) {
				row.remove();
				this.rows.delete(id);
			}
		}
		let at = this.list.firstElementChild;
		for (const event of shown) {
			const id = event.sequence + "@" + event.time;
			let row = this.rows.get(id);
			if (!row) {
				row = this.make(event);
				this.rows.set(id, row);
				this.list.insertBefore(row, at);
			} else {
				at = row.nextElementSibling;
			}
			setText(row.age, ago(event.time, now));
		}
		this.empty.hidden = shown.length > 0;
	}
}
