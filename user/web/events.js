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
const SAME_S = 120;

const num = (value, unit) => (isKnown(value) ? format(value, unit) : "");
const SIGNALS = { 1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL", 11: "SIGSEGV", 13: "SIGPIPE", 14: "SIGALRM", 15: "SIGTERM" };

const detail = (event) => event.detail ?? {};
const limitOf = (event) => (detail(event).memory_limit_bytes > 0 ? ", limit " + format(detail(event).memory_limit_bytes, "bytes") : "");
const times = (event) => (detail(event).count > 1 ? num(detail(event).count, "count") + " times" : "");

function sayExit(event) {
	const { signal, exit_code: code } = detail(event);
	if (signal > 0)
		return "ended by " + (SIGNALS[signal] ?? "signal " + signal);
	return isKnown(code) ? "ended with status " + code : "ended with a failure";
}

function sayThrottled(event) {
	const { begins, throttled_ratio: ratio } = detail(event);
	return begins === 0 ? "is no longer throttled" : "is throttled" + (ratio > 0 ? " in " + format(ratio, "ratio") + " of periods" : "");
}

const SAY = {
	container_start: () => "started",
	container_end: () => "ended",
	process_exit: sayExit,
	process_exits: (event) => `${num(detail(event).count, "count") || "many"} more processes ended with a failure`,
	oom_kill: (event) => "killed for lack of memory" + limitOf(event),
	throttled: sayThrottled,
	processes_limit: (event) => `no process could be started, ${times(event) || "once"}: at most ${num(detail(event).processes_limit, "count") || "so many"}`,
	memory_limit: (event) => ["hit its memory limit", times(event)].filter(Boolean).join(" ") + limitOf(event),
	daemon: (event) => "ktally: " + (event.text || "something changed"),
};
const LEVEL = { oom_kill: "bad", process_exits: "note", processes_limit: "bad", memory_limit: "warn" };
const COMMON_SIGNALS = new Set([1, 2, 13, 15]); // somebody ended it, or nobody read on

// Not what scripts do all day: a grep that finds nothing ends with 1.
export function isRemarkable(event) {
	if (event.type !== "process_exit")
		return true;
	const { signal } = detail(event);
	return signal > 0 && !COMMON_SIGNALS.has(signal);
}

const levelOf = (event) => ((event.type === "throttled" && detail(event).begins !== 0) || (event.type === "process_exit" && isRemarkable(event)) ? "warn" : LEVEL[event.type] ?? "note");

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
		this.list = element("ol", { class: "events", tabindex: "0", "aria-label": title });
		this.empty = element("p", { class: "empty" }, "Nothing happened since ktally looks: no start, end, kill or limit.");
		this.node = element("section", { class: "panel" }, element("h3", {}, title), this.empty, this.list);
	}

	make(event) {
		const time = element("time", { datetime: new Date(event.time * 1000).toISOString(), title: new Date(event.time * 1000).toLocaleString() }, clock(event.time));
		const what = element("span", { class: "finding " + levelOf(event) }, say(event));
		const name = this.withName && event.type !== "daemon" ? element("a", { href: linkTo("container", event) }, element("bdi", {}, nameOf(event))) : null;
		const program = event.program ? element("bdi", { class: "sub" }, event.program + (isKnown(event.pid) && event.pid > 0 ? " " + event.pid : "")) : null;
		const age = element("span", { class: "age sub" });
		const count = element("span", { class: "sub" });
		const row = Object.assign(element("li", {}, time, name, program, what, count, age), { age });
		row.count = count;
		return row;
	}

	// The same again and again is one row, with how often.
	group(events, wanted) {
		const groups = [];
		for (let i = events.length - 1; i >= 0; i--) {
			const event = events[i], last = groups.at(-1);
			if (!wanted(event))
				continue;
			const what = [event.type, key(event), event.program, say(event)].join("\n");
			if (last?.what === what && last.event.time - event.time < SAME_S)
				last.count++;
			else if (groups.length === this.limit)
				break;
			else
				groups.push({ what, event, count: 1 });
		}
		return groups;
	}

	show(events, now, wanted = () => true) {
		const groups = this.group(events, wanted);
		const keep = new Set(groups.map((group) => group.event.sequence + "@" + group.event.time));
		for (const [id, row] of this.rows) {
			if (!keep.has(id)) {
				row.remove();
				this.rows.delete(id);
			}
		}
		let at = this.list.firstElementChild;
		for (const { event, count } of groups) {
			const id = event.sequence + "@" + event.time;
			let row = this.rows.get(id);
			if (!row) {
				row = this.make(event);
				this.rows.set(id, row);
				this.list.insertBefore(row, at);
			} else {
				at = row.nextElementSibling;
			}
			setText(row.count, count > 1 ? "× " + count : "");
			setText(row.age, ago(event.time, now));
		}
		this.empty.hidden = groups.length > 0;
	}
}
