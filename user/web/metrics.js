// SPDX-License-Identifier: Apache-2.0
// Rates and quantiles out of counters by label ("metrics" of an item with detail=1), over the last ticks.

import { latencyAt, quantile } from "./heatmap.js";

const OVER_S = 10;

export class Rates {
	constructor() {
		this.answers = [];
	}

	push(time, metrics) {
		if (!metrics || this.answers.at(-1)?.time >= time)
			return;
		this.answers.push({ time, metrics });
		while (this.answers.length > 2 && this.answers[1].time <= time - OVER_S)
			this.answers.shift();
	}

	family(metrics, name) {
		const found = Object.keys(metrics).find((family) => family.includes(name));
		const value = metrics[found];
		return value === undefined ? [] : Array.isArray(value) ? value : [typeof value === "object" ? value : { value }];
	}

	// [{ ...labels, rate, quantiles(part) }] of a family whose name has `name` in it; nothing before the second answer.
	rows(name, label) {
		if (this.answers.length < 2)
			return [];
		const old = this.answers[0], now = this.answers.at(-1);
		const seconds = now.time - old.time;
		const before = new Map(this.family(old.metrics, name).map((row) => [row[label], row]));
		return this.family(now.metrics, name).map((row) => {
			const was = before.get(row[label]);
			const grown = (row.value ?? row.count) - (was?.value ?? was?.count ?? 0);
			return { name: row[label], rate: grown / seconds, quantile: (part) => this.latency(row, was, part) };
		});
	}

	// Buckets are [bound, count of its own]; those without any are left out.
	latency(row, was, part) {
		const counts = new Map(row.buckets ?? []);
		for (const [bound, count] of was?.buckets ?? [])
			counts.set(bound, (counts.get(bound) ?? 0) - count);
		const buckets = [...counts].filter(([bound, count]) => typeof bound === "number" && count > 0).sort((a, b) => a[0] - b[0]);
		return latencyAt(buckets.map(([bound]) => bound), quantile(buckets.map(([, count]) => count), part));
	}
}
