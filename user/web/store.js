// SPDX-License-Identifier: Apache-2.0
// The last points of some series and of one histogram, each point in the slot of its time; NaN where nothing is known.

const LATE_POINTS = 3; // that a tick may be late

// A late tick's rates are those of the time since the tick before it: points between them are no gap.
function fill(row) {
	for (let i = 1; i < row.length; i++) {
		const last = i;
		while (row[i] === null && i < row.length)
			i++;
		if (i > last && i < row.length && row[last - 1] !== null && i - last <= LATE_POINTS)
			row.fill(row[i], last, i);
	}
	return row;
}

export class Store {
	constructor(step, points) {
		this.step = step;
		this.points = points;
		this.clear();
	}

	clear() {
		this.head = null; // slot of the newest point
		this.series = new Map();
		this.heat = new Array(this.points).fill(null);
		this.bounds = null;
		this.newest = null;
		this.merged = 0; // times that older points came in
		this.first = null; // slot of the oldest point that ever was
	}

	knew(slot) {
		if (this.first === null || slot < this.first)
			this.first = slot;
	}

	slotOf(time) {
		return Math.round(time / this.step);
	}

	timeOf(slot) {
		return slot * this.step;
	}

	index(slot) {
		return ((slot % this.points) + this.points) % this.points;
	}

	advance(slot) {
		if (this.head !== null && slot <= this.head)
			return;
		const from = this.head === null ? slot - this.points + 1 : Math.max(this.head + 1, slot - this.points + 1);
		for (let between = from; between <= slot; between++) {
			const index = this.index(between);
			for (const values of this.series.values())
				values[index] = NaN;
			this.heat[index] = null;
		}
		this.head = slot;
	}

	values(name) {
		let values = this.series.get(name);
		if (!values) {
			values = new Float64Array(this.points).fill(NaN);
			this.series.set(name, values);
		}
		return values;
	}

	get(name, slot) {
		const values = this.series.get(name);
		if (!values || this.head === null || slot > this.head || slot <= this.head - this.points)
			return NaN;
		return values[this.index(slot)];
	}

	has(name) {
		return Boolean(this.series.get(name)?.some((value) => value === value));
	}

	heatAt(slot) {
		if (this.head === null || slot > this.head || slot <= this.head - this.points)
			return null;
		return this.heat[this.index(slot)];
	}

	// The values of a tick. A slot that the daemon's clock skipped gets the value of the one after it.
	append(time, item, names) {
		const slot = this.slotOf(time);
		const isSkip = this.head !== null && slot === this.head + 2;
		this.advance(slot);
		for (const name of names) {
			const value = typeof item[name] === "number" ? item[name] : NaN;
			this.values(name)[this.index(slot)] = value;
			if (value === value)
				this.knew(slot);
			if (isSkip)
				this.values(name)[this.index(slot - 1)] = value;
		}
		this.newest = time;
	}

	// An answer of /api/v1/history: oldest first, the last at `time`.
	merge(answer) {
		const before = this.first;
		const last = this.slotOf(answer.time);
		this.advance(last);
		const put = (row, set) => {
			for (let i = Math.max(0, row.length - this.points); i < row.length; i++) {
				if (row[i] === null)
					continue;
				this.knew(last - (row.length - 1 - i));
				set(this.index(last - (row.length - 1 - i)), row[i]);
			}
		};
		for (const [name, row] of Object.entries(answer.series ?? {})) {
			const values = this.values(name);
			put(fill(row), (index, value) => { values[index] = value; });
		}
		if (answer.histogram) {
			this.bounds = answer.histogram.bounds_seconds;
			put(answer.histogram.counts, (index, value) => { this.heat[index] = value; });
		}
		this.newest = answer.time;
		if (this.first !== before)
			this.merged++;
	}
}

// Several answers for the same times as one: values and counts are added, what nobody knows stays unknown.
export function sum(answers) {
	if (answers.length === 1)
		return answers[0];
	const time = Math.max(...answers.map((answer) => answer.time));
	const same = answers.filter((answer) => Math.abs(answer.time - time) < answer.step_seconds / 2);
	const total = { time, step_seconds: answers[0].step_seconds, series: {} };
	const length = Math.max(...same.map((answer) => answer.points ?? 0), 0);
	for (const answer of same) {
		for (const [name, row] of Object.entries(answer.series ?? {})) {
			const into = total.series[name] ??= new Array(Math.max(length, row.length)).fill(null);
			row.forEach((value, i) => {
				const at = into.length - row.length + i;
				if (value !== null)
					into[at] = (into[at] ?? 0) + value;
			});
		}
		const from = answer.histogram;
		if (!from)
			continue;
		total.histogram ??= { bounds_seconds: from.bounds_seconds, counts: from.counts.map(() => null) };
		from.counts.forEach((row, i) => {
			const at = total.histogram.counts.length - from.counts.length + i;
			if (row && at >= 0)
				total.histogram.counts[at] = row.map((value, bucket) => value + (total.histogram.counts[at]?.[bucket] ?? 0));
		});
	}
	return total;
}
